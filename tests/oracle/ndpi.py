#!/usr/bin/env python3
"""Compares the applications of flows with what nDPI made of the same captures (oracles/FOLDER/CAPTURE.ndpi.out of the
corpus), and prints how many agree. TAP, a test for each file.

usage: ndpi.py [FILE ...]

Two tools that name by different rules: nDPI goes on to services (HTTP.Google), guesses by addresses and by ports that it
never saw the bytes of, splits no flow when ports are used again, and sees through no tunnel. Compared is the protocol
in front of the dot, where either names one in words that both have (NAMES); nDPI's guesses (other than "DPI") are not.
Any disagreement fails; flows that only one of the two names are counted.
"""
import glob
import ipaddress
import os
import re
import sqlite3
import sys
import tempfile

from paths import CORPUS, PROGRAM
import kept

FLOW = re.compile(r"^\s+\d+\s+(TCP|UDP) (\S+) (?:<->|->) (\S+) .*?\[proto: [\d.]+/([^\]]+)\].*?\[Confidence: ([^\]]+)\]")
NAMES = {
    "DNS": {"dns"}, "MDNS": {"mdns", "dns"}, "LLMNR": {"llmnr", "dns"}, "HTTP": {"http"}, "TLS": {"tls"},
    "NetBIOS": {"nbns", "nbdgm", "nbss", "smb"}, "SMBv1": {"smb", "nbdgm"}, "SMBv23": {"smb"}, "SIP": {"sip"},
    "SSDP": {"ssdp"}, "FTP_CONTROL": {"ftp"}, "DHCP": {"dhcp"}, "DHCPV6": {"dhcpv6"}, "QUIC": {"quic", "gquic"},
    "RTP": {"rtp"}, "NTP": {"ntp"}, "RDP": {"rdp"}, "BGP": {"bgp"}, "OSPF": {"ospf"}, "SMTP": {"smtp"}, "SSH": {"ssh"},
    "SNMP": {"snmp"}, "MySQL": {"mysql"}, "Telnet": {"telnet"},
}


def endpoint(text):
    address, _, port = text.rpartition(":")
    return str(ipaddress.ip_address(address.strip("[]"))), int(port)


def their_flows(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = FLOW.match(line)
            if not found:
                continue
            protocol, a, b, name, confidence = found.groups()
            try:
                ends = frozenset((endpoint(a), endpoint(b)))
            except ValueError:
                continue
            yield protocol.lower(), ends, name.split(".")[0], confidence


def our_flows(capture, folder):
    case = os.path.join(folder, "case.db")
    kept.ingest(PROGRAM, capture, case)
    flows = {}
    for row in sqlite3.connect(case).execute("SELECT protocol, src, src_port, dst, dst_port, application FROM flows"):
        if row[2] is not None:
            ends = frozenset(((str(ipaddress.ip_address(row[1])), row[2]), (str(ipaddress.ip_address(row[3])), row[4])))
            flows.setdefault((row[0], ends), set()).add(row[5])
    return flows


def compare(path):
    """How many flows have the same name ..., and those with other names."""
    capture = os.path.basename(path)[:-len(".ndpi.out")]
    folder = os.path.basename(os.path.dirname(path))
    counts = dict.fromkeys(("same", "only_ours", "only_theirs", "neither", "other"), 0)
    differences = []
    with tempfile.TemporaryDirectory(prefix="pcapdex-oracle-") as temporary:
        ours = our_flows(os.path.join(CORPUS, folder, capture), temporary)
    for protocol, ends, name, confidence in their_flows(path):
        mine = {n for n in ours.get((protocol, ends), set()) if n}
        known = name in NAMES and confidence.startswith("DPI")
        if not mine or not known:
            counts["only_ours" if mine else "only_theirs" if known else "neither"] += 1
        elif mine & NAMES[name]:
            counts["same"] += 1
        else:
            counts["other"] += 1
            differences.append("%s %s: %s, nDPI: %s" % (protocol, sorted(ends), sorted(mine), name))
    return counts, differences


def main():
    files = sys.argv[1:] or sorted(glob.glob(os.path.join(CORPUS, "oracles", "*", "*.ndpi.out")))
    if not files:
        print("1..1\nok 1 - nDPI # SKIP no results of nDPI: PCAPDEX_CORPUS names the folder")
        return 0
    print("1..%d" % len(files))
    totals, failed = {}, False
    for number, path in enumerate(files, 1):
        counts, differences = compare(path)
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
        failed = failed or bool(differences)
        print("%s %d - %s" % ("not ok" if differences else "ok", number, os.path.basename(path)), flush=True)
        for line in differences[:5]:
            print("#   " + line)
    print("# flows with the same name %(same)d, other names %(other)d, named only here %(only_ours)d, "
          "named only by nDPI %(only_theirs)d, by neither %(neither)d" % totals)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
