// Protocols right above IP that route, reserve or protect rather than carry connections. Only named: these end the
// stack. Numbers: IANA, "Protocol Numbers".
#include "../decoder.h"

const struct decoder decoder_ospf = {
	.name = "ospf",
	.keys = {{"ip.proto", 89}},
};

const struct decoder decoder_vrrp = {
	.name = "vrrp",
	.keys = {{"ip.proto", 112}},
};

const struct decoder decoder_eigrp = {
	.name = "eigrp",
	.keys = {{"ip.proto", 88}},
};

const struct decoder decoder_igrp = {
	.name = "igrp",
	.keys = {{"ip.proto", 9}},
};

const struct decoder decoder_rsvp = {
	.name = "rsvp",
	.keys = {{"ip.proto", 46}},
};

const struct decoder decoder_nhrp = {
	.name = "nhrp",
	.keys = {{"ip.proto", 54}, {"gre.proto", 0x2001}},
};

const struct decoder decoder_pgm = {
	.name = "pgm",
	.keys = {{"ip.proto", 113}},
};

const struct decoder decoder_hip = {
	.name = "hip",
	.keys = {{"ip.proto", 139}},
};

const struct decoder decoder_ipcomp = {
	.name = "ipcomp",
	.keys = {{"ip.proto", 108}},
};

const struct decoder decoder_swipe = {
	.name = "swipe",
	.keys = {{"ip.proto", 53}},
};

const struct decoder decoder_xtp = {
	.name = "xtp",
	.keys = {{"ip.proto", 36}},
};

const struct decoder decoder_vines_frp = {
	.name = "vines_frp",
	.keys = {{"ip.proto", 83}},
};

const struct decoder decoder_ax25 = {
	.name = "ax25",
	.keys = {{"ip.proto", 93}, {"linktype", 3}},
};

const struct decoder decoder_lwl4 = {
	.name = "lwl4",
	.keys = {{"ip.proto", 106}, {"ethertype", 0x8204}},
};

const struct decoder decoder_ax4000 = {
	.name = "ax4000",
	.keys = {{"ip.proto", 173}},
};

const struct decoder decoder_ncs = {
	.name = "ncs",
	.keys = {{"ip.proto", 224}},
};

const struct decoder decoder_gre_bonding = {
	.name = "grebonding",
	.keys = {{"gre.proto", 0x0101}, {"gre.proto", 0xb7ea}},
};

const struct decoder decoder_dsr = {
	.name = "dsr",
	.keys = {{"ip.proto", 48}},
};
