#!/usr/bin/env python3
"""query cannot change a case, nor touch another file, whatever is asked and whatever the case is."""
import glob
import hashlib
import os
import pty
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import tap

APPLICATION_ID, VERSION = 0x70636478, 9
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "


def insert(db, table, **values):
    """A row; what must not be NULL and is not given is 0."""
    for _, column, _, needed, default, _ in db.execute("PRAGMA table_info(%s)" % table):
        if needed and default is None:
            values.setdefault(column, 0)
    db.execute("INSERT INTO %s(%s) VALUES (%s)" % (table, ", ".join(values), ", ".join("?" * len(values))),
               list(values.values()))


def make_case(path="case.db", more="", application_id=APPLICATION_ID, version=VERSION):
    db = sqlite3.connect(path, isolation_level=None)
    for file in sorted(glob.glob(os.path.join(tap.ROOT, "schema", "*.sql"))):
        with open(file) as schema:
            db.executescript(schema.read())
    insert(db, "captures", capture_id=1, name="trace", first_packet_id=1, first_ts_ns=1538000000000000000,
           last_ts_ns=1538000001000000000, packets=100, bytes=6000, decoded=100)
    db.execute("INSERT INTO protocol_stacks VALUES (1, 'eth:ethertype:ip')")
    db.executemany("INSERT INTO packets(packet_id, capture_id, number, ts_ns, wire_len, captured_len, file_offset, "
                   "stack_id, errors) VALUES (?1, 1, ?1, 1538000000000000000 + ?1, 60, 60, ?1 * 76 - 36, 1, 0)",
                   [(i,) for i in range(1, 101)])
    db.executescript(more)
    db.execute("PRAGMA application_id = %d" % application_id)
    db.execute("PRAGMA user_version = %d" % version)
    db.close()


def digest(path="case.db"):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def query(*arguments, case="case.db", code=None, **options):
    """Runs a query that must leave the folder as it is."""
    before = {name: digest(name) for name in os.listdir(".") if os.path.isfile(name)}
    found = tap.pcapdex("query", "--timeout", "60", *(["--"] if arguments[:1] and arguments[0][:2] == "--" else []), case, *arguments, **options)
    after = {name: digest(name) for name in os.listdir(".") if os.path.isfile(name)}
    tap.equal(after, before, "files after %r" % (arguments,))
    if code is not None:
        tap.equal(found.returncode, code, "exit code of %r (%s%s)" % (arguments, found.stdout[-300:], found.stderr))
    tap.equal(found.returncode >= 0, True, "not killed by a signal")
    tap.equal("AddressSanitizer" in found.stderr or "runtime error" in found.stderr, False, found.stderr[-2000:])
    return found


def refused(sql, *words, code=2):
    found = query(sql, code=code)
    tap.contains(found.stderr.lower(), *words)
    tap.equal(found.stdout, "", "data of %r" % sql)


def test_statements():
    """statements that write are refused"""
    make_case()
    for sql in ("DELETE FROM packets", "INSERT INTO packets SELECT * FROM packets", "UPDATE packets SET ts_ns = 0",
                "REPLACE INTO protocol_stacks VALUES (1, 'x')", "DROP TABLE packets", "CREATE TABLE t(a)",
                "CREATE INDEX i ON packets(ts_ns)", "CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON hosts BEGIN SELECT 1; END",
                "CREATE VIRTUAL TABLE t USING fts5(a)", "ALTER TABLE packets RENAME TO p", "REINDEX packets",
                "ANALYZE packets", "BEGIN IMMEDIATE", "SAVEPOINT a", "COMMIT ;", "ROLLBACK ;", "VACUUM ;",
                "/* SELECT */ DELETE FROM packets", "-- SELECT\nDELETE FROM packets", ";; DELETE FROM packets",
                "DETACH main ;", "\ufeffDELETE FROM packets"):
        refused(sql, "a query can only read")
    for sql in ("WITH a AS (SELECT 1) DELETE FROM packets", "WITH a(x) AS (SELECT 1) INSERT INTO protocol_stacks SELECT x, x FROM a",
                "EXPLAIN DELETE FROM packets", "WITH a AS (SELECT 1) UPDATE packets SET ts_ns = 0"):
        refused(sql, "a query can only read")


def test_attach():
    """ATTACH reaches no other file"""
    make_case()
    for sql in ("ATTACH 'other.db' AS o", "ATTACH ':memory:' AS o", "ATTACH 'file:other.db?mode=rwc' AS o",
                "EXPLAIN ATTACH 'other.db' AS o"):
        refused(sql, "only read")


def test_vacuum_into():
    """VACUUM INTO writes no file"""
    make_case()
    for sql in ("VACUUM INTO 'other.db'", "EXPLAIN VACUUM INTO 'other.db'", "EXPLAIN QUERY PLAN VACUUM INTO 'other.db'"):
        refused(sql, "only read")


def test_pragmas():
    """pragmas that set something are refused, those that tell are not"""
    make_case()
    for sql in ("PRAGMA journal_mode = WAL", "PRAGMA journal_mode(DELETE)", "PRAGMA user_version = 7",
                "PRAGMA application_id = 7", "PRAGMA writable_schema = ON", "PRAGMA writable_schema = RESET",
                "PRAGMA query_only = 0", "PRAGMA trusted_schema = 1", "PRAGMA temp_store_directory = '/'",
                "PRAGMA temp_store = 2", "PRAGMA cache_size = 1000000", "PRAGMA mmap_size = 1000000",
                "PRAGMA wal_checkpoint", "PRAGMA optimize", "PRAGMA incremental_vacuum", "PRAGMA locking_mode = EXCLUSIVE",
                "PRAGMA hard_heap_limit = 1", "PRAGMA shrink_memory", "PRAGMA page_size = 512", "PRAGMA schema_version = 1",
                "PRAGMA encoding = 'UTF-16'", "PRAGMA main.user_version = 3", "PRAGMA cell_size_check = 0",
                "PRAGMA data_store_directory = '/'", "PRAGMA case_sensitive_like = 1"):
        refused(sql, "not allowed")
    refused("SELECT * FROM pragma_user_version(3)", code=2)
    for sql in ("PRAGMA table_info(packets)", "PRAGMA user_version", "PRAGMA index_list(captures)", "PRAGMA table_list",
                "SELECT name FROM pragma_table_info('packets')", "PRAGMA foreign_key_list(packets)", "PRAGMA quick_check",
                "PRAGMA function_list", "PRAGMA application_id", "SELECT * FROM pragma_table_list",
                "SELECT sql FROM sqlite_schema", "EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN SELECT * FROM packets"):
        tap.equal(query(sql, code=0).stdout == "", False, sql)


def test_temp():
    """temporary tables, views and triggers are refused"""
    make_case()
    for sql in ("CREATE TEMP TABLE t(a)", "CREATE TEMP VIEW v AS SELECT 1", "CREATE TABLE temp.t AS SELECT 1",
                "CREATE TEMP TRIGGER t AFTER DELETE ON packets BEGIN SELECT 1; END"):
        refused(sql, "only read")


def test_functions():
    """functions that reach out are refused"""
    make_case()
    for sql in ("SELECT load_extension('x')", "SELECT writefile('other', 'x')", "SELECT readfile('/etc/hostname')",
                "SELECT edit('x')", "SELECT fts3_tokenizer('simple')", "SELECT fts3_tokenizer('simple', x'00')"):
        refused(sql)


def test_writable_schema():
    """the schema cannot be written"""
    make_case()
    refused("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'", "not allowed")
    refused("UPDATE sqlite_schema SET sql = 'x'", "only read")
    refused("INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, 'x')", "only read")


def test_second_statement():
    """the second of two statements is held to the same"""
    make_case()
    found = query("SELECT 1 AS a; DELETE FROM packets", code=2)
    tap.contains(found.stderr, "only read")
    found = query("SELECT 1 AS a; SELECT 2 AS b;", "--format", "csv", code=0)
    tap.equal(found.stdout, "a\n1\n\nb\n2\n")


def test_recursion():
    """endless recursion stops at --timeout"""
    make_case()
    for sql in (ENDLESS + "SELECT count(*) FROM n", ENDLESS + "SELECT i FROM n", ENDLESS + "SELECT i FROM n WHERE i < 0"):
        begun = time.monotonic()
        found = query(sql, "--timeout", "0.5", code=3)
        tap.contains(found.stderr, "--timeout")
        tap.equal(time.monotonic() - begun < 5, True, "seconds")


def test_slow_functions():
    """one function that never ends is ended"""
    make_case()
    slow = "SELECT replace(replace(replace(hex(zeroblob(15000000)), '0', '00'), 'a', 'b'), '00', '0')"
    for sql in (slow + " LIKE '%a%a%a%a%a%a%a%a%b'", "SELECT hex(zeroblob(30000000)) LIKE '%1%1%1%1%1%1%1%1%1'"):
        begun = time.monotonic()
        query(sql, "--timeout", "0.5")
        tap.equal(time.monotonic() - begun < 15, True, "seconds")


def test_schema_bomb():
    """a schema whose views multiply while they are parsed is ended, too"""
    views = "CREATE VIEW v0 AS SELECT 1 AS a UNION SELECT 2;"
    views += "".join("CREATE VIEW v%d AS SELECT x.a FROM v%d x JOIN v%d y UNION SELECT 1;" % (i, i - 1, i - 1) for i in range(1, 24))
    make_case(more=views)
    begun = time.monotonic()
    query("SELECT * FROM v23", "--timeout", "0.5")
    tap.equal(time.monotonic() - begun < 10, True, "seconds")


def test_memory():
    """what wants much memory is refused or bounded"""
    make_case()
    for sql in ("SELECT zeroblob(1000000000)", "SELECT replace(hex(zeroblob(20000000)), '0', 'xxxx')",
                ENDLESS + "SELECT group_concat(i) FROM n"):
        query(sql, "--timeout", "2", code=3)
    refused("SELECT " + "(" * 600 + "1" + ")" * 600)
    refused("SELECT 'a' REGEXP '((((a{1,200}){1,200}){1,200}){1,200})'", "too large", code=3)
    refused("SELECT 'a' REGEXP '(a)\\1'", "back-references", code=3)


def run_interrupted(sql, wait=0.7):
    process = subprocess.Popen([tap.PROGRAM, "query", "case.db", sql], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=10)[1]
    return process.returncode, error


def test_interrupt():
    """Ctrl-C stops a query: exit code 130"""
    make_case()
    for sql in (ENDLESS + "SELECT count(*) FROM n", ENDLESS + "SELECT i FROM n"):
        code, error = run_interrupted(sql)
        tap.equal((code, error), (130, "pcapdex: error: stopped\n"))


def test_slow_file():
    """a capture file that takes long to read: Ctrl-C and the time limit end the query, and leave no part of a file behind"""
    make_case()
    with open("large.pcap", "wb") as file:
        file.truncate(1 << 40)
    db = sqlite3.connect("case.db", isolation_level=None)
    insert(db, "capture_files", capture_file_id=1, capture_id=1, path=os.path.abspath("large.pcap"), compression="none",
           size=1 << 40, fingerprint="0" * 32, first_packet_id=1, last_packet_id=100)
    insert(db, "interfaces", interface_id=1, link_type=1)
    db.execute("UPDATE packets SET interface_id = 1")
    db.close()
    tap.equal(run_interrupted("SELECT packet_bytes(1)"), (130, "pcapdex: error: stopped\n"))
    found = tap.pcapdex("query", "case.db", "SELECT 1 AS packet_id", "--pcap", "out.pcap", "--timeout", "1", timeout=30)
    tap.equal((found.returncode, sorted(os.listdir("."))), (3, ["case.db", "large.pcap"]), found.stderr)
    tap.contains(found.stderr, "took too long", "--timeout")


def test_head():
    """a reader that has enough is no error"""
    make_case()
    for form in ("table", "csv", "tsv", "json", "jsonl", "markdown", "text"):
        command = "%s query case.db '%s SELECT i FROM n' --format %s; echo code $? >&2" % (tap.PROGRAM, ENDLESS, form)
        found = subprocess.run(["sh", "-c", "(%s) | head -3" % command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               timeout=60, check=False)
        tap.equal(found.stderr, "code 0\n")


def test_full():
    """a full disk under standard output is said"""
    make_case()
    if not os.path.exists("/dev/full"):
        raise tap.Skip("no /dev/full")
    for words in (["query", "case.db", "SELECT 1"], ["query", "case.db"], ["query", "--list-reports"], ["query", "--help"],
                  ["export", "case.db", "--table", "captures"]):
        with open("/dev/full", "w") as full:
            found = subprocess.run([tap.PROGRAM] + words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        tap.equal((found.returncode, found.stderr), (3, "pcapdex: error: cannot write standard output: No space left on device\n"),
                  " ".join(words))


def test_slow_reader():
    """waiting for the reader does not count against --timeout"""
    make_case()
    command = "%s query case.db 'SELECT hex(zeroblob(1000)) FROM packets, packets LIMIT 2000' --timeout 0.5 | (sleep 1.5; wc -l)"
    found = subprocess.run(["sh", "-c", command % tap.PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    tap.equal((found.stdout.strip(), found.stderr), ("2002", ""))


def not_a_case(path, *words, code=3):
    found = query("SELECT count(*) AS n FROM packets", case=path, code=code)
    tap.contains(found.stderr, path, *words)


def test_not_a_case():
    """what is no case is named, with what to do"""
    not_a_case("missing.db", "no such case", "pcapdex ingest")
    os.mkdir("folder")
    not_a_case("folder", "a directory")
    os.mkfifo("pipe")
    not_a_case("pipe", "not a regular file")
    not_a_case("/dev/zero", "not a regular file")
    for name, data, words in (("empty.db", b"", "empty"), ("text.db", b"Hello", "not an SQLite file"),
                              ("short.db", b"SQLite format 3\0", "not an SQLite file"),
                              ("a.pcap", b"\xd4\xc3\xb2\xa1" + bytes(200), "pcapdex ingest a.pcap"),
                              ("a.pcapng", b"\x0a\x0d\x0d\x0a" + bytes(200), "pcapdex ingest a.pcapng")):
        with open(name, "wb") as file:
            file.write(data)
        not_a_case(name, words)
    for name in (":memory:", "file:x?mode=memory", "file::memory:", "file:made.db?mode=rwc", ""):
        not_a_case(name, "no such case")
    sqlite3.connect("other.db").executescript("CREATE TABLE t(a)")
    not_a_case("other.db", "not a case")
    make_case("newer.db", version=VERSION + 1)
    not_a_case("newer.db", "newer pcapdex")
    make_case("older.db", version=0)
    not_a_case("older.db", "older pcapdex")
    if os.geteuid() != 0:
        make_case("secret.db")
        os.chmod("secret.db", 0)
        found = tap.pcapdex("query", "secret.db")
        tap.contains(found.stderr, "Permission denied")


def test_odd_names():
    """cases with odd names open"""
    for name in ("a b.db", "what?.db", "100%.db", "x#y.db", "file:x", ":memory:", "caf\u00e9.db", "-x.db"):
        make_case("./plain.db")
        os.rename("plain.db", name)
        found = tap.pcapdex("query", "--", name, "SELECT count(*) AS n FROM packets")
        tap.equal((name, found.returncode, found.stdout[-4:]), (name, 0, "100\n"))


def test_read_only_folder():
    """a case in a folder that nobody may write to opens; so does one in WAL mode, and nothing is left beside it"""
    make_case()
    os.chmod("case.db", 0o444)
    os.chmod(".", 0o555)
    query("SELECT 1", code=0)
    os.chmod(".", 0o755)
    os.chmod("case.db", 0o644)
    db = sqlite3.connect("case.db")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    query("SELECT 1", code=0)
    tap.equal(os.listdir("."), ["case.db"])


def test_hot_journal():
    """a case whose ingest was killed is not repaired, but said to need it"""
    make_case()
    script = ("import sqlite3, os; c = sqlite3.connect('case.db', isolation_level=None); c.execute('PRAGMA cache_size = 2');"
              "c.execute('BEGIN IMMEDIATE');"
              "c.executemany('INSERT INTO protocol_stacks VALUES (?, ?)', [(i, 'x' * 500 + str(i)) for i in range(10, 3000)]);"
              "os.kill(os.getpid(), 9)")
    subprocess.run([sys.executable, "-c", script], check=False)
    tap.equal(os.path.exists("case.db-journal"), True)
    not_a_case("case.db", "did not end")


def test_hostile_schema():
    """views and triggers of a hostile case run nothing"""
    make_case(more="""
        CREATE VIEW reach AS SELECT load_extension('x');
        CREATE VIEW bytes AS SELECT packet_bytes(1);
        CREATE VIEW costly AS SELECT 'a' REGEXP '(a*)*b';
        CREATE VIEW pragmas AS SELECT * FROM pragma_user_version(3);
        CREATE TABLE t(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM packets; END;
        CREATE VIRTUAL TABLE words USING fts5(a); INSERT INTO words VALUES ('x');
        CREATE VIEW flags AS SELECT tcp_flags(18) AS f, ip_in('10.0.0.1', '10.0.0.0/8') AS i, iso_time(0) AS t;
        """)
    for view in ("reach", "bytes", "costly", "pragmas", "words"):
        found = query("SELECT * FROM " + view)
        tap.equal((view, found.returncode in (2, 3), found.stdout.strip()), (view, True, ""))
    query("SELECT * FROM t", code=0)
    tap.equal(query("SELECT * FROM flags", "--format", "csv", code=0).stdout, "f,i,t\nS.,1,1970-01-01T00:00:00.000000000Z\n")


def test_endless_tables():
    """endless views in place of a case's tables: packets are written within the time limit, or not"""
    for table in ("capture_files", "interfaces", "packets"):
        make_case()
        db = sqlite3.connect("case.db", isolation_level=None)
        insert(db, "interfaces", interface_id=1, link_type=1)
        db.execute("UPDATE packets SET interface_id = 1")
        columns = ", ".join("i AS " + row[1] for row in db.execute("PRAGMA table_info(%s)" % table))
        db.execute("ALTER TABLE %s RENAME TO old" % table)
        db.execute("CREATE VIEW %s AS %s SELECT %s FROM n" % (table, ENDLESS, columns))
        db.close()
        for option in ("--pcap", "--wireshark"):
            words = [option] + ["/dev/null"] * (option == "--pcap")
            found = query("SELECT 1 AS packet_id", *words, "--timeout", "1", timeout=30)
            if table == "capture_files" or option == "--pcap":
                tap.equal(found.returncode, 3, table + option)
                tap.contains(found.stderr, "took longer than the time limit")
        os.remove("case.db")


def test_absurd_numbers():
    """numbers of packets at the ends of what a number can be: what Wireshark counts is told of the others"""
    least, most = -2**63, 2**63 - 1
    for first_of_capture, first, last in ((least, least, most), (most, least, most), (least, most, most), (most, most, most),
                                          (1, least, most), (1, most, least)):
        make_case()
        db = sqlite3.connect("case.db", isolation_level=None)
        db.execute("UPDATE captures SET first_packet_id = ?", [first_of_capture])
        insert(db, "capture_files", capture_file_id=1, capture_id=1, path="/a", first_packet_id=first, last_packet_id=last)
        insert(db, "captures", capture_id=2, name="good", first_packet_id=101)
        insert(db, "capture_files", capture_file_id=2, capture_id=2, path="/b", first_packet_id=101, last_packet_id=200)
        db.close()
        found = query("SELECT %d AS packet_id UNION ALL SELECT %d UNION ALL SELECT 1 UNION ALL SELECT 103" % (least, most - 1),
                      "--wireshark", code=0)
        tap.contains(found.stdout, "frame.number in {3}")
        os.remove("case.db")


def test_long_names():
    """names that are too long for a path are not kept, however many there are"""
    make_case()
    db = sqlite3.connect("case.db", isolation_level=None)
    columns = ", ".join(("hex(zeroblob(10000000)) AS " if row[1] == "path" else "i AS ") + row[1]
                        for row in db.execute("PRAGMA table_info(capture_files)"))
    db.execute("DROP TABLE capture_files")
    db.execute("CREATE VIEW capture_files AS %s SELECT %s FROM n LIMIT 60" % (ENDLESS, columns))
    db.close()
    with open("some.pcap", "wb") as file:
        file.write(b"x")
    limits = {} if tap.SANITIZED else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))}
    found = tap.pcapdex("query", "case.db", "SELECT 1000 AS packet_id", "--pcap", "some.pcap", **limits)
    tap.equal("out of memory" in found.stderr, False, found.stderr)


def test_memory():
    """what the program keeps of rows is limited as SQLite's memory is"""
    if tap.SANITIZED:
        raise tap.Skip("the sanitizer's memory would count")
    make_case()
    db = sqlite3.connect("case.db", isolation_level=None)
    db.execute("DROP TABLE captures")
    db.execute("CREATE VIEW captures AS %s SELECT i AS capture_id, hex(zeroblob(30000000)) AS name, 1 AS first_packet_id "
               "FROM n" % ENDLESS)
    db.close()
    found = query("SELECT 1 AS packet_id", "--pcap", "/dev/null", "--timeout", "400", code=3, timeout=500)
    tap.contains(found.stderr, "memory")
    tap.equal(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2500 << 10, True, "its memory")


def damaged_schema(statement):
    make_case()
    db = sqlite3.connect("case.db", isolation_level=None)
    db.execute("PRAGMA writable_schema = ON")
    db.execute(statement)
    db.close()
    for sql in ("SELECT count(*) AS n FROM packets", "SELECT * FROM packet_list", "PRAGMA table_list"):
        query(sql)
    query()
    os.remove("case.db")


def test_damaged_schema():
    """a schema that was tampered with is an error, no crash"""
    for statement in ("UPDATE sqlite_schema SET sql = 'CREATE TABLE packets(a, b, c' WHERE name = 'packets'",
                      "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'packets'",
                      "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'packets'",
                      "UPDATE sqlite_schema SET sql = 'CREATE VIEW packet_list AS SELECT * FROM packet_list' WHERE name = 'packet_list'",
                      "UPDATE sqlite_schema SET sql = NULL WHERE name = 'flows'",
                      "UPDATE sqlite_schema SET sql = x'00ff', name = x'00' WHERE name = 'flows'",
                      "INSERT INTO sqlite_schema VALUES ('trigger', 'x', 'packets', 0, 'CREATE TRIGGER x AFTER INSERT ON packets BEGIN SELECT 1; END')",
                      "UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER', 'INTEGER DEFAULT (load_extension(1))') WHERE name = 'packets'"):
        damaged_schema(statement)


def test_damaged_bytes():
    """a case with random bytes in it is an error or an answer, no crash"""
    make_case()
    with open("case.db", "rb") as file:
        good = file.read()
    chance = random.Random(7)
    for turn in range(10 if tap.SANITIZED else 60):
        bad = bytearray(good)
        for _ in range(chance.choice((1, 10, 1000))):
            bad[chance.randrange(100 if turn % 3 else 0, len(bad))] = chance.randrange(256)
        if turn % 4 == 0:
            bad = bad[:chance.randrange(len(bad))]
        with open("case.db", "wb") as file:
            file.write(bad)
        for sql in ("SELECT * FROM packet_list", "SELECT sql FROM sqlite_schema"):
            query(sql, "--timeout", "5")


def on_terminal(*arguments):
    """What a terminal of 40 columns gets."""
    child, parent = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", COLUMNS="40")
        os.environ.pop("NO_COLOR", None)
        os.execv(tap.PROGRAM, [tap.PROGRAM, "query", "case.db", *arguments])
    data = b""
    while True:
        try:
            more = os.read(parent, 65536)
        except OSError:
            break
        if not more:
            break
        data += more
    os.waitpid(child, 0)
    os.close(parent)
    return data.decode(errors="backslashreplace").replace("\r\n", "\n")


def list_reports(folder, *words, code=0):
    found = tap.pcapdex("query", "case.db", "--reports", folder, timeout=120)
    tap.equal(found.returncode, code, found.stderr)
    tap.contains(found.stderr, *words)
    tap.equal([c for c in found.stdout + found.stderr if c != "\n" and (c < " " or c in "\x7f\x9b\u202e\u200d")], [], "characters")
    return found


def write(path, text):
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def test_reports_folder():
    """whatever lies in a folder of reports, it is not waited for, and nothing of it reaches a terminal as it is"""
    make_case()
    os.makedirs("reports/inner")
    write("reports/good.sql", "-- Good.\r\nSELECT\t1 AS \u00fc")
    write("reports/inner/other.sql", "-- Other.\nSELECT 2")
    os.symlink(".", "reports/self")
    os.symlink("..", "reports/inner/up")
    os.mkfifo("reports/pipe.sql")
    os.symlink("/dev/zero", "reports/zero.sql")
    os.mkdir("reports/self/inner/folder.sql")
    write("reports/escape.sql", "-- Red: \x1b[31m.\nSELECT 1")
    write("reports/turned.sql", "-- Turned.\n-- \u202e\nSELECT 1")
    write("reports/joined.sql", "-- Joined: \u200d.\nSELECT 1")
    write("reports/latin.sql", "-- Gr\u00fc\u00dfe.\nSELECT 1".encode("latin-1"))
    write("reports/two words.sql", "-- Two.\nSELECT 1")
    write("reports/red\x1b[31m.sql", "-- Red.\nSELECT 1")
    found = list_reports("reports", "pipe.sql: cannot read: not a regular file", "zero.sql: cannot read: not a regular file",
                         "escape.sql: line 1 holds U+001B", "turned.sql: line 2 holds U+202E", "joined.sql: line 1 holds U+200D",
                         "latin.sql: line 1 is not UTF-8", "two words.sql: a report's name has no blanks", "rename the file")
    tap.contains(found.stdout, "Good.", "inner/other ")
    for name in ("self/", "up/"):
        tap.equal(name in found.stdout + found.stderr, False, name)
    tap.equal(query("good", "--reports", "reports", "--format", "csv", code=0).stdout, "\u00fc\n1\n")


def test_reports_without_end():
    """of a folder that links to many others, or that holds very much, some is taken"""
    make_case()
    os.makedirs("wide")
    for number in range(60):
        os.mkdir("wide/%d" % number)
    for number in range(60):
        for other in range(60):
            os.symlink("../%d" % other, "wide/%d/%d" % (number, other))
    list_reports("wide", "more than 5000 reports, 1000 folders of them, or 64 MiB: the others are left out")
    os.makedirs("large")
    write("large/0.sql", "-- Large.\n--" + " " * 1000000 + "\nSELECT 1")
    for number in range(1, 80):
        os.link("large/0.sql", "large/%d.sql" % number)
    list_reports("large", "the others are left out")


def test_large_reports():
    """reports of as many lines as a file can have are run, or refused, soon"""
    make_case()
    os.mkdir("reports")
    head = "-- Large.\n--\n"
    write("reports/parameters.sql", head + "".join("-- param :a%d = 1\n" % i for i in range(40000)) + "SELECT 1")
    write("reports/sections.sql", head + "".join("-- section: a\nSELECT 1;\n" for i in range(40000)))
    write("reports/shared.sql", head + "WITH a AS (SELECT 7 AS b)\n" + "\n" * (20000 if tap.SANITIZED else 200000) + "-- section: a\nSELECT b FROM a")
    write("reports/again.sql", head + "WITH a AS (SELECT 7 AS b)\n" + "-- section: a\nSELECT b FROM a;\n" * 30000)
    for name, words in (("parameters", "line 103: a report has 100 parameters at most"), ("shared", None),
                        ("sections", "line 203: a report has 100 sections at most"), ("again", "100 sections at most")):
        began = time.time()
        found = query(name, "--reports", "reports", "--format", "csv", code=3 if words else 0)
        tap.contains(found.stderr if words else found.stdout, words or "7")
        tap.equal(time.time() - began < 20, True, "%s: %.1f s" % (name, time.time() - began))


def test_terminal():
    """control bytes never reach a terminal, whatever the format; a table fits its width, is folded, or becomes blocks"""
    make_case()
    evil = "SELECT 'a' || char(27) || '[2J' || char(7, 155, 8238) || CAST(x'ff' AS TEXT) AS x"
    for form in ("table", "csv", "tsv", "json", "jsonl", "markdown", "text"):
        for sql in (evil, evil.replace(" AS x", " AS line"), evil.replace(" AS x", ' AS "' + "\x1b[2J" + '"')):
            shown = on_terminal(sql, "--format", form).replace("\x1b[1m", "").replace("\x1b[0m", "")
            tap.equal([c for c in shown if c != "\n" and (c < " " or "\x7f" <= c < "\xa0" or c == "\u202e")], [], form)
    shown = on_terminal("SELECT 123456789012345678 AS n, replace(printf('%.*c', 150, 'x'), 'x', 'x ') AS wide")
    lines = shown.split("\n")
    tap.equal(max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in lines), 40, shown)
    tap.contains(shown, "123456789012345678", "\u2026", "\x1b[1m")
    shown = on_terminal("SELECT 1234567890123456789 AS n, 'a name' AS name, '2001:db8:1:2:3:4:5:6' AS src")
    tap.equal(shown.replace("\x1b[1m", "").replace("\x1b[0m", ""),
              "n:    1234567890123456789\nname: a name\nsrc:  2001:db8:1:2:3:4:5:6\n")
    shown = on_terminal("SELECT 'a site without TLS: http:// instead of https://' AS cause, '%s' AS hash" % ("f" * 50))
    tap.equal(shown.replace("\x1b[1m", "").replace("\x1b[0m", ""),
              "cause: a site without TLS: http://\n       instead of https://\nhash:  " + "f" * 50 + "\n")


def test_terminal_lines():
    """on a terminal, lines of text are folded between words, behind their indentation"""
    make_case()
    text = "'From 192.0.2.10 to 203.0.113.10, which did not answer' || char(10) || '  twice: ' || hex(zeroblob(30)) || ' 0'"
    tap.equal(on_terminal("SELECT %s AS line UNION ALL SELECT NULL UNION ALL SELECT 'x ' || char(9) || 'y'" % text), """\
From 192.0.2.10 to 203.0.113.10, which
did not answer
  twice:
    %s
    0

x \ty
""" % ("0" * 60))
    tap.contains(on_terminal("SELECT %s AS line" % text, "--format", "text"), "which did not", "twice: 0")
    long = "SELECT replace(hex(zeroblob(200000)), '000', 'ab ') AS line"
    tap.equal(len(on_terminal(long).split("\n")) > 1000, True)


def test_terminal_folded():
    """on a terminal, rows that are too wide are folded, and what is the same in all of them is told once"""
    make_case()
    wide = "SELECT 1234567890123456789 + value AS n, '2001:db8:1:2:3:4:5:6' AS src, %s FROM json_each('[1, 2]')"
    shown = on_terminal(wide % "printf('%.*c', 12, 'x') || value AS name, NULL AS error, 'one' AS capture")
    tap.equal(shown.replace("\x1b[1m", "").replace("\x1b[0m", ""), """\
                  n  name
-------------------  -------------
1234567890123456790  xxxxxxxxxxxx1
1234567890123456791  xxxxxxxxxxxx2
the same in all rows: src
2001:db8:1:2:3:4:5:6, error empty,
capture one
""")
    shown = on_terminal(wide % "value || '01:db8:1:2:3:4:5:6' AS dst, printf('%.*c', 60, 'y') || value AS name")
    tap.equal(shown.replace("\x1b[1m", "").replace("\x1b[0m", ""), """\
                  n  dst
    name
-------------------  -------------------
1234567890123456790  101:db8:1:2:3:4:5:6
    yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\u2026
1234567890123456791  201:db8:1:2:3:4:5:6
    yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\u2026
the same in all rows: src
2001:db8:1:2:3:4:5:6
""")
    tap.equal(on_terminal(wide % "1 AS a", "--format", "table").count("2001:"), 2)
    rows = on_terminal(wide.replace("'[1, 2]'", "(SELECT json_group_array(packet_id) FROM packets, (SELECT 1 FROM packets LIMIT 30))")
                       % "'one' AS capture").replace("\x1b[1m", "").replace("\x1b[0m", "").split("\n")
    tap.equal((len(rows), rows[0], rows[-2]), (2 * 3000 + 4, "                  n", "    2001:db8:1:2:3:4:5:6  one"))


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
