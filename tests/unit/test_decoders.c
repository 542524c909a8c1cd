// The decoders of ingest/proto/: link layers, tunnels, and protocols that are only named. For each a small frame and
// its stack, which is what tshark 4.0.17 shows as frame.protocols.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/dissect.h"
#include "guard.h"

enum { FRAME_MAX = 512, TEXT_MAX = 1024 };

// Link types, as in frame.link_type.
enum {
	ETHERNET = 1,
	TOKEN_RING = 6,
	ARCNET = 7,
	PPP = 9,
	FDDI = 10,
	ENCRYPTED_13 = 13,
	ATM_CLIP_18 = 18,
	PPP_HDLC = 50,
	PPP_ETHER = 51,
	ATM_RFC1483 = 100,
	CISCO_HDLC = 104,
	WLAN = 105,
	FRAME_RELAY = 107,
	ENCRYPTED = 109,
	PFLOG = 117,
	PRISM = 119,
	IP_OVER_FC = 122,
	SUNATM = 123,
	RADIOTAP = 127,
	ARCNET_LINUX = 129,
	FIREWIRE = 138,
	AVS = 163,
	JUNIPER_ETHER = 178,
	PPI = 192,
	PPP_WITH_DIR = 204,
	CAN = 227,
	NFLOG = 239,
	IPOIB = 242,
	PKTAP = 258,
};

// Parts of frames: MAC addresses; IPv4 10.0.0.1 to 10.0.0.2 and IPv6 fe80::1 to fe80::2 with UDP 30000 to 40000 and
// "abcd", 32 and 52 bytes; an Ethernet frame around the first, 46 bytes.
#define MACS "020000000001 020000000002 "
#define ADDRESSES4 "0a000001 0a000002 "
#define IP4 "4500 0020 0001 0000 40 11 66ca " ADDRESSES4 "7530 9c40 000c 159c 61626364 "
#define IP6                                                                                                        \
	"60000000 000c 11 40 fe800000000000000000000000000001 fe800000000000000000000000000002 "                       \
	"7530 9c40 000c 2c9a 61626364 "
#define ETHER MACS "0800 " IP4
#define ZEROS8 "0000000000000000 "
#define ZEROS16 ZEROS8 ZEROS8
#define ZEROS32 ZEROS16 ZEROS16

// What precedes: Ethernet with a type; with IPv4 of a protocol; with UDP to a port. Lengths and checksums are of no
// matter here: zero lengths go to the frame's end.
#define TYPE(type) MACS type " "
#define PROTO(proto) MACS "0800 4500 0000 0001 0000 40 " proto " 0000 " ADDRESSES4
#define PORT(port, length) PROTO("11") "c350 " port " " length " 0000 "
#define LLC(length, saps) MACS length " " saps " "

struct example {
	const char *name;
	uint16_t link_type;
	const char *hex;
	const char *stack;
};

static const struct example MPLS[] = {
	{"one label", ETHERNET, TYPE("8847") "00064140" IP4, "eth:ethertype:mpls:ip:udp"},
	{"two labels, multicast, IPv6", ETHERNET, TYPE("8848") "00064040 00065140" IP6, "eth:ethertype:mpls:ipv6:udp"},
	{"no bottom", ETHERNET, TYPE("8847") "00064040", "eth:ethertype:mpls"},
	{"neither IP nor a pseudowire", ETHERNET, TYPE("8847") "00064140 a0000000", "eth:ethertype:mpls:data"},
	{"control word", ETHERNET, TYPE("8847") "00064140 00000000 001b21000001 001b21000002 0800" IP4,
     "eth:ethertype:mpls:pwethheuristic:pwethcw:eth:ethertype:ip:udp"},
	{"no control word", ETHERNET, TYPE("8847") "00064140 001b21000001 001b21000002 0800" IP4,
     "eth:ethertype:mpls:pwethheuristic:pwethnocw:eth:ethertype:ip:udp"},
	{"no control word, to a virtual router", ETHERNET, TYPE("8847") "00064140 00000c07ac01 001b21000002 0800" IP4,
     "eth:ethertype:mpls:pwethheuristic:pwethnocw:eth:ethertype:ip:udp"},
	{"less than a control word", ETHERNET, TYPE("8847") "00064140 000000",
     "eth:ethertype:mpls:pwethheuristic:data"},
	{"associated channel, IPv4", ETHERNET, TYPE("8847") "00064140 10000021" IP4, "eth:ethertype:mpls:pwach:ip:udp"},
	{"associated channel, BFD", ETHERNET,
     TYPE("8847") "00064140 10000007 20c80318 00000001 00000002 00000000 000f4240 00000000",
     "eth:ethertype:mpls:pwach:bfd"},
	{"generic associated channel label", ETHERNET, TYPE("8847") "0000d101 10000057" IP6,
     "eth:ethertype:mpls:pwach:ipv6:udp"},
	{"over UDP", ETHERNET, PORT("19eb", "002c") "00064140" IP4, "eth:ethertype:ip:udp:mpls:ip:udp"},
	{"over IP", ETHERNET, PROTO("89") "00064140" IP4, "eth:ethertype:ip:mpls:ip:udp"},
};

static const struct example PPP_LINKS[] = {
	{"address and control", PPP, "ff03 0021" IP4, "ppp:ip:udp"},
	{"compressed address and protocol", PPP_HDLC, "21" IP4, "ppp:ip:udp"},
	{"Cisco HDLC under PPP", PPP, "0f00 0800" IP4, "ppp:chdlc:ip:udp"},
	{"direction", PPP_WITH_DIR, "01 ff03 0057" IP6, "ppp:ipv6:udp"},
	{"PPPoE link type", PPP_ETHER, "1100 0001 0022 0021" IP4, "pppoes:ppp:ip:udp"},
	{"PPPoE, padded", ETHERNET, TYPE("8864") "1100 0001 0006 c021 01010004 00000000",
     "eth:ethertype:pppoes:ppp:lcp"},
	{"PPPoE, no PPP", ETHERNET, TYPE("8864") "1100 0001 0001 c0", "eth:ethertype:pppoes"},
	{"PPPoE discovery", ETHERNET, TYPE("8863") "1109 0000 0004 01010000", "eth:ethertype:pppoed"},
	{"PPPoE, no address there", ETHERNET, TYPE("8864") "1100 0001 0024 ff03 0021" IP4,
     "eth:ethertype:pppoes:ppp:data"},
	{"multilink, whole", PPP, "ff03 003d c0000001 0021" IP4, "ppp:mp:ip:udp"},
	{"multilink, fragment", PPP, "ff03 003d 80000001 0021" IP4, "ppp:mp"},
	{"bridging", PPP, "ff03 0031 0001" ETHER, "ppp:bcp_bpdu:eth:ethertype:ip:udp"},
	{"OSI", PPP, "ff03 0023 83 1b 01 00 0f 01 00 00" ZEROS32, "ppp:osi:isis:isis.hello"},
	{"network control", PPP, "ff03 8021 01010004", "ppp:ipcp"},
	{"authentication", PPP, "ff03 c223 01010005 00", "ppp:chap"},
	{"unknown", PPP, "ff03 1234 0102", "ppp:data"},
};

static const struct example SERIAL_LINKS[] = {
	{"Cisco HDLC", CISCO_HDLC, "0f00 0800" IP4, "chdlc:ip:udp"},
	{"Cisco HDLC, SLARP", CISCO_HDLC, "8f00 8035 00000002 00000001 00000002 ffff", "chdlc:slarp"},
	{"Cisco HDLC, padded OSI", CISCO_HDLC, "0f00 fefe 00 83 1b 01 00 18 01 00 00" ZEROS32,
     "chdlc:osi:isis:isis.csnp"},
	{"Cisco HDLC, OSI without padding", CISCO_HDLC, "0f00 fefe 83 1b 01 00 1a 01 00 00" ZEROS32,
     "chdlc:osi:isis:isis.psnp"},
	{"Cisco HDLC, MPLS", CISCO_HDLC, "0f00 8847 00064140" IP4, "chdlc:mpls:ip:udp"},
	{"Cisco HDLC, nothing", CISCO_HDLC, "0f00 0800", "chdlc"},
	{"Frame Relay, NLPID", FRAME_RELAY, "1841 03 cc" IP4, "fr:ip:udp"},
	{"Frame Relay, padding", FRAME_RELAY, "1841 03 00 8e" IP6, "fr:ipv6:udp"},
	{"Frame Relay, SNAP", FRAME_RELAY, "1841 03 00 80 000000 0800" IP4, "fr:ip:udp"},
	{"Frame Relay, bridged", FRAME_RELAY, "1841 03 00 80 0080c2 0007" ETHER, "fr:eth:ethertype:ip:udp"},
	{"Frame Relay, Cisco's encapsulation", FRAME_RELAY, "1841 0800" IP4, "fr:ip:udp"},
	{"Frame Relay, address of four octets", FRAME_RELAY, "1840 1041 03 cc" IP4, "fr:ip:udp"},
	{"Frame Relay, PPP", FRAME_RELAY, "1841 03 cf 0021" IP4, "fr:ppp:ip:udp"},
	{"Frame Relay, signalling", FRAME_RELAY, "0001 03 08 00 75 95 01 01 00", "fr:q933"},
	{"Frame Relay, ES-IS behind a numbered frame's control", FRAME_RELAY, "000c05 2200 82 11 01 00 42 0000 0000 00",
     "fr:esis"},
	{"Frame Relay, XID", FRAME_RELAY, "1841 af 0102", "fr:data"},
	{"Frame Relay, no end of address", FRAME_RELAY, "1840", "fr"},
	{"FDDI", FDDI, "50 " MACS "aaaa03 000000 0800" IP4, "fddi:llc:ip:udp"},
	{"FDDI, ring management", FDDI, "c3 " MACS "01020304", "fddi:data"},
	{"Token Ring", TOKEN_RING, "1040 " MACS "aaaa03 000000 0800" IP4, "tr:llc:ip:udp"},
	{"Token Ring, source route", TOKEN_RING, "1040 020000000001 820000000002 0630 0011 0020 aaaa03 000000 0800" IP4,
     "tr:llc:ip:udp"},
	{"ARCNET, RFC 1051", ARCNET, "be50 f0" IP4, "arcnet:ip:udp"},
	{"ARCNET, RFC 1201", ARCNET_LINUX, "be50 a8e7 d4 00 0166" IP4, "arcnet:ip:udp"},
	{"ARCNET, BACnet", ARCNET_LINUX, "be50 0000 cd 828203 0120 ffff 00ff 1008", "arcnet:llc:bacnet"},
	{"LLC over ATM", ATM_RFC1483, "aaaa03 000000 0800" IP4, "llc:ip:udp"},
	{"SunATM", SUNATM, "02 00 0021 aaaa03 000000 0800" IP4, "atm:llc:ip:udp"},
	{"IP over Fibre Channel", IP_OVER_FC, ZEROS16 "aaaa03 000000 0800" IP4, "ipfc:llc:ip:udp"},
	{"IP over IEEE 1394", FIREWIRE, ZEROS16 "0800" IP4, "ap1394:ip:udp"},
	{"IP over InfiniBand", IPOIB, ZEROS32 ZEROS8 "0800 0000" IP4, "ipoib:ip:udp"},
	{"classical IP over ATM, its number elsewhere", ATM_CLIP_18, IP4, "clip:ip:udp"},
	{"OpenBSD IPsec, its number there", ENCRYPTED_13, "00000002 00000000 00000000" IP4, "enc:ip:udp"},
	{"OpenBSD IPsec, little-endian", ENCRYPTED, "02000000 00000000 00000000" IP4, "enc:ip:udp"},
	{"OpenBSD packet filter", PFLOG, "3d 02 00 00" ZEROS32 ZEROS16 ZEROS8 "00000000" IP4, "pflog:ip:udp"},
	{"netfilter log", NFLOG, "02 00 0005 0600 0a00 6162 0000 2400 0900" IP4, "nflog:ip:udp"},
	{"netfilter log of a bridge", NFLOG, "07 00 0001 0800 0100 0800 03 00 2400 0900" IP4, "nflog:ip:udp"},
	{"netfilter log, no packet", NFLOG, "02 00 0005 0800 0a00 61626300", "nflog"},
	{"netfilter log, attribute of no length", NFLOG, "02 00 0005 0000 0900", "nflog"},
	{"PKTAP", PKTAP, "6c000000 01000000 01000000" ZEROS32 ZEROS32 ZEROS32 ETHER,
     "pktap:pcap_pktdata:eth:ethertype:ip:udp"},
	{"Juniper", JUNIPER_ETHER, "4d4743 80 0004 03010101" ETHER, "juniper:eth:ethertype:ip:udp"},
};

#define WLAN_MACS "020000000001 020000000002 020000000003 "
#define SNAP_IP4 "aaaa03 000000 0800 " IP4

static const struct example WIRELESS[] = {
	{"data", WLAN, "0801 0000 " WLAN_MACS "1000 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"four addresses", WLAN, "0803 0000 " WLAN_MACS "1000 020000000004 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"QoS", WLAN, "8801 0000 " WLAN_MACS "1000 0000 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"QoS with HT control", WLAN, "8881 0000 " WLAN_MACS "1000 0000 00000000 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"A-MSDU", WLAN, "8801 0000 " WLAN_MACS "1000 8000 " MACS "0028 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"mesh control with two addresses", WLAN,
     "8803 0000 " WLAN_MACS "1000 020000000004 0001 02 1f 00000000 020000000005 020000000006 " SNAP_IP4,
     "wlan:llc:ip:udp"},
	{"mesh control of a draft, with one address", WLAN,
     "8802 0000 " WLAN_MACS "1000 0000 01 1e 33050000 020000000004 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"Centrino, decrypted WEP", ETHERNET, TYPE("2452") "0841 0000 " WLAN_MACS "1000 01020300 " SNAP_IP4 "01020304",
     "eth:ethertype:wlan_centrino:llc:ip:udp"},
	{"Centrino, decrypted CCMP", ETHERNET,
     TYPE("2452") "0841 0000 " WLAN_MACS "1000 01020020 03040506 " SNAP_IP4 ZEROS8,
     "eth:ethertype:wlan_centrino:llc:ip:udp"},
	{"Centrino, not protected", ETHERNET, TYPE("2452") "0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "eth:ethertype:wlan_centrino:llc:ip:udp"},
	{"Centrino, nothing between what protects", ETHERNET,
     TYPE("2452") "0841 0000 " WLAN_MACS "1000 01020300 01020304", "eth:ethertype:wlan_centrino"},
	{"tunnelled direct link setup", ETHERNET, TYPE("890d") "02 0c 0a 00", "eth:ethertype:wlan"},
	{"protected", WLAN, "0841 0000 " WLAN_MACS "1000 01020320 01020304 05060708 090a0b0c 0d0e0f10", "wlan:data"},
	{"protected, too short for its key number", WLAN, "0841 0000 " WLAN_MACS "1000 010203", "wlan"},
	{"null function", WLAN, "4801 0000 " WLAN_MACS "1000", "wlan"},
	{"fragment", WLAN, "0805 0000 " WLAN_MACS "1000 " SNAP_IP4, "wlan:data"},
	{"padded header", WLAN, "0801 0000 " WLAN_MACS "1000 0000 " SNAP_IP4, "wlan:llc:ip:udp"},
	{"Ethernet inside", WLAN, "0800 0000 " WLAN_MACS "1000 " ETHER, "wlan:eth:ethertype:ip:udp"},
	{"IPX without LLC", WLAN, "0800 0000 " WLAN_MACS "1000 ffff 0022 00 04" ZEROS32, "wlan:ipx"},
	{"beacon", WLAN, "8000 0000 " WLAN_MACS "1000 " ZEROS8 "6400 0000 0003616263", "wlan"},
	{"acknowledgment", WLAN, "d400 0000 020000000001", "wlan"},
	{"protected action", WLAN, "d040 0000 " WLAN_MACS "1000 01020020 05060708 " ZEROS16, "wlan:data"},
	{"radiotap", RADIOTAP, "00 00 0800 00000000 0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "radiotap:wlan_radio:wlan:llc:ip:udp"},
	{"radiotap, frame check sequence", RADIOTAP, "00 00 0900 02000000 10 d400 0000 020000000001 01020304",
     "radiotap:wlan_radio:wlan"},
	{"radiotap, flags behind an aligned time", RADIOTAP,
     "00 00 1900 03000080 01000000 00000000 " ZEROS8 "10 0801 0000 " WLAN_MACS "1000 " SNAP_IP4 "01020304",
     "radiotap:wlan_radio:wlan:llc:ip:udp"},
	{"radiotap, padded QoS header", RADIOTAP,
     "00 00 0900 02000000 20 8801 0000 " WLAN_MACS "1000 0000 0000 " SNAP_IP4,
     "radiotap:wlan_radio:wlan:llc:ip:udp"},
	{"radiotap, length of less than a header", RADIOTAP, "00 00 0400 00000000 d400 0000 020000000001", "radiotap"},
	{"radiotap, length beyond the frame", RADIOTAP, "00 00 ff00 00000000 d400 0000 020000000001", "radiotap"},
	{"PPI", PPI,
     "00 00 2000 69000000 0200 1400 " ZEROS8 "0100 " ZEROS8 "0000 0801 0000 " WLAN_MACS "1000 " SNAP_IP4 "01020304",
     "ppi:wlan_radio:wlan:llc:ip:udp"},
	{"PPI around Ethernet", PPI, "00 00 0800 01000000" ETHER, "ppi:pcap_pktdata:eth:ethertype:ip:udp"},
	{"PPI, field beyond the header", PPI, "00 00 0c00 69000000 0200 1400 d400 0000 020000000001", "ppi"},
	{"Prism", PRISM,
     "44000000 90000000 776c616e30000000 " ZEROS32 ZEROS32 ZEROS32 ZEROS32 "0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "prism:wlan_radio:wlan:llc:ip:udp"},
	{"AVS", AVS, "80211001 00000040 " ZEROS32 ZEROS16 ZEROS8 "0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "wlancap:wlan_radio:wlan:llc:ip:udp"},
	{"AVS under Prism's link type", PRISM,
     "80211001 00000040 " ZEROS32 ZEROS16 ZEROS8 "0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "prism:wlancap:wlan_radio:wlan:llc:ip:udp"},
	{"Prism's link type without its header", PRISM, "0801 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "prism:wlan:llc:ip:udp"},
};

static const struct example GRE[] = {
	{"IPv4", ETHERNET, PROTO("2f") "0000 0800" IP4, "eth:ethertype:ip:gre:ip:udp"},
	{"checksum and key", ETHERNET, PROTO("2f") "a000 0800 00000000 00000001" IP4, "eth:ethertype:ip:gre:ip:udp"},
	{"source route", ETHERNET, PROTO("2f") "4000 0800 00000000 0800 00 04 0a000001 0000 00 00" IP4,
     "eth:ethertype:ip:gre:ip:udp"},
	{"NVGRE", ETHERNET, PROTO("2f") "2000 6558 00000100" ETHER, "eth:ethertype:ip:gre:eth:ethertype:ip:udp"},
	{"PPTP", ETHERNET, PROTO("2f") "3081 880b 0024 0001 00000001 00000001 ff03 0021" IP4,
     "eth:ethertype:ip:gre:ppp:ip:udp"},
	{"PPTP, mere acknowledgment", ETHERNET, PROTO("2f") "2081 880b 0000 0001 00000001", "eth:ethertype:ip:gre"},
	{"WCCP version 2", ETHERNET, PROTO("2f") "0000 883e 80000000" IP4, "eth:ethertype:ip:gre:ip:udp"},
	{"ERSPAN type I", ETHERNET, PROTO("2f") "0000 88be" ETHER, "eth:ethertype:ip:gre:erspan:eth:ethertype:ip:udp"},
	{"ERSPAN type II", ETHERNET, PROTO("2f") "1000 88be 00000001 10010001 00000000" ETHER,
     "eth:ethertype:ip:gre:erspan:eth:ethertype:ip:udp"},
	{"ERSPAN type III with a subheader", ETHERNET,
     PROTO("2f") "1000 22eb 00000001 20010001 00000000 00000001 " ZEROS8 ETHER,
     "eth:ethertype:ip:gre:erspan:eth:ethertype:ip:udp"},
	{"ERSPAN of no known version", ETHERNET, PROTO("2f") "1000 88be 00000001 30010001 00000000" ETHER,
     "eth:ethertype:ip:gre:erspan"},
	{"Frame Relay", ETHERNET, PROTO("2f") "0000 6559 1841 03 cc" IP4, "eth:ethertype:ip:gre:fr:ip:udp"},
	{"MPLS", ETHERNET, PROTO("2f") "0000 8847 00064140" IP4, "eth:ethertype:ip:gre:mpls:ip:udp"},
	{"Cisco metadata", ETHERNET, PROTO("2f") "0000 8909 0800 0101 0001 0000" IP4,
     "eth:ethertype:ip:gre:cmd:ip:udp"},
	{"over UDP", ETHERNET, PORT("1292", "002c") "0000 0800" IP4, "eth:ethertype:ip:udp:gre:ip:udp"},
	{"unknown", ETHERNET, PROTO("2f") "0000 1234 0102", "eth:ethertype:ip:gre:data"},
	{"nothing follows", ETHERNET, PROTO("2f") "0000 0800", "eth:ethertype:ip:gre"},
	{"half a header", ETHERNET, PROTO("2f") "0000", "eth:ethertype:ip:gre"},
};

static const struct example TUNNELS[] = {
	{"VXLAN", ETHERNET, PORT("12b5", "003e") "08000000 00000100" ETHER,
     "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:udp"},
	{"VXLAN-GPE", ETHERNET, PORT("12b6", "0030") "0c000001 00000100" IP4, "eth:ethertype:ip:udp:ip:udp"},
	{"VXLAN-GPE with NSH", ETHERNET, PORT("12b6", "0048") "0c000004 00000100 0fc60101 0000010a " ZEROS16 IP4,
     "eth:ethertype:ip:udp:nsh:ip:udp"},
	{"Geneve with an option", ETHERNET, PORT("17c1", "0046") "02006558 00000100 01028001 00000000" ETHER,
     "eth:ethertype:ip:udp:geneve:eth:ethertype:ip:udp"},
	{"Geneve, options beyond the packet", ETHERNET, PORT("17c1", "0014") "10006558 00000100 00000000",
     "eth:ethertype:ip:udp:geneve"},
	{"GTP-U", ETHERNET, PORT("0868", "0030") "30 ff 0020 00000001" IP4, "eth:ethertype:ip:udp:gtp:ip:udp"},
	{"GTP-U with two extensions", ETHERNET,
     PORT("0868", "003c") "34 ff 002c 00000001 000000 85 01000585 01000500" IP4, "eth:ethertype:ip:udp:gtp:ip:udp"},
	{"GTP-U, extension of no length", ETHERNET, PORT("0868", "0014") "34 ff 0008 00000001 000000 85 00000500",
     "eth:ethertype:ip:udp:gtp"},
	{"GTP-U, Ethernet", ETHERNET, PORT("0868", "003e") "30 ff 002e 00000001" ETHER,
     "eth:ethertype:ip:udp:gtp:eth:ethertype:ip:udp"},
	{"GTP-U echo", ETHERNET, PORT("0868", "0014") "32 01 0004 00000000 00000000", "eth:ethertype:ip:udp:gtp"},
	{"GTP version 0", ETHERNET, PORT("0868", "003c") "1e ff 0020 0001 0001 ff ffffff " ZEROS8 IP4,
     "eth:ethertype:ip:udp:gtp:ip:udp"},
	{"GTP version 2", ETHERNET, PORT("084b", "0014") "40 01 0008 00000100 03000100 05",
     "eth:ethertype:ip:udp:gtp:gtpv2"},
	{"L2TP version 2", ETHERNET, PORT("06a5", "0032") "0002 0001 0001 ff03 0021" IP4,
     "eth:ethertype:ip:udp:l2tp:ppp:ip:udp"},
	{"L2TP version 2, every option", ETHERNET,
     PORT("06a5", "003c") "4a02 0034 0001 0001 0001 0000 0002 ffff ff03 0021" IP4,
     "eth:ethertype:ip:udp:l2tp:ppp:ip:udp"},
	{"L2TP version 2, control", ETHERNET, PORT("06a5", "0014") "c802 000c 0000 0000 0000 0000",
     "eth:ethertype:ip:udp:l2tp"},
	{"L2TP version 3 over UDP", ETHERNET, PORT("06a5", "0012") "0003 0000 00000001 0102",
     "eth:ethertype:ip:udp:l2tp:data"},
	{"L2TP version 3 over IP", ETHERNET, PROTO("73") "00000001" ETHER, "eth:ethertype:ip:l2tp:data"},
	{"Teredo", ETHERNET, PORT("0dd8", "003c") IP6, "eth:ethertype:ip:udp:teredo:ipv6:udp"},
	{"Teredo, authentication and origin", ETHERNET,
     PORT("0dd8", "0055") "0001 02 02 6161 6262 0102030405060708 00 0000 1234 c0000201" IP6,
     "eth:ethertype:ip:udp:teredo:ipv6:udp"},
	{"Teredo, authentication beyond the packet", ETHERNET, PORT("0dd8", "000e") "0001 ff 00 0000",
     "eth:ethertype:ip:udp:teredo"},
	{"LISP", ETHERNET, PORT("10f5", "0030") "80000001 00000000" IP4, "eth:ethertype:ip:udp:lisp-data:ip:udp"},
	{"CAPWAP, 802.3", ETHERNET, PORT("147f", "003e") "00104200 00000000" ETHER,
     "eth:ethertype:ip:udp:capwap.data:eth:ethertype:ip:udp"},
	{"CAPWAP, 802.11 with frame control swapped", ETHERNET,
     PORT("147f", "0052") "00104300 00000000 0108 0000 " WLAN_MACS "1000 " SNAP_IP4,
     "eth:ethertype:ip:udp:capwap.data:wlan:llc:ip:udp"},
	{"TZSP", ETHERNET, PORT("9090", "003e") "0100 0001 0a 01 ff 01" ETHER,
     "eth:ethertype:ip:udp:tzsp:eth:ethertype:ip:udp"},
	{"ESP through NAT", ETHERNET, PORT("1194", "0014") "01020304 00000001 05060708",
     "eth:ethertype:ip:udp:udpencap:esp"},
	{"EtherIP", ETHERNET, PROTO("61") "3000" ETHER, "eth:ethertype:ip:etherip:eth:ethertype:ip:udp"},
	{"PIM Register", ETHERNET, PROTO("67") "2100 0000 00000000" IP4, "eth:ethertype:ip:pim:ip:udp"},
};

// The lower port says what a datagram carries, though the higher be a tunnel's.
static const struct example PORTS[] = {
	{"RADIUS from 4789", ETHERNET, PROTO("11") "12b5 0714 003e 0000 01 00 0036 " ETHER, "eth:ethertype:ip:udp"},
	{"DNS from 3544", ETHERNET, PROTO("11") "0dd8 0035 003c 0000 " IP6, "eth:ethertype:ip:udp"},
	{"VXLAN from a higher port", ETHERNET, PORT("12b5", "0010") "08000000 00000100",
     "eth:ethertype:ip:udp:vxlan:eth"},
};

static const struct example TAGS[] = {
	{"VN-Tag", ETHERNET, TYPE("8926") "00000001 0800" IP4, "eth:ethertype:vntag:ethertype:ip:udp"},
	{"E-Tag", ETHERNET, TYPE("893f") "000000010000 0800" IP4, "eth:ethertype:etag:ethertype:ip:udp"},
	{"I-Tag", ETHERNET, TYPE("88e7") "00000001" ETHER, "eth:ethertype:ieee8021ah:ethertype:ip:udp"},
	{"R-Tag", ETHERNET, TYPE("f1c1") "00000001 0800" IP4, "eth:ethertype:ieee8021cb:ethertype:ip:udp"},
	{"HSR", ETHERNET, TYPE("892f") "0034 0001 0800" IP4, "eth:ethertype:hsr:ip:udp"},
	{"Cisco metadata", ETHERNET, TYPE("8909") "0101 0001 0001 0800" IP4, "eth:ethertype:cmd:ethertype:ip:udp"},
	{"Arista timestamp", ETHERNET, TYPE("d28b") "0001 0010 " ZEROS8 "0800" IP4,
     "eth:ethertype:avsp:ethertype:ip:udp"},
	{"MACsec, in the clear", ETHERNET, TYPE("88e5") "2000 00000001" ZEROS8 "0800" IP4 ZEROS16,
     "eth:ethertype:macsec:ethertype:ip:udp"},
	{"MACsec, encrypted", ETHERNET, TYPE("88e5") "2c00 00000001" ZEROS8 "0102030405060708" ZEROS16,
     "eth:ethertype:macsec:data"},
	{"TRILL with an option", ETHERNET, TYPE("22f3") "0041 00010002 00000000" ETHER,
     "eth:ethertype:trill:eth:ethertype:ip:udp"},
	{"FabricPath", ETHERNET, TYPE("8903") "0040" ETHER "00000000", "eth:cfp:eth:ethertype:ip:udp"},
};

#define WOKEN "020000000001 020000000001 020000000001 020000000001 "

static const struct example NAMED[] = {
	{"spanning tree", ETHERNET, LLC("0026", "424203") ZEROS32 "000000", "eth:llc:stp"},
	{"CDP", ETHERNET, LLC("000e", "aaaa03 00000c 2000") "02b4 0000 0000", "eth:llc:cdp"},
	{"IS-IS", ETHERNET, LLC("0033", "fefe03") "83 1b 01 00 12 01 00 00" ZEROS32 ZEROS8,
     "eth:llc:osi:isis:isis.lsp"},
	{"IPv4 in OSI", ETHERNET, LLC("0024", "fefe03") "cc" IP4, "eth:llc:osi:ip:udp"},
	{"NetBIOS", ETHERNET, LLC("0017", "f0f003") "2c00 ffef 08 00 0000 0000 0000 " ZEROS8, "eth:llc:netbios"},
	{"not NetBIOS", ETHERNET, LLC("000b", "f0f003") ZEROS8, "eth:llc"},
	{"LLDP", ETHERNET, TYPE("88cc") "0207 04 020000000001 0403 07 3031 0602 0078 0000", "eth:ethertype:lldp"},
	{"LACP", ETHERNET,
     TYPE("8809") "01 01 01 14" ZEROS16 "0000 02 14" ZEROS16 "0000 03 10" ZEROS8 "000000000000 "
                  "0000" ZEROS32 ZEROS16 "0000",
     "eth:ethertype:slow:lacp"},
	{"802.1X", ETHERNET, TYPE("888e") "01 01 0000", "eth:ethertype:eapol"},
	{"loopback test", ETHERNET, TYPE("9000") "0000 0100 0000 " ZEROS32 ZEROS8, "eth:ethertype:loop:data"},
	{"Wake-on-LAN", ETHERNET, TYPE("0842") "ffffffffffff" WOKEN WOKEN WOKEN WOKEN, "eth:ethertype:wol"},
	{"not Wake-on-LAN", ETHERNET, TYPE("0842") "ffffffffffff" WOKEN WOKEN WOKEN MACS MACS, "eth:ethertype:data"},
	{"OSPF", ETHERNET,
     PROTO("59") "02 01 002c 01010101 00000000 0000 0000 " ZEROS8 "ffffff00 000a 02 01 00000028 " ZEROS8,
     "eth:ethertype:ip:ospf"},
	{"DCCP", ETHERNET, PROTO("21") "04d2 0050 06 00 0000 10000000 00000001 " ZEROS8, "eth:ethertype:ip:dccp"},
	{"CAN", CAN, "00000123 04 000000 01020304", "can"},
	{"unknown ethertype", ETHERNET, TYPE("7777") "0102", "eth:ethertype:data"},
};

struct family {
	const char *name;
	const struct example *examples;
	size_t count;
};

#define FAMILY(examples)                                                                                           \
	{                                                                                                              \
#examples, examples, sizeof(examples) / sizeof *(examples)                                                 \
	}

static const struct family FAMILIES[] = {
	FAMILY(MPLS),    FAMILY(PPP_LINKS), FAMILY(SERIAL_LINKS), FAMILY(WIRELESS), FAMILY(GRE),
	FAMILY(TUNNELS), FAMILY(PORTS),     FAMILY(TAGS),         FAMILY(NAMED),
};

enum { FAMILY_COUNT = sizeof FAMILIES / sizeof *FAMILIES };

static struct packet packet;

static void dissect(const struct example *e, const uint8_t *bytes, size_t length, uint32_t cut)
{
	static struct frame frame;

	frame.link_type = e->link_type;
	frame.data = guard_bytes(bytes, length);
	frame.wire_len = (uint32_t)length + cut;
	dissect_frame(&packet, &frame);
}

// Whether the stack is the expected one, which may go on with what an application sent.
static bool is_expected(const struct example *e, const char *stack)
{
	size_t length = strlen(e->stack);
	return strncmp(stack, e->stack, length) == 0 && (!stack[length] || strcmp(stack + length, ":data") == 0);
}

static void test_stacks(void **state)
{
	(void)state;
	uint8_t bytes[FRAME_MAX];
	char stack[TEXT_MAX];
	unsigned wrong = 0;

	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < FAMILIES[f].count; i++) {
			const struct example *e = &FAMILIES[f].examples[i];
			dissect(e, bytes, guard_from_hex(e->hex, bytes, sizeof bytes), 0);
			dissect_stack_text(&packet, stack, sizeof stack);
			if (is_expected(e, stack))
				continue;
			print_error("%s, %s:\n  said      %s\n  expected  %s\n", FAMILIES[f].name, e->name, stack, e->stack);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

// A frame with its innermost UDP header whole says so, and its payload is "abcd" or what a trailer left of it.
static void test_innermost(void **state)
{
	(void)state;
	uint8_t bytes[FRAME_MAX];

	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < FAMILIES[f].count; i++) {
			const struct example *e = &FAMILIES[f].examples[i];
			size_t depth = strlen(e->stack);
			if (FAMILIES[f].examples == PORTS || depth < 7 || strcmp(e->stack + depth - 7, ":ip:udp") != 0)
				continue;
			dissect(e, bytes, guard_from_hex(e->hex, bytes, sizeof bytes), 0);
			assert_int_equal(packet.verdict, VERDICT_DECODED);
			assert_int_equal(packet.ip.src_port, 30000);
			assert_int_equal(packet.ip.dst_port, 40000);
			assert_int_equal(packet.l4_checksum, CHECKSUM_OK);
			assert_int_equal(packet.payload_len, 4);
			assert_memory_equal(packet.payload.at, "abcd", 4);
		}
	}
}

// Every frame, cut after each of its bytes: by the snap length, or because it was that short. No read goes past the
// end (guard.h), and the stack is never deeper than the whole frame's.
static void test_cuts(void **state)
{
	(void)state;
	uint8_t bytes[FRAME_MAX];

	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < FAMILIES[f].count; i++) {
			const struct example *e = &FAMILIES[f].examples[i];
			size_t length = guard_from_hex(e->hex, bytes, sizeof bytes);
			for (size_t at = 0; at < length; at++) {
				dissect(e, bytes, at, (uint32_t)(length - at));
				assert_true(packet.verdict <= VERDICT_UNSUPPORTED);
				dissect(e, bytes, at, 0);
				assert_int_not_equal(packet.verdict, VERDICT_TRUNCATED);
			}
		}
	}
}

// Every frame with each of its bytes replaced: all that is asked is an end, and no read past the frame's.
static void test_wrong_bytes(void **state)
{
	(void)state;
	static const uint8_t wrong[] = {0x00, 0x01, 0x45, 0x60, 0x7f, 0x80, 0xff};
	uint8_t bytes[FRAME_MAX];

	for (size_t f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < FAMILIES[f].count; i++) {
			const struct example *e = &FAMILIES[f].examples[i];
			size_t length = guard_from_hex(e->hex, bytes, sizeof bytes);
			for (size_t at = 0; at < length * sizeof wrong; at++) {
				uint8_t right = bytes[at / sizeof wrong];
				bytes[at / sizeof wrong] = wrong[at % sizeof wrong];
				dissect(e, bytes, length, 0);
				assert_true(packet.stack_count <= PACKET_LAYERS_MAX);
				bytes[at / sizeof wrong] = right;
			}
		}
	}
}

static int set_up(void **state)
{
	(void)state;
	dissect_init();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_innermost),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_wrong_bytes),
	};
	return cmocka_run_group_tests_name("decoders", tests, set_up, NULL);
}
