// Options of packets. See packet_options.h.
#include "packet_options.h"

#include <string.h>

enum { ENHANCED_PACKET = 6, LENGTH_AT = 4, CAPTURED_AT = 20, TRAILER_LEN = 4, OPTION_HEADER = 4 };

enum option {
	OPTION_END = 0,
	OPTION_FLAGS = 2,
	OPTION_DROPCOUNT = 4,
	OPTION_PACKETID = 5,
	OPTION_QUEUE = 6,
	OPTION_CUSTOM_TEXT = 2988, // custom options begin with an enterprise number
	OPTION_CUSTOM_BYTES = 2989,
	OPTION_CUSTOM_TEXT_NO_COPY = 19372,
	OPTION_CUSTOM_BYTES_NO_COPY = 19373,
};

static uint32_t number(const unsigned char *at, size_t width, bool big_endian)
{
	uint32_t value = 0;
	for (size_t i = 0; i < width; i++)
		value = value << 8 | at[big_endian ? i : width - 1 - i];
	return value;
}

static uint32_t padding_of(uint32_t length)
{
	return -length & 3;
}

uint32_t packet_options_room(const unsigned char header[PACKET_OPTIONS_HEADER], uint32_t captured_len,
                             bool *big_endian)
{
	*big_endian = number(header, 4, true) == ENHANCED_PACKET;
	if (number(header, 4, *big_endian) != ENHANCED_PACKET ||
	    number(header + CAPTURED_AT, 4, *big_endian) != captured_len)
		return 0;
	uint32_t length = number(header + LENGTH_AT, 4, *big_endian);
	uint32_t least = PACKET_OPTIONS_HEADER + captured_len + padding_of(captured_len) + TRAILER_LEN;
	if (length % 4 != 0 || length < least || length - least > PACKET_OPTIONS_MAX)
		return 0;
	return length - PACKET_OPTIONS_HEADER - captured_len;
}

static void swap(unsigned char *at, size_t width)
{
	for (size_t i = 0; i < width / 2; i++) {
		unsigned char byte = at[i];
		at[i] = at[width - 1 - i];
		at[width - 1 - i] = byte;
	}
}

// How many bytes of an option's value are one number.
static size_t number_width(uint32_t code, uint32_t length)
{
	switch (code) {
	case OPTION_FLAGS:
	case OPTION_QUEUE:
		return length == 4 ? 4 : 0;
	case OPTION_DROPCOUNT:
	case OPTION_PACKETID:
		return length == 8 ? 8 : 0;
	case OPTION_CUSTOM_TEXT:
	case OPTION_CUSTOM_BYTES:
	case OPTION_CUSTOM_TEXT_NO_COPY:
	case OPTION_CUSTOM_BYTES_NO_COPY:
		return length >= 4 ? 4 : 0;
	default:
		return 0;
	}
}

static void turn(unsigned char *option, uint32_t code, uint32_t length)
{
	swap(option, 2);
	swap(option + 2, 2);
	swap(option + OPTION_HEADER, number_width(code, length));
}

uint32_t packet_options_take(unsigned char *at, uint32_t room, uint32_t captured_len, bool big_endian)
{
	uint32_t start = padding_of(captured_len), end = room - TRAILER_LEN, used = start;
	while (end - used >= OPTION_HEADER) {
		uint32_t code = number(at + used, 2, big_endian), length = number(at + used + 2, 2, big_endian);
		uint32_t whole = OPTION_HEADER + length + padding_of(length);
		if (code == OPTION_END)
			break;
		if (whole > end - used)
			return 0;
		if (big_endian)
			turn(at + used, code, length);
		used += whole;
	}
	memmove(at, at + start, used - start);
	return used - start;
}
