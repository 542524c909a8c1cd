// Names of addresses. See names.h.
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "../common/hash.h"
#include "../common/message.h"
#include "address.h"

enum { BUCKETS_FIRST = 256 };

struct name_entry {
	struct name_entry *next_in_bucket, *next;
	uint64_t hash;
	struct address address;
	const char *source;
	int64_t packet_id, count;
	char name[];
};

void names_init(struct names *names)
{
	*names = (struct names){.bucket_count = BUCKETS_FIRST};
}

static void grow(struct names *names)
{
	free(names->buckets);
	if (names->count)
		names->bucket_count *= 2;
	names->buckets = memory_alloc(names->bucket_count * sizeof *names->buckets);
	for (struct name_entry *e = names->first; e; e = e->next) {
		struct name_entry **bucket = &names->buckets[e->hash & (names->bucket_count - 1)];
		e->next_in_bucket = *bucket;
		*bucket = e;
	}
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// As most names are: false, if there is anything to escape.
static bool fold_plain(char *to, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (name[i] < ' ' || name[i] > '~' || name[i] == '\\')
			return false;
		to[i] = lower(name[i]);
	}
	to[length] = '\0';
	return true;
}

// The name as it is kept; false: there is none.
static bool fold(char *to, size_t size, const char *name, size_t length)
{
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_LEN_MAX)
		return false;
	if (fold_plain(to, name, length))
		return true;
	message_escape(to, size, name, length);
	for (char *c = to; *c; c++)
		if (!(c > to && c[-1] == '\\'))
			*c = lower(*c);
	return true;
}

static struct name_entry *find(const struct names *names, uint64_t hash, const struct address *address,
                               const char *name, const char *source)
{
	struct name_entry *e = names->buckets[hash & (names->bucket_count - 1)];
	while (e && (e->hash != hash || memcmp(&e->address, address, sizeof *address) != 0 ||
	             strcmp(e->source, source) != 0 || strcmp(e->name, name) != 0))
		e = e->next_in_bucket;
	return e;
}

static void add(struct names *names, const struct name_entry *entry, const char *name)
{
	size_t size = strlen(name) + 1;
	struct name_entry **bucket = &names->buckets[entry->hash & (names->bucket_count - 1)];
	struct name_entry *e = memory_alloc(sizeof *e + size);
	*e = *entry;
	memcpy(e->name, name, size);
	e->next_in_bucket = *bucket;
	*bucket = e;
	if (names->last)
		names->last->next = e;
	else
		names->first = e;
	names->last = e;
	names->count++;
}

void names_learn(struct names *names, const struct address *address, const char *name, size_t length,
                 const char *source, int64_t packet_id)
{
	char text[NAME_LEN_MAX * 4 + 1];
	if (!fold(text, sizeof text, name, length))
		return;
	if (!names->buckets || names->count >= names->bucket_count)
		grow(names);
	uint64_t hash = XXH3_64bits_withSeed(text, strlen(text), XXH3_64bits(address, sizeof *address));
	struct name_entry *e = find(names, hash, address, text, source);
	if (e) {
		e->count++;
		return;
	}
	if (names->count == NAMES_MAX) {
		names->refused++;
		return;
	}
	struct name_entry entry = {
		.hash = hash,
		.address = *address,
		.source = source,
		.packet_id = packet_id,
		.count = 1,
	};
	add(names, &entry, text);
}

static void write_entry(const struct name_entry *e, struct writer *w, int64_t capture_id)
{
	struct host_names_row *row = writer_add(w, TABLE_HOST_NAMES);
	*row = (struct host_names_row){
		.host_name_id = writer_next_id(w, TABLE_HOST_NAMES),
		.capture_id = capture_id,
		.source = e->source,
		.first_packet_id = e->packet_id,
		.count = e->count,
	};
	row->address = writer_address(w, &e->address, address_ip_version(&e->address));
	row->name = writer_text(w, e->name);
}

void names_finish(struct names *names, struct writer *w, int64_t capture_id)
{
	for (struct name_entry *e = names->first, *next; e; e = next) {
		next = e->next;
		write_entry(e, w, capture_id);
		free(e);
	}
	free(names->buckets);
	*names = (struct names){.bucket_count = BUCKETS_FIRST, .refused = names->refused};
}
