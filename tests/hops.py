#!/usr/bin/env python3
"""compare on pairs of captures made here, of which it is known what became of every packet between the two points."""
import contextlib
import dataclasses
import json
import os
import random
import shutil
import sqlite3
import struct
import sys

import packets
import tap

US, MS, S = 10**3, 10**6, 10**9
BEGIN = 1_700_000_000 * S
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TOLERANCE_NS = 50 * US


@dataclasses.dataclass
class Packet:
    """One packet as its sender made it. `sent` is true time at the point that it passes first."""
    uid: int
    sent: int
    forward: bool                      # from point a to point b
    kind: str                          # tcp, udp, icmp, arp
    ends: tuple                        # (src, src_port), (dst, dst_port)
    payload: bytes = b""
    seq: int = 0
    ack: int = 0
    flags: int = ACK
    window: int = 500
    stamps: tuple = None               # tsval, tsecr
    mss: int = None
    ttl: int = 64
    tos: int = 0
    ip_id: int = 0
    vlan: int = None
    fragment: tuple = None             # offset, more
    icmp: tuple = None                 # type, ident, seq
    at: tuple = (0, 0)                 # true time at a, at b


def address(text):
    return packets.ipaddress.ip_address(text).packed


def tcp_bytes(p):
    options = b"" if p.mss is None else struct.pack("!BBH", 2, 4, p.mss)
    if p.stamps:
        options += struct.pack("!BBBBII", 1, 1, 8, 10, *p.stamps)
    return struct.pack("!HHIIBBHHH", p.ends[0][1], p.ends[1][1], p.seq % 2**32, p.ack % 2**32, (20 + len(options)) << 2,
                       p.flags, p.window, 0, 0) + options + p.payload, 6, 16


def udp_bytes(p):
    return struct.pack("!HHHH", p.ends[0][1], p.ends[1][1], 8 + len(p.payload), 0) + p.payload, 17, 6


def icmp_bytes(p):
    return struct.pack("!BBHHH", p.icmp[0], 0, 0, *p.icmp[1:]) + p.payload, 58 if ":" in p.ends[0][0] else 1, 2


def transport(p):
    """Transport header and payload with their checksum, and the protocol number."""
    data, protocol, at = {"tcp": tcp_bytes, "udp": udp_bytes, "icmp": icmp_bytes}[p.kind](p)
    src, dst = (address(end[0]) for end in p.ends)
    pseudo = src + dst + struct.pack("!IBBBB" if len(src) == 16 else "!BBH",
                                     *((len(data), 0, 0, 0, protocol) if len(src) == 16 else (0, protocol, len(data))))
    value = packets.checksum((b"" if protocol == 1 else pseudo) + data)
    return data[:at] + struct.pack("!H", value) + data[at + 2:], protocol


def ip_packet(p):
    data, protocol = transport(p)
    src, dst = (address(end[0]) for end in p.ends)
    if len(src) == 16:
        return struct.pack("!IHBB", 6 << 28 | p.tos << 20, len(data), protocol, p.ttl) + src + dst + data, 0x86DD
    field = 0
    if p.fragment:
        offset, more, data = p.fragment
        field = offset // 8 | more << 13
    header = struct.pack("!BBHHHBBH", 0x45, p.tos, 20 + len(data), p.ip_id, field, p.ttl, protocol, 0) + src + dst
    return header[:10] + struct.pack("!H", packets.checksum(header)) + header[12:] + data, 0x0800


def frame(p, link):
    if p.kind == "arp":
        data, kind = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20), 0x0806
    else:
        data, kind = ip_packet(p)
    if link == 113:  # Linux cooked
        return struct.pack("!HHH8sH", 0, 1, 6, bytes(8), kind) + data
    tag = b"" if p.vlan is None else struct.pack("!HH", 0x8100, p.vlan)
    macs = bytes.fromhex("020000000001020000000002")
    return macs + tag + struct.pack("!H", kind) + data


# ---- traffic -----------------------------------------------------------------------------------------------------


class Traffic:
    """Connections, queries and pings between a client behind a and a server behind b."""

    def __init__(self, client="10.1.1.2", server="203.0.113.9", seed=1, numbered=True, stamped=True):
        self.random = random.Random(seed)
        self.client, self.server = client, server
        self.numbered, self.stamped = numbered, stamped
        self.ip_ids = [self.random.randrange(1, 60000), self.random.randrange(1, 60000)]
        self.packets = []
        self.now = BEGIN

    def send(self, forward, kind, ports, **fields):
        client, server = (self.client, ports[0]), (self.server, ports[1])
        ip_id = 0
        if self.numbered:
            self.ip_ids[forward] = ip_id = self.ip_ids[forward] % 65535 + 1
        self.packets.append(Packet(len(self.packets), self.now, forward, kind,
                                   (client, server) if forward else (server, client), ip_id=ip_id, **fields))
        return self.packets[-1]

    def wait(self, least, most=None):
        self.now += self.random.randrange(least, most or least + 1)

    def connection(self, port, segments=12, size=1000, gap=20 * MS):
        """A request, an answer of so many segments, each acknowledged, and the end."""
        ports = (port, 80)
        seq = [self.random.randrange(2**32), self.random.randrange(2**32)]  # of the server, of the client

        def segment(forward, flags, payload=b"", mss=None):
            stamps = ((self.now // MS) % 2**32, 1) if self.stamped else None
            self.send(forward, "tcp", ports, seq=seq[forward], ack=seq[not forward] if flags & ACK else 0, flags=flags,
                      payload=payload, stamps=stamps, mss=mss)
            seq[forward] += len(payload) + (flags & 3 != 0)
            self.wait(gap, gap * 2)

        segment(True, SYN, mss=1460)
        segment(False, SYN | ACK, mss=1460)
        segment(True, ACK)
        segment(True, ACK | PSH, b"GET /%d HTTP/1.1\r\n" % port + self.random.randbytes(200))
        for _ in range(segments):
            segment(False, ACK, self.random.randbytes(size))
            segment(True, ACK)
        segment(True, ACK | PSH, self.random.randbytes(size))
        segment(False, ACK | FIN)
        segment(True, ACK | FIN)
        segment(False, ACK)

    def query(self, port, size=60):
        for forward in (True, False):
            self.send(forward, "udp", (port, 53), payload=self.random.randbytes(size))
            self.wait(5 * MS, 30 * MS)

    def pings(self, ident, count):
        six = ":" in self.client
        for seq in range(count):
            for forward, kind in ((True, 128 if six else 8), (False, 129 if six else 0)):
                self.send(forward, "icmp", (0, 0), icmp=(kind, ident, seq), payload=bytes(range(48)))
                self.wait(10 * MS, 30 * MS)

    def mix(self, rounds=6):
        for i in range(rounds):
            self.connection(40000 + i)
            self.query(50000 + i)
            self.pings(77, 4)
        return self


class Path:
    """What lies between the points, and how each of them captures."""

    def __init__(self, traffic, delay=5 * MS, jitter=1 * MS, seed=2):
        self.random = random.Random(seed)
        self.a, self.b = [], []  # (true time at the point, origin uids, Packet)
        for p in traffic.packets:
            late = delay + (self.random.randrange(jitter) if jitter and p.uid % 5 else 0)
            p.at = (p.sent, p.sent + late) if p.forward else (p.sent + late, p.sent)
            self.a.append((p.at[0], {p.uid}, p))
            self.b.append((p.at[1], {p.uid}, dataclasses.replace(p, ttl=p.ttl + (-1 if p.forward else 1))))
        self.truth = {p.uid: p for p in traffic.packets}
        self.offset_ns, self.drift = 0, 0

    def change(self, point, function):
        """Replaces each packet of a point by what function makes of it: a Packet, or None."""
        out = []
        for ts_ns, uids, p in getattr(self, point):
            q = function(p)
            if q:
                out.append((ts_ns, uids, q))
        setattr(self, point, out)

    def alter(self, point, **fields):
        self.change(point, lambda p: dataclasses.replace(p, **fields))

    def lose(self, *uids):
        """Between the points: the one that comes second does not see them."""
        for uid in uids:
            point = "b" if self.truth[uid].forward else "a"
            self.change(point, lambda p, uid=uid: None if p.uid == uid else p)

    def clock_b(self, ts_ns):
        return ts_ns + self.offset_ns + round((ts_ns - BEGIN) * self.drift)

    def write(self, link_a=1, link_b=1, snap_a=262144, snap_b=262144):
        for point, link, snaplen in (("a", link_a, snap_a), ("b", link_b, snap_b)):
            rows = sorted(getattr(self, point), key=lambda row: row[0])
            setattr(self, point, rows)
            with open(point + ".pcap", "wb") as file:
                file.write(packets.pcap_header(link, snaplen, True))
                for ts_ns, _, p in rows:
                    data = frame(p, link)
                    ts_ns = self.clock_b(ts_ns) if point == "b" else ts_ns
                    file.write(packets.pcap_record(ts_ns, data[:snaplen], len(data), True))


def some(path, first, step, count):
    """Packets whose loss no later ACK denies: the connections here go on as if nothing had been lost."""
    return [p.uid for p in path.truth.values() if p.kind != "tcp" or not p.payload][first::step][:count]


def lost(path, uids):
    return {"lost": sorted(("a" if path.truth[uid].forward else "b", uid) for uid in uids)}


def compare(path, *arguments, **capture):
    """Writes both captures and compares them. The case, with rows by name."""
    path.write(**capture)
    for done in (tap.pcapdex("ingest", "-q", "-o", "case.db", "a.pcap", "b.pcap"),
                 tap.pcapdex("compare", *arguments, "case.db", "a", "b")):
        tap.equal(done.returncode, 0, done.stderr)
    case = sqlite3.connect("case.db")
    case.row_factory = sqlite3.Row
    return case


HOP_PACKETS = """SELECT h.*, p.number AS a_number, q.number AS b_number
    FROM hop_packets h LEFT JOIN packets p ON p.packet_id = h.a_packet_id
    LEFT JOIN packets q ON q.packet_id = h.b_packet_id"""


def findings(case, path):
    """(uids at a, uids at b, row) of every finding."""
    for row in case.execute(HOP_PACKETS):
        yield (path.a[row["a_number"] - 1][1] if row["a_number"] else None,
               path.b[row["b_number"] - 1][1] if row["b_number"] else None, row)


def expect(case, path, timed=True):
    """Every packet that both points have is matched with itself and with no other, every other one is alone, and delays
    are the true ones. Gives the rows of those alone by (point, uid)."""
    counts = {"a": {}, "b": {}}
    both = set()
    for point in "ab":
        for _, uids, _ in getattr(path, point):
            for uid in uids:
                counts[point][uid] = counts[point].get(uid, 0) + 1
    alone = {}
    for a, b, row in findings(case, path):
        if a and b:
            if not a & b:
                raise AssertionError("%r was taken for %r: %r" % (a, b, dict(row)))
            both |= a & b
            uid = min(a & b)
            if timed and a == b:
                p = path.truth[uid]
                true_ns = abs(p.at[1] - p.at[0])
                if abs(row["delay_ns"] - true_ns) > TOLERANCE_NS:
                    raise AssertionError("delay of %d: %d, should be %d" % (uid, row["delay_ns"], true_ns))
        else:
            alone.setdefault(("a", min(a)) if a else ("b", min(b)), []).append(row)
    tap.equal(sorted(set(counts["a"]) & set(counts["b"]) - both), [], "packets not found again")
    expected = {("a", uid) for uid in counts["a"] if uid not in counts["b"]}
    expected |= {("b", uid) for uid in counts["b"] if uid not in counts["a"]}
    extra = {key for key in alone if key not in expected and counts["ab".replace(key[0], "")][key[1]] ==
             counts[key[0]][key[1]]}
    tap.equal(sorted(expected - set(alone)), [], "packets that should be alone")
    tap.equal(sorted(extra), [], "packets that should not be alone")
    return alone


def reasons(alone):
    out = {}
    for key, rows in alone.items():
        for row in rows:
            out.setdefault(row["reason"], []).append(key)
    return {reason: sorted(keys) for reason, keys in out.items()}


def comparison(case):
    return case.execute("SELECT * FROM hop_comparisons").fetchone()


def changes(case):
    """How many packets show each change."""
    return dict(case.execute("SELECT c.name, count(*) FROM hop_packets h JOIN hop_changes c ON h.changes >> c.bit & 1"
                             " GROUP BY 1").fetchall())


def mappings(case):
    return dict(case.execute("SELECT mapping, count(*) FROM hop_flows GROUP BY 1").fetchall())


# ---- tests -------------------------------------------------------------------------------------------------------


def test_lost():
    """Packets lost between the points, each way, and nothing else"""
    path = Path(Traffic().mix())
    uids = some(path, 3, 17, 6)
    path.lose(*uids)
    case = compare(path)
    alone = expect(case, path)
    tap.equal(reasons(alone), lost(path, uids))
    tap.equal({point for point, _ in alone}, {"a", "b"}, "both ways")
    row = comparison(case)
    tap.equal(row["forward_lost"] + row["back_lost"], 6)
    tap.equal(row["a_matched"], len(path.truth) - 6)
    tap.equal(changes(case), {"ttl": len(path.truth) - 6})
    tap.equal({r["ttl_diff"] for _, b, r in findings(case, path) if r["method"]}, {1, -1})


def test_stream_of_datagrams():
    """Datagrams of one length without identification, thousands of them on the way at a time, some lost"""
    traffic = Traffic(numbered=False)
    for i in range(6000):
        traffic.send(True, "udp", (50000, 443), payload=traffic.random.randbytes(120))
        traffic.wait(20 * US)
        if i % 20 == 0:
            traffic.send(False, "udp", (50000, 443), payload=traffic.random.randbytes(40))
    path = Path(traffic, delay=50 * MS)
    uids = [p.uid for p in traffic.packets if p.forward][100:5900:97]
    path.lose(*uids)
    case = compare(path)
    tap.equal(reasons(expect(case, path)), lost(path, uids))


def translate(table):
    def change(p):
        return dataclasses.replace(p, ends=tuple(table.get(end[0], lambda e: e)(end) for end in p.ends))
    return change


def test_nat():
    """A translator that changes the client's address and port"""
    path = Path(Traffic().mix())
    uids = some(path, 5, 20, 2)
    path.lose(*uids)
    path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] and e[1] + 1000)}))
    case = compare(path)
    tap.equal(reasons(expect(case, path)), lost(path, uids))
    tap.equal(mappings(case), {"nat": 13})
    tap.equal(changes(case)["addresses"], len(path.truth) - 2)


def test_nat_both_ways():
    """A translator that changes the addresses of both ends"""
    path = Path(Traffic().mix())
    path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] and e[1] + 1000),
                                "203.0.113.9": lambda e: ("192.168.7.7", e[1] and e[1] + 8000)}))
    case = compare(path)
    tap.equal(expect(case, path), {})
    tap.equal(mappings(case), {"nat": 13})


def test_nat_one_direction():
    """A translator, connections that had begun, and a point that sees one direction alone: it knows no acknowledgments"""
    path = Path(Traffic().mix())
    for point in "ab":
        path.change(point, lambda p: None if p.flags & SYN and p.kind == "tcp" else p)
    path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] and e[1] + 1000)}))
    path.change("a", lambda p: p if p.forward else None)
    case = compare(path)
    alone = expect(case, path, timed=False)
    tap.equal({(point, path.truth[uid].forward) for point, uid in alone}, {("b", False)})
    tap.equal(mappings(case), {"nat": 13})


def test_nat_of_pings():
    """Pings of three hosts behind one address, which are one flow there; a translator may change identifiers too"""
    for numbered, ident in ((True, 99), (False, 79)):
        traffic = Traffic(numbered=numbered)
        for seq in range(30):
            for n, client in enumerate(("10.1.1.2", "10.1.1.3", "10.1.1.4")):
                traffic.client = client
                for forward, kind in ((True, 8), (False, 0)):
                    traffic.send(forward, "icmp", (0, 0), icmp=(kind, 77 + n, seq), payload=bytes(range(48)))
                    traffic.wait(6 * MS)
        path = Path(traffic)
        path.change("b", translate({client: lambda e: ("198.51.100.7", e[1])
                                    for client in ("10.1.1.2", "10.1.1.3", "10.1.1.4")}))
        path.change("b", lambda p: dataclasses.replace(p, icmp=(p.icmp[0], ident, p.icmp[2])) if p.icmp[1] == 79 else p)
        path.lose(20, 41, 100)
        case = compare(path)
        tap.equal(reasons(expect(case, path)), lost(path, [20, 41, 100]))
        tap.equal(case.execute("SELECT count(*), count(DISTINCT b_flow_id) FROM hop_flows").fetchone()[:], (3, 1))
        case.close()
        os.remove("case.db")


def test_nat_of_scan():
    """SYNs to many ports with the same sequence number, behind a translator: their identification tells them"""
    traffic = Traffic(stamped=False)
    for port in range(1, 200):
        traffic.send(True, "tcp", (55555, port), seq=123456, flags=SYN, mss=1460)
        traffic.wait(2 * MS)
        traffic.send(False, "tcp", (55555, port), ack=123457, flags=RST | ACK)
        traffic.wait(2 * MS)
    path = Path(traffic)
    path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1])}))
    path.lose(20, 33, 90)
    path.change("b", lambda p: None if p.uid in (21, 91) else p)
    path.change("a", lambda p: None if p.uid in (21, 91) else p)
    case = compare(path)
    tap.equal(reasons(expect(case, path)), lost(path, [20, 33, 90]))
    tap.equal(mappings(case), {"nat": 197, "absent": 2})

def rewrite_numbers(p):
    """A firewall that adds a constant to the sequence numbers of each connection and direction."""
    if p.kind != "tcp":
        return p
    port = min(p.ends[0][1], p.ends[1][1]) + max(p.ends[0][1], p.ends[1][1])
    ours, theirs = (port * 7919, port * 104729) if p.forward else (port * 104729, port * 7919)
    return dataclasses.replace(p, seq=p.seq + ours, ack=p.ack + theirs if p.flags & ACK else 0)


def test_rewritten_isn():
    """A firewall that adds a constant to the sequence numbers of each connection and direction"""
    path = Path(Traffic().mix())
    path.lose(6, 15)
    path.change("b", rewrite_numbers)
    case = compare(path)
    tap.equal(len(expect(case, path)), 2)
    tap.equal(mappings(case), {"isn": 6, "none": 7})
    tap.equal(case.execute("SELECT src_seq_delta FROM hop_flows WHERE mapping = 'isn' ORDER BY a_flow_id").fetchone()[0],
              40080 * 7919 % 2**32)


def test_rewritten_numbers_without_syn():
    """The same of connections that had begun before both captures did: told by payload, or IP identification"""
    for numbered in (True, False):
        traffic = Traffic(numbered=numbered).mix()
        path = Path(traffic)
        early = {p.uid for p in path.truth.values() if p.flags & SYN} | {p.uid + 1 for p in path.truth.values()
                                                                       if p.flags == SYN | ACK}
        for point in "ab":
            path.change(point, lambda p: None if p.uid in early else p)
        uids = [uid for uid in range(20, len(traffic.packets), 40) if uid not in early and path.truth[uid].payload]
        path.lose(*uids)
        path.change("b", rewrite_numbers)
        case = compare(path)
        alone = expect(case, path)
        tap.equal(sorted(uid for _, uid in alone), uids)
        tap.equal(mappings(case), {"isn": 6, "none": 7})
        case.close()
        os.remove("case.db")


def test_numbers_without_syn():
    """Connections that had begun before both captures did, and numbers that nobody changed"""
    path = Path(Traffic(numbered=False).mix())
    path.change("a", lambda p: None if p.flags & SYN else p)
    path.change("b", lambda p: None if p.flags & SYN else p)
    case = compare(path)
    tap.equal(expect(case, path), {})
    tap.equal(mappings(case), {"none": 13})


def test_proxy():
    """A proxy with connections of its own, that passes on payload in the same segments"""
    def relay(p):
        if p.kind != "tcp":
            return p
        extra = 33 if p.forward and p.uid % 3 else 71  # as if it had added a header now and then
        q = translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] + 5000)})(p)
        return dataclasses.replace(q, seq=p.seq * 3 + extra, ack=p.ack * 5, ip_id=p.ip_id ^ 0x5555, stamps=None)
    path = Path(Traffic(stamped=False).mix(2))
    path.change("b", lambda p: relay(p) if p.payload or p.kind != "tcp" else None)
    case = compare(path)
    for a, b, row in findings(case, path):
        if a and b:
            tap.equal(a, b)
    matched = sum(1 for a, b, _ in findings(case, path) if a and b)
    tap.equal(matched, sum(1 for p in path.truth.values() if p.payload or p.kind != "tcp"))
    tap.equal(mappings(case)["proxy"], 2)


def resegment(path, size, outside=("198.51.100.7", 5000)):
    """Point b behind a proxy: connections of its own, the same bytes in segments of another size."""
    numbers = iter(range(10**6, 2 * 10**6))
    out, streams = [], {}
    for ts_ns, uids, p in path.b:
        if p.kind != "tcp":
            out.append((ts_ns, uids, p))
            continue
        key = min(p.ends, key=lambda end: end[1] == 80), max(p.ends, key=lambda end: end[1] == 80)
        s = streams.setdefault(key, {"seq": [next(numbers) * 3001 % 2**32, next(numbers) * 7001 % 2**32],
                                     True: [], False: []})
        forward = p.forward

        def send(forward, flags, payload=b"", uids=frozenset(), s=s, key=key, ts_ns=ts_ns, p=p):
            ends = (outside[0], key[0][1] + outside[1]), key[1]
            uids = uids or {next(numbers)}
            q = dataclasses.replace(p, forward=forward, ends=ends if forward else ends[::-1], flags=flags, payload=payload,
                                    seq=s["seq"][forward], ack=s["seq"][not forward] if flags & ACK else 0, stamps=None,
                                    ip_id=next(numbers) % 65536, mss=1460 if flags & SYN else None,
                                    ttl=64 if forward else 57)
            s["seq"][forward] += len(payload) + (flags & 3 != 0)
            out.append((ts_ns + len(out) % 7 * US, set(uids), q))

        def flush(forward, least, s=s):
            while s[forward] and len(s[forward]) >= least:
                part, s[forward] = s[forward][:size], s[forward][size:]
                send(forward, ACK | PSH, bytes(byte for byte, _ in part), {uid for _, uid in part})
                send(not forward, ACK)

        if p.payload:
            flush(not forward, 1)
            s[forward] += [(byte, p.uid) for byte in p.payload]
            flush(forward, size)
        elif p.flags & 7:
            flush(True, 1)
            flush(False, 1)
            send(forward, p.flags)
    path.b = out


def expect_streams(case, path):
    """Segments are matched with those that carry their bytes, all of them, and the rest is the proxy's."""
    found = set()
    for a, b, row in findings(case, path):
        if a and b:
            if not a & b:
                raise AssertionError("%r was taken for %r: %r" % (a, b, dict(row)))
            found |= a & b
        elif row["reason"] != "proxied":
            raise AssertionError("%r, %r: %r" % (a, b, dict(row)))
    wanted = {p.uid for p in path.truth.values() if p.payload or p.kind != "tcp"}
    tap.equal(sorted(wanted - found), [], "packets not found again")


def test_proxy_cuts():
    """A proxy with connections of its own, that cuts the bytes into other segments"""
    for size, others in ((700, True), (1448, False)):
        traffic = Traffic()
        for i in range(5):
            traffic.connection(40000 + i)
            if others:
                traffic.query(50000 + i)
        path = Path(traffic)
        path.offset_ns = 86400 * S
        resegment(path, size)
        case = compare(path, snap_a=96)
        expect_streams(case, path)
        tap.equal(mappings(case), {"proxy": 5, **({"none": 5} if others else {})})
        case.close()
        os.remove("case.db")


def test_proxy_same_requests():
    """The same request and answer on many connections through a proxy: told apart by their times"""
    traffic = Traffic()
    for i in range(6):
        traffic.random = random.Random(7)
        first = len(traffic.packets)
        traffic.connection(40000)
        for p in traffic.packets[first:]:
            p.ends = tuple((end[0], end[1] + i if end[1] == 40000 else end[1]) for end in p.ends)
        traffic.now += 3 * S
    path = Path(traffic)
    resegment(path, 700)
    case = compare(path)
    expect_streams(case, path)
    tap.equal(mappings(case), {"proxy": 6})


def test_rewritten_fields():
    """DSCP and ECN rewritten, MSS clamped"""
    def rewrite(p):
        return dataclasses.replace(p, tos=0xB9, mss=1380 if p.mss else None)
    path = Path(Traffic().mix())
    path.change("b", rewrite)
    case = compare(path)
    tap.equal(expect(case, path), {})
    total = len(path.truth)
    tap.equal(changes(case), {"ttl": total, "dscp": total, "ecn": total, "mss": 12})


def test_snaplen():
    """One capture cut to 96 bytes a packet"""
    path = Path(Traffic().mix())
    path.lose(30)
    tap.equal(len(expect(compare(path, snap_b=96), path)), 1)


def test_snaplen_of_datagrams():
    """Datagrams without identification, of which each point knows another half of the fingerprint, translated"""
    for snaplen in (60, 262144):
        traffic = Traffic(numbered=False)
        for i in range(20):
            traffic.query(6000 + i)
        path = Path(traffic)
        path.lose(4, 11)
        path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] + 1000)}))
        case = compare(path, snap_a=snaplen, snap_b=86)
        tap.equal(reasons(expect(case, path)), lost(path, [4, 11]))
        tap.equal(mappings(case), {"nat": 20})
        case.close()
        os.remove("case.db")

def test_cut_options():
    """Options that one capture cut off are not changed"""
    path = Path(Traffic().mix())
    for snaplen in (56, 58, 64, 68):  # in the MSS, behind it, in the timestamp, behind all of them but in SYNs
        case = compare(path, snap_a=snaplen)
        tap.equal(expect(case, path), {})
        tap.equal(changes(case), {"ttl": len(path.truth)})
        case.close()
        os.remove("case.db")


def test_link_types():
    """An Ethernet capture with a VLAN tag, and a Linux cooked one"""
    path = Path(Traffic().mix())
    path.alter("a", vlan=12)
    case = compare(path, link_b=113)
    tap.equal(expect(case, path), {})
    tap.equal(changes(case), {"ttl": len(path.truth), "vlan": len(path.truth)})


def test_offload():
    """Segments that the receiving card joined: byte ranges"""
    traffic = Traffic()
    seq = 1000
    for i in range(120):
        traffic.send(True, "tcp", (4000, 80), seq=seq, ack=1, payload=traffic.random.randbytes(500), stamps=(i // 12, 1))
        seq += 500
        traffic.wait(10 * US)
        if i % 12 == 11:
            traffic.wait(30 * MS)
            traffic.send(False, "tcp", (4000, 80), seq=1, ack=seq, stamps=(i, 1))
            traffic.wait(30 * MS)
    path = Path(traffic, jitter=0)
    joined, burst = [], []
    for ts_ns, uids, p in path.b:
        if not p.forward:
            joined.append((ts_ns, uids, p))
            continue
        burst.append((ts_ns, uids, p))
        if len(burst) == 4:
            first = burst[0][2]
            joined.append((ts_ns, set().union(*(b[1] for b in burst)),
                           dataclasses.replace(first, payload=b"".join(b[2].payload for b in burst))))
            burst = []
    path.b = joined
    case = compare(path)
    tap.equal(expect(case, path, timed=False), {})
    tap.equal(case.execute("SELECT count(*) FROM hop_packets WHERE method = 'byte_range'").fetchone()[0], 120)
    tap.equal((comparison(case)["a_matched"], comparison(case)["b_matched"]), (130, 40))


def join(rows, size):
    """A card that joins segments of the sender, up to `size` bytes of one burst: what it was given, or what it gives."""
    out = []
    for ts_ns, uids, p in sorted(rows, key=lambda row: row[0]):
        last = out[-1] if out else None
        if last and p.payload and last[2].forward == p.forward and last[2].seq + len(last[2].payload) == p.seq and \
                ts_ns - last[0] < 1 * MS and len(last[2].payload) + len(p.payload) <= size:
            out[-1] = (last[0], last[1] | uids, dataclasses.replace(last[2], payload=last[2].payload + p.payload))
        else:
            out.append((ts_ns, uids, p))
    return out


def bursts(path_of_data, lost_segments, again_after, size=500, count=12):
    """Bursts of segments of which some are lost, as (burst, segment), and sent again together with the segment behind
    them. Gives the traffic, and the uids of what is lost."""
    traffic, gone, seq = Traffic(), [], 1000
    for i in range(20):
        first = seq
        data = [traffic.random.randbytes(size) for _ in range(count)]
        for j in range(count):
            p = traffic.send(path_of_data, "tcp", (4000, 80), seq=seq, ack=1, payload=data[j], stamps=(i, 1))
            seq += size
            gone += [p.uid] if (i, j) in lost_segments else []
            traffic.wait(10 * US)
        traffic.wait(again_after)
        for j in sorted(j for b, j in lost_segments if b == i):
            for k in (j, j + 1):
                if k < count and (k == j or (i, k) not in lost_segments):
                    traffic.send(path_of_data, "tcp", (4000, 80), seq=first + k * size, ack=1, payload=data[k],
                                 stamps=(i, 2))
                    traffic.wait(10 * US)
            traffic.wait(20 * MS)
        traffic.send(not path_of_data, "tcp", (4000, 80), seq=1, ack=seq, stamps=(i, 1))
        traffic.wait(30 * MS)
    return traffic, gone


def test_offload_lost():
    """Some of the bytes of joined segments are lost, and sent again: told by the sequence numbers, the first time"""
    for forward in (True, False):
        missing = {(2, 0), (5, 11), (7, 3), (7, 4), (9, 2), (9, 8), (13, 6)}
        stretches = {(2, 0, 1), (5, 11, 1), (7, 3, 2), (9, 2, 1), (9, 8, 1), (13, 6, 1)}
        traffic, gone = bursts(forward, missing, 200 * MS)
        path = Path(traffic)
        path.lose(*gone)
        sender, receiver = "ab" if forward else "ba"
        setattr(path, sender, join(getattr(path, sender), 6000))
        setattr(path, receiver, join(getattr(path, receiver), 2000))
        case = compare(path)
        found = set()
        for a, b, row in findings(case, path):
            if a and b:
                if not a & b:
                    raise AssertionError("%r was taken for %r: %r" % (a, b, dict(row)))
                continue
            tap.equal((row["reason"], row["a_packet_id"] is None), ("lost", not forward))
            uid = min(a or b)
            offset, length = row["part_offset"] or 0, row["part_len"] or len(path.truth[uid].payload)
            burst, at = divmod((path.truth[uid].seq - 1000 + offset) // 500, 12)
            found.add((burst, at, length // 500))
        tap.equal(sorted(found), sorted(stretches))
        row = comparison(case)
        tap.equal((row["forward_lost"], row["back_lost"]), (6, 0) if forward else (0, 6))
        tap.equal(row[sender + "_only"], 0)
        report = tap.pcapdex("query", "case.db", "hop-loss", "--format", "csv").stdout
        tap.contains(report, "80,.,12001,500,6000," if forward else "4000,.,12001,500,6000,", ",43501,1000,6000,")
        case.close()
        os.remove("case.db")


def fragments_of(p, size):
    data, _ = transport(p)
    for offset in range(0, len(data), size):
        yield dataclasses.replace(p, fragment=(offset, offset + size < len(data), data[offset:offset + size]))


def test_fragmentation():
    """Datagrams that a router fragmented between the points"""
    traffic = Traffic()
    for i in range(20):
        traffic.query(6000 + i, size=1400)
    path = Path(traffic)
    path.lose(4)
    path.b = [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in path.b
              for n, piece in enumerate(fragments_of(p, 576) if p.forward else [p])]
    case = compare(path)
    alone = expect(case, path, timed=False)
    tap.equal(reasons(alone), {"lost": [("a", 4)]})
    tap.equal(case.execute("SELECT count(*) FROM hop_packets WHERE method = 'fragment'").fetchone()[0], 19 * 3)


def test_fragmentation_and_nat():
    """Datagrams both ways that become fragments where their addresses and ports are translated too"""
    traffic = Traffic()
    for _ in range(40):
        for forward in (True, False):
            traffic.send(forward, "udp", (5000, 6000), payload=traffic.random.randbytes(1400))
            traffic.wait(5 * MS)
    path = Path(traffic)
    path.lose(24, 31)
    path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] + 1000),
                                "203.0.113.9": lambda e: ("192.168.7.7", e[1] + 8000)}))
    path.b = [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in path.b for n, piece in enumerate(fragments_of(p, 576))]
    case = compare(path)
    found = reasons(expect(case, path, timed=False))
    tap.equal(found, {"lost": [("a", 24)] + [("b", 31)] * 3})
    tap.equal(mappings(case)["nat"], 1)


def test_fragments_late():
    """Datagrams and their fragments, of which nothing is heard for longer than the window: they belong together"""
    traffic = Traffic()
    for i in range(6):
        traffic.query(6000 + i, size=1400)
        traffic.wait(20 * S)
    path = Path(traffic)
    for point, forward in (("a", False), ("b", True)):
        setattr(path, point, [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in getattr(path, point)
                              for n, piece in enumerate(fragments_of(p, 576) if p.forward == forward else [p])])
    tap.equal(expect(compare(path), path, timed=False), {})


def test_fragments_cut():
    """Fragments of which the snap length left the transport header: nothing of the payload is missing between them"""
    traffic = Traffic()
    for i in range(10):
        traffic.query(6000 + i, size=1400)
        traffic.send(True, "tcp", (4000, 80), seq=1000 + i * 1400, ack=1, payload=traffic.random.randbytes(1400),
                     stamps=(i, 1))
        traffic.wait(5 * MS)
    path = Path(traffic)
    path.b = [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in path.b
              for n, piece in enumerate(fragments_of(p, 576) if p.forward else [p])]
    for snap_a in (262144, 60):
        case = compare(path, snap_a=snap_a, snap_b=96)
        tap.equal(expect(case, path, timed=False), {})
        case.close()
        os.remove("case.db")


def test_fragments_recur():
    """Datagrams of two flows that have the same identifications, a moment apart, of which a router made fragments"""
    traffic = Traffic(numbered=False)
    for i in range(40):
        packet = traffic.send(True, "udp", (5000 + i % 2, 6000), payload=traffic.random.randbytes(1400))
        packet.ip_id = 1 + i // 2 % 2
        traffic.wait(30 * MS)
    path = Path(traffic, jitter=0)
    path.b = [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in path.b for n, piece in enumerate(fragments_of(p, 576))]
    tap.equal(expect(compare(path), path, timed=False), {})


def fragment_at_both(path):
    """Each packet becomes fragments of its own: ten times its number, and counted on."""
    for point in "ab":
        setattr(path, point, [(ts_ns + n * 1000, {min(uids) * 10 + n}, piece) for ts_ns, uids, p in getattr(path, point)
                              for n, piece in enumerate(fragments_of(p, 576))])


def test_fragments_answered():
    """Fragments both ways, where an answer has the identification of its question"""
    traffic = Traffic()
    for i in range(10):
        traffic.query(6000 + i, size=1400)
    for p in traffic.packets:
        p.ip_id = 1 + p.uid // 2
    path = Path(traffic)
    fragment_at_both(path)
    case = compare(path, snap_b=96)
    tap.equal(expect(case, path, timed=False), {})
    tap.equal(changes(case), {"ttl": 20 * 3})

def test_tcp_fragmentation():
    """TCP segments that a router fragmented; one is lost, and a fragment of another"""
    traffic = Traffic()
    for i in range(30):
        traffic.send(False, "tcp", (4000, 80), seq=1000 + i * 1400, ack=1, payload=traffic.random.randbytes(1400),
                     stamps=(i, 1))
        traffic.wait(5 * MS)
        traffic.send(True, "tcp", (4000, 80), seq=1, ack=1000, stamps=(i, 1))
        traffic.wait(5 * MS)
    path = Path(traffic)
    path.lose(6)
    path.a = [(ts_ns + n * 1000, uids, piece) for ts_ns, uids, p in path.a
              for n, piece in enumerate([p] if p.forward else fragments_of(p, 576)) if (min(uids), n) != (10, 1)]
    case = compare(path)
    alone = expect(case, path, timed=False)
    tap.equal(reasons(alone), {"lost": [("b", 6), ("b", 10)]})
    part = alone["b", 10][0]
    tap.equal((part["part_offset"], part["part_len"]), (576 - 32, 576))  # a TCP header with timestamps has 32 bytes
    tap.equal(case.execute("SELECT count(*) FROM hop_packets WHERE method = 'fragment'").fetchone()[0], 28 * 3 + 2)
    tap.equal((comparison(case)["forward_lost"], comparison(case)["back_lost"]), (0, 2))


def test_fragments_at_both():
    """Fragments that both points see, one of them lost"""
    traffic = Traffic()
    for i in range(10):
        traffic.query(6000 + i, size=1400)
    path = Path(traffic)
    fragment_at_both(path)
    path.b = [row for row in path.b if row[1] != {41}]
    case = compare(path)
    tap.equal(reasons(expect(case, path, timed=False)), {"lost": [("a", 41)]})


def test_mirror_copies():
    """A mirror port that delivers every packet twice"""
    path = Path(Traffic().mix())
    path.lose(25)
    path.b = [(ts_ns + n * 2000, uids, p) for ts_ns, uids, p in path.b for n in range(2)]
    case = compare(path)
    alone = expect(case, path)
    found = reasons(alone)
    tap.equal({uid for _, uid in found.pop("lost")}, {25})
    tap.equal(len(found.pop("duplicate")), len(path.truth) - (1 if path.truth[25].forward else 0))
    tap.equal(found, {})


def test_mirror_copies_of_queries():
    """A query that is sent three times, the same each time, and a mirror port that delivers everything twice"""
    traffic = Traffic("2001:db8::2", "2001:db8:5::9")
    for i in range(20):
        payload = traffic.random.randbytes(60)
        for _ in range(3):
            traffic.send(True, "udp", (5000 + i, 53), payload=payload)
            traffic.wait(9 * MS)
        traffic.send(False, "udp", (5000 + i, 53), payload=traffic.random.randbytes(90))
        traffic.wait(40 * MS)
    path = Path(traffic, delay=50 * MS)
    path.b = [(ts_ns + n * 2000, uids, p) for ts_ns, uids, p in path.b for n in range(2)]
    found = reasons(expect(compare(path), path))
    tap.equal({reason: len(keys) for reason, keys in found.items()}, {"duplicate": len(path.truth)})

def test_mirror_copies_unnumbered():
    """A mirror port that delivers everything twice, of senders that number no packets, with ACKs that are alike"""
    for doubled in ("a", "b", None):
        traffic = Traffic("2001:db8::2", "2001:db8:5::9", stamped=False).mix(2)
        bare, seq = [], 1000
        for i in range(40):
            traffic.send(False, "tcp", (4000, 80), seq=seq, ack=1, payload=traffic.random.randbytes(500))
            seq += 500
            traffic.wait(200 * US)
            for _ in range(1 + i % 3):  # an ACK, and others like it
                bare.append(traffic.send(True, "tcp", (4000, 80), seq=1, ack=seq).uid)
                traffic.wait(200 * US)
            traffic.wait(5 * MS)
            traffic.send(True, "tcp", (4001 + i, 80), seq=i * 1000, ack=0, flags=SYN)
            traffic.wait(100 * US)
            traffic.send(False, "tcp", (4001 + i, 80), seq=0, ack=i * 1000 + 1, flags=RST | ACK)
            traffic.wait(5 * MS)
        path = Path(traffic, jitter=0)
        lost_acks = [bare[i] for i in (0, 1, 9, 30)]
        path.lose(*lost_acks)
        copies = len(getattr(path, doubled)) if doubled else 0
        if doubled:
            setattr(path, doubled, [(ts_ns + n * 3000, uids, p) for ts_ns, uids, p in getattr(path, doubled)
                                    for n in range(2)])
        case = compare(path)
        counts = dict(case.execute("SELECT reason, count(*) FROM hop_packets WHERE reason IS NOT NULL GROUP BY 1").fetchall())
        tap.equal((counts.pop("lost"), counts.pop("duplicate", 0), counts), (4, copies, {}))
        tap.equal(comparison(case)["forward_lost"], 4)
        case.close()
        os.remove("case.db")


def test_clock_offset():
    """Clocks that are seven years apart"""
    path = Path(Traffic().mix())
    path.offset_ns = -7 * 365 * 86400 * S + 12345
    case = compare(path)
    tap.equal(expect(case, path), {})
    row = comparison(case)
    if abs(row["offset_ns"] - path.offset_ns) > TOLERANCE_NS:
        raise AssertionError("offset %d" % row["offset_ns"])
    tap.equal(row["clock"], "both_ways")


def test_clock_drift():
    """A clock that runs 50 millionths fast, and is five hours off"""
    path = Path(Traffic().mix(20), jitter=300 * US)
    path.offset_ns, path.drift = 5 * 3600 * S, 50e-6
    case = compare(path)
    tap.equal(expect(case, path), {})
    if abs(comparison(case)["drift_ppm"] - 50) > 2:
        raise AssertionError("drift %f" % comparison(case)["drift_ppm"])


def test_no_drift():
    """Delays that vary are not taken for a drift"""
    path = Path(Traffic().mix(20), jitter=4 * MS)
    tap.equal(comparison(compare(path))["drift_ppm"], 0.0)


def queued(drift, mean, spacing, count=600):
    """Questions and answers that queue for long, and clocks that drift apart meanwhile."""
    traffic = Traffic()
    for i in range(count):
        for forward in (True, False):
            traffic.send(forward, "udp", (5000, 6000), payload=traffic.random.randbytes(100))
            traffic.wait(spacing // 2)
    path = Path(traffic, jitter=0)
    queue = random.Random(3)
    for p in path.truth.values():
        p.at = (p.sent, p.at[1] + int(queue.expovariate(1 / mean))) if p.forward else (
            p.at[0] + int(queue.expovariate(1 / mean)), p.sent)
    for point in "ab":
        setattr(path, point, [(p.at[point == "b"], uids, q) for _, uids, q in getattr(path, point)
                              for p in [path.truth[q.uid]]])
    path.offset_ns, path.drift = -5 * S, drift
    return path


def test_drift_in_queues():
    """A drift of less than queues take, and one that is told from nothing: the uncertainty is a bound at any time"""
    for drift, mean, spacing in ((100e-6, 10 * MS, 100 * MS), (50e-6, 40 * MS, 100 * MS), (100e-6, 40 * MS, 20 * MS)):
        path = queued(drift, mean, spacing)
        case = compare(path)
        row = comparison(case)
        for a, b, found in findings(case, path):
            p = path.truth[min(a)]
            tap.equal(a, b)
            if abs(found["delay_ns"] - abs(p.at[1] - p.at[0])) > row["clock_uncertainty_ns"]:
                raise AssertionError("delay %d, should be %d" % (found["delay_ns"], abs(p.at[1] - p.at[0])))
        if abs(row["offset_ns"] - path.offset_ns) > row["clock_uncertainty_ns"]:
            raise AssertionError("offset %d +- %d" % (row["offset_ns"], row["clock_uncertainty_ns"]))
        case.close()
        os.remove("case.db")


def test_one_way():
    """Packets one way only: no delay, but what is beyond the fastest"""
    traffic = Traffic()
    for i in range(300):
        traffic.send(True, "udp", (7000, 7001), payload=traffic.random.randbytes(100))
        traffic.wait(10 * MS)
    path = Path(traffic)
    path.offset_ns = 99 * S
    path.lose(100)
    case = compare(path)
    tap.equal(reasons(expect(case, path, timed=False)), {"lost": [("a", 100)]})
    row = comparison(case)
    tap.equal((row["clock"], row["offset_ns"]), ("forward_only", None))
    for a, b, row in findings(case, path):
        if a and b:
            p = path.truth[min(a)]
            tap.equal((row["delay_ns"], row["excess_ns"]), (None, p.at[1] - p.at[0] - 5 * MS))


def test_same_network():
    """No router between: the way is told from the delays, and from the addresses"""
    path = Path(Traffic().mix())
    path.alter("b", ttl=64)
    uids = some(path, 9, 11, 2)
    path.lose(*uids)
    case = compare(path)
    tap.equal(reasons(expect(case, path)), lost(path, uids))


def test_same_network_and_copies():
    """No router between, but a few packets that one point captured behind one: they do not tell the way"""
    traffic = Traffic().mix()
    path = Path(traffic)
    path.alter("b", ttl=64)
    odd = [p.uid for p in path.truth.values() if p.kind == "icmp" and not p.forward][::9]
    path.change("b", lambda p: dataclasses.replace(p, ttl=63) if p.uid in odd else p)
    expect(compare(path), path)

def test_reordering():
    """Packets that overtake others"""
    traffic = Traffic()
    for i in range(100):
        traffic.send(True, "udp", (7000, 7001), payload=traffic.random.randbytes(100))
        traffic.wait(1 * MS)
        if i % 10 == 0:
            traffic.send(False, "udp", (7000, 7001), payload=b"answer %d" % i)
            traffic.wait(1 * MS)
    path = Path(traffic, jitter=0)
    late = [20, 50, 51]
    path.b = [(ts_ns + 2500 * US if min(uids) in late else ts_ns, uids, p) for ts_ns, uids, p in path.b]
    case = compare(path)
    tap.equal(expect(case, path, timed=False), {})
    found = {min(a): row["late_ns"] for a, b, row in findings(case, path) if row["late_ns"]}
    tap.equal(sorted(found), late)
    tap.equal(found[20], 500 * US)
    tap.equal(comparison(case)["forward_reordered"], 3)


def test_jitter():
    """Delays both ways that vary by more than the way takes, and no router: what is late is told, and no other"""
    for first_forward in (True, False):
        traffic = Traffic()
        for i in range(300):
            forward = (i % 3 == 0) != first_forward
            traffic.send(forward, "udp", (7000 + i % 2, 7001), payload=traffic.random.randbytes(100))
            traffic.wait(3 * MS)
        path = Path(traffic, jitter=150 * MS)
        path.alter("b", ttl=64)
        case = compare(path)
        tap.equal(expect(case, path, timed=False), {})
        late = [set(), set()]
        for rows, forward in ((path.b, True), (path.a, False)):
            farthest = {}
            for _, uids, p in sorted(rows, key=lambda row: row[0]):
                if p.forward == forward and p.uid < farthest.setdefault(p.uid % 2, -1):
                    late[forward].add(p.uid)
                if p.forward == forward:
                    farthest[p.uid % 2] = max(farthest[p.uid % 2], p.uid)
        found = {min(a) for a, b, row in findings(case, path) if row["late_ns"]}
        tap.equal(sorted(found), sorted(late[0] | late[1]))
        row = comparison(case)
        tap.equal((row["forward_reordered"], row["back_reordered"]), (len(late[True]), len(late[False])))
        case.close()
        os.remove("case.db")


def test_ipv6():
    """IPv6: no identification"""
    path = Path(Traffic("2001:db8::2", "2001:db8:5::9").mix())
    path.lose(7, 33)
    tap.equal(len(expect(compare(path), path)), 2)


def test_ip_id_zero():
    """IP identification 0 everywhere, no timestamps option"""
    path = Path(Traffic(numbered=False, stamped=False).mix())
    path.lose(9, 30)
    tap.equal(len(expect(compare(path), path)), 2)


def test_ip_id_rewritten():
    """IP identification rewritten on the way"""
    path = Path(Traffic().mix())
    path.lose(9, 30)
    path.change("b", lambda p: dataclasses.replace(p, ip_id=(p.ip_id * 31337 + 5) % 65536))
    tap.equal(len(expect(compare(path), path)), 2)


def test_ip_id_recurs():
    """No router between, and datagrams of a few identifications: one that was lost is not another one much later"""
    traffic = Traffic()
    for i in range(200):
        for forward in (True, False):
            packet = traffic.send(forward, "udp", (5000, 6000), payload=traffic.random.randbytes(200))
            packet.ip_id = 1 + i % 2
            traffic.wait(15 * MS)
        traffic.query(7000 + i)
    path = Path(traffic, jitter=9 * MS)
    path.alter("b", ttl=64)
    dropped = [80 + 40 * i for i in range(6)]
    gone = [uid + 80 for uid in dropped]
    path.lose(*gone)
    path.change("a", lambda p: None if p.uid in dropped else p)
    alone = expect(compare(path), path, timed=False)
    tap.equal(sorted(alone), sorted([("b", uid) for uid in dropped if uid not in gone] +
                                    [("a", uid) for uid in gone if uid not in dropped]))


def retransmitting(numbered):
    traffic = Traffic(numbered=numbered, stamped=False)
    seq, first, again = 5000, [], []
    for i in range(60):
        payload = traffic.random.randbytes(300)
        fields = {"seq": seq, "ack": 1, "payload": payload}
        first.append(traffic.send(True, "tcp", (4000, 80), **fields).uid)
        traffic.wait(15 * MS)
        if i % 6 == 5:
            traffic.wait(220 * MS)
            again.append(traffic.send(True, "tcp", (4000, 80), **fields).uid)
            traffic.wait(15 * MS)
        seq += 300
        traffic.send(False, "tcp", (4000, 80), seq=1, ack=seq)
        traffic.wait(15 * MS)
    return traffic, first[5::6], again


def test_retransmissions():
    """Identical bytes sent again without identification: the first copy was lost, or the second, or none"""
    traffic, first, again = retransmitting(False)
    path = Path(traffic)
    uids = first[0:6:2] + again[1:6:2]
    path.lose(*uids)
    alone = expect(compare(path), path)
    tap.equal(reasons(alone), lost(path, uids))


def test_copies_with_identification():
    """Of each segment that was sent again, one point captured the first copy and the other one the second"""
    traffic, first, again = retransmitting(True)
    path = Path(traffic)
    path.lose(*first)
    path.change("a", lambda p: None if p.uid in again else p)
    alone = expect(compare(path), path)
    tap.equal(sorted(alone), [("a", uid) for uid in first] + [("b", uid) for uid in again])


def test_syn_again():
    """A connection's only packets are SYNs: of each, the other point has another copy"""
    traffic = Traffic().mix(3)
    uids = []
    for i in range(10):
        for _ in range(2):
            uids.append(traffic.send(True, "tcp", (42000 + i, 80), seq=i, flags=SYN, mss=1460, stamps=(traffic.now // MS % 2**32, 0)).uid)
            traffic.wait(1 * S)
    path = Path(traffic)
    path.lose(*uids[::2])
    path.change("a", lambda p: None if p.uid in uids[1::2] else p)
    tap.equal(sorted(expect(compare(path), path)), [("a", uid) for uid in uids[::2]] + [("b", uid) for uid in uids[1::2]])

def flights(traffic, port, count=8, size=8):
    """Flights of segments each way, of which some are lost: from there on all are sent again. Gives those lost."""
    gone, seq = [], [traffic.random.randrange(2**32), traffic.random.randrange(2**32)]
    for flight in range(2 * count):
        forward = flight % 2 == 0
        parts = [traffic.random.randbytes(600) for _ in range(size)]
        begin = 0
        while begin < size:
            sent = []
            for i in range(begin, size):
                sent.append((i, traffic.send(forward, "tcp", (port, 80), seq=seq[forward] + 600 * i,
                                             ack=seq[not forward], payload=parts[i]).uid))
                traffic.wait(12 * US)
            lost_now = [(i, uid) for i, uid in sent if traffic.random.random() < 0.15]
            gone += [uid for _, uid in lost_now]
            begin = lost_now[0][0] if lost_now else size
            traffic.wait(220 * MS)
        seq[forward] += 600 * size
    return gone


def test_clock_of_retransmissions():
    """Without identification, segments that arrived and were sent again all the same: the clocks are known"""
    for seed, (client, server) in enumerate([("10.1.1.2", "203.0.113.9"), ("2001:db8::2", "2001:db8:5::9")] * 4):
        traffic = Traffic(client, server, seed=seed, numbered=False, stamped=False)
        traffic.pings(77, 1)
        gone = flights(traffic, 4000)
        traffic.pings(77, 1)
        path = Path(traffic)
        path.lose(*gone)
        case = compare(path)
        tap.equal(reasons(expect(case, path)), lost(path, gone))
        row = comparison(case)
        if abs(row["offset_ns"]) > 100 * US or abs(row["clock_uncertainty_ns"] - 5 * MS) > 1 * MS:
            raise AssertionError("offset %d +- %d" % (row["offset_ns"], row["clock_uncertainty_ns"]))
        case.close()
        os.remove("case.db")


def test_different_spans():
    """Captures that began and ended at different times"""
    path = Path(Traffic().mix())
    path.offset_ns = 40 * S
    end, begin = BEGIN + 6 * S, BEGIN + 3 * S
    path.a = [row for row in path.a if row[0] < end]
    path.b = [row for row in path.b if row[0] >= begin]
    case = compare(path)
    tap.equal(set(reasons(expect(case, path))), {"outside"})
    row = comparison(case)
    if abs(row["overlap_first_ts_ns"] - begin) > 50 * MS or abs(row["overlap_last_ts_ns"] - end) > 50 * MS:
        raise AssertionError("overlap %d to %d" % (row["overlap_first_ts_ns"] - BEGIN, row["overlap_last_ts_ns"] - BEGIN))


def keep_alives(traffic, port, count):
    for _ in range(count):
        traffic.send(True, "tcp", (port, 80), seq=999, ack=5000)
        traffic.send(False, "tcp", (port, 80), seq=5000, ack=1000)
        traffic.wait(10240 * MS)


def test_no_overlap():
    """Captures that have nothing in common: neither connections that are alike nor keep-alives make them the same"""
    for numbered in (True, False):
        traffic = Traffic(numbered=numbered, stamped=False)
        for i in range(2):
            traffic.random = random.Random(7)  # what is asked is asked again
            first = len(traffic.packets)
            traffic.connection(40000 + i, segments=12)
            for p in traffic.packets[first:]:  # but not with the same numbers
                p.seq, p.ack = p.seq + 7777777 * i, p.ack + 7777777 * i if p.flags & ACK else 0
                p.payload = p.payload.replace(b"40001", b"40000")
            keep_alives(traffic, 4000, 1)
        path = Path(traffic)
        path.change("b", translate({"10.1.1.2": lambda e: ("198.51.100.7", e[1] and e[1] + 1000)}))
        end = traffic.now - 10 * S - (traffic.now - BEGIN) // 2
        path.a = [row for row in path.a if row[0] < end]
        path.b = [row for row in path.b if row[0] >= end + 1 * S]
        case = compare(path)
        tap.equal(set(reasons(expect(case, path))), {"outside"})
        row = comparison(case)
        tap.equal((row["a_matched"], row["clock"], row["offset_ns"], row["overlap_first_ts_ns"]), (0, "none", None, None))
        case.close()
        os.remove("case.db")


def test_clock_set():
    """A clock that was set while it was captured: no line fits, and no delay is invented"""
    path = Path(Traffic().mix(20))
    half = BEGIN + (path.truth[len(path.truth) - 1].sent - BEGIN) // 2
    path.b = [(ts_ns + (200 * MS if ts_ns > half else 0), uids, p) for ts_ns, uids, p in path.b]
    case = compare(path)
    tap.equal(expect(case, path, timed=False), {})
    row = comparison(case)
    tap.equal((row["clock"], row["offset_ns"], row["clock_uncertainty_ns"], row["drift_ppm"]),
              ("contradicted", None, None, None))
    tap.equal(case.execute("SELECT count(delay_ns), count(excess_ns), count(raw_delay_ns) FROM hop_packets").fetchone()[:],
              (0, 0, len(path.truth)))


def test_edge():
    """The first SYN and the last FIN were lost: the captures cannot tell that they were running"""
    traffic = Traffic()
    for _ in range(2):
        traffic.send(True, "tcp", (40000, 80), seq=0xFFFFFFFF, flags=SYN, stamps=(1, 1), mss=1460)
        traffic.wait(1 * S)
    traffic.packets[0].seq = traffic.packets[1].seq = 4999
    seq = [100, 5000]
    for i in range(6):
        for forward, flags in ((False, ACK if i else SYN | ACK), (True, ACK)):
            payload = traffic.random.randbytes(100) if forward else b""
            traffic.send(forward, "tcp", (40000, 80), seq=seq[forward], ack=seq[not forward], flags=flags,
                         stamps=(i, 1), payload=payload)
            seq[forward] += len(payload) + (flags & SYN != 0)
            traffic.wait(20 * MS)
    traffic.send(False, "tcp", (40000, 80), seq=seq[0], ack=seq[1], flags=FIN | ACK, stamps=(99, 1))
    path = Path(traffic)
    last = len(traffic.packets) - 1
    path.lose(0, last)
    tap.equal(reasons(expect(compare(path), path)), {"edge": [("a", 0), ("b", last)]})


def test_other_traffic():
    """Flows that the other point has not, and frames that never leave their network"""
    traffic = Traffic().mix(3)
    inner = len(traffic.packets)
    traffic.server = "10.1.1.77"  # a neighbour of the client's
    traffic.now = BEGIN + 2 * S
    traffic.connection(41000)
    traffic.send(True, "arp", (0, 0))
    path = Path(traffic)
    arp = len(traffic.packets) - 1
    path.change("b", lambda p: None if p.uid >= inner else p)
    found = reasons(expect(compare(path), path))
    tap.equal(found, {"absent": [("a", uid) for uid in range(inner, arp)], "link_local": [("a", arp)]})


def test_query_lost():
    """A flow of one packet that was lost, where others between the same hosts came through"""
    path = Path(Traffic().mix())
    query = next(p.uid for p in path.truth.values() if p.kind == "udp" and p.forward)
    path.lose(query, query + 1)
    path.b = [row for row in path.b if min(row[1]) != query + 1]
    path.a = [row for row in path.a if min(row[1]) != query + 1]
    tap.equal(reasons(expect(compare(path), path)), {"lost": [("a", query)]})


def test_filtered():
    """Flows that one capture left out, though it has others of the same hosts: they came through, and are not lost"""
    path = Path(Traffic().mix())
    out = {p.uid for p in path.truth.values() if p.kind == "tcp" and 40002 in (p.ends[0][1], p.ends[1][1])}
    for point, other in ("ab", "ba"):
        kept = getattr(path, point)
        path.change(point, lambda p: None if p.uid in out else p)
        found = reasons(expect(compare(path), path))
        tap.equal(found, {"absent": [(other, uid) for uid in sorted(out)]})
        setattr(path, point, kept)
        os.remove("case.db")

def test_missed():
    """Packets that a point should have seen and did not capture"""
    path = Path(Traffic().mix())
    missed = [p.uid for p in path.truth.values() if not p.forward][10:30:5]  # sent by the server: they passed b
    path.b = [row for row in path.b if min(row[1]) not in missed]
    found = reasons(expect(compare(path), path))
    tap.equal(found, {"missed": [("a", uid) for uid in missed]})


def test_capture_dropped():
    """Data that arrived, as its ACK shows, and that the farther capture dropped; and data that was sent again"""
    traffic, first, again = retransmitting(True)
    path = Path(traffic)
    segments = [p.uid for p in path.truth.values() if p.payload and p.uid not in first and p.uid not in again]
    dropped = segments[5:40:10]
    path.lose(*dropped, *first[:3])
    found = reasons(expect(compare(path), path))
    tap.equal(found, {"missed": [("a", uid) for uid in dropped], "lost": [("a", uid) for uid in first[:3]]})


def test_sent_again_much_later():
    """No router between and no identification: of data that was sent again after seconds, the first copies were lost"""
    traffic = Traffic(numbered=False, stamped=False)
    gone, seq = [], 7000
    for i in range(60):
        payload = traffic.random.randbytes(300)
        for again in range(1 + (i % 10 == 5)):
            traffic.wait(again * 5 * S)
            segment = traffic.send(False, "tcp", (4000, 80), seq=seq, ack=1, payload=payload)
            traffic.wait(12 * MS)
            gone += [segment.uid] if i % 10 == 5 and not again else []
        seq += 300
    traffic.send(True, "tcp", (4000, 80), seq=1, ack=seq)
    path = Path(traffic, delay=60 * MS)
    path.alter("b", ttl=64)
    path.lose(*gone)
    tap.equal(sorted(expect(compare(path), path, timed=False)), [("b", uid) for uid in gone])


def test_sent_again_later():
    """Data that was lost, sent again and acknowledged after the farther capture had ended: no capture dropped it"""
    traffic = Traffic(stamped=False)

    def segment(number):
        traffic.wait(5 * MS)
        payload = random.Random(number).randbytes(300)
        return traffic.send(True, "tcp", (4000, 80), seq=5000 + 300 * number, ack=1, payload=payload)

    for number in range(30):
        first = segment(number)
    missing = traffic.packets[-3].uid
    traffic.wait(220 * MS)
    segment(27)
    traffic.wait(20 * MS)
    traffic.send(False, "tcp", (4000, 80), seq=1, ack=5000 + 300 * 30)
    path = Path(traffic)
    path.lose(missing)
    path.b = [row for row in path.b if row[0] < first.at[1] + 30 * MS]
    found = reasons(expect(compare(path), path, timed=False))
    tap.equal((found["lost"], "missed" in found), ([("a", missing)], False))


def test_again():
    """The same comparison again takes the place of the first; --reverse is another one"""
    path = Path(Traffic().mix())
    case = compare(path)
    rows = case.execute("SELECT count(*) FROM hop_packets").fetchone()[0]
    case.close()
    for arguments in ((), ("--reverse",)):
        tap.equal(tap.pcapdex("compare", "-q", "case.db", "a", "b", *arguments).stderr, "")
    case = sqlite3.connect("case.db")
    tap.equal(case.execute("SELECT count(*), count(DISTINCT comparison_id) FROM hop_packets").fetchone(), (2 * rows, 2))
    tap.equal(case.execute("SELECT count(*) FROM hop_flows").fetchone()[0], 26)
    tap.equal(case.execute("SELECT a_capture_id, b_capture_id FROM hop_comparisons").fetchall(), [(1, 2), (2, 1)])
    case.close()
    tap.equal(tap.pcapdex("ingest", "-q", "--replace", "-o", "case.db", "a.pcap").returncode, 0)
    case = sqlite3.connect("case.db")
    tap.equal(case.execute("SELECT (SELECT count(*) FROM hop_comparisons), (SELECT count(*) FROM hop_flows),"
                           " (SELECT count(*) FROM hop_packets)").fetchone(), (0, 0, 0), "after the capture went")


def test_busy():
    """A case that another program is writing stays as it is"""
    path = Path(Traffic().mix(1))
    case = compare(path)
    case.execute("BEGIN IMMEDIATE")
    done = tap.pcapdex("compare", "case.db", "b", "a")
    tap.equal((done.returncode, done.stderr),
              (3, "pcapdex: error: case.db: another program is writing it; wait until that ends\n"))
    case.rollback()
    tap.equal(case.execute("SELECT count(*) FROM hop_comparisons").fetchone()[0], 1)


def test_old_case():
    """A case without tables for comparisons"""
    path = Path(Traffic().mix(1))
    compare(path).close()
    case = sqlite3.connect("case.db")
    case.execute("DROP TABLE hop_comparisons")
    case.close()
    done = tap.pcapdex("compare", "case.db", "a", "b")
    tap.equal(done.returncode, 3)
    tap.contains(done.stderr, "hop_comparisons")


def test_reader_sees_nothing_half_done():
    """What was compared before stays until the new comparison is complete"""
    path = Path(Traffic().mix(1))
    compare(path).close()
    reader = sqlite3.connect("case.db")
    before = reader.execute("SELECT count(*) FROM hop_packets").fetchone()
    tap.equal(tap.pcapdex("compare", "case.db", "a", "nobody").returncode, 2)
    tap.equal(tap.pcapdex("compare", "case.db", "a", "b", "nobody").returncode, 2)
    tap.equal(reader.execute("SELECT count(*) FROM hop_packets").fetchone(), before)


# ---- hop-verdict ---------------------------------------------------------------------------------------------------


def conversation(*rows):
    """(ms at the point that it passes first, > or < for from a or from b, flags, seq, ack, bytes)"""
    traffic = Traffic()
    for ms, way, flags, seq, ack, size in rows:
        traffic.now = BEGIN + round(ms * MS)
        traffic.send(way == ">", "tcp", (40000, 80), seq=1000 + seq, ack=1000 + ack if flags & ACK else 0, flags=flags,
                     payload=traffic.random.randbytes(size))
    same = {}
    for p in traffic.packets:  # what is sent again is the same bytes
        p.payload = same.setdefault((p.forward, p.seq, len(p.payload)), p.payload)
    return Path(traffic, jitter=0)


HANDSHAKE = ((0, ">", SYN, 0, 0, 0), (5, "<", SYN | ACK, 0, 1, 0), (10, ">", ACK, 1, 1, 0))
# Three segments of an answer; the second is number 5, and is sent again after 300 ms as number 9.
ANSWER = conversation, (*HANDSHAKE, (11, ">", ACK, 1, 1, 200), (16, "<", ACK, 1, 201, 1000), (16.1, "<", ACK, 1001, 201, 1000),
                        (16.2, "<", ACK, 2001, 201, 1000), (21.1, ">", ACK, 201, 1001, 0), (21.3, ">", ACK, 201, 1001, 0),
                        (316, "<", ACK, 1001, 201, 1000), (321.1, ">", ACK, 201, 3001, 0), (322, ">", ACK | FIN, 201, 3001, 0))
# Three segments of a request; the second is number 4, and is sent again after 300 ms as number 8.
REQUEST = conversation, (*HANDSHAKE, (11, ">", ACK, 1, 1, 1000), (11.1, ">", ACK, 1001, 1, 1000), (11.2, ">", ACK, 2001, 1, 1000),
                         (16.1, "<", ACK, 1, 1001, 0), (16.3, "<", ACK, 1, 1001, 0), (311, ">", ACK, 1001, 1, 1000),
                         (316.1, "<", ACK, 1, 3001, 0), (316.2, "<", ACK, 1, 3001, 300), (321.4, ">", ACK, 3001, 301, 0))


def verdict(path, names=""):
    """Of the only connection: verdict, reason in words, client's port, what nearly all of its time went to. names: put in
    front of those of the captures."""
    if os.path.exists("case.db"):
        os.remove("case.db")
    with contextlib.closing(compare(path)) as db, db:
        db.execute("UPDATE captures SET name = ? || name", [names])
    done = tap.pcapdex("query", "case.db", "hop-verdict", "--format", "json")
    tap.equal((done.returncode, done.stderr), (0, ""))
    rows = [row for row in json.loads(done.stdout) if row["lost_ms"] > 200]
    tap.equal(len(rows), 1)
    most = [name for name in ("network", "beyond_a", "beyond_b", "unknown") if rows[0][name + "_pct"] > 90]
    return rows[0]["verdict"], rows[0]["why"], rows[0]["client_port"], most


def unseen(path, uid):
    """Lost before it passed a point."""
    path.a = [row for row in path.a if uid not in row[1]]
    path.b = [row for row in path.b if uid not in row[1]]
    return path


def late(path, uid, ns):
    """Held between the points."""
    point = "b" if path.truth[uid].forward else "a"
    setattr(path, point, [(ts_ns + ns * (uid in uids), uids, p) for ts_ns, uids, p in getattr(path, point)])
    return path


NOT, YES, UNKNOWN = "it is not the network", "it is the network", "these captures cannot tell"


def test_verdict_answer_lost():
    """hop-verdict: a segment of the answer was lost beyond b, between the points, beyond a"""
    make, rows = ANSWER
    found = verdict(unseen(make(*rows), 5))
    tap.equal((found[0], found[3]), (NOT, ["beyond_b"]), "beyond b")
    tap.contains(found[1], "until the server sent again what b had not seen")
    path = make(*rows)
    path.lose(5)
    found = verdict(path)
    tap.equal((found[0], found[3]), (YES, ["network"]), "between")
    found = verdict(make(*rows))
    tap.equal((found[0], found[3]), (NOT, ["beyond_a"]), "beyond a")
    tap.contains(found[1], "what had reached a")


def test_verdict_names():
    """hop-verdict: names of captures are shown as they are"""
    make, rows = ANSWER
    found = verdict(unseen(make(*rows), 5), "100%d of ")
    tap.contains(found[1], " ms went by until the server sent again what 100%d of b had not seen")


def test_verdict_request_lost():
    """hop-verdict: a segment of the request was lost beyond a, between the points, beyond b"""
    make, rows = REQUEST
    found = verdict(unseen(make(*rows), 4))
    tap.equal((found[0], found[3]), (NOT, ["beyond_a"]), "beyond a")
    tap.contains(found[1], "until the client sent again what a had not seen")
    path = make(*rows)
    path.lose(4)
    found = verdict(path)
    tap.equal((found[0], found[3]), (YES, ["network"]), "between")
    found = verdict(make(*rows))
    tap.equal((found[0], found[3]), (NOT, ["beyond_b"]), "beyond b")
    tap.contains(found[1], "what had reached b")


def test_verdict_ack_lost_beyond():
    """hop-verdict: the ACK of a request passed both points, and was lost between a and the client"""
    found = verdict(conversation(*HANDSHAKE, (11, ">", ACK, 1, 1, 1000), (16.1, "<", ACK, 1, 1001, 0), (311, ">", ACK, 1, 1, 1000),
                                 (316.1, "<", ACK, 1, 1001, 0), (322, ">", ACK, 1001, 1, 100)))
    tap.equal((found[0], found[3]), (NOT, ["beyond_a"]))
    tap.contains(found[1], "what a had seen an ACK of")


def test_verdict_late():
    """hop-verdict: nothing was lost, but a packet was late between the points, and so it was sent again"""
    for (make, rows), uid in ((ANSWER, 5), (REQUEST, 4)):
        for ns in (285 * MS, 600 * MS):  # before what was sent again arrives, and behind it
            found = verdict(late(make(*rows), uid, ns))
            tap.equal((found[0], found[3]), (YES, ["network"]), "%d ms" % (ns // MS))


def test_verdict_first_syn():
    """hop-verdict: the first packet of all, a SYN, is in a only: nobody says that it reached b"""
    path = conversation((0, ">", SYN, 0, 0, 0), *((ms + 1000, *rest) for ms, *rest in ANSWER[1]))
    path.lose(0)
    found = verdict(path)
    if found[0] == NOT or "reached b" in found[1]:
        raise AssertionError(found)


def test_verdict_one_direction():
    """hop-verdict: captures of one direction only cannot tell, and know the client all the same"""
    for point, missing, why in (("ab", True, "a has no packets of the client"),
                                ("ab", False, "a has no packets of the server"),
                                ("b", False, "b has no packets of the server"), ("a", True, "a has no packets of the client"),
                                ("b", True, "b has no packets of the client"), ("a", False, "a has no packets of the server")):
        path = ANSWER[0](*ANSWER[1])
        for name in point:
            path.change(name, lambda p, missing=missing: None if p.forward == missing else p)
        found = verdict(path)
        tap.equal((found[0], found[2], found[3]), (UNKNOWN, 40000, ["unknown"]), why)
        tap.contains(found[1], why)


VALUES = (0, 1, -1, 1 << 31, 1 << 32, (1 << 63) - 1, -1 << 63, None, "x", 1.5)


def edit(db, rng):
    """Anything in a column of some rows that compare reads."""
    table = rng.choice(("packets", "packets", "flows", "tcp_events", "captures"))
    column = rng.choice([row[1] for row in db.execute("PRAGMA table_info(%s)" % table)])
    first = rng.randrange(db.execute("SELECT max(rowid) FROM %s" % table).fetchone()[0] or 1)
    with contextlib.suppress(sqlite3.Error):  # what the table does not take stays
        db.execute("UPDATE OR IGNORE %s SET %s = ? WHERE rowid BETWEEN ? AND ?" % (table, column),
                   (rng.choice(VALUES), first, first + rng.choice((0, 1, 50))))


def test_edited_cases():
    """cases that somebody edited: compare and its verdict end, with rows or a message"""
    paths = [os.path.join(tap.ROOT, "examples", "lossy-%s.pcapng.zst" % end) for end in ("client", "server")]
    tap.equal(tap.pcapdex("ingest", "-q", "-o", "whole.db", *paths).returncode, 0)
    for seed in range(30):
        shutil.copy("whole.db", "case.db")
        rng = random.Random(seed)
        with contextlib.closing(sqlite3.connect("case.db")) as db, db:
            for _ in range(rng.randrange(1, 60)):
                edit(db, rng)
            if seed == 0:  # a packet of the greatest number there can be
                db.execute("UPDATE packets SET packet_id = ? WHERE packet_id = (SELECT max(packet_id) FROM packets)",
                           (VALUES[5],))
                db.execute("UPDATE captures SET packets = ? - first_packet_id + 1 WHERE capture_id = 2", (VALUES[5],))
        for command in (("compare", "-q", "case.db", "1", "2"), ("query", "case.db", "hop-verdict")):
            done = tap.pcapdex(*command)
            if done.returncode not in (0, 1, 2, 3) or "runtime error" in done.stderr or "Sanitizer" in done.stderr:
                raise AssertionError((seed, command, done.returncode, done.stderr[:2000]))


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
