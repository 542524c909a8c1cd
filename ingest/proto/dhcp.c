// DHCP: RFC 2131; options RFC 2132, in several parts RFC 3396, the client's name RFC 4702; BOOTP: RFC 951. DHCP's
// messages: IANA, "Dynamic Host Configuration Protocol (DHCP) and Bootstrap Protocol (BOOTP) Parameters".
#include "../application.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../common/message.h"
#include "../wire_text.h"

enum {
	PENDING_MAX = 1024, // transactions that are remembered of a capture; beyond it the oldest is forgotten
	ADDRESSES_MAX = 8,  // of a list that are shown
	HOST_NAME_MAX = 64, // bytes of a name that the client gave, for the address that it gets
	HARDWARE_FIELD_LEN = 16,
	SERVER_NAME_LEN = 64,
	FILE_LEN = 128,
	COOKIE = 0x63825363,
	FLAG_BROADCAST = 0x8000,
	OPTION_FIELDS = 3, // options, and those in place of the file and of the server's name
	OVERLOAD_FILE = 1,
	OVERLOAD_SERVER_NAME = 2,
};

enum option {
	OPTION_PAD = 0,
	OPTION_SUBNET_MASK = 1,
	OPTION_ROUTERS = 3,
	OPTION_DNS_SERVERS = 6,
	OPTION_HOST_NAME = 12,
	OPTION_DOMAIN = 15,
	OPTION_REQUESTED_ADDRESS = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_MESSAGE_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_ERROR = 56,
	OPTION_RENEWAL = 58,
	OPTION_REBINDING = 59,
	OPTION_VENDOR_CLASS = 60,
	OPTION_CLIENT_ID = 61,
	OPTION_BOOT_FILE = 67,
	OPTION_FQDN = 81,
	OPTION_END = 255,
};

enum { ACK = 5 }; // message type

static const char *const message_names[] = {
	"bootp",
	"discover",
	"offer",
	"request",
	"decline",
	"ack",
	"nak",
	"release",
	"inform",
	"force_renew",
	"lease_query",
	"lease_unassigned",
	"lease_unknown",
	"lease_active",
	"bulk_lease_query",
	"lease_query_done",
};

// What a client said last in a transaction.
struct pending {
	uint32_t transaction_id;
	uint8_t hardware[HARDWARE_FIELD_LEN];
	int64_t packet_id, ts_ns;
	uint8_t host_name[HOST_NAME_MAX];
	uint8_t host_name_len;
};

struct capture {
	struct pending *pending; // owned; a ring, oldest first
	unsigned first, count;
};

struct message {
	uint8_t op, hardware_type, hardware_len, hops;
	uint32_t transaction_id;
	uint16_t secs, flags;
	uint32_t client, your, next_server, relay;
	uint8_t hardware[HARDWARE_FIELD_LEN];
	struct bytes server_name, file, options; // borrowed
	bool has_cookie, malformed;
	uint8_t type;
	uint8_t *values;        // of options; owned, NULL without
	struct bytes host_name; // in values
};

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct dhcp_row no_values = {ROWS_dhcp(NO_VALUE)};

// False: it ends before the client's hardware address.
static bool read_header(struct message *m, struct bytes b)
{
	m->op = bytes_u8(&b);
	m->hardware_type = bytes_u8(&b);
	m->hardware_len = bytes_u8(&b);
	m->hops = bytes_u8(&b);
	m->transaction_id = bytes_u32(&b);
	m->secs = bytes_u16(&b);
	m->flags = bytes_u16(&b);
	m->client = bytes_u32(&b);
	m->your = bytes_u32(&b);
	m->next_server = bytes_u32(&b);
	m->relay = bytes_u32(&b);
	bytes_copy(&b, m->hardware, sizeof m->hardware);
	bool ok = !b.bad && (m->op == 1 || m->op == 2);
	m->server_name = bytes_split(&b, SERVER_NAME_LEN);
	m->file = bytes_split(&b, FILE_LEN);
	m->has_cookie = bytes_peek(b, 0, 4) == COOKIE;
	m->options = b;
	if (m->has_cookie)
		bytes_skip(&m->options, 4);
	m->malformed = b.bad;
	return ok;
}

// ---- options ------------------------------------------------------------------------------------------------------

static const char *addresses_text(struct writer *w, struct bytes list)
{
	char text[ADDRESSES_MAX * 16] = "";
	size_t length = 0;
	for (unsigned i = 0; i < ADDRESSES_MAX && list.left >= 4; i++) {
		uint32_t a = bytes_u32(&list);
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%u.%u.%u.%u", length ? " " : "", a >> 24,
		                           a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
	}
	return length ? writer_text(w, text) : NULL;
}

static const char *address_text_of(struct writer *w, uint32_t address)
{
	return address ? wire_ipv4(w, address) : NULL;
}

// Text up to its first NUL: some clients count one.
static struct bytes up_to_nul(struct bytes text)
{
	text.left = bytes_find(text, 0);
	return text;
}

// Of one that was sent twice, the first.
static int64_t seconds(struct bytes value)
{
	return value.left && value.left % 4 == 0 ? (int64_t)bytes_u32(&value) : ROW_NULL;
}

// Flags and two codes, then the name: as labels where the E flag is set (RFC 4702, 2).
static const char *fqdn_text(struct writer *w, struct bytes value)
{
	char name[256];
	size_t length = 0;
	uint8_t flags = bytes_u8(&value);
	bytes_skip(&value, 2);
	if (!(flags & 0x04))
		return wire_words(w, up_to_nul(value));
	while (value.left) {
		struct bytes label = bytes_split(&value, bytes_u8(&value));
		size_t n = label.left;
		if (!n || length + n + 2 > sizeof name)
			break;
		if (length)
			name[length++] = '.';
		bytes_copy(&label, name + length, n);
		length += n;
	}
	return wire_words(w, bytes_of(name, length));
}

static void read_option(struct dhcp_row *row, struct writer *w, struct message *m, uint8_t code, struct bytes value)
{
	uint32_t number = value.left >= 4 ? (uint32_t)bytes_peek(value, 0, 4) : 0;
	switch (code) {
	case OPTION_SUBNET_MASK:
		row->subnet_mask = wire_ipv4(w, number);
		break;
	case OPTION_ROUTERS:
		row->routers = addresses_text(w, value);
		break;
	case OPTION_DNS_SERVERS:
		row->dns_servers = addresses_text(w, value);
		break;
	case OPTION_HOST_NAME:
		m->host_name = up_to_nul(value);
		row->host_name = wire_words(w, m->host_name);
		break;
	case OPTION_DOMAIN:
		row->domain = wire_words(w, up_to_nul(value));
		break;
	case OPTION_REQUESTED_ADDRESS:
		row->requested_address = wire_ipv4(w, number);
		break;
	case OPTION_LEASE:
		row->lease_s = seconds(value);
		break;
	case OPTION_MESSAGE_TYPE:
		m->type = (uint8_t)bytes_peek(value, 0, 1);
		break;
	case OPTION_SERVER_ID:
		row->server_id = wire_ipv4(w, number);
		break;
	case OPTION_ERROR:
		row->error = wire_words(w, up_to_nul(value));
		break;
	case OPTION_RENEWAL:
		row->renewal_s = seconds(value);
		break;
	case OPTION_REBINDING:
		row->rebinding_s = seconds(value);
		break;
	case OPTION_VENDOR_CLASS:
		row->vendor_class = wire_words(w, up_to_nul(value));
		break;
	case OPTION_CLIENT_ID:
		row->client_id = wire_hex(w, value, "");
		break;
	case OPTION_BOOT_FILE:
		row->boot_file = wire_words(w, up_to_nul(value));
		break;
	case OPTION_FQDN:
		row->fqdn = fqdn_text(w, value);
		break;
	default:
		break;
	}
}

// Takes the next option off a field; false: there is none, or the field ends within it (*malformed).
static bool next_option(struct bytes *field, uint8_t *code, struct bytes *value, bool *malformed)
{
	do
		*code = field->left ? bytes_u8(field) : OPTION_END;
	while (*code == OPTION_PAD);
	if (*code == OPTION_END)
		return false;
	*value = bytes_split(field, bytes_u8(field));
	*malformed |= value->bad;
	return !value->bad;
}

// Bits that say whether the header's file and server name hold options (RFC 2132, 9.3).
static unsigned overload_of(struct bytes options)
{
	struct bytes value;
	uint8_t code;
	bool malformed = false;
	while (next_option(&options, &code, &value, &malformed))
		if (code == OPTION_OVERLOAD)
			return (unsigned)bytes_peek(value, 0, 1);
	return 0;
}

// The fields that hold options, in the order of RFC 3396, 5. Returns how many there are.
static unsigned option_fields(const struct message *m, unsigned overload, struct bytes fields[OPTION_FIELDS])
{
	unsigned count = 0;
	fields[count++] = m->options;
	if (overload & OVERLOAD_FILE)
		fields[count++] = m->file;
	if (overload & OVERLOAD_SERVER_NAME)
		fields[count++] = m->server_name;
	return count;
}

// Reads each option once, the parts of one that comes in several joined (RFC 3396): the values of a code lie together
// in m->values, those of lower codes before them.
static void read_options(struct dhcp_row *row, struct writer *w, struct message *m, unsigned overload)
{
	struct bytes fields[OPTION_FIELDS], field, value;
	size_t begin[OPTION_END + 1] = {0}, at[OPTION_END];
	bool is_there[OPTION_END] = {false};
	unsigned count = option_fields(m, overload, fields);
	uint8_t code;
	for (unsigned i = 0; i < count; i++)
		for (field = fields[i]; next_option(&field, &code, &value, &m->malformed); is_there[code] = true)
			begin[code + 1] += value.left;
	for (unsigned c = 0; c < OPTION_END; c++)
		begin[c + 1] += begin[c];
	memcpy(at, begin, sizeof at);
	m->values = memory_alloc(begin[OPTION_END] + 1);
	for (unsigned i = 0; i < count; i++)
		for (field = fields[i]; next_option(&field, &code, &value, &m->malformed);) {
			size_t length = value.left;
			bytes_copy(&value, m->values + at[code], length);
			at[code] += length;
		}
	for (unsigned c = 0; c < OPTION_END; c++)
		if (is_there[c])
			read_option(row, w, m, (uint8_t)c, bytes_of(m->values + begin[c], begin[c + 1] - begin[c]));
}

static void read_all_options(struct dhcp_row *row, struct writer *w, struct message *m)
{
	unsigned overload = m->has_cookie ? overload_of(m->options) : 0;
	if (m->has_cookie)
		read_options(row, w, m, overload);
	if (!(overload & OVERLOAD_FILE) && !row->boot_file)
		row->boot_file = wire_words(w, up_to_nul(m->file));
}

// ---- transactions -------------------------------------------------------------------------------------------------

static struct pending *find_pending(const struct capture *c, const struct message *m)
{
	for (unsigned i = c->count; i-- > 0;) {
		struct pending *q = &c->pending[(c->first + i) % PENDING_MAX];
		if (q->transaction_id == m->transaction_id && memcmp(q->hardware, m->hardware, sizeof q->hardware) == 0)
			return q;
	}
	return NULL;
}

static struct pending *make_pending(struct capture *c, const struct message *m)
{
	if (!c->pending)
		c->pending = memory_alloc(PENDING_MAX * sizeof *c->pending);
	if (c->count == PENDING_MAX) {
		c->first = (c->first + 1) % PENDING_MAX;
		c->count--;
	}
	struct pending *q = &c->pending[(c->first + c->count++) % PENDING_MAX];
	*q = (struct pending){.transaction_id = m->transaction_id};
	memcpy(q->hardware, m->hardware, sizeof q->hardware);
	return q;
}

static void note_client(const struct application_call *call, const struct message *m)
{
	struct capture *c = call->capture_state;
	struct pending *q = find_pending(c, m);
	struct bytes name = m->host_name;
	if (!q)
		q = make_pending(c, m);
	q->packet_id = call->packet_id;
	q->ts_ns = call->ts_ns;
	if (name.left && name.left <= HOST_NAME_MAX) {
		q->host_name_len = (uint8_t)name.left;
		bytes_copy(&name, q->host_name, name.left);
	}
}

// The address is called as the server says, or else as the client did.
static void learn(const struct application_call *call, const struct message *m, const struct pending *q)
{
	uint32_t a = m->your ? m->your : m->client;
	struct address address = {{[10] = 0xff,
	                           [11] = 0xff,
	                           [12] = (uint8_t)(a >> 24),
	                           [13] = (uint8_t)(a >> 16),
	                           [14] = (uint8_t)(a >> 8),
	                           [15] = (uint8_t)a}};
	char name[255]; // no name of DNS is longer
	struct bytes from = m->host_name;
	if (!from.left && q)
		from = bytes_of(q->host_name, q->host_name_len);
	size_t n = from.left;
	if (!a || m->type != ACK || !n || n > sizeof name)
		return;
	bytes_copy(&from, name, n);
	names_learn(call->names, &address, name, n, "dhcp", call->packet_id);
}

static void note_server(struct dhcp_row *row, const struct application_call *call, const struct message *m)
{
	const struct pending *q = find_pending(call->capture_state, m);
	if (q) {
		row->request_packet_id = q->packet_id;
		row->rtt_ns = call->ts_ns - q->ts_ns;
	}
	learn(call, m, q);
}

static const char *message_text(struct writer *w, uint8_t type)
{
	return writer_name(w, message_names, sizeof message_names / sizeof *message_names, type);
}

static const char *hardware_text(struct writer *w, const struct message *m)
{
	size_t n = m->hardware_len <= HARDWARE_FIELD_LEN ? m->hardware_len : HARDWARE_FIELD_LEN;
	bool is_mac = (m->hardware_type == 1 || m->hardware_type == 6) && n == 6;
	return wire_hex(w, bytes_of(m->hardware, n), is_mac ? ":" : "");
}

// Some clients write it with the low byte first: whole multiples of 256 are theirs, as Wireshark takes them.
static int64_t seconds_since(uint16_t secs)
{
	return secs & 0xff ? secs : secs >> 8;
}

static void set_header(struct dhcp_row *row, struct writer *w, const struct message *m)
{
	row->from_server = m->op == 2;
	row->transaction_id = m->transaction_id;
	row->client_mac = hardware_text(w, m);
	row->secs = seconds_since(m->secs);
	row->hops = m->hops;
	row->broadcast = (m->flags & FLAG_BROADCAST) != 0;
	row->client_address = address_text_of(w, m->client);
	row->your_address = address_text_of(w, m->your);
	row->next_server = address_text_of(w, m->next_server);
	row->relay = address_text_of(w, m->relay);
}

static void take_message(struct application_call *call, struct bytes datagram)
{
	struct writer *w = call->writer;
	struct message m = {.op = 0};
	if (!read_header(&m, datagram))
		return;
	application_layer(call, "dhcp");
	if (application_is_copy(call))
		return;
	struct dhcp_row *row = writer_add(w, TABLE_DHCP);
	*row = no_values;
	row->dhcp_id = writer_next_id(w, TABLE_DHCP);
	row->capture_id = call->capture_id;
	row->packet_id = call->packet_id;
	row->flow_id = call->flow->id;
	row->direction = call->direction;
	row->ts_ns = call->ts_ns;
	set_header(row, w, &m);
	read_all_options(row, w, &m);
	row->message = m.type || !m.malformed ? message_text(w, m.type) : "unknown";
	row->malformed = m.malformed;
	if (m.op == 2)
		note_server(row, call, &m);
	else
		note_client(call, &m);
	free(m.values);
}

static void end_capture(struct application_call *call)
{
	struct capture *c = call->capture_state;
	free(c->pending);
}

const struct application application_dhcp = {
	.name = "dhcp",
	.keys = {{"udp.port", 67}, {"udp.port", 68}},
	.capture_state_size = sizeof(struct capture),
	.datagram = take_message,
	.end_capture = end_capture,
};
