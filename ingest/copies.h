// Packets that the capture holds more than once: a port mirrored in both directions, several interfaces, a router that
// is seen from both sides, a network that doubles packets.
//
// A copy has the addresses, identification, fragment offset, length, transport header (ports, numbers, flags, options,
// checksum) and payload of an earlier packet, and came within COPY_NS_MAX of it or of its last copy. What is rewritten
// on the way is not compared: TTL, DSCP and ECN, MAC addresses, tags, and whatever is below the innermost IP header.
// Where one of the two was damaged (its checksum is wrong), as on the air, before the frame was sent again, the same
// identification and checksum field are enough of its payload.
//
// No sender repeats itself with the same identification so soon: RFC 6864 wants a new one for each datagram that may be
// fragmented, and stacks count on for the others. Packets without one (IPv6; 0 in IPv4) and without IP are alike also
// when they were sent twice. They are copies only
//   * with another TTL, where the lower one is the later by time or by place in the file; or
//   * on another interface or VLAN, with the same MAC addresses; or
//   * within COPY_UNNUMBERED_NS_MAX, without IP COPY_WITHOUT_IP_NS_MAX, of the first, and if TCP only
//       - when the other side was not seen in between: only its ACKs make a sender repeat itself that soon (RFC 5681, 3.2;
//         timers are longer: RFC 6298, 2.4, RFC 8985, 7.2);
//       - not with RST, of which every segment to a closed port gets one like the other (RFC 9293, 3.5.2); and
//       - with data, SYN or FIN, or with SACK negotiated: else bare ACKs that are alike may be duplicate ACKs, to which
//         SACK would give different blocks (RFC 2018, 4);
// and never when sent by another MAC address or to another VLAN from an address that is only good on its link: the same
// words of two hosts, or of one to two links.
#ifndef INGEST_COPIES_H
#define INGEST_COPIES_H

#include "packet.h"

enum {
	COPIES_SEEN_MAX = 8192, // packets remembered; a power of 2

	// Beyond what queues in a router or a mirroring switch hold a packet back, below the shortest timers of those who
	// send again (200 ms, Linux's least retransmission time-out).
	COPY_NS_MAX = 50000000,
	COPY_UNNUMBERED_NS_MAX = 1000000, // a tick of the clock in most timestamps options (RFC 7323, 5.4)
	COPY_WITHOUT_IP_NS_MAX = 100000,  // a frame of 1,250 bytes at 100 Mbit/s; field buses repeat frames each 250 us
};

struct copy_seen;

struct copies {
	struct copy_seen *seen; // the last COPIES_SEEN_MAX packets that are no copies, as they came
	uint32_t *index;        // by what copies have in common: place in seen, and above it bits of the hash
	uint32_t next;          // place in seen
};

void copies_init(struct copies *);
void copies_release(struct copies *);

// Sets packet->payload_hash and packet->duplicate_of; the packet's flow is known. The first copy is the one that comes
// first in the capture, also where times run backwards.
void copies_find(struct copies *, struct packet *);

#endif
