// What bridges and switches tell each other. Only named: these end the stack. Numbers are those of IEEE 802
// (ethertypes, SAPs), and of Cisco, Extreme and Nortel (SNAP).
#include "../decoder.h"

// IEEE 802.1D-2004, 9.3.
#define IS_CONFIGURATION FIELD_WHEN(3, 1, 0xff, 0, 2)

static const struct field_value stp_types[] = {
	{0x00, "configuration"},
	{0x02, "rapid or multiple spanning tree"},
	{0x80, "topology change notification"},
	{0, NULL},
};

static const struct field stp_fields[] = {
	FIELD("stp.protocol", 0, 2, FIELD_HEX),
	FIELD("stp.version", 2, 1, FIELD_NUMBER),
	FIELD("stp.type", 3, 1, FIELD_HEX, .names = stp_types),
	FIELD("stp.flags.tcack", 4, 1, FIELD_NUMBER, .mask = 0x80, IS_CONFIGURATION),
	FIELD("stp.flags.tc", 4, 1, FIELD_NUMBER, .mask = 0x01, IS_CONFIGURATION),
	FIELD("stp.root.prio", 5, 2, FIELD_NUMBER, .mask = 0xf000, .factor = 4096, IS_CONFIGURATION),
	FIELD("stp.root.ext", 5, 2, FIELD_NUMBER, .mask = 0x0fff, IS_CONFIGURATION),
	FIELD("stp.root.hw", 7, 6, FIELD_MAC, IS_CONFIGURATION),
	FIELD("stp.root.cost", 13, 4, FIELD_NUMBER, IS_CONFIGURATION),
	FIELD("stp.bridge.prio", 17, 2, FIELD_NUMBER, .mask = 0xf000, .factor = 4096, IS_CONFIGURATION),
	FIELD("stp.bridge.ext", 17, 2, FIELD_NUMBER, .mask = 0x0fff, IS_CONFIGURATION),
	FIELD("stp.bridge.hw", 19, 6, FIELD_MAC, IS_CONFIGURATION),
	FIELD("stp.port", 25, 2, FIELD_HEX, IS_CONFIGURATION),
	FIELD_END,
};

const struct decoder decoder_stp = {
	.name = "stp",
	.keys = {{"llc.dsap", 0x42},
             {"llc.cisco_pid", 0x0108},
             {"llc.cisco_pid", 0x0109},
             {"llc.cisco_pid", 0x010b},
             {"llc.cisco_pid", 0x010c},
             {"llc.bridged_pid", 0x000e},
             {"chdlc.protocol", 0x4242},
             {"ethertype", 0x8181}},
	.fields = stp_fields,
};

const struct decoder decoder_dec_stp = {
	.name = "dec_stp",
	.keys = {{"ethertype", 0x8038}, {"ppp.protocol", 0x0205}},
};

const struct decoder decoder_cdp = {
	.name = "cdp",
	.keys = {{"llc.cisco_pid", 0x2000},
             {"chdlc.protocol", 0x2000},
             {"gre.proto", 0x2000},
             {"ppp.protocol", 0x0207}},
};

const struct decoder decoder_pagp = {
	.name = "pagp",
	.keys = {{"llc.cisco_pid", 0x0104}},
};

const struct decoder decoder_udld = {
	.name = "udld",
	.keys = {{"llc.cisco_pid", 0x0111}, {"chdlc.protocol", 0x0111}},
};

const struct decoder decoder_mcp = {
	.name = "mcp",
	.keys = {{"llc.cisco_pid", 0x0139}},
};

const struct decoder decoder_cgmp = {
	.name = "cgmp",
	.keys = {{"llc.cisco_pid", 0x2001}, {"ethertype", 0x2001}},
};

const struct decoder decoder_vtp = {
	.name = "vtp",
	.keys = {{"llc.cisco_pid", 0x2003}},
};

const struct decoder decoder_dtp = {
	.name = "dtp",
	.keys = {{"llc.cisco_pid", 0x2004}},
};

const struct decoder decoder_edp = {
	.name = "edp",
	.keys = {{"llc.extreme_pid", 0x00bb}},
};

const struct decoder decoder_ndp = {
	.name = "ndp",
	.keys = {{"llc.nortel_pid", 0x01a1}, {"llc.nortel_pid", 0x01a2}},
};

const struct decoder decoder_lldp = {
	.name = "lldp",
	.keys = {{"ethertype", 0x88cc}, {"ethertype", 0x8942}},
};

const struct decoder decoder_lacp_old = {
	.name = "lacp",
	.keys = {{"ethertype", 0x8103}},
};

const struct decoder decoder_mac_control = {
	.name = "macc",
	.keys = {{"ethertype", 0x8808}},
};

const struct decoder decoder_cfm = {
	.name = "cfm",
	.keys = {{"ethertype", 0x8902}, {"pwach.channel_type", 0x8902}},
};

const struct decoder decoder_elmi = {
	.name = "elmi",
	.keys = {{"ethertype", 0x88ee}},
};

const struct decoder decoder_mrp_mvrp = {
	.name = "mrp-mvrp",
	.keys = {{"ethertype", 0x88f5}},
};

const struct decoder decoder_mrp_mmrp = {
	.name = "mrp-mmrp",
	.keys = {{"ethertype", 0x88f6}},
};

const struct decoder decoder_mrp_msrp = {
	.name = "mrp-msrp",
	.keys = {{"ethertype", 0x22ea}},
};

const struct decoder decoder_ecp21 = {
	.name = "ecp21",
	.keys = {{"ethertype", 0x8940}},
};

const struct decoder decoder_hsr_prp_supervision = {
	.name = "hsr_prp_supervision",
	.keys = {{"ethertype", 0x88fb}},
};

const struct decoder decoder_ismp = {
	.name = "ismp",
	.keys = {{"ethertype", 0x81fd}},
};

const struct decoder decoder_bofl = {
	.name = "bofl",
	.keys = {{"ethertype", 0x8102}},
};

const struct decoder decoder_ieee802a = {
	.name = "ieee802a",
	.keys = {{"ethertype", 0x88b7}},
};

const struct decoder decoder_ieee1905 = {
	.name = "ieee1905",
	.keys = {{"ethertype", 0x893a}},
};

const struct decoder decoder_lltd = {
	.name = "lltd",
	.keys = {{"ethertype", 0x88d9}},
};

const struct decoder decoder_msnlb = {
	.name = "msnlb",
	.keys = {{"ethertype", 0x886f}},
};

const struct decoder decoder_ans = {
	.name = "ans",
	.keys = {{"ethertype", 0x886d}},
};

const struct decoder decoder_nsrp = {
	.name = "nsrp",
	.keys = {{"ethertype", 0x8133}},
};

const struct decoder decoder_flip = {
	.name = "flip",
	.keys = {{"ethertype", 0x8901}},
};

const struct decoder decoder_ncsi = {
	.name = "ncsi",
	.keys = {{"ethertype", 0x88f8}},
};

const struct decoder decoder_hcrt = {
	.name = "hcrt",
	.keys = {{"ethertype", 0xf052}},
};

const struct decoder decoder_sna_over_ethernet = {
	.name = "snaeth",
	.keys = {{"ethertype", 0x80d5}},
};
