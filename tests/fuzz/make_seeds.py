#!/usr/bin/env python3
"""Writes seeds for the fuzz targets, from the captures of the text cases and of examples/.

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
TCP, UDP, IP, LAYER, QUIC = range(5)  # enum carrier
ARP_PLACE, OTHER_PORT = 0, 20001
STEP_ACK, STEP_AHEAD, STEP_AGAIN, STEP_CUT, STEP_LONG = 8, 16, 32, 64, 128
BENDS = (0, STEP_ACK, STEP_AHEAD, STEP_AGAIN, STEP_CUT)  # with a distance, the last three


def pcapng_frames(data):
    """The same of a pcapng file with the low byte first, and interfaces of one link type."""
    link, place, found = None, 0, []
    while place + 12 <= len(data):
        kind, length = struct.unpack("<II", data[place:place + 8])
        body = data[place + 8:place + length - 4]
        if kind == 1 and link is None:
            link = struct.unpack("<H", body[:2])[0]
        elif kind == 6:
            found.append(body[20:20 + struct.unpack("<I", body[12:16])[0]])
        place += max(length, 12)
    return (link, found) if found else None


def frames(data):
    """(link type, [frame, ...]) of a capture; None for others."""
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return pcapng_frames(data)
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
    """{key: [(back, payload), ...]} of Ethernet frames. The key begins with the carrier and its number, as fuzz_application
    has them: TCP and UDP over IPv4 with the server's port, other protocols of IP, and layers by their place."""
    flows = {}
    for data in found:
        if link != 1 or len(data) < 34:
            continue
        kind, protocol, payload = data[12:14], data[23], data[14 + 4 * (data[14] & 15):]
        if kind != b"\x08\x00":
            flows.setdefault((LAYER, ARP_PLACE), []).append((0, data[14:]))
        elif protocol not in (6, 17):
            flows.setdefault((IP, protocol), []).append((0, payload))
        elif len(payload) >= 20:
            ends = [data[26:30] + payload[0:2], data[30:34] + payload[2:4]]
            port = min(struct.unpack("!HH", payload[:4]))
            chunks = flows.setdefault((TCP if protocol == 6 else UDP, port, *sorted(ends)), [])
            chunks.append((ends[0] > ends[1], payload[4 * (payload[12] >> 4):] if protocol == 6 else payload[8:]))
    return flows


def steps(carrier, chunks):
    """The segments of fuzz_application's input. What is longer than 255 bytes has its length in sixteens."""
    out = b""
    for back, payload in chunks:
        if len(payload) > 255:
            whole = payload[:4080] if carrier != TCP else payload[:len(payload) // 16 * 16][:4080]
            out += bytes([back | STEP_LONG, (len(whole) + 15) // 16]) + whole + bytes(-len(whole) % 16)
            payload = payload[len(whole):] if carrier == TCP else b""
        if payload and len(payload) < 256:
            out += bytes([back, len(payload)]) + payload
    return out


def bent_steps(chunks):
    """The segments of a TCP conversation, ahead of their turn, again, cut, and acknowledged."""
    out = b""
    for number, (back, payload) in enumerate(chunks):
        for part in (payload[:7], payload[7:]):
            bend = BENDS[(number + len(part)) % len(BENDS)]
            out += bytes([back | bend, len(part) & 255]) + bytes([3] if bend >= STEP_AHEAD else []) + part[:len(part) & 255]
    return out


def quic_crypto(message):
    """A handshake message of TLS in CRYPTO frames: its second half before its first."""
    half = len(message) // 2
    return b"".join(b"\x06" + struct.pack("!HH", 0x4000 | at, 0x4000 | len(part)) + part
                    for at, part in ((half, message[half:]), (0, message[:half])))


def application_seeds(link, found):
    """Inputs of fuzz_application: each conversation, at its port and at one that nobody has."""
    for key, chunks in conversations(link, found).items():
        carrier, number = key[:2]
        body = steps(carrier, chunks)[:SEED_MAX]
        for port in (number, OTHER_PORT) if body else ():
            yield struct.pack("!BH", carrier, port) + body
        if carrier == TCP and len(chunks) > 1:
            yield struct.pack("!BH", carrier, number) + bent_steps(chunks)[:SEED_MAX]
        hellos = [(back, quic_crypto(p[5:])) for back, p in chunks if carrier == TCP and p[:1] == b"\x16"]
        if hellos:
            yield struct.pack("!BH", QUIC, 443) + steps(QUIC, hellos)


def write_seeds(folder, name, data):
    """The seeds of one capture."""
    if len(data) <= SEED_MAX:
        with open(os.path.join(folder, "fuzz_capture", name), "wb") as file:
            file.write(data)
    if not frames(data):
        return
    with open(os.path.join(folder, "fuzz_frame", name), "wb") as file:
        file.write(frame_seed(*frames(data))[:SEED_MAX])
    for number, seed in enumerate(application_seeds(*frames(data))):
        with open(os.path.join(folder, "fuzz_application", "%s-%d" % (name, number)), "wb") as file:
            file.write(seed)


def main(folder):
    for name in ("fuzz_frame", "fuzz_capture", "fuzz_application"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    with tempfile.TemporaryDirectory() as captures:
        paths = case.write_captures(captures)
        examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples")
        paths += [os.path.join(examples, name) for name in sorted(os.listdir(examples)) if name.endswith((".pcap", ".pcapng"))]
        for path in paths:
            with open(path, "rb") as file:
                write_seeds(folder, "-".join(path.split("/")[-2:]), file.read())


if __name__ == "__main__":
    main(sys.argv[1])
