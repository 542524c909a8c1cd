// ARP's requests and replies: RFC 826; probes and announcements RFC 5227; RARP RFC 903; InARP RFC 2390. Operations: IANA,
// "Address Resolution Protocol (ARP) Parameters". Conflicts are found as Wireshark does: the first MAC address seen
// with an address owns it.
#include "../application.h"

#include <stdlib.h>

#include "../../common/message.h"
#include "../wire_text.h"

enum {
	PENDING_MAX = 1024, // requests that are remembered; beyond it the oldest is given up
	OWNERS_MAX = 65536, // addresses whose MAC is remembered; beyond it no new one is
	BUCKETS = 16384,    // of them
	ETHERTYPE_IPV4 = 0x0800,
	HARDWARE_ETHERNET = 1,
	HARDWARE_IEEE802 = 6,
	REPEAT_S = 5,
	REPLY_S = 10,
};

#define SECONDS(n) ((n)*INT64_C(1000000000))

enum operation {
	REQUEST = 1,
	REPLY = 2,
	RARP_REQUEST = 3,
	RARP_REPLY = 4,
	DRARP_REQUEST = 5,
	DRARP_ERROR = 7,
	INARP_REQUEST = 8,
	INARP_REPLY = 9,
};

struct message {
	uint16_t operation;
	bool is_ipv4, is_ethernet;
	struct bytes sender_mac, sender, target_mac, target; // borrowed
};

// A request, or the memory of one that was answered.
struct pending {
	bool is_answered;
	uint16_t operation;
	uint8_t sender_mac[6], target_mac[6];
	uint32_t sender, target;
	const char *kind;
	int64_t flow_id; // ROW_NULL none
	int64_t packet_id, ts_ns;
	int64_t last_packet_id, last_ts_ns;
	int64_t repeats;
};

struct owner {
	struct owner *next;
	uint32_t address;
	uint8_t mac[6];
	int64_t packet_id, ts_ns; // of the last message in which it used the address
};

struct capture {
	struct pending *pending; // owned; a ring, oldest first
	unsigned first, count;
	struct owner **buckets; // owned
	unsigned owner_count;
};

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct arp_row no_values = {ROWS_arp(NO_VALUE)};

// ---- text ---------------------------------------------------------------------------------------------------------

static bool is_zero(struct bytes bytes)
{
	while (bytes.left)
		if (bytes_u8(&bytes))
			return false;
	return true;
}

static const char *mac_text(struct writer *w, struct bytes mac)
{
	return wire_hex(w, mac, ":");
}

static const char *hardware_text(struct writer *w, const struct message *m, struct bytes address)
{
	return m->is_ethernet ? mac_text(w, address) : wire_hex(w, address, "");
}

static const char *protocol_text(struct writer *w, const struct message *m, struct bytes address)
{
	return m->is_ipv4 ? wire_ipv4(w, (uint32_t)bytes_peek(address, 0, 4)) : wire_hex(w, address, "");
}

static const char *protocol_of(uint16_t operation)
{
	if (operation == RARP_REQUEST || operation == RARP_REPLY)
		return "rarp";
	if (operation >= DRARP_REQUEST && operation <= DRARP_ERROR)
		return "drarp";
	return operation == INARP_REQUEST || operation == INARP_REPLY ? "inarp" : "arp";
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static struct arp_row *add_row(const struct application_call *call, uint16_t operation, const char *kind)
{
	struct writer *w = call->writer;
	struct arp_row *row = writer_add(w, TABLE_ARP);
	*row = no_values;
	row->arp_id = writer_next_id(w, TABLE_ARP);
	row->capture_id = call->capture_id;
	row->protocol = protocol_of(operation);
	row->kind = kind;
	return row;
}

static void set_message(struct arp_row *row, struct writer *w, const struct message *m)
{
	row->sender_mac = hardware_text(w, m, m->sender_mac);
	row->sender_address = protocol_text(w, m, m->sender);
	row->target_mac = is_zero(m->target_mac) ? NULL : hardware_text(w, m, m->target_mac);
	row->target_address = protocol_text(w, m, m->target);
}

static void set_request(struct arp_row *row, const struct pending *q)
{
	row->flow_id = q->flow_id;
	row->request_packet_id = q->packet_id;
	row->last_request_packet_id = q->last_packet_id;
	row->request_ts_ns = q->ts_ns;
	row->repeats = q->repeats;
}

static struct arp_row *add_request(const struct application_call *call, const struct pending *q)
{
	struct writer *w = call->writer;
	struct arp_row *row = add_row(call, q->operation, q->kind);
	struct bytes target_mac = bytes_of(q->target_mac, 6);
	row->sender_mac = mac_text(w, bytes_of(q->sender_mac, 6));
	row->sender_address = wire_ipv4(w, q->sender);
	row->target_mac = is_zero(target_mac) ? NULL : mac_text(w, target_mac);
	row->target_address = wire_ipv4(w, q->target);
	set_request(row, q);
	return row;
}

static int64_t flow_id_of(const struct application_call *call)
{
	return call->flow ? call->flow->id : ROW_NULL;
}

static void set_reply(struct arp_row *row, const struct application_call *call, const struct message *m)
{
	row->reply_packet_id = call->packet_id;
	row->reply_ts_ns = call->ts_ns;
	row->reply_mac = hardware_text(call->writer, m, m->sender_mac);
}

// A message that is no request and answers none: as it is.
static void add_alone(const struct application_call *call, const struct message *m, const char *kind)
{
	struct arp_row *row = add_row(call, m->operation, kind);
	row->flow_id = flow_id_of(call);
	set_message(row, call->writer, m);
	set_reply(row, call, m);
}

// A request that is waited on by nobody.
static void add_asked(const struct application_call *call, const struct message *m, const char *kind)
{
	struct arp_row *row = add_row(call, m->operation, kind);
	row->flow_id = flow_id_of(call);
	set_message(row, call->writer, m);
	row->request_packet_id = row->last_request_packet_id = call->packet_id;
	row->request_ts_ns = call->ts_ns;
	row->repeats = 0;
}

// ---- who owns an address ------------------------------------------------------------------------------------------

static void add_conflict(const struct application_call *call, const struct owner *o, struct bytes mac)
{
	struct writer *w = call->writer;
	struct arp_conflicts_row *row = writer_add(w, TABLE_ARP_CONFLICTS);
	*row = (struct arp_conflicts_row){
		.arp_conflict_id = writer_next_id(w, TABLE_ARP_CONFLICTS),
		.capture_id = call->capture_id,
		.packet_id = call->packet_id,
		.ts_ns = call->ts_ns,
		.other_packet_id = o->packet_id,
		.other_ts_ns = o->ts_ns,
	};
	row->address = wire_ipv4(w, o->address);
	row->mac = mac_text(w, mac);
	row->other_mac = mac_text(w, bytes_of(o->mac, 6));
}

static struct owner *find_owner(struct capture *c, uint32_t address)
{
	struct owner *o = c->buckets[address % BUCKETS];
	while (o && o->address != address)
		o = o->next;
	return o;
}

static void add_owner(struct capture *c, const struct application_call *call, uint32_t address, struct bytes mac)
{
	if (c->owner_count == OWNERS_MAX)
		return;
	struct owner *o = memory_alloc(sizeof *o);
	o->address = address;
	bytes_copy(&mac, o->mac, 6);
	o->packet_id = call->packet_id;
	o->ts_ns = call->ts_ns;
	o->next = c->buckets[address % BUCKETS];
	c->buckets[address % BUCKETS] = o;
	c->owner_count++;
}

// True: the address is another's.
static bool claim(const struct application_call *call, uint32_t address, struct bytes mac)
{
	struct capture *c = call->capture_state;
	uint8_t bytes[6];
	struct bytes copy = mac;
	if (!address || is_zero(mac) || bytes_peek(mac, 0, 1) & 1)
		return false;
	struct owner *o = find_owner(c, address);
	if (!o) {
		add_owner(c, call, address, mac);
		return false;
	}
	bytes_copy(&copy, bytes, 6);
	if (memcmp(o->mac, bytes, 6) != 0) {
		add_conflict(call, o, mac);
		return true;
	}
	o->packet_id = call->packet_id;
	o->ts_ns = call->ts_ns;
	return false;
}

// Who sends claims its address; of a reply, who is told too.
static void note_owners(const struct application_call *call, const struct message *m)
{
	uint32_t sender = (uint32_t)bytes_peek(m->sender, 0, 4), target = (uint32_t)bytes_peek(m->target, 0, 4);
	bool conflict = claim(call, sender, m->sender_mac);
	if (m->operation != REQUEST && !(conflict && sender == target))
		claim(call, target, m->target_mac);
}

// ---- requests and replies -----------------------------------------------------------------------------------------

static struct pending *pending_at(const struct capture *c, unsigned i)
{
	return &c->pending[(c->first + i) % PENDING_MAX];
}

static void forget_oldest(const struct application_call *call, struct capture *c)
{
	const struct pending *q = pending_at(c, 0);
	if (!q->is_answered)
		add_request(call, q);
	c->first = (c->first + 1) % PENDING_MAX;
	c->count--;
}

// The latest request of `sender` for `target` that is not older than max_ns; NULL none.
static struct pending *find_pending(const struct capture *c, uint16_t operation, uint32_t sender, uint32_t target,
                                    int64_t since_ns)
{
	for (unsigned i = c->count; i-- > 0;) {
		struct pending *q = pending_at(c, i);
		if (q->last_ts_ns < since_ns)
			return NULL;
		if (q->operation == operation && q->sender == sender && q->target == target)
			return q;
	}
	return NULL;
}

static const char *kind_of_request(const struct message *m)
{
	uint32_t sender = (uint32_t)bytes_peek(m->sender, 0, 4), target = (uint32_t)bytes_peek(m->target, 0, 4);
	if (m->operation == REQUEST && sender == target)
		return is_zero(m->target_mac) ? "announcement" : "gratuitous";
	return m->operation == REQUEST && !sender && is_zero(m->target_mac) ? "probe" : "request";
}

static bool is_same_mac(const uint8_t mac[6], struct bytes other)
{
	uint8_t bytes[6];
	bytes_copy(&other, bytes, 6);
	return memcmp(mac, bytes, 6) == 0;
}

static void take_request(const struct application_call *call, const struct message *m)
{
	struct capture *c = call->capture_state;
	uint32_t sender = (uint32_t)bytes_peek(m->sender, 0, 4), target = (uint32_t)bytes_peek(m->target, 0, 4);
	struct pending *known = find_pending(c, m->operation, sender, target, call->ts_ns - SECONDS(REPEAT_S));
	const char *kind = kind_of_request(m);
	if (known && !known->is_answered && known->kind == kind && is_same_mac(known->sender_mac, m->sender_mac)) {
		known->repeats++;
		known->last_packet_id = call->packet_id;
		known->last_ts_ns = call->ts_ns;
		return;
	}
	if (c->count == PENDING_MAX)
		forget_oldest(call, c);
	struct pending *q = pending_at(c, c->count++);
	struct bytes sender_mac = m->sender_mac, target_mac = m->target_mac;
	*q = (struct pending){
		.operation = m->operation,
		.sender = sender,
		.target = target,
		.kind = kind,
		.flow_id = flow_id_of(call),
		.packet_id = call->packet_id,
		.ts_ns = call->ts_ns,
		.last_packet_id = call->packet_id,
		.last_ts_ns = call->ts_ns,
	};
	bytes_copy(&sender_mac, q->sender_mac, 6);
	bytes_copy(&target_mac, q->target_mac, 6);
}

// RARP asks with MAC addresses: the reply is matched by the target's.
static struct pending *find_request(const struct application_call *call, const struct message *m)
{
	struct capture *c = call->capture_state;
	uint16_t operation = m->operation - 1;
	int64_t since_ns = call->ts_ns - SECONDS(REPLY_S);
	uint32_t sender = (uint32_t)bytes_peek(m->sender, 0, 4), target = (uint32_t)bytes_peek(m->target, 0, 4);
	if (operation == REQUEST)
		return find_pending(c, operation, target, sender, since_ns);
	for (unsigned i = c->count; i-- > 0;) {
		struct pending *q = pending_at(c, i);
		if (q->last_ts_ns < since_ns)
			break;
		bool asks_by_target = operation != INARP_REQUEST;
		if (q->operation == operation && is_same_mac(q->target_mac, asks_by_target ? m->target_mac : m->sender_mac))
			return q;
	}
	return NULL;
}

static void take_reply(const struct application_call *call, const struct message *m)
{
	struct pending *q = find_request(call, m);
	bool is_own = m->operation == REPLY && bytes_peek(m->sender, 0, 4) == bytes_peek(m->target, 0, 4);
	if (!q || is_own) {
		add_alone(call, m, is_own ? "gratuitous" : "unsolicited");
		return;
	}
	if (q->is_answered) {
		add_alone(call, m, "duplicate");
		return;
	}
	struct arp_row *row = add_request(call, q);
	set_reply(row, call, m);
	row->rtt_ns = call->ts_ns - q->ts_ns;
	q->is_answered = true;
}

static bool read_message(struct message *m, struct bytes b)
{
	uint16_t hardware = bytes_u16(&b);
	uint16_t protocol = bytes_u16(&b);
	uint8_t hardware_len = bytes_u8(&b), protocol_len = bytes_u8(&b);
	m->operation = bytes_u16(&b);
	m->sender_mac = bytes_split(&b, hardware_len);
	m->sender = bytes_split(&b, protocol_len);
	m->target_mac = bytes_split(&b, hardware_len);
	m->target = bytes_split(&b, protocol_len);
	m->is_ipv4 = protocol == ETHERTYPE_IPV4 && protocol_len == 4;
	m->is_ethernet = (hardware == HARDWARE_ETHERNET || hardware == HARDWARE_IEEE802) && hardware_len == 6;
	return !b.bad;
}

static void add_other(const struct application_call *call, const struct message *m)
{
	add_asked(call, m, writer_name(call->writer, NULL, 0, m->operation));
}

static void begin(struct capture *c)
{
	if (c->pending)
		return;
	c->pending = memory_alloc(PENDING_MAX * sizeof *c->pending);
	c->buckets = memory_alloc(BUCKETS * sizeof(struct owner *));
}

static void take_message(struct application_call *call, struct bytes layer)
{
	struct message m;
	if (!read_message(&m, layer))
		return;
	begin(call->capture_state);
	bool is_plain = m.is_ipv4 && m.is_ethernet;
	bool asks = m.operation == REQUEST || m.operation == RARP_REQUEST || m.operation == DRARP_REQUEST ||
	            m.operation == INARP_REQUEST;
	bool answers = m.operation >= REPLY && m.operation <= INARP_REPLY && !asks && m.operation != DRARP_ERROR;
	if (is_plain && (m.operation == REQUEST || m.operation == REPLY))
		note_owners(call, &m);
	if (is_plain && asks)
		take_request(call, &m);
	else if (is_plain && answers)
		take_reply(call, &m);
	else if (asks)
		add_asked(call, &m, "request");
	else if (answers)
		add_alone(call, &m, "unsolicited");
	else
		add_other(call, &m);
}

static void end_capture(struct application_call *call)
{
	struct capture *c = call->capture_state;
	while (c->count)
		forget_oldest(call, c);
	for (unsigned i = 0; c->buckets && i < BUCKETS; i++) {
		while (c->buckets[i]) {
			struct owner *o = c->buckets[i];
			c->buckets[i] = o->next;
			free(o);
		}
	}
	free(c->buckets);
	free(c->pending);
}

const struct application application_arp = {
	.name = "arp",
	.keys = {{"layer", 0}},
	.capture_state_size = sizeof(struct capture),
	.datagram = take_message,
	.end_capture = end_capture,
};
