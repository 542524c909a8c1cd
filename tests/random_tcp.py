#!/usr/bin/env python3
"""Random TCP conversations: pcapdex must say of every packet what tshark says of it. TAP.

usage: random_tcp.py [--seed N] [--seconds N | --conversations N]

tests/tools/random_tcp.c makes the conversations; the same seed makes the same ones. Where one differs, it is made as
small as it still differs, printed as the frames of a text case, and kept in build/random/. RANDOM_SEED and
RANDOM_SECONDS are the defaults, else 1 and 20 s; a build with sanitizers is left out.
"""
import argparse
import contextlib
import ipaddress
import multiprocessing
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

from paths import PROGRAM, ROOT
import tshark
import wireshark

GENERATOR = os.path.join(ROOT, "build", "release", "tests", "tools", "random_tcp")
FOUND = os.path.join(ROOT, "build", "random")
BATCH = 2000           # conversations a capture
FRAMES_MAX = 100000    # of a capture while a conversation is made smaller
SHOWN_MAX = 3          # conversations that are made smaller,
SHRINK_SECONDS = 30    # each in this time,
PRINTED_MAX = 60       # and printed with so many packets: the last ones

VALUES = """tcp.analysis.acks_frame tcp.analysis.ack_rtt tcp.analysis.bytes_in_flight tcp.analysis.duplicate_ack_num
tcp.analysis.duplicate_ack_frame tcp.analysis.rto tcp.analysis.rto_frame""".split()
EVENTS = ["tcp.analysis." + event for event in wireshark.EVENTS]
OTHERS = ["frame.time_epoch", "tcp.flags", "tcp.analysis", "tcp.analysis.initial_rtt"]  # not compared as they are
FIELDS = ["tcp.stream", "tcp.seq", "tcp.len"] + VALUES + EVENTS + OTHERS


# ---- what both say, a line a packet --------------------------------------------------------------------------------

def seconds(expression):
    """SQL: nanoseconds as tshark prints them, which shows no 0."""
    return "iif(%s, printf('%%s%%d.%%09d', iif(%s < 0, '-', ''), abs(%s) / 1000000000, abs(%s) %% 1000000000), '')" % (
        (expression,) * 4)


def of_event(kind, column):
    return "max(iif(e.kind = '%s', %s, NULL))" % (kind, column)


def has_event(name):
    kinds = tshark.RETRANSMISSIONS if name == "retransmission" else (name,)
    return "iif(max(e.kind IN (%s)), 1, '')" % ", ".join("'%s'" % kind for kind in kinds)


def our_query():
    related = "p.number + e.related_packet_id - e.packet_id"
    rto = of_event("retransmission", "e.value")
    columns = ["p.flow_id - 1", "p.seq & 4294967295", "p.payload_len", "p.acks", seconds("p.ack_rtt_ns"),
               "p.bytes_in_flight", of_event("duplicate_ack", "e.value"),
               of_event("duplicate_ack", "coalesce(%s, 0)" % related),
               seconds(rto), "iif(%s, %s, NULL)" % (rto, of_event("retransmission", related))]
    columns += [has_event(name) for name in wireshark.EVENTS]
    line = " || char(9) || ".join("coalesce(%s, '')" % column for column in columns)
    return ("SELECT %s FROM packets p LEFT JOIN tcp_events e USING (packet_id) "
            "GROUP BY p.packet_id ORDER BY p.number" % line)


def ours_of(path, folder):
    """(lines of the packets, {flow: (completeness, initial round trip)})."""
    database = os.path.join(folder, "case.db")
    subprocess.run([PROGRAM, "ingest", "--quiet", path, "-o", database], check=True, timeout=600)
    with contextlib.closing(sqlite3.connect(database)) as db:
        lines = [row[0] for row in db.execute(our_query())]
        flows = {str(flow): (completeness, initial) for flow, completeness, initial in db.execute(
            "SELECT flow_id - 1, completeness, %s FROM flows" % seconds("initial_rtt_ns"))}
    os.remove(database)
    return lines, flows


def run_tshark(path, options, fields):
    command = ["tshark", "-n", *options, "-r", path, "-T", "fields", "-E", "occurrence=f"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True,
                          timeout=600)
    return done.stdout.split("\n")[:-1]


def differing(path):
    """(packets, numbers from 0 of those on which pcapdex and tshark differ)."""
    with tempfile.TemporaryDirectory(prefix="pcapdex-random-") as folder:
        lines, flows = ours_of(path, folder)
    theirs = run_tshark(path, [], FIELDS)
    final = run_tshark(path, ["-2"], ["tcp.stream", "tcp.completeness"])
    wrong = set(range(min(len(lines), len(theirs)), max(len(lines), len(theirs))))
    syn_times, timed, last = {}, set(), {}
    for number, (mine, line) in enumerate(zip(lines, theirs)):
        values, moment, flags, analysis, initial_rtt = line.rsplit("\t", 4)
        if mine != values:
            wrong.add(number)
        stream = values[:values.index("\t")]
        syn_ack = int(flags, 16) & 0x12
        if syn_ack == 0x02:
            syn_times[stream] = moment
        elif syn_ack == 0x10 and syn_times.get(stream, moment) != moment:
            timed.add(stream)
        if analysis and initial_rtt != (flows.get(stream, (0, ""))[1] if stream in timed else ""):
            wrong.add(number)
        last[stream] = number
    for stream, number in last.items():
        if stream not in flows or final[number] != "%s\t%d" % (stream, flows[stream][0]):
            wrong.add(number)
    return len(theirs), sorted(wrong)


# ---- captures ------------------------------------------------------------------------------------------------------

def read_capture(path):
    """(header, records); a record is its 16 bytes and the frame."""
    with open(path, "rb") as file:
        data = file.read()
    records, at = [], 24
    while at < len(data):
        captured = struct.unpack_from("<I", data, at + 8)[0]
        records.append((data[at:at + 16], data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return data[:24], records


def write_capture(path, header, records):
    with open(path, "wb") as file:
        file.write(header + b"".join(record + frame for record, frame in records))


def conversation_of(frame):
    return frozenset((frame[26:30] + frame[34:36], frame[30:34] + frame[36:38]))


def renumbered(records, number):
    """The same conversation between other addresses, which sort as before, and with other MPTCP keys."""
    three = number.to_bytes(3, "big")
    return [(record, (frame[:27] + three + frame[30:31] + three + frame[34:]).replace(
        b"\x1e\x0c\0\0\0" + frame[27:30], b"\x1e\x0c\0\0\0" + three)) for record, frame in records]


def candidates_that_differ(header, candidates):
    """Which of many forms of a conversation differ; one capture holds them all."""
    path = os.path.join(FOUND, "candidates.%d.pcap" % os.getpid())
    owner, records = [], []
    for number, candidate in enumerate(candidates):
        records += renumbered(candidate, number)
        owner += [number] * len(candidate)
    write_capture(path, header, records)
    wrong = differing(path)[1]
    os.remove(path)
    return sorted({owner[number] for number in wrong if number < len(owner)})


def shrink(header, records):
    """Leaves packets out, many at a time and then one by one, while the rest still differs."""
    size = max(1, len(records) // 2)
    deadline = time.monotonic() + SHRINK_SECONDS
    while time.monotonic() < deadline:
        starts = range(0, len(records), size)
        limit = max(1, FRAMES_MAX // max(1, len(records)))
        smaller = None
        for first in range(0, len(starts), limit):
            if time.monotonic() > deadline:
                return records
            candidates = [records[:at] + records[at + size:] for at in starts[first:first + limit]]
            hits = candidates_that_differ(header, candidates)
            if hits:
                smaller = candidates[hits[0]]
                break
        if smaller is not None:
            records = smaller
        elif size == 1:
            return records
        size = max(1, min(size if smaller is not None else size // 2, len(records) // 2))
    return records


# ---- what is shown -------------------------------------------------------------------------------------------------

def options_text(options):
    out = ""
    while options and options[0] != 0:
        if options[0] == 1 or len(options) < 2 or options[1] < 2:
            options = options[1:]
            continue
        kind, body = options[0], options[2:options[1]]
        if kind == 2:
            out += " mss=%d" % int.from_bytes(body, "big")
        elif kind == 3:
            out += " scale=%d" % body[0]
        elif kind == 4:
            out += " sackok"
        elif kind == 5:
            edges = struct.unpack("!%dI" % (len(body) // 4), body)
            out += " sack=" + ",".join("%d-%d" % pair for pair in zip(edges[::2], edges[1::2]))
        else:
            out += " opts=" + options[:options[1]].hex()
        options = options[options[1]:]
    return out


def frame_text(record, frame):
    """As tests/packets.py reads it."""
    sec, nsec, _, wire = struct.unpack("<4I", record)
    seq, ack, word, window = struct.unpack_from("!IIHH", frame, 38)
    header = (word >> 12) * 4
    flags = "".join(letter for bit, letter in enumerate("FSRPAUEW") if word >> bit & 1)
    source, target = (str(ipaddress.ip_address(frame[at:at + 4])) for at in (26, 30))
    ports = struct.unpack_from("!HH", frame, 34)
    text = "%d.%09d eth / ip %s > %s%s / tcp %d > %d %s seq=%d" % (
        sec, nsec, source, target, "" if frame[16:18] != b"\0\0" else " len=0", *ports, flags, seq)
    text += " ack=%d win=%d%s" % (ack, window, options_text(frame[54:34 + header]))
    length = wire - 34 - header
    return text + (" data=%d" % length if length else "")


def show(header, records, name):
    path = os.path.join(FOUND, name + ".pcap")
    write_capture(path, header, renumbered(records, 1))
    print("#   %s, %d packets" % (os.path.relpath(path, ROOT), len(records)))
    for record, frame in renumbered(records, 1)[-PRINTED_MAX:]:
        print("#   " + frame_text(record, frame))
    comparison, _ = tshark.compare_capture((name, path, []))
    for field, packet, mine, theirs in comparison.differences[:12]:
        print("#   packet %d %s: %s, tshark: %s" % (packet, field, mine, theirs))
    sys.stdout.flush()


# ---- batches -------------------------------------------------------------------------------------------------------

def run_batch(job):
    """Compares a capture of random conversations; keeps it when something differs."""
    seed, first, count = job
    path = os.path.join(FOUND, "batch-%d-%d.pcap" % (seed, first))
    subprocess.run([GENERATOR, str(seed), str(first), str(count), path], check=True)
    packets, wrong = differing(path)
    if not wrong:
        os.remove(path)
    return first, count, packets, path, wrong


def jobs(seed, conversations, deadline):
    first = 0
    while first < conversations if conversations else time.monotonic() < deadline:
        count = min(BATCH, conversations - first) if conversations else BATCH
        yield seed, first, count
        first += count


def shrink_batch(path, wrong, seed, shown):
    """Shows the conversations that differ, small; returns how many there are."""
    header, records = read_capture(path)
    keys = []
    for number in wrong:
        key = conversation_of(records[number][1]) if number < len(records) else None
        if key not in keys:
            keys.append(key)
    for key in keys[:max(0, SHOWN_MAX - shown)]:
        mine = [record for record in records if conversation_of(record[1]) == key]
        if candidates_that_differ(header, [mine]):
            number = int.from_bytes(mine[0][1][27:30], "big")
            show(header, shrink(header, mine), "seed-%d-conversation-%d" % (seed, number))
        else:
            print("#   %s: differs only together with others" % path)
    return len(keys)


def compare(arguments):
    os.makedirs(FOUND, exist_ok=True)
    subprocess.run(["make", "--no-print-directory", os.path.relpath(GENERATOR, ROOT)], cwd=ROOT, check=True,
                   env=dict(os.environ, MAKEFLAGS=""), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + arguments.seconds
    conversations = packets = different = shown = 0
    with multiprocessing.Pool(2) as pool:
        for _, count, frames, path, wrong in in_flight(pool, jobs(arguments.seed, arguments.conversations, deadline)):
            conversations += count
            packets += frames
            if wrong:
                found = shrink_batch(path, wrong, arguments.seed, shown)
                different += found
                shown += found
    print("%s 1 - %d random conversations, %d packets, agree with tshark (seed %d)" % (
        "not ok" if different else "ok", conversations, packets, arguments.seed))
    if different:
        print("#   %d conversations differ" % different)
    return 1 if different else 0


def run(arguments):
    try:
        return compare(arguments)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        print("not ok 1 - random conversations (seed %d)\n#   %s" % (arguments.seed, failure))
        return 1


def in_flight(pool, work):
    """Results of run_batch, with no more batches begun than there are processes for."""
    waiting = []
    for job in work:
        waiting.append(pool.apply_async(run_batch, (job,)))
        if len(waiting) > 2:
            yield waiting.pop(0).get()
    for result in waiting:
        yield result.get()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("RANDOM_SEED", 1)))
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("RANDOM_SECONDS", 20)))
    parser.add_argument("--conversations", type=int, default=0)
    arguments = parser.parse_args()
    reason = wireshark.why_no_analysis(wireshark.version()) or (
        "only the release build is compared" if os.environ.get("VARIANT", "release") != "release" else
        "RANDOM_SECONDS is 0" if arguments.seconds <= 0 and not arguments.conversations else None)
    print("1..1")
    if reason:
        print("ok 1 - random conversations # SKIP " + reason)
        return 0
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
