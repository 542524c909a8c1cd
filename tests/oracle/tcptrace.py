#!/usr/bin/env python3
"""Compares cases with tcptrace, connection by connection, and prints how far they agree: field, values compared, equal,
explained, unexplained. TAP, a test for each capture.

usage: tcptrace.py [--report FILE] [CAPTURE ...]    those of the text cases, examples/ and the corpus without one

tcptrace reads pcap alone: other captures are unpacked and converted first, and the case is made of the same file. The
output of tcptrace is kept in build/oracle-cache. Explained differences are the rows of the table "tcptrace: the list" in
docs/differences.md. --report writes every other one.
"""
import argparse
import collections
import csv
import fnmatch
import ipaddress
import math
import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from paths import CORPUS, DIFFERENCES, PROGRAM
import kept
import tshark

OPTIONS = "-l -r -n -W --csv".split()
TIME_LIMIT_S = 120
HEADING = "## tcptrace: the list"

UNPACKERS = [(b"\x1f\x8b", ["gzip", "-dc"]), (b"\x28\xb5\x2f\xfd", ["zstd", "-dc"]), (b"\x04\x22\x4d\x18", ["lz4", "-dc"]),
             (b"BZh", ["bzip2", "-dc"]), (b"\xfd7zXZ", ["xz", "-dc"])]
PCAP_US = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")

# Columns of tcptrace's that are no value of a connection, and one that is not shown: see docs/differences.md.
NOT_COMPARED = {"wavg_owin"}
RENAMED = {"initial window": {"bytes": "initial_window_bytes", "pkts": "initial_window_pkts"}}
CONDITION = """SELECT 1 FROM flows f LEFT JOIN tcp_stats s ON s.tcp_stats_id = 2 * f.flow_id + :direction
LEFT JOIN tcp_stats o ON o.tcp_stats_id = 2 * f.flow_id + 1 - :direction
WHERE f.flow_id = :flow AND (%s)"""


# ---- tcptrace -----------------------------------------------------------------------------------------------------

def version():
    try:
        text = subprocess.run(["tcptrace", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"Ostermann.*", text.stdout + text.stderr)
    return found.group() if found else None


def as_pcap(path, folder):
    """The capture as a file that tcptrace reads: itself, or a conversion in the folder; None if there is none."""
    with open(path, "rb") as file:
        start = file.read(6)
    for magic, command in UNPACKERS:
        if start.startswith(magic):
            plain = os.path.join(folder, "unpacked")
            with open(plain, "wb") as file:
                subprocess.run([*command, path], stdout=file, stderr=subprocess.DEVNULL, check=False)
            return as_pcap(plain, folder) if os.path.getsize(plain) else None
    if start[:4] in PCAP_US:
        return path
    converted = os.path.join(folder, "converted.pcap")
    subprocess.run(["editcap", "-F", "pcap", path, converted], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    return converted if os.path.exists(converted) and os.path.getsize(converted) else None


def ask(path):
    with tempfile.TemporaryDirectory(prefix="pcapdex-tcptrace-") as folder:
        os.symlink(os.path.abspath(path), os.path.join(folder, "capture"))
        return kept.run(["tcptrace", *OPTIONS, "capture"], cwd=folder, timeout=TIME_LIMIT_S)


def run(path, tcptrace_version):
    """The lines of tcptrace's output; none where it does not come to an end."""
    try:
        found = kept.of(path, (tcptrace_version, OPTIONS), lambda: ask(path))
    except subprocess.TimeoutExpired:
        return []
    text = found.stdout.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return (text + ("" if found.returncode >= 0 else "\n# crashed\n")).split("\n")


def endpoint(address, port):
    if re.match(":[^:]", address):
        address = ":" + address  # tcptrace writes ::1 as :0001
    return (str(ipaddress.ip_address(address)), int(port))


class Theirs:
    """A connection as tcptrace has it: its ends in the order of tcptrace's columns, and values[name] = (a's, b's)."""

    def __init__(self, names, values):
        row = dict(zip(names, (value.strip() for value in values)))
        self.ends = endpoint(row["host_a"], row["port_a"]), endpoint(row["host_b"], row["port_b"])
        self.values = {}
        for name in names:
            if name.endswith("_a2b"):
                field = name[:-4]
                self.values[field] = row[name], row[(name[:-4] + "_b2a")]
        self.packets = tuple(map(int, self.values["total_packets"]))


def their_connections(path, tcptrace_version):
    names, connections = None, []
    for line in run(path, tcptrace_version):
        if line.startswith("conn_#,"):
            names = [name.replace(" ", "_") for name in next(csv.reader([line])) if name]
        elif names and re.match(r"\d+,", line):
            connections.append(Theirs(names, next(csv.reader([line]))))
    return connections


# ---- the case -----------------------------------------------------------------------------------------------------

class Ours:
    """A flow of the case: its ends, and values[name] = (src's, dst's) of the view tcp_stats_list."""

    def __init__(self, db, row):
        self.flow_id = row["flow_id"]
        self.row = row
        self.ends = endpoint(row["src"], row["src_port"]), endpoint(row["dst"], row["dst_port"])
        self.packets = row["src_packets"], row["dst_packets"]
        self.values = {}
        for line in db.execute("SELECT * FROM tcp_stats_list WHERE flow_id = ?", [self.flow_id]):
            name = RENAMED.get(line["name"], {}).get(line["unit"]) or line["name"].replace(" ", "_")
            self.values[name] = line["src"], line["dst"]


# ---- how tcptrace prints -------------------------------------------------------------------------------------------

def printed(field, ours, direction):
    """Our value as tcptrace rounds it: its mean segment is of a little more than the number of segments."""
    value = ours.values[field][direction]
    if field == "avg_segm_size":
        payload, packets = (ours.values[name][direction] or 0 for name in ("actual_data_bytes", "actual_data_pkts"))
        return int(payload / (packets + 0.001))
    return value


def is_equal(field, mine, theirs):
    """A field of tcptrace's, and our value: equal in the digits that it prints. Its averages are too small by a part of
    10,000 for the count that they are divided by; its times are whole microseconds."""
    if theirs in ("NA", ""):
        return mine is None
    if not re.fullmatch(r"-?[\d.]+|-?nan", theirs):
        return theirs == mine
    number, mine = float(theirs), mine or 0
    if math.isnan(number):
        return not mine
    if isinstance(mine, int):
        return number == mine
    digits = len(theirs.partition(".")[2])
    half = 0.5 * 10**-digits + 0.0011
    least = mine * (1 - 1e-4) if "avg" in field else mine
    return least - half <= number <= mine + half


def compare_capture(job):
    name, path, tcptrace_version, rules = job
    comparison = Comparison(name)
    with tempfile.TemporaryDirectory(prefix="pcapdex-oracle-") as folder:
        readable = as_pcap(path, folder)
        theirs = their_connections(readable, tcptrace_version) if readable else []
        if not theirs:
            return comparison
        database = os.path.join(folder, "case.db")
        kept.ingest(PROGRAM, readable, database)
        if not os.path.exists(database):
            comparison.check("case", None, 0, None, "%d connections" % len(theirs), False)
        else:
            db = sqlite3.connect(database)
            db.row_factory = sqlite3.Row
            rows = db.execute("SELECT * FROM flows WHERE status IS NOT NULL ORDER BY flow_id").fetchall()
            compare_connections(comparison, theirs, [Ours(db, row) for row in rows])
            comparison.explain(rules, db)
        if not os.path.exists(database):
            comparison.explain(rules, None)
    return comparison


class Comparison:
    def __init__(self, name):
        self.name = name
        self.counts = {}  # field: [compared, equal]
        self.differences = []  # (field, flow or None, direction, ours, theirs)
        self.explained = {}    # difference: rule

    def check(self, field, flow, direction, ours, theirs, equal):
        counts = self.counts.setdefault(field, [0, 0])
        counts[0] += 1
        if equal:
            counts[1] += 1
        else:
            self.differences.append((field, flow, direction, ours, theirs))

    def explain(self, rules, db):
        for rule in rules:
            if not fnmatch.fnmatch(self.name, rule.captures):
                continue
            for difference in self.differences:
                if difference not in self.explained and rule.covers(difference, db):
                    self.explained[difference] = rule

    def unexplained(self):
        return [d for d in self.differences if d not in self.explained]


def compare_connections(comparison, theirs, ours):
    """Of the same ends, in order; those with other numbers of packets are not the same, and not compared further."""
    left = collections.defaultdict(list)
    for flow in ours:
        left[frozenset(flow.ends)].append(flow)
    for connection in theirs:
        flows = left[frozenset(connection.ends)]
        flow = next((f for f in flows if packets_of(f, connection) == connection.packets), None)
        nearest = flow or (flows[0] if flows else None)
        comparison.check("connection", nearest and nearest.flow_id, 0, nearest and packets_of(nearest, connection),
                         connection.packets, flow is not None)
        if not flow:
            continue
        flows.remove(flow)
        turned = flow.ends != connection.ends
        for field, values in connection.values.items():
            if field in NOT_COMPARED:
                continue
            for side in (0, 1):
                direction = side ^ turned
                mine = printed(field, flow, direction)
                comparison.check(field, flow.flow_id, direction, mine, values[side], is_equal(field, mine, values[side]))


def packets_of(flow, connection):
    return flow.packets if flow.ends == connection.ends else flow.packets[::-1]


# ---- docs/differences.md -------------------------------------------------------------------------------------------

class Rule:
    """A row | number | captures | fields | condition | why |. The condition is "all", or SQL on flows f, tcp_stats s and
    o of the direction and the other one, and :theirs; this_ and other_ stand for f.src_ and f.dst_, by the direction."""

    def __init__(self, columns):
        self.number, self.captures, fields, self.condition, self.reason = columns
        self.fields = fields.split()

    def covers(self, difference, db):
        field, flow, direction, _, theirs = difference
        if not any(fnmatch.fnmatch(field, f) for f in self.fields):
            return False
        if self.condition == "all":
            return True
        if flow is None or db is None:
            return False
        ends = ("f.dst_", "f.src_") if direction else ("f.src_", "f.dst_")
        condition = re.sub(r"\bthis_", ends[0], re.sub(r"\bother_", ends[1], self.condition))
        number = float(theirs) if isinstance(theirs, str) and re.fullmatch(r"-?[\d.]+", theirs) else None
        return db.execute(CONDITION % condition, {"flow": flow, "direction": direction, "theirs": number}).fetchone() is not None


def read_rules():
    rules, reading = [], False
    with open(DIFFERENCES, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                reading = line.strip() == HEADING
            if reading and re.match(r"\| \d+ \|", line):
                rules.append(Rule([c.strip().replace("`", "") for c in line.strip().strip("|").split(" | ")]))
    return rules


def write_report(path, unexplained):
    groups = collections.defaultdict(list)
    for name, difference in unexplained:
        groups[difference[0]].append((name, *difference[1:]))
    with open(path, "w", encoding="utf-8") as file:
        for field, rows in sorted(groups.items(), key=lambda item: -len(item[1])):
            captures = collections.Counter(row[0] for row in rows)
            file.write("\n== %s: %d differences in %d captures\n" % (field, len(rows), len(captures)))
            for name, count in captures.most_common():
                file.write("%6d  %s\n" % (count, name))
                for _, flow, direction, ours, theirs in [row for row in rows if row[0] == name][:6]:
                    file.write("          flow %s/%d  ours %s  tcptrace %s\n" % (flow, direction, ours, theirs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("captures", nargs="*")
    arguments = parser.parse_args()
    tcptrace_version = version()
    missing = next((tool for tool in ("editcap", "zstd", "lz4") if not shutil.which(tool)), None)
    if not tcptrace_version or missing:
        print("1..1\nok 1 - tcptrace # SKIP %s is not installed" % (missing if tcptrace_version else "tcptrace"))
        return 0
    captures = tshark.find_captures(arguments.captures)
    rules = read_rules()
    totals = collections.defaultdict(lambda: [0, 0, 0])
    unexplained, used, failed = [], set(), False
    print("# %s\n1..%d" % (tcptrace_version, len(captures)))
    with multiprocessing.Pool(2) as pool:
        jobs = [(name, path, tcptrace_version, rules) for name, path in captures]
        for number, comparison in enumerate(pool.imap(compare_capture, jobs), 1):
            left = comparison.unexplained()
            for field, (compared, equal) in comparison.counts.items():
                totals[field][0] += compared
                totals[field][1] += equal
            for difference, rule in comparison.explained.items():
                totals[difference[0]][2] += 1
                used.add(rule.number)
            unexplained += [(comparison.name, difference) for difference in left]
            failed = failed or bool(left)
            skip = "" if comparison.counts else " # SKIP tcptrace finds no connection in it, or does not come to its end"
            print("%s %d - %s%s" % ("not ok" if left else "ok", number, comparison.name, skip), flush=True)
            for field, flow, direction, ours, theirs in left[:3]:
                print("#   flow %s direction %d %s: %s, tcptrace: %s" % (flow, direction, field, ours, theirs))
    tshark.print_table(totals)
    if os.path.isdir(CORPUS) and not arguments.captures:
        for rule in rules:
            if rule.number not in used:
                print("# docs/differences.md: nothing differs any more by %s of tcptrace's list" % rule.number)
    if arguments.report:
        write_report(arguments.report, unexplained)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
