// Community ID version 1, seed 0: a flow's name that other tools (Zeek, Suricata, Wireshark, Arkime ...) give it too.
// github.com/corelight/community-id-spec, README.md: "1:" and the base64 of the SHA-1 of seed, the two addresses, the
// protocol, a zero byte and the two ports, the lesser address and port first.
//
//   * TCP, UDP and SCTP have their ports.
//   * ICMP and ICMPv6 have type and type of the answer, as Zeek pairs them; types without an answer have type and code,
//     and then the addresses keep their order: only one way is meant.
//   * Other protocols have no ports.
#ifndef INGEST_COMMUNITY_ID_H
#define INGEST_COMMUNITY_ID_H

#include "flow.h"

enum { COMMUNITY_ID_SIZE = sizeof "1:" + 28 }; // with the NUL

struct evp_md_ctx_st;
struct evp_md_st;

struct community_ids {
	struct evp_md_ctx_st *context; // libcrypto's; used again for each flow
	struct evp_md_st *sha1;
};

// What a flow is named by. ICMP: src_port is the type, dst_port the code.
struct community_tuple {
	uint8_t ip_version, protocol;
	struct address src, dst;
	uint16_t src_port, dst_port;
};

// False after a message: this libcrypto has no SHA-1.
bool community_ids_init(struct community_ids *);
void community_ids_release(struct community_ids *);

void community_id(const struct community_ids *, const struct community_tuple *, char to[COMMUNITY_ID_SIZE]);

// False: the flow has none. It has no IP, or only fragments that came without ports or type.
bool community_id_of_flow(const struct community_ids *, const struct flow *, char to[COMMUNITY_ID_SIZE]);

#endif
