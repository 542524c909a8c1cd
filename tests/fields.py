#!/usr/bin/env python3
"""The fields that `packet` shows, against tshark -T pdml: every field that it names has tshark's value, in its place."""
import glob
import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

from paths import CORPUS, EXAMPLES
import case
import kept
import tap

MOST = 40  # packets of a capture
# tshark takes a record's header off, and reads a length behind an 802.1ad tag as an ethertype: docs/differences.md
OTHER_PLACES = ("link-erf/a.pcap", "layer-vlan/lengths.pcap")
SQL = """SELECT p.number, f.value FROM packets p JOIN interfaces i USING (interface_id),
json_each(packet_fields(packet_bytes(p.packet_id), i.link_type, p.wire_len, i.fcs_len)) f WHERE p.errors = 0
AND p.number IN (SELECT min(number) FROM packets GROUP BY stack_id, tcp_flags UNION SELECT number FROM packets WHERE number < 5)
AND f.value ->> 'field' IS NOT NULL"""


BYTES = re.compile("[0-9a-f]{2}(:[0-9a-f]{2})+")


def number(text):
    """A value as a number, where it is one. (tshark 4.2 and later show bits as words, and some numbers are bytes to it.)"""
    if BYTES.fullmatch(text):
        text = "0x" + text.replace(":", "")
    try:
        return int({"False": "0", "True": "1"}.get(text, text), 0)
    except ValueError:
        return text


def tshark_fields(path, numbers):
    """{number of a frame: {name of a field: [(value, offset, length)]}}"""
    condition = "frame.number in {%s}" % ",".join(map(str, numbers))
    out = kept.ask(path, "tshark", "-n", "-Y", condition, "-T", "pdml", "-r").stdout
    found = {}
    for packet in ElementTree.fromstring(out).iter("packet"):
        fields = {}
        for field in packet.iter("field"):
            if field.get("name") and field.get("show") is not None and field.get("pos") is not None:
                value = number(field.get("show"))
                fields.setdefault(field.get("name"), []).append((value, int(field.get("pos")), int(field.get("size"))))
        found[int(fields["frame.number"][0][0])] = fields
    return found


def our_fields(path):
    if os.path.exists("case.db"):
        os.remove("case.db")
    found = tap.pcapdex("ingest", "--quiet", "-o", "case.db", path)
    if found.returncode not in (0, 1):
        return {}
    found = tap.pcapdex("query", "case.db", SQL, "--format", "jsonl")
    tap.equal((found.returncode, found.stderr), (0, ""), path)
    rows = {}
    for line in found.stdout.split("\n")[:-1]:
        row = json.loads(line)
        rows.setdefault(row["number"], []).append(json.loads(row["value"]))
    return {n: rows[n] for n in sorted(rows)[:MOST]}


def agrees(row, candidates):
    """One of tshark's fields of this name has the value, and its place is within ours. (It gives a field with a mask a
    byte of its own, or the whole word.)"""
    value = number(str(row["value"]))
    end = row["offset"] + row["length"]
    return any(value == theirs and row["offset"] <= at + size and at <= end for theirs, at, size in candidates)


def differences(path, ours):
    """ours: of the capture's frames, by their numbers there."""
    theirs = tshark_fields(path, ours) if ours else {}
    for frame, rows in ours.items():
        for row in rows:
            SEEN.add(row["field"])
            candidates = theirs.get(frame, {}).get(row["field"], [])
            if row["field"] == "tcp.seq_raw":  # what an ICMP error quotes has no relative number, and so no raw one
                candidates = candidates + theirs.get(frame, {}).get("tcp.seq", [])
            if not agrees(row, candidates):
                yield "%s: frame %d: %s at %d is %s, tshark has %s" % (path, frame, row["field"], row["offset"],
                                                                     row["value"], candidates)


SEEN = set()


def need_tshark():
    if not shutil.which("tshark"):
        raise tap.Skip("tshark is not installed")


def compare_together(paths):
    """Captures without a fault."""
    need_tshark()
    ours, count = {}, 0
    for path in paths:
        ours.update({count + number: rows for number, rows in our_fields(path).items()})
        count += int(tap.pcapdex("query", "case.db", "SELECT count(*) FROM packets", "--format", "tsv", "--no-header").stdout)
    kept.merge(paths, "all.pcapng")
    found = list(differences("all.pcapng", ours))
    tap.equal(found[:20], [], "%d differences in %s" % (len(found), paths))


def test_examples():
    """fields of the examples are as tshark has them"""
    compare_together(sorted(glob.glob(os.path.join(EXAMPLES, "*.pcap*"))))
    tap.equal({"eth.type", "ip.ttl", "ipv6.hlim", "udp.length", "icmp.seq", "arp.opcode", "vlan.id",
               "icmpv6.nd.ns.target_address", "sll.pkttype"} - SEEN, set(), "fields that no example has")


def test_cases():
    """fields of the text cases' captures are as tshark has them"""
    compare_together([p for p in case.write_captures(os.getcwd()) if not p.endswith(OTHER_PLACES)
                      and p.split(os.sep)[-2].startswith(("layer-", "link-", "tunnel-"))])


def test_corpus():
    """fields of captures of the corpus are as tshark has them"""
    if not os.path.isdir(CORPUS):
        raise tap.Skip("there is no corpus")
    need_tshark()
    paths = sorted(p for folder in ("tunnels", "linktypes", "ipv6", "l2-arp-dhcp", "icmp")
                   for p in glob.glob(os.path.join(CORPUS, folder, "*")) if os.path.isfile(p))
    found = [line for path in paths for line in differences(path, our_fields(path))]
    tap.equal(found[:20], [], "%d differences" % len(found))


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
