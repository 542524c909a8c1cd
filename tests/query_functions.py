#!/usr/bin/env python3
"""The SQL functions where they meet files and other programs: packet_bytes, and the extension in sqlite3."""
import gzip
import os
import shutil
import sqlite3
import subprocess
import sys

import packets
import tap

EXTENSION = tap.PROGRAM + ".so"
COUNT = 3000


def write_capture(name="a.pcap"):
    """Frames that differ in length and content; their bytes in hex."""
    frames = [packets.frame("eth / ip 10.0.0.1 > 10.0.0.2 / udp 1000 > %d data=\"%s\"" % (1 + n, "x" * (n % 200)))
              for n in range(COUNT)]
    records = [packets.pcap_record(10**18 + n * 10**6, frame, None, False, "<") for n, frame in enumerate(frames)]
    with open(name, "wb") as file:
        file.write(packets.pcap_header(1, 262144, False, "<") + b"".join(records))
    return [frame.hex() for frame in frames]


def ingest(name):
    found = tap.pcapdex("ingest", "--quiet", "-o", "case.db", name)
    tap.equal((found.returncode, found.stderr), (0, ""))


def bytes_of_packets(order="packet_id", arguments="packet_id"):
    found = tap.pcapdex("query", "case.db", "SELECT packet_bytes(%s) AS x FROM packets ORDER BY %s" % (arguments, order),
                        "--format", "tsv", "--no-header")
    tap.equal((found.returncode, found.stderr), (0, ""))
    return found.stdout.split()


def test_plain():
    """packet_bytes gives the bytes of a plain file, in any order"""
    frames = write_capture()
    ingest("a.pcap")
    tap.equal(bytes_of_packets(), frames)
    tap.equal(bytes_of_packets("packet_id % 7, packet_id DESC")[0], frames[COUNT - COUNT % 7 - 1])
    tap.equal(bytes_of_packets(arguments="packet_id, file_offset, captured_len"), frames)


def compressed(name, command):
    frames = write_capture()
    with open("a.pcap", "rb") as plain, open(name, "wb") as file:
        if command is None:
            data = plain.read()
            file.write(gzip.compress(data[:1000]) + gzip.compress(data[1000:]))
        elif not shutil.which(command[0]):
            raise tap.Skip(command[0] + " is not installed")
        else:
            subprocess.run(command, stdin=plain, stdout=file, stderr=subprocess.DEVNULL, check=True)
    ingest(name)
    tap.equal(bytes_of_packets(), frames)
    tap.equal(bytes_of_packets("packet_id > 1500, packet_id")[:1500], frames[:1500])
    tap.equal(bytes_of_packets("packet_id <= 1500, packet_id")[-1500:], frames[:1500])


def test_gzip():
    """packet_bytes reads gzip, in several members"""
    compressed("a.pcap.gz", None)


def test_zstd():
    """packet_bytes reads zstd"""
    compressed("a.pcap.zst", ["zstd", "-q"])


def test_lz4():
    """packet_bytes reads lz4"""
    compressed("a.pcap.lz4", ["lz4", "-q"])


def refused(*words):
    found = tap.pcapdex("query", "case.db", "SELECT packet_bytes(7)")
    tap.equal((found.returncode, found.stdout), (3, ""))
    tap.contains(found.stderr, "a.pcap", *words)


def test_gone_or_changed():
    """packet_bytes says when the file is gone, has another size or other bytes, or is none"""
    frames = write_capture()
    ingest("a.pcap")
    with open("a.pcap", "rb") as file:
        data = file.read()
    with open("a.pcap", "wb") as file:
        file.write(data + b"x")
    refused("has changed")
    with open("a.pcap", "wb") as file:
        file.write(data[:-1] + bytes([data[-1] ^ 1]))
    refused("has changed")
    os.remove("a.pcap")
    refused("is gone")
    os.mkdir("a.pcap")
    refused("not a regular file")
    os.rmdir("a.pcap")
    os.mkfifo("a.pcap")
    refused("not a regular file")
    os.remove("a.pcap")
    with open("a.pcap", "wb") as file:
        file.write(data)
    tap.equal(bytes_of_packets(), frames)
    found = tap.pcapdex("query", "case.db", "SELECT packet_bytes(NULL) AS a, packet_bytes(99999) AS b", "--format", "tsv")
    tap.equal(found.stdout, "a\tb\n\t\n")


def test_standard_input():
    """packet_bytes of what came through standard input is not there"""
    write_capture()
    with open("a.pcap", "rb") as file:
        tap.pcapdex("ingest", "--quiet", "-o", "case.db", "-", stdin=file)
    found = tap.pcapdex("query", "case.db", "SELECT packet_bytes(1)")
    tap.equal(found.returncode, 3)
    tap.contains(found.stderr, "not read from a file")


def write_fragments(name, count=200):
    """A flow of datagrams in two pieces, the first ones of all before the last ones; what it said."""
    first = ["eth / ip 10.0.0.1 > 10.0.0.2 id=%d mf / udp 1000 > 2000 data=\"n%07d\" len=24 sum=0" % (n + 1, n)
             for n in range(count)]
    last = ["eth / ip 10.0.0.1 > 10.0.0.2 id=%d frag=16 proto=17 / data \"n%07d\"" % (n + 1, n) for n in range(count)]
    records = [packets.pcap_record(10**18 + n * 10**6, packets.frame(text), None, False, "<")
               for n, text in enumerate(first + last)]
    with gzip.open(name, "wb") as file:
        file.write(packets.pcap_header(1, 262144, False, "<") + b"".join(records))
    return "".join("n%07dn%07d" % (n, n) for n in range(count))


def follow(flow):
    found = tap.pcapdex("query", "case.db", "follow", "--flow", str(flow), "--format", "raw")
    tap.equal((found.returncode, found.stderr), (0, ""))
    return found.stdout


def test_fragments():
    """datagrams are put together from a compressed file, which is read once, and those of one packet"""
    said = write_fragments("a.pcap.gz")
    ingest("a.pcap.gz")
    tap.equal(follow(2), said)
    found = tap.pcapdex("query", "case.db", "SELECT packet_payload(399) AS a, packet_payload(NULL) AS b, "
                        "length(packet_payload(3)) AS c, length(packet_payload(9999)) AS d", "--format", "tsv", "--no-header")
    tap.equal(found.stdout, b"n0000198n0000198".hex() + "\t\t16\t0\n")


def test_fragments_that_lie():
    """of a case that lies about fragments come whole datagrams or none, and it ends"""
    said = write_fragments("a.pcap.gz")
    datagrams = {said[i:i + 16] for i in range(0, len(said), 16)}
    ingest("a.pcap.gz")
    lies = ("previous_packet_id = packet_id", "previous_packet_id = 401 - packet_id", "previous_packet_id = 1",
            "first_packet_id = 1, previous_packet_id = packet_id - 1, completes = 1", "previous_packet_id = 1 << 62",
            "completes = 1", "packet_id = 'x', first_packet_id = -1", "packet_id = (packet_id + 7) % 400")
    for lie in lies:
        shutil.copyfile("case.db", "honest.db")
        db = sqlite3.connect("case.db")
        db.execute("UPDATE fragments SET " + lie)
        db.commit()
        db.close()
        follow(1)
        found = follow(2)
        tap.equal({found[i:i + 16] for i in range(0, len(found), 16)} <= datagrams, True, lie)
        for report in ("fragments", "issues"):
            tap.equal(tap.pcapdex("query", "case.db", report).returncode, 0)
        tap.equal(tap.pcapdex("query", "case.db", "SELECT sum(length(packet_payload(packet_id))) FROM packets").returncode, 0)
        shutil.move("honest.db", "case.db")


def test_views_without_functions():
    """every view of a case can be read by a client that has none of the functions"""
    write_capture()
    ingest("a.pcap")
    db = sqlite3.connect("case.db")
    views = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")]
    for name in views:
        db.execute("SELECT * FROM %s" % name).fetchall()
    db.close()
    tap.equal(len(views) > 10, True)


def sqlite(sql):
    return subprocess.run(["sqlite3", "-cmd", ".load " + os.path.splitext(EXTENSION)[0], "case.db", sql],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def test_extension():
    """the extension gives the functions to sqlite3"""
    if not shutil.which("sqlite3"):
        raise tap.Skip("sqlite3 is not installed")
    if tap.SANITIZED:
        raise tap.Skip("sqlite3 itself is not built with the sanitizers")
    frames = write_capture()
    ingest("a.pcap")
    found = sqlite("SELECT lower(hex(packet_bytes(2))), tcp_flags(18), ip_in('10.0.0.1', '10.0.0.0/8'), iso_time(0), "
                   "median(number), percentile(number, 100), 'web-1' REGEXP '^web-\\d$' FROM packets")
    tap.equal(found.stdout + found.stderr, frames[1] + "|S.|1|1970-01-01T00:00:00.000000000Z|1500.5|3000.0|1\n")
    found = sqlite("SELECT ip_in('10.0.0.1', 'x')")
    tap.contains(found.stderr, "not an address")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
