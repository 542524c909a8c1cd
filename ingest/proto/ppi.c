// Per-packet information: "Per-Packet Information Header Specification", 1.0.7, CACE Technologies, 3 and 4.1.2.
#include "wlan_radio.h"

enum { WLAN, LINK };

enum { HEADER_LEN = 8, LINK_WLAN = 105 };

enum { FLAG_ALIGNED = 0x01 }; // fields start at multiples of four bytes

enum field_type { FIELD_WLAN_COMMON = 2, FIELD_GPS = 30002, FIELD_VECTOR, FIELD_SENSOR, FIELD_ANTENNA };

enum { WLAN_TSF_LEN = 8, WLAN_FLAG_FCS = 0x0001 };

static bool is_fcs_flagged(struct bytes field)
{
	bytes_skip(&field, WLAN_TSF_LEN);
	return bytes_uint_le(&field, 2) & WLAN_FLAG_FCS;
}

static void push_geolocation(struct dissection *d, uint16_t type)
{
	static const char *const names[] = {"ppi_gps", "ppi_vector", "ppi_sensor", "ppi_antenna"};

	if (type >= FIELD_GPS && type <= FIELD_ANTENNA)
		dissect_layer(d, names[type - FIELD_GPS]);
}

// Whether a field says that the frame ends with its check sequence.
static bool read_fields(struct dissection *d, struct bytes fields, bool aligned)
{
	bool has_fcs = false;

	while (fields.left) {
		uint16_t type = (uint16_t)bytes_uint_le(&fields, 2);
		size_t length = bytes_uint_le(&fields, 2);
		struct bytes field = bytes_split(&fields, length);
		if (field.bad)
			bytes_fail(&d->rest);
		else if (type == FIELD_WLAN_COMMON)
			has_fcs = is_fcs_flagged(field);
		if (!field.bad)
			push_geolocation(d, type);
		if (aligned && fields.left)
			bytes_skip(&fields, (4 - length % 4) % 4);
	}
	return has_fcs;
}

static void decode(struct dissection *d)
{
	struct bytes header = d->rest;

	bytes_skip(&header, 1);
	uint8_t flags = bytes_u8(&header);
	size_t length = bytes_uint_le(&header, 2);
	uint32_t link = (uint32_t)bytes_uint_le(&header, 4);
	bytes_skip(&d->rest, length);
	if (length < HEADER_LEN || header.bad)
		bytes_fail(&d->rest);
	if (d->rest.bad)
		return;

	header.left = length - HEADER_LEN;
	bool has_fcs = read_fields(d, header, flags & FLAG_ALIGNED);
	if (d->rest.bad)
		return;
	if (link == LINK_WLAN) {
		wlan_radio_push(d, has_fcs);
		dissect_next(d, WLAN, 0);
	} else {
		dissect_layer(d, "pcap_pktdata");
		dissect_next(d, LINK, link);
	}
}

const struct decoder decoder_ppi = {
	.name = "ppi",
	.keys = {{"linktype", 192}},
	.tables = {[WLAN] = "wlan", [LINK] = "linktype"},
	.decode = decode,
};
