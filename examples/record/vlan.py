#!/usr/bin/env python3
"""A VLAN interface in user space, for kernels without 802.1Q: frames of a new TAP device travel tagged on its parent.

    vlan.py PARENT NAME TPID:VLAN[:PRIORITY] ...        outermost tag first: 0x8100:10, or 0x88a8:200 0x8100:10
"""
import errno
import fcntl
import os
import select
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 0x10
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
MACS = 12  # bytes of both addresses, before the tags


def parse_tag(text):
    tpid, vlan, priority = (text.split(":") + ["0"])[:3]
    return struct.pack("!HH", int(tpid, 16), int(priority) << 13 | int(vlan))


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def open_parent(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    link.bind((name, ETH_P_ALL))
    link.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    return link


def receive(link):
    """The next frame, with the tag that the kernel took off put back; None if it is one that we sent."""
    frame, extra, _, (_, _, kind, *_) = link.recvmsg(65536, 256)
    if kind == socket.PACKET_OUTGOING:
        return None
    for _, _, data in extra:
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
        if status & TP_STATUS_VLAN_VALID:
            return frame[:MACS] + struct.pack("!HH", tpid, tci) + frame[MACS:]
    return frame


def deliver(device, packet):
    """Like any interface, lose what arrives while the device is down."""
    try:
        os.write(device, packet)
    except OSError as error:
        if error.errno != errno.EIO:
            raise


def same_vlan(have, want):
    """Equal but for the priority bits."""
    return all(h[0:2] == w[0:2] and (h[2] & 15, h[3]) == (w[2] & 15, w[3])
               for h, w in ((have[i:i + 4], want[i:i + 4]) for i in range(0, len(want), 4)))


def main():
    parent, name, *tags = sys.argv[1:]
    tags = b"".join(map(parse_tag, tags))
    tap, link = open_tap(name), open_parent(parent)
    print("ready", flush=True)
    while True:
        for ready in select.select([tap, link], [], [])[0]:
            if ready == tap:
                frame = os.read(tap, 65536)
                link.send(frame[:MACS] + tags + frame[MACS:])
                continue
            frame = receive(link)
            if frame and len(frame) >= MACS + len(tags) and same_vlan(frame[MACS:MACS + len(tags)], tags):
                deliver(tap, frame[:MACS] + frame[MACS + len(tags):])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main()
