// Protocols that set a PPP link up, and those that compress what it carries. Only named: these end the stack. Numbers:
// IANA, "PPP DLL Protocol Numbers".
#include "../decoder.h"

const struct decoder decoder_lcp = {
	.name = "lcp",
	.keys = {{"ppp.protocol", 0xc021}, {"ethertype", 0xc021}},
};

const struct decoder decoder_pap = {
	.name = "pap",
	.keys = {{"ppp.protocol", 0xc023}, {"ethertype", 0xc023}},
};

const struct decoder decoder_chap = {
	.name = "chap",
	.keys = {{"ppp.protocol", 0xc223}, {"ethertype", 0xc223}},
};

const struct decoder decoder_eap = {
	.name = "eap",
	.keys = {{"ppp.protocol", 0xc227}},
};

const struct decoder decoder_cbcp = {
	.name = "cbcp",
	.keys = {{"ppp.protocol", 0xc029}, {"ethertype", 0xc029}},
};

const struct decoder decoder_bacp = {
	.name = "bacp",
	.keys = {{"ppp.protocol", 0xc02b}, {"ethertype", 0xc02b}},
};

const struct decoder decoder_bap = {
	.name = "bap",
	.keys = {{"ppp.protocol", 0xc02d}, {"ethertype", 0xc02d}},
};

const struct decoder decoder_ipcp = {
	.name = "ipcp",
	.keys = {{"ppp.protocol", 0x8021}, {"ethertype", 0x8021}},
};

const struct decoder decoder_ipv6cp = {
	.name = "ipv6cp",
	.keys = {{"ppp.protocol", 0x8057}, {"ethertype", 0x8057}},
};

const struct decoder decoder_ccp = {
	.name = "ccp",
	.keys = {{"ppp.protocol", 0x80fd}, {"ethertype", 0x80fd}},
};

const struct decoder decoder_mplscp = {
	.name = "mplscp",
	.keys = {{"ppp.protocol", 0x8281}, {"ethertype", 0x8281}},
};

const struct decoder decoder_osinlcp = {
	.name = "osinlcp",
	.keys = {{"ppp.protocol", 0x8023}, {"ethertype", 0x8023}},
};

const struct decoder decoder_bcp_ncp = {
	.name = "bcp_ncp",
	.keys = {{"ppp.protocol", 0x8031}},
};

const struct decoder decoder_cdpcp = {
	.name = "cdpcp",
	.keys = {{"ppp.protocol", 0x8207}, {"ethertype", 0x8207}},
};

const struct decoder decoder_pppmuxcp = {
	.name = "pppmuxcp",
	.keys = {{"ppp.protocol", 0x8059}, {"ethertype", 0x8059}},
};

const struct decoder decoder_vsncp = {
	.name = "vsncp",
	.keys = {{"ppp.protocol", 0x805b}},
};

const struct decoder decoder_ppp_compressed = {
	.name = "comp_data",
	.keys = {{"ppp.protocol", 0x00fd}},
};

const struct decoder decoder_ppp_van_jacobson = {
	.name = "vjc",
	.keys = {{"ppp.protocol", 0x002d}, {"ppp.protocol", 0x002f}},
};

const struct decoder decoder_ppp_compressed_rtp = {
	.name = "crtp",
	.keys = {{"ppp.protocol", 0x0061}},
};

const struct decoder decoder_ppp_multiplexed = {
	.name = "pppmux",
	.keys = {{"ppp.protocol", 0x0059}},
};

const struct decoder decoder_vsnp = {
	.name = "vsnp",
	.keys = {{"ppp.protocol", 0x005b}},
};

const struct decoder decoder_ppp_hdlc_stream = {
	.name = "ppp_hdlc",
	.keys = {{"gre.proto", 0x8881}},
};

const struct decoder decoder_frame_relay_lmi = {
	.name = "lmi",
	.keys = {{"fr.nlpid", 0x09}},
};

const struct decoder decoder_wcp = {
	.name = "wcp",
	.keys = {{"fr.nlpid", 0xb0}, {"ethertype", 0x80ff}},
};
