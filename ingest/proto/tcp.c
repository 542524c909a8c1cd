// TCP: RFC 9293, 3.1; options: RFC 9293, 3.2 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK),
// RFC 8684, 3 (MPTCP).
#include "ip.h"

enum {
	HEADER_MIN = 20,
	RESERVED_BITS = 0x0e00, // between data offset and AE
	FLAG_BITS = 0x01ff,
	DATA_OFFSET_SHIFT = 12,
};

enum option {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WINDOW_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
	OPTION_MPTCP = 30,
};

enum { MP_CAPABLE = 0, MP_CAPABLE_KEY_LENGTH = 10 };

static void read_sacks(struct tcp_header *tcp, struct bytes body)
{
	tcp->sack_count = 0;
	while (body.left >= 8 && tcp->sack_count < PACKET_SACKS_MAX) {
		unsigned i = tcp->sack_count++;
		tcp->sacks[i].left = bytes_u32(&body);
		tcp->sacks[i].right = bytes_u32(&body);
	}
}

static void read_mptcp(struct tcp_header *tcp, struct bytes body)
{
	size_t length = body.left;
	unsigned subtype = bytes_u8(&body) >> 4;
	if (length == 0)
		return;
	tcp->mptcp_subtypes |= (uint16_t)(1u << subtype);
	tcp->mptcp_key |= subtype == MP_CAPABLE && length >= MP_CAPABLE_KEY_LENGTH;
}

// Fills in one option; false: its length is wrong.
static bool read_option(struct tcp_header *tcp, uint8_t kind, struct bytes body)
{
	size_t length = body.left;
	bool syn = tcp->flags & TCP_SYN;

	switch (kind) {
	case OPTION_MSS:
		if (syn && length == 2)
			tcp->mss = bytes_u16(&body);
		return length == 2;
	case OPTION_WINDOW_SCALE:
		if (length == 1)
			tcp->window_scale = bytes_u8(&body);
		return length == 1;
	case OPTION_SACK_PERMITTED:
		tcp->sack_permitted |= syn && length == 0;
		return length == 0;
	case OPTION_SACK:
		read_sacks(tcp, body);
		return length && length % 8 == 0;
	case OPTION_TIMESTAMPS:
		if (length != 8)
			return false;
		tcp->tsval = bytes_u32(&body);
		tcp->tsecr = bytes_u32(&body);
		tcp->has_timestamps = true;
		return true;
	case OPTION_MPTCP:
		read_mptcp(tcp, body);
		return true;
	default:
		return true;
	}
}

// Options that the snap length cut end where they are cut.
static void read_options(struct dissection *d, struct bytes options, bool cut)
{
	while (options.left) {
		uint8_t kind = bytes_u8(&options);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		uint8_t length = bytes_u8(&options);
		struct bytes body = bytes_split(&options, length >= 2 ? length - 2u : SIZE_MAX);
		if (body.bad && cut)
			return;
		if (!body.bad && read_option(&d->ip->tcp, kind, body))
			continue;
		d->ip->tcp.options_unknown |= kind == OPTION_SACK; // behind any other, Wireshark reads on
		dissect_error(d, PACKET_ERROR_TCP_OPTIONS);
	}
}

static void judge_flags(struct dissection *d, uint16_t word)
{
	unsigned flags = word & FLAG_BITS;

	if (word & RESERVED_BITS)
		dissect_error(d, PACKET_ERROR_TCP_RESERVED_BITS);
	if ((flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
		dissect_error(d, PACKET_ERROR_TCP_SYN_FIN);
	if ((flags & (TCP_SYN | TCP_RST)) == (TCP_SYN | TCP_RST))
		dissect_error(d, PACKET_ERROR_TCP_SYN_RST);
	if (flags == 0)
		dissect_error(d, PACKET_ERROR_TCP_NO_FLAGS);
}

static void decode(struct dissection *d)
{
	struct tcp_header *tcp = &d->ip->tcp;
	struct bytes segment = d->rest, ports = d->rest;

	ip_ports(d, &ports);
	struct bytes header = bytes_split(&d->rest, HEADER_MIN);
	if (header.bad)
		return;
	bytes_skip(&header, 4);
	tcp->mss = -1;
	tcp->window_scale = -1;
	tcp->seq = bytes_u32(&header);
	tcp->ack = bytes_u32(&header);
	uint16_t word = bytes_u16(&header);
	tcp->flags = word & FLAG_BITS;
	tcp->window = bytes_u16(&header);
	uint16_t checksum = bytes_u16(&header);
	tcp->urgent = bytes_u16(&header);

	judge_flags(d, word);
	ip_verify_all(d, segment, checksum, ip_pseudo_sum(d, IP_PROTO_TCP, segment.left + d->cut));
	uint32_t length = (uint32_t)(word >> DATA_OFFSET_SHIFT) * 4;
	if (length < HEADER_MIN || length - HEADER_MIN > dissect_wire_left(d)) {
		dissect_malformed(d, PACKET_ERROR_TCP_DATA_OFFSET);
		return;
	}
	bool cut = length - HEADER_MIN > d->rest.left;
	d->ip->has_transport = true;
	tcp->options_unknown = cut;
	read_options(d, dissect_split_cut(d, length - HEADER_MIN), cut);
}

static const struct field mss_fields[] = {
	FIELD("tcp.options.mss_val", 2, 2, FIELD_NUMBER),
	FIELD_END,
};

static const struct field window_scale_fields[] = {
	FIELD("tcp.options.wscale.shift", 2, 1, FIELD_NUMBER),
	FIELD_END,
};

static const struct field sack_fields[] = {
	FIELD("", 2, 8, FIELD_REPEAT),
	FIELD("tcp.options.sack_le", 0, 4, FIELD_NUMBER),
	FIELD("tcp.options.sack_re", 4, 4, FIELD_NUMBER),
	FIELD_END,
};

static const struct field timestamp_fields[] = {
	FIELD("tcp.options.timestamp.tsval", 2, 4, FIELD_NUMBER),
	FIELD("tcp.options.timestamp.tsecr", 6, 4, FIELD_NUMBER),
	FIELD_END,
};

static const struct field_option known_options[] = {
	{OPTION_END, "end of options", NULL},
	{OPTION_NOP, "no operation", NULL},
	{OPTION_MSS, "maximum segment size", mss_fields},
	{OPTION_WINDOW_SCALE, "window scale", window_scale_fields},
	{OPTION_SACK_PERMITTED, "SACK permitted", NULL},
	{OPTION_SACK, "SACK", sack_fields},
	{OPTION_TIMESTAMPS, "timestamps", timestamp_fields},
	{19, "MD5 signature", NULL},
	{28, "user timeout", NULL},
	{29, "TCP-AO", NULL},
	{OPTION_MPTCP, "multipath TCP", NULL},
	{34, "fast open cookie", NULL},
	{0, NULL, NULL},
};

static const struct field_options tcp_options = {
	.kind_name = "tcp.option_kind",
	.length_name = "tcp.option_len",
	.known = known_options,
	.kind_width = 1,
	.length_at = 1,
	.length_unit = 1,
	.singles = 1 << OPTION_END | 1 << OPTION_NOP,
	.zero_ends = true,
};

static const struct field fields[] = {
	FIELD("tcp.srcport", 0, 2, FIELD_NUMBER),
	FIELD("tcp.dstport", 2, 2, FIELD_NUMBER),
	FIELD("tcp.seq_raw", 4, 4, FIELD_NUMBER),
	FIELD("tcp.ack_raw", 8, 4, FIELD_NUMBER),
	FIELD("tcp.hdr_len", 12, 1, FIELD_NUMBER, .mask = 0xf0, .factor = 4),
	FIELD("tcp.flags", 12, 2, FIELD_HEX, .mask = 0x0fff),
	FIELD("tcp.flags.ae", 12, 2, FIELD_NUMBER, .mask = TCP_AE),
	FIELD("tcp.flags.cwr", 12, 2, FIELD_NUMBER, .mask = TCP_CWR),
	FIELD("tcp.flags.ece", 12, 2, FIELD_NUMBER, .mask = TCP_ECE),
	FIELD("tcp.flags.urg", 12, 2, FIELD_NUMBER, .mask = TCP_URG),
	FIELD("tcp.flags.ack", 12, 2, FIELD_NUMBER, .mask = TCP_ACK),
	FIELD("tcp.flags.push", 12, 2, FIELD_NUMBER, .mask = TCP_PSH),
	FIELD("tcp.flags.reset", 12, 2, FIELD_NUMBER, .mask = TCP_RST),
	FIELD("tcp.flags.syn", 12, 2, FIELD_NUMBER, .mask = TCP_SYN),
	FIELD("tcp.flags.fin", 12, 2, FIELD_NUMBER, .mask = TCP_FIN),
	FIELD("tcp.window_size_value", 14, 2, FIELD_NUMBER),
	FIELD("tcp.checksum", 16, 2, FIELD_HEX),
	FIELD("tcp.urgent_pointer", 18, 2, FIELD_NUMBER),
	FIELD("", HEADER_MIN, FIELD_REST, FIELD_OPTIONS, .options = &tcp_options),
	FIELD_END,
};

const struct decoder decoder_tcp = {
	.name = "tcp",
	.keys = {{"ip.proto", IP_PROTO_TCP}},
	.decode = decode,
	.fields = fields,
};
