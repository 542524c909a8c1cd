// Addresses and what they sent and received. See hosts.h.
#include "hosts.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"

enum { PLACES_FIRST = 256 };

struct host {
	struct host *next;
	struct address address;
	uint8_t ip_version; // 0: the address is a MAC address
	int64_t flows, packets_sent, packets_received, bytes_sent, bytes_received;
	int64_t first_ts_ns, last_ts_ns;
};

struct host_place {
	uint64_t hash;
	struct host *host; // NULL: free
};

void hosts_init(struct hosts *hosts)
{
	*hosts = (struct hosts){.place_count = PLACES_FIRST};
	hosts->places = memory_alloc(hosts->place_count * sizeof *hosts->places);
}

// The place of a host, or the free one where it would be. Addresses of different kinds may be the same bytes.
static struct host_place *find(const struct hosts *hosts, uint64_t hash, const struct address *address,
                               unsigned ip_version)
{
	size_t mask = hosts->place_count - 1, at = hash & mask;
	for (const struct host *h; (h = hosts->places[at].host) != NULL; at = (at + 1) & mask)
		if (hosts->places[at].hash == hash && h->ip_version == ip_version &&
		    memcmp(&h->address, address, sizeof *address) == 0)
			break;
	return &hosts->places[at];
}

static void grow(struct hosts *hosts)
{
	struct host_place *old = hosts->places;
	size_t count = hosts->place_count;
	hosts->place_count *= 2;
	hosts->places = memory_alloc(hosts->place_count * sizeof *hosts->places);
	for (size_t i = 0; i < count; i++) {
		size_t mask = hosts->place_count - 1, at = old[i].hash & mask;
		if (!old[i].host)
			continue;
		while (hosts->places[at].host)
			at = (at + 1) & mask;
		hosts->places[at] = old[i];
	}
	free(old);
}

static struct host *make(struct hosts *hosts, const struct address *address, const struct flow *f)
{
	struct host *h = pool_take(&hosts->memory, sizeof *h);
	h->address = *address;
	h->ip_version = f->ip_version;
	h->first_ts_ns = f->first_ts_ns;
	h->last_ts_ns = f->last_ts_ns;
	if (hosts->last)
		hosts->last->next = h;
	else
		hosts->first = h;
	hosts->last = h;
	hosts->count++;
	return h;
}

static struct host *find_or_make(struct hosts *hosts, const struct address *address, const struct flow *f)
{
	uint64_t hash = XXH3_64bits_withSeed(address, sizeof *address, f->ip_version);
	struct host_place *place = find(hosts, hash, address, f->ip_version);
	if (place->host)
		return place->host;
	if (2 * hosts->count >= hosts->place_count) {
		grow(hosts);
		place = find(hosts, hash, address, f->ip_version);
	}
	*place = (struct host_place){hash, make(hosts, address, f)};
	return place->host;
}

void hosts_add_flow(struct hosts *hosts, const struct flow *f)
{
	static const struct flow_told nothing;
	const struct flow_told *told = f->told ? f->told : &nothing;
	for (int i = 0; i < 2; i++) {
		struct host *h = find_or_make(hosts, &flow_endpoint(f, i)->address, f);
		bool both_ends = memcmp(&f->key.low.address, &f->key.high.address, sizeof f->key.low.address) == 0;
		h->flows += !f->told && !(both_ends && i);
		h->packets_sent += f->side[i].packets - told->packets[i];
		h->bytes_sent += f->side[i].bytes - told->bytes[i];
		h->packets_received += f->side[!i].packets - told->packets[!i];
		h->bytes_received += f->side[!i].bytes - told->bytes[!i];
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
	row->address = writer_address(w, &h->address, h->ip_version);
}

void hosts_finish(struct hosts *hosts, struct writer *w, int64_t capture_id)
{
	for (const struct host *h = hosts->first; h; h = h->next)
		write_host(h, w, capture_id);
	free(hosts->places);
	pool_release(&hosts->memory);
	*hosts = (struct hosts){0};
}
