// Echo requests to their replies, and ICMP errors to the packets that they complain about.
#ifndef INGEST_ICMP_PAIRS_H
#define INGEST_ICMP_PAIRS_H

#include "flow.h"
#include "writer.h"

enum {
	ICMP_REQUESTS_MAX = 65536, // echo requests remembered; beyond it the oldest is given up
	ICMP_RECENT_MAX = 32768,   // packets remembered that an error may complain about
};

struct icmp_request;
struct recent_packet;

struct icmp_pairs {
	struct icmp_request *requests; // a ring of ICMP_REQUESTS_MAX, in the order sent; made at the first request
	uint32_t *buckets;             // hash heads: place in the ring + 1; 0 none
	uint32_t oldest, count;
	// By flow, direction and IP identification; a newer packet takes the place of an older.
	struct recent_packet *recent;
};

void icmp_pairs_init(struct icmp_pairs *);

// Looks at a packet whose flow is known. Adds icmp_pairs rows for replies, and icmp_errors rows; remembers any packet
// for the errors that may follow it.
void icmp_analyze(struct icmp_pairs *, const struct packet *, const struct flow_table *, struct writer *,
                  int64_t capture_id);

// Writes the requests that are left as unanswered, and frees everything.
void icmp_pairs_finish(struct icmp_pairs *, struct writer *, int64_t capture_id);

#endif
