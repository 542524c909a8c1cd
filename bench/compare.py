"""Times commands on one capture in turn, several rounds, and prints medians, rates, memory and ratios to ingest.

usage: compare.py mixed|bulk|flows     after bench/run.sh made build/bench/NAME.pcap, NAME-tenth.pcap and NAME-far.pcap
"""
import glob
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "3"))
FOLDER = "build/bench"
FIELDS = """frame.number frame.time_epoch frame.len ip.src ip.dst ip.ttl ip.id tcp.stream tcp.srcport tcp.dstport
tcp.flags tcp.seq tcp.ack tcp.len tcp.window_size_value tcp.analysis.acks_frame tcp.analysis.ack_rtt udp.stream
udp.srcport udp.dstport""".split()
REQUIRED = re.compile(r"^-- param :(\w+)\b.*\brequired\b", re.MULTILINE)


class Result:
    def __init__(self, seconds, peak_kb):
        self.seconds, self.peak_kb = seconds, peak_kb


def measure(command):
    """One run of a shell command."""
    log = FOLDER + "/measured"
    if os.path.exists(log):
        os.remove(log)
    subprocess.run(["sync"], check=True)
    done = subprocess.run([FOLDER + "/measure", log, "sh", "-c", "exec " + command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit("bench: exit %d: %s" % (done.returncode, command))
    with open(log, encoding="ascii") as file:
        seconds, peak_kb = file.read().split()
    return Result(float(seconds), int(peak_kb))


def median(results):
    return Result(statistics.median(r.seconds for r in results), max(r.peak_kb for r in results))


def tshark_to_sqlite(capture):
    """The fields of a packet, printed by tshark and imported by sqlite3, as people do it by hand."""
    fields = " ".join("-e " + f for f in FIELDS)
    database = FOLDER + "/tshark.db"
    columns = ",".join('"%s"' % f for f in FIELDS)
    return ("sh -c 'rm -f %s; tshark -n -r %s -T fields %s | sqlite3 -tabs %s \"CREATE TABLE packets(%s)\" "
            "\".import /dev/stdin packets\"'" % (database, capture, fields, database, columns.replace('"', '\\"')))


def commands(kind):
    """name: (command, share of the capture that it reads, rounds)"""
    capture, tenth = "%s/%s.pcap" % (FOLDER, kind), "%s/%s-tenth.pcap" % (FOLDER, kind)
    case, rows = "%s/%s.db" % (FOLDER, kind), "%s/%s-rows.db" % (FOLDER, kind)
    found = {
        "pcapdex ingest": ("sh -c 'rm -f %s; ./pcapdex ingest -q %s -o %s'" % (case, capture, case), 1, ROUNDS),
        "the same with --no-issues": (
            "sh -c 'rm -f %s; ./pcapdex ingest -q --no-issues %s -o %s'" % (rows, capture, rows), 1, ROUNDS),
        "its reading and dissection": ("%s/read_only %s" % (FOLDER, capture), 1, ROUNDS),
        "libpcap, reading only": ("%s/libpcap_read %s" % (FOLDER, capture), 1, ROUNDS),
    }
    if shutil.which("tcptrace"):
        found["tcptrace -n -l -r"] = ("tcptrace -n -l -r %s" % capture, 1, ROUNDS)
    if shutil.which("tshark"):
        found["tshark -z conv,tcp"] = ("tshark -n -q -z conv,tcp -r %s" % tenth, 0.1, 1)
        if shutil.which("sqlite3"):
            found["tshark -T fields | sqlite3"] = (tshark_to_sqlite(tenth), 0.1, 1)
    return found


def reports(case):
    """Each report's name and command."""
    db = sqlite3.connect(case)
    node = db.execute("SELECT src FROM flows WHERE protocol = 'icmp' LIMIT 1").fetchone()
    values = {"flow": "1", "number": "1", "id": "1", "node": node[0] if node else "10.0.0.1"}
    for path in sorted(glob.glob("sql/*.sql")):
        name = os.path.basename(path)[:-4]
        with open(path, encoding="utf-8") as file:
            options = " ".join("--%s %s" % (param, values[param]) for param in REQUIRED.findall(file.read()))
        # packets without a flow is all of them
        yield name, "./pcapdex query %s %s %s" % (case, name, options or ("--flow 1" if name == "packets" else ""))


def ingest_two(kind):
    """A case of both capture points, and the name of the one that is compared."""
    ingested, case = "%s/%s-two.db" % (FOLDER, kind), "%s/%s-compared.db" % (FOLDER, kind)
    measure("sh -c 'rm -f %s; ./pcapdex ingest -q %s/%s.pcap %s/%s-far.pcap -o %s'" % (
        ingested, FOLDER, kind, FOLDER, kind, ingested))
    return ingested, case


def print_line(name, result, share, packets, base):
    per_packet = result.seconds / (packets * share)
    note = "" if share == 1 else "   on a tenth of the capture, once"
    print("%-30s %8.2f s %11.0f packets/s %7.1f MB %9.2f%s" % (
        name, result.seconds, 1 / per_packet, result.peak_kb / 1024, per_packet / (base.seconds / packets), note))


def print_command(name, command, most_seconds, prepare=lambda: None):
    results = []
    for _ in range(ROUNDS):
        prepare()
        results.append(measure(command))
    result = median(results)
    print("%-30s %8.2f s %7.1f MB%s" % (name, result.seconds, result.peak_kb / 1024,
                                      "   over %d s" % most_seconds if result.seconds > most_seconds else ""))


def main(kind):
    capture, case = "%s/%s.pcap" % (FOLDER, kind), "%s/%s.db" % (FOLDER, kind)
    chosen = commands(kind)
    results = {name: [] for name in chosen}
    for turn in range(ROUNDS):
        for name, (command, _, rounds) in chosen.items():
            if turn < rounds:
                results[name].append(measure(command))
    db = sqlite3.connect(case)
    packets, flows = db.execute("SELECT (SELECT count(*) FROM packets), (SELECT count(*) FROM flows)").fetchone()
    db.close()
    base = median(results["pcapdex ingest"])
    print("\n%s: %d packets, %d flows, %.0f MB; case %.1f bytes a packet" % (
        kind, packets, flows, os.path.getsize(capture) / 1e6, os.path.getsize(case) / packets))
    print("%-30s %10s %21s %10s %9s" % ("", "time", "", "memory", "to ingest"))
    for name, (_, share, _) in chosen.items():
        print_line(name, median(results[name]), share, packets, base)
    print("\nreports on this case:")
    for name, command in reports(case):
        print_command(name, command, 1)
    print("\nwith a second capture point, as many packets again:")
    ingested, compared = ingest_two(kind)
    print_command("pcapdex compare", "./pcapdex compare -q %s %s %s-far" % (compared, kind, kind), 5,
                  lambda: shutil.copyfile(ingested, compared))
    for name, command in reports(compared):
        if name.startswith("hop-"):
            print_command(name, command, 1)


if __name__ == "__main__":
    main(sys.argv[1])
