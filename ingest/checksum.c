// RFC 1071, 2: the sum may be taken in any byte order and in words of any width, and put right at the end. So this
// adds native 64-bit words, and counts the carries beside them.
#include "checksum.h"

enum { WORD = 8, STRIDE = 4 * WORD };

// The next `width` bytes, at most a word, as a number in native order; behind them, zeros.
static inline uint64_t take(struct bytes *window, size_t width)
{
	uint64_t word = 0;
	bytes_copy(window, &word, width);
	return word;
}

struct sum {
	uint64_t low, carries;
};

static inline void add(struct sum *sum, uint64_t word)
{
	sum->low += word;
	sum->carries += sum->low < word;
}

// Two sums, so that an addition need not wait for the one before.
static void add_strides(struct sum *sum, struct bytes *window)
{
	struct sum odd = {0, 0};

	while (window->left >= STRIDE) {
		struct bytes stride = bytes_split(window, STRIDE);
		add(sum, take(&stride, WORD));
		add(&odd, take(&stride, WORD));
		add(sum, take(&stride, WORD));
		add(&odd, take(&stride, WORD));
	}
	add(sum, odd.low);
	sum->carries += odd.carries;
}

// Less than a stride. The last byte of an odd length is the first of a word, with a zero behind it.
static void add_rest(struct sum *sum, struct bytes *window)
{
	while (window->left >= WORD)
		add(sum, take(window, WORD));
	if (window->left >= 4)
		add(sum, take(window, 4));
	if (window->left >= 2)
		add(sum, take(window, 2));
	if (window->left)
		add(sum, take(window, 1));
}

// A carry out of 64 bits is a one again, as 2^64 is one more than a multiple of 2^16 - 1.
static uint16_t fold(struct sum sum)
{
	uint64_t halves = (sum.low & 0xffffffff) + (sum.low >> 32) + sum.carries;
	halves = (halves & 0xffffffff) + (halves >> 32);
	halves = (halves & 0xffff) + (halves >> 16 & 0xffff) + (halves >> 32);
	return checksum_fold((uint32_t)halves);
}

uint32_t checksum_sum_of(const uint8_t *at, size_t length)
{
	struct bytes window = bytes_of(at, length);
	struct sum sum = {0, 0};
	add_strides(&sum, &window);
	add_rest(&sum, &window);
	uint16_t native = fold(sum);
	struct bytes swapped = bytes_of(&native, sizeof native);
	return bytes_u16(&swapped);
}
