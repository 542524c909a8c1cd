// The Internet checksum (RFC 1071): one's complement sums of big-endian 16-bit words.
#ifndef INGEST_CHECKSUM_H
#define INGEST_CHECKSUM_H

#include "bytes.h"

uint32_t checksum_sum_of(const uint8_t *at, size_t length);

// The sum of the window's words, folded to 16 bits; an odd last byte counts as the high half of a word. Sums of
// several windows add up, as long as all but the last are of even length.
static inline uint32_t checksum_sum(struct bytes window)
{
	return checksum_sum_of(window.at, window.left);
}

// A sum of sums, folded to 16 bits.
static inline uint16_t checksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

// Whether a sum over data that holds its own checksum is right.
static inline bool checksum_is_right(uint32_t sum)
{
	return checksum_fold(sum) == 0xffff;
}

#endif
