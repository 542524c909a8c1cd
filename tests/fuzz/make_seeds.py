#!/usr/bin/env python3
"""Writes seeds for the fuzz targets, from the captures of the text cases.

usage: make_seeds.py FOLDER     makes FOLDER/fuzz_frame and FOLDER/fuzz_capture

To renew tests/fuzz/corpus: make_seeds.py, then build/fuzz/tests/fuzz/TARGET -merge=1 tests/fuzz/corpus/TARGET FOLDER/TARGET
"""
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import case  # noqa: E402, pylint: disable=wrong-import-position

SEED_MAX = 4000


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


def main(folder):
    for name in ("fuzz_frame", "fuzz_capture"):
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


if __name__ == "__main__":
    main(sys.argv[1])
