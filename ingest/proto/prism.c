// The headers of early wireless drivers: Prism, tcpdump.org/linktypes/LINKTYPE_IEEE802_11_PRISM.html; and AVS, "AVS
// 802.11 capture frame format", version 2.1, which some put behind Prism's link type.
#include "wlan_radio.h"

enum { WLAN, AVS };

enum {
	PRISM_CODE_1 = 0x44,
	PRISM_CODE_2 = 0x41,
	PRISM_LEN_MIN = 24,  // code, length, device name
	AVS_MAGIC = 0x80211, // without the version
	AVS_LEN_MIN = 8,
};

static bool is_prism_code(uint64_t code)
{
	return code == PRISM_CODE_1 || code == PRISM_CODE_2;
}

// In the byte order of the machine that captured.
static void decode_prism(struct dissection *d)
{
	struct bytes ahead = d->rest;
	bool big_endian = is_prism_code(bytes_peek(d->rest, 0, 4));
	uint64_t code = big_endian ? bytes_u32(&ahead) : bytes_uint_le(&ahead, 4);
	uint64_t length = big_endian ? bytes_u32(&ahead) : bytes_uint_le(&ahead, 4);

	if (bytes_peek(d->rest, 0, 4) >> 12 == AVS_MAGIC) {
		dissect_next(d, AVS, 0);
		return;
	}
	if (is_prism_code(code)) {
		bytes_skip(&d->rest, length < PRISM_LEN_MIN ? PRISM_LEN_MIN : length);
		wlan_radio_push(d, false);
	}
	dissect_next(d, WLAN, 0);
}

const struct decoder decoder_prism = {
	.name = "prism",
	.keys = {{"linktype", 119}},
	.tables = {[WLAN] = "wlan", [AVS] = "wlan.avs"},
	.decode = decode_prism,
};

static void decode_avs(struct dissection *d)
{
	size_t length = bytes_peek(d->rest, 4, 4);

	bytes_skip(&d->rest, length < AVS_LEN_MIN ? AVS_LEN_MIN : length);
	if (d->rest.bad)
		return;
	wlan_radio_push(d, false);
	dissect_next(d, WLAN, 0);
}

const struct decoder decoder_avs = {
	.name = "wlancap",
	.keys = {{"linktype", 163}, {"wlan.avs", 0}},
	.tables = {[WLAN] = "wlan"},
	.decode = decode_avs,
};
