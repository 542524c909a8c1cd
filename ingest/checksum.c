// RFC 1071, 2: the sum may be taken in any byte order and in words of any width, and put right at the end. So this
// adds 32-bit halves of native 64-bit words into 64-bit sums, whose carries cannot overflow below 2^34 bytes.
#include "checksum.h"

enum { WORD = 8, STRIDE = 4 * WORD };

// The next `width` bytes, at most a word, as a number in native order; behind them, zeros.
static inline uint64_t take(struct bytes *window, size_t width)
{
	uint64_t word = 0;
	bytes_copy(window, &word, width);
	return word;
}

static inline uint64_t sum_of_word(struct bytes *window)
{
	uint64_t word = take(window, WORD);
	return (word & 0xffffffff) + (word >> 32);
}

// Two sums, so that an addition need not wait for the one before.
static uint64_t sum_of_strides(struct bytes *window)
{
	uint64_t even = 0, odd = 0;

	while (window->left >= STRIDE) {
		struct bytes stride = bytes_split(window, STRIDE);
		even += sum_of_word(&stride);
		odd += sum_of_word(&stride);
		even += sum_of_word(&stride);
		odd += sum_of_word(&stride);
	}
	return even + odd;
}

// Less than a stride. The last byte of an odd length is the first of a word, with a zero behind it.
static uint64_t sum_of_rest(struct bytes *window)
{
	uint64_t sum = 0;

	while (window->left >= WORD)
		sum += sum_of_word(window);
	if (window->left >= 4)
		sum += take(window, 4);
	if (window->left >= 2)
		sum += take(window, 2);
	if (window->left)
		sum += take(window, 1);
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	return checksum_fold((uint32_t)sum);
}

uint32_t checksum_sum_of(const uint8_t *at, size_t length)
{
	struct bytes window = bytes_of(at, length);
	uint64_t sum = sum_of_strides(&window);
	uint16_t native = fold(sum + sum_of_rest(&window));
	struct bytes swapped = bytes_of(&native, sizeof native);
	return bytes_u16(&swapped);
}
