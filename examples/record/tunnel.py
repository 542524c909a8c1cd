#!/usr/bin/env python3
"""A tunnel end in user space, for kernels without these devices: packets of a new TUN device travel inside IPv4.

    tunnel.py NAME MODE LOCAL REMOTE        MODE: gre (RFC 2784), gre-key (RFC 2890), ipip (RFC 2003), 6in4 (RFC 4213)
"""
import errno
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
PROTOCOLS = {"gre": 47, "gre-key": 47, "ipip": 4, "6in4": 41}
GRE_KEY_PRESENT = 0x2000
GRE_KEY = 42


def header(mode, packet):
    ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    if mode == "gre":
        return struct.pack("!HH", 0, ethertype)
    if mode == "gre-key":
        return struct.pack("!HHI", GRE_KEY_PRESENT, ethertype, GRE_KEY)
    return b""


def deliver(device, packet):
    """Like any interface, lose what arrives while the device is down."""
    try:
        os.write(device, packet)
    except OSError as error:
        if error.errno != errno.EIO:
            raise


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def main():
    name, mode, local, remote = sys.argv[1:]
    tun = open_tun(name)
    outside = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOLS[mode])
    outside.bind((local, 0))
    print("ready", flush=True)
    while True:
        for ready in select.select([tun, outside], [], [])[0]:
            if ready == tun:
                packet = os.read(tun, 65536)
                outside.sendto(header(mode, packet) + packet, (remote, 0))
                continue
            packet, (sender, _) = outside.recvfrom(65536)
            if sender == remote:
                inner = packet[(packet[0] & 15) * 4:]
                deliver(tun, inner[len(header(mode, inner)):])


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[2] not in PROTOCOLS:
        sys.exit(__doc__)
    main()
