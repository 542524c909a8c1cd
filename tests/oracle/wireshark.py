"""What tshark says of each packet of a capture, in the words of the case's tables.

tshark takes longer to start than to read a small capture: of most it is asked once, with checksums verified, and in its
two-pass mode, where tcp.completeness is final. Where checksums are wrong or segments not in order, that changes what it
reassembles. Such a capture it reads again, as packets come; and for what is above TCP and UDP, with segments put in order.
"""
import ipaddress

import comparisons
import kept

# How tshark reads a capture.
AS_IT_COMES = []
VERIFIED = "-2 -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE".split()
IN_ORDER = "-2 -o tcp.reassemble_out_of_order:TRUE".split()
OUT_OF_ORDER = "-2 -o tcp.reassemble_out_of_order:FALSE".split()
SEPARATOR = "\x02"  # of several values of a field

# What pcapdex follows above the transport layer, by its name in frame.protocols.
APPLICATIONS = set("dns mdns llmnr http http2 websocket tls bgp ospf".split())

# tcp.analysis.NAME: what tshark flags. It flags the fast and spurious retransmissions as retransmissions too.
EVENTS = ["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment",
          "ack_lost_segment", "duplicate_ack", "keep_alive", "keep_alive_ack", "zero_window", "zero_window_probe",
          "zero_window_probe_ack", "window_update", "window_full", "reused_ports"]

# What goes with segments that are not behind each other, or not new.
DISORDER = ["tcp.analysis." + e for e in "retransmission out_of_order lost_segment keep_alive zero_window_probe".split()]

FIELDS = """frame.number frame.time_epoch frame.len frame.cap_len frame.protocols
ip.src ip.dst ip.ttl ip.id ip.flags.mf ip.frag_offset
ipv6.src ipv6.dst ipv6.hlim ipv6.fraghdr.ident ipv6.fraghdr.offset ipv6.fraghdr.more
vlan.id ieee8021ad.id
tcp.stream tcp.srcport tcp.dstport tcp.flags tcp.seq tcp.ack tcp.len tcp.window_size_value
tcp.options.timestamp.tsval tcp.options.timestamp.tsecr
tcp.analysis tcp.analysis.acks_frame tcp.analysis.ack_rtt tcp.analysis.initial_rtt tcp.analysis.rto tcp.analysis.rto_frame
tcp.analysis.duplicate_ack_num tcp.analysis.duplicate_ack_frame tcp.analysis.bytes_in_flight
udp.stream udp.srcport udp.dstport
sctp.srcport sctp.dstport communityid
icmp.resp_to icmp.resptime icmpv6.resp_to icmpv6.resptime""".split() + ["tcp.analysis." + e for e in EVENTS]

CHECKSUMS = ["ip", "tcp", "udp", "icmp", "icmpv6"]
ALL_FIELDS = FIELDS + ["tcp.completeness"] + [name + end for name in CHECKSUMS for end in (".checksum", ".checksum.status")]
ALL_FIELDS += [field for field in comparisons.FIELDS if field not in ALL_FIELDS]

BAD, GOOD = "0", "1"
CHECKSUM = {BAD: 0, GOOD: 1}  # the others say that it was not verified
CHECKSUM_ZERO = "wrong, the field is 0"


def version():
    return kept.version("tshark")


def why_no_analysis(tshark_version):
    """Why pcapdex's TCP analysis cannot be compared with this tshark's; None: it can."""
    if not tshark_version:
        return "tshark is not installed"
    if " 4.0." not in tshark_version:
        return "pcapdex analyses as tshark 4.0 does; this is " + tshark_version
    return None


def run(path, options):
    """A dictionary of ALL_FIELDS for each packet of a capture."""
    arguments = ["-n", "--enable-protocol", "communityid", *options, "-T", "fields", "-E", "occurrence=a"]
    arguments += ["-E", "aggregator=" + SEPARATOR]
    for field in ALL_FIELDS:
        arguments += ["-e", field]
    lines = kept.ask(path, "tshark", *arguments, "-r").stdout.decode(errors="replace").split("\n")[:-1]
    return [dict(zip(ALL_FIELDS, line.split("\t"))) for line in lines]


def is_plain(verified):
    """Whether all segments come in order and with right checksums: then tshark says the same in all of its modes."""
    return not any(row[field] for row in verified for field in DISORDER) and not any(
        BAD in row[name + ".checksum.status"].split(SEPARATOR) for row in verified for name in CHECKSUMS)


def read(path, options):
    """As run(), which is not asked again where the answer is the same."""
    verified = run(path, VERIFIED)
    return verified if options == VERIFIED or is_plain(verified) else run(path, options)


def packets(path):
    for rows in zip(read(path, AS_IT_COMES), read(path, VERIFIED), read(path, IN_ORDER)):
        yield Packet(rows[0], Packet(rows[1]), Packet(rows[2]))


def can_have(path, protocols):
    """Whether one of the protocols is in the capture; where segments are lost, wrong or out of order, any may be."""
    verified = run(path, VERIFIED)
    seen = {name for row in verified for name in row["frame.protocols"].split(":")}
    return not is_plain(verified) or not protocols.isdisjoint(seen)


def nanoseconds(text):
    """"-1.000000005" to an integer, the last of several; None for an empty text."""
    if not text:
        return None
    text = text.rsplit(SEPARATOR, 1)[-1]
    sign = -1 if text.startswith("-") else 1
    seconds, _, fraction = text.lstrip("-").partition(".")
    return sign * (int(seconds) * 10**9 + int(fraction.ljust(9, "0")))  # a damaged file's may be above 10^9


def integer(text):
    return int(text.split(SEPARATOR)[0], 0) if text else None


def address(text):
    return str(ipaddress.ip_address(text)) if text else None


class Packet:
    """One packet's fields; of repeated layers, those of the innermost one that is no quotation in an ICMP error."""

    def __init__(self, fields, verified=None, in_order=None):
        self.fields = fields
        self.verified = verified  # of the second run
        self.in_order = in_order  # of a run that takes segments in order
        self.number = int(fields["frame.number"])
        self.all_layers = fields["frame.protocols"].split(":")
        self.layers = without_quotation(self.all_layers)
        self.ip_place = max((i for i, n in enumerate(self.layers) if n in ("ip", "ipv6")), default=-1)
        self.ip = self.layers[self.ip_place] if self.ip_place >= 0 else None
        above = self.layers[self.ip_place + 1:] if self.ip else []
        self.transport = next((n for n in above if n in ("tcp", "udp", "sctp", "icmp", "icmpv6")), None)

    def one(self, name, layer):
        """The field of the last `layer` that is not quoted; None where it is absent."""
        values = self.fields[name].split(SEPARATOR) if self.fields[name] else []
        place = self.layers.count(layer) - 1
        return values[place] if 0 <= place < len(values) else None

    def of_ip(self, v4, v6):
        return self.one(v4, "ip") if self.ip == "ip" else self.one(v6, "ipv6") if self.ip == "ipv6" else None

    def of_transport(self, name):
        return self.one(self.transport + "." + name, self.transport) if self.transport else None

    def is_fragment(self):
        if self.ip == "ipv6":
            return bool(self.fields["ipv6.fraghdr.ident"])
        return self.ip == "ip" and (self.one("ip.flags.mf", "ip") == "1" or self.one("ip.frag_offset", "ip") != "0")

    def stack(self):
        """frame.protocols down to the transport layer: the first name behind the last IP header and its extensions."""
        if not self.ip:
            return self.layers
        end = self.ip_place + 1
        while end < len(self.layers) and (self.layers[end].startswith("ipv6.") or self.layers[end] == "ah"):
            end += 1
        return self.layers[:end + 1]

    def applications(self):
        """The names of APPLICATIONS that frame.protocols has behind stack(), where the first one there is one of them:
        those in between (x509sat, json) are of what they carry, and mptcp of TCP's options."""
        above = self.in_order.layers[len(self.in_order.stack()):] if self.in_order.ip else []
        above = [name for name in above if name != "mptcp"]
        return [name for name in above if name in APPLICATIONS] if above and above[0] in APPLICATIONS else []

    def values(self):
        """Everything that is compared packet by packet. A name that is missing is not compared."""
        fields = self.fields
        found = {
            "ts_ns": nanoseconds(fields["frame.time_epoch"]),
            "wire_len": int(fields["frame.len"]),
            "captured_len": int(fields["frame.cap_len"]),
            "vlan_id": self.vlan_id(),
        }
        if self.ip:
            found.update(self.ip_values())
        if self.transport in ("tcp", "udp", "sctp"):
            found["src_port"] = integer(self.of_transport("srcport"))
            found["dst_port"] = integer(self.of_transport("dstport"))
        if self.transport in ("tcp", "udp", "icmp", "icmpv6") and self.verified.transport == self.transport:
            found["l4_checksum_ok"] = self.verified.checksum(self.transport, self.transport)
        if self.transport == "tcp":
            found.update(self.tcp_values())
        if self.transport in ("icmp", "icmpv6"):
            found["icmp_resp_to"] = integer(fields[self.transport + ".resp_to"])
            found["icmp_resptime"] = fields[self.transport + ".resptime"] or None
        return found

    def ip_values(self):
        return {
            "src": address(self.of_ip("ip.src", "ipv6.src")),
            "dst": address(self.of_ip("ip.dst", "ipv6.dst")),
            "ttl": integer(self.of_ip("ip.ttl", "ipv6.hlim")),
            "ip_id": integer(self.one("ip.id", "ip") if self.ip == "ip" else self.fragment_ident()),
            "ip_checksum_ok": self.verified.checksum("ip", "ip") if self.ip == "ip" else None,
        }

    def fragment_ident(self):
        """Of the last fragment header: several are allowed, each counts as a layer."""
        place = sum(name == "ipv6.fraghdr" for name in self.layers) - 1
        values = self.fields["ipv6.fraghdr.ident"].split(SEPARATOR)
        return values[place] if 0 <= place < len(values) else None

    def checksum(self, protocol, layer):
        """1 right, 0 wrong, None not verified; a field of 0 was left to the hardware, and counts as not verified."""
        status = self.one(protocol + ".checksum.status", layer)
        if status == "0" and integer(self.one(protocol + ".checksum", layer)) == 0:
            return CHECKSUM_ZERO
        return CHECKSUM.get(status)

    def tcp_values(self):
        fields = self.fields
        flags = integer(self.of_transport("flags"))
        found = {
            "tcp_flags": None if flags is None else flags & 0x1FF,
            "seq": integer(self.of_transport("seq")),
            "ack": integer(self.of_transport("ack")) if flags is not None and flags & 0x10 else None,
            "tcp_len": integer(self.of_transport("len")),
            "window": integer(self.of_transport("window_size_value")),
            "tsval": integer(fields["tcp.options.timestamp.tsval"].split(SEPARATOR)[0]),
            "tsecr": integer(fields["tcp.options.timestamp.tsecr"].split(SEPARATOR)[0]),
            "acks": integer(fields["tcp.analysis.acks_frame"]),
            "bytes_in_flight": integer(fields["tcp.analysis.bytes_in_flight"]),
            "ack_rtt_ns": nanoseconds(fields["tcp.analysis.ack_rtt"] or (fields["tcp.analysis.acks_frame"] and "0")),
        }
        for event in EVENTS:
            found[event] = bool(fields["tcp.analysis." + event])
        found["duplicate_ack_num"] = integer(fields["tcp.analysis.duplicate_ack_num"])
        found["duplicate_ack_frame"] = integer(fields["tcp.analysis.duplicate_ack_frame"])
        found["rto_ns"] = nanoseconds(fields["tcp.analysis.rto"])
        found["rto_frame"] = integer(fields["tcp.analysis.rto_frame"])
        return found

    def vlan_id(self):
        tags = [n for n in self.layers if n in ("vlan", "ieee8021ad")]
        if not tags:
            return None
        return integer(self.one("vlan.id" if tags[-1] == "vlan" else "ieee8021ad.id", tags[-1]))

    def stream(self):
        """("tcp", 3), or None."""
        if self.transport not in ("tcp", "udp"):
            return None
        value = integer(self.of_transport("stream"))
        return None if value is None else (self.transport, value)


def without_quotation(layers):
    for place, name in enumerate(layers[:-1]):
        if name in ("icmp", "icmpv6") and layers[place + 1] in ("ip", "ipv6"):
            return layers[:place + 1]
    return layers
