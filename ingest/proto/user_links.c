// LINKTYPE_USER0 to 15 (tcpdump.org/linktypes.html): whatever a user wants; LINKTYPE_USER2 is in pktap.c.
#include "../decoder.h"

static void decode(struct dissection *d)
{
	dissect_unknown(d);
}

const struct decoder decoder_user_links = {
	.name = "user_dlt",
	.keys = {{"linktype", 147},
             {"linktype", 148},
             {"linktype", 150},
             {"linktype", 151},
             {"linktype", 152},
             {"linktype", 153},
             {"linktype", 154},
             {"linktype", 155},
             {"linktype", 156},
             {"linktype", 157},
             {"linktype", 158},
             {"linktype", 159},
             {"linktype", 160},
             {"linktype", 161},
             {"linktype", 162}},
	.decode = decode,
};
