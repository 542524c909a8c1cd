#!/usr/bin/env python3
"""What ingest does with input, cases and disks that are not as they should be: exit code, message, what is kept."""
import array
import contextlib
import fcntl
import gzip
import hashlib
import os
import pty
import re
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time

import packets
import tap

DONE, DAMAGED, USAGE, FAILED = 0, 1, 2, 3
FRAME = "eth / ip 10.0.0.1 > 10.0.0.2 / udp 1000 > 53 data=\"question\""
STEP = 5 if tap.SANITIZED else 1  # of the exhaustive tests, every so many


def pcap(count, order="<", nanoseconds=False, text=FRAME):
    data = packets.frame(text)
    records = [packets.pcap_record(10**18 + n * 10**6, data, None, nanoseconds, order) for n in range(count)]
    return packets.pcap_header(1, 262144, nanoseconds, order), records


def write(name, *parts):
    with open(name, "wb") as file:
        file.write(b"".join(parts))


def write_pcap(name, count=5):
    header, records = pcap(count)
    write(name, header, *records)


def block(kind, body, order="<", length=None):
    body += bytes(-len(body) % 4)
    total = length if length is not None else len(body) + 12
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


def pcapng(count, order="<", interface=0):
    """The blocks of a small pcapng file: section, interface, packets."""
    data = packets.frame(FRAME)
    blocks = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order),
              block(1, struct.pack(order + "HHI", 1, 0, 262144), order)]
    for number in range(count):
        blocks.append(block(6, struct.pack(order + "IIIII", interface, 0, number, len(data), len(data)) + data, order))
    return blocks


def ingest(*arguments, code=DONE, says=(), **options):
    done = tap.pcapdex("ingest", "--quiet", *arguments, "-o", "case.db", **options)
    if done.returncode != code:
        raise AssertionError("exit %d, should be %d: %s" % (done.returncode, code, done.stderr[-600:]))
    tap.contains(done.stderr, *says)
    return done


def rows(sql, case="case.db"):
    db = sqlite3.connect(case)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def packets_kept(case="case.db"):
    return rows("SELECT count(*) FROM packets", case)[0][0] if os.path.exists(case) else 0


def digest(name):
    with open(name, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def test_not_there():
    """a file that is not there, and one that is"""
    ingest("missing.pcap", code=FAILED, says=["missing.pcap"])
    tap.equal(os.listdir("."), [], "files")
    write_pcap("good.pcap")
    ingest("missing.pcap", "good.pcap", code=DAMAGED, says=["missing.pcap"])
    tap.equal(packets_kept(), 5)


def test_folders():
    """a folder: its captures, and a word about what is named like one; links to folders are not followed"""
    os.makedirs("all/inner")
    write_pcap("all/inner/good.pcap")
    write("all/empty.pcap")
    write("all/notes.txt", b"not named like a capture")
    write("all/notes.gz", gzip.compress(b"nor is this"))
    os.symlink("..", "all/inner/up")
    os.symlink("../../all", "all/inner/round")
    done = ingest("all", code=DAMAGED, says=["all/empty.pcap"])
    tap.equal("notes" in done.stderr, False, done.stderr)
    tap.equal(rows("SELECT name, packets FROM captures"), [("good", 5)])


def test_many_files():
    """a ring of more files than a program may have open"""
    names = ["%d.pcap" % number for number in range(60)]
    for name in names:
        write_pcap(name, 2)
    ingest("--capture", "ring", *names, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    tap.equal(rows("SELECT packets FROM captures"), [(120,)])


def test_leftovers():
    """what an ingest that was killed left behind is replaced; what is somebody's own is not"""
    write_pcap("good.pcap")
    write("case.db.building", b"mine")
    ingest("good.pcap", code=FAILED, says=["case.db.building"])
    os.remove("case.db.building")
    write("precious", b"mine")
    os.symlink("precious", "case.db.building")
    ingest("good.pcap", code=FAILED, says=["case.db.building"])
    tap.equal(open("precious").read(), "mine")
    os.remove("case.db.building")
    write("case.db.building")
    if os.geteuid() == 0:
        os.chown("case.db.building", 1, 1)
        ingest("good.pcap", code=FAILED, says=["case.db.building"])
        os.chown("case.db.building", 0, 0)
    ingest("good.pcap")
    tap.equal(packets_kept(), 5)


def test_in_part():
    """a file that is in the case in part is said to be, and --replace takes all of it"""
    write_pcap("good.pcap")
    ingest("--count", "3", "good.pcap")
    ingest("good.pcap", says=["3 packets", "--replace"])
    tap.equal(packets_kept(), 3)
    ingest("--replace", "good.pcap")
    tap.equal(packets_kept(), 5)


def test_busy():
    """a case that another program is writing"""
    write_pcap("good.pcap")
    ingest("good.pcap")
    write_pcap("other.pcap", 3)
    db = sqlite3.connect("case.db", isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    ingest("other.pcap", code=FAILED, says=["case.db", "another program"])
    db.execute("ROLLBACK")
    db.close()
    ingest("other.pcap")


def packets_seen():
    """What a query sees of the case."""
    done = tap.pcapdex("query", "case.db", "--format", "csv", "SELECT count(*) FROM packets")
    tap.equal((done.returncode, done.stderr), (0, ""), "query")
    return int(done.stdout.split()[1])


def add_slowly(count, meanwhile):
    """Adds a capture of many packets from a pipe, and calls meanwhile() when most were written."""
    header, records = pcap(1)
    command = [tap.PROGRAM, "ingest", "--quiet", "-", "-o", "case.db"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(header + records[0] * (count - 1))
        process.stdin.flush()
        wait_until(lambda: os.path.getsize("case.db") > 2**20 or os.path.exists("case.db-wal")
                   and os.path.getsize("case.db-wal") > 2**20)
        meanwhile()
        process.stdin.write(records[0])
        errors = process.communicate()[1].decode()
    tap.equal(process.returncode, 0, "ingest: " + errors)
    return errors


def wait_until(happened):
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_read_meanwhile():
    """a case that is read while a capture is added: it is as before, then complete, and one file"""
    write_pcap("good.pcap")
    ingest("good.pcap")
    add_slowly(100_000, lambda: tap.equal(packets_seen(), 5, "meanwhile"))
    tap.equal(packets_seen(), 100_005, "afterwards")
    tap.equal(sorted(os.listdir(".")), ["case.db", "good.pcap"], "files")


def test_read_all_the_time():
    """a case that another program has open all the time: complete, and one file after the next addition"""
    write_pcap("good.pcap")
    ingest("good.pcap")
    db = sqlite3.connect("case.db", isolation_level=None)
    messages = add_slowly(100_000, lambda: db.execute("SELECT count(*) FROM packets").fetchall())
    tap.contains(messages, "open in another program")
    tap.equal(packets_seen(), 100_005, "afterwards")
    tap.equal(db.execute("SELECT count(*) FROM packets").fetchall(), [(100_005,)], "the other program")
    db.close()
    write_pcap("other.pcap", 3)
    ingest("other.pcap")
    tap.equal(packets_seen(), 100_008, "the next addition")
    tap.equal(sorted(os.listdir(".")), ["case.db", "good.pcap", "other.pcap"], "files")


def test_options_that_mean_nothing():
    """values that let nothing pass or name nothing are wrong usage"""
    write_pcap("good.pcap")
    for words in ("--count 0", "--since 10", "-i lo -i any", "--since @20 --until @10", "--capture=", "--output=", "--filter tpc"):
        done = tap.pcapdex("ingest", *words.split(), "good.pcap")
        tap.equal(done.returncode, USAGE, words)
    tap.equal(os.listdir("."), ["good.pcap"], "files")


def test_not_a_capture():
    """empty, text, a picture, a database, a lone header: no captures; the others are ingested"""
    write("empty.pcap")
    write("text.pcap", b"These are not the packets you are looking for.\n" * 9)
    write("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    write("short.pcap", packets.pcap_header()[:11])
    write("zip.gz", gzip.compress(b"nothing of use"))
    for name in sorted(os.listdir(".")):
        ingest(name, code=FAILED, says=[name])
    tap.equal(os.path.exists("case.db"), False, "a case of nothing")
    write_pcap("good.pcap")
    done = ingest("empty.pcap", "text.pcap", "good.pcap", "picture.png", "short.pcap", code=DAMAGED)
    tap.contains(done.stderr, "empty.pcap", "text.pcap", "picture.png", "short.pcap")
    tap.equal(packets_kept(), 5)


def test_no_packets():
    """a whole capture without packets is a capture"""
    write("none.pcap", packets.pcap_header())
    ingest("none.pcap")
    tap.equal(rows("SELECT packets, decoded FROM captures"), [(0, 0)])


def test_unreadable():
    """a file that one may not read"""
    if os.geteuid() == 0 and not can_drop():
        raise tap.Skip("root may read everything")
    os.chmod(".", 0o777)
    write_pcap("secret.pcap")
    write_pcap("good.pcap")
    os.chmod("secret.pcap", 0)
    drop = {"user": 65534} if os.geteuid() == 0 else {}
    ingest("secret.pcap", "good.pcap", code=DAMAGED, says=["secret.pcap", "permission"], **drop)
    tap.equal(packets_kept(), 5)


def can_drop():
    """Whether a program that gives up root can still be started from where it lies."""
    try:
        return subprocess.run([tap.PROGRAM, "--version"], user=65534, stdout=subprocess.DEVNULL,
                              check=False).returncode == 0
    except OSError:
        return False


def test_unwritable_folder():
    """a case where one may not write"""
    write_pcap("good.pcap")
    done = tap.pcapdex("ingest", "good.pcap", "-o", "no/such/folder/case.db")
    tap.equal(done.returncode, FAILED)
    tap.contains(done.stderr, "there is no folder no/such/folder; make it")


def test_unwritable_case():
    """a case and a folder that one may read only: what keeps from writing, and what to do; the same file is skipped"""
    if os.geteuid() == 0 and not can_drop():
        raise tap.Skip("root may write everything")
    drop = {"user": 65534} if os.geteuid() == 0 else {}
    before = prior_case()
    write_pcap("other.pcap", 3)
    os.chmod("case.db", 0o444)
    only_read = "case.db: may only be read; change its permissions"
    for mode, says in ((0o777, "change its permissions, or choose another name with -o"),
                       (0o555, "case.db: cannot make a temporary file beside it: Permission denied; copy it to a folder")):
        os.chmod(".", mode)
        ingest("other.pcap", code=FAILED, says=[says], **drop)
        ingest("first.pcap", code=DONE, says=["already in the case"], **drop)
        for command in (("analyze", "case.db"), ("compare", "case.db", "1", "2")):
            done = tap.pcapdex(*command, **drop)
            tap.equal(done.returncode, FAILED, command)
            tap.contains(done.stderr, only_read)
    done = tap.pcapdex("ingest", "other.pcap", **drop)
    tap.equal(done.returncode, FAILED)
    tap.contains(done.stderr, "other.db: no permission to write in this folder; name another place with -o")
    os.chmod("case.db", 0o666)
    done = tap.pcapdex("analyze", "case.db", **drop)
    tap.equal(done.returncode, FAILED)
    tap.contains(done.stderr, only_read)
    os.chmod(".", 0o777)
    tap.equal(digest("case.db"), before, "the case")


def test_directories():
    """a folder is the captures in it; an empty one is an error"""
    os.mkdir("empty")
    ingest("empty", code=FAILED, says=["empty"])
    os.makedirs("some/deeper")
    write_pcap("some/a.pcap", 2)
    write_pcap("some/deeper/b.pcap", 3)
    ingest("some")
    tap.equal(packets_kept() >= 2, True, "packets of the folder")


def test_cut_anywhere():
    """a pcap cut at any byte keeps every whole packet, and says where it was cut"""
    header, records = pcap(3)
    whole = header + b"".join(records)
    ends = {len(header) + sum(map(len, records[:n])): n for n in range(4)}
    for length in range(len(header), len(whole), STEP):
        write("cut.pcap", whole[:length])
        kept = max(n for end, n in ends.items() if end <= length)
        clean = length in ends
        ingest("--no-issues", "cut.pcap", code=DONE if clean else DAMAGED, says=[] if clean else ["cut.pcap"])
        tap.equal(packets_kept(), kept, "packets of %d bytes" % length)
        if not clean:
            start = max(end for end in ends if end <= length)
            unread, damage = rows("SELECT bytes_unread, damage FROM capture_files")[0]
            tap.equal(unread, length - start, "bytes unread of %d" % length)
            tap.contains(damage, str(start))
        os.remove("case.db")


def test_pcapng_cut_anywhere():
    """a pcapng cut at any byte keeps every whole packet"""
    blocks = pcapng(2)
    whole = b"".join(blocks)
    ends = [sum(map(len, blocks[:n])) for n in range(2, 5)]
    for length in range(ends[0], len(whole), STEP):
        write("cut.pcapng", whole[:length])
        ingest("--no-issues", "cut.pcapng", code=DONE if length in ends else DAMAGED)
        tap.equal(packets_kept(), sum(end <= length for end in ends) - 1, "packets of %d bytes" % length)
        os.remove("case.db")


def test_record_lengths():
    """a record length that lies: the packets before are kept, nothing is guessed behind"""
    for order in "<>":
        for nanoseconds in (False, True):
            header, records = pcap(4, order, nanoseconds)
            for length in (0, 1, 7, 262145, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
                bad = records[2][:8] + struct.pack(order + "I", length) + records[2][12:]
                write("lie.pcap", header, *records[:2], bad, records[3])
                done = tap.pcapdex("ingest", "--quiet", "--no-issues", "lie.pcap", "-o", "case.db")
                if done.returncode not in (DONE, DAMAGED):
                    raise AssertionError("length %d: exit %d: %s" % (length, done.returncode, done.stderr))
                tap.equal(packets_kept() >= 2, True, "packets before a length of %d" % length)
                if length > 262144:
                    tap.equal((done.returncode, packets_kept()), (DAMAGED, 2), "length %d" % length)
                    tap.contains(done.stderr, "lie.pcap", str(len(header) + 2 * len(records[0])))
                os.remove("case.db")


def test_block_lengths():
    """a block length that lies: the packets before are kept, the message has the offset"""
    for order in "<>":
        blocks = pcapng(4, order)
        start = sum(map(len, blocks[:4]))
        for length in (0, 4, 8, 11, 13, len(blocks[4]) + 4, 0x7FFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF):
            bad = blocks[4][:4] + struct.pack(order + "I", length) + blocks[4][8:]
            write("lie.pcapng", *blocks[:4], bad, blocks[5])
            ingest("lie.pcapng", code=DAMAGED, says=["lie.pcapng", str(start)])
            tap.equal(packets_kept(), 2, "packets before a block of %d" % length)
            os.remove("case.db")


def test_packet_longer_than_block():
    """a packet longer than its block, an interface that was not described"""
    blocks = pcapng(2)
    for place, value in ((20, 5000), (8, 7)):  # captured length; interface
        bad = blocks[3][:place] + struct.pack("<I", value) + blocks[3][place + 4:]
        write("lie.pcapng", *blocks[:3], bad)
        done = tap.pcapdex("ingest", "--quiet", "lie.pcapng", "-o", "case.db")
        tap.equal(done.returncode, DAMAGED)
        tap.contains(done.stderr, "lie.pcapng", str(sum(map(len, blocks[:3]))))
        tap.equal(packets_kept(), 1)
        os.remove("case.db")


def test_damaged_gzip():
    """a compressed capture that is cut, or damaged inside"""
    header, records = pcap(2000)
    whole = gzip.compress(header + b"".join(records), 1)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for data in (whole[:len(whole) // 2], bytes(flipped)):
        write("cut.pcap.gz", data)
        ingest("cut.pcap.gz", code=DAMAGED, says=["cut.pcap.gz"])
        tap.equal(0 < packets_kept() <= 2000, True, "packets kept of a damaged gzip")
        os.remove("case.db")


def test_any_bytes():
    """bytes changed at random: no crash, no hang"""
    import random
    chance = random.Random(7)
    header, records = pcap(20)
    for number in range(300 // STEP):
        source = header + b"".join(records) if number % 2 else b"".join(pcapng(20))
        data = bytearray(source)
        for _ in range(chance.choice((1, 3, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        write("any.pcap", data)
        done = tap.pcapdex("ingest", "--quiet", "any.pcap", "-o", "case.db", timeout=20)
        if done.returncode not in (DONE, DAMAGED, FAILED):
            shutil.copy("any.pcap", os.path.join(tap.ROOT, "build", "any-%d.pcap" % number))
            raise AssertionError("exit %d on build/any-%d.pcap: %s" % (done.returncode, number, done.stderr[-400:]))
        if os.path.exists("case.db"):
            os.remove("case.db")


def prior_case():
    write_pcap("first.pcap")
    write_pcap("second.pcap", 6)
    ingest("first.pcap")
    return digest("case.db")


def test_newer_case():
    """a case of a newer version stays as it is"""
    prior_case()
    db = sqlite3.connect("case.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = digest("case.db")
    ingest("second.pcap", code=FAILED, says=["case.db", "newer"])
    tap.equal(digest("case.db"), before, "the case")
    done = tap.pcapdex("query", "case.db", "SELECT 1")
    tap.equal(done.returncode, FAILED)
    tap.contains(done.stderr, "newer")


def test_no_case():
    """a file that is no case stays as it is: text, another program's database, a capture"""
    write_pcap("second.pcap")
    sqlite3.connect("case.db").executescript("CREATE TABLE mine(a); INSERT INTO mine VALUES (1);")
    for step in ("database", "text", "capture"):
        if step == "text":
            write("case.db", b"Dear diary\n" * 100)
        if step == "capture":
            write_pcap("case.db")
        before = digest("case.db")
        ingest("second.pcap", code=FAILED, says=["case.db"])
        tap.equal(digest("case.db"), before, step)
        done = tap.pcapdex("query", "case.db", "SELECT 1")
        tap.equal(done.returncode, FAILED, "query of a " + step)
    tap.equal(sorted(os.listdir(".")), ["case.db", "second.pcap"], "files")


def test_damaged_case():
    """a case with damaged pages: an error, no crash"""
    packets.many("first.pcap", 3000, 20)
    ingest("first.pcap")
    with open("case.db", "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 60000)
    for arguments in (["query", "case.db", "SELECT count(*), sum(wire_len) FROM packets"], ["query", "case.db", "flows"],
                      ["ingest", "first.pcap", "-o", "case.db"]):
        done = tap.pcapdex(*arguments)
        tap.equal(done.returncode, FAILED, " ".join(arguments))


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "


def edit_case(*statements):
    """Edits the case; what its schema has no words for, as well."""
    prior = rows("SELECT name, sql FROM sqlite_schema WHERE type = 'view'")
    db = sqlite3.connect("case.db", isolation_level=None)
    db.execute("PRAGMA writable_schema = ON")
    for statement in statements:
        db.execute(statement)
    db.close()
    return prior


def test_edited_schema():
    """a case whose tables or triggers somebody has edited is not written, and runs nothing: no endless view, no trigger"""
    prior_case()
    shutil.copy("case.db", "whole.db")
    columns = ", ".join("i AS " + row[1] for row in rows("PRAGMA table_info(captures)"))
    lie = "INSERT INTO sqlite_schema VALUES ('%s', '%s', 'packets', 0, 'CREATE TRIGGER %s AFTER INSERT ON packets BEGIN DELETE FROM flows; END')"
    for edits in (["ALTER TABLE captures RENAME TO mine", "CREATE VIEW captures AS %s SELECT %s FROM n" % (ENDLESS, columns)],
                  ["CREATE TRIGGER t AFTER INSERT ON detectors BEGIN %s SELECT max(i) FROM n; END" % ENDLESS.replace("WITH", "INSERT INTO hosts WITH")],
                  ["CREATE TRIGGER t AFTER INSERT ON packets BEGIN DELETE FROM flows; END"],
                  ["DROP TABLE icmp_errors"], ["ALTER TABLE flows ADD COLUMN x AS (hex(zeroblob(100000000)))"],
                  ["DROP TRIGGER hop_rows_of_comparison"], [lie % ("trigger", "t", "t")], [lie % ("index", "t", "t")],
                  [lie % ("trigger", "hop_rows_of_comparison", "t")], ["CREATE INDEX x ON hosts(hex(zeroblob(3000000)))"],
                  ["CREATE INDEX x ON hosts(address) WHERE hex(zeroblob(3000000)) > address"]):
        shutil.copy("whole.db", "case.db")
        with contextlib.suppress(sqlite3.Error):
            edit_case(*edits)
        before = digest("case.db")
        for command in (["ingest", "-q", "second.pcap", "-o", "case.db"], ["analyze", "case.db"], ["compare", "case.db", "first", "first"]):
            done = tap.pcapdex(*command, timeout=60)
            tap.equal((done.returncode, digest("case.db") == before), (FAILED, True), "%s %s: %s" % (command, edits, done.stderr))
    tap.contains(done.stderr, "case.db: ")


def test_edited_views():
    """views of a case whose text somebody has edited are as they were when the case is written; what is added stays"""
    prior_case()
    before = edit_case("DROP VIEW packet_list", "DROP VIEW tcp_connections", "CREATE VIEW tcp_connections AS %s SELECT i FROM n" % ENDLESS,
                       "CREATE VIEW mine AS SELECT 1", "CREATE TABLE ours(a)", 'CREATE INDEX "by name" ON hosts(address)')
    done = tap.pcapdex("analyze", "-q", "case.db", timeout=60)
    tap.equal((done.returncode, done.stderr), (DONE, ""))
    tap.equal(sorted(rows("SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name <> 'mine'")), sorted(before))
    tap.equal(rows("SELECT name FROM sqlite_schema WHERE name IN ('mine', 'ours', 'by name')"), [("mine",), ("ours",), ("by name",)])
    ingest("second.pcap")


def test_edited_numbers():
    """a case whose numbers leave none for rows that are added is not written"""
    prior_case()
    shutil.copy("case.db", "whole.db")
    for table, edit in (("packets", "UPDATE packets SET packet_id = %d WHERE packet_id = 1"),
                        ("protocol_stacks", "INSERT INTO protocol_stacks VALUES (%d, 'eth')"),
                        ("flows", "UPDATE flows SET flow_id = %d WHERE flow_id = 1")):
        shutil.copy("whole.db", "case.db")
        edit_case(edit % ((1 << 63) - 1))
        before = digest("case.db")
        for command in (["ingest", "-q", "second.pcap", "-o", "case.db"], ["compare", "case.db", "first", "first"]):
            done = tap.pcapdex(*command)
            tap.equal((done.returncode, digest("case.db") == before), (FAILED, True), done.stderr)
            tap.contains(done.stderr, "case.db: somebody has edited it: a row of %s has the number 9223372036854775807" % table)


def test_edited_capture_ids():
    """captures with numbers from one end to the other: analyze ends as ever"""
    ingest(os.path.join(tap.ROOT, "examples", "refused.pcap"))
    columns = ", ".join(row[1] for row in rows("PRAGMA table_info(captures)"))
    others = columns.replace("capture_id, name", "%d, %d")
    for number in ((1 << 61) - 1, (1 << 63) - 1, -5):
        edit_case("INSERT INTO captures(%s) SELECT %s FROM captures WHERE capture_id = 1" % (columns, others % (number, number)))
        done = tap.pcapdex("analyze", "-q", "case.db")
        tap.equal((done.returncode, done.stderr), (DONE, ""), str(number))
    tap.equal(rows("SELECT count(*) FROM issues WHERE detector = 'tcp-refused'"), [(1,)])


def test_interrupted():
    """Ctrl-C: a usable case with what was read"""
    packets.many("long.pcap", 40000, 100)
    with open("long.pcap", "rb") as file:
        data = file.read()
    process = subprocess.Popen([tap.PROGRAM, "ingest", "-", "-o", "case.db"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    process.stdin.write(data[:-1000])  # more than a pipe holds: most of it has been read when this returns
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    process.stdin.close()
    tap.equal(process.returncode in (DONE, DAMAGED), True, "exit code")
    tap.equal(rows("PRAGMA integrity_check"), [("ok",)])
    kept = rows("SELECT packets FROM captures")[0][0]
    tap.equal(kept, packets_kept(), "packets counted")
    tap.equal(0 < kept < 40000, True, "%d packets kept" % kept)


def wait_until_read(pipe):
    """Waits until somebody has taken all that was written to a pipe."""
    unread = array.array("i", [1])
    while unread[0]:
        time.sleep(0.05)
        fcntl.ioctl(pipe, termios.FIONREAD, unread)


def test_interrupted_among_files():
    """Ctrl-C with files still to come: they are counted, and the exit code tells"""
    write_pcap("first.pcap")
    process = subprocess.Popen([tap.PROGRAM, "ingest", "-", "first.pcap", "-o", "case.db"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    process.stdin.write(open("first.pcap", "rb").read())
    process.stdin.flush()
    wait_until_read(process.stdin)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1].decode()
    tap.equal(process.returncode, DAMAGED, "exit code")
    tap.contains(errors, "interrupted: 1 of 2 files were not read")
    tap.equal(rows("SELECT name, packets FROM captures"), [("stdin", 5)])


def say_on_terminal(awaited, *arguments):
    """Runs pcapdex with standard error on a terminal, and interrupts it when it says `awaited`: exit code, messages."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([tap.PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = ""
    with contextlib.suppress(OSError):  # that a terminal gives at its end
        while True:
            said += os.read(ours, 4096).decode()
            if awaited and awaited in said:
                process.send_signal(signal.SIGINT)
                awaited = None
    os.close(ours)
    return process.wait(timeout=60), said


def test_interrupted_in_analysis():
    """Ctrl-C while it looks for issues: the case with all packets, and nothing half found"""
    packets.many("many.pcap", 40000, 20000)
    for _ in range(20):  # it may have found all of them before the signal comes
        code, said = say_on_terminal("looking for issues", "ingest", "many.pcap", "-o", "case.db")
        tap.equal(code, DONE, "exit code")
        tap.equal(rows("SELECT packets FROM captures"), [(40000,)])
        tap.equal(rows("PRAGMA integrity_check"), [("ok",)])
        found = rows("SELECT (SELECT count(*) FROM detectors), (SELECT count(*) FROM issues)")
        if "interrupted while looking for issues" in said:
            tap.equal(found, [(0, 0)], "found")
            tap.equal(tap.pcapdex("analyze", "-q", "case.db").returncode, DONE, "analyze")
            tap.equal(rows("SELECT count(*) > 0 FROM detectors"), [(1,)], "detectors run later")
            return
        os.remove("case.db")
    raise AssertionError("never interrupted")


def limit_file_size():
    resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))


def test_disk_full():
    """no room: the case that was there stays, a new one does not appear, nothing is left behind"""
    packets.many("big.pcap", 30000, 50)
    write_pcap("first.pcap")
    room = {"preexec_fn": limit_file_size}
    ingest("big.pcap", code=FAILED, says=["case.db"], **room)
    tap.equal(sorted(os.listdir(".")), ["big.pcap", "first.pcap"], "files after a new case")
    ingest("first.pcap")
    ingest("big.pcap", code=FAILED, says=["case.db"], **room)
    tap.equal(rows("SELECT name, packets FROM captures"), [("first", 5)])
    tap.equal(rows("PRAGMA integrity_check"), [("ok",)])
    ingest("big.pcap")
    tap.equal(packets_kept(), 30005)


@contextlib.contextmanager
def small_disk(size):
    os.mkdir("small")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", "small"], stderr=subprocess.DEVNULL,
                             check=False)
    if mounted.returncode:
        raise tap.Skip("may not mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "small"], check=True)


def test_disk_really_full():
    """the same on a small file system"""
    packets.many("big.pcap", 60000, 50)
    with small_disk("1m"):
        done = tap.pcapdex("ingest", "--quiet", "big.pcap", "-o", "small/case.db")
        tap.equal(done.returncode, FAILED)
        tap.contains(done.stderr, "small/case.db", "full")
        tap.equal(os.listdir("small"), [], "files left")
        done = tap.pcapdex("query", "small/case.db", "SELECT 1")
        tap.equal(done.returncode, FAILED)


def test_disk_full_behind_the_log():
    """room for what is added, but not twice: the log beside the case has it, and goes into the case when there is room"""
    packets.many("big.pcap", 60000, 50)
    write_pcap("first.pcap")
    ingest("first.pcap")
    before = os.path.getsize("case.db")
    shutil.copy("case.db", "first.db")
    ingest("big.pcap")
    added = os.path.getsize("case.db") - before
    with small_disk(before + added * 8 // 5):
        shutil.copy("first.db", "small/case.db")
        done = tap.pcapdex("ingest", "--quiet", "big.pcap", "-o", "small/case.db")
        tap.equal(done.returncode, FAILED)
        tap.contains(done.stderr, "the disk became full", "case.db-wal belongs to it")
        subprocess.run(["mount", "-o", f"remount,size={before + added * 4}", "small"], check=True)
        done = tap.pcapdex("ingest", "big.pcap", "-o", "small/case.db")
        tap.equal(done.returncode, DONE)
        tap.contains(done.stderr, "already in the case, as capture big; skipped")
        tap.equal(os.listdir("small"), ["case.db"], "files left")
        shutil.copy("small/case.db", "case.db")
    tap.equal(packets_kept(), 60005)
    tap.equal(rows("PRAGMA integrity_check"), [("ok",)])


def test_disk_full_comparing():
    """no room for what compare finds: the case is as it was, at once, and nothing is left beside it"""
    packets.many("a.pcap", 60000, 50)
    packets.many("b.pcap", 60000, 40)
    ingest("a.pcap", "b.pcap")
    with open("case.db", "rb") as file:
        before = file.read()
    with small_disk(len(before) + 7_000_000):  # room for the findings, and not for the rows
        shutil.copy("case.db", "small/case.db")
        done = tap.pcapdex("compare", "small/case.db", "a", "b")
        tap.equal(done.returncode, FAILED)
        tap.contains(done.stderr, "small/case.db: the disk is full")
        tap.equal(os.listdir("small"), ["case.db"], "files left")
        with open("small/case.db", "rb") as file:
            tap.equal(file.read() == before, True, "the case is as it was")


def test_ingests_at_once():
    """several ingests into one case: one after the other, and the same file once"""
    write_pcap("first.pcap")
    packets.many("big.pcap", 30000, 50)
    packets.many("other.pcap", 20000, 40)
    ingest("first.pcap")
    names = ["big.pcap", "other.pcap", "big.pcap"]
    processes = [subprocess.Popen([tap.PROGRAM, "ingest", "--quiet", name, "-o", "case.db"], stderr=subprocess.PIPE)
                 for name in names]
    errors = [process.communicate(timeout=120)[1].decode() for process in processes]
    tap.equal([process.returncode for process in processes], [DONE] * 3, " ".join(errors))
    tap.equal(sorted(rows("SELECT name, packets FROM captures")), [("big", 30000), ("first", 5), ("other", 20000)])
    tap.equal(packets_kept(), 50005)
    tap.equal(rows("PRAGMA foreign_key_check"), [], "foreign keys")


def test_same_again():
    """the same file again, under its name or another: skipped; changed: refused; --replace: taken anew"""
    before = prior_case()
    shutil.copy("first.pcap", "copy.pcap")
    for name in ("first.pcap", "copy.pcap"):
        ingest(name, code=DONE, says=[name, "already in the case, as capture first; skipped"])
    tap.equal(packets_kept(), 5)
    tap.equal(digest("case.db"), before, "the case")
    write_pcap("first.pcap", 8)
    ingest("first.pcap", code=FAILED, says=["--replace"])
    ingest("first.pcap", "--replace")
    tap.equal(packets_kept(), 8)
    tap.equal(rows("PRAGMA foreign_key_check"), [], "foreign keys")
    tap.equal(rows("SELECT name FROM captures"), [("first",)])


def test_standard_input():
    """the same packets from a pipe, compressed or not"""
    write_pcap("plain.pcap", 500)
    with open("plain.pcap", "rb") as file:
        write("packed.gz", gzip.compress(file.read()))
    for name in ("plain.pcap", "packed.gz"):
        with subprocess.Popen(["cat", name], stdout=subprocess.PIPE) as cat:
            ingest("-", stdin=cat.stdout)
        tap.equal(packets_kept(), 500, name)
        tap.equal(rows("SELECT path FROM capture_files"), [("-",)])
        os.remove("case.db")
    ingest("-", code=FAILED)  # nothing at all
    for says in ([], ["already in the case, skipped"]):
        with subprocess.Popen(["cat", "plain.pcap"], stdout=subprocess.PIPE) as cat:
            ingest("-", stdin=cat.stdout, says=says)
    tap.equal(packets_kept(), 500, "twice")


def pipe(name, *arguments, **expected):
    with subprocess.Popen(["cat", name], stdout=subprocess.PIPE) as cat:
        ingest("-", *arguments, stdin=cat.stdout, **expected)


def test_standard_input_replaced():
    """--replace takes standard input in place of the same bytes, whatever they were called, and of nothing else"""
    write_pcap("one.pcap", 5)
    write_pcap("other.pcap", 8)
    pipe("one.pcap")
    pipe("other.pcap")
    captures = rows("SELECT name, packets FROM captures")
    pipe("one.pcap", "--replace", "--count", "3")
    tap.equal(sorted(rows("SELECT name, packets FROM captures")), [(captures[0][0], 3), (captures[1][0], 8)])
    pipe("one.pcap", "--replace")
    tap.equal(sorted(rows("SELECT name, packets FROM captures")), sorted(captures))
    ingest("--replace", "one.pcap")
    tap.equal(sorted(rows("SELECT name, packets FROM captures")), sorted([("one", 5), captures[1]]))
    pipe("one.pcap", "--replace", "--capture", "again")
    tap.equal(sorted(rows("SELECT name, packets FROM captures")), sorted([("again", 5), captures[1]]))
    tap.equal(rows("PRAGMA foreign_key_check"), [], "foreign keys")


def test_compressions():
    """gzip, zstd and lz4 hold the same packets at the same offsets"""
    write_pcap("plain.pcap", 500)
    ingest("plain.pcap")
    wanted = rows("SELECT number, ts_ns, file_offset, captured_len FROM packets")
    missing = []
    for tool, ending in (("gzip", "gz"), ("zstd", "zst"), ("lz4", "lz4")):
        if not shutil.which(tool):
            missing.append(tool)
            continue
        name = "packed.pcap." + ending
        with open(name, "wb") as file:
            subprocess.run([tool, "-c", "-q", "plain.pcap"], stdout=file, check=True)
        os.remove("case.db")
        ingest(name)
        tap.equal(rows("SELECT number, ts_ns, file_offset, captured_len FROM packets"), wanted, tool)
        tap.equal(rows("SELECT compression FROM capture_files"), [(tool,)])
        with open(name, "rb") as file:
            start = file.read(11)
        for length in range(4, 12):
            with open("cut." + ending, "wb") as file:
                file.write(start[:length])
            done = ingest("cut." + ending, code=FAILED)
            tap.contains(done.stderr, "cut.%s: the %s data is damaged at offset %d of the compressed file: it is cut "
                         "short; nothing could be unpacked;" % (ending, tool, length))
        with open(name, "rb") as file:
            write("more." + ending, file.read() + b"something else")
        ingest("more." + ending, "--replace", code=DAMAGED, says=[
            "more.%s: the %s data is damaged at offset" % (ending, tool),
            "what follows the end of the %s data is something else; every packet before was kept" % tool])
        tap.equal(rows("SELECT packets FROM captures WHERE name = 'more'"), [(500,)], tool)
        with open(name, "rb") as once, open("twice." + ending, "wb") as twice:
            subprocess.run([tool, "-c", "-q"], stdin=once, stdout=twice, check=True)
        ingest("twice." + ending, code=FAILED, says=["unpacks to %s data inside the compressed file" % tool, "unpack it first"])
    if missing:
        raise tap.Skip(", ".join(missing) + " not installed")


def test_wrong_checksum():
    """data whose checksum at the end is wrong: the packets are kept, and the message says so"""
    write_pcap("plain.pcap", 50)
    with open("plain.pcap", "rb") as file:
        packed = bytearray(gzip.compress(file.read()))
    packed[-8] ^= 1
    write("wrong.gz", packed)
    ingest("wrong.gz", code=DAMAGED, says=["wrong.gz: the gzip data is damaged", "every packet before was kept"])
    tap.equal(packets_kept(), 50)


def peak_kilobytes(name):
    process = subprocess.Popen([tap.PROGRAM, "ingest", "--quiet", name, "-o", name + ".db"])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    tap.equal(process.returncode, 0)
    return usage.ru_maxrss


def test_memory():
    """ten times the packets of the same flows take no more memory"""
    if tap.SANITIZED:
        raise tap.Skip("the sanitizer keeps freed memory")
    packets.many("short.pcap", 60000, 300)
    packets.many("long.pcap", 600000, 300)
    short, long = peak_kilobytes("short.pcap"), peak_kilobytes("long.pcap")
    print("# peak memory: %d kB for 60,000 packets, %d kB for 600,000" % (short, long))
    tap.equal(long < short * 1.15 + 1024, True, "%d kB, then %d kB: bounded" % (short, long))


def test_wrong_usage():
    """wrong usage is exit 2 and says what is meant"""
    for arguments, says in ((["ingest"], "file"), (["ingest", "--cuont", "5", "x.pcap"], "--count"),
                            (["ingest", "--count", "many", "x.pcap"], "many"), (["ingset"], "ingest"),
                            (["ingest", "--since", "yesterday", "x.pcap"], "yesterday"),
                            (["ingest", "--filter", "tcp prot 80", "x.pcap"], "filter")):
        done = tap.pcapdex(*arguments)
        tap.equal(done.returncode, USAGE, " ".join(arguments))
        tap.equal(done.stdout, "", "standard output")
        if not re.search(says, done.stderr):
            raise AssertionError("%r should be in %r" % (says, done.stderr))


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
