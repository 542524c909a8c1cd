#!/usr/bin/env python3
"""Takes the hardware and operating system of the recording machine out of pcapng files; all other bytes stay.

    scrub.py FILE.pcapng ...
"""
import struct
import sys

SECTION_HEADER, INTERFACE = 0x0A0D0D0A, 1
FIXED = {SECTION_HEADER: 16, INTERFACE: 8}  # bytes of the block body before its options
TELLING = {SECTION_HEADER: {2, 3}, INTERFACE: {12}}  # shb_hardware, shb_os; if_os


def kept_options(options, telling):
    kept = b""
    while len(options) >= 4:
        code, length = struct.unpack_from("<HH", options)
        size = 4 + (length + 3) // 4 * 4
        if code not in telling:
            kept += options[:size]
        options = options[size:]
    return kept


def scrub(data):
    out = b""
    while data:
        kind, size = struct.unpack_from("<II", data)
        block, data = data[:size], data[size:]
        if kind in FIXED:
            fixed = 8 + FIXED[kind]
            body = block[8:fixed] + kept_options(block[fixed:-4], TELLING[kind])
            size = len(body) + 12
            block = struct.pack("<II", kind, size) + body + struct.pack("<I", size)
        out += block
    return out


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            data = file.read()
        if data[8:12] != b"\x4d\x3c\x2b\x1a":
            sys.exit(f"{path}: not a little-endian pcapng file")
        with open(path, "wb") as file:
            file.write(scrub(data))


if __name__ == "__main__":
    main()
