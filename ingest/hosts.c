// Addresses and what they sent and received. See hosts.h.
#include "hosts.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../common/message.h"

enum { BUCKETS_FIRST = 256 };

struct host {
	struct host *next_in_bucket, *next;
	struct address address;
	bool is_mac;
	uint8_t ip_version;
	int64_t flows, packets_sent, packets_received, bytes_sent, bytes_received;
	int64_t first_ts_ns, last_ts_ns;
};

void hosts_init(struct hosts *hosts)
{
	*hosts = (struct hosts){.bucket_count = BUCKETS_FIRST};
	hosts->buckets = memory_alloc(hosts->bucket_count * sizeof *hosts->buckets);
}

static size_t bucket_of(const struct hosts *hosts, const struct address *address, bool is_mac)
{
	return XXH3_64bits_withSeed(address, sizeof *address, is_mac) & (hosts->bucket_count - 1);
}

static void grow(struct hosts *hosts)
{
	free(hosts->buckets);
	hosts->bucket_count *= 2;
	hosts->buckets = memory_alloc(hosts->bucket_count * sizeof *hosts->buckets);
	for (struct host *h = hosts->first; h; h = h->next) {
		struct host **bucket = &hosts->buckets[bucket_of(hosts, &h->address, h->is_mac)];
		h->next_in_bucket = *bucket;
		*bucket = h;
	}
}

static struct host *find_or_make(struct hosts *hosts, const struct address *address, const struct flow *f)
{
	struct host *h = hosts->buckets[bucket_of(hosts, address, f->is_mac)];
	while (h && (h->is_mac != f->is_mac || memcmp(&h->address, address, sizeof *address) != 0))
		h = h->next_in_bucket;
	if (h)
		return h;
	if (hosts->count++ >= hosts->bucket_count)
		grow(hosts);
	struct host **bucket = &hosts->buckets[bucket_of(hosts, address, f->is_mac)];
	h = memory_alloc(sizeof *h);
	h->address = *address;
	h->is_mac = f->is_mac;
	h->ip_version = f->ip_version;
	h->first_ts_ns = f->first_ts_ns;
	h->last_ts_ns = f->last_ts_ns;
	h->next_in_bucket = *bucket;
	*bucket = h;
	if (hosts->last)
		hosts->last->next = h;
	else
		hosts->first = h;
	hosts->last = h;
	return h;
}

void hosts_add_flow(struct hosts *hosts, const struct flow *f)
{
	for (int i = 0; i < 2; i++) {
		struct host *h = find_or_make(hosts, &flow_endpoint(f, i)->address, f);
		bool both_ends = memcmp(&f->key.low.address, &f->key.high.address, sizeof f->key.low.address) == 0;
		h->flows += !(both_ends && i);
		h->packets_sent += f->side[i].packets;
		h->bytes_sent += f->side[i].bytes;
		h->packets_received += f->side[!i].packets;
		h->bytes_received += f->side[!i].bytes;
		if (f->first_ts_ns < h->first_ts_ns)
			h->first_ts_ns = f->first_ts_ns;
		if (f->last_ts_ns > h->last_ts_ns)
			h->last_ts_ns = f->last_ts_ns;
	}
}

static void write_host(const struct host *h, struct writer *w, int64_t capture_id)
{
	struct host_row *row = writer_add(w, TABLE_HOSTS);
	*row = (struct host_row){
		.capture_id = capture_id,
		.address_bytes = h->address,
		.ip_version = h->ip_version ? h->ip_version : ROW_NULL,
		.flows = h->flows,
		.packets_sent = h->packets_sent,
		.packets_received = h->packets_received,
		.bytes_sent = h->bytes_sent,
		.bytes_received = h->bytes_received,
		.first_ts_ns = h->first_ts_ns,
		.last_ts_ns = h->last_ts_ns,
	};
	row->address = writer_address(w, &h->address, h->is_mac);
}

void hosts_finish(struct hosts *hosts, struct writer *w, int64_t capture_id)
{
	for (struct host *h = hosts->first, *next; h; h = next) {
		next = h->next;
		write_host(h, w, capture_id);
		free(h);
	}
	free(hosts->buckets);
	*hosts = (struct hosts){0};
}
