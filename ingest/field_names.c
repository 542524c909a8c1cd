// Names of values that several protocols have. See field.h.
#include "field.h"

// IANA, "IEEE 802 Numbers".
const struct field_value field_ethertypes[] = {
	{0x0800, "IPv4"},
	{0x0806, "ARP"},
	{0x0842, "Wake on LAN"},
	{0x6558, "Transparent Ethernet bridging"},
	{0x8035, "RARP"},
	{0x8100, "802.1Q VLAN"},
	{0x8137, "IPX"},
	{0x86dd, "IPv6"},
	{0x8808, "Ethernet flow control"},
	{0x8809, "Slow protocols (LACP)"},
	{0x880b, "PPP"},
	{0x8847, "MPLS"},
	{0x8848, "MPLS, upstream label"},
	{0x8863, "PPPoE discovery"},
	{0x8864, "PPPoE session"},
	{0x888e, "802.1X authentication"},
	{0x88a8, "802.1ad provider bridge"},
	{0x88be, "ERSPAN"},
	{0x88cc, "LLDP"},
	{0x88e5, "MACsec"},
	{0x88e7, "802.1ah backbone bridge"},
	{0x88f7, "PTP"},
	{0x9000, "Loopback test"},
	{0, NULL},
};

// IANA, "Assigned Internet Protocol Numbers".
const struct field_value field_ip_protocols[] = {
	{0, "IPv6 hop-by-hop options"},
	{1, "ICMP"},
	{2, "IGMP"},
	{4, "IPv4"},
	{6, "TCP"},
	{17, "UDP"},
	{33, "DCCP"},
	{41, "IPv6"},
	{43, "IPv6 routing header"},
	{44, "IPv6 fragment header"},
	{46, "RSVP"},
	{47, "GRE"},
	{50, "ESP"},
	{51, "AH"},
	{58, "ICMPv6"},
	{59, "no next header"},
	{60, "IPv6 destination options"},
	{88, "EIGRP"},
	{89, "OSPF"},
	{97, "EtherIP"},
	{103, "PIM"},
	{112, "VRRP"},
	{115, "L2TP"},
	{132, "SCTP"},
	{135, "IPv6 mobility header"},
	{136, "UDP-Lite"},
	{137, "MPLS"},
	{143, "Ethernet"},
	{0, NULL},
};

// IANA, "Differentiated Services Field Codepoints".
const struct field_value field_dscps[] = {
	{0, "CS0"},   {1, "LE"},           {8, "CS1"},   {10, "AF11"}, {12, "AF12"}, {14, "AF13"},
	{16, "CS2"},  {18, "AF21"},        {20, "AF22"}, {22, "AF23"}, {24, "CS3"},  {26, "AF31"},
	{28, "AF32"}, {30, "AF33"},        {32, "CS4"},  {34, "AF41"}, {36, "AF42"}, {38, "AF43"},
	{40, "CS5"},  {44, "VOICE-ADMIT"}, {46, "EF"},   {48, "CS6"},  {56, "CS7"},  {0, NULL},
};

// RFC 3168, 5.
const struct field_value field_ecns[] = {
	{0, "not ECN-capable"}, {1, "ECT(1)"}, {2, "ECT(0)"}, {3, "congestion experienced"}, {0, NULL},
};

// Linux, if_arp.h; IANA, "ARP Hardware Types".
const struct field_value field_arphrds[] = {
	{1, "Ethernet"},
	{6, "IEEE 802"},
	{512, "PPP"},
	{768, "IP in IP tunnel"},
	{772, "loopback"},
	{776, "IPv6 in IPv4 tunnel"},
	{778, "GRE"},
	{801, "802.11"},
	{803, "802.11 with radiotap"},
	{65534, "none"},
	{0, NULL},
};
