// ingest/dissect.h: one small frame for each rule, and what becomes of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/dissect.h"
#include "guard.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { FRAME_MAX = 512, TEXT_MAX = 1024, ETHERNET = 1 };

// Parts of frames. Addresses: 10.0.0.1 to 10.0.0.2, fe80::1 to fe80::2. UDP 30000 to 40000 with "abcd", 12 bytes;
// TCP 1000 to 2000 with "abcd", 24 bytes.
#define MACS "020000000001 020000000002 "
#define ADDRESSES4 "0a000001 0a000002 "
#define ADDRESSES6 "fe800000000000000000000000000001 fe800000000000000000000000000002 "
#define IP4_UDP "4500 0020 0001 0000 40 11 66ca " ADDRESSES4
#define IP4_TCP "4500 002c 0001 0000 40 06 66c9 " ADDRESSES4
#define IP6_UDP "60000000 000c 11 40 " ADDRESSES6
#define UDP4 "7530 9c40 000c 159c 61626364 "
#define UDP6 "7530 9c40 000c 2c9a 61626364 "
#define TCP4 "03e8 07d0 00000001 00000002 5010 0064 cae8 0000 61626364 "

struct example {
	const char *name;
	uint16_t link_type;
	uint16_t cut; // bytes that the snap length took off the end
	const char *hex;
	const char *expected;
};

static const char *const VERDICTS[] = {"decoded", "truncated", "malformed", "unsupported"};

static const char *const ERRORS[] = {
#define X(name, text, meaning) text,
	PACKET_ERRORS(X)
#undef X
};

struct text {
	char at[TEXT_MAX];
	size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int written = vsnprintf(text->at + text->used, TEXT_MAX - text->used, format, args);
	va_end(args);
	assert_in_range(written, 0, TEXT_MAX - text->used - 1);
	text->used += (size_t)written;
}

static void add_address(struct text *text, const struct headers *ip, const struct address *address, uint16_t port)
{
	char name[INET6_ADDRSTRLEN];
	const void *at = ip->ip_version == 4 ? address->at + 12 : address->at;

	assert_non_null(inet_ntop(ip->ip_version == 4 ? AF_INET : AF_INET6, at, name, sizeof name));
	add(text, " %s", name);
	if (ip->has_ports)
		add(text, " %u", port);
}

static void add_headers(struct text *text, const struct headers *ip)
{
	add_address(text, ip, &ip->src, ip->src_port);
	add(text, " >");
	add_address(text, ip, &ip->dst, ip->dst_port);
	add(text, " proto %u", ip->protocol);
	if (ip->is_fragment)
		add(text, " fragment %u%s", ip->fragment_offset, ip->more_fragments ? "+" : "");
	if (!ip->has_transport)
		add(text, " no transport");
}

// Everything that a decoder says of a packet, but for the TCP and ICMP headers.
static const char *describe(const struct packet *p)
{
	static struct text text;

	text.used = 0;
	add(&text, "%s", VERDICTS[p->verdict]);
	for (unsigned i = 0; i < PACKET_ERROR_COUNT; i++)
		if (p->errors >> i & 1 && i > PACKET_ERROR_BIT_UNSUPPORTED)
			add(&text, " %s", ERRORS[i]);
	add(&text, " ");
	dissect_stack_text(p, text.at + text.used, TEXT_MAX - text.used);
	text.used += strlen(text.at + text.used);
	if (p->vlan_id >= 0)
		add(&text, " vlan %d", p->vlan_id);
	if (p->ip.ip_version)
		add_headers(&text, &p->ip);
	if (p->ip_checksum != CHECKSUM_UNKNOWN)
		add(&text, " ip %s", p->ip_checksum == CHECKSUM_OK ? "ok" : "wrong");
	if (p->l4_checksum != CHECKSUM_UNKNOWN)
		add(&text, " l4 %s", p->l4_checksum == CHECKSUM_OK ? "ok" : "wrong");
	add(&text, " payload %u", p->payload_len);
	if (p->has_quoted)
		add(&text, " quotes");
	if (p->has_quoted && p->quoted.ip_version)
		add_headers(&text, &p->quoted);
	return text.at;
}

// Dissects the first `length` bytes of an example's frame, the others cut off by the snap length or never there.
static void dissect_part(struct packet *packet, const struct example *e, size_t length, uint32_t cut)
{
	static struct frame frame;
	uint8_t bytes[FRAME_MAX];

	assert_true(guard_from_hex(e->hex, bytes, sizeof bytes) >= length);
	frame.link_type = e->link_type;
	frame.data = guard_bytes(bytes, length);
	frame.wire_len = (uint32_t)length + cut;
	dissect_frame(packet, &frame);
}

static size_t length_of(const struct example *e)
{
	uint8_t bytes[FRAME_MAX];
	return guard_from_hex(e->hex, bytes, sizeof bytes);
}

static void check(const struct example *examples, size_t count)
{
	static struct packet packet;
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		dissect_part(&packet, &examples[i], length_of(&examples[i]), examples[i].cut);
		const char *said = describe(&packet);
		if (strcmp(said, examples[i].expected) == 0)
			continue;
		print_error("%s:\n  said      %s\n  expected  %s\n", examples[i].name, said, examples[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof *(examples))

static const struct example LINKS[] = {
	{"Ethernet", ETHERNET, 0, MACS "0800" IP4_UDP UDP4,
     "decoded eth:ethertype:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"VLAN in VLAN", ETHERNET, 0, MACS "88a8 0005 8100 e007 0800" IP4_UDP UDP4,
     "decoded eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:udp vlan 7 10.0.0.1 30000 > 10.0.0.2 40000 "
     "proto 17 ip ok l4 ok payload 4"},
	{"802.3 with SNAP", ETHERNET, 0, MACS "0028 aaaa03 000000 0800" IP4_UDP UDP4 "0000",
     "decoded eth:llc:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"802.3 in a VLAN", ETHERNET, 0, MACS "8100 0005 0028 aaaa03 000000 0800" IP4_UDP UDP4,
     "decoded eth:ethertype:vlan:llc:ip:udp vlan 5 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"SNAP, unknown organization", ETHERNET, 0, MACS "000a aaaa03 123456 0001 0102",
     "unsupported eth:llc:data payload 2"},
	{"LLC test frame", ETHERNET, 0, MACS "0005 0000e3 0102", "decoded eth:llc:data payload 2"},
	{"LLC without data", ETHERNET, 0, MACS "0003 0000e3 000000", "decoded eth:llc payload 0"},
	{"neither length nor type", ETHERNET, 0, MACS "05ff 0102", "unsupported eth:data payload 2"},
	{"unknown ethertype", ETHERNET, 0, MACS "7777 0102", "unsupported eth:ethertype:data payload 2"},
	{"ISL", ETHERNET, 0, "01000c000000 020000000003 003c aaaa03 00000c 000a 0000 0000" MACS "0800" IP4_UDP UDP4,
     "decoded eth:eth:ethertype:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"ARP", ETHERNET, 0,
     MACS "0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"
          "000000000000",
     "decoded eth:ethertype:arp payload 6"},
	{"ARP, short", ETHERNET, 0, MACS "0806 0001 0800 06 04 0001 020000000001",
     "malformed eth:ethertype:arp payload 14"},
	{"raw, IPv4", 101, 0, IP4_UDP UDP4,
     "decoded raw:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"raw, IPv6", 101, 0, IP6_UDP UDP6,
     "decoded raw:ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"raw, neither", 101, 0, "50000000", "unsupported raw:data payload 4"},
	{"IPv4 without a link layer", 228, 0, IP4_UDP UDP4,
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"IPv6 without a link layer", 229, 0, IP6_UDP UDP6,
     "decoded ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"null, little-endian", 0, 0, "1e000000" IP6_UDP UDP6,
     "decoded null:ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"null, big-endian", 0, 0, "00000002" IP4_UDP UDP4,
     "decoded null:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"null with an ethertype", 0, 0, "00000800" IP4_UDP UDP4,
     "decoded null:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"loop is big-endian", 108, 0, "02000000" IP4_UDP UDP4, "unsupported null:data payload 32"},
	{"Linux cooked", 113, 0, "0000 0001 0006 0200000000010000 0800" IP4_UDP UDP4,
     "decoded sll:ethertype:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"Linux cooked, version 2", 276, 0, "86dd 0000 00000003 0001 00 06 0200000000010000" IP6_UDP UDP6,
     "decoded sll:ethertype:ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"unknown link type", 65000, 0, "0102", "unsupported data payload 2"},
	{"empty frame", ETHERNET, 0, "", "malformed eth payload 0"},
};

static void test_links(void **state)
{
	(void)state;
	CHECK(LINKS);
}

static const struct example IPV4[] = {
	{"padding is out of sight", 228, 0, IP4_UDP UDP4 "000000000000",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"total length 0: the frame's", 228, 0, "4500 0000 0001 0000 40 11 66ea " ADDRESSES4 UDP4,
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"total length below the header's", 228, 0, "4500 0013 0001 0000 40 11 66d7 " ADDRESSES4 UDP4,
     "malformed ip_total_length ip payload 32"},
	{"total length beyond the frame", 228, 0, "4500 0030 0001 0000 40 11 66ba " ADDRESSES4 UDP4,
     "decoded ip_total_length ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok payload 4"},
	{"header length below 20", 228, 0, "4400 0020 0001 0000 40 11 67ca " ADDRESSES4 UDP4,
     "malformed ip_header_length ip payload 32"},
	{"header length beyond the frame", 228, 0, "4f00 0020 0001 0000 40 11 5cca " ADDRESSES4 UDP4,
     "malformed ip_header_length ip payload 32"},
	{"wrong checksum", 228, 0, "4500 0020 0001 0000 40 11 66cb " ADDRESSES4 UDP4,
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip wrong l4 ok payload 4"},
	{"checksum left to the network card", 228, 0, "4500 0020 0001 0000 40 11 0000 " ADDRESSES4 UDP4,
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 l4 ok payload 4"},
	{"reserved bit", 228, 0, "4500 0020 0001 8000 40 11 e6c9 " ADDRESSES4 UDP4,
     "decoded ip_reserved_bit ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"source route: the final destination", 228, 0,
     "4700 0028 0001 0000 40 11 dab0 " ADDRESSES4 "83 07 04 0a000003 00 7530 9c40 000c 159b 61626364",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.3 40000 proto 17 ip ok l4 ok payload 4"},
	{"first fragment", 228, 0, "4500 0020 0001 2000 40 11 46ca " ADDRESSES4 UDP4,
     "decoded ip:data 10.0.0.1 > 10.0.0.2 proto 17 fragment 0+ no transport ip ok payload 12"},
	{"first fragment, cut", 228, 4, "4500 0024 0001 2000 40 11 46c6 " ADDRESSES4 UDP4,
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 fragment 0+ ip ok payload 4"},
	{"last fragment", 228, 0, "4500 001c 0001 0004 40 11 66ca " ADDRESSES4 "0102030405060708",
     "decoded ip:data 10.0.0.1 > 10.0.0.2 proto 17 fragment 32 no transport ip ok payload 8"},
	{"no payload", 228, 0, "4500 0014 0001 0000 40 11 66d6 " ADDRESSES4,
     "malformed ip 10.0.0.1 > 10.0.0.2 proto 17 no transport ip ok payload 0"},
	{"unknown protocol", 228, 0, "4500 0016 0001 0000 40 c8 661d " ADDRESSES4 "0102",
     "unsupported ip:data 10.0.0.1 > 10.0.0.2 proto 200 no transport ip ok payload 2"},
	{"IPv4 in IPv4: the inner one counts", 228, 0, "4500 0034 0001 0000 40 04 66c3 0b000001 0b000002" IP4_UDP UDP4,
     "decoded ip:ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"a malformed inner header leaves the outer one", 228, 0,
     "4500 0034 0001 0000 40 04 64c3 0b000001 0b000002 4400 0020 0001 0000 40 11 67ca " ADDRESSES4 UDP4,
     "malformed ip_header_length ip:ip 11.0.0.1 > 11.0.0.2 proto 4 no transport ip ok payload 32"},
	{"IPv6 where IPv4 was due", 228, 0, IP6_UDP UDP6,
     "decoded ip:ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"neither version", 228, 0, "5500 0020 0001 0000 40 11 56ca " ADDRESSES4 UDP4, "malformed ip payload 32"},
	{"cut in the header", 228, 22, "4500 0020 0001 0000 40 11", "truncated ip payload 32"},
};

static void test_ipv4(void **state)
{
	(void)state;
	CHECK(IPV4);
}

static const struct example IPV6[] = {
	{"hop-by-hop and destination options", 229, 0,
     "60000000 001c 00 40 " ADDRESSES6 "3c 00 05 02 0000 01 00   11 00 01 04 00000000" UDP6,
     "decoded ipv6:ipv6.hopopts:ipv6.dstopts:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"an option beyond its header", 229, 0, "60000000 0014 3c 40 " ADDRESSES6 "11 00 01 c8 00000000" UDP6,
     "malformed ipv6:ipv6.dstopts fe80::1 > fe80::2 proto 60 no transport payload 20"},
	{"routing header: the final destination", 229, 0,
     "60000000 0024 2b 40 " ADDRESSES6 "11 02 00 01 00000000 fe8000000000000000000000000000aa"
     "7530 9c40 000c 2bf2 61626364",
     "decoded ipv6:ipv6.routing:udp fe80::1 30000 > fe80::aa 40000 proto 17 l4 ok payload 4"},
	{"routing header: already there", 229, 0,
     "60000000 0024 2b 40 " ADDRESSES6 "11 02 00 00 00000000 fe8000000000000000000000000000aa" UDP6,
     "decoded ipv6:ipv6.routing:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"a mobile node's home address", 229, 0,
     "60000000 0024 3c 40 " ADDRESSES6 "11 02 01 02 0000 c9 10 fe8000000000000000000000000000aa"
     "7530 9c40 000c 2bf1 61626364",
     "decoded ipv6:ipv6.dstopts:udp fe80::aa 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"first fragment", 229, 0, "60000000 0010 2c 40 " ADDRESSES6 "11 00 0001 00000001 7530 9c40 000c 2c9a",
     "decoded ipv6:ipv6.fraghdr:data fe80::1 > fe80::2 proto 17 fragment 0+ no transport payload 8"},
	{"last fragment", 229, 0, "60000000 0010 2c 40 " ADDRESSES6 "11 00 0010 00000001 0102030405060708",
     "decoded ipv6:ipv6.fraghdr:data fe80::1 > fe80::2 proto 17 fragment 16 no transport payload 8"},
	{"atomic fragment", 229, 0, "60000000 0014 2c 40 " ADDRESSES6 "11 00 0000 00000001" UDP6,
     "decoded ipv6:ipv6.fraghdr:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"authentication header", 229, 0,
     "60000000 001c 33 40 " ADDRESSES6 "11 02 0000 00000001 00000001 01020304" UDP6,
     "decoded ipv6:ah:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"encrypted", 229, 0, "60000000 000c 32 40 " ADDRESSES6 "00000001 00000001 01020304",
     "decoded ipv6:esp fe80::1 > fe80::2 proto 50 no transport payload 12"},
	{"no next header", 229, 0, "60000000 0000 3b 40 " ADDRESSES6,
     "decoded ipv6 fe80::1 > fe80::2 proto 59 no transport payload 0"},
	{"payload length 0: the frame's", 229, 0, "60000000 0000 11 40 " ADDRESSES6 UDP6,
     "decoded ipv6:udp fe80::1 30000 > fe80::2 40000 proto 17 l4 ok payload 4"},
	{"not IPv6", ETHERNET, 0, MACS "86dd" IP4_UDP UDP4, "malformed eth:ethertype:data payload 32"},
	{"cut in the header", 229, 40, "60000000 000c 11 40 fe80", "truncated ipv6 payload 50"},
};

static void test_ipv6(void **state)
{
	(void)state;
	CHECK(IPV6);
}

static const struct example TRANSPORTS[] = {
	{"UDP length below 8", 228, 0, IP4_UDP "03e8 07d0 0007 1b5a 61626364",
     "malformed udp_length ip:udp 10.0.0.1 1000 > 10.0.0.2 2000 proto 17 no transport ip ok payload 12"},
	{"UDP length below the packet's", 228, 0, IP4_UDP "7530 9c40 000a 7904 61626364",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 2"},
	{"UDP length beyond the packet", 228, 0, IP4_UDP "7530 9c40 0020 1588 61626364",
     "decoded udp_length ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok payload 4"},
	{"UDP without checksum", 228, 0, IP4_UDP "7530 9c40 000c 0000 61626364",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok payload 4"},
	{"UDP, wrong checksum", 228, 0, IP4_UDP "7530 9c40 000c 159d 61626364",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok l4 wrong payload 4"},
	{"UDP from port 0", 228, 0, IP4_UDP "0000 9c40 000c 8acc 61626364",
     "decoded port_zero ip:udp 10.0.0.1 0 > 10.0.0.2 40000 proto 17 ip ok l4 ok payload 4"},
	{"UDP, cut in the data", 228, 2, IP4_UDP "7530 9c40 000c 159c 6162",
     "decoded ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 ip ok payload 4"},
	{"UDP, only ports captured", 228, 8, IP4_UDP "7530 9c40",
     "truncated ip:udp 10.0.0.1 30000 > 10.0.0.2 40000 proto 17 no transport ip ok payload 12"},
	{"UDP-Lite, checksum over the header", 228, 0,
     "4500 0020 0001 0000 40 88 6653 " ADDRESSES4 "7530 9c40 0008 d9ef 61626364",
     "decoded ip:udplite 10.0.0.1 30000 > 10.0.0.2 40000 proto 136 ip ok l4 ok payload 4"},
	{"TCP", 228, 0, IP4_TCP TCP4, "decoded ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok l4 ok payload 4"},
	{"TCP, data offset below 20", 228, 0, IP4_TCP "03e8 07d0 00000001 00000002 4010 0064 dae8 0000 61626364",
     "malformed tcp_data_offset ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 no transport ip ok l4 ok payload 24"},
	{"TCP, data offset beyond the segment", 228, 0,
     IP4_TCP "03e8 07d0 00000001 00000002 7010 0064 aae8 0000 61626364",
     "malformed tcp_data_offset ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 no transport ip ok l4 ok payload 24"},
	{"TCP, cut in the options", 228, 10,
     "4500 0038 0001 0000 40 06 66bd " ADDRESSES4 "03e8 07d0 00000001 00000000 9002 0064 0000 0000 0204 05b4 0103",
     "truncated ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok payload 0"},
	{"TCP, SYN and FIN and RST", 228, 0, IP4_TCP "03e8 07d0 00000001 00000002 5007 0064 caf1 0000 61626364",
     "decoded tcp_syn_fin tcp_syn_rst ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok l4 ok payload 4"},
	{"TCP, no flags but reserved ones", 228, 0, IP4_TCP "03e8 07d0 00000001 00000002 5e00 0064 bcf8 0000 61626364",
     "decoded tcp_reserved_bits tcp_no_flags ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok l4 ok payload 4"},
	{"TCP, an option beyond the header", 228, 0,
     "4500 0030 0001 0000 40 06 66c5 " ADDRESSES4
     "03e8 07d0 00000001 00000002 6010 0064 0000 0000 02050500 61626364",
     "decoded tcp_options ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok payload 4"},
	{"TCP, an option of length 0", 228, 0,
     "4500 0030 0001 0000 40 06 66c5 " ADDRESSES4
     "03e8 07d0 00000001 00000002 6010 0064 0000 0000 08000000 61626364",
     "decoded tcp_options ip:tcp 10.0.0.1 1000 > 10.0.0.2 2000 proto 6 ip ok payload 4"},
	{"TCP to itself", 228, 0,
     "4500 0028 0001 0000 40 06 0000 0a000001 0a000001"
     "0050 0050 00000001 00000000 5002 0064 0000 0000",
     "decoded same_endpoints ip:tcp 10.0.0.1 80 > 10.0.0.1 80 proto 6 payload 0"},
	{"SCTP", 228, 0, "4500 0024 0001 0000 40 84 6653 " ADDRESSES4 "7530 9c40 00000001 9484735a 00030004",
     "decoded ip:sctp 10.0.0.1 30000 > 10.0.0.2 40000 proto 132 ip ok l4 ok payload 4"},
	{"IGMP", 228, 0, "4500 001c 0001 0000 01 02 a5dd " ADDRESSES4 "1600 09fe e0010000",
     "decoded ip:igmp:igmp 10.0.0.1 > 10.0.0.2 proto 2 ip ok l4 ok payload 0"},
};

static void test_transports(void **state)
{
	(void)state;
	CHECK(TRANSPORTS);
}

static const struct example QUOTES[] = {
	{"echo request", 228, 0, "4500 0020 0001 0000 40 01 66da " ADDRESSES4 "0800 06fa 1234 0001 70696e67",
     "decoded ip:icmp 10.0.0.1 > 10.0.0.2 proto 1 ip ok l4 ok payload 4"},
	{"destination unreachable", 228, 0,
     "4500 003c 0001 0000 40 01 66be " ADDRESSES4 "0301 111f 00000000" IP4_UDP UDP4,
     "decoded ip:icmp:ip:udp 10.0.0.1 > 10.0.0.2 proto 1 ip ok l4 ok payload 32 quotes "
     "10.0.0.1 30000 > 10.0.0.2 40000 proto 17"},
	{"only the first eight bytes of TCP", 228, 0,
     "4500 0038 0001 0000 40 01 66c2 " ADDRESSES4 "0b00 e946 00000000" IP4_TCP "03e8 07d0 00000001",
     "decoded ip:icmp:ip:tcp 10.0.0.1 > 10.0.0.2 proto 1 ip ok l4 ok payload 28 quotes "
     "10.0.0.1 1000 > 10.0.0.2 2000 proto 6 no transport"},
	{"errors in the quote are not the packet's", 228, 0,
     "4500 0038 0001 0000 40 01 66c2 " ADDRESSES4 "0b00 0000 00000000 4400 0020 0001 0000 40 11 67ca " ADDRESSES4
     "01020304 05060708",
     "decoded ip:icmp:ip 10.0.0.1 > 10.0.0.2 proto 1 ip ok payload 28 quotes"},
	{"nothing quoted", 228, 0, "4500 001c 0001 0000 40 01 66de " ADDRESSES4 "0300 fcff 00000000",
     "decoded ip:icmp 10.0.0.1 > 10.0.0.2 proto 1 ip ok l4 ok payload 0 quotes"},
	{"a quoted error is not followed", 228, 0,
     "4500 0058 0001 0000 40 01 66a2 " ADDRESSES4 "0300 0000 00000000"
     "4500 003c 0001 0000 40 01 66be " ADDRESSES4 "0301 111f 00000000" IP4_UDP UDP4,
     "decoded ip:icmp:ip:icmp 10.0.0.1 > 10.0.0.2 proto 1 ip ok payload 60 quotes 10.0.0.1 > 10.0.0.2 proto 1"},
	{"a quoted first fragment that is not whole", 228, 0,
     "4500 0038 0001 0000 40 01 66c2 " ADDRESSES4 "0b00 0000 00000000"
     "4500 05dc 0001 2000 40 11 410e " ADDRESSES4 "7530 9c40 0fa0 0000",
     "decoded ip:icmp:ip:udp 10.0.0.1 > 10.0.0.2 proto 1 ip ok payload 28 quotes "
     "10.0.0.1 30000 > 10.0.0.2 40000 proto 17 fragment 0+"},
	{"packet too big", 229, 0,
     "60000000 003c 3a 40 " ADDRESSES6 "0200 8f55 00000000"
     "60000000 000c 11 40 " ADDRESSES6 UDP6,
     "decoded ipv6:icmpv6:ipv6:udp fe80::1 > fe80::2 proto 58 l4 ok payload 52 quotes "
     "fe80::1 30000 > fe80::2 40000 proto 17"},
};

static void test_quotes(void **state)
{
	(void)state;
	CHECK(QUOTES);
}

static void test_tcp_header(void **state)
{
	(void)state;
	static struct packet packet;
	// A SYN with MSS, SACK permitted, timestamps, window scale; an ACK with two SACK blocks, timestamps, and the
	// options of a SYN, which mean nothing there; the window scale is kept, as Wireshark believes it anywhere.
	static const struct example SYN = {"SYN", 228, 0,
	                                   "4500 0040 0001 0000 40 06 66b5 " ADDRESSES4
	                                   "03e8 07d0 00000001 00000002 a0c2 2006 0000 0000"
	                                   "0204 05b4 0402 080a 00000001 00000002 01 0303 07 61626364",
	                                   ""};
	static const struct example ACK = {
		"ACK", 228, 0,
		"4500 0058 0001 0000 40 06 669d " ADDRESSES4
		"03e8 07d0 fffffffe 00000002 f110 0064 0000 0000"
		"0101 0512 00000010 00000020 00000030 00000040  0101 080a 00000005 00000006 0303 07 00 00000000 61626364",
		""};

	dissect_part(&packet, &SYN, length_of(&SYN), 0);
	const struct tcp_header *tcp = &packet.ip.tcp;
	assert_int_equal(tcp->seq, 1);
	assert_int_equal(tcp->ack, 2);
	assert_int_equal(tcp->flags, TCP_SYN | TCP_ECE | TCP_CWR);
	assert_int_equal(tcp->window, 0x2006);
	assert_int_equal(tcp->mss, 1460);
	assert_int_equal(tcp->window_scale, 7);
	assert_true(tcp->sack_permitted && tcp->has_timestamps && !tcp->mptcp_subtypes);
	assert_int_equal(tcp->tsval, 1);
	assert_int_equal(tcp->tsecr, 2);
	assert_int_equal(packet.payload_len, 4);
	assert_int_equal(packet.payload.left, 4);

	dissect_part(&packet, &ACK, length_of(&ACK), 0);
	assert_int_equal(tcp->seq, 0xfffffffe);
	assert_int_equal(tcp->flags, TCP_ACK | TCP_AE);
	assert_int_equal(tcp->mss, -1);
	assert_int_equal(tcp->window_scale, 7);
	assert_false(tcp->sack_permitted);
	assert_int_equal(tcp->sack_count, 2);
	assert_int_equal(tcp->sacks[1].left, 0x30);
	assert_int_equal(tcp->sacks[1].right, 0x40);
	assert_int_equal(tcp->tsval, 5);
}

static void test_icmp_header(void **state)
{
	(void)state;
	static struct packet packet;
	static const struct example ECHO = {
		"echo", 228, 0, "4500 0020 0001 0000 40 01 66da " ADDRESSES4 "0800 06fa 1234 0001 70696e67", ""};
	static const struct example TOO_BIG = {"too big", 229, 0,
	                                       "60000000 0008 3a 40 " ADDRESSES6 "0200 0000 00000578", ""};

	dissect_part(&packet, &ECHO, length_of(&ECHO), 0);
	assert_int_equal(packet.ip.icmp.type, 8);
	assert_int_equal(packet.ip.icmp.checksum, 0x06fa);
	assert_int_equal(packet.ip.icmp.ident, 0x1234);
	assert_int_equal(packet.ip.icmp.seq, 1);
	dissect_part(&packet, &TOO_BIG, length_of(&TOO_BIG), 0);
	assert_int_equal(packet.ip.icmp.gateway_mtu, 1400);
}

// What one packet had must not be seen in the next.
static void test_nothing_stays(void **state)
{
	(void)state;
	static struct packet packet;
	static const struct example BARE = {"bare", 65000, 0, "01", ""};

	for (size_t i = 0; i < sizeof QUOTES / sizeof *QUOTES; i++) {
		dissect_part(&packet, &QUOTES[i], length_of(&QUOTES[i]), 0);
		dissect_part(&packet, &BARE, 1, 0);
		assert_string_equal(describe(&packet), "unsupported data payload 1");
		assert_false(packet.has_macs);
		assert_int_equal(packet.ethertype, -1);
		assert_int_equal(packet.ip.protocol, 0);
	}
}

static void test_frame_check_sequence(void **state)
{
	(void)state;
	static struct packet packet;
	uint8_t bytes[FRAME_MAX];
	size_t length = guard_from_hex(MACS "7777 0102 deadbeef", bytes, sizeof bytes);
	struct frame frame = {.link_type = ETHERNET, .fcs_len = 4, .data = guard_bytes(bytes, length)};

	frame.wire_len = (uint32_t)length;
	dissect_frame(&packet, &frame);
	assert_int_equal(packet.payload_len, 2);
	assert_int_equal(packet.payload.left, 2);
	frame.data.left -= 5; // the snap length cut the FCS, and one byte more
	dissect_frame(&packet, &frame);
	assert_int_equal(packet.payload_len, 2);
	assert_int_equal(packet.payload.left, 1);
}

// Every prefix of a frame, as the snap length would leave it and as a frame of its own: it must end, in bounds; and
// what the snap length does to a good frame is never the frame's fault.
static void try_prefixes(const struct example *e)
{
	static struct packet packet;
	size_t length = length_of(e);

	dissect_part(&packet, e, length, e->cut);
	bool good = packet.verdict == VERDICT_DECODED && !packet.has_quoted;
	for (size_t i = 0; i < length; i++) {
		dissect_part(&packet, e, i, (uint32_t)(length - i));
		if (good && packet.verdict != VERDICT_DECODED && packet.verdict != VERDICT_TRUNCATED)
			fail_msg("%s, cut at %zu: %s", e->name, i, describe(&packet));
		dissect_part(&packet, e, i, 0);
		assert_true(packet.payload.left <= i);
	}
}

static void test_prefixes(void **state)
{
	(void)state;
#define TRY(examples)                                                                                              \
	for (size_t i = 0; i < sizeof(examples) / sizeof *(examples); i++)                                             \
	try_prefixes(&(examples)[i])
	TRY(LINKS);
	TRY(IPV4);
	TRY(IPV6);
	TRY(TRANSPORTS);
	TRY(QUOTES);
#undef TRY
}

// IPv4 in IPv4 in IPv4 ...: given up, not followed for ever.
static void test_too_deep(void **state)
{
	(void)state;
	static struct packet packet;
	static uint8_t bytes[20 * 200];

	for (size_t at = 0; at < sizeof bytes; at += 20) {
		char header[64];
		snprintf(header, sizeof header, "4500 %04zx 0001 0000 40 04 0000" ADDRESSES4, sizeof bytes - at);
		assert_int_equal(guard_from_hex(header, bytes + at, 20), 20);
	}
	struct frame frame = {.link_type = 228, .wire_len = sizeof bytes, .data = guard_bytes(bytes, sizeof bytes)};
	dissect_frame(&packet, &frame);
	assert_int_equal(packet.verdict, VERDICT_MALFORMED);
	assert_true(packet.errors & PACKET_ERROR_TOO_DEEP);
	assert_int_equal(packet.stack_count, PACKET_LAYERS_MAX);
}

// The text is cut where its buffer ends.
static void test_stack_text(void **state)
{
	(void)state;
	static struct packet packet;
	char text[32];

	dissect_part(&packet, &LINKS[0], length_of(&LINKS[0]), 0);
	for (size_t size = 1; size <= sizeof text; size++) {
		memset(text, 'x', sizeof text);
		dissect_stack_text(&packet, text, size);
		assert_int_equal(strlen(text), size - 1 < 20 ? size - 1 : 20);
		assert_memory_equal(text, "eth:ethertype:ip:udp", strlen(text));
	}
}

static int set_up(void **state)
{
	(void)state;
	dissect_init();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_tcp_header),
		cmocka_unit_test(test_icmp_header),
		cmocka_unit_test(test_nothing_stays),
		cmocka_unit_test(test_frame_check_sequence),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_stack_text),
	};
	return cmocka_run_group_tests_name("dissect", tests, set_up, NULL);
}
