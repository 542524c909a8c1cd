#!/usr/bin/env python3
"""Writes seeds for the fuzz targets, from the captures of the text cases.

usage: make_seeds.py FOLDER     makes FOLDER/fuzz_frame, FOLDER/fuzz_capture and FOLDER/fuzz_application

To renew tests/fuzz/corpus: make_seeds.py, then build/fuzz/tests/fuzz/TARGET -merge=1 tests/fuzz/corpus/TARGET FOLDER/TARGET
"""
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import case  # noqa: E402, pylint: disable=wrong-import-position

SEED_MAX = 4000
APPLICATIONS_MAX = 24


def frames(data):
    """(link type, [frame, ...]) of a pcap file; None for others."""
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(
        data[:4])
    if not order:
        return None
    link, place, found = struct.unpack(order + "I", data[20:24])[0], 24, []
    while place + 16 <= len(data):
        length = struct.unpack(order + "I", data[place + 8:place + 12])[0]
        found.append(data[place + 16:place + 16 + length])
        place += 16 + length
    return link, found


def frame_seed(link, found):
    """The input of fuzz_frame: link type, bytes cut off, then length, milliseconds and bytes of each frame."""
    out = struct.pack("!HB", link, 0)
    for data in found:
        out += struct.pack("!BB", len(data), 10) + data if len(data) < 256 else b""
    return out


def conversations(link, found):
    """{(is TCP, ends): [(back, payload), ...]} of Ethernet frames with IPv4, and of each other frame behind Ethernet."""
    flows = {}
    for number, data in enumerate(found):
        if link != 1 or len(data) < 34:
            continue
        if data[12:14] != b"\x08\x00" or data[23] not in (6, 17):
            flows[number] = [(0, data[14:])]
            continue
        transport = data[14 + 4 * (data[14] & 15):]
        if len(transport) < 20:
            continue
        payload = transport[4 * (transport[12] >> 4):] if data[23] == 6 else transport[8:]
        ends = (data[26:30] + transport[0:2], data[30:34] + transport[2:4])
        key = (data[23] == 6, *sorted(ends))
        first = flows.setdefault(key, [])
        if payload:
            first.append((0 if ends[0] == key[1] else 1, payload))
    return flows


def application_seeds(link, found):
    """Inputs of fuzz_application: each conversation for each application; merging leaves those that matter."""
    for key, chunks in conversations(link, found).items():
        is_tcp = isinstance(key, tuple) and key[0]
        body = b"".join(struct.pack("!BB", len(p), back) + p for back, p in chunks if len(p) < 256)
        for place in range(APPLICATIONS_MAX if body else 0):
            yield bytes([place, is_tcp]) + body


def main(folder):
    for name in ("fuzz_frame", "fuzz_capture", "fuzz_application"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    with tempfile.TemporaryDirectory() as captures:
        for path in case.write_captures(captures):
            with open(path, "rb") as file:
                data = file.read()
            name = os.path.relpath(path, captures).replace("/", "-")
            if len(data) <= SEED_MAX:
                with open(os.path.join(folder, "fuzz_capture", name), "wb") as file:
                    file.write(data)
            if frames(data):
                with open(os.path.join(folder, "fuzz_frame", name), "wb") as file:
                    file.write(frame_seed(*frames(data)))
                for number, seed in enumerate(application_seeds(*frames(data))):
                    with open(os.path.join(folder, "fuzz_application", "%s-%d" % (name, number)), "wb") as file:
                        file.write(seed)


if __name__ == "__main__":
    main(sys.argv[1])
