// BGP-4: RFC 4271; capabilities RFC 5492; four-byte AS numbers RFC 6793; multiprotocol RFC 4760; several paths of a prefix
// RFC 7911; shutdown communication RFC 9003. Names: IANA, "Border Gateway Protocol (BGP) Parameters".
#include "../application.h"

#include <stdio.h>

#include "../../common/message.h"
#include "../address.h"

enum {
	MARKER_LEN = 16,
	HEADER_LEN = 19,
	PORT = 179,
	TEXT_MAX = 512,
	AS_TRANS = 23456,
	FAMILIES_MAX = 16, // address families with several paths, of a side
	PATH_ID_LEN = 4,
	RD_LEN = 8, // of a route distinguisher
};

enum message_type { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4, ROUTE_REFRESH = 5 };

enum attribute {
	ATTRIBUTE_AS_PATH = 2,
	ATTRIBUTE_NEXT_HOP = 3,
	ATTRIBUTE_MP_REACH = 14,
	ATTRIBUTE_MP_UNREACH = 15
};

enum { ATTRIBUTE_EXTENDED = 0x10 };

enum { AFI_IPV4 = 1, AFI_IPV6 = 2, AFI_L2VPN = 25, AFI_LINK_STATE = 16388 };

enum {
	SAFI_UNICAST = 1,
	SAFI_MULTICAST = 2,
	SAFI_MULTICAST_VPN = 5,
	SAFI_VPLS = 65,
	SAFI_EVPN = 70,
	SAFI_LINK_STATE = 71,
	SAFI_LINK_STATE_VPN = 72,
	SAFI_FLOW = 133,
	SAFI_FLOW_VPN = 134,
};

enum {
	PARAMETER_CAPABILITIES = 2,
	CAPABILITY_FOUR_BYTE_AS = 65,
	CAPABILITY_ADD_PATH = 69,
	PARAMETERS_EXTENDED = 255
};

enum { PATHS_RECEIVE = 1, PATHS_SEND = 2 }; // RFC 7911, 4

struct text {
	char at[TEXT_MAX];
	size_t length;
};

struct family {
	uint16_t afi;
	uint8_t safi;
};

// What a side's OPEN says.
struct peer {
	uint8_t as_width; // bytes of an AS number; 0: no OPEN was seen
	uint8_t family_count;
	struct {
		struct family of;
		uint8_t paths; // PATHS_...: what it does with several paths of a prefix
	} families[FAMILIES_MAX];
};

struct state {
	struct peer peer[2]; // by direction
};

// What is gathered from one message.
struct update {
	const struct state *state;
	int direction;
	unsigned announced, withdrawn;
	struct text prefixes, as_path;
	struct address next_hop;
	unsigned next_hop_version; // of IP; 0: there is none
};

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct routing_row no_values = {ROWS_routing(NO_VALUE)};

static void put(struct text *t, const char *separator, const char *text)
{
	int n = snprintf(t->at + t->length, sizeof t->at - t->length, "%s%s", t->length ? separator : "", text);
	if (n > 0 && t->length + (size_t)n < sizeof t->at)
		t->length += (size_t)n;
	else
		t->at[t->length] = '\0'; // what does not fit is left out whole
}

static void put_number(struct text *t, const char *separator, uint32_t number)
{
	char text[16];
	snprintf(text, sizeof text, "%u", number);
	put(t, separator, text);
}

// ---- names --------------------------------------------------------------------------------------------------------

static const char *const type_names[] = {NULL, "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE", "ROUTE-REFRESH"};

static const struct {
	uint8_t code, subcode; // subcode 0: the code itself
	const char *name;
} errors[] = {
	{1, 0, "Message Header Error"},
	{1, 1, "Connection Not Synchronized"},
	{1, 2, "Bad Message Length"},
	{1, 3, "Bad Message Type"},
	{2, 0, "OPEN Message Error"},
	{2, 1, "Unsupported Version Number"},
	{2, 2, "Bad Peer AS"},
	{2, 3, "Bad BGP Identifier"},
	{2, 4, "Unsupported Optional Parameter"},
	{2, 6, "Unacceptable Hold Time"},
	{2, 7, "Unsupported Capability"},
	{2, 11, "Role Mismatch"},
	{3, 0, "UPDATE Message Error"},
	{3, 1, "Malformed Attribute List"},
	{3, 2, "Unrecognized Well-known Attribute"},
	{3, 3, "Missing Well-known Attribute"},
	{3, 4, "Attribute Flags Error"},
	{3, 5, "Attribute Length Error"},
	{3, 6, "Invalid ORIGIN Attribute"},
	{3, 8, "Invalid NEXT_HOP Attribute"},
	{3, 9, "Optional Attribute Error"},
	{3, 10, "Invalid Network Field"},
	{3, 11, "Malformed AS_PATH"},
	{4, 0, "Hold Timer Expired"},
	{5, 0, "Finite State Machine Error"},
	{5, 1, "Receive Unexpected Message in OpenSent State"},
	{5, 2, "Receive Unexpected Message in OpenConfirm State"},
	{5, 3, "Receive Unexpected Message in Established State"},
	{6, 0, "Cease"},
	{6, 1, "Maximum Number of Prefixes Reached"},
	{6, 2, "Administrative Shutdown"},
	{6, 3, "Peer De-configured"},
	{6, 4, "Administrative Reset"},
	{6, 5, "Connection Rejected"},
	{6, 6, "Other Configuration Change"},
	{6, 7, "Connection Collision Resolution"},
	{6, 8, "Out of Resources"},
	{6, 9, "Hard Reset"},
	{6, 10, "BFD Down"},
	{7, 0, "ROUTE-REFRESH Message Error"},
	{7, 1, "Invalid Message Length"},
	{8, 0, "Send Hold Timer Expired"},
};

static const char *error_name(uint8_t code, uint8_t subcode)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == code && errors[i].subcode == subcode)
			return errors[i].name;
	return NULL;
}

// ---- addresses ----------------------------------------------------------------------------------------------------

static void put_prefix(struct text *t, const char *sign, struct bytes bytes, unsigned bits, bool is_ipv6)
{
	struct address address = address_from_bytes(bytes, is_ipv6);
	char text[ADDRESS_TEXT_MAX], prefix[ADDRESS_TEXT_MAX + 8];
	address_text(text, &address, is_ipv6 ? 6 : 4);
	snprintf(prefix, sizeof prefix, "%s%s/%u", sign, text, bits);
	put(t, " ", prefix);
}

// ---- messages -----------------------------------------------------------------------------------------------------

static struct family read_family(struct bytes *b)
{
	uint16_t afi = bytes_u16(b);
	return (struct family){afi, bytes_u8(b)};
}

static void read_add_path(struct peer *peer, struct bytes value)
{
	while (value.left >= 4 && peer->family_count < FAMILIES_MAX) {
		struct family f = read_family(&value);
		peer->families[peer->family_count].of = f;
		peer->families[peer->family_count++].paths = bytes_u8(&value);
	}
}

static void read_capabilities(struct routing_row *row, struct text *t, struct bytes capabilities, struct peer *peer)
{
	while (capabilities.left) {
		uint8_t code = bytes_u8(&capabilities);
		struct bytes value = bytes_split(&capabilities, bytes_u8(&capabilities));
		if (value.bad)
			return;
		put_number(t, " ", code);
		if (code == CAPABILITY_ADD_PATH)
			read_add_path(peer, value);
		if (code != CAPABILITY_FOUR_BYTE_AS || value.left != 4)
			continue;
		row->as_number = bytes_u32(&value);
		peer->as_width = 4;
	}
}

static bool read_open(struct routing_row *row, struct writer *w, struct bytes body, struct peer *peer)
{
	struct text capabilities = {.length = 0};
	row->version = bytes_u8(&body);
	row->as_number = bytes_u16(&body);
	row->hold_time_s = bytes_u16(&body);
	struct address id = address_from_bytes(bytes_split(&body, 4), false);
	size_t length = bytes_u8(&body);
	if (body.bad)
		return false;
	row->router_id = writer_address(w, &id, 4);
	*peer = (struct peer){.as_width = 2};
	bool is_extended = length == PARAMETERS_EXTENDED && bytes_peek(body, 0, 1) == PARAMETERS_EXTENDED; // RFC 9072
	if (is_extended) {
		bytes_skip(&body, 1);
		length = bytes_u16(&body);
	}
	struct bytes parameters = bytes_split(&body, length);
	while (parameters.left) {
		uint8_t type = bytes_u8(&parameters);
		size_t size = is_extended ? bytes_u16(&parameters) : bytes_u8(&parameters);
		struct bytes value = bytes_split(&parameters, size);
		if (type == PARAMETER_CAPABILITIES)
			read_capabilities(row, &capabilities, value, peer);
	}
	row->capabilities = capabilities.length ? writer_text(w, capabilities.at) : NULL;
	return !parameters.bad;
}

// ---- routes -------------------------------------------------------------------------------------------------------

// How a route of an address family begins.
enum route_form {
	ROUTE_BITS,            // a length in bits, a prefix (RFC 4271, 4.3); behind labels and a distinguisher in VPNs
	ROUTE_TYPE_LENGTH,     // a type, a length (RFC 7432, 7; RFC 6514, 4)
	ROUTE_LENGTH,          // a length of one or two bytes (RFC 8955, 4.1)
	ROUTE_LENGTH_2,        // a length of two bytes (RFC 4761, 3.2.2)
	ROUTE_TYPE_2_LENGTH_2, // a type and a length of two bytes each (RFC 9552, 5.2)
};

static enum route_form form_of(struct family f)
{
	switch (f.safi) {
	case SAFI_MULTICAST_VPN:
		return ROUTE_TYPE_LENGTH;
	case SAFI_EVPN:
		return f.afi == AFI_L2VPN ? ROUTE_TYPE_LENGTH : ROUTE_BITS;
	case SAFI_VPLS:
		return f.afi == AFI_L2VPN ? ROUTE_LENGTH_2 : ROUTE_BITS;
	case SAFI_LINK_STATE:
	case SAFI_LINK_STATE_VPN:
		return f.afi == AFI_LINK_STATE ? ROUTE_TYPE_2_LENGTH_2 : ROUTE_BITS;
	case SAFI_FLOW:
	case SAFI_FLOW_VPN:
		return ROUTE_LENGTH;
	default:
		return ROUTE_BITS;
	}
}

// The bytes of a route behind what it begins with, and for ROUTE_BITS their length in bits.
static struct bytes take_route(struct bytes *routes, enum route_form form, unsigned *bits)
{
	switch (form) {
	case ROUTE_TYPE_LENGTH:
		bytes_skip(routes, 1);
		return bytes_split(routes, bytes_u8(routes));
	case ROUTE_LENGTH:
		return bytes_split(routes,
		                   bytes_peek(*routes, 0, 1) >= 0xf0 ? bytes_u16(routes) & 0xfff : bytes_u8(routes));
	case ROUTE_LENGTH_2:
		return bytes_split(routes, bytes_u16(routes));
	case ROUTE_TYPE_2_LENGTH_2:
		bytes_skip(routes, 2);
		return bytes_split(routes, bytes_u16(routes));
	default:
		*bits = bytes_u8(routes);
		return bytes_split(routes, (*bits + 7) / 8);
	}
}

// Bits of an address whose prefixes are shown; 0: the family has none.
static unsigned address_bits(struct family f)
{
	if (f.safi != SAFI_UNICAST && f.safi != SAFI_MULTICAST)
		return 0;
	return f.afi == AFI_IPV4 ? 32 : f.afi == AFI_IPV6 ? 128 : 0;
}

// Whether routes are prefixes of an address, without bits behind them, each behind a path's number or not.
static bool prefixes_fit(struct bytes routes, unsigned most, bool has_paths)
{
	while (routes.left) {
		bytes_skip(&routes, has_paths ? PATH_ID_LEN : 0);
		unsigned bits = bytes_u8(&routes);
		struct bytes prefix = bytes_split(&routes, (bits + 7) / 8);
		if (prefix.bad || bits > most)
			return false;
		if (bits % 8 && bytes_peek(prefix, prefix.left - 1, 1) & 0xffu >> bits % 8)
			return false;
	}
	return !routes.bad;
}

static uint8_t paths_of(const struct peer *p, struct family f)
{
	for (unsigned i = 0; i < p->family_count; i++)
		if (p->families[i].of.afi == f.afi && p->families[i].of.safi == f.safi)
			return p->families[i].paths;
	return 0;
}

// Whether routes have the numbers of their paths in front (RFC 7911, 3): by both sides' OPENs; without these, prefixes
// that only fit so have them.
static bool has_paths(const struct update *u, struct family f, struct bytes routes)
{
	const struct peer *sender = &u->state->peer[u->direction], *receiver = &u->state->peer[!u->direction];
	unsigned most = address_bits(f);
	if (sender->as_width && receiver->as_width)
		return paths_of(sender, f) & PATHS_SEND && paths_of(receiver, f) & PATHS_RECEIVE;
	return most && !prefixes_fit(routes, most, false) && prefixes_fit(routes, most, true);
}

// Counts routes, and shows the prefixes of plain address families.
static bool read_routes(struct update *u, struct family f, struct bytes routes, const char *sign, unsigned *count)
{
	bool paths = has_paths(u, f, routes);
	unsigned bits = 0, most = address_bits(f);
	while (routes.left) {
		bytes_skip(&routes, paths ? PATH_ID_LEN : 0);
		struct bytes route = take_route(&routes, form_of(f), &bits);
		if (route.bad || routes.bad || (most && bits > most)) // RFC 4271, 6.3: an invalid network field
			return false;
		++*count;
		if (most)
			put_prefix(&u->prefixes, sign, route, bits, most == 128);
	}
	return true;
}

static bool read_mp_reach(struct update *u, struct bytes value)
{
	struct family f = read_family(&value);
	struct bytes next_hop = bytes_split(&value, bytes_u8(&value));
	bytes_skip(&value, 1);
	if (value.bad)
		return false;
	if (next_hop.left == RD_LEN + 4 || next_hop.left == RD_LEN + 16 || next_hop.left == 2 * (RD_LEN + 16))
		bytes_skip(&next_hop, RD_LEN); // of a VPN (RFC 4364, 4.3.2; RFC 4659, 3.2.1)
	if (next_hop.left == 4 || next_hop.left == 16 || next_hop.left == 32 || next_hop.left == 40) {
		u->next_hop_version = next_hop.left == 4 ? 4 : 6;
		u->next_hop = address_from_bytes(next_hop, u->next_hop_version == 6);
	}
	return read_routes(u, f, value, "", &u->announced);
}

static bool read_mp_unreach(struct update *u, struct bytes value)
{
	struct family f = read_family(&value);
	return !value.bad && read_routes(u, f, value, "-", &u->withdrawn);
}

// Whether the segments of a path fill it when an AS number has `width` bytes.
static bool path_fits(struct bytes path, size_t width)
{
	while (path.left) {
		uint8_t type = bytes_u8(&path);
		bytes_skip(&path, bytes_u8(&path) * width);
		if (type == 0 || type > 4)
			return false;
	}
	return !path.bad;
}

// Bytes of an AS number, 0 where it is not known: both sides must have said that they can do four.
static size_t as_width_of(const struct state *s)
{
	if (s->peer[0].as_width == 2 || s->peer[1].as_width == 2)
		return 2;
	return s->peer[0].as_width && s->peer[1].as_width ? 4 : 0;
}

// How the segments of a path are shown, by type: a set; a sequence; those of a confederation (RFC 5065, 3).
static const char *const as_brackets[] = {"", "{}", "", "()", "[]"};

// AS numbers have four bytes between peers that both can (RFC 6793), as their OPENs say; without these, what fits is taken.
static void read_as_path(struct update *u, struct bytes path)
{
	size_t said = as_width_of(u->state);
	size_t width = said && path_fits(path, said) ? said : path_fits(path, 4) ? 4 : 2;
	while (path.left) {
		uint8_t type = bytes_u8(&path), count = bytes_u8(&path);
		const char *bracket = type < sizeof as_brackets / sizeof *as_brackets ? as_brackets[type] : "";
		if (bracket[0])
			put(&u->as_path, " ", (char[]){bracket[0], '\0'});
		for (unsigned i = 0; i < count && !path.bad; i++)
			put_number(&u->as_path, " ", (uint32_t)bytes_uint(&path, width));
		if (bracket[0])
			put(&u->as_path, " ", bracket + 1);
	}
}

static bool read_attribute(struct update *u, uint8_t type, struct bytes value)
{
	switch (type) {
	case ATTRIBUTE_AS_PATH:
		read_as_path(u, value);
		return true;
	case ATTRIBUTE_NEXT_HOP:
		u->next_hop = address_from_bytes(value, false);
		u->next_hop_version = value.left == 4 ? 4 : 0;
		return true;
	case ATTRIBUTE_MP_REACH:
		return read_mp_reach(u, value);
	case ATTRIBUTE_MP_UNREACH:
		return read_mp_unreach(u, value);
	default:
		return true;
	}
}

static bool read_update_body(struct update *u, struct bytes body)
{
	static const struct family plain = {AFI_IPV4, SAFI_UNICAST};
	struct bytes withdrawn = bytes_split(&body, bytes_u16(&body));
	bool ok = read_routes(u, plain, withdrawn, "-", &u->withdrawn);
	struct bytes attributes = bytes_split(&body, bytes_u16(&body));
	while (attributes.left) {
		uint8_t flags = bytes_u8(&attributes), type = bytes_u8(&attributes);
		size_t size = flags & ATTRIBUTE_EXTENDED ? bytes_u16(&attributes) : bytes_u8(&attributes);
		struct bytes value = bytes_split(&attributes, size);
		ok = !value.bad && read_attribute(u, type, value) && ok;
	}
	ok = !attributes.bad && !body.bad && ok;
	return read_routes(u, plain, body, "", &u->announced) && ok;
}

static bool read_update(struct routing_row *row, const struct application_call *call, struct bytes body)
{
	struct update u = {.state = call->state, .direction = call->direction};
	struct writer *w = call->writer;
	bool ok = read_update_body(&u, body);
	row->announced = u.announced;
	row->withdrawn = u.withdrawn;
	row->prefixes = u.prefixes.length ? writer_text(w, u.prefixes.at) : NULL;
	row->as_path = u.as_path.length ? writer_text(w, u.as_path.at) : NULL;
	row->next_hop = u.next_hop_version ? writer_address(w, &u.next_hop, u.next_hop_version) : NULL;
	return ok;
}

static bool read_notification(struct routing_row *row, struct writer *w, struct bytes body)
{
	char reason[128], raw[256], safe[sizeof raw * 4 + 1];
	uint8_t code = bytes_u8(&body), subcode = bytes_u8(&body);
	if (body.bad)
		return false;
	const char *name = error_name(code, 0), *detail = subcode ? error_name(code, subcode) : NULL;
	row->code = code;
	row->subcode = subcode;
	if (name)
		snprintf(reason, sizeof reason, "%s%s%s", name, detail ? "/" : "", detail ? detail : "");
	else
		snprintf(reason, sizeof reason, "%u/%u", code, subcode);
	row->reason = writer_text(w, reason);
	if (code != 6 || (subcode != 2 && subcode != 4) || !body.left)
		return true;
	struct bytes words = bytes_split(&body, bytes_u8(&body));
	size_t n = words.left;
	bytes_copy(&words, raw, n);
	row->communication = n ? writer_text(w, message_escape(safe, sizeof safe, raw, n)) : NULL;
	return !words.bad;
}

static bool read_body(struct routing_row *row, struct application_call *call, uint8_t type, struct bytes body)
{
	struct state *s = call->state;
	switch (type) {
	case OPEN:
		return read_open(row, call->writer, body, &s->peer[call->direction]);
	case UPDATE:
		return read_update(row, call, body);
	case NOTIFICATION:
		return read_notification(row, call->writer, body);
	default:
		return true;
	}
}

static void take_message(struct application_call *call, uint8_t type, struct bytes body)
{
	struct writer *w = call->writer;
	struct routing_row *row = writer_add(w, TABLE_ROUTING);
	application_layer(call, "bgp");
	*row = no_values;
	row->routing_id = writer_next_id(w, TABLE_ROUTING);
	row->capture_id = call->capture_id;
	row->packet_id = call->packet_id;
	row->flow_id = call->flow->id;
	row->direction = call->direction;
	row->ts_ns = call->ts_ns;
	row->protocol = "bgp";
	row->type = writer_name(w, type_names, sizeof type_names / sizeof *type_names, type);
	row->malformed = !read_body(row, call, type, body);
}

static bool has_marker(struct bytes data)
{
	return data.left >= MARKER_LEN && bytes_peek(data, 0, 8) == UINT64_MAX && bytes_peek(data, 8, 8) == UINT64_MAX;
}

// Behind a hole, the next message is looked for by its marker.
static size_t find_marker(struct bytes data)
{
	size_t passed = 0;
	while (data.left >= MARKER_LEN && !has_marker(data)) {
		bytes_skip(&data, 1);
		passed++;
	}
	return passed;
}

static size_t take_stream(struct application_call *call, struct bytes data)
{
	if (data.left < HEADER_LEN)
		return 0;
	if (!has_marker(data))
		return find_marker(data);
	struct bytes rest = data;
	bytes_skip(&rest, MARKER_LEN);
	uint16_t length = bytes_u16(&rest);
	uint8_t type = bytes_u8(&rest);
	if (length < HEADER_LEN)
		return MARKER_LEN;
	if (length > data.left)
		return 0;
	take_message(call, type, bytes_split(&rest, length - HEADER_LEN));
	return length;
}

static void gap(struct application_call *call, uint32_t missing)
{
	(void)call, (void)missing;
}

const struct application application_bgp = {
	.name = "bgp",
	.keys = {{"tcp.port", PORT}},
	.state_size = sizeof(struct state),
	.stream = take_stream,
	.joins_below = SIZE_MAX,
	.gap = gap,
};
