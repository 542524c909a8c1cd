// Echo requests to their replies, and ICMP errors to what they complain about.
#ifndef INGEST_ICMP_PAIRS_H
#define INGEST_ICMP_PAIRS_H

#include "flow.h"
#include "writer.h"

enum {
	ICMP_REQUESTS_MAX =
		65536, // echo requests remembered; beyond it the oldest is given up, and written as it stands
};

struct icmp_request;

struct icmp_pairs {
	struct icmp_request *requests; // a ring of ICMP_REQUESTS_MAX, in the order sent; made at the first request
	uint32_t *buckets;             // hash heads: place in the ring + 1; 0 none
	uint32_t oldest, count;
};

void icmp_pairs_init(struct icmp_pairs *);

// Looks at a packet whose flow is known. Adds icmp_pairs rows for replies, and icmp_errors rows.
void icmp_analyze(struct icmp_pairs *, const struct packet *, const struct flow_table *, struct writer *,
                  int64_t capture_id);

// Writes the requests that are left as unanswered, and frees everything.
void icmp_pairs_finish(struct icmp_pairs *, struct writer *, int64_t capture_id);

#endif
