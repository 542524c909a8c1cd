// Realtek's protocols of switches, which have one ethertype: remote control (RRCP), echo (REP) and loop detection (RLDP),
// by the first byte.
#include "../decoder.h"

static void decode(struct dissection *d)
{
	switch (bytes_peek(d->rest, 0, 1)) {
	case 0x01:
		dissect_layer(d, "rrcp");
		break;
	case 0x02:
		dissect_layer(d, "rep");
		break;
	case 0x03:
	case 0x23:
		dissect_layer(d, "rldp");
		break;
	default:
		break;
	}
}

const struct decoder decoder_realtek = {
	.name = "realtek",
	.keys = {{"ethertype", 0x8899}},
	.decode = decode,
};
