// Wake-on-LAN: AMD, "Magic Packet Technology", 2: six bytes ff, and sixteen times the address to wake.
#include "../decoder.h"

enum { MAC_LEN = 6, REPETITIONS = 16 };

static bool is_magic(struct bytes b)
{
	if (b.left < MAC_LEN * (1 + REPETITIONS) || bytes_peek(b, 0, MAC_LEN) != 0xffffffffffff)
		return false;
	for (size_t i = 2; i <= REPETITIONS; i++)
		if (bytes_peek(b, i * MAC_LEN, MAC_LEN) != bytes_peek(b, MAC_LEN, MAC_LEN))
			return false;
	return true;
}

static void decode(struct dissection *d)
{
	if (!is_magic(d->rest))
		dissect_reject(d);
}

const struct decoder decoder_wake_on_lan = {
	.name = "wol",
	.keys = {{"ethertype", 0x0842}},
	.decode = decode,
};
