// A packet's payload in 31 bits. See payload_hash.h.
#include "payload_hash.h"

#include "../common/hash.h"
#include "checksum.h"

// RFC 1071: 0 and 0xffff are the same sum; 0 is kept for "not known".
static uint32_t known_sum(uint16_t sum)
{
	return sum ? sum : PAYLOAD_SUM;
}

static uint32_t prefix_of(struct bytes captured, uint32_t wire_len)
{
	uint32_t length = wire_len < PAYLOAD_PREFIX_LEN ? wire_len : PAYLOAD_PREFIX_LEN;
	const uint8_t *first = bytes_take(&captured, length);
	if (!first)
		return 0;
	uint32_t hash = (uint32_t)XXH3_64bits(first, length) << PAYLOAD_SUM_BITS & PAYLOAD_PREFIX;
	return hash ? hash : 1 << PAYLOAD_SUM_BITS;
}

// What the checksum, if it is right, says of all but the first header_len bytes of what it covers: the sum over
// everything is 0xffff.
static uint32_t sum_left(const struct checksummed *d, uint32_t header_len)
{
	struct bytes captured = d->captured;
	uint32_t sum = d->pseudo_sum + checksum_sum(bytes_split(&captured, header_len));
	return known_sum((uint16_t)~checksum_fold(sum));
}

// Senders whose network card makes the checksum put 0 or the pseudo header's sum into the field, some without the
// length in it.
static bool is_left_to_hardware(const struct checksummed *d)
{
	uint16_t length = (uint16_t)d->wire_len;
	return d->checksum == 0 || d->checksum == checksum_fold(d->pseudo_sum) ||
	       d->checksum == checksum_fold(d->pseudo_sum + (uint16_t)~length);
}

// A checksum that was verified spares a second pass over the payload.
static uint32_t sum_of(const struct packet *p)
{
	const struct checksummed *d = &p->datagram;
	uint32_t header_len = d->wire_len - p->payload_len;
	bool whole = p->payload.left == p->payload_len;
	bool divides = d->wire_len > p->payload_len && header_len <= d->captured.left && header_len % 2 == 0;

	if (divides && p->l4_checksum == CHECKSUM_OK)
		return sum_left(d, header_len);
	if (whole)
		return known_sum(checksum_fold(checksum_sum(p->payload)));
	bool contradicts = p->errors & (PACKET_ERROR_IP_TOTAL_LENGTH | PACKET_ERROR_UDP_LENGTH);
	return divides && !contradicts && !is_left_to_hardware(d) ? sum_left(d, header_len) : 0;
}

uint32_t payload_hash(const struct packet *p)
{
	return p->payload_len ? prefix_of(p->payload, p->payload_len) | sum_of(p) : 0;
}

uint32_t payload_hash_of(struct bytes captured, uint32_t wire_len)
{
	if (!wire_len)
		return 0;
	uint32_t sum = captured.left == wire_len ? known_sum(checksum_fold(checksum_sum(captured))) : 0;
	return prefix_of(captured, wire_len) | sum;
}
