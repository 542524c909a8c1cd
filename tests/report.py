#!/usr/bin/env python3
"""pcapdex report: its formats agree, its HTML is whole and needs nothing, and no text of a case becomes markup in it."""
import html.parser
import json
import os
import re
import sqlite3
import struct
import sys

from paths import EXAMPLES
import tap
from tap import contains, equal, pcapdex

VOID = {"meta", "rect", "line", "br"}
ELEMENTS = VOID | set("html head title style body header nav main section footer h1 h2 h3 h4 p ol ul li a span b i dl div dt dd "
                      "article figure figcaption table thead tbody tr th td svg g text details summary pre code".split())
ATTRIBUTES = set("lang charset name content http-equiv id class href title tabindex scope width height x y x1 x2 y1 y2 rx role "
                 "aria-label aria-hidden".split())

# What a host, a name, a reason could hold to become markup somewhere.
HOSTILE = ("<script>alert(1)</script>", "\"onload=\"x", "'><img src=x onerror=alert(1)>", "</style></title><h1>x",
           "`code` | cell | **bold** [a](http://b.c) ![i](x) ~~s~~ $x$ <b>", "# heading", "- item", "1. item", "&lt;b&gt; &amp;",
           "www.evil.example http://evil.example", "\x1b[31mred", "right\u202eleft", "</pre>```\n# x", "]]>-->", "_em_ \\",
           "  # heading", "     code", "a\u061cb\u00adc\u2066d")


class Page(html.parser.HTMLParser):
    """Every tag closed in its order, ids once; what links lead to; the text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.text, self.rows, self.headings, self.classes = [], [], [], [], 0, [], []
        self.level = 0
        self.feed(text)
        self.close()
        equal(self.open, [], "elements left open")

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            raise AssertionError("element %s at %s" % (tag, self.getpos()))
        if tag not in VOID:
            self.open.append(tag)
        self.rows += tag == "tr" and "tbody" in self.open
        if re.fullmatch("h[1-6]", tag):
            equal(int(tag[1]) <= self.level + 1, True, "level of the heading at %s" % (self.getpos(),))
            self.level = int(tag[1])
        for name, value in attrs:
            if name not in ATTRIBUTES:
                raise AssertionError("attribute %s of %s at %s" % (name, tag, self.getpos()))
            if name == "id":
                self.ids.append(value)
            if name == "class":
                self.classes += value.split()
            if name == "href":
                self.links.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        equal(tag, self.open.pop() if self.open else None, "end tag at %s" % (self.getpos(),))

    def handle_data(self, data):
        self.text.append(data)
        if self.open and self.open[-1] in ("h2", "h3", "figcaption"):
            self.headings.append(data.strip())

    def handle_comment(self, data):
        raise AssertionError("a comment: %r" % data)


def examples():
    pcapdex("ingest", "-q", "-o", "case.db", EXAMPLES)
    return "case.db"


def write(case, *options, ends=0):
    """The three formats: the page, the Markdown, the object."""
    texts = []
    for name in ("out.html", "out.md", "out.json"):
        done = pcapdex("report", "-q", case, "-o", name, *options)
        equal((done.returncode, done.stderr), (ends, ""), name)
        with open(name, encoding="utf-8", newline="") as file:
            texts.append(file.read())
    return texts[0], texts[1], json.loads(texts[2])


def check_page(text):
    page = Page(text)
    equal(len(page.ids), len(set(page.ids)), "ids that are there once")
    for link in page.links:
        equal(link[0], "#", link)
        contains(page.ids, link[1:])
    outside = re.sub(r"<pre>.*?</pre>", "", text, flags=re.S)
    equal(re.findall(r"<(?![a-z/]|!DOCTYPE)", outside), [], "markup")
    for attribute in re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', outside):
        if not re.fullmatch(r"-?[0-9.]+%?", attribute):
            raise AssertionError("a length of %r" % attribute)
    for word in ("@import", "url(", "<script", "<link", "<img"):
        if word in outside:
            raise AssertionError("%s in the page" % word)
    return page


def outside_fences(text):
    lines, fence = [], None
    for line in text.split("\n"):
        match = re.match(r"(`{3,})(sql)?$", line)
        if match and fence is None:
            fence = match[1]
        elif fence and line == fence:
            fence = None
        elif fence is None:
            lines.append(line)
    equal(fence, None, "an open fence")
    return lines


def check_markdown(text):
    columns = None
    for line in outside_fences(text):
        if re.match(r" *(\* )*( +#|     )", line):
            raise AssertionError("a block in Markdown: %r" % line)
        if re.search("[<>]", line):
            raise AssertionError("HTML in Markdown: %r" % line)
        pipes = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
        columns = columns or pipes
        equal(pipes, columns if line.startswith("|") else 0, "cells of %r" % line)
        columns = columns if line.startswith("|") else None


def blocks(document):
    for chapter in document["chapters"]:
        yield from chapter["blocks"]


def test_page():
    """the HTML of all examples is well-formed, loads nothing, and its links lead somewhere"""
    text, _, _ = write(examples())
    page = check_page(text)
    contains(text, "<!DOCTYPE html>", "default-src 'none'", "prefers-color-scheme", "@media print", "<svg")
    contains(page.headings, "Summary", "Performance", "TCP")
    for name in ("Figure", "Table"):
        numbers = re.findall(r"<figcaption><b>%s (\d+)</b>" % name, text)
        equal(numbers, [str(i) for i in range(1, len(numbers) + 1)], name)


def test_formats():
    """HTML, Markdown and JSON have the same chapters, blocks, rows and words"""
    text, markdown, document = write(examples())
    page, lines = check_page(text), outside_fences(markdown)
    check_markdown(markdown)
    chapters = [c["title"] for c in document["chapters"]]
    equal([line[3:] for line in lines if line.startswith("## ")], chapters + ["Where each figure comes from"])
    equal([h for h in re.findall(r"<h2>(.*?)</h2>", text)], chapters + ["Where each figure comes from"])
    tables = [b for b in blocks(document) if b["form"] == "table"]
    charts = [b for b in blocks(document) if b["form"] in ("bars", "columns", "stack")]
    equal(page.rows, sum(len(b["rows"]) for b in tables), "rows of HTML tables")
    equal(sum(line.startswith("|") for line in lines), sum(len(b["rows"]) + 2 for b in tables + charts), "lines of tables")
    equal(text.count("<article"), sum(len(b["rows"]) for b in blocks(document) if b["form"] == "cards"), "cards")
    equal(text.count("<pre>"), sum(1 for _ in blocks(document)), "statements")
    words, plain = "".join(page.text), re.sub(r"\\(.)", r"\1", "\n".join(lines))
    for block in blocks(document):
        contains(words, block["title"])
        contains(plain, block["title"])
        for row in block["rows"]:
            for value in row.values():
                if isinstance(value, str) and "\n" not in value and not re.search("[<>&]", value):
                    contains(words, value)
                    contains(plain, value.replace(" ", ", ") if re.fullmatch(r"\d+( \d+)+", value) and value not in plain
                             else value)


def ipv4(protocol, payload):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, bytes((192, 0, 2, 1)),
                       bytes((192, 0, 2, 2))) + payload


def capture(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 1700000000, number * 1000, len(frame), len(frame)) + frame)


def hostile_frames():
    for place, word in enumerate(HOSTILE):
        label = word.encode()[:60]
        question = b"".join(bytes([len(part)]) + part for part in (label, b"example")) + b"\0\0\1\0\1"
        query = struct.pack("!HHHHHH", place, 0x0100, 1, 0, 0, 0) + question
        answer = struct.pack("!HHHHHH", place, 0x8183, 1, 0, 0, 0) + question
        yield ipv4(17, struct.pack("!HHHH", 5000 + place, 53, 8 + len(query), 0) + query)
        frame = bytearray(ipv4(17, struct.pack("!HHHH", 53, 5000 + place, 8 + len(answer), 0) + answer))
        frame[12:16], frame[16:20] = frame[16:20], frame[12:16]
        yield bytes(frame)
        line = word.replace("\n", " ").encode()
        get = b"GET /" + line.replace(b" ", b"%20") + b" HTTP/1.1\r\nHost: " + line + b"\r\n\r\n"
        yield ipv4(6, struct.pack("!HHIIBBHHH", 6000 + place, 80, 1, 1, 0x50, 0x18, 1000, 0, 0) + get)
        reply = b"HTTP/1.1 500 " + line + b"\r\nServer: " + line + b"\r\nContent-Length: 0\r\n\r\n"
        frame = bytearray(ipv4(6, struct.pack("!HHIIBBHHH", 80, 6000 + place, 1, 1 + len(get), 0x50, 0x18, 1000, 0, 0) + reply))
        frame[12:16], frame[16:20] = frame[16:20], frame[12:16]
        yield bytes(frame)


def test_hostile_packets():
    """names on the wire that hold markup are shown as text"""
    capture("hostile.pcap", hostile_frames())
    pcapdex("ingest", "-q", "-o", "case.db", "hostile.pcap", "--capture", "<u>`a`|b</u>")
    text, markdown, document = write("case.db")
    page = check_page(text)
    check_markdown(markdown)
    contains("".join(page.text), HOSTILE[0], "<u>`a`|b</u>")
    contains(json.dumps(document), "<script>alert(1)</script>")
    contains("\n".join(outside_fences(markdown)), "&lt;script&gt;", "&lt;u&gt;\\`a\\`\\|b&lt;/u&gt;")
    for bad in ("\x1b", "\u202e", "\u061c", "\u00ad", "\u2066"):
        for form in (text, markdown):
            if bad in form:
                raise AssertionError("%r in a report" % bad)


def test_hostile_case():
    """so is text that somebody else put into the case: into every column that holds any"""
    case = examples()
    with sqlite3.connect(case) as db:
        db.execute("INSERT INTO issues SELECT NULL, capture_id, 'x', 'security', 'critical', 4, 'tcp', first_ts_ns, 'a', 'b', NULL, "
                   "'t', 's', 1, 'c', 0.9, 'r' FROM captures")
        db.execute("INSERT INTO issue_links SELECT min(issue_id), max(issue_id), 'r', 0.5, 'w' FROM issues")
        tables = [name for name, in db.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                                               " AND name NOT LIKE 'sqlite%'")]
        for table in tables:
            for _, column, kind, _, _, key in list(db.execute("PRAGMA table_info(%s)" % table)):
                if kind == "TEXT" and not key:
                    unique = " || rowid" if (table, column) == ("captures", "name") else ""
                    db.execute("UPDATE OR IGNORE %s SET %s = ifnull(%s, '') || ?%s" % (table, column, column, unique),
                               ["\n".join(HOSTILE)])
    text, markdown, document = write(case)
    check_page(text)
    check_markdown(markdown)
    contains(json.dumps(document), "<script>alert(1)</script>")


def test_hostile_numbers():
    """numbers of issues and severities that are text: no markup, no link, no class of their own; the page keeps its width"""
    case = examples()
    words = ["\"><meta/http-equiv=refresh/content=0;url=//evil.example>", "\"class=\"x", "W" * 3000, "7 8", "<b>"]
    with sqlite3.connect(case) as db:
        db.execute("DROP TRIGGER issues_before_capture")
        db.execute("CREATE TABLE old AS SELECT * FROM issues")
        db.execute("DROP TABLE issues")
        db.execute("ALTER TABLE old RENAME TO issues")
        ids = [number for number, in db.execute("SELECT issue_id FROM issues ORDER BY rank DESC")]
        for number, word in zip(ids, words):
            db.execute("UPDATE issues SET issue_id = ?, severity = ? WHERE issue_id = ?", [word, word, number])
    text, markdown, document = write(case)
    page = check_page(text)
    check_markdown(markdown)
    contains("".join(page.text), words[0], words[2])
    contains(json.dumps(document), json.dumps(words[0]))
    for name in page.ids + page.classes:
        if not re.fullmatch("[a-z0-9-]+", name):
            raise AssertionError("id or class %r" % name)


def test_case_that_never_ends():
    """a case whose tables are statements without an end is stopped at the time limit; nothing is written"""
    case = examples()
    with sqlite3.connect(case) as db:
        db.execute("DROP TABLE issues")
        db.execute("CREATE VIEW issues AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS issue_id, "
                   "1 AS capture_id, 'x' AS detector, 'security' AS category, 'low' AS severity, 1 AS rank, 'tcp' AS protocol, "
                   "1 AS ts_ns, 'a' AS src, 'b' AS dst, NULL AS flow_id, 't' AS title, 's' AS symptoms, 1 AS value, 'c' AS cause, "
                   "0.3 AS confidence, 'r' AS remedies FROM n")
    done = pcapdex("report", case, "-o", "out.html", "--timeout", "1")
    equal(done.returncode, 3, done.stderr)
    contains(done.stderr, "longer than the time limit")
    equal(sorted(os.listdir()), ["case.db"])


def test_case_that_is_large():
    """twenty thousand issues with long words make a page below 2 MB, and it says what it leaves out"""
    case = examples()
    with sqlite3.connect(case) as db:
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO issues "
                   "SELECT NULL, 1, 'tcp-' || i % 200, 'security', 'high', 3, 'tcp', 1, '192.0.2.' || i % 250, 'b' || i, NULL, "
                   "'title', printf('%.900c', 's'), 1, printf('%.900c', 'c'), 0.3, printf('%.900c', 'r') FROM n")
    text, _, _ = write(case)
    check_page(text)
    if len(text.encode()) > 2_000_000:
        raise AssertionError("%d bytes" % len(text.encode()))
    contains(text, "Not shown here", "more; pcapdex query CASE.db issues --detector tcp-")


def test_nothing_found():
    """a case without issues says so in a sentence, and chapters without content are left out"""
    pcapdex("ingest", "-q", "-o", "case.db", os.path.join(EXAMPLES, "arp.pcap"))
    with sqlite3.connect("case.db") as db:
        db.execute("DELETE FROM issues")
    text, markdown, document = write("case.db")
    check_page(text)
    contains(markdown, "No issues were found;")
    titles = [c["title"] for c in document["chapters"]]
    for title in ("Issue analysis", "Issues and their evidence", "Recommendations", "TCP", "DNS"):
        if title in titles:
            raise AssertionError("%s is there" % title)


def test_no_packets():
    """a case without a packet has a report, too"""
    capture("empty.pcap", [])
    pcapdex("ingest", "-q", "-o", "case.db", "empty.pcap")
    text, markdown, _ = write("case.db")
    check_page(text)
    contains(markdown, "Capture empty: 0 packets (0 bytes) in 0 flows.")


def test_narrowing():
    """--protocol and --capture narrow the report; a protocol that the case has not is an error with the nearest name"""
    case = examples()
    _, markdown, document = write(case, "--protocol", "dns", "--capture", "dns")
    contains(markdown, "Only what concerns the protocol dns.", "Only the capture dns.")
    titles = [c["title"] for c in document["chapters"]]
    contains(titles, "DNS")
    for title in ("TLS", "HTTP", "ICMP", "Routing"):
        if title in titles:
            raise AssertionError("%s is there" % title)
    protocols = [r["protocol"] for b in blocks(document) if b["title"].startswith("Protocols") for r in b["rows"]]
    if not protocols or not all("dns" in p for p in protocols):
        raise AssertionError(protocols)
    done = pcapdex("report", case, "--protocol", "dnss")
    equal((done.returncode, done.stdout), (2, ""))
    contains(done.stderr, "--protocol dnss: the case has none", "dns?")
    done = pcapdex("report", case, "--capture", "no-such")
    equal((done.returncode, done.stdout), (2, ""))


def test_compared():
    """captures that were compared: what was lost between them, and whether it is the network"""
    case = examples()
    titles = [c["title"] for c in write(case)[2]["chapters"]]
    if "Between capture points" in titles:
        raise AssertionError(titles)
    pcapdex("compare", "-q", case, "lossy-client", "lossy-server")
    text, markdown, document = write(case)
    check_page(text)
    check_markdown(markdown)
    contains(markdown, "Of 445 packets of lossy-client, lossy-server has 434;",
             "6 were lost on the way from lossy-client to lossy-server, and 7 on the way back.",
             "2 connections lost more than 100 ms: of 2 it is the network between the points,")
    rows = next(b["rows"] for b in blocks(document) if b["title"] == "Connections that lost most")
    equal([(r["client"], r["server"], r["verdict"], r["number"]) for r in rows],
          [("192.0.2.10", "203.0.113.10 port 7000", "it is the network", "187 of lossy-client"),
           ("192.0.2.10", "203.0.113.10 port 7001", "it is the network", "412 of lossy-client")])
    for option, value in (("--capture", "dns"), ("--protocol", "dns")):
        narrowed = write(case, option, value)[1]
        if "Connections that lost most" in narrowed or (option == "--capture" and "Between capture points" in narrowed):
            raise AssertionError(option)


def test_output():
    """endings and --format choose the format, standard output gets Markdown; what the case needs is not overwritten"""
    pcapdex("ingest", "-q", "-o", "case.db", os.path.join(EXAMPLES, "arp.pcap"))
    begins = {"html": "<!DOCTYPE html>", "markdown": "# Report", "json": "{"}
    for arguments, form in (([], "markdown"), (["-o", "-"], "markdown"), (["--format", "html"], "html"),
                            (["-o", "-", "--format", "json"], "json")):
        done = pcapdex("report", "case.db", *arguments)
        equal((done.returncode, done.stderr), (0, ""))
        equal(done.stdout.startswith(begins[form]), True, " ".join(arguments))
    for name, form in (("a.HTM", "html"), ("a.markdown", "markdown"), ("b.json", "json")):
        done = pcapdex("report", "case.db", "-o", name)
        contains(done.stderr, name, "chapters")
        with open(name, encoding="utf-8") as file:
            equal(file.read().startswith(begins[form]), True, name)
    done = pcapdex("report", "case.db", "-o", "a.pdf")
    equal(done.returncode, 2)
    contains(done.stderr, "end the name in .html, .md or .json")
    done = pcapdex("report", "case.db", "-o", "case.db", "--format", "html")
    equal(done.returncode, 2)
    contains(done.stderr, "the case needs this file")
    done = pcapdex("report", "case.db", "-o", "no/such/folder.html")
    equal(done.returncode, 3)
    equal(pcapdex("report").returncode, 2)
    equal(pcapdex("report", "none.db").returncode, 3)
    equal([name for name in os.listdir() if "partial" in name], [])
    equal(pcapdex("query", "case.db", "captures").returncode, 0)


def test_own_chapter():
    """a chapter is a file: one in the user's folder takes its place, with a form of each kind"""
    os.makedirs("config/pcapdex/reports/report")
    sections = {
        "facts": "SELECT 12.5 AS delay_ms, 'x' AS word, NULL AS none", "tiles": "SELECT 'a' AS label, 3 AS count, 'high' AS severity",
        "bars": "SELECT 'b' AS name, 7 AS bytes", "columns": "SELECT 1 AS time_s, 2 AS mbit_per_s",
        "stack": "SELECT 1 AS time_s, 2 AS first, 3 AS second", "list": "SELECT 'low' AS severity, 'word' AS title, 'l' AS line",
        "text": "SELECT 'paragraph' AS line", "cards": "SELECT 'card' AS title, 'one' || char(10) || 'two' AS items",
        "table": "SELECT 123456 AS packets, 99999 AS flow, 1234567 AS bytes, 0.25 AS percent, 0.00001 AS delay_s",
    }
    with open("config/pcapdex/reports/report/15-mine.sql", "w", encoding="utf-8") as file:
        file.write("-- My own chapter.\n--\n")
        file.writelines("-- section as %s: My %s\n%s;\n\n" % (form, form, sql) for form, sql in sections.items())
    pcapdex("ingest", "-q", "-o", "case.db", os.path.join(EXAMPLES, "arp.pcap"))
    environment = {**os.environ, "XDG_CONFIG_HOME": os.path.abspath("config")}
    texts = {}
    for form in ("html", "markdown", "json"):
        done = pcapdex("report", "case.db", "--format", form, env=environment)
        equal((done.returncode, done.stderr), (0, ""))
        texts[form] = done.stdout
    check_page(texts["html"])
    check_markdown(texts["markdown"])
    document = json.loads(texts["json"])
    equal([c["title"] for c in document["chapters"]][1], "My own chapter")
    equal([b["form"] for b in document["chapters"][1]["blocks"]], list(sections))
    contains(texts["html"], "<dt>Delay, ms</dt><dd>12.5</dd>", '<li class="t-high"><b>3</b> <span>a</span>', "<b>7 B</b>",
             '<rect class="c1"', "<b>word.</b> l", "<p>paragraph</p>", "<ul><li>one</li><li>two</li></ul>",
             '<td class="n">123,456</td><td class="n">99999</td><td class="n">1.23 MB</td><td class="n">0.25</td>'
             '<td class="n">&lt; 0.001</td>')
    contains(texts["markdown"], "* **Delay, ms:** 12.5", "**3** a", "* low: **word.** l", "  * two",
             "| 123,456 | 99999 | 1.23 MB | 0.25 | &lt; 0.001 |")


def test_absurd_numbers():
    """numbers of any size are shown as large as they are, numbers that are names with every digit; bars have an end"""
    os.makedirs("config/pcapdex/reports/report")
    sections = ("as columns: A\nSELECT 1 AS x, 9e999 AS y_ms UNION ALL SELECT 2, -9e999 UNION ALL SELECT 3, 1e308 UNION ALL SELECT 4, 'x'",
                "as stack: B\nSELECT 'a' AS x, 1e308 AS high, 1e308 AS low UNION ALL SELECT 'b', -1, 1e-320",
                "as bars: C\nSELECT 'a' AS x, 9e999 AS n_bytes, 'x y' AS severity UNION ALL SELECT 'b', 1e308, NULL",
                "as columns: D\nSELECT 1e308 AS time_s, 0.001 AS y_ms UNION ALL SELECT -9e999, 0.0001",
                "as table: E\nSELECT 9007199254740993 AS flow, 9223372036854775807 AS n, 1e300 AS b_percent, 1e308 AS c_number")
    with open("config/pcapdex/reports/report/15-mine.sql", "w", encoding="utf-8") as file:
        file.write("-- Mine.\n--\n" + "".join("-- section %s;\n" % section for section in sections))
    pcapdex("ingest", "-q", "-o", "case.db", os.path.join(EXAMPLES, "arp.pcap"))
    done = pcapdex("report", "case.db", "--format", "html", env={**os.environ, "XDG_CONFIG_HOME": os.path.abspath("config")})
    equal((done.returncode, done.stderr), (0, ""))
    check_page(done.stdout)
    contains(done.stdout, '<td class="n">9007199254740993</td><td class="n">9.22e+18</td><td class="n">1e+300</td>'
             '<td class="n">1e+308</td>', "&lt; 0.001 ms")


def test_unknown_form():
    """a section of a form that there is not is an error that names those there are"""
    os.makedirs("config/pcapdex/reports/report")
    with open("config/pcapdex/reports/report/15-mine.sql", "w", encoding="utf-8") as file:
        file.write("-- Mine.\n-- section as pie: x\nSELECT 1;\n")
    pcapdex("ingest", "-q", "-o", "case.db", os.path.join(EXAMPLES, "arp.pcap"))
    done = pcapdex("report", "case.db", env={**os.environ, "XDG_CONFIG_HOME": os.path.abspath("config")})
    equal((done.returncode, done.stdout), (3, ""))
    contains(done.stderr, "a section's form is one of table|text|list")


sys.exit(tap.main(sys.modules[__name__]))
