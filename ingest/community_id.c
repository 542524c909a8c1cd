// Community ID version 1. See community_id.h.
#include "community_id.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "../common/message.h"

enum { SHA1_LEN = 20, INPUT_MAX = 2 + 16 + 16 + 2 + 4 };

struct type_pair {
	uint8_t one, other;
};

// Messages and their answers (RFC 792, RFC 950, RFC 1256; RFC 4443, RFC 2710, RFC 4861, RFC 4620, RFC 6275).
static const struct type_pair icmp_pairs[] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
static const struct type_pair icmpv6_pairs[] = {{128, 129}, {133, 134}, {135, 136},
                                                {130, 131}, {139, 140}, {144, 145}};

// The type that answers a type; -1: none does.
static int answer_in(const struct type_pair *pairs, size_t count, uint16_t type)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].one == type)
			return pairs[i].other;
		if (pairs[i].other == type)
			return pairs[i].one;
	}
	return -1;
}

static int answer_of(uint8_t protocol, uint16_t type)
{
	if (protocol == IP_PROTO_ICMP)
		return answer_in(icmp_pairs, sizeof icmp_pairs / sizeof *icmp_pairs, type);
	return answer_in(icmpv6_pairs, sizeof icmpv6_pairs / sizeof *icmpv6_pairs, type);
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IP_PROTO_ICMP || protocol == IP_PROTO_ICMPV6;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == IP_PROTO_SCTP || is_icmp(protocol);
}

static bool is_ordered(const struct community_tuple *t)
{
	int order = memcmp(&t->src, &t->dst, sizeof t->src);
	return order < 0 || (order == 0 && t->src_port <= t->dst_port);
}

static struct community_tuple swapped(const struct community_tuple *t)
{
	struct community_tuple back = *t;
	back.src = t->dst;
	back.dst = t->src;
	back.src_port = t->dst_port;
	back.dst_port = t->src_port;
	return back;
}

// In the order in which it is hashed.
static struct community_tuple canonical(const struct community_tuple *t)
{
	struct community_tuple tuple = *t;
	if (is_icmp(t->protocol)) {
		int answer = answer_of(t->protocol, t->src_port);
		if (answer < 0)
			return tuple;
		tuple.dst_port = (uint16_t)answer;
	}
	return is_ordered(&tuple) ? tuple : swapped(&tuple);
}

static size_t put(uint8_t *to, size_t at, const void *from, size_t length)
{
	memcpy(to + at, from, length);
	return at + length;
}

static size_t put16(uint8_t *to, size_t at, uint16_t value)
{
	to[at] = (uint8_t)(value >> 8);
	to[at + 1] = (uint8_t)value;
	return at + 2;
}

static size_t fill_input(uint8_t input[INPUT_MAX], const struct community_tuple *t)
{
	size_t address_len = t->ip_version == 4 ? 4 : 16, skip = 16 - address_len;
	size_t length = put16(input, 0, 0); // the seed
	length = put(input, length, t->src.at + skip, address_len);
	length = put(input, length, t->dst.at + skip, address_len);
	length = put16(input, length, (uint16_t)(t->protocol << 8));
	if (!has_ports(t->protocol))
		return length;
	length = put16(input, length, t->src_port);
	return put16(input, length, t->dst_port);
}

bool community_ids_init(struct community_ids *ids)
{
	*ids = (struct community_ids){0};
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); // the system's policy is not about names of flows
	ids->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	ids->context = EVP_MD_CTX_new();
	if (ids->sha1 && ids->context)
		return true;
	message_error("libcrypto has no SHA-1, which Community IDs need");
	return false;
}

void community_ids_release(struct community_ids *ids)
{
	EVP_MD_CTX_free(ids->context);
	EVP_MD_free(ids->sha1);
	*ids = (struct community_ids){0};
}

void community_id(const struct community_ids *ids, const struct community_tuple *t, char to[COMMUNITY_ID_SIZE])
{
	uint8_t input[INPUT_MAX], digest[SHA1_LEN];
	struct community_tuple tuple = canonical(t);
	size_t length = fill_input(input, &tuple);
	EVP_DigestInit_ex(ids->context, ids->sha1, NULL);
	EVP_DigestUpdate(ids->context, input, length);
	EVP_DigestFinal_ex(ids->context, digest, NULL);
	to[0] = '1';
	to[1] = ':';
	EVP_EncodeBlock((unsigned char *)to + 2, digest, sizeof digest);
}

bool community_id_of_flow(const struct community_ids *ids, const struct flow *f, char to[COMMUNITY_ID_SIZE])
{
	bool needs_icmp = is_icmp(f->ip_protocol);
	if (!f->ip_version || (needs_icmp && !f->has_icmp))
		return false;
	if (has_ports(f->ip_protocol) && !needs_icmp && !f->key.has_ports)
		return false;
	int from = needs_icmp ? f->icmp_direction : 0;
	const struct endpoint *src = flow_endpoint(f, from), *dst = flow_endpoint(f, !from);
	struct community_tuple tuple = {
		.ip_version = f->ip_version,
		.protocol = f->ip_protocol,
		.src = src->address,
		.dst = dst->address,
		.src_port = needs_icmp ? f->icmp_type : src->port,
		.dst_port = needs_icmp ? f->icmp_code : dst->port,
	};
	community_id(ids, &tuple, to);
	return true;
}
