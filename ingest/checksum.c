// RFC 1071, 2: the sum may be taken in any byte order and in words of any width, and put right at the end. So this
// adds 32-bit halves of native 64-bit words into 64-bit sums, whose carries cannot overflow below 2^35 bytes.
#include "checksum.h"

enum { WORD = 8, STRIDE = 4 * WORD };

static inline uint64_t word_at(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static uint64_t sum_of_strides(struct bytes *window)
{
	uint64_t low[2] = {0, 0}, high[2] = {0, 0};
	size_t length = window->left - window->left % STRIDE;
	const uint8_t *at = bytes_take(window, length);

	for (size_t i = 0; i < length; i += STRIDE) {
		uint64_t a = word_at(at + i), b = word_at(at + i + WORD);
		uint64_t c = word_at(at + i + 2 * WORD), d = word_at(at + i + 3 * WORD);
		low[0] += a & 0xffffffff;
		high[0] += a >> 32;
		low[1] += b & 0xffffffff;
		high[1] += b >> 32;
		low[0] += c & 0xffffffff;
		high[0] += c >> 32;
		low[1] += d & 0xffffffff;
		high[1] += d >> 32;
	}
	return low[0] + low[1] + high[0] + high[1];
}

// Below a stride: whole words, then the last bytes as a word filled up with zeros.
static uint64_t sum_of_rest(struct bytes *window)
{
	uint64_t sum = 0;

	while (window->left) {
		size_t length = window->left < WORD ? window->left : WORD;
		uint64_t word = 0;
		bytes_copy(window, &word, length);
		sum += (word & 0xffffffff) + (word >> 32);
	}
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return checksum_fold(checksum_fold((uint32_t)sum));
}

uint32_t checksum_sum(struct bytes window)
{
	uint64_t sum = sum_of_strides(&window);
	uint16_t native = fold(sum + sum_of_rest(&window));
	struct bytes swapped = bytes_of(&native, sizeof native);
	return bytes_u16(&swapped);
}
