#!/usr/bin/env python3
"""Compares flows with Zeek's conn.log, connection by connection, and prints how far they agree: field, compared, equal,
explained, unexplained. TAP, a test for each log.

usage: zeek.py [LOG ...]     those of the corpus, oracles/FOLDER/CAPTURE.zeek[TEST]NAME, without one

Explained differences are the rows of docs/differences.md with five columns: captures, logs, fields, connections, why.
Connections are "all", or a condition in SQL on flows f (NULL: there is none) and zeek z, the log's columns and z.parts.

Connections meet by protocol and endpoints, ICMP by addresses; several with the same by time, where the log has it, or
else such that the fewest fields differ. What Zeek's time-outs made several connections is also compared as the flows of
an ingest with such a time-out; what it made parts for other reasons, by the sums of packets and bytes.
"""
import collections
import fnmatch
import ipaddress
import itertools
import os
import re
import sqlite3
import sys
import tempfile

from paths import CORPUS, DIFFERENCES, PROGRAM
import kept

FIELDS = ["conn_state", "history", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "missed_bytes", "duration"]
SUMS = ["orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts"]
PERMUTED_MAX = 6
TIMEOUTS_S = [60, 10, 5]  # udp_inactivity_timeout; dns_session_timeout; tcp_close_delay, tcp_attempt_delay
COLUMNS = ["proto", "orig_h", "orig_p", "resp_h", "resp_p", "service", "tunnel_parents", *FIELDS]


class Log:
    """Connections of a Zeek log: rows of a table whose fields include a history or a state."""

    def __init__(self, path):
        self.path = path
        self.rows = []
        fields, is_conn = [], True
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.rstrip("\n").split("\t")
                if words[0] == "#path":
                    is_conn = words[1:] == ["conn"]
                elif words[0] == "#fields" or "id.orig_h" in words:
                    fields = [w.replace("id.", "") for w in words[words[0] == "#fields":]]
                elif len(words) == len(fields) and is_conn and {"history", "conn_state"} & set(fields) and \
                        "orig_h" in fields:
                    self.rows.append(self.row(dict(zip(fields, words))))

    @staticmethod
    def row(values):
        row = {name: values.get(name) for name in [*COLUMNS, "ts", "ip_proto"]}
        for name, value in row.items():
            if value in ("-", "(empty)"):
                row[name] = None
        for name in ("orig_p", "resp_p", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "missed_bytes"):
            row[name] = int(row[name]) if row[name] else None
        row["duration"] = float(row["duration"]) if row["duration"] else None
        row["ts"] = float(row["ts"]) if re.fullmatch(r"[\d.]+", row["ts"] or "") else None
        row["is_set"] = {name for name in FIELDS if name in values}
        row["proto"] = row["proto"] or "tcp"
        return row


def endpoint(address, port):
    return str(ipaddress.ip_address(address)), port


def key_of_zeek(row):
    has_ports = row["proto"] in ("tcp", "udp")
    ends = [endpoint(row["orig_h"], row["orig_p"] if has_ports else None),
            endpoint(row["resp_h"], row["resp_p"] if has_ports else None)]
    return row["proto"], *sorted(ends, key=str)


def key_of_flow(flow):
    proto = {"icmpv6": "icmp", "icmp": "icmp", "tcp": "tcp", "udp": "udp"}.get(flow["protocol"], "unknown_transport")
    has_ports = proto in ("tcp", "udp")
    ends = [endpoint(flow["src"], flow["src_port"] if has_ports else None),
            endpoint(flow["dst"], flow["dst_port"] if has_ports else None)]
    return proto, *sorted(ends, key=str)


def as_zeek(flow, zeek):
    """A flow in the words of a Zeek row, whose originator is the one that Zeek says."""
    orig_is_dst = "^" in (flow["history"] or "")
    src = endpoint(flow["src"], flow["src_port"])
    dst = endpoint(flow["dst"], flow["dst_port"])
    ours = dst if orig_is_dst else src
    has_ports = zeek["proto"] in ("tcp", "udp")
    theirs = endpoint(zeek["orig_h"], zeek["orig_p"] if has_ports else ours[1])
    other = "resp" if ours == theirs else "orig"
    one = "orig" if ours == theirs else "resp"
    row = {"originator": ours[0] if ours == theirs else "%s %s" % ours, "conn_state": flow["state"],
           "history": flow["history"], one + "_bytes": flow["orig_bytes"], other + "_bytes": flow["resp_bytes"],
           one + "_pkts": flow["dst_packets" if orig_is_dst else "src_packets"],
           other + "_pkts": flow["src_packets" if orig_is_dst else "dst_packets"],
           "duration": round((flow["last_ts_ns"] - flow["first_ts_ns"]) / 1e9, 6)}
    missed = [flow["src_missed_bytes"], flow["dst_missed_bytes"]]
    row["missed_bytes"] = None if None in missed else sum(missed)
    return row


def differences(zeek, flow):
    """(field, ours, Zeek's, equal) of all that both have."""
    mine = as_zeek(flow, zeek)
    out = [("originator", mine["originator"], endpoint(zeek["orig_h"], 0)[0],
            mine["originator"] == endpoint(zeek["orig_h"], 0)[0])]
    for field in FIELDS:
        if field not in zeek["is_set"] or (zeek[field] is None and field not in ("conn_state", "history")):
            continue
        if field == "missed_bytes" and mine[field] is None:
            continue
        equal = mine[field] == zeek[field]
        if field == "duration":
            equal = abs(mine[field] - zeek[field]) < 2e-6
        out.append((field, mine[field], zeek[field], equal))
    return out


def total(rows, name, address):
    """What an address sent, by Zeek."""
    side = name[name.index("_"):]
    return sum(row["orig" + side] or 0 for row in rows if endpoint(row["orig_h"], 0)[0] == address) + \
        sum(row["resp" + side] or 0 for row in rows if endpoint(row["resp_h"], 0)[0] == address
            and row["orig_h"] != row["resp_h"])


def sum_differences(zeek, flows):
    """The same for several connections that are another number of flows: sums by address."""
    out = []
    first = zeek[0]
    for name in SUMS:
        if name not in first["is_set"]:
            continue
        known = [row for row in zeek if row[name] is not None]
        if len(known) < len(zeek):
            continue
        address = endpoint(first[name[:4] + "_h"], 0)[0]
        mine = sum(as_zeek(flow, first)[name] or 0 for flow in flows)
        theirs = total(zeek, name, address)
        out.append((name, mine, theirs, mine == theirs))
    return out


def pair(zeek, flows):
    """Zeek's connections and flows, as many of each."""
    if len(zeek) == 1 or all(row["ts"] is not None for row in zeek) or len(zeek) > PERMUTED_MAX:
        return list(zip(sorted(zeek, key=lambda row: row["ts"] or 0), flows))
    return min(([*zip(zeek, order)] for order in itertools.permutations(flows)),
               key=lambda pairs: sum(not d[3] for z, f in pairs for d in differences(z, f)))


class Cases:
    """A capture's cases: as it is, and with time-outs."""

    def __init__(self, capture, folder):
        self.capture, self.folder, self.known = capture, folder, {}

    def open(self, timeout_s=None):
        """The case's database, or None; its flows by key."""
        if timeout_s in self.known:
            return self.known[timeout_s]
        path = os.path.join(self.folder, "%s.db" % timeout_s)
        timeout = ["--flow-timeout", str(timeout_s)] if timeout_s else []
        kept.ingest(PROGRAM, self.capture, path, *timeout)
        if not os.path.exists(path):
            return None, {}
        db = sqlite3.connect(path)
        db.row_factory = sqlite3.Row
        flows = collections.defaultdict(list)
        for flow in db.execute("SELECT * FROM flows WHERE state IS NOT NULL ORDER BY flow_id"):
            flows[key_of_flow(flow)].append(flow)
        self.known[timeout_s] = db, flows
        return db, flows

    def close(self):
        for db, _ in self.known.values():
            db.close()


def compare_parts(rows, key, mine, cases):
    """Connections that are another number of flows."""
    out = [(rows[0]["number"], "parts", len(mine), len(rows), False)]
    for timeout_s in TIMEOUTS_S:
        flows = cases.open(timeout_s)[1].get(key, [])
        if len(flows) == len(rows):
            return out + [(row["number"], *d) for row, flow in pair(rows, flows) for d in differences(row, flow)]
    return out + [(rows[0]["number"], "sum_of_" + d[0][5:], *d[1:]) for d in sum_differences(rows, mine)]


def compare(log, cases):
    """[(number of the Zeek row, field, ours, Zeek's, equal)]; z of the database gets the rows."""
    db, flows = cases.open()
    groups = collections.defaultdict(list)
    for number, row in enumerate(log.rows):
        row["number"] = number
        groups[key_of_zeek(row)].append(row)
    db.execute("DROP TABLE IF EXISTS temp.zeek")
    db.execute("CREATE TEMP TABLE zeek (number, flow_id, parts, flows, %s)" % ", ".join(COLUMNS))
    out = []
    for key, rows in groups.items():
        mine = flows.get(key, [])
        pairs = pair(rows, mine) if len(rows) == len(mine) else [(row, mine[0] if mine else None) for row in rows]
        for row, flow in pairs:
            db.execute("INSERT INTO temp.zeek VALUES (?, ?, ?, ?%s)" % (", ?" * len(COLUMNS)),
                       [row["number"], flow["flow_id"] if flow else None, len(rows), len(mine),
                        *(row[name] for name in COLUMNS)])
            out.append((row["number"], "connection", bool(flow), True, bool(flow)))
            if len(rows) == len(mine):
                out += [(row["number"], *d) for d in differences(row, flow)]
        if mine and len(rows) != len(mine):
            out += compare_parts(rows, key, mine, cases)
    return out


class Rule:
    def __init__(self, columns):
        self.captures, self.logs, fields, self.condition, self.reason = columns
        self.fields = fields.split()

    def covers(self, name, test, difference, db):
        if not fnmatch.fnmatch(name, self.captures) or not fnmatch.fnmatch(test, self.logs) or \
                not any(fnmatch.fnmatch(difference[1], field) for field in self.fields):
            return False
        return self.condition == "all" or db.execute(
            "SELECT 1 FROM temp.zeek z LEFT JOIN flows f USING (flow_id) WHERE z.number = ? AND (%s)" %
            self.condition, [difference[0]]).fetchone() is not None


def read_rules():
    rules = []
    with open(DIFFERENCES, encoding="utf-8") as file:
        for line in file:
            columns = [c.strip().replace("`", "") for c in line.strip().strip("|").split("|")]
            if line.startswith("| `") and len(columns) == 5:
                rules.append(Rule(columns))
    return rules


def find_logs(arguments):
    """[(name of the capture, its path, test, log)]"""
    found = []
    if not arguments:
        for folder, _, files in os.walk(os.path.join(CORPUS, "oracles")):
            arguments += [os.path.join(folder, file) for file in files]
    for path in sorted(arguments):
        match = re.fullmatch(r"(.*)\.zeek\[(.*)\](.*)", os.path.basename(path))
        if not match:
            continue
        topic = os.path.basename(os.path.dirname(path))
        capture = os.path.join(os.path.dirname(path), "..", "..", topic, match[1])
        log = Log(path)
        if log.rows and os.path.exists(capture):
            found.append((os.path.join("corpus", topic, match[1]), capture, match[2] + "/" + match[3], log))
    return found


def check(name, capture, test, log, rules):
    """[(number, field, ours, Zeek's, equal, rule or None)]"""
    with tempfile.TemporaryDirectory(prefix="pcapdex-zeek-") as folder:
        cases = Cases(capture, folder)
        db = cases.open()[0]
        if not db:
            return [(0, "case", "none", len(log.rows), False, None)]
        out = []
        for difference in compare(log, cases):
            rule = None
            if not difference[4]:
                rule = next((r for r in rules if r.covers(name, test, difference, db)), None)
            out.append((*difference, rule))
        cases.close()
        return out


def print_table(totals):
    width = max(map(len, totals), default=5)
    print("# %-*s %10s %10s %10s %11s" % (width, "field", "compared", "equal", "explained", "unexplained"))
    for field, (compared, equal, explained) in sorted(totals.items()):
        print("# %-*s %10d %10d %10d %11d" % (width, field, compared, equal, explained, compared - equal - explained))


def main():
    logs = find_logs(sys.argv[1:])
    if not logs:
        print("1..1\nok 1 - zeek # SKIP no Zeek logs: PCAPDEX_CORPUS names a folder without oracles/")
        return 0
    rules, used, failed = read_rules(), set(), False
    totals = collections.defaultdict(lambda: [0, 0, 0])
    print("1..%d" % len(logs))
    for number, (name, capture, test, log) in enumerate(logs, 1):
        results = check(name, capture, test, log, rules)
        for _, field, _, _, equal, rule in results:
            totals[field][0] += 1
            totals[field][1] += equal
            totals[field][2] += rule is not None
            used.add(rule)
        left = [r for r in results if not r[4] and not r[5]]
        failed = failed or bool(left)
        print("%s %d - %s, %s" % ("not ok" if left else "ok", number, name, test), flush=True)
        for row, field, ours, theirs, _, _ in left[:8]:
            zeek = log.rows[row] if log.rows else {}
            print("#   %s %s %s > %s %s, %s: %s, Zeek: %s" % (
                *(zeek.get(n) for n in ("proto", "orig_h", "orig_p", "resp_h", "resp_p")), field, ours, theirs))
    print_table(totals)
    if len(sys.argv) == 1:
        for rule in rules:
            if rule not in used:
                print("# docs/differences.md: nothing differs any more by %s, %s, %s" % (
                    rule.captures, rule.logs, rule.condition))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
