#!/usr/bin/env python3
"""A wire with faults: passes frames between two interfaces, late, lost, twice or out of order.

    relay.py LEFT RIGHT [--delay-ms 5] [--loss 0.03] [--reorder 0.02] [--duplicate 0.01] [--seed 1]
                        [--rate-kbit 4000] [--delay-syn-ack PORT:MS ...] [--log FILE]

Faults meet IPv4 packets only, so that ARP and IPv6 neighbour discovery always work. The order of the faults is fixed by
--seed; which packet meets which fault still depends on the order in which the packets come. With --rate-kbit, packets
of one direction queue for the wire: it takes so many bits in a second, then they travel.

The log is a table of tab-separated columns: what became of each IPv4 packet, in the order in which they left the wire
(or were lost). Its times are the kernel's, nanoseconds since 1970, of the clock that stamps captures on this machine:
when the packet came in, and when it went out. It is identified by addresses, ports, IP identification, TCP sequence and
acknowledgment number, and bytes of IP.
"""
import argparse
import heapq
import itertools
import os
import random
import select
import socket
import struct
import time

ETH_P_ALL = 3
IPV4 = b"\x08\x00"
REORDER_MS = 12  # how much later an out-of-order packet leaves
DUPLICATE_MS = 1
SPIN_S = 0.001  # a process that sleeps until a packet is due wakes up too late
SO_TIMESTAMPNS = 35
COLUMNS = "came_ns went_ns fate from src src_port dst dst_port ip_id seq ack ip_len".split()


def open_interface(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.bind((name, ETH_P_ALL))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    link.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return link


def receive(link):
    """A frame, when the kernel had it, and whether it goes out here."""
    frame, extra, _, (_, _, kind, *_) = link.recvmsg(65536, 64)
    seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
    return frame, seconds * 10**9 + nanoseconds, kind == socket.PACKET_OUTGOING


class Log:
    """Writes a row for each packet that leaves, or does not. Sockets of its own see frames go out, with their time."""

    def __init__(self, path, left, right):
        self.file = open(path, "w", encoding="ascii", buffering=1)
        self.names = {left: "left", right: "right"}
        self.watchers = {link: open_interface(link.getsockname()[0]) for link in (left, right)}
        print(*COLUMNS, sep="\t", file=self.file)

    def lost(self, link, frame, came_ns):
        self.row(link, frame, came_ns, "", "lost")

    def sent(self, link, other, frame, came_ns, fate):
        """Went out at other, just now."""
        while True:
            seen, went_ns, outgoing = receive(self.watchers[other])
            if outgoing and seen == frame:
                return self.row(link, frame, came_ns, went_ns, fate)

    def row(self, link, frame, came_ns, went_ns, fate):
        if frame[12:14] != IPV4:
            return
        size, ip_id = struct.unpack_from("!HH", frame, 16)
        src, dst = (socket.inet_ntoa(frame[at:at + 4]) for at in (26, 30))
        above = frame[14 + (frame[14] & 15) * 4:]
        src_port = dst_port = seq = ack = ""
        if frame[23] in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            src_port, dst_port = struct.unpack_from("!HH", above)
        if frame[23] == socket.IPPROTO_TCP:
            seq, ack = struct.unpack_from("!II", above, 4)
        print(came_ns, went_ns, fate, self.names[link], src, src_port, dst, dst_port, ip_id, seq, ack, size,
              sep="\t", file=self.file)


class NoLog:
    def lost(self, *_):
        pass

    sent = lost


def syn_ack_port(frame):
    """The source port of a TCP SYN-ACK, else None."""
    if frame[12:14] != IPV4 or frame[23] != socket.IPPROTO_TCP:
        return None
    tcp = frame[14 + (frame[14] & 15) * 4:]
    if tcp[13] & 0x12 != 0x12:
        return None
    return int.from_bytes(tcp[0:2], "big")


def delays_ms(frame, options, dice):
    """When copies of the frame leave, in milliseconds from now, and why: none if it is lost, two if it is duplicated."""
    if frame[12:14] != IPV4:
        return [(options.delay_ms, "passed")]
    # Always three throws, so that the faults of later packets do not depend on the options for this one.
    lost, reordered, doubled = dice.random(), dice.random(), dice.random()
    if lost < options.loss:
        return []
    held = options.delay_syn_ack.get(syn_ack_port(frame), 0)
    delay, fate = options.delay_ms + held, "held" if held else "passed"
    if reordered < options.reorder:
        delay, fate = delay + REORDER_MS, "reordered"
    return [(delay, fate), (delay + DUPLICATE_MS, "duplicate")] if doubled < options.duplicate else [(delay, fate)]


class Queue:
    """The beginning of the wire, one direction: a packet waits until those before it are on their way."""

    def __init__(self, rate_kbit):
        self.rate_kbit = rate_kbit
        self.free = 0  # when the latest packet has gone

    def enter(self, frame, now):
        """When the frame is on the wire."""
        if self.rate_kbit:
            now = self.free = max(now, self.free) + len(frame) * 8 / self.rate_kbit / 1000
        return now


def relay(left, right, options, log):
    other = {left: right, right: left}
    dice = {left: random.Random(options.seed), right: random.Random(options.seed + 1)}
    queues = {left: Queue(options.rate_kbit), right: Queue(options.rate_kbit)}
    leaving = []  # heap of (time, tie breaker, interface, frame, when it came, fate)
    ties = itertools.count()
    while True:
        wait = max(0, leaving[0][0] - time.monotonic() - SPIN_S) if leaving else None
        for link in select.select([left, right], [], [], wait)[0]:
            frame, came_ns, outgoing = receive(link)
            if outgoing:  # our own, coming back to us
                continue
            copies = delays_ms(frame, options, dice[link])
            if not copies:
                log.lost(link, frame, came_ns)
                continue
            start = queues[link].enter(frame, time.monotonic())
            for delay, fate in copies:
                heapq.heappush(leaving, (start + delay / 1000, next(ties), link, frame, came_ns, fate))
        while leaving and leaving[0][0] <= time.monotonic():
            _, _, link, frame, came_ns, fate = heapq.heappop(leaving)
            other[link].send(frame)
            log.sent(link, other[link], frame, came_ns, fate)


def port_and_ms(text):
    port, ms = text.split(":")
    return int(port), float(ms)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("--delay-ms", type=float, default=5)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--reorder", type=float, default=0)
    parser.add_argument("--duplicate", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate-kbit", type=float, default=0)
    parser.add_argument("--log", metavar="FILE")
    parser.add_argument("--delay-syn-ack", type=port_and_ms, action="append", default=[], metavar="PORT:MS")
    options = parser.parse_args()
    options.delay_syn_ack = dict(options.delay_syn_ack)
    left, right = open_interface(options.left), open_interface(options.right)
    log = Log(options.log, left, right) if options.log else NoLog()
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # a busy machine must not make packets late
    print("ready", flush=True)
    relay(left, right, options, log)


if __name__ == "__main__":
    main()
