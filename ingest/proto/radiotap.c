// Radiotap, what the radio tells of a wireless frame: radiotap.org, "Radiotap" (header) and "Flags" (field 1).
#include "wlan_radio.h"

enum { WLAN };

// Bits of a word of field presence.
enum {
	PRESENT_TSFT = 0,
	PRESENT_FLAGS = 1,
	PRESENT_MORE = 31, // another word of the same kind follows
};

enum { FLAG_FCS = 0x10, FLAG_PADDED = 0x20 };

enum { HEADER_LEN = 8, TSFT_LEN = 8 };

// The flags are the second field, and the first, TSFT, is aligned to 8 bytes from the start of the header.
static uint8_t flags_of(struct bytes header)
{
	const uint8_t *start = header.at;

	bytes_skip(&header, 4);
	uint32_t present = (uint32_t)bytes_uint_le(&header, 4), more = present;
	while ((more >> PRESENT_MORE & 1) && header.left)
		more = (uint32_t)bytes_uint_le(&header, 4);
	if (header.bad || !(present >> PRESENT_FLAGS & 1))
		return 0;
	if (present >> PRESENT_TSFT & 1) {
		size_t offset = (size_t)(header.at - start);
		bytes_skip(&header, (TSFT_LEN - offset % TSFT_LEN) % TSFT_LEN + TSFT_LEN);
	}
	return bytes_u8(&header);
}

static void decode(struct dissection *d)
{
	struct bytes ahead = d->rest;

	bytes_skip(&ahead, 2);
	size_t length = bytes_uint_le(&ahead, 2);
	struct bytes header = bytes_split(&d->rest, length);
	if (header.bad || length < HEADER_LEN) {
		bytes_fail(&d->rest);
		return;
	}
	uint8_t flags = flags_of(header);
	wlan_radio_push(d, flags & FLAG_FCS);
	dissect_next(d, WLAN, (flags & FLAG_PADDED) != 0);
}

const struct decoder decoder_radiotap = {
	.name = "radiotap",
	.keys = {{"linktype", 127}, {"sll.hatype", 803}},
	.tables = {[WLAN] = "wlan"},
	.decode = decode,
};
