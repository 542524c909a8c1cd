// Packets to flows: who talks to whom.
//
// A flow is a protocol and two endpoints of the innermost IP header; without IP, two MAC addresses and a link
// protocol. A SYN that starts a new connection on the same endpoints starts a new flow, exactly when Wireshark's
// tcp.stream does: the SYN's sequence number is not the first one of its direction.
//
// Memory: about 450 bytes a flow, and 2,100 more a TCP flow. Without a time-out every flow of a capture stays until
// its end; with one, idle flows are handed out and freed, TCP flows that were closed after a time-out of their own.
#ifndef INGEST_FLOW_H
#define INGEST_FLOW_H

#include "conn_state.h"
#include "pool.h"

enum {
	// Flows that are remembered after they were idle for too long; a newer one takes the place of an older.
	FLOW_ENDED_MAX = 65536,
};

struct tcp_flow;
struct application_flow;
struct tcp_stats;

struct endpoint {
	struct address address;
	uint16_t port;
};

// Compared and hashed as memory: without padding.
struct flow_key {
	struct endpoint low, high; // in memcmp order
	uint16_t ip_version, has_ports;
	const char *protocol; // an interned name
};

enum flow_start { FLOW_NEW, FLOW_REUSED_PORTS, FLOW_TIMEOUT };

// On one cache line.
struct flow_side {
	int64_t packets, bytes, payload_bytes;
	int64_t last_packet_id;
	int64_t last_ts_ns;  // of its last packet
	int64_t idle_max_ns; // longest time between two of its packets
	uint32_t first_seq;  // TCP: what sequence numbers of this direction are relative to
	bool has_first_seq;
	uint8_t ttl_min, ttl_max; // of its packets with an IP header
	bool has_ttl;
	uint32_t errors; // enum packet_error: those of any of its packets
	uint32_t fragments;
};

// Flows are met at random, so that each of their cache lines costs a trip to memory. What every packet needs stands
// together and in front, in lines of 64 bytes; so it does in struct tcp_flow, tcp_stats and conn_state.
struct flow {
	struct flow *next_in_bucket;
	uint64_t hash;
	struct flow_key key;
	bool src_is_high; // which endpoint of the key is src
	bool listed;      // in the hash table: found by further packets
	bool closed;      // in the table's list of closed flows
	uint8_t ip_version, ip_protocol;
	bool has_icmp; // ICMP and ICMPv6: of the first packet whose header is known, and who sent it
	uint8_t icmp_type, icmp_code, icmp_direction;
	enum flow_start start;
	int64_t id;
	int64_t last_ts_ns;
	int64_t previous_ts_ns, idle_max_ns; // previous: of the last packet in the capture
	int64_t last_packet_id;
	struct tcp_flow *tcp;           // owned; tcp_analysis.c makes it in table->tcp_flows at the first TCP segment
	struct tcp_stats *stats;        // the same of tcp_stats.c, in table->tcp_stats
	struct application_flow *above; // application.c's, which frees it
	struct flow_told *told;         // owned; NULL nothing
	struct conn_state conn;
	struct flow_table *table;   // that it was made for
	struct flow_side side[2];   // by direction: 0 src, 1 dst
	struct flow *older, *newer; // in its list
	int64_t connection_id;      // id of the first flow of the same endpoints
	int64_t first_ts_ns, first_packet_id;
	const char *application; // name of the last application found; static; NULL none
	char *server_name;       // owned; what the client calls the server: TLS server name, HTTP host; NULL unknown
	uint32_t wrong_checksums[2]; // packets by direction
};

// What of a flow's accounts others were told while it goes on.
struct flow_told {
	int64_t packets[2], bytes[2]; // by direction
};

// Flows by their last packet; in the order of creation where there is no time-out.
struct flow_list {
	struct flow *oldest, *newest;
};

// A flow that was idle for too long and is gone: what comes on its endpoints is of the same connection.
struct flow_ended {
	struct flow_key key;
	int64_t connection_id; // 0: no flow
};

struct flow_table {
	struct flow **buckets;
	size_t bucket_count, count;
	struct flow_list open, closed;
	int64_t next_id;
	int64_t timeout_ns;                                  // 0 none
	int64_t closed_timeout_ns;                           // of closed flows
	struct flow_ended *ended;                            // FLOW_ENDED_MAX by hash; NULL before one has ended
	size_t in_memory, flows_max;                         // beyond flows_max the oldest counts as idle; 0 no limit
	struct pool flows, tcp_flows, tcp_stats, conn_sides; // their memory
};

void flow_table_init(struct flow_table *, int64_t first_id, int64_t timeout_ns);
void flow_table_release(struct flow_table *); // every flow must have been freed

// Finds or makes the packet's flow, counts the packet in it and sets packet->flow, packet->direction and
// packet->reused_ports. packet->flow is NULL for packets without endpoints.
void flow_track(struct flow_table *, struct packet *);

// The flow that headers quoted in an ICMP error belong to, or NULL; *direction is that of the quoted packet.
struct flow *flow_find(const struct flow_table *, const struct headers *, int *direction);

// From now on the flow's time-out is that of closed flows, if the table has one.
void flow_close(struct flow_table *, struct flow *);

// Takes the oldest flow out of the table that is idle since before the time-out at now_ns. NULL none. The caller owns it:
// flow_free().
struct flow *flow_take_idle(struct flow_table *, int64_t now_ns);

// The same for any flow, after the last packet: no flow can be found any more.
struct flow *flow_take(struct flow_table *);
void flow_free(struct flow *);

const struct endpoint *flow_endpoint(const struct flow *, int direction); // of the sender in that direction
const char *flow_start_name(enum flow_start);

// Name of an IP protocol number for flows.protocol: "tcp", "udp", "icmp" ..., or the number. Static.
const char *flow_protocol_name(uint8_t protocol);

#endif
