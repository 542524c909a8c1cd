// Which packets (or flows) were asked for: runs of ids, each id once, in order, with a comment.
#ifndef QUERY_PACKET_SET_H
#define QUERY_PACKET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_SET_COMMENT_MAX = 1000,     // bytes of a comment; the rest is cut
	PACKET_SET_COMMENTS_MAX = 1 << 16, // different ones; more are left out
};

struct packet_run {
	int64_t first, last;
	uint32_t comment; // place in comments; 0 none
};

// 24 bytes a run that cannot be joined with its neighbours.
struct packet_set {
	struct packet_run *runs;
	size_t count, room;
	char **comments; // from 1; owned
	uint32_t comment_count;
	uint32_t *buckets; // of comments, by hash
};

void packet_set_init(struct packet_set *);
void packet_set_release(struct packet_set *);

// The number of a comment. text need not end with a NUL; it is cut between characters of UTF-8.
uint32_t packet_set_comment(struct packet_set *, const char *text, size_t length);

// Adds an id. One that is not positive is nobody's, and left out.
void packet_set_add(struct packet_set *, int64_t id, uint32_t comment);

// Sorts the runs. Of an id with several comments, the one that was told first stays.
void packet_set_sort(struct packet_set *);

// How many ids there are; sorted before.
int64_t packet_set_size(const struct packet_set *);

#endif
