// What the dissectors and the later stages know of one packet. One struct packet is reused for every frame; the
// stages fill it from left to right: dissect, flow, analyze.
#ifndef INGEST_PACKET_H
#define INGEST_PACKET_H

#include "frame.h"

enum {
	PACKET_LAYERS_MAX = 128,  // names in a protocol stack; deeper nesting is given up as malformed
	PACKET_SACKS_MAX = 4,     // SACK blocks that fit a TCP header (RFC 2018)
	PACKET_FRAGMENTS_MAX = 4, // fragments within fragments
};

// How the dissection of a packet ended: the accounts of a capture. Every packet has exactly one.
enum verdict {
	VERDICT_DECODED,
	VERDICT_TRUNCATED,   // the snap length cut a header that we wanted
	VERDICT_MALFORMED,   // a header contradicts itself or the packet's length
	VERDICT_UNSUPPORTED, // a link type or protocol that we do not know, at a layer that we need
};

// Bits of packets.errors: name, and what it says. The table packet_errors is filled from this list.
// clang-format off
#define PACKET_ERRORS(X)                                                                                               \
	X(TRUNCATED, "truncated", "the snap length cut a header")                                                      \
	X(MALFORMED, "malformed", "a header contradicts itself or the packet's length")                                \
	X(UNSUPPORTED, "unsupported", "a link type or protocol that is not known here")                                \
	X(IP_HEADER_LENGTH, "ip_header_length", "IPv4 header length below 20 bytes or beyond the packet")              \
	X(IP_TOTAL_LENGTH, "ip_total_length", "IP length below the header's, or beyond the frame")                     \
	X(IP_RESERVED_BIT, "ip_reserved_bit", "the reserved bit of the IPv4 flags is set")                             \
	X(TCP_DATA_OFFSET, "tcp_data_offset", "TCP data offset below 20 bytes or beyond the segment")                  \
	X(TCP_RESERVED_BITS, "tcp_reserved_bits", "reserved bits of the TCP header are set")                           \
	X(TCP_SYN_FIN, "tcp_syn_fin", "SYN and FIN in one segment")                                                    \
	X(TCP_SYN_RST, "tcp_syn_rst", "SYN and RST in one segment")                                                    \
	X(TCP_NO_FLAGS, "tcp_no_flags", "no flag at all is set")                                                       \
	X(TCP_OPTIONS, "tcp_options", "a TCP option's length is wrong")                                                \
	X(UDP_LENGTH, "udp_length", "UDP length below 8 bytes or beyond the IP packet")                                \
	X(PORT_ZERO, "port_zero", "source or destination port 0")                                                      \
	X(SAME_ENDPOINTS, "same_endpoints", "source and destination are the same address and port")                   \
	X(TOO_DEEP, "too_deep", "more layers than the dissector follows")                                              \
	X(IPV6_OPTIONS, "ipv6_options", "an IPv6 option is longer than the header that has it")
// clang-format on

enum packet_error_bit {
#define X(name, text, meaning) PACKET_ERROR_BIT_##name,
	PACKET_ERRORS(X)
#undef X
		PACKET_ERROR_COUNT
};

enum packet_error {
#define X(name, text, meaning) PACKET_ERROR_##name = 1 << PACKET_ERROR_BIT_##name,
	PACKET_ERRORS(X)
#undef X
};

enum checksum { CHECKSUM_UNKNOWN = -1, CHECKSUM_WRONG = 0, CHECKSUM_OK = 1 };

enum tcp_flag {
	TCP_FIN = 0x001,
	TCP_SYN = 0x002,
	TCP_RST = 0x004,
	TCP_PSH = 0x008,
	TCP_ACK = 0x010,
	TCP_URG = 0x020,
	TCP_ECE = 0x040,
	TCP_CWR = 0x080,
	TCP_AE = 0x100, // RFC 9768 (once NS)
};

// IANA protocol numbers.
enum ip_protocol {
	IP_PROTO_HOPOPTS = 0,
	IP_PROTO_ICMP = 1,
	IP_PROTO_IGMP = 2,
	IP_PROTO_IPV4 = 4,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_IPV6 = 41,
	IP_PROTO_ROUTING = 43,
	IP_PROTO_FRAGMENT = 44,
	IP_PROTO_ESP = 50,
	IP_PROTO_AH = 51,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59,
	IP_PROTO_DSTOPTS = 60,
	IP_PROTO_MOBILITY_DRAFT = 62,
	IP_PROTO_SCTP = 132,
	IP_PROTO_MOBILITY = 135,
	IP_PROTO_UDPLITE = 136,
	IP_PROTO_SHIM6 = 140,
};

// An endpoint's address: IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), a MAC address in the last six bytes.
struct address {
	uint8_t at[16];
};

// TCP header fields and options; only meaningful where headers.protocol is TCP.
struct tcp_header {
	uint32_t seq, ack;
	uint16_t flags;          // enum tcp_flag
	uint16_t window, urgent; // urgent: the pointer, whether URG is set or not
	int32_t mss;             // -1: no such option
	int16_t window_scale;    // -1: no such option; it only means something in a SYN (RFC 7323, 2.2)
	bool options_unknown;    // some of them: the snap length has cut them, or a SACK option is damaged
	bool sack_permitted;
	bool has_timestamps;
	bool mptcp_key;          // MP_CAPABLE with the sender's key
	uint16_t mptcp_subtypes; // bits of 1 << subtype: the MPTCP options present (RFC 8684, 3)
	uint8_t sack_count;
	uint32_t tsval, tsecr; // RFC 7323
	struct {
		uint32_t left, right;
	} sacks[PACKET_SACKS_MAX];
};

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t ident, seq;  // of echo and timestamp messages
	uint32_t gateway_mtu; // redirect: gateway address; fragmentation needed, packet too big: next-hop MTU
};

// One IP header with its transport header: the innermost of the packet, or the one that an ICMP error quotes.
struct headers {
	uint8_t ip_version; // 4, 6, or 0: no IP header
	uint8_t protocol;   // enum ip_protocol: the innermost transport reached; IPv6: after the extension headers
	uint8_t ttl, tos;   // hop limit and traffic class for IPv6
	uint8_t carrier;    // protocol of the transport with ports that carries the packet in a tunnel; 0: none
	bool has_ports, has_transport; // has_transport: the transport header below was read whole
	bool is_fragment;              // offset or more-fragments set
	bool is_reassembled;           // the last fragment to come: what the datagram carries was decoded with it
	bool more_fragments;
	bool dont_fragment;
	bool has_ip_id;
	uint16_t fragment_offset; // in bytes
	uint32_t ip_id;           // 16 bits; 32 from an IPv6 fragment header
	uint16_t src_port, dst_port;
	uint32_t udp_payload_len; // bytes behind the UDP header, on the wire
	struct address src, dst;
	struct tcp_header tcp;
	struct icmp_header icmp;
};

// What a fragment did to its datagram.
enum fragment_end {
	FRAGMENT_LEAVES_OPEN, // others are still to come
	FRAGMENT_ENDS_CUT,    // all have come, but the snap length cut some of them
	FRAGMENT_COMPLETES,   // the datagram was put together
};

// A fragment of a datagram: the packet's own, or that of a tunnel around.
struct packet_fragment {
	struct address src, dst;
	uint32_t ip_id;
	uint8_t ip_version, protocol; // protocol: of what the datagram carries
	bool more;                    // it is not the datagram's last
	uint32_t start, length;       // of its bytes in the datagram's payload; length as on the wire
	struct bytes data;            // those that can be put together with others, borrowed; all of them, or none

	// reassemble
	int64_t first_packet_id;    // whose fragment of the same datagram came first
	int64_t previous_packet_id; // whose fragment came before; 0: it is the first
	enum fragment_end end;
};

// What an Internet checksum in the innermost transport header covers: all from that header to the end.
struct checksummed {
	struct bytes captured;
	uint32_t wire_len;   // 0: none, or not known: no such checksum, a fragment
	uint32_t pseudo_sum; // checksum_sum() of the pseudo header that it covers too
	uint16_t checksum;   // the field
};

struct flow;

struct packet {
	const struct frame *frame; // borrowed
	int64_t id;                // packets.packet_id
	int64_t number;            // packets.number

	// dissect
	uint64_t frames_len; // bytes on the wire of its frame; where it completes a datagram, of all fragments' frames
	enum verdict verdict;
	uint32_t errors; // enum packet_error
	enum checksum ip_checksum, l4_checksum;
	bool l4_checksum_partial; // where it is wrong: a network card was to complete it
	int32_t vlan_id;          // innermost 802.1Q tag; -1 none
	int32_t ethertype;        // of the frame, or -1; with the MACs, the flow key where there is no IP
	bool has_macs;
	bool has_quoted;
	struct address mac_src, mac_dst;
	uint32_t link_unit;        // Linux cooked captures: interface and packet type; else 0
	struct bytes link_payload; // captured bytes behind the ethertype or 802.3 length; empty: neither, or behind IP
	struct bytes ip_payload;   // captured bytes behind the innermost IP header; IPv6: behind its fixed part
	uint32_t ip_payload_len;   // the same as it was on the wire
	struct checksummed datagram;
	struct packet_fragment fragments[PACKET_FRAGMENTS_MAX]; // the outermost first
	unsigned fragment_count;
	struct headers ip;     // the innermost IP packet (outside of any ICMP quotation)
	struct headers quoted; // what an ICMP error quotes; only where has_quoted
	struct bytes payload;  // captured bytes above the innermost header that was decoded; borrowed from frame
	uint32_t payload_len;  // the same as it was on the wire
	struct bytes layer;    // captured bytes of the innermost layer with its header; borrowed from frame
	const char *stack[PACKET_LAYERS_MAX]; // names as in Wireshark's frame.protocols; static strings
	unsigned stack_count;
	uint64_t stack_hash;

	// flow
	struct flow *flow; // NULL: a packet without endpoints
	int direction;     // 0 sent by the flow's src, 1 by its dst
	bool reused_ports; // a SYN that begins a new connection on old endpoints, or a SYN-ACK with another number

	// analyze; only where the packet is a TCP segment
	int64_t seq, ack;         // relative to the first of their direction, not wrapping
	int64_t acks;             // number of the packet that this one acknowledges; 0 none
	int64_t ack_rtt_ns;       // time since that packet
	uint32_t bytes_in_flight; // with this segment; 0 none, or not known

	// copies
	uint32_t payload_hash; // packets.payload_hash; 0 none
	int64_t duplicate_of;  // number of the packet that this one is a copy of; 0 none
};

#endif
