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
