// Packets to flows. See flow.h.
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"
#include "tcp_analysis.h"
#include "tcp_stats.h"

enum { BUCKETS_FIRST = 1024, TCP_HEADER_MIN = 20 };

// IANA numbers with a name worth showing; the others are shown as numbers.
// clang-format off
static const char *const protocol_names[256] = {
	[1] = "icmp", [2] = "igmp",   [4] = "ipip",  [6] = "tcp",       [8] = "egp",    [17] = "udp",   [27] = "rdp",
	[33] = "dccp", [41] = "ipv6", [46] = "rsvp", [47] = "gre",      [50] = "esp",   [51] = "ah",    [58] = "icmpv6",
	[88] = "eigrp", [89] = "ospf", [97] = "etherip", [103] = "pim", [112] = "vrrp", [115] = "l2tp", [132] = "sctp",
	[136] = "udplite", [137] = "mpls",
};
// clang-format on

static char protocol_numbers[256][4]; // "253"; filled as they are met

const char *flow_protocol_name(uint8_t protocol)
{
	if (protocol_names[protocol])
		return protocol_names[protocol];
	if (!protocol_numbers[protocol][0])
		snprintf(protocol_numbers[protocol], sizeof protocol_numbers[protocol], "%u", protocol);
	return protocol_numbers[protocol];
}

const char *flow_start_name(enum flow_start start)
{
	static const char *const names[] = {"new", "reused_ports", "timeout"};
	return names[start];
}

void flow_table_init(struct flow_table *t, int64_t first_id, int64_t timeout_ns)
{
	*t = (struct flow_table){.bucket_count = BUCKETS_FIRST, .next_id = first_id, .timeout_ns = timeout_ns};
	t->buckets = memory_alloc(t->bucket_count * sizeof *t->buckets);
}

void flow_table_release(struct flow_table *t)
{
	free(t->buckets);
	free(t->ended);
	pool_release(&t->flows);
	pool_release(&t->tcp_flows);
	pool_release(&t->tcp_stats);
	pool_release(&t->conn_sides);
	*t = (struct flow_table){0};
}

const struct endpoint *flow_endpoint(const struct flow *f, int direction)
{
	return (direction != 0) != f->src_is_high ? &f->key.high : &f->key.low;
}

// ---- keys ---------------------------------------------------------------------------------------------------------

static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->address.at, b->address.at, sizeof a->address.at);
	return order ? order : (a->port > b->port) - (a->port < b->port);
}

_Static_assert(sizeof(struct flow_key) == 2 * sizeof(struct endpoint) + 2 * sizeof(uint16_t) + sizeof(char *),
               "keys are compared as memory");

// Fills key; *from_high says which end sent the packet.
static void key_fill(struct flow_key *key, const struct endpoint *from, const struct endpoint *to,
                     const char *protocol, const struct headers *ip, bool *from_high)
{
	*from_high = compare_endpoints(from, to) > 0;
	key->low = *from_high ? *to : *from;
	key->high = *from_high ? *from : *to;
	key->protocol = protocol;
	key->ip_version = ip->ip_version;
	key->has_ports = ip->has_ports;
}

static void key_of_headers(struct flow_key *key, const struct headers *ip, bool *from_high)
{
	struct endpoint from = {ip->src, ip->has_ports ? ip->src_port : 0};
	struct endpoint to = {ip->dst, ip->has_ports ? ip->dst_port : 0};
	key_fill(key, &from, &to, flow_protocol_name(ip->protocol), ip, from_high);
}

// "0x88b5", interned: one text an ethertype.
static const char *ethertype_name(uint32_t ethertype)
{
	static char *names[65536];
	char **name = &names[ethertype & 0xffff];
	if (!*name) {
		*name = memory_alloc(sizeof "0x1234");
		snprintf(*name, sizeof "0x1234", "0x%04x", ethertype & 0xffff);
	}
	return *name;
}

// What a frame without IP is called: the last protocol of its stack that is one, or its ethertype.
static const char *link_protocol(const struct packet *p)
{
	static const char *const carriers[] = {"data", "ethertype", "eth", "vlan", "llc", "wlan", "sll", "ip", "ipv6"};
	const char *last = p->stack_count ? p->stack[p->stack_count - 1] : "data";
	for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
		if (strcmp(last, carriers[i]) == 0)
			return p->ethertype >= 0 ? ethertype_name((uint32_t)p->ethertype) : p->stack[0];
	return last;
}

// False: the packet has no endpoints.
static bool key_of_packet(struct flow_key *key, const struct packet *p, bool *from_high)
{
	if (p->ip.ip_version) {
		key_of_headers(key, &p->ip, from_high);
		return true;
	}
	if (!p->has_macs)
		return false;
	struct endpoint from = {p->mac_src, 0}, to = {p->mac_dst, 0};
	key_fill(key, &from, &to, link_protocol(p), &p->ip, from_high);
	return true;
}

// ---- the table ----------------------------------------------------------------------------------------------------

static uint64_t key_hash(const struct flow_key *key)
{
	return XXH3_64bits(key, sizeof *key);
}

static void grow(struct flow_table *t)
{
	size_t count = t->bucket_count * 2;
	struct flow **buckets = memory_alloc(count * sizeof *buckets);
	for (size_t i = 0; i < t->bucket_count; i++) {
		for (struct flow *f = t->buckets[i], *next; f; f = next) {
			next = f->next_in_bucket;
			f->next_in_bucket = buckets[f->hash & (count - 1)];
			buckets[f->hash & (count - 1)] = f;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->bucket_count = count;
}

static struct flow *look_up(const struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	struct flow *f = t->buckets[hash & (t->bucket_count - 1)];
	while (f && (f->hash != hash || memcmp(&f->key, key, sizeof *key) != 0))
		f = f->next_in_bucket;
	return f;
}

static struct flow_list *list_of(struct flow_table *t, const struct flow *f)
{
	return f->closed ? &t->closed : &t->open;
}

static void append(struct flow_list *list, struct flow *f)
{
	f->older = list->newest;
	f->newer = NULL;
	if (list->newest)
		list->newest->newer = f;
	else
		list->oldest = f;
	list->newest = f;
}

static void unlink_flow(struct flow_list *list, struct flow *f)
{
	if (f->older)
		f->older->newer = f->newer;
	else
		list->oldest = f->newer;
	if (f->newer)
		f->newer->older = f->older;
	else
		list->newest = f->older;
}

// Further packets do not find it any more; it stays in the order of age.
static void unlist(struct flow_table *t, struct flow *f)
{
	struct flow **at = &t->buckets[f->hash & (t->bucket_count - 1)];
	while (*at != f)
		at = &(*at)->next_in_bucket;
	*at = f->next_in_bucket;
	f->listed = false;
	t->count--;
}

static struct flow *flow_make(struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	if (t->count >= t->bucket_count)
		grow(t);
	struct flow *f = pool_take(&t->flows, sizeof *f);
	f->table = t;
	f->key = *key;
	f->hash = hash;
	f->next_in_bucket = t->buckets[hash & (t->bucket_count - 1)];
	t->buckets[hash & (t->bucket_count - 1)] = f;
	f->listed = true;
	t->count++;
	append(&t->open, f);
	t->in_memory++;
	f->id = t->next_id++;
	return f;
}

static bool is_idle(const struct flow_table *t, const struct flow *f, int64_t now_ns)
{
	int64_t timeout_ns = f->closed ? t->closed_timeout_ns : t->timeout_ns;
	return timeout_ns && now_ns - f->last_ts_ns > timeout_ns;
}

static struct flow *take(struct flow_table *t, struct flow *f)
{
	if (!f)
		return NULL;
	unlink_flow(list_of(t, f), f);
	if (f->listed && t->buckets)
		unlist(t, f);
	t->in_memory--;
	return f;
}

// Nobody is looked up any more.
struct flow *flow_take(struct flow_table *t)
{
	free(t->buckets);
	t->buckets = NULL;
	return take(t, t->open.oldest ? t->open.oldest : t->closed.oldest);
}

// The place of a flow that has ended, or of another one.
static struct flow_ended *ended_at(const struct flow_table *t, uint64_t hash)
{
	return t->ended ? &t->ended[hash >> 32 & (FLOW_ENDED_MAX - 1)] : NULL;
}

// A flow that was closed is over; another one may go on.
static struct flow *take_idle(struct flow_table *t, struct flow *f)
{
	bool goes_on = f && !f->closed && f->listed;
	if (goes_on && !t->ended)
		t->ended = memory_alloc(FLOW_ENDED_MAX * sizeof *t->ended);
	if (goes_on)
		*ended_at(t, f->hash) = (struct flow_ended){f->key, f->connection_id};
	return take(t, f);
}

struct flow *flow_take_idle(struct flow_table *t, int64_t now_ns)
{
	struct flow *open = t->open.oldest, *closed = t->closed.oldest;
	if (closed && is_idle(t, closed, now_ns))
		return take_idle(t, closed);
	if (t->flows_max && t->in_memory > t->flows_max)
		return take_idle(t, open ? open : closed);
	return open && is_idle(t, open, now_ns) ? take_idle(t, open) : NULL;
}

// The connection of a flow with these endpoints that was idle for too long; 0 none.
static int64_t take_ended(const struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	struct flow_ended *ended = ended_at(t, hash);
	if (!ended || !ended->connection_id || memcmp(&ended->key, key, sizeof *key) != 0)
		return 0;
	int64_t connection_id = ended->connection_id;
	ended->connection_id = 0;
	return connection_id;
}

void flow_close(struct flow_table *t, struct flow *f)
{
	if (f->closed || !t->closed_timeout_ns)
		return;
	unlink_flow(&t->open, f);
	f->closed = true;
	append(&t->closed, f);
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	tcp_flow_release(f->tcp);
	pool_give(&f->table->tcp_flows, f->tcp);
	free(f->server_name);
	tcp_stats_release(f->stats);
	pool_give(&f->table->tcp_stats, f->stats);
	free(f->told);
	conn_state_release(&f->conn, &f->table->conn_sides);
	pool_give(&f->table->flows, f);
}

// ---- tracking -----------------------------------------------------------------------------------------------------

static bool is_new_connection(const struct flow *f, const struct packet *p, int direction)
{
	const struct flow_side *sender = &f->side[direction];
	return (p->ip.tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && sender->has_first_seq &&
	       sender->first_seq != p->ip.tcp.seq;
}

// What the numbers of both directions are relative to, as Wireshark has it: the SYN's; without one, such that the
// first byte seen is number 1. A SYN-ACK with another number starts over in the same flow.
static void set_first_seqs(struct flow *f, struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	struct flow_side *sender = &f->side[p->direction], *other = &f->side[!p->direction];
	if (sender->has_first_seq && (tcp->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
	    sender->first_seq != tcp->seq) {
		sender->first_seq = tcp->seq;
		p->reused_ports = true;
	}
	if (!sender->has_first_seq) {
		sender->first_seq = tcp->flags & TCP_SYN ? tcp->seq : tcp->seq - 1;
		sender->has_first_seq = true;
	}
	if (!other->has_first_seq && tcp->flags & TCP_ACK) {
		other->first_seq = tcp->ack - 1;
		other->has_first_seq = true;
	}
}

static void count_signs(struct flow *flow, const struct packet *p)
{
	struct flow_side *side = &flow->side[p->direction];
	if (p->errors)
		side->errors |= p->errors;
	if (p->ip_checksum == CHECKSUM_WRONG || p->l4_checksum == CHECKSUM_WRONG)
		flow->wrong_checksums[p->direction]++;
	if (p->ip.is_fragment)
		side->fragments++;
	if (p->ip.ip_version == 0)
		return;
	if (!side->has_ttl || p->ip.ttl < side->ttl_min)
		side->ttl_min = p->ip.ttl;
	if (!side->has_ttl || p->ip.ttl > side->ttl_max)
		side->ttl_max = p->ip.ttl;
	side->has_ttl = true;
}

// A TCP header that was not read has 20 bytes at least (RFC 9293, 3.1).
static uint32_t payload_len_of(const struct packet *p)
{
	if (p->ip.protocol != IP_PROTO_TCP || p->ip.has_transport || p->ip.is_fragment)
		return p->payload_len;
	return p->payload_len > TCP_HEADER_MIN ? p->payload_len - TCP_HEADER_MIN : 0;
}

static void count_packet(struct flow *f, const struct packet *p)
{
	int64_t ts_ns = p->frame->ts_ns;
	struct flow_side *side = &f->side[p->direction];
	if (side->packets > 0 && ts_ns - side->last_ts_ns > side->idle_max_ns)
		side->idle_max_ns = ts_ns - side->last_ts_ns;
	if (ts_ns - f->previous_ts_ns > f->idle_max_ns)
		f->idle_max_ns = ts_ns - f->previous_ts_ns;
	side->last_ts_ns = f->previous_ts_ns = ts_ns;
	side->packets++;
	side->last_packet_id = p->id;
	side->bytes += p->frame->wire_len;
	side->payload_bytes += payload_len_of(p);
	count_signs(f, p);
	if (ts_ns < f->first_ts_ns)
		f->first_ts_ns = ts_ns;
	if (ts_ns > f->last_ts_ns)
		f->last_ts_ns = ts_ns;
	f->last_packet_id = p->id;
}

static void begin(struct flow *f, const struct packet *p, bool from_high, enum flow_start start)
{
	f->src_is_high = from_high;
	f->start = start;
	f->ip_version = p->ip.ip_version;
	f->ip_protocol = p->ip.protocol;
	f->first_ts_ns = f->last_ts_ns = f->previous_ts_ns = p->frame->ts_ns;
	f->first_packet_id = p->id;
}

static void set_icmp(struct flow *f, const struct packet *p)
{
	f->has_icmp = true;
	f->icmp_type = p->ip.icmp.type;
	f->icmp_code = p->ip.icmp.code;
	f->icmp_direction = (uint8_t)p->direction;
}

void flow_track(struct flow_table *t, struct packet *p)
{
	struct flow_key key;
	bool from_high;
	p->flow = NULL;
	p->reused_ports = false;
	if (!key_of_packet(&key, p, &from_high))
		return;
	uint64_t hash = key_hash(&key);
	struct flow *f = look_up(t, &key, hash);
	bool is_tcp = p->ip.has_transport && p->ip.protocol == IP_PROTO_TCP;
	enum flow_start start = FLOW_NEW;
	if (f && is_idle(t, f, p->frame->ts_ns)) {
		start = FLOW_TIMEOUT;
	} else if (f && is_tcp && is_new_connection(f, p, from_high != f->src_is_high)) {
		start = FLOW_REUSED_PORTS;
		p->reused_ports = true;
	}
	int64_t connection_id = f ? f->connection_id : take_ended(t, &key, hash);
	if (!f && connection_id)
		start = FLOW_TIMEOUT;
	if (f && start != FLOW_NEW) {
		unlist(t, f);
		f = NULL;
	}
	if (!f) {
		f = flow_make(t, &key, hash);
		begin(f, p, from_high, start);
		f->connection_id = connection_id ? connection_id : f->id;
	} else if (t->timeout_ns && f->newer) {
		unlink_flow(list_of(t, f), f);
		append(list_of(t, f), f);
	}
	p->flow = f;
	p->direction = from_high != f->src_is_high;
	if (is_tcp)
		set_first_seqs(f, p);
	else if (!f->has_icmp && p->ip.has_transport &&
	         (p->ip.protocol == IP_PROTO_ICMP || p->ip.protocol == IP_PROTO_ICMPV6))
		set_icmp(f, p);
	count_packet(f, p);
}

struct flow *flow_find(const struct flow_table *t, const struct headers *ip, int *direction)
{
	struct flow_key key;
	bool from_high;
	if (!ip->ip_version)
		return NULL;
	key_of_headers(&key, ip, &from_high);
	struct flow *f = look_up(t, &key, key_hash(&key));
	if (f)
		*direction = from_high != f->src_is_high;
	return f;
}
