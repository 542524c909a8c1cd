// DNS: RFC 1035; over TCP RFC 7766; EDNS RFC 6891; multicast DNS RFC 6762; LLMNR RFC 4795. Queries and responses are
// matched as Wireshark does: by transaction number within a conversation; a query again within five seconds, before its
// answer, is a retransmission.
#include "../application.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "../../common/message.h"
#include "../address.h"
#include "../dns_message.h"

enum {
	PENDING_MAX = 256,  // transactions remembered of a flow; beyond it the oldest is given up
	RECORDS_MAX = 4096, // of a message that get a row
	ADDRESSES_MAX = 4,
	CLASS_TOP_BIT = 0x8000, // multicast DNS: answer to its sender alone; flush the cache (RFC 6762, 5.4 and 10.2)
	RETRANSMISSION_NS_S = 5,
	PORT_DNS = 53,
	PORT_MDNS = 5353,
	PORT_LLMNR = 5355,
};

#define RETRANSMISSION_NS (RETRANSMISSION_NS_S * INT64_C(1000000000))

// What a response's records add up to.
struct summary {
	char addresses[ADDRESSES_MAX * (ADDRESS_TEXT_MAX + 1)];
	unsigned address_count;
	char cname[DNS_NAME_TEXT_MAX + 1];
	int64_t ttl_min;
};

// A query, or the memory of one that was answered.
struct pending {
	uint16_t id, flags, type, class;
	uint8_t opcode;
	bool is_answered, has_question, has_edns, dnssec_ok, malformed, answers_many;
	uint8_t direction;
	uint16_t edns_udp_size;
	uint32_t bytes, retransmissions;
	int64_t packet_id, ts_ns;
	char *name; // owned; NULL once answered
};

struct state {
	struct pending *pending; // a ring, oldest first
	unsigned first, count, capacity;
	bool is_lost[2]; // TCP, by direction: behind a hole, the next message has to be found
};

// ---- texts of numbers ----------------------------------------------------------------------------------------------

// The name of a number, or prefix and number: TYPE65280 (RFC 3597, 5).
static const char *number_text(struct writer *w, const char *name, const char *prefix, uint16_t number)
{
	char text[32];
	if (name)
		return name;
	snprintf(text, sizeof text, "%s%u", prefix, number);
	return writer_text(w, text);
}

static const char *type_text(struct writer *w, uint16_t type)
{
	return number_text(w, dns_type_name(type), "TYPE", type);
}

static const char *class_text(struct writer *w, uint16_t class)
{
	uint16_t plain = class & ~CLASS_TOP_BIT;
	return number_text(w, dns_class_name(plain), "CLASS", plain);
}

static const char *rcode_text(struct writer *w, uint16_t rcode)
{
	return number_text(w, dns_rcode_name(rcode), "RCODE", rcode);
}

// A question for a zone (RFC 5936; RFC 1995).
static bool is_transfer(const struct dns_message *m)
{
	return m->has_question && (m->type == DNS_TYPE_AXFR || m->type == DNS_TYPE_IXFR);
}

// ---- names of addresses -------------------------------------------------------------------------------------------

// Four numbers below 256 and ".in-addr.arpa": an IPv4 address, its last byte first (RFC 1035, 3.5).
static bool address_of_in_addr(struct address *to, const char *name)
{
	uint8_t bytes[4];
	for (int i = 3; i >= 0; i--) {
		char *end;
		unsigned long part = strtoul(name, &end, 10);
		if (name[0] < '0' || name[0] > '9' || *end != '.' || part > 255)
			return false;
		bytes[i] = (uint8_t)part;
		name = end + 1;
	}
	if (strcasecmp(name, "in-addr.arpa") != 0)
		return false;
	*to = address_from_bytes(bytes_of(bytes, sizeof bytes), false);
	return true;
}

// The address of a name below in-addr.arpa or ip6.arpa (RFC 3596, 2.5); false: it is none.
static bool address_of_arpa(struct address *to, const char *name)
{
	if (address_of_in_addr(to, name))
		return true;
	if (strlen(name) != 72 || strcasecmp(name + 64, "ip6.arpa") != 0)
		return false;
	for (int i = 0; i < 16; i++) {
		char digits[3] = {name[4 * (15 - i) + 2], name[4 * (15 - i)], '\0'};
		char *end;
		to->at[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end)
			return false;
	}
	return true;
}

// An answer's address is that of the name asked for, whatever aliases lead to it; other records speak for themselves, as do
// those of a zone.
static void learn(struct application_call *call, const struct dns_message *m, bool is_answer,
                  const struct dns_record *r, const char *data)
{
	struct address address;
	const char *name = is_answer && m->has_question && !is_transfer(m) ? m->name : r->name;
	bool is_address =
		(r->type == DNS_TYPE_A && r->data.left == 4) || (r->type == DNS_TYPE_AAAA && r->data.left == 16);
	if (is_address)
		address = address_from_bytes(r->data, r->data.left == 16);
	else if (r->type == DNS_TYPE_PTR && !dns_data_is_unknown(data) && address_of_arpa(&address, r->name))
		name = data;
	else
		return;
	names_learn(call->names, &address, name, strlen(name), "dns", call->packet_id);
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void add_up(struct summary *sum, const struct dns_record *r, const char *data)
{
	if (sum->ttl_min == ROW_NULL || r->ttl < sum->ttl_min)
		sum->ttl_min = r->ttl;
	if (r->type == DNS_TYPE_CNAME && !dns_data_is_unknown(data))
		snprintf(sum->cname, sizeof sum->cname, "%.*s", DNS_NAME_TEXT_MAX, data);
	if ((r->type != DNS_TYPE_A && r->type != DNS_TYPE_AAAA) || dns_data_is_unknown(data) ||
	    sum->address_count == ADDRESSES_MAX)
		return;
	size_t used = strlen(sum->addresses);
	snprintf(sum->addresses + used, sizeof sum->addresses - used, "%s%s", used ? " " : "", data);
	sum->address_count++;
}

static void add_record(struct application_call *call, int64_t dns_id, const char *section,
                       const struct dns_record *r, const char *data)
{
	struct writer *w = call->writer;
	struct dns_answers_row *row = writer_add(w, TABLE_DNS_ANSWERS);
	*row = (struct dns_answers_row){
		.dns_answer_id = writer_next_id(w, TABLE_DNS_ANSWERS),
		.dns_id = dns_id,
		.packet_id = call->packet_id,
		.section = section,
		.type = r->type,
		.ttl = r->ttl,
	};
	row->name = writer_text(w, r->name);
	row->type_name = type_text(w, r->type);
	row->class = r->type == DNS_TYPE_OPT ? number_text(w, NULL, "", r->class) : class_text(w, r->class);
	row->data = writer_text(w, data);
}

static void add_section(struct application_call *call, struct dns_message *m, int64_t dns_id, const char *section,
                        unsigned count, struct summary *sum)
{
	struct dns_record r;
	struct dns_text data;
	for (unsigned i = 0; i < count && i < RECORDS_MAX && !m->malformed; i++) {
		m->malformed = !dns_read_record(m, &r);
		if (m->malformed)
			return;
		dns_put_data(&data, m, &r);
		dns_note_edns(m, &r);
		learn(call, m, sum != NULL, &r, data.at);
		add_record(call, dns_id, section, &r, data.at);
		if (sum)
			add_up(sum, &r, data.at);
	}
}

// Multicast DNS asks several questions in a message (RFC 6762, 5.3).
static void add_questions(struct application_call *call, const struct dns_message *m)
{
	struct writer *w = call->writer;
	struct bytes rest = m->whole;
	char name[DNS_NAME_TEXT_MAX + 1];
	bytes_skip(&rest, DNS_HEADER_LEN);
	for (unsigned i = 0; i < m->questions && i < RECORDS_MAX && dns_read_name(m->whole, &rest, name); i++) {
		uint16_t type = bytes_u16(&rest), class = bytes_u16(&rest);
		if (rest.bad)
			return;
		if (i == 0)
			continue;
		struct dns_questions_row *row = writer_add(w, TABLE_DNS_QUESTIONS);
		*row = (struct dns_questions_row){
			.dns_question_id = writer_next_id(w, TABLE_DNS_QUESTIONS),
			.packet_id = call->packet_id,
			.position = i,
			.type = type,
		};
		row->name = writer_text(w, name);
		row->type_name = type_text(w, type);
		row->class = class_text(w, class);
	}
}

static const char *variant_of(const struct flow *f)
{
	uint16_t a = f->key.low.port, b = f->key.high.port;
	if (a == PORT_DNS || b == PORT_DNS)
		return "dns"; // also of a client whose port happens to be one of the others
	if (!f->tcp && (a == PORT_MDNS || b == PORT_MDNS))
		return "mdns";
	return a == PORT_LLMNR || b == PORT_LLMNR ? "llmnr" : "dns";
}

static const char *transport_of(const struct flow *f)
{
	return f->tcp ? "tcp" : "udp";
}

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct dns_row no_values = {ROWS_dns(NO_VALUE)};

static struct dns_row *add_row(struct application_call *call, int direction, const char *kind, int64_t dns_id)
{
	struct dns_row *row = writer_add(call->writer, TABLE_DNS);
	*row = no_values;
	row->dns_id = dns_id;
	row->capture_id = call->capture_id;
	row->flow_id = call->flow->id;
	row->direction = direction;
	row->variant = variant_of(call->flow);
	row->transport = transport_of(call->flow);
	row->kind = kind;
	return row;
}

static void set_question(struct dns_row *row, struct writer *w, const char *name, uint16_t type, uint16_t class)
{
	row->name = writer_text(w, name);
	row->type = type;
	row->type_name = type_text(w, type);
	row->class = class_text(w, class);
}

static void set_query(struct dns_row *row, struct writer *w, const struct pending *q)
{
	row->transaction_id = q->id;
	row->opcode = q->opcode;
	row->query_packet_id = q->packet_id;
	row->query_ts_ns = q->ts_ns;
	row->query_bytes = q->bytes;
	row->retransmissions = q->retransmissions;
	row->recursion_desired = (q->flags & DNS_FLAG_RECURSION_DESIRED) != 0;
	row->checking_disabled = (q->flags & DNS_FLAG_CHECKING_DISABLED) != 0;
	row->edns_udp_size = q->has_edns ? q->edns_udp_size : ROW_NULL;
	row->dnssec_ok = q->has_edns ? q->dnssec_ok : ROW_NULL;
	row->malformed = q->malformed;
	if (q->has_question && q->name)
		set_question(row, w, q->name, q->type, q->class);
}

static void set_answer(struct dns_row *row, const struct application_call *call, const struct dns_message *m,
                       const struct summary *sum)
{
	struct writer *w = call->writer;
	row->transaction_id = m->id;
	row->opcode = m->opcode;
	row->rcode = m->rcode;
	row->rcode_name = rcode_text(w, m->rcode);
	row->answer_packet_id = call->packet_id;
	row->answer_ts_ns = call->ts_ns;
	row->answer_bytes = (int64_t)m->whole.left;
	row->authoritative = (m->flags & DNS_FLAG_AUTHORITATIVE) != 0;
	row->truncated = (m->flags & DNS_FLAG_TRUNCATED) != 0;
	row->recursion_available = (m->flags & DNS_FLAG_RECURSION_AVAILABLE) != 0;
	row->authenticated = (m->flags & DNS_FLAG_AUTHENTICATED) != 0;
	row->answers = m->answers;
	row->authorities = m->authorities;
	row->additionals = m->additionals;
	row->addresses = sum->address_count ? writer_text(w, sum->addresses) : NULL;
	row->cname = sum->cname[0] ? writer_text(w, sum->cname) : NULL;
	row->ttl_min = sum->ttl_min;
	row->malformed = row->malformed == 1 || m->malformed || m->has_broken_data;
}

// LLMNR has other flags in the place of these, or none (RFC 4795, 2.1.1).
static void clear_flags(struct dns_row *row)
{
	if (strcmp(row->variant, "llmnr") != 0)
		return;
	row->recursion_desired = row->checking_disabled = ROW_NULL;
	row->authoritative = row->recursion_available = row->authenticated = ROW_NULL;
}

static void add_unanswered(struct application_call *call, const struct pending *q)
{
	struct dns_row *row = add_row(call, q->direction, "unanswered", writer_next_id(call->writer, TABLE_DNS));
	set_query(row, call->writer, q);
	clear_flags(row);
}

// ---- transactions -------------------------------------------------------------------------------------------------

static struct pending *pending_at(const struct state *s, unsigned i)
{
	return &s->pending[(s->first + i) % s->capacity];
}

// Whether a message's question is another than the query's; ROW_NULL where one of them has no question, or has been
// answered before. A question for an answer to its sender alone is the same question (RFC 6762, 5.4).
static int64_t asks_otherwise(const struct pending *q, const struct dns_message *m)
{
	if (!q || !q->name || !m->has_question)
		return ROW_NULL;
	bool same_class = (q->class & ~CLASS_TOP_BIT) == (m->class & ~CLASS_TOP_BIT);
	return q->type != m->type || !same_class || strcasecmp(q->name, m->name) != 0;
}

// The latest query with the message's number and question, answered or not; else the latest with its number; NULL none.
static struct pending *find_pending(const struct state *s, const struct dns_message *m)
{
	struct pending *other = NULL;
	for (unsigned i = s->count; i-- > 0;) {
		struct pending *q = pending_at(s, i);
		if (q->id == m->id && asks_otherwise(q, m) != 1)
			return q;
		if (q->id == m->id && !other)
			other = q;
	}
	return other;
}

static void keep_name(struct application_call *call, struct pending *q, const char *name)
{
	q->name = memory_copy_text(name);
	application_keep(call, strlen(name) + 1);
}

static void drop_name(struct application_call *call, struct pending *q)
{
	if (!q->name)
		return;
	application_drop(call, strlen(q->name) + 1);
	free(q->name);
	q->name = NULL;
}

static void forget_oldest(struct application_call *call, struct state *s)
{
	struct pending *q = pending_at(s, 0);
	if (!q->is_answered)
		add_unanswered(call, q);
	drop_name(call, q);
	s->first = (s->first + 1) % s->capacity;
	s->count--;
}

static void make_room(struct application_call *call, struct state *s)
{
	if (s->count < s->capacity)
		return;
	if (s->capacity == PENDING_MAX) {
		forget_oldest(call, s);
		return;
	}
	unsigned capacity = s->capacity ? s->capacity * 4 : 1;
	struct pending *pending = memory_alloc(capacity * sizeof *pending);
	for (unsigned i = 0; i < s->count; i++)
		pending[i] = *pending_at(s, i);
	free(s->pending);
	application_keep(call, (capacity - s->capacity) * sizeof *pending);
	s->pending = pending;
	s->capacity = capacity;
	s->first = 0;
}

static void take_query(struct application_call *call, struct dns_message *m)
{
	struct state *s = call->state;
	int64_t ts_ns = call->ts_ns;
	struct pending *known = find_pending(s, m);
	dns_read_edns(m);
	if (known && !known->is_answered && asks_otherwise(known, m) != 1 && ts_ns - known->ts_ns < RETRANSMISSION_NS) {
		known->retransmissions++;
		return;
	}
	make_room(call, s);
	struct pending *q = pending_at(s, s->count++);
	*q = (struct pending){
		.id = m->id,
		.flags = m->flags,
		.opcode = m->opcode,
		.type = m->type,
		.class = m->class,
		.has_question = m->has_question,
		.has_edns = m->has_edns,
		.edns_udp_size = m->edns_udp_size,
		.dnssec_ok = m->dnssec_ok,
		.malformed = m->malformed,
		.answers_many = is_transfer(m), // of several messages (RFC 5936, 2.2)
		.direction = (uint8_t)call->direction,
		.bytes = (uint32_t)m->whole.left,
		.packet_id = call->packet_id,
		.ts_ns = ts_ns,
	};
	if (m->has_question)
		keep_name(call, q, m->name);
}

// The query that a response answers: another question than its makes it none of the answers (RFC 5452, 9.1), but says so
// in the row. Multicast DNS answers nobody in particular: numbers are 0, questions are left out (RFC 6762, 6 and 18.1).
static struct pending *answered_by(const struct application_call *call, const struct dns_message *m)
{
	bool is_multicast = strcmp(variant_of(call->flow), "mdns") == 0;
	return is_multicast && !m->has_question ? NULL : find_pending(call->state, m);
}

static void take_response(struct application_call *call, struct dns_message *m)
{
	struct pending *q = answered_by(call, m);
	bool again = q && q->is_answered;
	int64_t dns_id = writer_next_id(call->writer, TABLE_DNS);
	struct summary sum = {.ttl_min = ROW_NULL};
	add_section(call, m, dns_id, "answer", m->answers, &sum);
	add_section(call, m, dns_id, "authority", m->authorities, NULL);
	add_section(call, m, dns_id, "additional", m->additionals, NULL);
	const char *kind = !q ? "unsolicited" : !again ? "answered" : q->answers_many ? "continued" : "duplicate";
	struct dns_row *row = add_row(call, q ? q->direction : !call->direction, kind, dns_id);
	if (q)
		set_query(row, call->writer, q);
	else
		row->recursion_desired = (m->flags & DNS_FLAG_RECURSION_DESIRED) != 0;
	set_answer(row, call, m, &sum);
	clear_flags(row);
	if (!row->name && m->has_question)
		set_question(row, call->writer, m->name, m->type, m->class);
	row->other_question = asks_otherwise(q, m);
	row->rtt_ns = q && (!again || q->answers_many) ? row->answer_ts_ns - row->query_ts_ns : ROW_NULL;
	if (!q)
		return;
	q->is_answered = true;
	drop_name(call, q);
}

static void take_message(struct application_call *call, struct bytes whole)
{
	struct dns_message m;
	call->flow->application = variant_of(call->flow);
	application_layer(call, call->flow->application);
	if (application_is_copy(call) || !dns_read_message(&m, whole))
		return;
	if (m.questions > 1)
		add_questions(call, &m);
	if (m.flags & DNS_FLAG_RESPONSE)
		take_response(call, &m);
	else
		take_query(call, &m);
}

// What can hardly be anything else: a standard query or its response with one good question.
static bool is_certain(struct bytes data)
{
	struct dns_message m;
	if (!dns_read_message(&m, data) || !m.has_question || m.questions != 1 || m.opcode != 0)
		return false;
	bool is_query = !(m.flags & DNS_FLAG_RESPONSE);
	bool counts = is_query ? m.answers == 0 && m.authorities == 0 : m.answers <= 100 && m.authorities <= 10;
	return counts && dns_type_name(m.type) && dns_class_name(m.class) && m.additionals <= 10;
}

// A message behind its length (RFC 7766, 8). Behind a hole, a segment that begins with what is certain begins with one.
static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	struct bytes rest = data;
	size_t length = bytes_u16(&rest);
	if (s->is_lost[call->direction] && !is_certain(rest))
		return data.left;
	struct bytes message = rest.bad ? rest : bytes_split(&rest, length);
	s->is_lost[call->direction] = false;
	if (message.bad)
		return 0;
	take_message(call, message);
	return 2 + length;
}

static void gap(struct application_call *call, uint32_t missing)
{
	struct state *s = call->state;
	(void)missing;
	s->is_lost[call->direction] = true;
}

static bool is_port(uint16_t port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	if (is_port(call->flow->key.low.port) || is_port(call->flow->key.high.port))
		return RECOGNISED_YES;
	return !call->flow->tcp && is_certain(first) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void end(struct application_call *call)
{
	struct state *s = call->state;
	while (s->count)
		forget_oldest(call, s);
	application_drop(call, s->capacity * sizeof *s->pending);
	free(s->pending);
}

const struct application application_dns = {
	.name = "dns",
	.keys = {{"udp.port", PORT_DNS}, {"tcp.port", PORT_DNS}, {"udp.port", PORT_MDNS}, {"udp.port", PORT_LLMNR}},
	.state_size = sizeof(struct state),
	.recognise = recognise,
	.datagram = take_message,
	.stream = take_stream,
	.joins_below = 2, // the length
	.gap = gap,
	.end = end,
};
