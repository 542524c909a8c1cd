// Where the time of a TCP connection went: what its waits were for, and where they went by (docs/definitions.md,
// hop-verdict).
#ifndef COMPARE_WAITS_H
#define COMPARE_WAITS_H

#include <stdbool.h>
#include <stdint.h>

#include "timeline.h"

// What time went to: name, place, what it means. "went by ..." in words, with {near} and {far} for the names of the points:
// near is that on the client's side. This list becomes the table hop_causes.
// clang-format off
#define HOP_CAUSES(X) \
	X(LOSS, "loss", "network", "went by until packets were sent again that, or whose ACKs, were lost between the points") \
	X(MISSING, "missing", "network", "went by while the client waited in vain for what was lost between the points") \
	X(LATE, "late", "network", "went by until what was late between the points came, or was sent again") \
	X(QUEUE, "queue", "network", "went by between the points, beyond their shortest round trip") \
	X(SLOWED, "slowed", "network", "went by in round trips with the little that was sent at a time after packets were lost between the points") \
	X(UNSEEN_CLIENT, "unseen_client", "client", "went by until the client sent again what {near} had not seen: it was lost between the client and there") \
	X(ARRIVED_SERVER, "arrived_server", "client", "went by until the server sent again what had reached {near}: it, or its ACK, was lost beyond, or was late") \
	X(ACKED_CLIENT, "acked_client", "client", "went by until the client sent again what {near} had seen an ACK of: that was lost between there and the client, or was late") \
	X(CLIENT_ACK, "client_ack", "client", "went by beyond {near} until the client acknowledged") \
	X(CLIENT_WINDOW, "client_window", "client", "went by while the client's window was closed") \
	X(UNSEEN_SERVER, "unseen_server", "server", "went by until the server sent again what {far} had not seen: it was lost between the server and there") \
	X(ARRIVED_CLIENT, "arrived_client", "server", "went by until the client sent again what had reached {far}: it, or its ACK, was lost beyond, or was late") \
	X(ACKED_SERVER, "acked_server", "server", "went by until the server sent again what {far} had seen an ACK of: that was lost between there and the server, or was late") \
	X(SERVER_THINK, "server_think", "server", "went by beyond {far} until the server sent data") \
	X(SERVER_ACK, "server_ack", "server", "went by beyond {far} until the server acknowledged or went on sending") \
	X(SERVER_WINDOW, "server_window", "server", "went by while the server's window was closed") \
	X(UNTOLD, "untold", "unknown", "went by until packets were sent again, and the captures do not show how far the first ones came") \
	X(ALONE, "alone", "unknown", "ended with packets that one of the captures has not") \
	X(UNASKED, "unasked", "unknown", "ended with data of the server that nothing seen at {far} had asked for") \
	X(NO_CLIENT_NEAR, "no_client_near", "unknown", "cannot be placed: {near} has no packets of the client") \
	X(NO_SERVER_NEAR, "no_server_near", "unknown", "cannot be placed: {near} has no packets of the server") \
	X(NO_CLIENT_FAR, "no_client_far", "unknown", "cannot be placed: {far} has no packets of the client") \
	X(NO_SERVER_FAR, "no_server_far", "unknown", "cannot be placed: {far} has no packets of the server") \
	X(DISTANCE, "distance", "none", "went by between the points, and no packet can be faster") \
	X(IDLE, "idle", "none", "went by while nobody waited: the client had not asked again, or had more to send and did not")
// clang-format on

enum cause {
#define X(id, name, place, meaning) CAUSE_##id,
	HOP_CAUSES(X)
#undef X
		CAUSES
};

// All waits of a connection that went to one cause.
struct wait {
	int64_t count, total_ns, longest_ns;
	int64_t packet_id[2]; // that ended the longest, at the near and the far point; 0: it has it not
};

struct waits {
	struct wait of[CAUSES];
	int64_t counted_id;     // the latest packet at the near point whose wait is counted; 0 none
	int64_t most_in_flight; // of one sender, bytes
	bool has_lost;          // something was lost between the points
};

// Adds the waits that ended with packets of the timeline behind counted_id, but for the last `left` ones.
void waits_add(struct waits *, const struct timeline *, size_t left);

#endif
