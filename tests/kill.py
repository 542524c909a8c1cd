#!/usr/bin/env python3
"""Ends ingest with SIGKILL at random moments: the case must be as it was before or complete, and the next ingest must
work and leave nothing else behind.

KILLS is the number of kills of each kind, SEED the seed of their moments.
"""
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

import packets
import tap

PACKETS, FLOWS = 60000, 500
KILLS = int(os.environ.get("KILLS", "12" if tap.SANITIZED else "40"))
SEED = int(os.environ.get("SEED", "1"))


def ingest(*arguments):
    done = tap.pcapdex("ingest", "--quiet", *arguments)
    tap.equal((done.returncode, done.stderr), (0, ""), "ingest " + " ".join(arguments))


def moments(seconds):
    """When to kill: spread over the run, half of them in its last third, where the case is finished."""
    chance = random.Random(SEED)
    for number in range(KILLS):
        place = (number + chance.random()) / KILLS
        yield seconds * (place if number % 2 else 0.66 + 0.4 * place)


def kill_ingest(seconds, *arguments):
    """True when ingest was still running."""
    process = subprocess.Popen([tap.PROGRAM, "ingest", "--quiet", *arguments], stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    running = process.poll() is None
    process.kill()
    process.wait()
    return running


def contents(case):
    """Packets of each capture, counted row by row; fails where the file is damaged."""
    db = sqlite3.connect(case)
    tap.equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "integrity")
    tap.equal(db.execute("PRAGMA foreign_key_check").fetchall(), [], "foreign keys")
    counts = db.execute("SELECT c.name, c.packets, count(*), (SELECT count(*) FROM flows f WHERE f.capture_id = "
                        "c.capture_id) FROM captures c JOIN packets USING (capture_id) GROUP BY c.capture_id").fetchall()
    db.close()
    return counts


def seconds_of(*arguments):
    begun = time.monotonic()
    ingest(*arguments)
    return time.monotonic() - begun


def test_new_case():
    """killed while it makes a case"""
    packets.many("a.pcap", PACKETS, FLOWS)
    seconds = seconds_of("a.pcap", "-o", "case.db")
    complete = [("a", PACKETS, PACKETS, FLOWS)]
    tap.equal(contents("case.db"), complete)
    os.remove("case.db")
    killed = 0
    for moment in moments(seconds):
        killed += kill_ingest(moment, "a.pcap", "-o", "case.db")
        if os.path.exists("case.db"):
            tap.equal(contents("case.db"), complete, "killed after %.4f s" % moment)
            os.remove("case.db")
    ingest("a.pcap", "-o", "case.db")
    tap.equal(contents("case.db"), complete)
    tap.equal(sorted(os.listdir(".")), ["a.pcap", "case.db"], "files")
    print("# killed %d of %d times before the end, which takes %.3f s" % (killed, KILLS, seconds))


def test_second_capture():
    """killed while it adds to a case"""
    packets.many("a.pcap", PACKETS // 2, FLOWS)
    packets.many("b.pcap", PACKETS, FLOWS, start_s=1_700_001_000)
    ingest("a.pcap", "-o", "before.db")
    shutil.copy("before.db", "case.db")
    seconds = seconds_of("b.pcap", "-o", "case.db")
    before = [("a", PACKETS // 2, PACKETS // 2, FLOWS)]
    complete = before + [("b", PACKETS, PACKETS, FLOWS)]
    tap.equal(contents("case.db"), complete)
    killed = untouched = 0
    for number, moment in enumerate(moments(seconds)):
        for leftover in os.listdir("."):
            if leftover.startswith("case.db"):
                os.remove(leftover)
        shutil.copy("before.db", "case.db")
        killed += kill_ingest(moment, "b.pcap", "-o", "case.db")
        found = contents("case.db") if number % 2 else None  # else the next ingest is the first to look
        untouched += found == before
        if found not in (None, before, complete):
            raise AssertionError("killed after %.4f s: %s" % (moment, found))
        done = tap.pcapdex("ingest", "--quiet", "b.pcap", "-o", "case.db")
        tap.equal(done.returncode, 0, "ingest afterwards")
        tap.equal(contents("case.db"), complete, "ingested again after a kill at %.4f s" % moment)
        tap.equal(sorted(os.listdir(".")), ["a.pcap", "b.pcap", "before.db", "case.db"], "files")
    print("# killed %d of %d times before the end, which takes %.3f s" % (killed, KILLS, seconds))


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
