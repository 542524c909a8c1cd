// What the headers that precede a wireless frame have in common.
#ifndef INGEST_PROTO_WLAN_RADIO_H
#define INGEST_PROTO_WLAN_RADIO_H

#include "../decoder.h"

enum { WLAN_RADIO_FCS_LEN = 4 };

// A wireless frame follows, with its frame check sequence or without. Wireshark makes a layer of what the radio told.
static inline void wlan_radio_push(struct dissection *d, bool has_fcs)
{
	uint32_t left = dissect_wire_left(d);

	if (d->rest.bad)
		return;
	if (has_fcs && left >= WLAN_RADIO_FCS_LEN)
		dissect_limit(d, left - WLAN_RADIO_FCS_LEN);
	dissect_layer(d, "wlan_radio");
}

#endif
