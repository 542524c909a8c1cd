#!/usr/bin/env python3
"""compare on recordings of real programs, held to the log of the wire between the two points (examples/record/relay.py).

The log tells of every IPv4 packet when it came into the wire and when it went out, or that it was lost. Its times are
the kernel's, of the one clock that stamped all captures: compare does not know that, and finds the offset by itself.
Addresses and ports are no part of a packet's identity here, so that it holds across a translator.
"""
import csv
import os
import sqlite3
import statistics
import sys

from paths import EXAMPLES
import tap

TOLERANCE_NS = 50_000
HELD_NS = 40_000  # by the captures' one clock, so long in routers and outside of the wire: a busy machine

# What compare says of each TCP packet, with the numbers that the log has. Flows begin with their client here.
FOUND = """
    SELECT iif(h.direction, 'right', 'left') AS came_from, p.ip_id, p.wire_len - 14 AS ip_len,
        (iif(h.direction, g.dst_isn, g.src_isn) + p.seq) % 4294967296 AS seq,
        h.reason, h.delay_ns, h.late_ns, abs(y.ts_ns - x.ts_ns) AS travel_ns
    FROM hop_packets h
    JOIN hop_flows f USING (hop_flow_id)
    JOIN packets p ON p.packet_id = ifnull(h.a_packet_id, h.b_packet_id)
    JOIN flows g ON g.flow_id = p.flow_id
    LEFT JOIN packets x ON x.packet_id = h.a_packet_id
    LEFT JOIN packets y ON y.packet_id = h.b_packet_id
    WHERE g.protocol = 'tcp'
"""


def identity(row, came_from):
    """SYN-ACKs have no IP identification, and a retransmission has another one: so each packet is told from all others."""
    return row[came_from], int(row["seq"]), int(row["ip_id"]), int(row["ip_len"])


def read_log(scene):
    """{identity: row}"""
    with open(os.path.join(EXAMPLES, scene + "-wire.tsv"), encoding="ascii") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    log = {identity(row, "from"): row for row in rows}
    tap.equal(len(log), len(rows), "packets with numbers of their own")
    return log


def compared(*files):
    """A case of these captures, each compared with the next; rows by name."""
    points = [file.split(".")[0] for file in files]
    paths = [os.path.join(EXAMPLES, file) for file in files]
    for arguments in (["ingest", "-q", "-o", "case.db", *paths], ["compare", "-q", "case.db", *points]):
        done = tap.pcapdex(*arguments)
        tap.equal((done.returncode, done.stderr), (0, ""))
    case = sqlite3.connect("case.db")
    case.row_factory = sqlite3.Row
    return case


def went_ns(row):
    return int(row["went_ns"]) - int(row["came_ns"])


def late_by(log):
    """Identities of packets that came out behind one of their flow and direction that had gone in later (RFC 4737)."""
    late = set()
    passed = [row for row in log.values() if row["went_ns"]]
    for row in passed:
        late |= {identity(row, "from") for other in passed
                 if [other[k] for k in ("src", "src_port", "dst_port")] == [row[k] for k in ("src", "src_port", "dst_port")]
                 and int(other["came_ns"]) > int(row["came_ns"]) and int(other["went_ns"]) < int(row["went_ns"])}
    return late


def check(scene, case):
    """What was lost, in what order the rest came, and how late. Gives how far off the delays are, and how many are so
    because the packet was held up outside of the wire."""
    log = read_log(scene)
    found = {identity(row, "came_from"): row for row in case.execute(FOUND)}
    tap.equal(set(found), set(log), "packets")
    tap.equal({key for key, row in found.items() if row["reason"]},
              {key for key, row in log.items() if row["fate"] == "lost"}, "lost")
    tap.equal({row["reason"] for row in found.values()} - {"lost", None}, set(), "other reasons")
    tap.equal({key for key, row in found.items() if row["late_ns"]}, late_by(log), "out of order")
    off, held = [], 0
    for key, row in found.items():
        if row["reason"]:
            continue
        off.append(row["delay_ns"] - went_ns(log[key]))
        if abs(off[-1]) <= TOLERANCE_NS:
            continue
        held += 1
        if row["travel_ns"] - went_ns(log[key]) < HELD_NS:
            raise AssertionError("%r: delay %d ns, in the wire %d ns" % (key, row["delay_ns"], went_ns(log[key])))
    if abs(statistics.median(off)) > TOLERANCE_NS:
        raise AssertionError("delays are off by %d ns, the median" % statistics.median(off))
    offset_ns = case.execute("SELECT offset_ns FROM hop_comparisons").fetchone()[0]
    if abs(offset_ns) > TOLERANCE_NS:
        raise AssertionError("offset of one and the same clock: %d ns" % offset_ns)
    return off, held


def ends(scene):
    case = compared(scene + "-client.pcapng", scene + "-server.pcapng")
    off, held = check(scene, case)
    if held > len(off) / 10:
        raise AssertionError("%d of %d packets were held up outside of the wire" % (held, len(off)))
    return case


def verdict_rows():
    done = tap.pcapdex("query", "case.db", "hop-verdict", "--format", "csv")
    return csv.DictReader(done.stdout.splitlines())


def verdicts():
    """Server's port, verdict, and greatest cause, of each connection that lost more than 100 ms."""
    causes = ("loss_ms", "slowed_ms", "queue_ms", "elsewhere_ms", "server_think_ms", "server_ack_ms", "client_ack_ms",
              "server_window_ms", "client_window_ms")
    return sorted((int(row["server_port"]), row["verdict"], max(causes, key=lambda name: float(row[name])))
                  for row in verdict_rows())


def mappings(case):
    return {tuple(row) for row in case.execute(
        """SELECT f.src, f.src_port, h.mapping, g.src, g.src_port FROM hop_flows h
        JOIN flows f ON f.flow_id = h.a_flow_id JOIN flows g ON g.flow_id = h.b_flow_id WHERE f.protocol = 'tcp'""")}


def test_slow_server():
    """A good network and a slow server: nothing lost, every delay, and it is not the network"""
    case = ends("slow-server")
    tap.equal({row[2] for row in mappings(case)}, {"none"})
    tap.equal(verdicts(), [(7000, "it is not the network", "server_think_ms")] * 2)


def test_bad_network():
    """A lossy and narrow network and a fast server: every loss and every delay, and it is the network"""
    ends("bad-network")
    tap.equal(verdicts(), [(7000, "it is the network", "loss_ms"), (7001, "it is the network", "loss_ms"),
                           (7002, "it is the network", "queue_ms")])
    tap.equal({row["elsewhere_ms"] for row in verdict_rows()}, {"0.0"}, "nothing was lost elsewhere")


def test_wire():
    """The same at both ends of the wire itself: every packet within 50 us of the log"""
    off, held = check("bad-network", compared("bad-network-r1.pcapng", "bad-network-r2.pcapng"))
    tap.equal((held, len(off)), (0, 204))


def test_path():
    """Four points of that path: all that was lost and late, was on the wire"""
    case = compared(*["bad-network-%s.pcapng" % point for point in ("client", "r1", "r2", "server")])
    rows = case.execute("SELECT forward_lost, back_lost FROM hop_comparisons ORDER BY comparison_id").fetchall()
    tap.equal([tuple(row) for row in rows], [(0, 0), (7, 6), (0, 0)])
    worst = case.execute("SELECT comparison_id, max(delay_ns) FROM hop_packets GROUP BY 1 ORDER BY 1").fetchall()
    tap.equal([ns > 1_000_000 for _, ns in worst], [False, True, False])


def test_behind_nat():
    """A translator between: every packet, its mapping, and one verdict of each kind"""
    case = ends("behind-nat")
    log = read_log("behind-nat")
    outside = {(row["src"], int(row["src_port"])) for row in log.values() if row["from"] == "left"}
    found = mappings(case)
    tap.equal({row[2] for row in found}, {"nat"})
    tap.equal({row[3:] for row in found}, outside, "addresses behind the translator")
    tap.equal(len({row[4] for row in found if row[1] == 40000}), 2, "one port of two hosts becomes two")
    tap.equal(verdicts(), [(7001, "it is the network", "queue_ms"), (7002, "it is not the network", "server_think_ms")])


def test_long_transfers():
    """Many small waits: downloads and uploads that losses and a narrow network slow down, and a slow server"""
    compared("long-transfers-client.pcapng.zst", "long-transfers-server.pcapng.zst")
    rows = list(verdict_rows())
    tap.equal(verdicts(), [(7000, "it is the network", "queue_ms"), (7000, "it is the network", "slowed_ms"),
                           (7001, "it is the network", "queue_ms"), (7001, "it is the network", "slowed_ms"),
                           (7002, "it is not the network", "server_think_ms")])
    shares = [(row["server_port"], float(row["network_pct"])) for row in rows]
    tap.equal([share for port, share in shares if (share > 90) != (port != "7002")], [])
    narrow = [float(row["queue_ms"]) for row in rows if row["lost_packets"] == "0" and row["server_port"] == "7000"]
    tap.equal([780 < ms < 950 for ms in narrow], [True], "400 kB and headers at 4 Mbit/s take 850 ms")


def lost_and_matched(case):
    return [tuple(row) for row in case.execute(
        "SELECT a_matched, b_matched, forward_lost + back_lost FROM hop_comparisons ORDER BY comparison_id")]


def test_three_points():
    """Three points of a path in their order: each step, and the steps add up to the whole way"""
    files = ["web-client.pcapng", "web-middle.pcap", "web-server.pcapng"]
    case = compared(*files)
    tap.equal(lost_and_matched(case), [(198, 198, 0)] * 2)
    steps = case.execute("""SELECT x.b_packet_id - c.first_packet_id, x.delay_ns + y.delay_ns FROM hop_packets x
        JOIN hop_packets y ON y.a_packet_id = x.b_packet_id JOIN captures c ON c.name = 'web-middle'
        WHERE x.delay_ns IS NOT NULL AND x.comparison_id = 1 AND y.comparison_id = 2 ORDER BY x.a_packet_id""").fetchall()
    case.close()
    os.remove("case.db")
    whole = compared(files[0], files[2]).execute(
        "SELECT delay_ns FROM hop_packets WHERE method IS NOT NULL ORDER BY a_packet_id").fetchall()
    tap.equal(len(steps), 198)
    tap.equal([n for n, (a, b) in enumerate(zip(steps, whole)) if abs(a[1] - b[0]) > TOLERANCE_NS], [])


def test_vlan():
    """Two ends of a link with VLANs: what one has and the other has not"""
    case = compared("vlan.pcapng", "vlan-r1.pcap")
    tap.equal(lost_and_matched(case), [(63, 63, 0)])
    tap.equal({row[0] for row in case.execute("SELECT DISTINCT changes FROM hop_packets WHERE method IS NOT NULL")}, {0})


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
