// Packets that the capture holds more than once. See copies.h.
#include "copies.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"
#include "flow.h"
#include "payload_hash.h"
#include "tcp_analysis.h"

enum { INDEX_SIZE = 32768 }; // a power of 2

#define PLACE_MASK ((uint32_t)COPIES_SEEN_MAX - 1)

// Hashed as memory: without padding.
struct content_key {
	struct address src, dst;
	uint32_t ip_id, length;
	uint16_t fragment_offset, ethertype;
	uint8_t ip_version, protocol, more_fragments;
	uint8_t frames; // without IP: Ethernet headers
};

_Static_assert(sizeof(struct content_key) == 48, "keys are hashed as memory");

struct copy_seen {
	uint64_t content;    // hash of all that copies have in common but the payload
	int64_t number;      // of the first; 0: none yet
	int64_t first_ts_ns; // its time
	int64_t last_ts_ns;  // of its last copy
	uint32_t payload_hash;
	uint32_t place, macs; // of the first: hashes of where it was seen and who sent it to whom
	uint8_t ttl;
	bool damaged; // its transport checksum is wrong, and none that a network card was to complete
};

void copies_init(struct copies *c)
{
	*c = (struct copies){
		.seen = memory_alloc(COPIES_SEEN_MAX * sizeof *c->seen),
		.index = memory_alloc(INDEX_SIZE * sizeof *c->index),
	};
}

void copies_release(struct copies *c)
{
	free(c->seen);
	free(c->index);
	*c = (struct copies){0};
}

// The packets themselves are written one behind the other, and only read where the index has the same bits: a table of
// them would cost a cache miss a packet.
static struct copy_seen *look_up(const struct copies *c, uint64_t content)
{
	uint32_t entry = c->index[content & (INDEX_SIZE - 1)];
	struct copy_seen *seen = &c->seen[entry & PLACE_MASK];
	if ((entry ^ (uint32_t)(content >> 32)) & ~PLACE_MASK)
		return NULL;
	return seen->number && seen->content == content ? seen : NULL;
}

static void remember(struct copies *c, const struct copy_seen *now)
{
	c->seen[c->next] = *now;
	c->index[now->content & (INDEX_SIZE - 1)] = ((uint32_t)(now->content >> 32) & ~PLACE_MASK) | c->next;
	c->next = (c->next + 1) & PLACE_MASK;
}

// ---- what a packet is, and where it was seen -----------------------------------------------------------------------

static uint64_t hash_with(const void *key, size_t size, struct bytes bytes)
{
	uint64_t hash = XXH3_64bits(key, size);
	size_t length = bytes.left;
	return length ? XXH3_64bits_withSeed(bytes_take(&bytes, length), length, hash) : hash;
}

// The transport header, IPv6 extension headers before it, and what is between it and the payload. A fragment has none;
// one that completes its datagram is looked at as a fragment.
static struct bytes header_of(const struct packet *p)
{
	struct bytes header = p->ip_payload;
	uint32_t length = p->ip_payload_len > p->payload_len ? p->ip_payload_len - p->payload_len : 0;
	if (p->ip.is_reassembled)
		length = 0;
	if (length < header.left)
		header.left = length;
	return header;
}

static uint64_t hash_ip_content(const struct packet *p)
{
	const struct headers *ip = &p->ip;
	struct content_key key = {
		.src = ip->src,
		.dst = ip->dst,
		.ip_id = ip->ip_id,
		.length = p->ip_payload_len,
		.fragment_offset = ip->fragment_offset,
		.ip_version = ip->ip_version,
		.protocol = ip->protocol,
		.more_fragments = ip->more_fragments,
	};
	return hash_with(&key, sizeof key, header_of(p));
}

// Ethernet headers: a frame inside of another, as ISL has it, is not that frame.
static uint8_t count_frames(const struct packet *p)
{
	uint8_t count = 0;
	for (unsigned i = 0; i < p->stack_count; i++)
		count += strcmp(p->stack[i], "eth") == 0;
	return count;
}

static uint64_t hash_frame_content(const struct packet *p)
{
	struct content_key key = {
		.src = p->mac_src,
		.dst = p->mac_dst,
		.length = (uint32_t)p->link_payload.left,
		.ethertype = (uint16_t)p->ethertype,
		.frames = count_frames(p),
	};
	return hash_with(&key, sizeof key, p->link_payload);
}

// Cheap, and good enough: places are few.
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint32_t hash_place(const struct packet *p)
{
	return (uint32_t)mix(mix(p->frame->interface, p->link_unit), (uint32_t)p->vlan_id);
}

// A MAC address is in the last eight bytes of an address.
static uint64_t mac_bits(const struct address *mac)
{
	uint64_t bits;
	memcpy(&bits, mac->at + 8, sizeof bits);
	return bits;
}

static uint32_t hash_macs(const struct packet *p)
{
	return p->has_macs ? (uint32_t)mix(mix(1, mac_bits(&p->mac_src)), mac_bits(&p->mac_dst)) : 0;
}

// Frames without IP are looked at where they have addresses and a type or length: of other links, we do not know what
// tells one frame from the next.
static bool is_comparable(const struct packet *p)
{
	return p->ip.ip_version || (p->has_macs && p->link_payload.left);
}

static struct copy_seen describe(const struct packet *p)
{
	bool has_ip = p->ip.ip_version;
	return (struct copy_seen){
		.content = has_ip ? hash_ip_content(p) : hash_frame_content(p),
		.number = p->number,
		.first_ts_ns = p->frame->ts_ns,
		.last_ts_ns = p->frame->ts_ns,
		.payload_hash = p->ip.is_reassembled ? payload_hash_of(p->ip_payload, p->ip_payload_len) : p->payload_hash,
		.place = hash_place(p),
		.macs = hash_macs(p),
		.ttl = has_ip ? p->ip.ttl : 0,
		.damaged = p->l4_checksum == CHECKSUM_WRONG && !p->l4_checksum_partial,
	};
}

// ---- what is a copy ------------------------------------------------------------------------------------------------

static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

// Routers take from the TTL. Clocks of interfaces disagree, and files need not be in order.
static bool ttl_falls(const struct copy_seen *first, const struct copy_seen *now)
{
	return now->ttl < first->ttl || now->first_ts_ns <= first->first_ts_ns;
}

// Addresses without meaning beyond their link, which several hosts may have: 0.0.0.0 (RFC 1122, 3.2.1.3), :: and fe80::/10
// (RFC 4291, 2.5.2 and 2.5.6).
static bool is_of_link(const struct address *a)
{
	static const struct address NOBODY, NOBODY4 = {.at = {[10] = 0xff, [11] = 0xff}};
	bool link_local = a->at[0] == 0xfe && (a->at[1] & 0xc0) == 0x80;
	return link_local || memcmp(a, &NOBODY, sizeof *a) == 0 || memcmp(a, &NOBODY4, sizeof *a) == 0;
}

// Whether a segment that is like the first, seen at the same place, cannot have been sent again.
static bool is_segment_once(const struct packet *p, const struct copy_seen *first)
{
	const struct flow *f = p->flow;
	const struct flow_side *other = &f->side[!p->direction];
	if (other->packets && other->last_ts_ns > first->first_ts_ns)
		return false;
	if (p->ip.tcp.flags & TCP_RST)
		return false;
	if (p->payload_len || p->ip.tcp.flags & (TCP_SYN | TCP_FIN))
		return true;
	return f->tcp && f->tcp->side[0].sack_permitted && f->tcp->side[1].sack_permitted;
}

// As above, for every packet without an identification. Without a clock (time 0), nothing can be said.
static bool is_sent_once(const struct packet *p, const struct copy_seen *first)
{
	int64_t limit = p->ip.ip_version ? COPY_UNNUMBERED_NS_MAX : COPY_WITHOUT_IP_NS_MAX;
	int64_t ts_ns = p->frame->ts_ns;
	if (distance(ts_ns, first->first_ts_ns) > limit || (!ts_ns && !first->first_ts_ns))
		return false;
	bool is_segment = p->flow && p->ip.has_transport && p->ip.protocol == IP_PROTO_TCP;
	return !is_segment || is_segment_once(p, first);
}

// Whether a packet without an identification is the first one, though it looks like it.
static bool is_unnumbered_copy(const struct packet *p, const struct copy_seen *first, const struct copy_seen *now)
{
	if (now->ttl != first->ttl)
		return ttl_falls(first, now);
	bool same_macs = now->macs == first->macs, same_place = now->place == first->place;
	if (!(same_macs && same_place) && p->ip.ip_version && is_of_link(&p->ip.src))
		return false;
	return (same_macs && !same_place) || is_sent_once(p, first);
}

// Of a payload that was damaged, the checksum field still tells what it was: headers that are alike have the same.
static bool has_same_payload(const struct packet *p, const struct copy_seen *first, const struct copy_seen *now)
{
	if (payload_hash_matches(first->payload_hash, now->payload_hash))
		return true;
	return p->ip.ip_id && p->ip.has_transport && (first->damaged || now->damaged);
}

static bool is_copy(const struct packet *p, const struct copy_seen *first, const struct copy_seen *now)
{
	if (distance(now->first_ts_ns, first->last_ts_ns) > COPY_NS_MAX)
		return false;
	if (!has_same_payload(p, first, now))
		return false;
	return p->ip.ip_id || is_unnumbered_copy(p, first, now);
}

void copies_find(struct copies *c, struct packet *p)
{
	p->payload_hash = payload_hash(p);
	p->duplicate_of = 0;
	if (!is_comparable(p))
		return;
	struct copy_seen now = describe(p);
	struct copy_seen *first = look_up(c, now.content);
	if (!first || !is_copy(p, first, &now)) {
		remember(c, &now);
		return;
	}
	p->duplicate_of = first->number;
	first->last_ts_ns = now.first_ts_ns;
}
