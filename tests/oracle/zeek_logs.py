#!/usr/bin/env python3
"""Compares transactions with Zeek's dns.log, http.log and ssl.log, and prints how far they agree: field, compared, equal,
explained, unexplained. TAP, a test for each log.

usage: zeek_logs.py [LOG ...]     those of the corpus, oracles/FOLDER/CAPTURE.zeek[TEST]NAME, without one

Transactions meet by endpoints, and by what names them (DNS: number and name; HTTP: method and target), in their order.
What a log leaves empty is not compared. Differences are on purpose:

* Zeek takes each query for a transaction, also one that was sent again before its answer: pcapdex has one row, with
  retransmissions. Such rows of Zeek beyond ours are explained.
* A log that is of several captures (ssl-all.log) has connections that this one has not: explained.
* Zeek's "*" is the type ANY.
"""
import collections
import ipaddress
import os
import re
import sqlite3
import sys
import tempfile

from paths import CORPUS, PROGRAM
import kept
import zeek

KEYS = {"dns": ("trans_id", "query"), "http": ("method", "uri"), "ssl": ()}
FIELDS = {
    "dns": ("qtype_name", "rcode_name", "AA", "TC", "RA", "answers"),
    "http": ("host", "status_code", "status_msg", "user_agent"),
    "ssl": ("version", "cipher", "server_name", "resumed", "last_alert", "established", "cert_chain_fps"),
}
ENDS = """iif(x.direction, f.dst, f.src) AS orig_h, iif(x.direction, f.dst_port, f.src_port) AS orig_p,
	iif(x.direction, f.src, f.dst) AS resp_h, iif(x.direction, f.src_port, f.dst_port) AS resp_p"""
SQL = {
    "dns": f"""
SELECT {ENDS}, x.transaction_id AS trans_id, x.name AS query, x.type_name AS qtype_name, x.rcode_name,
	iif(x.authoritative, 'T', 'F') AS AA, iif(x.truncated, 'T', 'F') AS TC, iif(x.recursion_available, 'T', 'F') AS RA,
	(SELECT group_concat(data) FROM dns_answers a WHERE a.dns_id = x.dns_id AND a.section = 'answer') AS answers,
	1 + ifnull(x.retransmissions, 0) AS times
FROM dns x JOIN flows f USING (flow_id) WHERE x.kind <> 'duplicate' ORDER BY ifnull(x.query_ts_ns, x.answer_ts_ns)""",
    "http": f"""
SELECT {ENDS}, x.method, x.target AS uri, x.host, cast(x.status AS TEXT) AS status_code, x.reason AS status_msg,
	x.user_agent, 1 AS times
FROM http x JOIN flows f USING (flow_id) WHERE x.method IS NOT NULL ORDER BY x.request_ts_ns""",
    "ssl": f"""
SELECT {ENDS}, replace(replace(x.version, '.0', '0'), '.', '') AS version, x.cipher_name AS cipher, x.server_name,
	iif(x.resumed, 'T', 'F') AS resumed, x.alert AS last_alert,
	iif(x.finished_packet_id IS NOT NULL AND x.alert IS NULL, 'T', 'F') AS established,
	(SELECT group_concat(sha256) FROM (SELECT sha256 FROM tls_certificates c
		WHERE c.tls_id = x.tls_id AND c.direction <> x.direction ORDER BY position)) AS cert_chain_fps, 1 AS times
FROM tls x JOIN flows f USING (flow_id) ORDER BY x.client_hello_ts_ns""",
}


def read_log(path):
    """("dns", [row, ...]); None for logs of another kind."""
    kind, fields, rows = None, [], []
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.rstrip("\n").split("\t")
            if words[0] == "#path":
                kind = words[1]
            elif words[0] == "#fields":
                fields = [w.replace("id.", "") for w in words[1:]]
            elif len(words) == len(fields) and not line.startswith("#"):
                rows.append({f: None if w in ("-", "(empty)") else w for f, w in zip(fields, words)})
    return (kind, rows) if kind in SQL else None


def key_of(kind, row):
    ends = tuple(str(x) for side in ("orig", "resp")
                 for x in (ipaddress.ip_address(row[side + "_h"]), row[side + "_p"]))
    return ends + tuple(str(row[name]) for name in KEYS[kind])


def our_rows(kind, capture):
    """Rows by their keys, and the endpoints of all flows."""
    rows = collections.defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="pcapdex-oracle-") as folder:
        case = os.path.join(folder, "case.db")
        kept.ingest(PROGRAM, capture, case)
        database = sqlite3.connect(case)
        database.row_factory = sqlite3.Row
        for row in database.execute(SQL[kind]):
            rows[key_of(kind, row)].append(dict(row))
        flows = database.execute("SELECT src, src_port, dst, dst_port FROM flows WHERE src_port IS NOT NULL")
        ends = {frozenset(((str(ipaddress.ip_address(f[0])), str(f[1])), (str(ipaddress.ip_address(f[2])), str(f[3]))))
                for f in flows}
    return rows, ends


def same(field, mine, theirs):
    if field == "qtype_name" and theirs == "*":
        return mine == "ANY"
    return mine == theirs


def compare(kind, theirs, ours, totals):
    """What differs, as texts."""
    ours, ends = ours
    wrong, again = [], collections.Counter()
    for row in theirs:
        key = key_of(kind, row)
        mine = ours[key].pop(0) if ours.get(key) else None
        count = totals[kind + ".transaction"]
        count[0] += 1
        if not mine:
            explained = again[key] > 0 or frozenset((key[0:2], key[2:4])) not in ends
            again[key] -= 1
            count[2 if explained else 3] += 1
            wrong += [] if explained else [f"only Zeek has {key}"]
            continue
        again[key] += mine["times"] - 1
        count[1] += 1
        for field in FIELDS[kind]:
            if row.get(field) is None:
                continue
            equal = same(field, mine[field], row[field])
            count = totals[f"{kind}.{field}"]
            count[0] += 1
            count[1 if equal else 3] += 1
            wrong += [] if equal else [f"{key} {field}: {mine[field]}, Zeek: {row[field]}"]
    return wrong


def find_logs():
    found = []
    for path, _, files in os.walk(os.path.join(CORPUS, "oracles")):
        for file in sorted(files):
            match = re.match(r"(.*)\.zeek\[.*\].*\.log$", file)
            full = os.path.join(path, file)
            if match and read_log(full):
                found.append((full, os.path.join(CORPUS, os.path.basename(path), match[1])))
    return found


def main():
    logs = find_logs() if len(sys.argv) == 1 else [(a, re.sub(r"oracles/|\.zeek\[.*", "", a)) for a in sys.argv[1:]]
    totals, failed = collections.defaultdict(lambda: [0, 0, 0, 0]), False
    if not logs:
        print("1..1\nok 1 - Zeek # SKIP there are no logs of Zeek")
        return 0
    print("1..%d" % len(logs))
    for number, (path, capture) in enumerate(logs, 1):
        kind, theirs = read_log(path)
        wrong = compare(kind, theirs, our_rows(kind, capture), totals)
        failed = failed or bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", number, os.path.basename(path)))
        for text in wrong[:5]:
            print("#   " + text)
    width = max(map(len, totals))
    print("# %-*s %8s %8s %10s %12s" % (width, "field", "compared", "equal", "explained", "unexplained"))
    for field, counts in sorted(totals.items()):
        print("# %-*s %8d %8d %10d %12d" % (width, field, *counts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
