// Ports of applications above the system ports. Nothing is decoded or named; but the lower port of a datagram
// counts (see udp.c), and without these a RADIUS request that happens to come from port 4500 or 4789 would be taken
// for a tunnel. Numbers: IANA, "Service Name and Transport Protocol Port Number Registry".
#include "../decoder.h"

const struct decoder decoder_udp_applications = {
	.keys = {{"udp.port", 1194}, {"udp.port", 1645}, {"udp.port", 1646}, {"udp.port", 1718}, {"udp.port", 1719},
             {"udp.port", 1812}, {"udp.port", 1813}, {"udp.port", 1900}, {"udp.port", 1985}, {"udp.port", 2055},
             {"udp.port", 2427}, {"udp.port", 2727}, {"udp.port", 3130}, {"udp.port", 3389}, {"udp.port", 3478},
             {"udp.port", 3784}, {"udp.port", 3785}, {"udp.port", 4739}, {"udp.port", 5060}, {"udp.port", 5350},
             {"udp.port", 5351}, {"udp.port", 5353}, {"udp.port", 5355}, {"udp.port", 5683}},
};
