#!/usr/bin/env python3
"""Compares what is above TCP and UDP with tshark, packet by packet, and prints how far they agree: field, compared,
equal, explained, unexplained. TAP, a test for each capture.

usage: applications.py [--report FILE] [--only NAME] [CAPTURE ...]     the captures of tshark.py without one

A protocol is a file in tests/oracle/applications/: a list COMPARISONS of dictionaries
    name    in front of the fields in the table: dns.query
    when    the packets that are compared: a display filter of protocols, fields, `field == number`, and && || ! ( )
    sql     of our rows: the packet's number, then a column for each field, in their order
    fields  (name, tshark's field, kind); kind: text, integer, hex, ns (seconds there, ns here), boolean, name (of DNS:
            bytes that are no text are taken for equal), line (the rest of a line: blanks at its end are no part of it)
    sets    True: where a packet has several rows, they are compared as a set: how often a value is there does not count
    among   True: tshark's field has more than what is compared; ours must be among its values
    holes   True: behind a hole, where tshark waits for segments in their order, its values are those of a run in which it
            takes them as they come
tshark reads a capture once for all of them, with every field that any of them names, unless neither it nor we see any of
their protocols there; and a second time as segments come where `holes` asks for it. Values of a packet are compared
without their order. Explained differences are the rows of docs/differences.md whose fields match `name.field`.
"""
import argparse
import collections
import functools
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import tshark
import wireshark

FIELD = re.compile(r"[a-z_0-9]+(?:\.[a-z_0-9-]+)+")
TERM = re.compile(r"([a-z][a-z_0-9.-]*)(?: == (\d+))?")
NO_TEXT = re.compile(r"(\\\d{3}|[^\x20-\x7e])+")
SEPARATOR = "\x02"
OPTIONS = ["-2", "-E", "aggregator=" + SEPARATOR]
IN_ORDER = [*OPTIONS, "-o", "tcp.reassemble_out_of_order:TRUE"]
AS_THEY_COME = [*OPTIONS, "-o", "tcp.reassemble_out_of_order:FALSE"]
BOOLEANS = {"False": "0", "True": "1"}


def load_comparisons():
    """A list of comparisons for each file."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "applications")
    comparisons = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".py"):
            spec = importlib.util.spec_from_file_location(file[:-3], os.path.join(folder, file))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            comparisons[file[:-3]] = module.COMPARISONS
    return comparisons


COMPARISONS = load_comparisons()
PROTOCOLS = wireshark.APPLICATIONS | {term.split(".")[0] for comparisons in COMPARISONS.values() for comparison in comparisons
                                      for term, _ in TERM.findall(comparison["when"])}
ALL_FIELDS = sorted({name for comparisons in COMPARISONS.values() for comparison in comparisons
                     for name in [field[1] for field in comparison["fields"]] + FIELD.findall(comparison["when"])})


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
    return [convert(kind, text) for text in row[name].split(SEPARATOR)] if row[name] else []


def our_value(field, value):
    return NO_TEXT.sub("?", value) if field[2] == "name" and value is not None else value


def our_rows(database, comparison):
    rows = collections.defaultdict(list)
    for row in database.execute(comparison["sql"]):
        rows[row[0]].append(row[1:])
    return rows


def has_rows(database):
    return any(our_rows(database, comparison) for comparisons in COMPARISONS.values() for comparison in comparisons)


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
        return [BOOLEANS.get(value, value) for value in text.split(SEPARATOR)]

    expression = TERM.sub(term, when).replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    code = compile(expression, when, "eval")
    return lambda row: eval(code, {  # pylint: disable=eval-used
        "row": row, "values": values, "protocols": set(re.findall(r"\w+", row["frame.protocols"]))})


def their_packets(path, options):
    """What tshark says of each packet that is no ICMP, which quotes others."""
    rows = wireshark.run(path, options, ["frame.number", "frame.protocols", *ALL_FIELDS])
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
        subprocess.run([tshark.PROGRAM, "ingest", path, "-o", case], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        if not os.path.exists(case):
            return result, {}
        ours = tshark.Ours(case)
        database = sqlite3.connect(case)
        if not wireshark.can_have(path, PROTOCOLS) and not has_rows(database):
            return result, {}
        in_order = their_packets(path, IN_ORDER)
        as_they_come = functools.cache(lambda: their_packets(path, AS_THEY_COME))
        for file, comparisons in COMPARISONS.items():
            for comparison in comparisons if only in (None, file) else []:
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
