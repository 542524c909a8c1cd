// Applications that are only named: by their first bytes, at their ports or anywhere. One table says all. A few are
// followed as far as the point where they become TLS or, behind SOCKS, something else.
//
// A name goes on a packet's stack where Wireshark puts it: at the ports that it knows for it. TCP connections are
// followed no further than their first bytes.
#include "../application.h"

#include <ctype.h>

#include "../wire_text.h"

enum {
	PORTS_MAX = 6,
	FOLLOWED_MAX = 16, // messages that are looked at on the way to TLS, or from STUN to media
};

enum transport { TCP = 1, UDP = 2 };

enum where {
	AT_PORTS,
	ANYWHERE,  // its bytes say enough at any port
	HEURISTIC, // and Wireshark finds it there too
};

struct state;

struct named {
	const char *name;  // flows.application
	const char *layer; // on the packet's stack; NULL: the same; "": none, Wireshark does not know it there
	unsigned transports;
	uint16_t ports[PORTS_MAX];
	bool (*fits)(struct bytes first);
	enum where where;
	// The way to TLS: takes a message as application.stream does.
	size_t (*follow)(struct application_call *, struct state *, struct bytes data);
};

struct state {
	const struct named *named;
	unsigned messages;
	bool asked_tls;
};

// ---- words --------------------------------------------------------------------------------------------------------

static bool begins_with_one_of(struct bytes text, const char *const *words)
{
	for (; *words; words++)
		if (wire_begins(text, *words))
			return true;
	return false;
}

static uint64_t peek_le(struct bytes b, size_t offset, size_t width)
{
	if (offset > b.left)
		return 0;
	bytes_skip(&b, offset);
	return bytes_uint_le(&b, width);
}

// A length of BER (X.690, 8.1.3) at `offset`; *at moves behind it. False: not of a definite form of up to four bytes.
static bool ber_length(struct bytes b, size_t *at, size_t *length)
{
	uint8_t first = (uint8_t)bytes_peek(b, *at, 1);
	size_t width = first & 0x7f;
	*at += 1;
	*length = first;
	if (first < 0x80)
		return *at <= b.left;
	if (width == 0 || width > 4 || *at + width > b.left)
		return false;
	*length = (size_t)bytes_peek(b, *at, width);
	*at += width;
	return true;
}

// ---- what they begin with -----------------------------------------------------------------------------------------

static bool fits_ssh(struct bytes b)
{
	return wire_begins(b, "SSH-");
}

// IAC and a command (RFC 854), or words.
static bool fits_telnet(struct bytes b)
{
	return (bytes_peek(b, 0, 1) == 0xff && bytes_peek(b, 1, 1) >= 0xf0) || wire_is_text(b);
}

static bool fits_text(struct bytes b)
{
	return wire_is_text(b);
}

// A length in hex digits, then the service (gitprotocol-pack).
static bool fits_git(struct bytes b)
{
	for (int i = 0; i < 4; i++)
		if (!isxdigit(bytes_u8(&b)))
			return false;
	return wire_begins(b, "git-");
}

// The server's handshake: a length of three bytes, low byte first, number 0, version 10, then a version's digits.
static bool fits_mysql(struct bytes b)
{
	return peek_le(b, 0, 3) + 4 == b.left && bytes_peek(b, 3, 2) == 0x000a && isdigit((int)bytes_peek(b, 5, 1)) &&
	       bytes_peek(b, 6, 1) == '.';
}

enum { PG_TLS = 80877103, PG_CANCEL = 80877102, PG_GSS = 80877104, PG_VERSION_3 = 0x00030000 };

static bool fits_pgsql(struct bytes b)
{
	uint64_t length = bytes_peek(b, 0, 4), code = bytes_peek(b, 4, 4);
	if (code == PG_VERSION_3)
		return length == b.left && wire_holds(b, "user");
	return (length == 8 && (code == PG_TLS || code == PG_GSS)) || (length == 16 && code == PG_CANCEL);
}

// An array of strings: *2, then $4
static bool fits_resp(struct bytes b)
{
	return bytes_peek(b, 0, 1) == '*' && isdigit((int)bytes_peek(b, 1, 1)) && wire_holds(b, "\r\n$");
}

// Its length, and an operation code (MongoDB wire protocol), low bytes first.
static bool fits_mongo(struct bytes b)
{
	uint64_t length = peek_le(b, 0, 4), code = peek_le(b, 12, 4);
	return length >= 16 && length == b.left &&
	       (code == 2004 || code == 2010 || code == 2012 || code == 2013 || code == 1);
}

static bool is_smb(struct bytes b, size_t at)
{
	uint64_t magic = bytes_peek(b, at, 4);
	return magic == 0xff534d42 || magic == 0xfe534d42;
}

static bool fits_smb(struct bytes b)
{
	return bytes_peek(b, 0, 1) == 0 && bytes_peek(b, 1, 3) + 4 >= 36 && is_smb(b, 4);
}

// A session request (RFC 1002, 4.3.2)
static bool fits_nbss(struct bytes b)
{
	return bytes_peek(b, 0, 2) == 0x8100 && bytes_peek(b, 2, 2) + 4 == b.left && bytes_peek(b, 4, 1) == 0x20;
}

// A sequence with a message id, and an operation (RFC 4511, 4.1.1).
static bool fits_ldap(struct bytes b)
{
	size_t at = 1, length;
	if (bytes_peek(b, 0, 1) != 0x30 || !ber_length(b, &at, &length) || bytes_peek(b, at, 1) != 0x02)
		return false;
	size_t width = (size_t)bytes_peek(b, at + 1, 1);
	uint8_t operation = (uint8_t)bytes_peek(b, at + 2 + width, 1);
	return width >= 1 && width <= 4 && (operation & 0xc0) == 0x40 && (operation & 0x1f) <= 25;
}

// Application tags of its messages (RFC 4120, 5.10), over TCP behind a length.
static bool is_kerberos_tag(uint8_t tag)
{
	return (tag >= 0x6a && tag <= 0x6f) || (tag >= 0x74 && tag <= 0x76) || tag == 0x7e;
}

static bool fits_kerberos(struct bytes b)
{
	return is_kerberos_tag((uint8_t)bytes_peek(b, 0, 1)) ||
	       (bytes_peek(b, 0, 4) + 4 == b.left && is_kerberos_tag((uint8_t)bytes_peek(b, 4, 1)));
}

enum { COTP_REQUEST = 0xe0, COTP_CONFIRM = 0xd0 };

// TPKT (RFC 1006) with a connection request or confirm (X.224).
static bool fits_tpkt(struct bytes b)
{
	uint64_t type = bytes_peek(b, 5, 1) & 0xf0;
	return bytes_peek(b, 0, 2) == 0x0300 && bytes_peek(b, 2, 2) == b.left && b.left >= 11 &&
	       (type == COTP_REQUEST || type == COTP_CONFIRM);
}

static bool fits_rtsp(struct bytes b)
{
	return wire_begins(b, "RTSP/1.") || wire_holds(wire_first_line(b), " RTSP/1.");
}

// CONNECT (MQTT 3.1.1, 3.1)
static bool fits_mqtt(struct bytes b)
{
	size_t at = 2;
	if (bytes_peek(b, 0, 1) != 0x10)
		return false;
	while (at < 5 && bytes_peek(b, at - 1, 1) & 0x80)
		at++;
	bytes_skip(&b, at);
	return (bytes_peek(b, 0, 2) == 4 && bytes_peek(b, 2, 4) == 0x4d515454) ||
	       (bytes_peek(b, 0, 2) == 6 && bytes_peek(b, 2, 6) == 0x4d5149736470);
}

static bool fits_amqp(struct bytes b)
{
	return wire_begins(b, "AMQP") && b.left >= 8;
}

static bool fits_bittorrent(struct bytes b)
{
	return wire_begins(b,
	                   "\x13"
	                   "BitTorrent protocol");
}

// Version 3 and 1536 bytes (RTMP, 5.2)
static bool fits_rtmp(struct bytes b)
{
	return bytes_peek(b, 0, 1) == 3 && bytes_peek(b, 5, 4) == 0;
}

static bool fits_irc(struct bytes b)
{
	static const char *const words[] = {"NICK ",    "USER ", "PASS ", "CAP ",   "NOTICE ",
	                                    "PRIVMSG ", ":",     "PING ", "ERROR ", NULL};
	return begins_with_one_of(b, words) && wire_is_text(b);
}

static bool fits_vnc(struct bytes b)
{
	return wire_begins(b, "RFB 0") && b.left == 12;
}

static bool fits_rsync(struct bytes b)
{
	return wire_begins(b, "@RSYNCD:");
}

// RFC 5905, 7.3: version 1 to 4 and a mode; the header, or one with a key and a digest behind; control and private
// messages may be of any length.
static bool fits_ntp(struct bytes b)
{
	uint8_t first = (uint8_t)bytes_peek(b, 0, 1);
	uint8_t version = first >> 3 & 7, mode = first & 7;
	return version >= 1 && version <= 4 && mode >= 1 && (b.left >= 48 || (mode >= 6 && b.left >= 8));
}

static bool fits_snmp(struct bytes b)
{
	size_t at = 1, length;
	return bytes_peek(b, 0, 1) == 0x30 && ber_length(b, &at, &length) && bytes_peek(b, at, 2) == 0x0201 &&
	       bytes_peek(b, at + 2, 1) <= 3;
}

static bool fits_syslog(struct bytes b)
{
	return bytes_u8(&b) == '<' && isdigit((int)bytes_peek(b, 0, 1)) && bytes_find(b, '>') <= 3;
}

// A request: a file's name and a mode (RFC 1350, 5).
static bool fits_tftp(struct bytes b)
{
	uint16_t code = bytes_u16(&b);
	bytes_skip(&b, bytes_find(b, 0));
	bytes_skip(&b, 1);
	return (code == 1 || code == 2) && !b.bad && isalpha((int)bytes_peek(b, 0, 1));
}

// Codes that IANA has assigned (RFC 3575, 6.1), and the length.
static bool fits_radius(struct bytes b)
{
	uint64_t code = bytes_peek(b, 0, 1), length = bytes_peek(b, 2, 2);
	bool is_assigned = (code >= 1 && code <= 13) || (code >= 21 && code <= 34) || (code >= 40 && code <= 45) ||
	                   (code >= 50 && code <= 52);
	return length >= 20 && length <= b.left && is_assigned;
}

// The magic cookie (RFC 8489, 5), and a length that fills the datagram.
static bool fits_stun(struct bytes b)
{
	uint64_t length = bytes_peek(b, 2, 2);
	return bytes_peek(b, 0, 1) < 0x40 && bytes_peek(b, 4, 4) == 0x2112a442 && length + 20 == b.left &&
	       length % 4 == 0;
}

static bool fits_ssdp(struct bytes b)
{
	static const char *const words[] = {"M-SEARCH ", "NOTIFY ", "HTTP/1.", NULL};
	return begins_with_one_of(b, words);
}

// A header as of DNS, and names of 32 letters (RFC 1002, 4.2).
static bool fits_nbns(struct bytes b)
{
	return b.left >= 12 && bytes_peek(b, 4, 2) <= 1 && bytes_peek(b, 6, 2) <= 8;
}

static bool fits_nbdgm(struct bytes b)
{
	uint64_t type = bytes_peek(b, 0, 1);
	return type >= 0x10 && type <= 0x16 && b.left >= 11;
}

static bool fits_dhcpv6(struct bytes b)
{
	uint64_t type = bytes_peek(b, 0, 1);
	return type >= 1 && type <= 36 && b.left >= 4;
}

static bool fits_isakmp(struct bytes b)
{
	uint64_t version = bytes_peek(b, 17, 1);
	return b.left >= 28 && (version == 0x10 || version == 0x20) && bytes_peek(b, 24, 4) <= b.left;
}

static bool fits_bt_dht(struct bytes b)
{
	static const char *const words[] = {"d1:ad2:id20:", "d1:rd2:id20:", NULL};
	return begins_with_one_of(b, words);
}

// RFC 2453, 4
static bool fits_rip(struct bytes b)
{
	uint64_t command = bytes_peek(b, 0, 1), version = bytes_peek(b, 1, 1);
	return command >= 1 && command <= 6 && (version == 1 || version == 2) && bytes_peek(b, 2, 2) == 0 &&
	       b.left % 20 == 4;
}

// Google's before the standard: a flag for the version, an id of eight bytes, and the version as letters.
static bool fits_gquic(struct bytes b)
{
	uint8_t flags = (uint8_t)bytes_peek(b, 0, 1);
	return (flags & 0x8b) == 0x09 && bytes_peek(b, 9, 1) == 'Q' && isdigit((int)bytes_peek(b, 10, 1)) &&
	       isdigit((int)bytes_peek(b, 11, 1)) && isdigit((int)bytes_peek(b, 12, 1));
}

enum { SOCKS4 = 4, SOCKS5 = 5, SOCKS_CONNECT = 1, SOCKS_METHODS_MAX = 8 };

// A greeting (RFC 1928, 3), or a request of version 4, which ends with a NUL.
static bool fits_socks(struct bytes b)
{
	uint64_t version = bytes_peek(b, 0, 1), second = bytes_peek(b, 1, 1);
	if (version == SOCKS5)
		return second >= 1 && second <= SOCKS_METHODS_MAX && b.left == 2 + second;
	return version == SOCKS4 && second == SOCKS_CONNECT && b.left >= 9 && bytes_peek(b, b.left - 1, 1) == 0;
}

// A stream's header (RFC 6120, 4.7)
static bool fits_xmpp(struct bytes b)
{
	return wire_begins(b, "<stream:stream") ||
	       (wire_begins(b, "<?xml") && wire_holds(b, "http://etherx.jabber.org/streams"));
}

// ---- the way to TLS -----------------------------------------------------------------------------------------------

// An SSLRequest, and the server's S (PostgreSQL, 55.2.10).
static size_t follow_pgsql(struct application_call *call, struct state *s, struct bytes data)
{
	if (!s->asked_tls) {
		s->asked_tls = data.left == 8 && bytes_peek(data, 4, 4) == PG_TLS;
		call->stop = !s->asked_tls;
		return data.left;
	}
	call->leave = data.left == 1 && bytes_peek(data, 0, 1) == 'S';
	call->stop = !call->leave;
	return data.left;
}

enum { MYSQL_CLIENT_TLS = 0x0800 };

// The client's SSL request is a login that ends behind its header.
static size_t follow_mysql(struct application_call *call, struct state *s, struct bytes data)
{
	size_t length = (size_t)peek_le(data, 0, 3) + 4;
	(void)s;
	if (data.left < 4 || length > data.left)
		return length > 4096 ? data.left : 0;
	bool is_login = bytes_peek(data, 3, 1) == 1;
	call->leave = is_login && length == 36 && peek_le(data, 4, 4) & MYSQL_CLIENT_TLS;
	call->stop = is_login && !call->leave;
	return length;
}

// A negotiation response behind the connection confirm (MS-RDPBCGR, 2.2.1.2.1) that chooses TLS.
static size_t follow_rdp(struct application_call *call, struct state *s, struct bytes data)
{
	size_t length = (size_t)bytes_peek(data, 2, 2);
	(void)s;
	if (data.left < 4 || (length > data.left && length < 512))
		return 0;
	bool confirms = (bytes_peek(data, 5, 1) & 0xf0) == COTP_CONFIRM;
	call->leave = confirms && length == 19 && bytes_peek(data, 11, 1) == 2 && peek_le(data, 15, 4);
	call->stop = length < 4 || (confirms && !call->leave) || (bytes_peek(data, 5, 1) & 0xf0) < COTP_CONFIRM;
	return length < 4 || length > data.left ? data.left : length;
}

enum { LDAP_EXTENDED_REQUEST = 0x77, LDAP_EXTENDED_RESPONSE = 0x78 };

// StartTLS (RFC 4511, 4.14)
static size_t follow_ldap(struct application_call *call, struct state *s, struct bytes data)
{
	size_t at = 1, length;
	if (!ber_length(data, &at, &length))
		return 0;
	if (at + length > data.left)
		return length < 4096 ? 0 : at + length;
	struct bytes message = data;
	message.left = at + length;
	size_t width = (size_t)bytes_peek(message, at + 1, 1);
	size_t operation = at + 2 + width;
	uint64_t tag = bytes_peek(message, operation, 1);
	if (tag == LDAP_EXTENDED_REQUEST)
		s->asked_tls = wire_holds(message, "1.3.6.1.4.1.1466.20037");
	bytes_skip(&message, operation < message.left ? operation + 1 : message.left);
	size_t body = 0;
	bool read = ber_length(message, &body, &length);
	call->leave = s->asked_tls && tag == LDAP_EXTENDED_RESPONSE && read && bytes_peek(message, body, 3) == 0x0a0100;
	return data.left < at ? data.left : (size_t)(message.at - data.at) + message.left;
}

// The server's <proceed/> (RFC 6120, 5.4.2.3)
static size_t follow_xmpp(struct application_call *call, struct state *s, struct bytes data)
{
	(void)s;
	call->leave = wire_holds(data, "<proceed") && wire_holds(data, "urn:ietf:params:xml:ns:xmpp-tls");
	return data.left;
}

enum { SOCKS4_GRANTED = 0x005a, SOCKS4_REPLY_LEN = 8, SOCKS_IPV4 = 1, SOCKS_NAME = 3, SOCKS_IPV6 = 4 };

// Behind the proxy's consent (RFC 1928, 6) the connection is what the client has asked for.
static size_t follow_socks(struct application_call *call, struct state *s, struct bytes data)
{
	(void)s;
	uint64_t kind = bytes_peek(data, 3, 1);
	size_t address_len = kind == SOCKS_IPV4   ? 4
	                     : kind == SOCKS_IPV6 ? 16
	                     : kind == SOCKS_NAME ? 1 + (size_t)bytes_peek(data, 4, 1)
	                                          : 0;
	size_t length = 4 + address_len + 2;
	if (bytes_peek(data, 0, 3) == (uint64_t)SOCKS5 << 16 && address_len && data.left >= length) {
		call->leave = true;
		return length;
	}
	call->leave = data.left >= SOCKS4_REPLY_LEN && bytes_peek(data, 0, 2) == SOCKS4_GRANTED;
	return call->leave ? SOCKS4_REPLY_LEN : data.left;
}

// ---- the table ----------------------------------------------------------------------------------------------------

// clang-format off
static const struct named table[] = {
	{"ssh",        NULL, TCP,       {22, 29418},       fits_ssh, ANYWHERE, NULL},
	{"telnet",     NULL, TCP,       {23},              fits_telnet, AT_PORTS, NULL},
	{"whois",      NULL, TCP,       {43},              fits_text, AT_PORTS, NULL},
	{"git",        NULL, TCP,       {9418},            fits_git, ANYWHERE, NULL},
	{"mysql",      NULL, TCP,       {3306},            fits_mysql, ANYWHERE, follow_mysql},
	{"pgsql",      NULL, TCP,       {5432},            fits_pgsql, ANYWHERE, follow_pgsql},
	{"resp",       NULL, TCP,       {6379},            fits_resp, AT_PORTS, NULL},
	{"mongo",      "", TCP,       {27017},           fits_mongo, AT_PORTS, NULL},
	{"smb",        "nbss", TCP,     {445, 139},        fits_smb, AT_PORTS, NULL},
	{"nbss",       NULL, TCP,       {139, 445},        fits_nbss, AT_PORTS, NULL},
	{"ldap",       NULL, TCP,       {389, 3268},       fits_ldap, AT_PORTS, follow_ldap},
	{"kerberos",   NULL, TCP | UDP, {88},              fits_kerberos, AT_PORTS, NULL},
	{"rdp",        "tpkt", TCP,     {3389},            fits_tpkt, AT_PORTS, follow_rdp},
	{"tpkt",       NULL, TCP,       {102},             fits_tpkt, AT_PORTS, NULL},
	{"rtsp",       NULL, TCP,       {554, 8554},       fits_rtsp, ANYWHERE, NULL},
	{"mqtt",       NULL, TCP,       {1883},            fits_mqtt, ANYWHERE, NULL},
	{"amqp",       NULL, TCP,       {5672},            fits_amqp, ANYWHERE, NULL},
	{"bittorrent", NULL, TCP,       {0},               fits_bittorrent, ANYWHERE, NULL},
	{"rtmpt",      NULL, TCP,       {1935},            fits_rtmp, AT_PORTS, NULL},
	{"irc",        NULL, TCP,       {6667, 6666, 6668, 6669, 6670, 57000}, fits_irc, AT_PORTS, NULL},
	{"socks",      "", TCP,       {1080},            fits_socks, ANYWHERE, follow_socks},
	{"xmpp",       "", TCP,       {5222, 5269},      fits_xmpp, ANYWHERE, follow_xmpp},
	{"vnc",        NULL, TCP,       {5900, 5901},      fits_vnc, ANYWHERE, NULL},
	{"rsync",      NULL, TCP,       {873},             fits_rsync, ANYWHERE, NULL},
	{"ntp",        NULL, UDP,       {123},             fits_ntp, AT_PORTS, NULL},
	{"snmp",       NULL, UDP,       {161, 162},        fits_snmp, AT_PORTS, NULL},
	{"syslog",     NULL, UDP,       {514},             fits_syslog, AT_PORTS, NULL},
	{"tftp",       NULL, UDP,       {69},              fits_tftp, AT_PORTS, NULL},
	{"radius",     NULL, UDP,       {1812, 1813, 1645, 1646, 3799}, fits_radius, AT_PORTS, NULL},
	{"stun",       NULL, UDP,       {3478},            fits_stun, HEURISTIC, NULL},
	{"ssdp",       NULL, UDP,       {1900},            fits_ssdp, AT_PORTS, NULL},
	{"nbns",       NULL, UDP,       {137},             fits_nbns, AT_PORTS, NULL},
	{"nbdgm",      NULL, UDP,       {138},             fits_nbdgm, AT_PORTS, NULL},
	{"cldap",      NULL, UDP,       {389},             fits_ldap, AT_PORTS, NULL},
	{"dhcpv6",     NULL, UDP,       {546, 547},        fits_dhcpv6, AT_PORTS, NULL},
	{"isakmp",     NULL, UDP,       {500},             fits_isakmp, AT_PORTS, NULL},
	{"rip",        NULL, UDP,       {520},             fits_rip, AT_PORTS, NULL},
	{"ripng",      NULL, UDP,       {521},             fits_rip, AT_PORTS, NULL},
	{"bt-dht",     NULL, UDP,       {0},               fits_bt_dht, HEURISTIC, NULL},
	{"gquic",      NULL, UDP,       {443, 80},         fits_gquic, AT_PORTS, NULL},
};
// clang-format on

static bool has_port(const struct named *n, uint16_t port)
{
	for (int i = 0; i < PORTS_MAX && n->ports[i]; i++)
		if (n->ports[i] == port)
			return true;
	return false;
}

static bool at_home(const struct named *n, const struct flow *f)
{
	return has_port(n, f->key.low.port) || has_port(n, f->key.high.port);
}

// ---- naming -------------------------------------------------------------------------------------------------------

static const struct named *find_named(const struct application_call *call, struct bytes first)
{
	unsigned transport = call->flow->tcp ? TCP : UDP;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct named *n = &table[i];
		if (n->transports & transport && (n->where != AT_PORTS || at_home(n, call->flow)) && n->fits(first))
			return n;
	}
	return NULL;
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	return find_named(call, first) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void name_packet(struct application_call *call, const struct named *n)
{
	const char *layer = n->layer ? n->layer : n->name;
	if (layer[0] && (n->where == HEURISTIC || at_home(n, call->flow)))
		application_layer(call, layer);
}

static void begin(struct application_call *call, struct bytes first)
{
	struct state *s = call->state;
	if (s->named)
		return;
	s->named = find_named(call, first);
	if (s->named)
		call->flow->application = s->named->name;
}

// Media go the way that STUN has made (RFC 7983, 7): those who know what was announced may know them.
static bool may_be_media(const struct state *s, struct bytes message)
{
	return s->named->fits == fits_stun && bytes_peek(message, 0, 1) >> 6 == 2;
}

static void take_datagram(struct application_call *call, struct bytes message)
{
	struct state *s = call->state;
	begin(call, message);
	if (!s->named) {
		call->stop = true;
		return;
	}
	if (s->named->fits(message))
		name_packet(call, s->named);
	else if (may_be_media(s, message) && s->messages++ < FOLLOWED_MAX)
		call->leave = true;
}

static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	begin(call, data);
	if (s->named && s->messages++ == 0)
		name_packet(call, s->named);
	if (!s->named || !s->named->follow || s->messages > FOLLOWED_MAX) {
		call->stop = true;
		return data.left;
	}
	return s->named->follow(call, s, data);
}

// The ports decide before other applications are asked for what they recognise.
const struct application application_named = {
	.keys = {{"udp.port", 69},   {"udp.port", 88},   {"udp.port", 123},  {"udp.port", 137},  {"udp.port", 138},
             {"udp.port", 161},  {"udp.port", 162},  {"udp.port", 389},  {"udp.port", 514},  {"udp.port", 520},
             {"udp.port", 521},  {"udp.port", 546},  {"udp.port", 547},  {"udp.port", 500},  {"udp.port", 1645},
             {"udp.port", 1646}, {"udp.port", 1812}, {"udp.port", 1813}, {"udp.port", 1900}, {"tcp.port", 22},
             {"tcp.port", 23},   {"tcp.port", 43},   {"tcp.port", 88},   {"tcp.port", 102},  {"tcp.port", 139},
             {"tcp.port", 389},  {"tcp.port", 445},  {"tcp.port", 554},  {"tcp.port", 1935}, {"tcp.port", 3389},
             {"tcp.port", 6667}, {"tcp.port", 8554}},
	.state_size = sizeof(struct state),
	.recognise = recognise,
	.datagram = take_datagram,
	.stream = take_stream,
};
