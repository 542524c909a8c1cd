// Ports of applications. Nothing is decoded or named; but the lower port of a datagram counts (see udp.c), and without
// these a DNS query that happens to come from port 3544, 4500 or 4789 would be taken for a tunnel.
#include "../decoder.h"

const struct decoder decoder_udp_applications_1 = {
	.keys = {{"udp.port", 7}, {"udp.port", 13}, {"udp.port", 19}, {"udp.port", 37}, {"udp.port", 49}, {"udp.port", 53},
	         {"udp.port", 67}, {"udp.port", 68}, {"udp.port", 69}, {"udp.port", 88}, {"udp.port", 111}, {"udp.port", 123},
	         {"udp.port", 137}, {"udp.port", 138}, {"udp.port", 161}, {"udp.port", 162}, {"udp.port", 177},
	         {"udp.port", 319}, {"udp.port", 320}, {"udp.port", 389}, {"udp.port", 427}, {"udp.port", 434},
	         {"udp.port", 464}, {"udp.port", 500}},
};

const struct decoder decoder_udp_applications_2 = {
	.keys = {{"udp.port", 514}, {"udp.port", 520}, {"udp.port", 521}, {"udp.port", 546}, {"udp.port", 547},
	         {"udp.port", 623}, {"udp.port", 631}, {"udp.port", 646}, {"udp.port", 750}, {"udp.port", 853},
	         {"udp.port", 1194}, {"udp.port", 1645}, {"udp.port", 1646}, {"udp.port", 1718}, {"udp.port", 1719},
	         {"udp.port", 1812}, {"udp.port", 1813}, {"udp.port", 1900}, {"udp.port", 1985}, {"udp.port", 2055},
	         {"udp.port", 2427}, {"udp.port", 2727}, {"udp.port", 3389}, {"udp.port", 3478}},
};
