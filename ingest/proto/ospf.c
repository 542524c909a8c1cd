// OSPF: RFC 2328 (version 2), RFC 5340 (version 3). Types of LSAs: RFC 2328, A.4.1; RFC 5340, A.4.2.1; IANA, "Open Shortest
// Path First (OSPF) Parameters".
#include "../application.h"

#include <stdio.h>

#include "../address.h"

enum {
	PROTOCOL = 89,
	TEXT_MAX = 512,
	LSA_HEADER_LEN = 20,
	REQUEST_LEN = 12,
	V3_FUNCTION = 0x1fff,
	NAMED_TYPES = 12,
	OTHER_TYPES_MAX = 16, // of a message, that have no name
};

enum message_type { HELLO = 1, DESCRIPTION = 2, REQUEST = 3, UPDATE = 4, ACKNOWLEDGE = 5 };

enum { FLAG_MASTER = 1, FLAG_MORE = 2, FLAG_INIT = 4 };

struct text {
	char at[TEXT_MAX];
	size_t length;
};

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct routing_row no_values = {ROWS_routing(NO_VALUE)};

static const char *const type_names[] = {NULL,         "hello",     "db_description",
                                         "ls_request", "ls_update", "ls_acknowledge"};

static const char *const lsa_names[2][NAMED_TYPES] = {
	{NULL, "router", "network", "summary", "asbr_summary", "external", "multicast", "nssa", NULL, "opaque_link",
     "opaque_area", "opaque_as"},
	{NULL, "router", "network", "inter_area_prefix", "inter_area_router", "external", NULL, "nssa", "link",
     "intra_area_prefix"},
};

static void put(struct text *t, const char *text)
{
	int n = snprintf(t->at + t->length, sizeof t->at - t->length, "%s%s", t->length ? " " : "", text);
	if (n > 0 && t->length + (size_t)n < sizeof t->at)
		t->length += (size_t)n;
	else
		t->at[t->length] = '\0';
}

// Four bytes as an address: router ids, areas and masks are written so.
static void dotted(char text[16], uint32_t value)
{
	snprintf(text, 16, "%u.%u.%u.%u", value >> 24, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff);
}

static const char *dotted_text(struct writer *w, uint32_t value)
{
	char text[16];
	dotted(text, value);
	return writer_text(w, text);
}

// Types of LSAs seen in a message, each once.
struct types {
	uint32_t seen; // those with a name, a bit each
	uint16_t others[OTHER_TYPES_MAX];
	unsigned other_count;
	unsigned count;
	int version;
};

static const char *lsa_name(const struct types *types, uint16_t type)
{
	unsigned code = types->version == 3 ? type & V3_FUNCTION : type;
	return code < NAMED_TYPES ? lsa_names[types->version == 3][code] : NULL;
}

static void note_type(struct types *types, uint16_t type)
{
	types->count++;
	if (lsa_name(types, type)) {
		types->seen |= 1u << (type & V3_FUNCTION);
		return;
	}
	for (unsigned i = 0; i < types->other_count; i++)
		if (types->others[i] == type)
			return;
	if (types->other_count < OTHER_TYPES_MAX)
		types->others[types->other_count++] = type;
}

static const char *types_text(struct writer *w, const struct types *types)
{
	struct text t = {.length = 0};
	char text[8];
	for (unsigned i = 0; i < NAMED_TYPES; i++)
		if (types->seen >> i & 1)
			put(&t, lsa_names[types->version == 3][i]);
	for (unsigned i = 0; i < types->other_count; i++) {
		snprintf(text, sizeof text, types->version == 3 ? "0x%04x" : "%u", types->others[i]);
		put(&t, text);
	}
	return t.length ? writer_text(w, t.at) : NULL;
}

// The type in an LSA's header: one byte behind age and options in version 2, two in version 3.
static uint16_t lsa_type(struct bytes header, int version)
{
	return (uint16_t)(version == 3 ? bytes_peek(header, 2, 2) : bytes_peek(header, 3, 1));
}

static void read_neighbors(struct routing_row *row, struct writer *w, struct bytes body)
{
	struct text t = {.length = 0};
	char text[16];
	while (body.left >= 4) {
		dotted(text, bytes_u32(&body));
		put(&t, text);
	}
	row->neighbors = writer_text(w, t.at);
}

// What was read, or NULL where the message had ended before.
static int64_t number_or_null(const struct bytes *b, uint32_t number)
{
	return b->bad ? ROW_NULL : number;
}

static const char *dotted_or_null(struct writer *w, const struct bytes *b, uint32_t value)
{
	return b->bad ? NULL : dotted_text(w, value);
}

static bool read_hello(struct routing_row *row, struct writer *w, struct bytes body)
{
	uint32_t mask = bytes_u32(&body); // version 3: interface
	if (row->version == 2) {
		row->network_mask = dotted_or_null(w, &body, mask);
		row->hello_interval_s = number_or_null(&body, bytes_u16(&body));
		row->options = number_or_null(&body, bytes_u8(&body));
		row->priority = number_or_null(&body, bytes_u8(&body));
		row->dead_interval_s = number_or_null(&body, bytes_u32(&body));
	} else {
		row->priority = number_or_null(&body, bytes_u8(&body));
		row->options = number_or_null(&body, bytes_u24(&body));
		row->hello_interval_s = number_or_null(&body, bytes_u16(&body));
		row->dead_interval_s = number_or_null(&body, bytes_u16(&body));
	}
	row->dr = dotted_or_null(w, &body, bytes_u32(&body));
	row->bdr = dotted_or_null(w, &body, bytes_u32(&body));
	if (body.bad)
		return false;
	read_neighbors(row, w, body);
	return true;
}

static void read_headers(struct types *types, struct bytes body)
{
	while (body.left >= LSA_HEADER_LEN)
		note_type(types, lsa_type(bytes_split(&body, LSA_HEADER_LEN), types->version));
}

static bool read_description(struct routing_row *row, struct writer *w, struct types *types, struct bytes body)
{
	struct text flags = {.length = 0};
	if (row->version == 2) {
		row->mtu = number_or_null(&body, bytes_u16(&body));
		row->options = number_or_null(&body, bytes_u8(&body));
	} else {
		bytes_skip(&body, 1);
		row->options = number_or_null(&body, bytes_u24(&body));
		row->mtu = number_or_null(&body, bytes_u16(&body));
		bytes_skip(&body, 1);
	}
	uint8_t bits = bytes_u8(&body);
	bytes_skip(&body, 4); // sequence number
	if (body.bad)
		return false;
	if (bits & FLAG_INIT)
		put(&flags, "I");
	if (bits & FLAG_MORE)
		put(&flags, "M");
	if (bits & FLAG_MASTER)
		put(&flags, "MS");
	row->dd_flags = writer_text(w, flags.length ? flags.at : "");
	read_headers(types, body);
	return true;
}

static bool read_request(struct types *types, struct bytes body)
{
	while (body.left >= REQUEST_LEN) {
		note_type(types, (uint16_t)bytes_u32(&body));
		bytes_skip(&body, REQUEST_LEN - 4);
	}
	return body.left == 0;
}

static bool read_update(struct types *types, struct bytes body)
{
	uint32_t count = bytes_u32(&body);
	for (uint32_t i = 0; i < count && body.left; i++) {
		size_t length = (size_t)bytes_peek(body, 18, 2);
		struct bytes lsa = bytes_split(&body, length < LSA_HEADER_LEN ? SIZE_MAX : length);
		if (lsa.bad)
			return false;
		note_type(types, lsa_type(lsa, types->version));
	}
	return !body.bad && types->count == count;
}

static bool read_body(struct routing_row *row, struct writer *w, uint8_t type, struct bytes body)
{
	struct types types = {.version = (int)row->version};
	bool ok = true;
	if (type == HELLO)
		return read_hello(row, w, body);
	if (type == DESCRIPTION)
		ok = read_description(row, w, &types, body);
	else if (type == REQUEST)
		ok = read_request(&types, body);
	else if (type == UPDATE)
		ok = read_update(&types, body);
	else if (type == ACKNOWLEDGE)
		read_headers(&types, body);
	row->lsas = types.count;
	row->lsa_types = types_text(w, &types);
	return ok;
}

static void take_message(struct application_call *call, struct bytes message)
{
	struct writer *w = call->writer;
	uint8_t version = bytes_u8(&message), type = bytes_u8(&message);
	uint16_t length = bytes_u16(&message);
	uint32_t router = bytes_u32(&message), area = bytes_u32(&message);
	bytes_skip(&message, 2);                       // checksum
	uint16_t authentication = bytes_u16(&message); // version 3: instance and 0
	if (version == 2)
		bytes_skip(&message, 8);
	if (message.bad || (version != 2 && version != 3))
		return;
	size_t header = version == 2 ? 24 : 16;
	bool is_short = length < header || length - header > message.left;
	if (!is_short)
		message.left = length - header;
	struct routing_row *row = writer_add(w, TABLE_ROUTING);
	*row = no_values;
	row->routing_id = writer_next_id(w, TABLE_ROUTING);
	row->capture_id = call->capture_id;
	row->packet_id = call->packet_id;
	row->flow_id = call->flow->id;
	row->direction = call->direction;
	row->ts_ns = call->ts_ns;
	row->protocol = "ospf";
	row->version = version;
	row->type = writer_name(w, type_names, sizeof type_names / sizeof *type_names, type);
	row->router_id = dotted_text(w, router);
	row->area = dotted_text(w, area);
	row->auth_type = version == 2 ? authentication : ROW_NULL;
	row->malformed = !read_body(row, w, type, message) || is_short;
}

const struct application application_ospf = {
	.name = "ospf",
	.keys = {{"ip.proto", PROTOCOL}},
	.datagram = take_message,
};
