#!/usr/bin/env python3
"""A wire with faults: passes frames between two interfaces, late, lost, twice or out of order.

    relay.py LEFT RIGHT [--delay-ms 5] [--loss 0.03] [--reorder 0.02] [--duplicate 0.01] [--seed 1]
                        [--delay-syn-ack PORT:MS ...]

Faults meet IPv4 packets only, so that ARP and IPv6 neighbour discovery always work. The order of the faults is fixed by
--seed; which packet meets which fault still depends on the order in which the packets come.
"""
import argparse
import heapq
import itertools
import random
import select
import socket
import time

ETH_P_ALL = 3
IPV4 = b"\x08\x00"
REORDER_MS = 12  # how much later an out-of-order packet leaves
DUPLICATE_MS = 1


def open_interface(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.bind((name, ETH_P_ALL))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return link


def syn_ack_port(frame):
    """The source port of a TCP SYN-ACK, else None."""
    if frame[12:14] != IPV4 or frame[23] != socket.IPPROTO_TCP:
        return None
    tcp = frame[14 + (frame[14] & 15) * 4:]
    if tcp[13] & 0x12 != 0x12:
        return None
    return int.from_bytes(tcp[0:2], "big")


def delays_ms(frame, options, dice):
    """When copies of the frame leave, in milliseconds from now: none if it is lost, two if it is duplicated."""
    if frame[12:14] != IPV4:
        return [options.delay_ms]
    # Always three throws, so that the faults of later packets do not depend on the options for this one.
    lost, reordered, doubled = dice.random(), dice.random(), dice.random()
    if lost < options.loss:
        return []
    delay = options.delay_ms + options.delay_syn_ack.get(syn_ack_port(frame), 0)
    if reordered < options.reorder:
        delay += REORDER_MS
    return [delay, delay + DUPLICATE_MS] if doubled < options.duplicate else [delay]


def relay(left, right, options):
    other = {left: right, right: left}
    dice = {left: random.Random(options.seed), right: random.Random(options.seed + 1)}
    leaving = []  # heap of (time, tie breaker, interface, frame)
    ties = itertools.count()
    while True:
        wait = max(0, leaving[0][0] - time.monotonic()) if leaving else None
        for link in select.select([left, right], [], [], wait)[0]:
            frame, (_, _, kind, *_) = link.recvfrom(65536)
            if kind == socket.PACKET_OUTGOING:  # our own, coming back to us
                continue
            now = time.monotonic()
            for delay in delays_ms(frame, options, dice[link]):
                heapq.heappush(leaving, (now + delay / 1000, next(ties), other[link], frame))
        while leaving and leaving[0][0] <= time.monotonic():
            _, _, link, frame = heapq.heappop(leaving)
            link.send(frame)


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
    parser.add_argument("--delay-syn-ack", type=port_and_ms, action="append", default=[], metavar="PORT:MS")
    options = parser.parse_args()
    options.delay_syn_ack = dict(options.delay_syn_ack)
    left, right = open_interface(options.left), open_interface(options.right)
    print("ready", flush=True)
    relay(left, right, options)


if __name__ == "__main__":
    main()
