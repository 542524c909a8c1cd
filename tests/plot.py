#!/usr/bin/env python3
"""query --plot: what is drawn, in SVG where it can be read again, and as text for a terminal; hostile names; messages.

Needs gnuplot, but for the messages.
"""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as xml

import tap

SVG = "{http://www.w3.org/2000/svg}"


def need_gnuplot():
    if not shutil.which("gnuplot"):
        raise tap.Skip("gnuplot is not installed")


def case_of(example, case="case.db"):
    path = os.path.join(tap.ROOT, "examples", example)
    tap.equal(tap.pcapdex("ingest", "-q", "-o", case, path).returncode, 0, example)
    return case


def plot(*words):
    done = tap.pcapdex("query", *words, "--plot", "out.svg")
    tap.equal((done.returncode, done.stdout), (0, ""), done.stderr)
    return done.stderr


class Picture:
    """An SVG file: the texts in it, and the series as gnuplot numbers them."""

    def __init__(self, path="out.svg"):
        self.root = xml.parse(path).getroot()
        self.texts = ["".join(t.itertext()).strip() for t in self.root.iter(SVG + "text")]
        titles = [t.text for t in self.root.iter(SVG + "title")]
        self.series = [t for t in titles if t and t.startswith("gnuplot_plot_")]

    def symbols(self, series):
        """Points that a series has, without the one in the legend."""
        for group in self.root.iter(SVG + "g"):
            if group.get("id") == series:
                return max(0, sum(1 for _ in group.iter(SVG + "use")) - 1)
        raise AssertionError("no %s" % series)

    def lines(self, series):
        """The corners of a series' line, without the line in the legend."""
        for group in self.root.iter(SVG + "g"):
            if group.get("id") == series:
                path = [p.get("d") for p in group.iter(SVG + "path")][-1].split("M")[-1]
                return [tuple(map(float, c)) for c in re.findall(r"([\d.]+),([\d.]+)", path)]
        raise AssertionError("no %s" % series)


def test_window():
    """window: both sides' windows and ACKs, two axes, zero windows marked"""
    need_gnuplot()
    plot(case_of("stalled-reader-ns.pcap"), "window", "--flow", 3)
    picture = Picture()
    tap.equal(len(picture.series), 5, "series")
    for text in ("Receive window and acknowledgments", "Window of src", "Window of dst", "ACK of src", "ACK of dst",
                 "Zero window", "Receive window (kB)", "Acknowledgment number, relative (kB)",
                 "Time since the flow's first packet (s)",
                 "flow 3: tcp 192.0.2.10:44538 \N{RIGHTWARDS ARROW} 203.0.113.10:7000 in stalled-reader-ns"):
        tap.equal(picture.texts.count(text), 1, text)
    db = sqlite3.connect("case.db")
    zero = db.execute("SELECT count(*) FROM packets WHERE flow_id = 3 AND window = 0").fetchone()[0]
    tap.equal(picture.symbols("gnuplot_plot_5"), zero, "zero windows")
    assert zero > 2, zero


def test_sequence():
    """sequence: segments, ACKs, SACK blocks, the window's limit, and each kind of segment that is out of the ordinary"""
    need_gnuplot()
    plot(case_of("lossy-client.pcapng.zst"), "sequence", "--flow", 3)
    picture = Picture()
    for text in ("Segments of dst", "Acknowledged by src", "Window limit of src", "SACKed by src",
                 "Sequence number, relative (kB)"):
        tap.equal(picture.texts.count(text), 1, text)
    db = sqlite3.connect("case.db")
    kinds = dict(db.execute("SELECT kind, count(*) FROM tcp_events WHERE flow_id = 3 AND direction = 1 AND kind IN "
                            "('retransmission', 'fast_retransmission', 'spurious_retransmission', 'out_of_order') "
                            "GROUP BY 1").fetchall())
    names = ["Retransmission", "Fast retransmission", "Spurious retransmission", "Out of order"]
    drawn = [name for name in names if kinds.get(name.lower().replace(" ", "_"))]
    tap.equal([t for t in picture.texts if t in names], drawn, "kinds")
    for number, name in enumerate(drawn, 5):
        tap.equal(picture.symbols("gnuplot_plot_%d" % number), kinds[name.lower().replace(" ", "_")], name)
    tap.equal(len(picture.series), 4 + len(drawn), "series")


def test_others():
    """rtt and throughput draw as many points and bars as they have rows; PNG and PDF are such files"""
    need_gnuplot()
    case = case_of("web-client.pcapng")
    plot(case, "rtt", "--flow", 4)
    rows = len(tap.pcapdex("query", case, "rtt", "--flow", 4, "--format", "jsonl").stdout.splitlines())
    picture = Picture()
    tap.equal(picture.symbols("gnuplot_plot_1") + picture.symbols("gnuplot_plot_2"), rows, "points")
    tap.contains(picture.texts, "Round-trip time (ms)", "Segments of src", "Segments of dst")
    plot(case, "throughput", "--bucket-ms", 100)
    tap.contains(Picture().texts, "Throughput", "Throughput on the wire (Mbit/s)", "web-client")
    for name, magic in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")):
        done = tap.pcapdex("query", case, "window", "--flow", 4, "--plot", name)
        tap.equal(done.returncode, 0, done.stderr)
        with open(name, "rb") as file:
            tap.equal(file.read(4), magic, name)


def test_any_rows():
    """rows that do not say how: numbers by unit, split by a text with few values; packet numbers are no values"""
    need_gnuplot()
    case = case_of("web-client.pcapng")
    sql = "SELECT ts_ns, number, wire_len AS bytes, ack_rtt_ns / 1e6 AS rtt_ms, ttl AS x_percent, " \
          "iif(direction, 'dst', 'src') AS side FROM packets WHERE flow_id = 4"
    error = plot(case, sql)
    tap.contains(error, "not drawn, because a plot has two axes: x_percent")
    picture = Picture()
    tap.equal(len(picture.series), 4, "series")
    tap.contains(picture.texts, "bytes: src", "bytes: dst", "rtt (ms): src", "rtt (ms): dst", "rtt (ms)",
                 "time since the first row (s)")
    for sql, part in (("SELECT 1 AS n", "no column of these rows is a time"),
                      ("SELECT 1 AS duration_s, 2 AS mbit_per_s", "no column of these rows is a time"),
                      ("SELECT 1 AS time_s, 'x' AS y", "no numbers beside the time")):
        done = tap.pcapdex("query", case, sql, "--plot", "b.svg")
        tap.equal((done.returncode, os.path.exists("b.svg")), (2, False))
        tap.contains(done.stderr, part)
    for words in (("window", "--flow", 1), ("pings",), ("SELECT 1 AS n WHERE 0",)):
        done = tap.pcapdex("query", case, *words, "--plot", "b.svg")
        tap.equal((done.returncode, os.path.exists("b.svg")), (0, False), words)
        tap.contains(done.stderr, "nothing to draw")


def test_order():
    """lines go forward in time, in whatever order the rows come; a point that no line goes to is a dot"""
    need_gnuplot()
    case = case_of("web-client.pcapng")
    plot(case, "SELECT column1 AS time_s, column2 AS y FROM (VALUES (1, 1), (5, 2), (3, 3), (4, 4))")
    sorted_line = Picture().lines("gnuplot_plot_1")
    tap.equal([x for x, _ in sorted_line], sorted(x for x, _ in sorted_line), "order")
    tap.equal((len(sorted_line), Picture().symbols("gnuplot_plot_1")), (4, 0), "a line without dots")
    plot(case, "SELECT 1 AS time_s, 1 AS y, 'a' AS z UNION ALL SELECT 2, 2, 'b' UNION ALL SELECT 3, 1, 'b'")
    tap.equal((Picture().symbols("gnuplot_plot_1"), Picture().symbols("gnuplot_plot_2")), (1, 0), "dots")


def test_terminal():
    """--plot - draws text as wide as COLUMNS says of a terminal, 100 columns elsewhere"""
    need_gnuplot()
    done = tap.pcapdex("query", case_of("web-client.pcapng"), "sequence", "--flow", 4, "--plot", "-")
    tap.equal((done.returncode, done.stderr), (0, ""))
    lines = done.stdout.rstrip("\n").split("\n")
    assert 25 <= len(lines) <= 31 and max(map(len, lines)) <= 100, (len(lines), max(map(len, lines)))
    tap.contains(done.stdout, "Time-sequence graph", "flow 4: tcp 192.0.2.10:50184 -> 203.0.113.10:80 in web-client",
                 "Acknowledged by src", "Time since the flow's first packet (s)", "+-----")
    assert re.fullmatch(r"[ -~\n]*", done.stdout), "something but printable ASCII"
    if not shutil.which("script"):
        return
    shown = subprocess.run(["script", "-qec", "COLUMNS=60 LINES=21 '%s' query case.db rtt --flow 4 --plot -" %
                            tap.PROGRAM, "/dev/null"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    lines = shown.replace("\r", "").rstrip("\n").split("\n")
    assert max(map(len, lines)) <= 60 and len(lines) <= 20, (max(map(len, lines)), len(lines))


def test_hostile():
    """names of captures and texts of rows mean nothing to gnuplot, SVG, or a terminal"""
    need_gnuplot()
    case = case_of("web-client.pcapng")
    evil = "'; system('touch pwned'); '`touch pwned2`\"@x\\n\x1b[31m\n<script>&_{2}^3$d0"
    db = sqlite3.connect(case)
    db.execute("UPDATE captures SET name = ?", (evil,))
    db.commit()
    db.close()
    sql = "SELECT number / 10.0 AS time_s, wire_len AS bytes, iif(number % 2, (SELECT name FROM captures), 'b') AS kind " \
          "FROM packets"
    for words in (("throughput",), ("rtt", "--flow", 4), (sql,)):
        plot(case, *words)
        texts = Picture().texts
        assert any("'; system('touch pwned'); '`touch pwned2`" in t and "<script>&_{2}^3$d0" in t and "\x1b" not in t
                   for t in texts), texts
        done = tap.pcapdex("query", case, *words, "--plot", "-")
        tap.equal(done.returncode, 0, done.stderr)
        assert "\x1b" not in done.stdout
    db = sqlite3.connect(case)
    db.execute("CREATE TABLE t(\"a'`touch pwned3`\", time_s)")
    db.execute("INSERT INTO t VALUES (1, 1), (2, 2)")
    db.commit()
    db.close()
    plot(case, "SELECT * FROM t")
    tap.equal([name for name in os.listdir(".") if name.startswith("pwned")], [], "files")
    plot(case, "SELECT 1 AS time_s, 2 AS y_ms, printf('%.*c', 5000000, 'x') AS name UNION ALL SELECT 2, 3, 'b'")
    assert os.path.getsize("out.svg") < 100_000, os.path.getsize("out.svg")


def test_messages():
    """without gnuplot, with an ending that is none, with other ways of printing"""
    case = case_of("web-client.pcapng")
    for words, code, part in ((("--plot", "x.svg"), 3, "gnuplot is not installed"),
                              (("--plot", "-"), 3, "gnuplot is not installed"),
                              (("--plot", "x.gif"), 2, "ends in .svg, .png or .pdf"),
                              (("--plot", "x.svg", "--format", "csv"), 2, "--plot prints no rows"),
                              (("--plot", "x.svg", "--wireshark"), 2, "--plot prints no rows"),
                              (("--plot", "missing/x.svg"), 3, "missing/x.svg: cannot be written")):
        os.makedirs("empty", exist_ok=True)
        done = tap.pcapdex("query", case, "rtt", "--flow", 4, *words, env={**os.environ, "PATH": "empty"})
        tap.equal((done.returncode, done.stdout), (code, ""), " ".join(words))
        tap.contains(done.stderr, part)
        assert not os.path.exists("x.svg")


def test_what_is_there():
    """a picture that was there stays when a new one is not drawn; a capture of the case is not drawn over"""
    case = case_of("web-client.pcapng")
    with open("x.svg", "w", encoding="utf-8") as file:
        file.write("old")
    done = tap.pcapdex("query", case, "rtt", "--flow", 4, "--plot", "x.svg", env={**os.environ, "PATH": "empty"})
    tap.equal(done.returncode, 3)
    with open("x.svg", encoding="utf-8") as file:
        tap.equal(file.read(), "old")
    os.mkdir("half")
    with open("half/gnuplot", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\ncat > /dev/null\necho '<svg>'\n")
    os.chmod("half/gnuplot", 0o755)
    for name in ("x.svg", "new.png"):
        done = tap.pcapdex("query", case, "rtt", "--flow", 4, "--plot", name, env={**os.environ, "PATH": "half:/usr/bin:/bin"})
        tap.equal((done.returncode, os.path.exists("new.png")), (3, False))
        tap.contains(done.stderr, name + ": cannot be written: the picture is cut short")
    with open("x.svg", encoding="utf-8") as file:
        tap.equal(file.read(), "old")
    shutil.copy(os.path.join(tap.ROOT, "examples", "web-client.pcapng"), "y.pcapng")
    tap.equal(tap.pcapdex("ingest", "-q", "-o", "y.db", "y.pcapng").returncode, 0)
    os.rename("y.pcapng", "y.svg")
    size = os.path.getsize("y.svg")
    done = tap.pcapdex("query", "y.db", "rtt", "--flow", 4, "--plot", "y.svg")
    tap.equal((done.returncode, os.path.getsize("y.svg")), (2, size))
    tap.contains(done.stderr, "y.svg: the case needs this file")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
