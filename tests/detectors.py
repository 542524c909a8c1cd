#!/usr/bin/env python3
"""Detectors: their thresholds, what is refused, what a refusal leaves, that a file in a folder is all it
takes, and that each has its pair of captures."""
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading

import packets
import tap

DETECTOR = """-- Packets are %(title)s.
--
-- severity: low
-- category: performance
-- protocol: udp
-- cause: Somebody sent them.
-- remedy: None.
-- source: This test.
--
-- param :min_bytes integer 1..9000 = 100   Length from which on a flow is listed, bytes.
-- param :side one of src|dst = src         Who is affected.
--
-- column capture_id  The capture.
-- column ts_ns       First packet.
-- column flow_id     The flow.
-- column src         Sender.
-- column dst         Receiver.
-- column value       Bytes.
-- column symptoms    What was seen.
-- column packets     The first packet.
SELECT
	capture_id,
	first_ts_ns AS ts_ns,
	flow_id,
	iif(:side = 'src', src, dst) AS src,
	dst,
	src_bytes AS value,
	printf('%%d bytes', src_bytes) AS symptoms,
	first_packet_id AS packets
FROM flows
WHERE src_bytes >= :min_bytes
ORDER BY src_bytes DESC;
"""


def write_capture(flows, name="a.pcap"):
    frames = [packets.frame("eth / ip 10.0.0.1 > 10.0.0.2 / udp %d > 2000 data=%d" % (1000 + n, n)) for n in range(flows)]
    with open(name, "wb") as file:
        file.write(packets.pcap_header(1, 262144, False, "<"))
        for n, frame in enumerate(frames):
            file.write(packets.pcap_record(10**18 + n * 10**6, frame, None, False, "<"))


def add_detector(name="long-flows", title="long", folder="."):
    path = os.path.join(folder, "issues")
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name + ".sql"), "w", encoding="utf-8") as file:
        file.write(DETECTOR % {"title": title})


def in_users_folder():
    """The user's folder of reports is in the test's own."""
    os.environ["XDG_CONFIG_HOME"] = os.getcwd()
    os.makedirs("pcapdex/reports", exist_ok=True)
    return "pcapdex/reports"


def rows(sql, path="case.db"):
    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()


def made_case(flows=60):
    add_detector(folder=in_users_folder())
    write_capture(flows)
    found = tap.pcapdex("ingest", "--quiet", "-o", "case.db", "a.pcap")
    tap.equal((found.returncode, found.stderr), (0, ""))


def everything():
    return [rows("SELECT * FROM " + table + " ORDER BY 1, 2") for table in ("issues", "issue_packets", "issue_links")] + \
        [rows("SELECT detector, thresholds, issues FROM detectors ORDER BY 1")]


def found_by(name="long-flows"):
    return rows("SELECT count(*) FROM issues WHERE detector = '%s'" % name)[0][0]


def test_thresholds():
    """analyze --set runs a detector with another threshold, and the table detectors tells it"""
    made_case()
    tap.equal(found_by(), 2)  # a frame has 42 bytes of headers: flows of 58 and 59 bytes of data
    done = tap.pcapdex("analyze", "case.db", "--set", "long-flows.min-bytes=90", "--set", "long-flows.side=dst")
    tap.equal(done.returncode, 0, done.stderr)
    tap.equal(found_by(), 12)
    tap.equal(rows("SELECT DISTINCT src FROM issues WHERE detector = 'long-flows'"), [("10.0.0.2",)])
    tap.equal(rows("SELECT thresholds FROM detectors WHERE detector = 'long-flows'"), [("min-bytes=90 side=dst",)])
    tap.equal(tap.pcapdex("analyze", "case.db", "-q").returncode, 0)
    tap.equal(found_by(), 2, "with defaults again")


def test_refusals():
    """unknown thresholds and values out of range are refused in words, and the case stays as it was"""
    made_case()
    before = everything()
    for setting, words in {
            "long-flows.min-bytes=0": "a whole number from 1 to 9000, got '0'",
            "long-flows.min-bytes=9001": "from 1 to 9000",
            "long-flows.min-bytes=1.5": "a whole number",
            "long-flows.min-bytes=nan": "a whole number",
            "long-flows.min-bytes=inf": "a whole number",
            "long-flows.min-bytes=": "a whole number",
            "long-flows.min-bytes=9x": "got '9x'",
            "long-flows.side=both": "one of src|dst, got 'both'",
            "long-flows.max-bytes=7": "no detector or rule has such a threshold; did you mean long-flows.min-bytes?",
            "no-such.min-bytes=7": "no detector or rule has such a threshold",
            "tcp-high-rtt.limit-ms=-1": "a number from 0 to 100000",
            "long-flows=7": "DETECTOR.THRESHOLD=VALUE",
            "long-flows.min-bytes": "DETECTOR.THRESHOLD=VALUE",
    }.items():
        done = tap.pcapdex("analyze", "case.db", "--set", setting)
        tap.equal(done.returncode, 2, setting)
        tap.contains(done.stderr, words)
        tap.equal(everything(), before, "after " + setting)


def test_rule_threshold():
    """a rule's threshold is set as a detector's"""
    made_case(3)
    done = tap.pcapdex("analyze", "case.db", "--set", "loss-of-one-host.flows=2")
    tap.equal(done.returncode, 0, done.stderr)
    done = tap.pcapdex("analyze", "case.db", "--set", "loss-of-one-host.flows=1")
    tap.contains(done.stderr, "a whole number from 2 to 100000")


def test_one_transaction():
    """a detector that fails at its end takes back what the others found; a reader sees the old issues or the new"""
    made_case()
    before = everything()
    text = DETECTOR.replace("first_packet_id AS packets", "json_extract('{', '$') AS packets")
    with open("pcapdex/reports/issues/zz-broken.sql", "w", encoding="utf-8") as file:
        file.write(text % {"title": "broken"})
    done = tap.pcapdex("analyze", "case.db", "--set", "long-flows.min-bytes=50")
    tap.contains(done.stderr, "zz-broken")
    if done.returncode == 0:
        raise AssertionError("a broken detector was taken")
    tap.equal(everything(), before)
    os.remove("pcapdex/reports/issues/zz-broken.sql")
    seen, ended = set(), threading.Event()

    def watch():
        while not ended.is_set():
            seen.add(found_by())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(5):
        done = tap.pcapdex("analyze", "case.db", "-q", "--set", "long-flows.min-bytes=50")
        tap.equal(done.returncode, 0, done.stderr)
        tap.equal(tap.pcapdex("analyze", "case.db", "-q").returncode, 0)
    ended.set()
    watcher.join()
    tap.equal(seen - {2, 52}, set(), "issues that a reader saw")


def test_limit():
    """of a capture, a hundred issues of a detector are kept, and the last tells how many more there are"""
    made_case(170)
    tap.equal(found_by(), 100)
    last = rows("SELECT symptoms FROM issues WHERE detector = 'long-flows' ORDER BY issue_id DESC LIMIT 1")[0][0]
    tap.contains(last, "; 12 more such issues are not listed")  # 112 of 170 flows have at least 100 bytes
    tap.equal(rows("SELECT issues FROM detectors WHERE detector = 'long-flows'"), [(100,)])


def test_as_report():
    """a detector runs as a report, and clutters neither the list of reports nor completion"""
    made_case()
    done = tap.pcapdex("query", "case.db", "issues/long-flows", "--min-bytes", "101", "--format", "csv")
    tap.equal(done.stdout.splitlines()[1:], ["1,1000000000059000000,60,10.0.0.1,10.0.0.2,101,101 bytes,60"])
    for listed in tap.pcapdex("query", "case.db").stdout, tap.pcapdex("query", "--list-reports").stdout:
        tap.contains(listed, "executive-summary")
        for folder in "issues/long", "issues/tcp", "causes/":
            if folder in listed:
                raise AssertionError(folder + " is in the list of reports")


def documented():
    """The detector and the rule that docs/developing.md shows, into the user's folder."""
    with open(os.path.join(tap.ROOT, "docs/developing.md"), encoding="utf-8") as file:
        detector, rule = re.findall(r"```sql\n(.*?)```", file.read(), re.DOTALL)
    for name, text in ("issues/tcp-empty", detector), ("causes/server-closes", rule):
        path = os.path.join(in_users_folder(), name + ".sql")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def write_empty_connections(count):
    up, down = "eth / ip 10.0.0.1 > 10.0.0.2 / tcp %d > 80 ", "eth / ip 10.0.0.2 > 10.0.0.1 / tcp 80 > %d "
    with open("a.pcap", "wb") as file:
        file.write(packets.pcap_header(1, 262144, False, "<"))
        for n in range(4 * count):
            step = (up + "S seq=1", down + "SA seq=5 ack=2", up + "A seq=2 ack=6", down + "FA seq=6 ack=2")[n % 4]
            frame = packets.frame(step % (1000 + n // 4))
            file.write(packets.pcap_record(10**18 + n * 10**6, frame, None, False, "<"))


def test_documented():
    """the detector and the rule of docs/developing.md hold to their contract, and find what they say"""
    documented()
    done = tap.pcapdex("query", "--check-reports")
    tap.equal(done.returncode, 0, done.stderr)
    for count, found in (3, 1), (2, 0):
        write_empty_connections(count)
        tap.pcapdex("ingest", "--quiet", "-o", "case%d.db" % count, "a.pcap")
        tap.equal(len(rows("SELECT * FROM issues WHERE detector = 'tcp-empty'", "case%d.db" % count)), found)
    tap.equal(rows("SELECT dst, value, symptoms FROM issues WHERE detector = 'tcp-empty'", "case3.db"),
              [("10.0.0.2", 3.0, "10.0.0.2 port 80 closed 3 connections without a byte")])


def test_pairs():
    """of each detector, a text case has a capture that fires it and one close to it that does not"""
    counts = {}
    for path in glob.glob(os.path.join(tap.ROOT, "tests/cases/*.case")):
        with open(path, encoding="utf-8") as file:
            counts.update(re.findall(r"^(\S+-(?:fires|spares)),(\d+)$", file.read(), re.MULTILINE))
    names = [os.path.basename(path)[:-len(".sql")] for path in glob.glob(os.path.join(tap.ROOT, "sql/issues/*.sql"))]
    tap.equal([n for n in names if counts.get(n + "-fires", "0") == "0" or counts.get(n + "-spares") != "0"], [])


def test_built_in():
    """a detector that is put into sql/issues/ is part of the program that is built next"""
    if tap.SANITIZED or not shutil.which("make"):
        raise tap.Skip("built once, without sanitizers")
    os.makedirs("sql")
    add_detector("made-here", folder="sql")
    made = subprocess.run(["sh", os.path.join(tap.ROOT, "common/embed.sh"), "embedded_reports", "sql"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    tap.contains(made, "issues/made-here")
    add_detector("made-later", folder="sql")
    made = subprocess.run(["sh", os.path.join(tap.ROOT, "common/embed.sh"), "embedded_reports", "sql"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    tap.contains(made, "issues/made-here", "issues/made-later")
    # A new file in the folder makes the build write them anew.
    plan = subprocess.run(["make", "-C", tap.ROOT, "-n", "-W", "sql/issues", "build/embedded_reports.c"], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    tap.contains(plan, "common/embed.sh embedded_reports sql")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
