// Echo requests to their replies, and ICMP errors to what they complain about. See icmp_pairs.h.
//
// Pairs are Wireshark's: same two addresses, identifier and sequence number, and a reply whose checksum is the
// request's but for the type (RFC 792, RFC 4443), which means the same data; both in a tunnel over UDP, or neither.
#include "icmp_pairs.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"

enum {
	BUCKETS = ICMP_REQUESTS_MAX,
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO_REQUEST = 8,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
};

struct echo_key {
	int64_t flow_id;
	uint16_t ident, seq, checksum;
	uint8_t direction, carrier; // of the request; headers.carrier
};

struct icmp_request {
	struct echo_key key;
	uint32_t next; // in the bucket: place + 1
	bool answered;
	uint8_t ttl, ip_version;
	uint64_t frames_len;
	uint32_t data_len;
	int64_t packet_id, ts_ns;
	struct address src, dst;
};

struct recent_packet {
	int64_t flow_id, packet_id;
	uint32_t ip_id;
	int direction;
};

void icmp_pairs_init(struct icmp_pairs *pairs)
{
	*pairs = (struct icmp_pairs){.recent = memory_alloc(ICMP_RECENT_MAX * sizeof *pairs->recent)};
}

// ---- what errors complain about -----------------------------------------------------------------------------------

static struct recent_packet *recent_place(const struct icmp_pairs *pairs, int64_t flow_id, int direction,
                                          const struct headers *ip)
{
	uint64_t hash = ((uint64_t)flow_id << 17 ^ (uint64_t)direction << 16 ^ ip->ip_id) * 0x9e3779b97f4a7c15u;
	return &pairs->recent[hash >> 32 & (ICMP_RECENT_MAX - 1)];
}

static void remember(struct icmp_pairs *pairs, const struct packet *p)
{
	if (p->ip.ip_version)
		*recent_place(pairs, p->flow->id, p->direction, &p->ip) =
			(struct recent_packet){p->flow->id, p->id, p->ip.ip_id, p->direction};
}

// The packet with the quoted IP identification; where there is none (IPv6, or a router changed it), the latest of its
// flow in that direction.
static int64_t find_recent(const struct icmp_pairs *pairs, const struct flow *flow, int direction,
                           const struct headers *quoted)
{
	if (!flow)
		return ROW_NULL;
	const struct recent_packet *recent = recent_place(pairs, flow->id, direction, quoted);
	bool same = recent->flow_id == flow->id && recent->direction == direction && recent->ip_id == quoted->ip_id;
	if (same)
		return recent->packet_id;
	return flow->side[direction].packets ? flow->side[direction].last_packet_id : ROW_NULL;
}

// ---- echo ---------------------------------------------------------------------------------------------------------

static uint32_t bucket_of(const struct echo_key *key)
{
	return (uint32_t)(XXH3_64bits(key, sizeof *key) & (BUCKETS - 1));
}

static struct icmp_request *find_request(const struct icmp_pairs *pairs, const struct echo_key *key)
{
	if (!pairs->requests)
		return NULL;
	uint32_t at = pairs->buckets[bucket_of(key)];
	while (at && memcmp(&pairs->requests[at - 1].key, key, sizeof *key) != 0)
		at = pairs->requests[at - 1].next;
	return at ? &pairs->requests[at - 1] : NULL;
}

static void unlist_request(struct icmp_pairs *pairs, struct icmp_request *request)
{
	uint32_t place = (uint32_t)(request - pairs->requests) + 1;
	uint32_t *at = &pairs->buckets[bucket_of(&request->key)];
	while (*at && *at != place)
		at = &pairs->requests[*at - 1].next;
	if (*at)
		*at = request->next;
}

static struct icmp_pair_row *add_pair(struct writer *w, int64_t capture_id, const struct echo_key *key,
                                      const char *kind)
{
	struct icmp_pair_row *row = writer_add(w, TABLE_ICMP_PAIRS);
	*row = (struct icmp_pair_row){
		.capture_id = capture_id,
		.flow_id = key->flow_id,
		.kind = kind,
		.ident = key->ident,
		.seq = key->seq,
		.request_packet_id = ROW_NULL,
		.reply_packet_id = ROW_NULL,
		.request_ts_ns = ROW_NULL,
		.reply_ts_ns = ROW_NULL,
		.rtt_ns = ROW_NULL,
		.request_bytes = ROW_NULL,
		.reply_bytes = ROW_NULL,
		.request_data_bytes = ROW_NULL,
		.reply_data_bytes = ROW_NULL,
		.request_ttl = ROW_NULL,
		.reply_ttl = ROW_NULL,
	};
	return row;
}

static void set_request(struct icmp_pair_row *row, const struct icmp_request *request, struct writer *w)
{
	row->src = writer_address(w, &request->src, request->ip_version);
	row->dst = writer_address(w, &request->dst, request->ip_version);
	row->request_packet_id = request->packet_id;
	row->request_ts_ns = request->ts_ns;
	row->request_bytes = (int64_t)request->frames_len;
	row->request_data_bytes = request->data_len;
	row->request_ttl = request->ttl;
}

// Done with a request: replaced, given up, or at the end.
static void retire_request(const struct icmp_request *request, struct writer *w, int64_t capture_id)
{
	if (!request->answered)
		set_request(add_pair(w, capture_id, &request->key, "unanswered"), request, w);
}

static void drop_oldest(struct icmp_pairs *pairs, struct writer *w, int64_t capture_id)
{
	struct icmp_request *request = &pairs->requests[pairs->oldest];
	if (request->packet_id != ROW_NULL) {
		unlist_request(pairs, request);
		retire_request(request, w, capture_id);
	}
	pairs->oldest = (pairs->oldest + 1) % ICMP_REQUESTS_MAX;
	pairs->count--;
}

static void note_request(struct icmp_pairs *pairs, const struct packet *p, const struct echo_key *key,
                         struct writer *w, int64_t capture_id)
{
	struct icmp_request *same = find_request(pairs, key);
	if (same) {
		unlist_request(pairs, same);
		retire_request(same, w, capture_id);
		same->packet_id = ROW_NULL;
	}
	if (!pairs->requests) {
		pairs->requests = memory_alloc(ICMP_REQUESTS_MAX * sizeof *pairs->requests);
		pairs->buckets = memory_alloc(BUCKETS * sizeof *pairs->buckets);
	}
	if (pairs->count == ICMP_REQUESTS_MAX)
		drop_oldest(pairs, w, capture_id);
	uint32_t place = (pairs->oldest + pairs->count++) % ICMP_REQUESTS_MAX;
	uint32_t *bucket = &pairs->buckets[bucket_of(key)];
	pairs->requests[place] = (struct icmp_request){
		.key = *key,
		.next = *bucket,
		.ttl = p->ip.ttl,
		.ip_version = p->ip.ip_version,
		.frames_len = p->frames_len,
		.data_len = p->payload_len,
		.packet_id = p->id,
		.ts_ns = p->frame->ts_ns,
		.src = p->ip.src,
		.dst = p->ip.dst,
	};
	*bucket = place + 1;
}

static void note_reply(struct icmp_pairs *pairs, const struct packet *p, const struct echo_key *key,
                       struct writer *w, int64_t capture_id)
{
	struct icmp_request *request = find_request(pairs, key);
	const char *kind = !request ? "unrequested" : request->answered ? "duplicate" : "answered";
	struct icmp_pair_row *row = add_pair(w, capture_id, key, kind);
	if (request) {
		set_request(row, request, w);
		row->rtt_ns = p->frame->ts_ns - request->ts_ns;
		request->answered = true;
	} else {
		row->src = writer_address(w, &p->ip.dst, p->ip.ip_version);
		row->dst = writer_address(w, &p->ip.src, p->ip.ip_version);
	}
	row->reply_packet_id = p->id;
	row->reply_ts_ns = p->frame->ts_ns;
	row->reply_bytes = (int64_t)p->frames_len;
	row->reply_data_bytes = p->payload_len;
	row->reply_ttl = p->ip.ttl;
}

// 0x0000 and 0xffff are the same sum (RFC 1071).
static uint16_t one_zero(uint16_t checksum)
{
	return checksum == 0xffff ? 0 : checksum;
}

// The checksum that the reply will have: the type, the high byte of the first word, becomes `change` more, and the
// sum's complement less or more by as much (RFC 1624).
static uint16_t reply_checksum(uint16_t checksum, int change)
{
	uint32_t sum =
		(uint32_t)(uint16_t)~checksum + (change < 0 ? 0xffffu - ((uint32_t)-change << 8) : (uint32_t)change << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return one_zero((uint16_t)~sum);
}

static void add_error(const struct icmp_pairs *pairs, const struct packet *p, const struct flow_table *flows,
                      struct writer *w, int64_t capture_id)
{
	const struct headers *quoted = &p->quoted;
	int direction = 0;
	const struct flow *original = flow_find(flows, quoted, &direction);
	struct icmp_error_row *row = writer_add(w, TABLE_ICMP_ERRORS);
	*row = (struct icmp_error_row){
		.capture_id = capture_id,
		.packet_id = p->id,
		.flow_id = p->flow->id,
		.ts_ns = p->frame->ts_ns,
		.ip_version = p->ip.ip_version,
		.type = p->ip.icmp.type,
		.code = p->ip.icmp.code,
		.mtu = p->ip.icmp.gateway_mtu && p->ip.icmp.type != 5 ? (int64_t)p->ip.icmp.gateway_mtu : ROW_NULL,
		.original_protocol = quoted->ip_version ? quoted->protocol : ROW_NULL,
		.original_src_port = quoted->has_ports ? quoted->src_port : ROW_NULL,
		.original_dst_port = quoted->has_ports ? quoted->dst_port : ROW_NULL,
		.original_ip_id = quoted->has_ip_id ? (int64_t)quoted->ip_id : ROW_NULL,
		.original_flow_id = original ? original->id : ROW_NULL,
		.original_packet_id = find_recent(pairs, original, direction, quoted),
	};
	row->src = writer_address(w, &p->ip.src, p->ip.ip_version);
	row->dst = writer_address(w, &p->ip.dst, p->ip.ip_version);
	if (quoted->ip_version) {
		row->original_src = writer_address(w, &quoted->src, quoted->ip_version);
		row->original_dst = writer_address(w, &quoted->dst, quoted->ip_version);
	}
}

void icmp_analyze(struct icmp_pairs *pairs, const struct packet *p, const struct flow_table *flows,
                  struct writer *w, int64_t capture_id)
{
	const struct icmp_header *icmp = &p->ip.icmp;
	bool v6 = p->ip.protocol == IP_PROTO_ICMPV6;
	if (!p->flow)
		return;
	remember(pairs, p);
	if (!p->ip.has_transport || (!v6 && p->ip.protocol != IP_PROTO_ICMP))
		return;
	if (p->has_quoted) {
		add_error(pairs, p, flows, w, capture_id);
		return;
	}
	bool to_itself = memcmp(&p->ip.src, &p->ip.dst, sizeof p->ip.src) == 0;
	uint8_t request_type = v6 ? ICMP6_ECHO_REQUEST : ICMP4_ECHO_REQUEST;
	uint8_t reply_type = v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	struct echo_key key = {
		.flow_id = p->flow->id, .ident = icmp->ident, .seq = icmp->seq, .carrier = p->ip.carrier};
	if (icmp->type == request_type) {
		key.direction = (uint8_t)p->direction;
		key.checksum = reply_checksum(icmp->checksum, reply_type - request_type);
		note_request(pairs, p, &key, w, capture_id);
	} else if (icmp->type == reply_type) {
		key.direction = (uint8_t)(to_itself ? p->direction : !p->direction);
		key.checksum = one_zero(icmp->checksum);
		note_reply(pairs, p, &key, w, capture_id);
	}
}

void icmp_pairs_finish(struct icmp_pairs *pairs, struct writer *w, int64_t capture_id)
{
	while (pairs->count)
		drop_oldest(pairs, w, capture_id);
	free(pairs->requests);
	free(pairs->buckets);
	free(pairs->recent);
	*pairs = (struct icmp_pairs){0};
}
