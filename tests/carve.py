#!/usr/bin/env python3
"""Carved captures hold what the originals hold: bytes, times, link types, interfaces, as tshark reads both."""
import contextlib
import glob
import gzip
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
from itertools import zip_longest

from paths import CORPUS, EXAMPLES, PROGRAM
import kept
import packets
import tap
import wireshark

CAPTURES = sorted(glob.glob(os.path.join(EXAMPLES, "*.pcap*")))
SAMPLE = 7  # one capture of the corpus in so many
FIELDS = "frame.time_epoch frame.len frame.cap_len frame.md5_hash frame.encap_type frame.interface_name".split()
PCAP_FIELDS = [field for field in FIELDS if field != "frame.interface_name"]
REASON = "pcapdex: "


def need_tshark():
    if not shutil.which("tshark") or not shutil.which("capinfos"):
        raise tap.Skip("tshark is not installed")


def tshark(path, *arguments):
    found = kept.ask(path, "tshark", "-n", *arguments, "-r")
    return found.stdout.decode(errors="backslashreplace").split("\n")[:-1], kept.complaints(found)


def frames(path, *fields):
    """The fields of each packet, without what tshark could not read; and its complaints."""
    arguments = ["-o", "frame.generate_md5_hash:TRUE", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    for field in fields or FIELDS:
        arguments += ["-e", field]
    return tshark(path, *arguments)


def sound(*paths):
    """capinfos reads the files without a complaint."""
    found = kept.run(["capinfos", *paths])
    tap.equal((found.returncode, kept.complaints(found)), (0, []), paths)


def ingest(*paths, code=0):
    if os.path.exists("case.db"):
        os.remove("case.db")
    found = tap.pcapdex("ingest", "--quiet", "-o", "case.db", *paths)
    if code is not None:
        tap.equal(found.returncode, code, found.stderr)
    return found


def carve(*arguments, to="out.pcapng", code=0):
    found = tap.pcapdex("query", "case.db", *arguments, "--pcap", to)
    tap.equal((found.returncode, found.stdout), (code, ""), "carving %r: %s" % (arguments, found.stderr))
    return found.stderr


def rows(sql):
    """Of the case, every value as text."""
    with contextlib.closing(sqlite3.connect("case.db")) as db:
        return [list(map(str, row)) for row in db.execute(sql)]


def known(lines):
    """Lines without what only the other format has: names of interfaces (tshark says unknown), packets without a time
    (pcapng's simple packets: it is 0)."""
    return ["0.000000000" * line.startswith("\t") + line.removesuffix("unknown") for line in lines]


def same_packets(path, fields):
    """Packets of a capture, carved from a case of it alone, for tshark."""
    original, _ = frames(path, *fields)
    numbers = [int(n) for n, in rows("SELECT number FROM packets ORDER BY number")]
    carve("SELECT number FROM packets ORDER BY number DESC")
    sound("out.pcapng")
    found, complaints = frames("out.pcapng", *fields)
    tap.equal(complaints, [], "about what was carved from " + path)
    tap.equal(known(found), known([original[n - 1] for n in numbers if n <= len(original)]), path)


def frames_of_all(paths, *fields):
    """The fields of each packet of captures without a fault, file behind file."""
    kept.merge(paths, "merged.pcapng")
    found, complaints = frames("merged.pcapng", *fields)
    tap.equal(complaints, [])
    return known(found)


def examples():
    """(path, packets) of each example; the case is made before it is given."""
    for path in CAPTURES:
        kept.ingest(PROGRAM, path, "case.db")
        yield path, int(rows("SELECT count(*) FROM packets")[0][0])


def test_examples():
    """every example, carved as pcapng, holds the same packets for tshark"""
    need_tshark()
    carved, of_line = [], []
    for path, count in examples():
        carved.append("%d.pcapng" % len(carved))
        of_line += [path] * count
        carve("SELECT number FROM packets ORDER BY number DESC", "--source-dir", EXAMPLES, to=carved[-1])
    sound(*carved)
    tap.equal(list(zip_longest(of_line, frames_of_all(carved))), list(zip_longest(of_line, frames_of_all(CAPTURES))))


def test_examples_pcap():
    """some packets of the examples with one link type, carved as classic pcap"""
    need_tshark()
    carved, wanted = [], []
    original = iter(frames_of_all(CAPTURES, *PCAP_FIELDS))
    for path, count in examples():
        lines = [next(original) for _ in range(count)]
        if rows("SELECT count(DISTINCT link_type) FROM interfaces") != [["1"]]:
            continue
        carved.append("%d.pcap" % len(carved))
        wanted += [(path, line) for line in lines[::3]]
        carve("SELECT number FROM packets WHERE number % 3 = 1", "--source-dir", EXAMPLES, to=carved[-1])
        with open(carved[-1], "rb") as file:
            tap.equal(file.read(4) in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"), True, path + " is classic pcap")
    sound(*carved)
    tap.equal(list(zip_longest((path for path, _ in wanted), frames_of_all(carved, *PCAP_FIELDS))), wanted)


def test_corpus():
    """captures of the corpus, carved as pcapng, hold the same packets for tshark"""
    need_tshark()
    if not os.path.isdir(CORPUS):
        raise tap.Skip("there is no corpus")
    paths = sorted(p for p in glob.glob(os.path.join(CORPUS, "*", "*")) if os.path.isfile(p) and "/oracles/" not in p)
    chosen = [p for n, p in enumerate(paths, 3) if n % SAMPLE == 0 or "/pcapng/" in p or "/linktypes/" in p]
    for path in chosen:
        if ingest(path, code=None).returncode <= 1 and rows("SELECT count(*) FROM packets") != [["0"]]:
            # tshark 4.0 takes the first section's names for the interfaces of all sections.
            sections = rows("SELECT count(*) > count(DISTINCT name) FROM interfaces")
            same_packets(path, PCAP_FIELDS if sections == [["1"]] else FIELDS)


def write_capture(name="a.pcap", count=500, link=1, start=10**18, nanoseconds=False, step=10**6, order="<"):
    data = [packets.frame("eth / ip 10.0.0.1 > 10.0.0.2 / udp 1000 > %d data=\"%s\"" % (1 + n, "x" * (n % 200)))
            for n in range(count)]
    with open(name, "wb") as file:
        file.write(packets.pcap_header(link, 262144, nanoseconds, order))
        for n, frame in enumerate(data):
            file.write(packets.pcap_record(start + n * step, frame, None, nanoseconds, order))
    return data


def records(path):
    """(time, bytes) of each packet of a classic pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    unit = {b"\xd4\xc3\xb2\xa1": 1000, b"\x4d\x3c\xb2\xa1": 1}[data[:4]]
    at, found = 24, []
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds * 10**9 + fraction * unit, data[at + 16:at + 16 + length]))
        at += 16 + length
    return found


def compress(name, command):
    if not command:
        with open("a.pcap", "rb") as plain, open(name, "wb") as file:
            data = plain.read()
            file.write(gzip.compress(data[:1000]) + gzip.compress(data[1000:]))
    elif shutil.which(command[0]):
        with open("a.pcap", "rb") as plain, open(name, "wb") as file:
            subprocess.run(command, stdin=plain, stdout=file, stderr=subprocess.DEVNULL, check=True)
    else:
        raise tap.Skip(command[0] + " is not installed")


def test_compressed():
    """packets come from gzip, zstd and lz4 files, too"""
    data = write_capture()
    for name, command in (("a.pcap.gz", None), ("a.pcap.zst", ["zstd", "-q"]), ("a.pcap.lz4", ["lz4", "-q"])):
        compress(name, command)
        ingest(name)
        carve("SELECT packet_id FROM packets WHERE number % 5 = 2 ORDER BY random()", to="out.pcap")
        tap.equal([r[1] for r in records("out.pcap")], [f for n, f in enumerate(data, 1) if n % 5 == 2], name)


def test_units():
    """classic pcap has microseconds where the originals do, else nanoseconds"""
    for nanoseconds in (False, True):
        write_capture(nanoseconds=nanoseconds, step=1234567000 + nanoseconds * 89)
        ingest("a.pcap")
        carve("SELECT packet_id FROM packets", to="out.pcap")
        with open("a.pcap", "rb") as a, open("out.pcap", "rb") as b:
            tap.equal(b.read(), a.read())


def refused(*words, more=(), code=3):
    found = tap.pcapdex("query", "case.db", "packets", "--pcap", "out.pcapng", *more)
    tap.equal((found.returncode, found.stdout), (code, ""), found.stderr)
    tap.contains(found.stderr, *words)
    tap.equal([n for n in os.listdir(".") if n.startswith("out")], [], "what is left")


def test_moved():
    """a capture file that is gone or has changed is an error that names it; --source-dir finds it"""
    data = write_capture()
    ingest("a.pcap")
    os.mkdir("elsewhere")
    os.rename("a.pcap", "elsewhere/a.pcap")
    refused("a.pcap: the capture file is gone", "--source-dir")
    refused("a.pcap", "the capture file is gone; in .: no file of its name", more=["--source-dir", "."])
    carve("packets", "--source-dir", "elsewhere", to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], data)
    os.remove("out.pcap")
    found = tap.pcapdex("query", "case.db", "SELECT hex(packet_bytes(3))", "--source-dir", "elsewhere", "--format", "tsv",
                        "--no-header")
    tap.equal(found.stdout.strip().lower(), data[2].hex())
    with open("elsewhere/a.pcap", "r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")
    refused("the capture file is gone; in elsewhere:", "has changed", more=["--source-dir", "elsewhere"])
    shutil.copy("elsewhere/a.pcap", "a.pcap")
    refused("a.pcap: the capture file has changed", "other bytes")
    with open("a.pcap", "ab") as file:
        file.write(b"x")
    refused("a.pcap: the capture file has changed", "another size")


def test_standard_input():
    """what came through standard input cannot be carved"""
    write_capture()
    with open("a.pcap", "rb") as file:
        tap.pcapdex("ingest", "--quiet", "-o", "case.db", "-", stdin=file)
    refused("standard input", "not read from a file")


def test_damaged():
    """of a file that was damaged when it was ingested, every packet that was read can be carved"""
    data = write_capture()
    with open("a.pcap", "r+b") as file:
        file.truncate(20000)
    ingest("a.pcap", code=1)
    count = int(rows("SELECT count(*) FROM packets")[0][0])
    carve("packets", to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], data[:count])


def test_outputs():
    """standard output, an existing file, and what must not be overwritten"""
    write_capture(count=5)
    ingest("a.pcap")
    carve("packets", to="out.pcapng")
    found = subprocess.run([tap.PROGRAM, "query", "case.db", "packets", "--pcap", "-"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False)
    with open("out.pcapng", "rb") as file:
        tap.equal(found.stdout, file.read())
    tap.contains(found.stderr.decode(), "standard output: 5 packets")
    carve("packets", "--limit", "2", to="out.pcap")
    carve("packets", "--limit", "3", to="out.pcap")
    tap.equal(len(records("out.pcap")), 3)
    os.symlink("a.pcap", "link.pcap")
    for name in ("a.pcap", "case.db", "link.pcap"):
        with open(name, "rb") as file:
            before = file.read()
        tap.contains(carve("packets", to=name, code=2), "the case needs this file")
        with open(name, "rb") as file:
            tap.equal(file.read(), before, name)
    os.mkdir("moved")
    for name in ("moved/a.pcap", "moved/b.svg"):
        os.rename("a.pcap", name)
        tap.contains(carve("packets", to=name, code=2), "the case needs this file")
        tap.contains(tap.pcapdex("report", "case.db", "--format", "json", "-o", name).stderr, "the case needs this file")
        os.rename(name, "a.pcap")
    tap.contains(carve("packets", to="no/folder.pcapng", code=3), "no/folder.pcapng: cannot be written")
    tap.contains(carve("packets", to="out.pcap.gz", code=2), "does not compress")
    tap.equal(sorted(n for n in os.listdir(".") if "partial" in n), [], "what is left")


def test_several_captures():
    """of several captures, interfaces tell which is which, and packets come by time"""
    need_tshark()
    first = write_capture("a.pcap", count=30, step=2 * 10**6)
    second = write_capture("b.pcap", count=30, start=10**18 + 10**6, step=2 * 10**6)
    ingest("a.pcap", "b.pcap")
    carve("SELECT packet_id FROM packets")
    sound("out.pcapng")
    found, _ = frames("out.pcapng", "frame.interface_description", "frame.time_epoch")
    tap.equal([line.split("\t")[0] for line in found], ["a", "b"] * 30)
    tap.equal([line.split("\t")[1] for line in found], sorted(line.split("\t")[1] for line in found))
    carve("SELECT capture_id, number FROM packets WHERE number = 7", to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], [first[6], second[6]])
    carve("packets", "--capture", "b", to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], second)
    carve("SELECT number FROM packets WHERE capture_id = :capture", "--capture", "b", to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], second)
    flow = rows("SELECT max(flow_id) FROM flows")[0][0]
    carve("conversation", "--flow", flow, to="out.pcap")
    tap.equal([r[1] for r in records("out.pcap")], second[-1:])
    tap.contains(carve("SELECT number FROM packets", code=2), "which of the 2 captures")


def test_ring():
    """the files of a ring are read one after another"""
    need_tshark()
    ring = sorted(glob.glob(os.path.join(EXAMPLES, "ring-0000?.pcap")))
    ingest("--capture", "ring", *ring)
    tap.equal(rows("SELECT count(DISTINCT capture_id), count(*) FROM capture_files"), [["1", str(len(ring))]])
    carve("SELECT number FROM packets")
    wanted = [line for path in ring for line in frames(path, "frame.time_epoch", "frame.md5_hash")[0]]
    tap.equal(frames("out.pcapng", "frame.time_epoch", "frame.md5_hash")[0], wanted)
    found = tap.pcapdex("query", "case.db", "SELECT number FROM packets WHERE number % 2", "--wireshark").stdout
    shown = []
    for line in found.split("\n")[:-1]:
        path, condition = line.split("\t")
        shown += frames_where(path, condition)
    tap.equal(shown, wanted[::2])


def frames_where(path, condition):
    found, complaints = tshark(path, "-Y", condition, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields", "-e",
                               "frame.time_epoch", "-e", "frame.md5_hash")
    tap.equal(complaints, [], condition)
    return found


def test_link_types():
    """several link types in one file: pcapng, even if its name is that of a pcap"""
    need_tshark()
    write_capture("a.pcap", count=3)
    shutil.copy(os.path.join(EXAMPLES, "any-interface.pcap"), "b.pcap")
    ingest("a.pcap", "b.pcap")
    tap.contains(carve("SELECT packet_id FROM packets", to="out.pcap"), "written as pcapng", "several link types")
    sound("out.pcap")
    wanted = sorted(sum((frames(n, "frame.time_epoch", "frame.md5_hash")[0] for n in ("a.pcap", "b.pcap")), []))
    tap.equal(sorted(frames("out.pcap", "frame.time_epoch", "frame.md5_hash")[0]), wanted)


def option(code, value, order):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body, order):
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def write_pcapng(order):
    """Two packets with options on an interface with an FCS; a simple packet."""
    frame = packets.frame("eth / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 data=\"abc\"")
    end = struct.pack(order + "HH", 0, 0)
    more = option(1, b"seen before", order) + option(2, struct.pack(order + "I", 1), order) + option(
        4, struct.pack(order + "Q", 77), order) + end
    stamp = struct.pack(order + "II", 10**18 >> 32, 10**18 & 0xffffffff)
    with open("o.pcapng", "wb") as file:
        file.write(block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order))
        file.write(block(1, struct.pack(order + "HHI", 1, 0, 0) + option(2, b"lan0", order) + option(3, b"the lan", order)
                         + option(9, b"\x09", order) + option(12, b"OS 9", order) + option(15, b"NIC", order)
                         + option(13, b"\x04", order) + end, order))
        for data in (frame + b"\1\2\3\4", frame + b"\5\6\7\xff"):
            file.write(block(6, struct.pack(order + "I", 0) + stamp + struct.pack(order + "II", len(data), len(data)) + data
                             + bytes(-len(data) % 4) + more, order))


def test_options():
    """what a pcapng says of packets and interfaces is kept, in either byte order"""
    need_tshark()
    fields = ["frame.comment", "frame.packet_flags", "frame.drop_count", "frame.interface_name",
              "frame.interface_description", "eth.fcs"]
    for order in "<>":
        write_pcapng(order)
        ingest("o.pcapng")
        original, _ = frames("o.pcapng", *fields)
        carve("SELECT packet_id, 'number ' || number AS comment FROM packets")
        sound("out.pcapng")
        found, _ = frames("out.pcapng", *fields)
        tap.equal(found, [line.replace("seen before", "seen before|number %d" % n)
                          for n, line in enumerate(original, 1)], order)
        tap.contains(found[0], "seen before", "0x00000001", "77", "lan0", "the lan")
        about = subprocess.run(["capinfos", "out.pcapng"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               check=False).stdout
        tap.contains(about, "Hardware = NIC", "Operating system = OS 9", "pcapdex")


def test_reason():
    """packets have the query for a comment, or the row's"""
    need_tshark()
    write_capture(count=6)
    ingest("a.pcap")
    carve("packets", "--limit", "2")
    tap.equal(frames("out.pcapng", "frame.comment")[0], [REASON + "packets --limit 2"] * 2)
    carve("SELECT packet_id, iif(number = 2, NULL, 'n' || (number % 2)) AS comment FROM packets WHERE number < 4 "
          "UNION ALL SELECT 1, 'late'")
    tap.equal([line[:12] for line in frames("out.pcapng", "frame.comment")[0]], ["n1", (REASON + "SELECT")[:12], "n1"])


def test_hostile_texts():
    """comments and names of interfaces are clean UTF-8, whatever the case has in their place"""
    need_tshark()
    shutil.copy(os.path.join(EXAMPLES, "two-interfaces.pcapng"), "a.pcapng")
    ingest("a.pcapng")
    evil = "CAST(x'1b5b33316d41ff0a' AS TEXT) || char(8238, 0, 65) || printf('%.*c', 70000, char(228))"
    with sqlite3.connect("case.db") as db:
        db.execute("UPDATE interfaces SET name = %s, description = %s" % (evil, evil))
        db.execute("UPDATE capture_files SET comment = " + evil)
        db.execute("UPDATE captures SET name = " + evil)
    for sql in ("SELECT packet_id, %s AS comment FROM packets" % evil, "SELECT packet_id, %s AS title FROM packets" % evil):
        carve(sql)
        sound("out.pcapng")
        with open("out.pcapng", "rb") as file:
            data = file.read()
        for bad in (b"\x1b[", "\u202e".encode(), b"A\xff"):
            tap.equal(bad in data, False, str(bad))
        # tshark 4.2 and later escape the backslash
        comments = [comment.replace("\\\\", "\\") for comment in frames("out.pcapng", "frame.comment")[0]]
        tap.equal(len(comments) > 0 and all(comment.startswith("\\x1b[31mA") for comment in comments), True, comments[:1])


def test_columns():
    """rows name packets by packet_id, by number, by flow_id; others are refused"""
    path = os.path.join(EXAMPLES, "web-client.pcapng")
    ingest(path)

    def numbers(*question):
        found = tap.pcapdex("query", "case.db", *question, "--wireshark")
        tap.equal(found.returncode, 0, found.stderr)
        return found.stdout.strip()

    flow = rows("SELECT flow_id, min(packet_id), max(packet_id), count(*) FROM packets WHERE tcp_flags IS NOT NULL "
                "GROUP BY 1 ORDER BY 1 LIMIT 1")[0]
    tap.equal(numbers("SELECT 1 AS packet_id, 3 AS related_packet_id, 7 AS first_packet_id"), "frame.number in {1, 3}")
    tap.equal(numbers("SELECT 5 AS number UNION SELECT 4 UNION SELECT 5"), "frame.number in {4..5}")
    tap.equal(numbers("SELECT NULL AS number, 9 AS x_number"), "frame.number in {9}")
    tap.equal(numbers("SELECT 0 AS packet_id"), "frame.number == 0")
    tap.equal(numbers("SELECT %s AS flow_id" % flow[0]), "tcp.stream eq 0")
    tap.equal(numbers("SELECT %s AS packet_id" % flow[1], "--whole-flows"), "tcp.stream eq 0")
    tap.equal(numbers("SELECT %s AS packet_id" % flow[1]), "frame.number in {%s}" % flow[1])
    tap.equal(numbers("conversation", "--flow", flow[0]), "tcp.stream eq 0")
    tap.contains(carve("SELECT 1 AS x", code=2), "the rows name no packets")
    tap.contains(carve("SELECT 99999 AS packet_id"), "1 of the packets that the rows name is not in the case", "0 packets")
    for options, words in ((["--wireshark"], "not both"), (["--format", "csv"], "no rows")):
        tap.contains(carve("packets", *options, code=2), words)
    tap.contains(tap.pcapdex("query", "case.db", "packets", "--whole-flows").stderr, "which of them")


def shown_by(path, condition):
    """Numbers of the packets that "tcp.stream eq N" or "frame.number in {1, 3..4}" shows in a capture."""
    field, _, wanted = re.fullmatch(r"([a-z.]+) (eq|in|==) (.*)", condition).groups()
    if field == "frame.number":
        spans = [list(map(int, span.split(".."))) for span in wanted.strip("{}").split(", ")]
        return [n for span in spans for n in range(span[0], span[-1] + 1)]
    seen = wireshark.read(path, wireshark.AS_IT_COMES)
    return [int(packet["frame.number"]) for packet in seen if wanted in packet[field].split(wireshark.SEPARATOR)]


def test_filters():
    """what --wireshark prints shows each TCP connection of the examples in tshark, and nothing else"""
    need_tshark()
    tried = {"tcp.stream": 0, "frame.number": 0}
    for path, _ in examples():
        for flow_id, wanted in rows("SELECT flow_id, group_concat(number) FROM (SELECT fp.flow_id, number FROM flow_packets fp "
                                    "JOIN packets USING (packet_id) ORDER BY 1, 2) GROUP BY 1 ORDER BY flow_id %% 5, 1 LIMIT %d"
                                    % (1 if tap.SANITIZED else 3)):
            condition = tap.pcapdex("query", "case.db", "packets", "--flow", flow_id, "--wireshark").stdout.strip()
            tap.equal(",".join(map(str, shown_by(path, condition))), wanted, "%s: %s" % (path, condition))
            tried[condition.split()[0]] += 1
            if tried[condition.split()[0]] == 1:
                found, complaints = tshark(path, "-Y", condition, "-T", "fields", "-e", "frame.number")
                tap.equal((",".join(found), complaints), (wanted, []), "%s: %s" % (path, condition))
    tap.equal(tried["tcp.stream"] > (5 if tap.SANITIZED else 20) and tried["frame.number"] > 5, True, tried)


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
