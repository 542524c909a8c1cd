// Networks of their own beside IP. Only named: these end the stack, and have no flows. Numbers are those of IEEE 802
// (ethertypes, SAPs).
#include "../decoder.h"

const struct decoder decoder_ipx = {
	.name = "ipx",
	.keys = {{"ethertype", 0x8137},
             {"llc.dsap", 0x10},
             {"llc.dsap", 0xe0},
             {"ppp.protocol", 0x002b},
             {"null.type", 23}},
};

const struct decoder decoder_ddp = {
	.name = "ddp",
	.keys = {{"llc.apple_atalk_pid", 0x809b},
             {"chdlc.protocol", 0x809b},
             {"ppp.protocol", 0x0029},
             {"null.type", 16}},
};

const struct decoder decoder_llap = {
	.name = "llap",
	.keys = {{"ethertype", 0x809b}, {"linktype", 114}},
};

const struct decoder decoder_aarp = {
	.name = "aarp",
	.keys = {{"ethertype", 0x80f3}},
};

const struct decoder decoder_sna = {
	.name = "sna",
	.keys = {{"llc.dsap", 0x04},
             {"llc.dsap", 0x08},
             {"llc.dsap", 0x0c},
             {"llc.dsap", 0x40},
             {"llc.dsap", 0xc8},
             {"ppp.protocol", 0x004d}},
};

const struct decoder decoder_x25 = {
	.name = "x25",
	.keys = {{"llc.dsap", 0x7e}},
};

const struct decoder decoder_xns_3com = {
	.name = "3comxns",
	.keys = {{"llc.dsap", 0x80}},
};

// Fast transition and tunnelled direct links between stations, IEEE 802.11-2020, annex H: no MAC header of 802.11.
const struct decoder decoder_wlan_payload = {
	.name = "wlan",
	.keys = {{"ethertype", 0x890d}},
};

const struct decoder decoder_bacnet = {
	.name = "bacnet",
	.keys = {{"llc.dsap", 0x82}},
};

const struct decoder decoder_vines_llc = {
	.name = "vines_llc",
	.keys = {{"llc.dsap", 0xbc}},
};

const struct decoder decoder_vines_ip = {
	.name = "vines_ip",
	.keys = {{"ethertype", 0x0bad}, {"ppp.protocol", 0x0035}},
};

const struct decoder decoder_vines_echo = {
	.name = "vines_echo",
	.keys = {{"ethertype", 0x0baf}},
};

const struct decoder decoder_hpext = {
	.name = "hpext",
	.keys = {{"llc.dsap", 0xf8}},
};

const struct decoder decoder_rpl = {
	.name = "rpl",
	.keys = {{"llc.dsap", 0xfc}},
};

const struct decoder decoder_idp = {
	.name = "idp",
	.keys = {{"ethertype", 0x0600}},
};

const struct decoder decoder_dec_dna = {
	.name = "dec_dna",
	.keys = {{"ethertype", 0x6003}, {"ppp.protocol", 0x0027}},
};

const struct decoder decoder_lat = {
	.name = "lat",
	.keys = {{"ethertype", 0x6004}},
};

const struct decoder decoder_lapbether = {
	.name = "lapbether",
	.keys = {{"ethertype", 0x6000}},
};

const struct decoder decoder_bpq = {
	.name = "bpq",
	.keys = {{"ethertype", 0x08ff}},
};

const struct decoder decoder_tipc = {
	.name = "tipc",
	.keys = {{"ethertype", 0x88ca}},
};

const struct decoder decoder_xip = {
	.name = "xip",
	.keys = {{"ethertype", 0xc0de}},
};

const struct decoder decoder_batadv = {
	.name = "batadv",
	.keys = {{"ethertype", 0x4305}},
};

const struct decoder decoder_nwp = {
	.name = "nwp",
	.keys = {{"ethertype", 0xc0df}},
};
