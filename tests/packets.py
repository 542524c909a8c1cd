r"""Captures from text, for the tests: frames written as layers or as hex, lengths and checksums filled in.

A frame is a list of parts, from the outside in, between " / " or on lines of their own. A part is

    02 00 5e 10 00 00                        hex, taken as it is
    eth [A > B] [type=0x0806]                Ethernet; A and B are MAC addresses
    vlan ID [tpid=0x88a8]                    a tag; follows eth
    ip A > B [ttl= id= tos= df mf frag=BYTES proto= len= sum=]     IPv4 or IPv6, by the addresses
    tcp A > B [FLAGS] [seq= ack= win= mss= scale= sackok sack=L-R,L-R ts=VAL,ECR opts=HEX data=N|"text" sum=]
    udp A > B [data=N|"text" len= sum=]
    icmp request|reply [id= seq= data=]      ICMP or ICMPv6 echo, by the IP header it is in
    icmp TYPE CODE                           any other; what it holds follows as parts
    data N | "text"                          N zero bytes, or text, in which \r \n \0 and \" are those bytes

Numbers are decimal or 0x hex. FLAGS are letters of FSRPAUEW ("SA"). len= and sum= put in what is wrong on purpose.
A layer's type field comes from the part that follows; before hex, say type= or proto=.
"""
import ipaddress
import re
import shlex
import struct

FLAGS = "FSRPAUEW"
ETHERTYPES = {"ip4": 0x0800, "ip6": 0x86DD, "vlan": 0x8100}
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "ip4": 4, "ip6": 41}


class Part:
    """One layer as written: its name, plain words, key=value options."""

    def __init__(self, text):
        words = shlex.split(text, posix=True)
        self.hex = bytes.fromhex(text) if re.fullmatch(r"(?:[0-9a-fA-F]{2}\s*)+", text) else None
        self.name = "hex" if self.hex is not None else words[0]
        self.words = [w for w in words[1:] if "=" not in w]
        self.options = dict(w.split("=", 1) for w in words[1:] if "=" in w)
        self.quoted = '"' in text
        if self.name == "ip":
            self.name = "ip6" if ":" in self.words[0] else "ip4"

    def number(self, name, otherwise=0):
        return int(self.options[name], 0) if name in self.options else otherwise

    def ends(self):
        """The two sides of "A > B", or None."""
        return (self.words[0], self.words[2]) if len(self.words) > 2 and self.words[1] == ">" else None

    def content(self):
        return content_bytes(self.options.get("data", "0"))


def content_bytes(text):
    if text.isdigit():
        return bytes(int(text))
    return re.sub(r"\\([rn0])", lambda m: {"r": "\r", "n": "\n", "0": "\0"}[m.group(1)], text).encode()


def checksum(data):
    data += bytes(len(data) & 1)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(ip, protocol, length):
    if ip is None:
        return b""
    a, b = (ipaddress.ip_address(x).packed for x in ip.ends())
    return a + b + struct.pack("!IBBBB" if ip.name == "ip6" else "!BBH",
                               *((length, 0, 0, 0, protocol) if ip.name == "ip6" else (0, protocol, length & 0xFFFF)))


def make_eth(part, inside, following, ip):
    a, b = part.ends() or ("02:00:00:00:00:01", "02:00:00:00:00:02")
    kind = part.number("type", ETHERTYPES.get(following, 0x0800))
    return bytes.fromhex(b.replace(":", "")) + bytes.fromhex(a.replace(":", "")) + struct.pack("!H", kind) + inside


def make_vlan(part, inside, following, ip):
    return struct.pack("!HH", int(part.words[0]), part.number("type", ETHERTYPES.get(following, 0x0800))) + inside


def make_ip4(part, inside, following, ip):
    a, b = (ipaddress.IPv4Address(x).packed for x in part.ends())
    fragment = part.number("frag") // 8 | ("df" in part.words) << 14 | ("mf" in part.words) << 13
    header = struct.pack("!BBHHHBBH", 0x45, part.number("tos"), part.number("len", 20 + len(inside)),
                         part.number("id", 1), fragment, part.number("ttl", 64),
                         part.number("proto", PROTOCOLS.get(following, 255)), 0) + a + b
    return header[:10] + struct.pack("!H", part.number("sum", checksum(header))) + header[12:] + inside


def make_ip6(part, inside, following, ip):
    a, b = (ipaddress.IPv6Address(x).packed for x in part.ends())
    protocol = part.number("proto", 58 if following == "icmp" else PROTOCOLS.get(following, 59))
    return struct.pack("!IHBB", 6 << 28 | part.number("tos") << 20, part.number("len", len(inside)), protocol,
                       part.number("ttl", 64)) + a + b + inside


def tcp_options(part):
    options = bytes.fromhex(part.options.get("opts", ""))
    if "mss" in part.options:
        options += struct.pack("!BBH", 2, 4, part.number("mss"))
    if "scale" in part.options:
        options += struct.pack("!BBB", 3, 3, part.number("scale"))
    if "sackok" in part.words:
        options += b"\x04\x02"
    if "sack" in part.options:
        edges = list(map(int, re.split("[-,]", part.options["sack"])))
        options += struct.pack("!BB%dI" % len(edges), 5, 2 + 4 * len(edges), *edges)
    if "ts" in part.options:
        options += struct.pack("!BBII", 8, 10, *map(int, part.options["ts"].split(",")))
    return options + b"\x01" * (-len(options) % 4)


def make_tcp(part, inside, following, ip):
    a, b = map(int, part.ends())
    flags = part.words[3] if len(part.words) > 3 and set(part.words[3]) <= set(FLAGS) else ""
    options = tcp_options(part)
    segment = struct.pack("!HHIIBBHHH", a, b, part.number("seq") % 2**32, part.number("ack") % 2**32,
                          (20 + len(options)) << 2, sum(1 << FLAGS.index(f) for f in flags),
                          part.number("win", 1000), 0, 0) + options + part.content() + inside
    value = part.number("sum", checksum(pseudo_header(ip, 6, len(segment)) + segment))
    return segment[:16] + struct.pack("!H", value) + segment[18:]


def make_udp(part, inside, following, ip):
    a, b = map(int, part.ends())
    inside = part.content() + inside
    segment = struct.pack("!HHHH", a, b, part.number("len", 8 + len(inside)), 0) + inside
    value = part.number("sum", checksum(pseudo_header(ip, 17, len(segment)) + segment) or 0xFFFF)
    return segment[:6] + struct.pack("!H", value) + segment[8:]


def make_icmp(part, inside, following, ip):
    six = ip is not None and ip.name == "ip6"
    echo = {"request": 128 if six else 8, "reply": 129 if six else 0}
    if part.words[0] in echo:
        head = struct.pack("!BBHHH", echo[part.words[0]], 0, 0, part.number("id", 1), part.number("seq", 1))
    else:
        head = struct.pack("!BBHI", int(part.words[0]), int(part.words[1]), 0, part.number("rest"))
    message = head + part.content() + inside
    pseudo = pseudo_header(ip, 58, len(message)) if six else b""
    return message[:2] + struct.pack("!H", part.number("sum", checksum(pseudo + message))) + message[4:]


def make_data(part, inside, following, ip):
    return b"".join(content_bytes(w) for w in part.words) + inside


MAKERS = {"eth": make_eth, "vlan": make_vlan, "ip4": make_ip4, "ip6": make_ip6, "tcp": make_tcp, "udp": make_udp,
          "icmp": make_icmp, "data": make_data}


def frame(text):
    """Bytes of the frame that `text` describes."""
    pieces = re.split(r"\s+/\s+|\n", text)
    parts = [Part(piece.strip()) for piece in pieces if piece.strip()]
    built = b""
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        ip = next((p for p in reversed(parts[:place]) if p.name in ("ip4", "ip6")), None)
        following = parts[place + 1].name if place + 1 < len(parts) else ""
        if part.hex is not None:
            built = part.hex + built
        elif part.name in MAKERS:
            built = MAKERS[part.name](part, built, following, ip)
        else:
            raise ValueError("no such layer: " + part.name)
    return built


def pcap_header(link=1, snaplen=262144, nanoseconds=False, order="<"):
    return struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)


def pcap_record(ts_ns, data, wire_len=None, nanoseconds=False, order="<"):
    fraction = ts_ns % 10**9 // (1 if nanoseconds else 1000)
    return struct.pack(order + "IIII", ts_ns // 10**9, fraction, len(data), wire_len or len(data)) + data


def replace_number(data, place, sum_place, number):
    """Puts a number of 32 bits into a frame and corrects the checksum at sum_place for it (RFC 1624)."""
    total = ~struct.unpack_from("!H", data, sum_place)[0] & 0xFFFF
    total += sum(~half & 0xFFFF for half in struct.unpack_from("!HH", data, place))
    struct.pack_into("!I", data, place, number)
    total += sum(struct.unpack_from("!HH", data, place))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", data, sum_place, ~total & 0xFFFF)


def many(path, count, flows, start_s=1_700_000_000, interval_ns=10_000, payload=100):
    """Writes a pcap of `count` TCP segments, in turn from each of `flows` connections: data and ACK by turns, so that
    what waits for an ACK stays the same however long it goes on."""
    frames = []
    for flow in range(flows):
        client = "10.%d.%d.%d" % (1 + flow // 65536, flow // 256 % 256, flow % 256)
        port = 1024 + flow % 60000
        data = frame("eth / ip %s > 10.0.0.1 / tcp %d > 80 A seq=1 ack=1 data=%d" % (client, port, payload))
        ack = frame("eth / ip 10.0.0.1 > %s / tcp 80 > %d A seq=1 ack=1" % (client, port))
        frames.append((data, ack))
    with open(path, "wb") as file:
        file.write(pcap_header())
        for number in range(count):
            turn, flow = divmod(number, flows)
            data = bytearray(frames[flow][turn % 2])
            place = 42 if turn % 2 else 38  # of the ack, of the seq
            replace_number(data, place, 50, 1 + (turn + 1) // 2 * payload)
            file.write(pcap_record(start_s * 10**9 + number * interval_ns, bytes(data)))
