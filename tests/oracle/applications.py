#!/usr/bin/env python3
"""Compares what is above TCP and UDP with tshark, packet by packet, and prints how far they agree: field, compared,
equal, explained, unexplained. TAP, a test for each capture.

usage: applications.py [--report FILE] [--only NAME] [CAPTURE ...]     the captures of tshark.py without one

What is compared is said in comparisons.py. Values of a packet are compared without their order. Explained differences are
the rows of docs/differences.md whose fields match `name.field`.
"""
import argparse
import collections
import functools
import os
import re
import sqlite3
import sys
import tempfile

from paths import PROGRAM
import comparisons
import kept
import tshark
import wireshark

NO_TEXT = re.compile(r"(\\\d{3}|[^\x20-\x7e])+")
BOOLEANS = {"False": "0", "True": "1"}
PROTOCOLS = wireshark.APPLICATIONS | comparisons.PROTOCOLS


def convert(kind, text):
    """A value of tshark as ours; text where it is no such value."""
    try:
        if kind == "integer":
            return int(text, 0)
        if kind == "hex":
            return int(text, 16)
        if kind == "ns":
            return wireshark.nanoseconds(text)
        if kind == "boolean":
            return 1 if text in ("1", "True") else 0
        if kind == "tls_version":  # drafts of TLS 1.3 have numbers of their own
            return 0x303 if int(text, 0) >> 8 == 0x7F else int(text, 0)
        if kind == "serial":  # without the byte that says that it is positive
            return text[2:] if len(text) > 2 and text.startswith("00") else text
        if kind == "line":
            return text.rstrip(" \t")
        if kind == "name":
            return "." if text == "<Root>" else NO_TEXT.sub("?", text)
    except ValueError:
        pass
    return text


def their_values(row, field):
    _, name, kind = field
    return [convert(kind, text) for text in row[name].split(wireshark.SEPARATOR)] if row[name] else []


def our_value(field, value):
    return NO_TEXT.sub("?", value) if field[2] == "name" and value is not None else value


def our_rows(database, comparison):
    rows = collections.defaultdict(list)
    for row in database.execute(comparison["sql"]):
        rows[row[0]].append(row[1:])
    return rows


def has_rows(database):
    return any(our_rows(database, comparison) for comparison in comparisons.ALL)


def ordered(values, as_set):
    values = [v for v in values if v not in (None, "")]  # an empty value is none for tshark
    return sorted(set(values) if as_set else values, key=lambda v: (str(type(v)), v))


def predicate(when):
    """A display filter as a function of a row of tshark's: whether it passes the packet."""
    def term(found):
        name, number = found.groups()
        if "." not in name:
            return "(%r in protocols)" % name
        return "(%r in values(row[%r]))" % (number, name) if number else "bool(row[%r])" % name

    def values(text):
        return [BOOLEANS.get(value, value) for value in text.split(wireshark.SEPARATOR)]

    expression = comparisons.TERM.sub(term, when).replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    code = compile(expression, when, "eval")
    return lambda row: eval(code, {  # pylint: disable=eval-used
        "row": row, "values": values, "protocols": set(re.findall(r"\w+", row["frame.protocols"]))})


def their_packets(path, options):
    """What tshark says of each packet that is no ICMP, which quotes others."""
    rows = wireshark.read(path, options)
    return [row for row in rows if not re.search(r"\bicmp(v6)?\b", row["frame.protocols"])]


def their_rows(comparison, packets):
    passes = predicate(comparison["when"])
    return {int(row["frame.number"]): row for row in packets if passes(row)}


def compare(result, database, comparison, in_order, as_they_come):
    """in_order: tshark's packets; as_they_come: a function that returns those of the other run."""
    runs = [their_rows(comparison, in_order)]
    ours = our_rows(database, comparison)
    as_set = comparison.get("sets", False)

    def differs(field, number, a, run):
        row = run.get(number)
        b = ordered(their_values(row, field), as_set) if row else []
        among = comparison.get("among", False) and a and set(a) <= set(b)
        return None if among or a == b else b

    for number in sorted(set(runs[0]) | set(ours)):
        mine = ours.get(number, [])
        for place, field in enumerate(comparison["fields"]):
            a = ordered((our_value(field, values[place]) for values in mine), as_set)
            b = differs(field, number, a, runs[0])
            if b is not None and comparison.get("holes"):
                if len(runs) == 1:
                    runs.append(their_rows(comparison, as_they_come()))
                b = b if differs(field, number, a, runs[1]) is not None else None
            if a or b:
                result.check(comparison["name"] + "." + field[0], number, a, a if b is None else b, b is None)


def compare_capture(job):
    name, path, rules, only = job
    result = tshark.Comparison(name)
    with tempfile.TemporaryDirectory(prefix="pcapdex-oracle-") as folder:
        case = os.path.join(folder, "case.db")
        kept.ingest(PROGRAM, path, case)
        if not os.path.exists(case):
            return result, {}
        ours = tshark.Ours(case)
        database = sqlite3.connect(case)
        if not wireshark.can_have(path, PROTOCOLS) and not has_rows(database):
            return result, {}
        in_order = their_packets(path, wireshark.IN_ORDER)
        as_they_come = functools.cache(lambda: their_packets(path, wireshark.OUT_OF_ORDER))
        for file, listed in comparisons.COMPARISONS.items():
            for comparison in listed if only in (None, file) else []:
                compare(result, database, comparison, in_order, as_they_come)
        result.differences = [(f, n, str(a), str(b)) for f, n, a, b in result.differences]
        return result, tshark.explain(result, ours, rules)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("captures", nargs="*")
    arguments = parser.parse_args()
    if not wireshark.version():
        print("1..1\nok 1 - applications # SKIP tshark is not installed")
        return 0
    return tshark.compare_all(compare_capture, arguments, arguments.only)


if __name__ == "__main__":
    sys.exit(main())
