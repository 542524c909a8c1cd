// Connections as Zeek logs them: conn_state, history, orig_bytes and resp_bytes of its conn.log.
//
// The rules are Zeek's with its default settings (its sources of 2026: TCPSessionAdapter.cc, TCP_Endpoint.cc, UDP.cc,
// ICMP.cc, scripts/base/protocols/conn/main.zeek), applied to the flows of pcapdex; docs/definitions.md tells them,
// docs/differences.md what differs. In short: the originator sent the flow's first packet, unless the history says '^'.
// Packets whose IPv4 header checksum is wrong do not count, those with a wrong transport checksum only as 'c'.
//
// Memory: struct conn_state in each flow; conn_side twice for TCP. Data that arrived beyond a gap takes 16 bytes a
// piece, CONN_PIECES_MAX a direction at most: beyond that, gaps of the direction are not looked for any more, and the
// history says 'x'.
#ifndef INGEST_CONN_STATE_H
#define INGEST_CONN_STATE_H

#include "packet.h"
#include "pool.h"

enum {
	CONN_HISTORY_MAX = 47,  // letters; a longer history ends in X
	CONN_PIECES_MAX = 1024, // pieces of data beyond a gap
};

// flows.state and the rows of tcp_states: name, meaning.
// clang-format off
#define CONN_STATES(X)                                                                                                 \
	X(S0, "SYN without an answer; UDP: only the originator sent")                                                      \
	X(S1, "established, and neither side closed it")                                                                   \
	X(SF, "established and closed by both sides; UDP: both sides sent")                                                \
	X(REJ, "refused: a RST answered the SYN, or both sides sent one and no data")                                     \
	X(S2, "established, and only the originator closed its side")                                                      \
	X(S3, "established, and only the responder closed its side")                                                       \
	X(RSTO, "established, then reset by the originator")                                                               \
	X(RSTR, "established, then reset by the responder")                                                               \
	X(RSTOS0, "SYN, then RST by the originator; no answer")                                                            \
	X(RSTRH, "reset by the responder; no SYN of the originator")                                                       \
	X(SH, "SYN or data, then FIN by the originator; no SYN-ACK")                                                       \
	X(SHR, "SYN-ACK or data, then FIN by the responder; no SYN of the originator; UDP: only the responder sent")       \
	X(OTH, "seen from the middle, neither side closed it; neither TCP nor UDP")
// clang-format on

enum conn_state_name {
	CONN_NONE, // no IP
#define X(name, meaning) CONN_##name,
	CONN_STATES(X)
#undef X
};

enum conn_kind { CONN_KIND_NONE, CONN_KIND_TCP, CONN_KIND_UDP, CONN_KIND_ICMP, CONN_KIND_OTHER };

struct conn_side;

// Zeroed at the start of a flow.
struct conn_state {
	struct conn_side *side; // two, by direction, from the first TCP segment; in the table's conn_sides
	uint8_t kind;           // enum conn_kind, from the first packet that counts
	uint8_t letters;
	bool originator;  // direction of the originator: 0 the flow's src, 1 its dst
	bool sent[2];     // UDP, ICMP: by direction
	uint8_t plain[2]; // by direction: what is known of plain segments
	uint32_t seen;    // kinds of packets by role that are in the history and are not to be repeated
	uint32_t bad_checksums[2];
	int64_t bytes[2]; // UDP, ICMP: payload by direction
	char history[CONN_HISTORY_MAX + 1];
};

// Follows the flow of a packet that flow_track() has seen.
void conn_state_track(struct packet *);

enum conn_state_name conn_state_of(const struct conn_state *);
const char *conn_state_text(enum conn_state_name); // "SF"; NULL for CONN_NONE

// Payload bytes that a direction sent: of TCP by sequence numbers, acknowledged ones that were not captured included.
// -1 for other protocols than TCP, UDP and ICMP.
int64_t conn_state_bytes(const struct conn_state *, int direction);

void conn_state_release(struct conn_state *, struct pool *sides);

#endif
