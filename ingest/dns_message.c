// DNS messages: reading them, and their texts. See dns_message.h.
#include "dns_message.h"

#include <stdio.h>

#include "wire_text.h"

enum {
	JUMPS_MAX = 64,   // compression pointers in a name
	UNKNOWN_MAX = 64, // bytes shown of data without a form of its own
	OPT_DNSSEC_OK = 0x8000,
};

// ---- numbers ------------------------------------------------------------------------------------------------------

struct named_number {
	uint16_t number;
	const char *name;
};

static const struct named_number type_names[] = {
	{1, "A"},      {2, "NS"},       {3, "MD"},          {4, "MF"},      {5, "CNAME"},   {6, "SOA"},
	{7, "MB"},     {8, "MG"},       {9, "MR"},          {10, "NULL"},   {11, "WKS"},    {12, "PTR"},
	{13, "HINFO"}, {14, "MINFO"},   {15, "MX"},         {16, "TXT"},    {17, "RP"},     {18, "AFSDB"},
	{19, "X25"},   {20, "ISDN"},    {21, "RT"},         {22, "NSAP"},   {24, "SIG"},    {25, "KEY"},
	{26, "PX"},    {28, "AAAA"},    {29, "LOC"},        {30, "NXT"},    {33, "SRV"},    {35, "NAPTR"},
	{36, "KX"},    {37, "CERT"},    {38, "A6"},         {39, "DNAME"},  {41, "OPT"},    {42, "APL"},
	{43, "DS"},    {44, "SSHFP"},   {45, "IPSECKEY"},   {46, "RRSIG"},  {47, "NSEC"},   {48, "DNSKEY"},
	{49, "DHCID"}, {50, "NSEC3"},   {51, "NSEC3PARAM"}, {52, "TLSA"},   {53, "SMIMEA"}, {55, "HIP"},
	{59, "CDS"},   {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},  {63, "ZONEMD"}, {64, "SVCB"},
	{65, "HTTPS"}, {99, "SPF"},     {108, "EUI48"},     {109, "EUI64"}, {249, "TKEY"},  {250, "TSIG"},
	{251, "IXFR"}, {252, "AXFR"},   {253, "MAILB"},     {254, "MAILA"}, {255, "ANY"},   {256, "URI"},
	{257, "CAA"},  {32769, "DLV"},
};

static const struct named_number class_names[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};

static const struct named_number rcode_names[] = {
	{0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
	{5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
	{10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
	{19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

static const char *find_name(const struct named_number *names, size_t count, uint16_t number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

#define FIND_NAME(names, number) find_name((names), sizeof(names) / sizeof *(names), (number))

const char *dns_type_name(uint16_t type)
{
	return FIND_NAME(type_names, type);
}

const char *dns_class_name(uint16_t class)
{
	return FIND_NAME(class_names, class);
}

const char *dns_rcode_name(uint16_t rcode)
{
	return FIND_NAME(rcode_names, rcode);
}

// ---- names --------------------------------------------------------------------------------------------------------

// A byte of a label or a string as in RFC 1035, 5.1; `special` are escaped with a backslash.
static size_t put_byte(char *to, uint8_t byte, const char *special)
{
	if (byte < 0x20 || byte >= 0x7f)
		return (size_t)snprintf(to, 5, "\\%03u", byte);
	if (strchr(special, byte)) {
		to[0] = '\\';
		to[1] = (char)byte;
		return 2;
	}
	to[0] = (char)byte;
	return 1;
}

bool dns_read_name(struct bytes whole, struct bytes *at, char text[DNS_NAME_TEXT_MAX + 1])
{
	struct bytes from = *at;
	size_t length = 0, wire = 0;
	unsigned jumps = 0;
	for (;;) {
		uint8_t label = bytes_u8(&from);
		if (from.bad || (label & 0xc0) == 0x40 || (label & 0xc0) == 0x80)
			return false;
		if (label >= 0xc0) {
			size_t offset = (size_t)(label & 0x3f) << 8 | bytes_u8(&from);
			if (from.bad || ++jumps > JUMPS_MAX)
				return false;
			if (jumps == 1)
				*at = from;
			from = whole;
			bytes_skip(&from, offset);
			continue;
		}
		if (label == 0)
			break;
		wire += label + 1u;
		struct bytes bytes = bytes_split(&from, label);
		if (bytes.bad || wire >= DNS_NAME_WIRE_MAX) // the root's byte is to come
			return false;
		if (length)
			text[length++] = '.';
		while (bytes.left)
			length += put_byte(text + length, bytes_u8(&bytes), ".\\");
	}
	if (!jumps)
		*at = from;
	if (length == 0)
		text[length++] = '.';
	text[length] = '\0';
	return true;
}

// ---- messages -----------------------------------------------------------------------------------------------------

static void read_questions(struct dns_message *m)
{
	for (unsigned i = 0; i < m->questions && !m->malformed; i++) {
		char name[DNS_NAME_TEXT_MAX + 1];
		m->malformed = !dns_read_name(m->whole, &m->rest, i == 0 ? m->name : name);
		uint16_t type = bytes_u16(&m->rest), class = bytes_u16(&m->rest);
		m->malformed |= m->rest.bad;
		if (i > 0 || m->malformed)
			continue;
		m->type = type;
		m->class = class;
		m->has_question = true;
	}
}

bool dns_read_message(struct dns_message *m, struct bytes whole)
{
	*m = (struct dns_message){.whole = whole, .rest = whole};
	m->id = bytes_u16(&m->rest);
	m->flags = bytes_u16(&m->rest);
	m->questions = bytes_u16(&m->rest);
	m->answers = bytes_u16(&m->rest);
	m->authorities = bytes_u16(&m->rest);
	m->additionals = bytes_u16(&m->rest);
	m->opcode = m->flags >> 11 & 0xf;
	m->rcode = m->flags & 0xf;
	if (m->rest.bad)
		return false;
	read_questions(m);
	return true;
}

bool dns_read_record(struct dns_message *m, struct dns_record *r)
{
	if (!dns_read_name(m->whole, &m->rest, r->name))
		return false;
	r->type = bytes_u16(&m->rest);
	r->class = bytes_u16(&m->rest);
	r->ttl = bytes_u32(&m->rest);
	r->data = bytes_split(&m->rest, bytes_u16(&m->rest));
	return !m->rest.bad;
}

void dns_note_edns(struct dns_message *m, const struct dns_record *r)
{
	if (r->type != DNS_TYPE_OPT)
		return;
	m->has_edns = true;
	m->edns_udp_size = r->class;
	m->dnssec_ok = r->ttl & OPT_DNSSEC_OK;
	m->rcode |= (uint16_t)(r->ttl >> 24 << 4);
}

void dns_read_edns(struct dns_message *m)
{
	struct bytes rest = m->rest;
	unsigned count = (unsigned)m->answers + m->authorities + m->additionals;
	struct dns_record r;
	for (unsigned i = 0; i < count && !m->malformed; i++) {
		m->malformed = !dns_read_record(m, &r);
		if (!m->malformed)
			dns_note_edns(m, &r);
	}
	m->rest = rest;
}

// ---- data of records ----------------------------------------------------------------------------------------------

static void put_text(struct dns_text *t, const char *text)
{
	size_t n = strlen(text), room = sizeof t->at - 1 - t->length;
	n = n < room ? n : room;
	memcpy(t->at + t->length, text, n);
	t->length += n;
	t->at[t->length] = '\0';
}

static void put_number(struct dns_text *t, uint32_t number)
{
	char text[16];
	snprintf(text, sizeof text, "%u ", number);
	put_text(t, text);
}

// Names in data may be compressed: they are read from the message.
static bool put_name(struct dns_text *t, const struct dns_message *m, struct bytes *data)
{
	char name[DNS_NAME_TEXT_MAX + 1];
	struct bytes at = *data;
	if (!dns_read_name(m->whole, &at, name))
		return false;
	*data = at;
	put_text(t, name);
	return true;
}

static bool put_soa(struct dns_text *t, const struct dns_message *m, struct bytes data)
{
	if (!put_name(t, m, &data))
		return false;
	put_text(t, " ");
	if (!put_name(t, m, &data))
		return false;
	put_text(t, " ");
	for (int i = 0; i < 5; i++)
		put_number(t, bytes_u32(&data));
	t->at[--t->length] = '\0';
	return !data.bad;
}

static void put_strings(struct dns_text *t, struct bytes data)
{
	while (data.left && t->length < DNS_DATA_TEXT_MAX) {
		struct bytes string = bytes_split(&data, bytes_u8(&data));
		put_text(t, t->length ? " \"" : "\"");
		while (string.left && t->length < DNS_DATA_TEXT_MAX) {
			t->length += put_byte(t->at + t->length, bytes_u8(&string), "\"\\");
			t->at[t->length] = '\0';
		}
		put_text(t, "\"");
	}
}

static void put_unknown(struct dns_text *t, struct bytes data)
{
	char hex[2 * UNKNOWN_MAX + 1];
	size_t shown = data.left < UNKNOWN_MAX ? data.left : UNKNOWN_MAX;
	put_text(t, "\\# ");
	put_number(t, (uint32_t)data.left);
	wire_digits(hex, bytes_take(&data, shown), shown);
	put_text(t, hex);
}

static bool put_address(struct dns_text *t, struct bytes data, size_t length)
{
	struct address address = address_from_bytes(data, length == 16);
	char text[ADDRESS_TEXT_MAX];
	if (data.left != length)
		return false;
	address_text(text, &address, length == 16 ? 6 : 4);
	put_text(t, text);
	return true;
}

// A record's data in the form of its type; false: it has none, or the data is not of that form.
static bool put_typed(struct dns_text *t, const struct dns_message *m, const struct dns_record *r)
{
	struct bytes data = r->data;
	switch (r->type) {
	case DNS_TYPE_A:
		return put_address(t, data, 4);
	case DNS_TYPE_AAAA:
		return put_address(t, data, 16);
	case DNS_TYPE_NS:
	case DNS_TYPE_CNAME:
	case DNS_TYPE_PTR:
	case DNS_TYPE_DNAME:
		return put_name(t, m, &data);
	case DNS_TYPE_SOA:
		return put_soa(t, m, data);
	case DNS_TYPE_MX:
		put_number(t, bytes_u16(&data));
		return put_name(t, m, &data);
	case DNS_TYPE_SRV:
		for (int i = 0; i < 3; i++)
			put_number(t, bytes_u16(&data));
		return put_name(t, m, &data);
	case DNS_TYPE_TXT:
	case DNS_TYPE_SPF:
		put_strings(t, data);
		return true;
	default:
		return false;
	}
}

// Names that cannot be read, and addresses of another length, make a message malformed. An update (RFC 2136) has records
// without data.
static bool is_broken(const struct dns_record *r)
{
	bool has_form = r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA || r->type == DNS_TYPE_NS ||
	                r->type == DNS_TYPE_CNAME || r->type == DNS_TYPE_PTR || r->type == DNS_TYPE_DNAME ||
	                r->type == DNS_TYPE_SOA || r->type == DNS_TYPE_MX || r->type == DNS_TYPE_SRV;
	return has_form && r->data.left > 0;
}

void dns_put_data(struct dns_text *t, struct dns_message *m, const struct dns_record *r)
{
	t->length = 0;
	t->at[0] = '\0';
	if (put_typed(t, m, r))
		return;
	m->has_broken_data |= is_broken(r);
	t->length = 0;
	t->at[0] = '\0';
	put_unknown(t, r->data);
}

bool dns_data_is_unknown(const char *data)
{
	return data[0] == '\\' && data[1] == '#';
}
