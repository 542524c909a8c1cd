// count_distinct(x): how many different values, as count(DISTINCT x), NULLs left out. SQLite's own puts each value into
// an index of its own, which takes longer than all else where there are many; this one remembers a hash of each.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../common/hash.h"

enum { PLACES_FIRST = 8 };

// Of 128 bits, so that no two values that come together by chance have the same.
struct distinct {
	XXH128_hash_t *places; // owned; all zero: free
	sqlite3_uint64 place_count, count;
};

static bool is_free(XXH128_hash_t place)
{
	return (place.low64 | place.high64) == 0;
}

// The place of a hash, or the free one where it would be.
static XXH128_hash_t *find(const struct distinct *d, XXH128_hash_t hash)
{
	sqlite3_uint64 mask = d->place_count - 1, at = hash.low64 & mask;
	while (!is_free(d->places[at]) && !XXH128_isEqual(d->places[at], hash))
		at = (at + 1) & mask;
	return &d->places[at];
}

// Half of the places stay free. False: there is no memory, and nothing changed.
static bool make_room(struct distinct *d)
{
	if (2 * d->count < d->place_count)
		return true;
	struct distinct larger = {.place_count = d->place_count ? 2 * d->place_count : PLACES_FIRST, .count = d->count};
	larger.places = sqlite3_malloc64(larger.place_count * sizeof *larger.places);
	if (!larger.places)
		return false;
	memset(larger.places, 0, larger.place_count * sizeof *larger.places);
	for (sqlite3_uint64 i = 0; i < d->place_count; i++)
		if (!is_free(d->places[i]))
			*find(&larger, d->places[i]) = d->places[i];
	sqlite3_free(d->places);
	*d = larger;
	return true;
}

// Numbers that are equal have the same, whether they are whole or not; a text never has that of a blob.
static XXH128_hash_t hash_of(sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	XXH128_hash_t hash;
	if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
		sqlite3_int64 whole = sqlite3_value_int64(value);
		double real = sqlite3_value_double(value);
		bool is_whole = type == SQLITE_INTEGER || (real == (double)whole && whole != INT64_MAX);
		hash = XXH3_128bits_withSeed(is_whole ? (void *)&whole : (void *)&real, sizeof real, is_whole);
	} else {
		const void *at = sqlite3_value_blob(value);
		hash = XXH3_128bits_withSeed(at ? at : "", (size_t)sqlite3_value_bytes(value), (XXH64_hash_t)type);
	}
	hash.high64 += is_free(hash);
	return hash;
}

void function_count_distinct_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	struct distinct *d = sqlite3_aggregate_context(context, sizeof *d);
	if (!d || !make_room(d)) {
		sqlite3_result_error_nomem(context);
		return;
	}
	XXH128_hash_t hash = hash_of(argv[0]), *place = find(d, hash);
	d->count += is_free(*place);
	*place = hash;
}

void function_count_distinct_final(sqlite3_context *context)
{
	struct distinct *d = sqlite3_aggregate_context(context, 0);
	sqlite3_result_int64(context, d ? (sqlite3_int64)d->count : 0);
	if (!d)
		return;
	sqlite3_free(d->places);
	*d = (struct distinct){0};
}
