#!/usr/bin/env python3
"""Compares cases with tshark, packet by packet, and prints how far they agree: field, compared, equal, explained,
unexplained. TAP, a test for each capture.

usage: tshark.py [--report FILE] [CAPTURE ...]     those of the text cases, examples/ and the corpus without one

Half of the text cases are the detectors', whose captures differ in what they mean, hardly in their protocols. They are
compared where the corpus is.

Explained differences are the rows of docs/differences.md. --report writes every other one, the most frequent first.
"""
import argparse
import atexit
import collections
import fnmatch
import ipaddress
import multiprocessing
import os
import re
import shutil
import sqlite3
import sys
import tempfile

from paths import CORPUS, DIFFERENCES, EXAMPLES, PROGRAM, ROOT
import case
import kept
import wireshark

OF_DETECTORS = ("issue-", "near-")
NO_CAPTURES = (".md", ".tsv", ".txt", ".sh", ".py", ".json", ".csv", ".sql", ".c", ".h", ".html", ".db", ".keys")
LISTED_MAX = 100000  # unexplained differences a capture that the report keeps

LINK_NAMES = set("""eth ethertype vlan ieee8021ad llc snap sll wlan wlan_radio radiotap ppi ppp pppoes chdlc fr fddi
null raw mpls pwethheuristic pweth isl tr lapd""".split())

PACKETS = """
SELECT p.*, s.stack, f.protocol,
	iif(p.direction, f.dst, f.src) AS src, iif(p.direction, f.dst_port, f.src_port) AS src_port,
	iif(p.direction, f.src, f.dst) AS dst, iif(p.direction, f.src_port, f.dst_port) AS dst_port, f.ip_version
FROM packets p JOIN protocol_stacks s USING (stack_id) LEFT JOIN flows f USING (flow_id)
ORDER BY p.number"""
EVENTS = """
SELECT p.number, e.kind, e.value, p.number + e.related_packet_id - e.packet_id AS related
FROM tcp_events e JOIN packets p USING (packet_id)"""
# Fields of tshark's that are columns of an event: its kind, the column.
DETAILS = {
    "duplicate_ack_num": ("duplicate_ack", "value"),
    "duplicate_ack_frame": ("duplicate_ack", "related"),
    "rto_ns": ("retransmission", "value"),
    "rto_frame": ("retransmission", "related"),
}
RETRANSMISSIONS = ("retransmission", "fast_retransmission", "spurious_retransmission")
PAIRS = """
SELECT p.number, p.number + i.request_packet_id - i.reply_packet_id AS request, i.rtt_ns
FROM icmp_pairs i JOIN packets p ON p.packet_id = i.reply_packet_id WHERE i.kind = 'answered'"""


class Ours:
    """A case's rows, in the words of wireshark.Packet.values()."""

    def __init__(self, database):
        self.db = sqlite3.connect(database)
        self.db.row_factory = sqlite3.Row
        self.packets = {row["number"]: row for row in self.db.execute(PACKETS)}
        self.flows = {row["flow_id"]: row for row in self.db.execute("SELECT * FROM flows")}
        self.pairs = {row["number"]: row for row in self.db.execute(PAIRS)}
        self.events = collections.defaultdict(dict)
        for row in self.db.execute(EVENTS):
            self.events[row["number"]][row["kind"]] = row

    def value(self, number, name):
        row = self.packets[number]
        if name in ("seq", "ack"):
            return None if row[name] is None else row[name] % 2**32
        if name in ("src", "dst"):
            return str(ipaddress.ip_address(row[name])) if row["ip_version"] else None
        if name == "tcp_len":
            return row["payload_len"] if row["tcp_flags"] is not None else None
        if name in wireshark.EVENTS:
            return self.has_event(number, name)
        if name in DETAILS:
            return self.detail(number, *DETAILS[name])
        if name == "icmp_resp_to":
            return self.pairs[number]["request"] if number in self.pairs else None
        if name == "icmp_resptime":
            return self.pairs[number]["rtt_ns"] / 1e6 if number in self.pairs else None
        return row[name]

    def has_event(self, number, name):
        kinds = RETRANSMISSIONS if name == "retransmission" else (name,)
        return any(kind in self.events[number] for kind in kinds)

    def detail(self, number, kind, column):
        row = self.events[number].get(kind)
        if not row or (kind == "retransmission" and not row["value"]):
            return None  # tshark has no fields for an RTO of 0
        return row[column] or 0  # and says 0 where the first ACK ever is a duplicate of none


class Comparison:
    """One capture: counts for each field, and what differs."""

    def __init__(self, name):
        self.name = name
        self.counts = {}  # field: [compared, equal]
        self.differences = []  # (field, packet number, ours, tshark's)

    def check(self, field, number, ours, theirs, equal=None):
        if ours is None and theirs is None:
            return
        counts = self.counts.setdefault(field, [0, 0])
        counts[0] += 1
        if equal if equal is not None else ours == theirs:
            counts[1] += 1
        elif len(self.differences) < LISTED_MAX:
            self.differences.append((field, number, ours, theirs))


def compare_packets(comparison, ours, theirs):
    for packet in theirs:
        number = packet.number
        if number not in ours.packets:
            continue
        for field, value in packet.values().items():
            if field == "ts_ns" and value is None:
                continue
            mine = ours.value(number, field)
            equal = None
            if field == "icmp_resptime" and value is not None and mine is not None:
                equal = abs(float(value) - mine) <= 1e-3
            if field == "ts_ns" and value < 0 <= mine:  # a fraction below 0: shown without its seconds, the sign in front
                equal = (mine - value) % 10**9 == 0
            if value == wireshark.CHECKSUM_ZERO and mine is None:
                field, equal = field + "_zero", True  # left to the hardware: see docs/differences.md
            comparison.check(field, number, mine, value, equal)
        compare_stack(comparison, number, ours.packets[number]["stack"].split(":"), packet)


def compare_stack(comparison, number, mine, packet):
    """Down to the transport, and the applications that are followed; without IP, down to the first name above the link
    layer. More is fine where it agrees."""
    wanted = packet.stack() + packet.applications()
    equal = mine == wanted or (mine == packet.all_layers[:len(mine)] and (
        len(mine) > len(wanted) or (not packet.ip and mine[-1] not in LINK_NAMES)))
    comparison.check("stack", number, ":".join(mine), ":".join(wanted), equal)


def compare_streams(comparison, ours, theirs):
    """Streams and flows must be the same partition of the packets."""
    flow_of, stream_of = {}, {}
    for packet in theirs:
        stream = packet.stream()
        if stream is None or packet.number not in ours.packets:
            continue
        flow = ours.packets[packet.number]["flow_id"]
        flow_of.setdefault(stream, flow)
        stream_of.setdefault(flow, stream)
        equal = flow_of[stream] == flow and stream_of[flow] == stream
        comparison.check(stream[0] + "_stream", packet.number, flow, "%s %d" % stream, equal)


def compare_flows(comparison, ours, theirs):
    """What tshark says of a flow on its packets, when it has read them all: completeness is what it says on the last one."""
    last = {}  # stream: its first packet, our completeness, tshark's on its last one
    for packet in theirs:
        stream = packet.stream() if packet.transport == "tcp" else None
        flow = ours.flows.get(ours.packets[packet.number]["flow_id"]) if packet.number in ours.packets else None
        if not stream or not flow:
            continue
        fields = packet.verified.fields
        first = last.get(stream, (packet.number,))[0]
        last[stream] = (first, flow["completeness"], wireshark.integer(fields["tcp.completeness"]))
        if fields["tcp.analysis"]:  # the initial round trip is only shown with other analysis
            comparison.check("initial_rtt_ns", packet.number, flow["initial_rtt_ns"],
                             wireshark.nanoseconds(fields["tcp.analysis.initial_rtt"]))
    for first, completeness, value in last.values():
        comparison.check("completeness", first, completeness, value)


def compare_community_ids(comparison, ours, theirs):
    """Of each flow's first packet. tshark gives fragments one without ports, the case none."""
    first = {row["first_packet_id"]: row["community_id"] for row in ours.flows.values()}
    for packet in theirs:
        row = ours.packets.get(packet.number)
        if row and row["packet_id"] in first and row["fragment_offset"] is None:
            comparison.check("community_id", packet.number, first[row["packet_id"]],
                             packet.fields["communityid"].split(wireshark.SEPARATOR)[0] or None)


def compare_capture(job):
    name, path, exceptions = job
    comparison = Comparison(name)
    theirs = list(wireshark.packets(path))
    with tempfile.TemporaryDirectory(prefix="pcapdex-oracle-") as folder:
        database = os.path.join(folder, "case.db")
        code, said = kept.ingest(PROGRAM, path, database)
        if not os.path.exists(database):
            comparison.check("case", 0, said.strip(), "%d packets" % len(theirs), not theirs and code == 3)
            return comparison, explain(comparison, None, exceptions)
        ours = Ours(database)
        numbers = {p.number for p in theirs}
        for number in sorted(numbers ^ set(ours.packets))[:20]:
            comparison.check("packets", number, number in ours.packets, number in numbers)
        comparison.check("packets", 0, len(ours.packets), len(theirs))
        compare_packets(comparison, ours, theirs)
        compare_streams(comparison, ours, theirs)
        compare_flows(comparison, ours, theirs)
        compare_community_ids(comparison, ours, theirs)
        return comparison, explain(comparison, ours, exceptions)


class Rule:
    """A row of docs/differences.md: | capture | fields | packets | why |; packets are "all", numbers, or a condition
    in SQL on packets p, protocol_stacks s and flows f."""

    def __init__(self, columns):
        self.captures, fields, self.packets, self.reason = columns
        self.fields = fields.split()

    def numbers(self, ours):
        if self.packets == "all":
            return None
        if re.fullmatch(r"[\d, -]+", self.packets):
            spans = [span.split("-") for span in self.packets.replace(" ", "").split(",")]
            return {n for span in spans for n in range(int(span[0]), int(span[-1]) + 1)}
        rows = ours.db.execute("SELECT p.number FROM packets p JOIN protocol_stacks s USING (stack_id) "
                               "LEFT JOIN flows f USING (flow_id) WHERE " + self.packets)
        return {row[0] for row in rows}


def read_rules():
    rules = []
    if os.path.exists(DIFFERENCES):
        with open(DIFFERENCES, encoding="utf-8") as file:
            for line in file:
                columns = [c.strip().replace("`", "") for c in line.strip().strip("|").split("|")]
                if line.startswith("| `") and len(columns) == 4:
                    rules.append(Rule(columns))
    return rules


def explain(comparison, ours, rules):
    """{difference: (captures, packets) of the rule} of those that one covers."""
    explained = {}
    for rule in rules:
        if not fnmatch.fnmatch(comparison.name, rule.captures) or not comparison.differences:
            continue
        numbers = rule.numbers(ours) if ours else None
        for difference in comparison.differences:
            if any(fnmatch.fnmatch(difference[0], f) for f in rule.fields) and (
                    numbers is None or difference[1] in numbers):
                explained.setdefault(difference, (rule.captures, rule.packets))
    return explained


def find_captures(arguments):
    if arguments:
        return [(os.path.relpath(a, ROOT) if "corpus" not in a else "corpus" + a.split("corpus", 1)[1], a)
                for a in arguments]
    cases = tempfile.mkdtemp(prefix="pcapdex-cases-")
    atexit.register(shutil.rmtree, cases, ignore_errors=True)
    case.write_captures(cases)
    found = []
    for label, folder in (("cases", cases), ("examples", EXAMPLES), ("corpus", CORPUS)):
        for path, folders, files in os.walk(folder):
            folders[:] = sorted(f for f in folders if f != "oracles" and (
                os.path.isdir(CORPUS) or not f.startswith(OF_DETECTORS)))
            for file in sorted(files):
                if not file.endswith(NO_CAPTURES):
                    full = os.path.join(path, file)
                    found.append((os.path.join(label, os.path.relpath(full, folder)), full))
    return found


def print_table(totals):
    width = max(map(len, totals), default=5)
    print("# %-*s %10s %10s %10s %11s" % (width, "field", "compared", "equal", "explained", "unexplained"))
    for field, (compared, equal, explained) in sorted(totals.items()):
        print("# %-*s %10d %10d %10d %11d" % (width, field, compared, equal, explained, compared - equal - explained))


def write_report(path, unexplained):
    groups = collections.defaultdict(list)
    for name, field, number, ours, theirs in unexplained:
        groups[field].append((name, number, ours, theirs))
    with open(path, "w", encoding="utf-8") as file:
        for field, rows in sorted(groups.items(), key=lambda item: -len(item[1])):
            captures = collections.Counter(row[0] for row in rows)
            file.write("\n== %s: %d differences in %d captures\n" % (field, len(rows), len(captures)))
            for name, count in captures.most_common():
                shown = [row for row in rows if row[0] == name][:6]
                file.write("%6d  %s\n" % (count, name))
                for _, number, ours, theirs in shown:
                    file.write("          #%d  ours %s  tshark %s\n" % (number, ours, theirs))


def print_unused(rules, used, fields):
    """Says which rows about these fields explain nothing."""
    for rule in rules:
        is_about = any(fnmatch.fnmatch(field, pattern) for pattern in rule.fields for field in fields)
        if is_about and (rule.captures, rule.packets) not in used:
            print("# docs/differences.md: nothing differs any more by %s, %s" % (rule.captures, rule.packets))


def compare_all(compare, arguments, *more):
    """Has compare((name, path, rules, *more)) compare captures, and prints how far they agree. 0: they do."""
    captures, rules = find_captures(arguments.captures), read_rules()
    totals = collections.defaultdict(lambda: [0, 0, 0])
    unexplained, used = [], set()
    print("# %s\n1..%d" % (wireshark.version(), len(captures)))
    with multiprocessing.Pool(2) as pool:
        jobs = [(name, path, rules, *more) for name, path in captures]
        for number, (comparison, explained) in enumerate(pool.imap(compare, jobs), 1):
            left = [d for d in comparison.differences if d not in explained]
            for field, (compared, equal) in comparison.counts.items():
                totals[field][0] += compared
                totals[field][1] += equal
            for difference, rule in explained.items():
                totals[difference[0]][2] += 1
                used.add(rule)
            unexplained += [(comparison.name, *d) for d in left]
            print("%s %d - %s" % ("not ok" if left else "ok", number, comparison.name), flush=True)
            for field, packet, ours, theirs in left[:3]:
                print("#   packet %d %s: %s, tshark: %s" % (packet, field, ours, theirs))
    print_table(totals)
    if os.path.isdir(CORPUS) and not arguments.captures:
        print_unused(rules, used, totals)
    if arguments.report:
        write_report(arguments.report, unexplained)
    return 1 if unexplained else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("captures", nargs="*")
    arguments = parser.parse_args()
    reason = wireshark.why_no_analysis(wireshark.version())
    if reason:
        print("1..1\nok 1 - every packet # SKIP " + reason)
        return 0
    return compare_all(compare_capture, arguments)


if __name__ == "__main__":
    sys.exit(main())
