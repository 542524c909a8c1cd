// Runs of ids. See packet_set.h.
#include "packet_set.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { RUNS_FIRST = 1024, BUCKETS = 2 * PACKET_SET_COMMENTS_MAX };

void packet_set_init(struct packet_set *set)
{
	*set = (struct packet_set){0};
}

void packet_set_release(struct packet_set *set)
{
	for (uint32_t i = 1; i <= set->comment_count; i++)
		free(set->comments[i]);
	free(set->comments);
	free(set->buckets);
	free(set->runs);
	*set = (struct packet_set){0};
}

// ---- comments -----------------------------------------------------------------------------------------------------

// FNV-1a
static uint32_t hash_of(const char *text, size_t length)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

// The bucket of a text: its own, or the empty one where it belongs.
static uint32_t *find_bucket(const struct packet_set *set, const char *text, size_t length)
{
	for (uint32_t at = hash_of(text, length);; at++) {
		uint32_t *bucket = &set->buckets[at % BUCKETS];
		const char *found = *bucket ? set->comments[*bucket] : NULL;
		if (!found || (strlen(found) == length && memcmp(found, text, length) == 0))
			return bucket;
	}
}

static uint32_t add_comment(struct packet_set *set, const char *text, size_t length)
{
	uint32_t place = ++set->comment_count;
	if (place == 1 || (place & (place - 1)) == 0)
		set->comments = memory_resize(set->comments, 2 * (size_t)place * sizeof *set->comments);
	set->comments[place] = memory_alloc(length + 1);
	memcpy(set->comments[place], text, length);
	return place;
}

uint32_t packet_set_comment(struct packet_set *set, const char *text, size_t length)
{
	const char *nul = length ? memchr(text, 0, length) : NULL;
	length = nul ? (size_t)(nul - text) : length;
	if (length > PACKET_SET_COMMENT_MAX) {
		for (length = PACKET_SET_COMMENT_MAX; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
			length--;
	}
	if (length == 0)
		return 0;
	if (!set->buckets)
		set->buckets = memory_alloc(BUCKETS * sizeof *set->buckets);
	uint32_t *bucket = find_bucket(set, text, length);
	if (!*bucket && set->comment_count < PACKET_SET_COMMENTS_MAX)
		*bucket = add_comment(set, text, length);
	return *bucket;
}

// ---- ids ----------------------------------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
	const struct packet_run *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->comment < right->comment ? -1 : left->comment > right->comment;
}

// Appends a run that begins behind all others, or is cut until it does.
static void append(struct packet_set *set, struct packet_run run)
{
	struct packet_run *end = set->count ? &set->runs[set->count - 1] : NULL;
	if (end && run.last <= end->last)
		return;
	if (end && run.first <= end->last)
		run.first = end->last + 1;
	if (end && run.first == end->last + 1 && run.comment == end->comment)
		end->last = run.last;
	else
		set->runs[set->count++] = run;
}

void packet_set_sort(struct packet_set *set)
{
	size_t count = set->count;
	if (count == 0)
		return;
	qsort(set->runs, count, sizeof *set->runs, compare);
	set->count = 0;
	for (size_t i = 0; i < count; i++)
		append(set, set->runs[i]);
}

// Sorting may join enough runs to go on without more memory.
static void make_room(struct packet_set *set)
{
	if (set->count < set->room)
		return;
	packet_set_sort(set);
	if (set->room > 0 && set->count <= set->room / 2)
		return;
	set->room = set->room ? 2 * set->room : RUNS_FIRST;
	set->runs = memory_resize(set->runs, set->room * sizeof *set->runs);
}

// Takes an id into a run, if it is in it or next to it.
static bool joins(struct packet_run *run, int64_t id, uint32_t comment)
{
	if (id >= run->first && id <= run->last)
		return true;
	if (id != run->last + 1 || comment != run->comment)
		return false;
	run->last = id;
	return true;
}

void packet_set_add(struct packet_set *set, int64_t id, uint32_t comment)
{
	if (id <= 0 || id == INT64_MAX || (set->count > 0 && joins(&set->runs[set->count - 1], id, comment)))
		return;
	make_room(set);
	set->runs[set->count++] = (struct packet_run){id, id, comment};
}

int64_t packet_set_size(const struct packet_set *set)
{
	int64_t size = 0;
	for (size_t i = 0; i < set->count; i++)
		size += set->runs[i].last - set->runs[i].first + 1;
	return size;
}
