// Protocols right above Ethernet for authentication, storage, automation, audio, power lines and other work. Only
// named: these end the stack. Numbers: IEEE, "EtherType" registry.
#include "../decoder.h"

const struct decoder decoder_eapol = {
	.name = "eapol",
	.keys = {{"ethertype", 0x888e}, {"ethertype", 0x88c7}},
};

const struct decoder decoder_aoe = {
	.name = "aoe",
	.keys = {{"ethertype", 0x88a2}},
};

const struct decoder decoder_fcoe = {
	.name = "fcoe",
	.keys = {{"ethertype", 0x8906}},
};

const struct decoder decoder_fip = {
	.name = "fip",
	.keys = {{"ethertype", 0x8914}},
};

const struct decoder decoder_hyperscsi = {
	.name = "hyperscsi",
	.keys = {{"ethertype", 0x889a}},
};

const struct decoder decoder_infiniband = {
	.name = "infiniband",
	.keys = {{"ethertype", 0x8915}},
};

const struct decoder decoder_brdwlk = {
	.name = "brdwlk",
	.keys = {{"ethertype", 0x88ae}, {"ethertype", 0xabcd}},
};

const struct decoder decoder_mdshdr = {
	.name = "mdshdr",
	.keys = {{"ethertype", 0xfcfc}},
};

const struct decoder decoder_pn_rt = {
	.name = "pn_rt",
	.keys = {{"ethertype", 0x8892}},
};

const struct decoder decoder_pn_mrp = {
	.name = "pn_mrp",
	.keys = {{"ethertype", 0x88e3}},
};

const struct decoder decoder_ecatf = {
	.name = "ecatf",
	.keys = {{"ethertype", 0x88a4}},
};

const struct decoder decoder_sercos = {
	.name = "siii",
	.keys = {{"ethertype", 0x88cd}},
};

const struct decoder decoder_goose = {
	.name = "goose",
	.keys = {{"ethertype", 0x88b8}},
};

const struct decoder decoder_sv = {
	.name = "sv",
	.keys = {{"ethertype", 0x88ba}},
};

const struct decoder decoder_dlr = {
	.name = "dlr",
	.keys = {{"ethertype", 0x80e1}},
};

const struct decoder decoder_ptp = {
	.name = "ptp",
	.keys = {{"ethertype", 0x88f7}},
};

const struct decoder decoder_ieee1722 = {
	.name = "ieee1722",
	.keys = {{"ethertype", 0x22f0}},
};

const struct decoder decoder_tecmp = {
	.name = "tecmp",
	.keys = {{"ethertype", 0x99fe}},
};

const struct decoder decoder_rtmac = {
	.name = "rtmac",
	.keys = {{"ethertype", 0x9021}},
};

const struct decoder decoder_rtcfg = {
	.name = "rtcfg",
	.keys = {{"ethertype", 0x9022}},
};

const struct decoder decoder_homeplug = {
	.name = "homeplug",
	.keys = {{"ethertype", 0x887b}},
};

const struct decoder decoder_homeplug_av = {
	.name = "homeplug-av",
	.keys = {{"ethertype", 0x88e1}},
};

const struct decoder decoder_hpna = {
	.name = "hpna",
	.keys = {{"ethertype", 0x886c}},
};

const struct decoder decoder_telkonet = {
	.name = "telkonet",
	.keys = {{"ethertype", 0x88a1}},
};

const struct decoder decoder_bluecom = {
	.name = "bluecom",
	.keys = {{"ethertype", 0x892d}},
};

const struct decoder decoder_wsmp = {
	.name = "wsmp",
	.keys = {{"ethertype", 0x88dc}},
};

const struct decoder decoder_gnw = {
	.name = "gnw",
	.keys = {{"ethertype", 0x8947}},
};

const struct decoder decoder_mih = {
	.name = "mih",
	.keys = {{"ethertype", 0x8917}},
};

const struct decoder decoder_lwapp = {
	.name = "lwapp",
	.keys = {{"ethertype", 0x88bb}, {"ethertype", 0xbbbb}},
};

const struct decoder decoder_wlccp = {
	.name = "wlccp",
	.keys = {{"ethertype", 0x872d}, {"llc.wlccp_pid", 0x0000}},
};

const struct decoder decoder_mint = {
	.name = "mint",
	.keys = {{"ethertype", 0x8783}},
};

const struct decoder decoder_lowpan = {
	.name = "6lowpan",
	.keys = {{"ethertype", 0xa0ed}},
};

const struct decoder decoder_rohc = {
	.name = "rohc",
	.keys = {{"ethertype", 0x22f1}},
};

const struct decoder decoder_ecpri = {
	.name = "ecpri",
	.keys = {{"ethertype", 0xaefe}},
};

const struct decoder decoder_tdmoe = {
	.name = "tdmoe",
	.keys = {{"ethertype", 0xd00d}},
};

const struct decoder decoder_cesoeth = {
	.name = "cesoeth",
	.keys = {{"ethertype", 0x88d8}},
};

const struct decoder decoder_linx = {
	.name = "linx",
	.keys = {{"ethertype", 0x8911}},
};

const struct decoder decoder_llt = {
	.name = "llt",
	.keys = {{"ethertype", 0xcafe}},
};

const struct decoder decoder_eero = {
	.name = "eero",
	.keys = {{"ethertype", 0x9104}},
};

const struct decoder decoder_cl3 = {
	.name = "cl3",
	.keys = {{"ethertype", 0xb4e3}},
};

const struct decoder decoder_csm_encaps = {
	.name = "csm_encaps",
	.keys = {{"ethertype", 0x889b}},
};

const struct decoder decoder_m2m = {
	.name = "m2m",
	.keys = {{"ethertype", 0x08f0}},
};

const struct decoder decoder_mdp = {
	.name = "mdp",
	.keys = {{"ethertype", 0x0712}, {"ethertype", 0x0713}},
};

const struct decoder decoder_dect = {
	.name = "dect",
	.keys = {{"ethertype", 0x2323}},
};

const struct decoder decoder_c15hbeat = {
	.name = "c15hbeat",
	.keys = {{"ethertype", 0x0c15}},
};

const struct decoder decoder_powerlink = {
	.name = "epl",
	.keys = {{"ethertype", 0x88ab}},
};

const struct decoder decoder_powerlink_1 = {
	.name = "epl_v1",
	.keys = {{"ethertype", 0x3e3f}},
};
