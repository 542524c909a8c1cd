// Packets by time. See time_buckets.h.
#include "time_buckets.h"

enum { BUCKET_NS = 100000000 };

void time_buckets_flush(struct time_buckets *b, struct writer *w, int64_t capture_id)
{
	if (b->packets == 0)
		return;
	struct time_bucket_row *row = writer_add(w, TABLE_TIME_BUCKETS);
	*row = (struct time_bucket_row){
		.capture_id = capture_id,
		.start_ts_ns = b->start_ts_ns,
		.first_packet_id = b->first_packet_id,
		.last_packet_id = b->last_packet_id,
		.packets = b->packets,
		.bytes = b->bytes,
	};
	*b = (struct time_buckets){0};
}

void time_buckets_add(struct time_buckets *b, const struct packet *p, struct writer *w, int64_t capture_id)
{
	int64_t ts_ns = p->frame->ts_ns;
	if (b->packets == 0 || ts_ns < b->start_ts_ns || ts_ns >= b->start_ts_ns + BUCKET_NS) {
		int64_t into = ts_ns % BUCKET_NS;
		time_buckets_flush(b, w, capture_id);
		b->start_ts_ns = ts_ns - (into < 0 ? into + BUCKET_NS : into);
		b->first_packet_id = p->id;
	}
	b->last_packet_id = p->id;
	b->packets++;
	b->bytes += p->frame->wire_len;
}
