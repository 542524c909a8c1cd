// The options that a pcapng file has behind a packet (draft-ietf-opsawg-pcapng, 3.5 and 4.3): comments, flags, hashes.
#ifndef QUERY_PACKET_OPTIONS_H
#define QUERY_PACKET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_OPTIONS_HEADER = 28,   // bytes of an Enhanced Packet Block before its data
	PACKET_OPTIONS_MAX = 1 << 20, // of options; more are left out
};

// What stands before a packet's data, if that is the header of an Enhanced Packet Block with so many captured bytes:
// how many bytes there are behind the data (padding, options, the length again); 0 for anything else.
uint32_t packet_options_room(const unsigned char header[PACKET_OPTIONS_HEADER], uint32_t captured_len,
                             bool *big_endian);

// Takes the options out of those bytes, in place and in little-endian order, without their end. Their length; 0 when
// there are none, or they are not well formed.
uint32_t packet_options_take(unsigned char *at, uint32_t room, uint32_t captured_len, bool big_endian);

#endif
