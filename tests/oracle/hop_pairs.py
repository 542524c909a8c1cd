#!/usr/bin/env python3
"""compare on pairs of captures from elsewhere, held to what another program found in them.

oracles/HOP-PAIRS.tsv of the corpus tells for each pair the IPv4 packets matched, those of one capture alone, differences
of TTL, and the least, middle and greatest time at b less time at a. Its key `strict` takes addresses and ports for a
packet's identity, `nat-tolerant` leaves out what a translator changes: pcapdex is one program for both, so that it is
held to the better of the two. docs/differences.md says where, and why, it finds something else.
"""
import csv
import os
import re
import sqlite3
import sys

from paths import CORPUS, DIFFERENCES
import tap

PAIRS = os.path.join(CORPUS, "oracles", "HOP-PAIRS.tsv")

MATCHED = """SELECT p.ttl - q.ttl AS ttl, q.ts_ns - p.ts_ns AS raw_ns FROM hop_packets h
    JOIN packets p ON p.packet_id = h.a_packet_id JOIN packets q ON q.packet_id = h.b_packet_id
    JOIN flows f ON f.flow_id = p.flow_id WHERE f.ip_version = 4 AND h.comparison_id = 1"""
ALONE = """SELECT count(*) FROM hop_packets h JOIN packets p ON p.packet_id = h.{}_packet_id
    JOIN flows f ON f.flow_id = p.flow_id WHERE f.ip_version = 4 AND h.reason IS NOT NULL"""


def explained():
    """{(file a, file b): {field: our value}} of the table in docs/differences.md."""
    out = {}
    with open(DIFFERENCES, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"\| `([^`]+)` `([^`]+)` \| `([a-z_ ]+)=([^`]*)` \|", line)
            if match:
                out.setdefault(match.groups()[:2], {})[match.group(3)] = match.group(4)
    return out


def seconds(ns):
    return "%d.%09d" % (ns // 10**9, ns % 10**9) if ns >= 0 else "-" + seconds(-ns)


def times(values):
    """Least, middle and greatest, as the file writes them; of an even number the upper of the two in the middle."""
    values = sorted(values)
    return "/".join(map(seconds, (values[0], values[len(values) // 2], values[-1]))) if values else "-"


def ours(case):
    rows = case.execute(MATCHED).fetchall()
    ttls = {}
    for ttl, _ in rows:
        ttls[ttl] = ttls.get(ttl, 0) + 1
    return {
        "matched": str(len(rows)),
        "only_a": str(case.execute(ALONE.format("a")).fetchone()[0]),
        "only_b": str(case.execute(ALONE.format("b")).fetchone()[0]),
        "ttl": ";".join("%d:%d" % item for item in sorted(ttls.items())),
        "falls": times([raw for ttl, raw in rows if ttl >= 0]),
        "rises": times([raw for ttl, raw in rows if ttl < 0]),
    }


def theirs(row):
    return {"matched": row["matched"], "only_a": row["only_a"], "only_b": row["only_b"],
            "ttl": row["ttl_a_minus_ttl_b:count"], "falls": row["tB-tA min/median/max where TTL falls or is equal"],
            "rises": row["tB-tA min/median/max where TTL rises"]}


def compare(file_a, file_b):
    for name in ("case.db", "a", "b"):
        if os.path.lexists(name):
            os.remove(name)
    for name, file in (("a", file_a), ("b", file_b)):
        os.symlink(os.path.join(CORPUS, file), name)
    for arguments in (["ingest", "-q", "-o", "case.db", "a", "b"], ["compare", "-q", "case.db", "a", "b"]):
        done = tap.pcapdex(*arguments)
        tap.equal(done.returncode, 0, done.stderr)
    case = sqlite3.connect("case.db")
    found = ours(case)
    case.close()
    return found


def best_rows():
    """The row of each pair that matched the most."""
    best = {}
    with open(PAIRS, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            pair = (row["file_a"], row["file_b"])
            if pair not in best or int(row["matched"]) > int(best[pair]["matched"]):
                best[pair] = row
    return best


def test_pairs():
    """Pairs of captures from elsewhere: matched, alone, TTL, times"""
    if not os.path.exists(PAIRS):
        raise tap.Skip("there is no " + os.path.basename(PAIRS) + "; PCAPDEX_CORPUS names its folder")
    known, wrong = explained(), []
    for pair, row in best_rows().items():
        if not all(os.path.exists(os.path.join(CORPUS, file)) for file in pair):
            continue
        found, wanted = compare(*pair), theirs(row)
        wanted.update(known.get(tuple(os.path.basename(file) for file in pair), {}))
        wrong += ["%s %s: %s is %s, should be %s" % (*pair, field, found[field], wanted[field])
                  for field in wanted if found[field] != wanted[field]]
    tap.equal(wrong, [])


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
