// QUIC's Initial packets and what is under their protection: RFC 9000 (version 1), RFC 9369 (version 2), RFC 9001
// (TLS), the drafts from 22 on, and Facebook's and Google's versions made after them, whose keys differ only in their
// salts. The keys come from a connection id in the clear: everybody on the path can read them.
#ifndef INGEST_QUIC_INITIAL_H
#define INGEST_QUIC_INITIAL_H

#include "bytes.h"

enum {
	QUIC_ID_MAX = 20,        // bytes of a connection id (RFC 9000, 17.2)
	QUIC_INITIAL_MAX = 4096, // bytes of an Initial packet; longer ones are not looked into
};

enum quic_packet_type { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY, QUIC_NEGOTIATION };

// A packet with a long header.
struct quic_packet {
	uint32_t version;
	enum quic_packet_type type;
	bool is_fixed; // has the bit that all have but those of peers that agreed to vary it (RFC 9287)
	struct bytes destination, source; // connection ids; borrowed
	struct bytes whole;               // the packet from its first byte to its last; borrowed
	size_t number_offset;             // of the protected packet number in it; only of Initial packets
};

// Takes the next packet off a datagram: several may share one. False: it has no long header, is of an unknown version,
// or is cut; the rest of the datagram is of no use then.
bool quic_take_packet(struct quic_packet *, struct bytes *datagram);

// "1", "2", "draft-29", "mvfst-27"; NULL: a version whose Initial packets cannot be read here. Static.
const char *quic_version_name(uint32_t version);

// What protects the Initial packets of a connection, by direction: 0 the client's.
struct quic_keys {
	uint32_t version;
	struct {
		uint8_t key[16], iv[12], header[16];
	} side[2];
};

// From the destination connection id of the client's first Initial packet (RFC 9001, 5.2).
void quic_derive_keys(struct quic_keys *, uint32_t version, struct bytes destination);

// Unprotects an Initial packet; its frames are put into `to`. Gives their length, 0: not of this connection and side.
size_t quic_open_initial(const struct quic_keys *, int side, const struct quic_packet *,
                         uint8_t to[QUIC_INITIAL_MAX]);

// A frame (RFC 9000, 19): those that Initial packets may hold.
enum quic_frame_type { QUIC_PADDING, QUIC_PING, QUIC_ACK, QUIC_CRYPTO, QUIC_CLOSE };

struct quic_frame {
	enum quic_frame_type type;
	uint64_t offset;   // CRYPTO
	struct bytes data; // CRYPTO
	uint64_t error;    // CLOSE; 0x100 and an alert where TLS failed (RFC 9001, 4.8)
};

// Takes the next frame off. False: none is left, or it is none of these.
bool quic_take_frame(struct quic_frame *, struct bytes *frames);

#endif
