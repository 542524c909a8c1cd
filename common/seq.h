// TCP sequence numbers, which wrap: compared as signed 32-bit differences (RFC 9293, 3.4).
#ifndef COMMON_SEQ_H
#define COMMON_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

// Half the number space apart, either is beyond the other.
static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return seq_lt(b, a);
}

#endif
