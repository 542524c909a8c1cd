#!/usr/bin/env python3
"""docs/diagnoses.md tells the truth: the first issue of each capture is of the detector that its table names."""
import csv
import io
import os
import re
import sys

from paths import CORPUS
import tap

TABLE = os.path.join(tap.ROOT, "docs", "diagnoses.md")
ROW = re.compile(r"\| (\S+/\S+) \| (.+) \| (\S+) \|$")
ROWS_LEAST = 40


def rows():
    """(capture, what is known, detector or "healthy") of the table."""
    with open(TABLE, encoding="utf-8") as file:
        return [ROW.match(line).groups() for line in file.read().split("\n") if ROW.match(line)]


def path_of(capture):
    folder, rest = capture.split("/", 1)
    return os.path.join(CORPUS, rest) if folder == "corpus" else os.path.join(tap.ROOT, folder, rest)


def first_issue(capture):
    """(detector, severity, symptoms) of the first row of the report issues, or three empty texts."""
    made = tap.pcapdex("ingest", "--quiet", "-o", "case.db", path_of(capture))
    tap.equal(made.returncode in (0, 1), True, "ingest of %s: %s" % (capture, made.stderr))
    found = tap.pcapdex("query", "case.db", "issues", "--limit", 1, "--format", "csv")
    tap.equal(found.stderr, "", capture)
    issues = list(csv.DictReader(io.StringIO(found.stdout)))
    return tuple(issues[0][name] for name in ("detector", "severity", "symptoms")) if issues else ("", "", "")


def check(capture, known, wanted):
    """What is wrong with a row of the table; None nothing."""
    detector, severity, symptoms = first_issue(capture)
    os.remove("case.db")
    right = severity in ("", "low") if wanted == "healthy" else detector == wanted
    return None if right else "%s (%s): %s, found %s %s: %s" % (capture, known, wanted, severity, detector, symptoms)


def test_table():
    """docs/diagnoses.md is a table that can be read, and each capture stands in it once"""
    captures = [capture for capture, _, _ in rows()]
    tap.equal(len(captures) >= ROWS_LEAST, True, "rows")
    tap.equal(sorted(set(captures)), sorted(captures), "captures")
    for capture in captures:
        tap.equal(capture.split("/")[0] in ("examples", "corpus"), True, capture)


def test_detectors_named():
    """the detectors that the table names are there"""
    for _, _, wanted in rows():
        path = os.path.join(tap.ROOT, "sql", "issues", wanted + ".sql")
        tap.equal(wanted == "healthy" or os.path.exists(path), True, wanted)


def compare(folder):
    there = [row for row in rows() if row[0].startswith(folder) and os.path.exists(path_of(row[0]))]
    if not there:
        raise tap.Skip("no captures of %s are there" % folder)
    tap.equal([wrong for wrong in (check(*row) for row in there) if wrong], [])


def test_examples():
    """the first issue of the captures in examples/ is the one that the table names"""
    compare("examples")


def test_corpus():
    """the first issue of the captures in the folder PCAPDEX_CORPUS is the one that the table names"""
    compare("corpus")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
