// Link types that carry no IP packets of their own, or none that are looked for here. Only named: these end the stack.
// Numbers: tcpdump.org/linktypes.html; for Linux cooked captures, linux/if_ether.h.
#include "../decoder.h"

const struct decoder decoder_can = {
	.name = "can",
	.keys = {{"linktype", 227}, {"sll.ltype", 12}},
};

const struct decoder decoder_canfd = {
	.name = "canfd",
	.keys = {{"sll.ltype", 13}},
};

const struct decoder decoder_usb = {
	.name = "usb",
	.keys = {{"linktype", 186}, {"linktype", 189}, {"linktype", 220}, {"linktype", 249}, {"linktype", 266}},
};

const struct decoder decoder_wpan = {
	.name = "wpan",
	.keys = {{"linktype", 195}, {"linktype", 230}, {"sll.ltype", 246}, {"ethertype", 0x809a}},
};

const struct decoder decoder_wpan_tap = {
	.name = "wpan-tap",
	.keys = {{"linktype", 283}},
};

const struct decoder decoder_wpan_nonask_phy = {
	.name = "wpan-nonask-phy",
	.keys = {{"linktype", 215}},
};

const struct decoder decoder_docsis = {
	.name = "docsis",
	.keys = {{"linktype", 143}},
};

const struct decoder decoder_i2c = {
	.name = "i2c",
	.keys = {{"linktype", 199}, {"linktype", 209}},
};

const struct decoder decoder_netlink = {
	.name = "netlink",
	.keys = {{"linktype", 253}},
};

const struct decoder decoder_dbus = {
	.name = "dbus",
	.keys = {{"linktype", 231}},
};

const struct decoder decoder_ax25_kiss = {
	.name = "ax25_kiss",
	.keys = {{"linktype", 202}},
};

const struct decoder decoder_sita = {
	.name = "sita",
	.keys = {{"linktype", 196}},
};

const struct decoder decoder_flexray = {
	.name = "flexray",
	.keys = {{"linktype", 210}},
};

const struct decoder decoder_lin = {
	.name = "lin",
	.keys = {{"linktype", 212}},
};

const struct decoder decoder_fc = {
	.name = "fc",
	.keys = {{"linktype", 224}},
};

const struct decoder decoder_mtp2 = {
	.name = "mtp2",
	.keys = {{"linktype", 139}, {"linktype", 140}},
};

const struct decoder decoder_mtp3 = {
	.name = "mtp3",
	.keys = {{"linktype", 141}},
};

const struct decoder decoder_sccp = {
	.name = "sccp",
	.keys = {{"linktype", 142}},
};

const struct decoder decoder_irlap = {
	.name = "irlap",
	.keys = {{"linktype", 144}, {"sll.ltype", 23}},
};

const struct decoder decoder_isi = {
	.name = "isi",
	.keys = {{"sll.ltype", 245}},
};

const struct decoder decoder_ipos = {
	.name = "ipos",
	.keys = {{"sll.ltype", 48},
             {"sll.ltype", 49},
             {"sll.ltype", 50},
             {"sll.ltype", 51},
             {"sll.ltype", 52},
             {"sll.ltype", 53}},
};

const struct decoder decoder_ipmi_trace = {
	.name = "ipmi.trace",
	.keys = {{"linktype", 260}},
};

const struct decoder decoder_vsock = {
	.name = "vsock",
	.keys = {{"linktype", 271}},
};

const struct decoder decoder_usbll = {
	.name = "usbll",
	.keys = {{"linktype", 288}, {"linktype", 293}, {"linktype", 294}, {"linktype", 295}},
};

const struct decoder decoder_lapd = {
	.name = "lapd",
	.keys = {{"linktype", 203}, {"linktype", 177}},
};

const struct decoder decoder_mstp = {
	.name = "mstp",
	.keys = {{"linktype", 165}},
};

const struct decoder decoder_llcgprs = {
	.name = "llcgprs",
	.keys = {{"linktype", 169}},
};

const struct decoder decoder_fcsof = {
	.name = "fcsof",
	.keys = {{"linktype", 225}},
};

const struct decoder decoder_mux27010 = {
	.name = "mux27010",
	.keys = {{"linktype", 236}},
};
