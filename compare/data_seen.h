// What a point has seen of the data of one direction of a TCP connection, by numbers as in its headers.
#ifndef COMPARE_DATA_SEEN_H
#define COMPARE_DATA_SEEN_H

#include <stdbool.h>
#include <stdint.h>

enum { HOLES_MAX = 64 }; // more are forgotten, and what they lack is taken for lost

// Data that the point has not seen, with data behind it.
struct holes {
	struct {
		uint32_t begin, end;
	} at[HOLES_MAX];
	int count;
};

struct data_seen {
	uint32_t next_seq;   // behind the highest byte
	uint32_t longest;    // payload of a segment
	bool has_next_seq;   // else there was no data yet
	struct holes *holes; // NULL: there never was one
};

void data_seen_release(struct data_seen *);

// A SYN: the first byte is that of this number.
void data_seen_begin(struct data_seen *, uint32_t first_seq);

// A segment with so many bytes, more than none, from `seq` on.
void data_seen_add(struct data_seen *, uint32_t seq, uint32_t len);

// Whether some of a segment's bytes, all of them, were seen; whether none of them was, and data behind them.
bool data_seen_some(const struct data_seen *, uint32_t seq, uint32_t len);
bool data_seen_all(const struct data_seen *, uint32_t begin, uint32_t end);
bool data_seen_hole(const struct data_seen *, uint32_t begin, uint32_t end);

#endif
