// QUIC's Initial packets. See quic_initial.h.
#include "quic_initial.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
	FORM_LONG = 0x80,
	FORM_FIXED = 0x40,
	TAG_LEN = 16,
	SAMPLE_LEN = 16,
	SECRET_LEN = 32,
	VERSION_2 = 0x6b3343cf,
};

enum wire_frame {
	FRAME_PADDING = 0x00,
	FRAME_PING = 0x01,
	FRAME_ACK = 0x02,
	FRAME_ACK_ECN = 0x03,
	FRAME_CRYPTO = 0x06,
	FRAME_CRYPTO_GOOGLE = 0x08, // else a frame of a stream, which Initial packets have not
	FRAME_CLOSE = 0x1c,
};

struct salt {
	uint8_t at[20];
};

// RFC 9001, 5.2 (drafts 33 and 34 have it too); RFC 9369, 3.3.1; draft-ietf-quic-tls-29, -23 and -21, 5.2.
static const struct salt of_1 = {{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                  0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a}};
static const struct salt of_2 = {{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                                  0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9}};
static const struct salt of_29 = {{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                                   0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99}};
static const struct salt of_23 = {{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                                   0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02}};
static const struct salt of_21 = {{0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
                                   0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a}};

// QUICHE, quic/core/crypto/crypto_utils.cc
static const struct salt of_t050 = {{0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
                                     0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10}};
static const struct salt of_t051 = {{0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
                                     0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d}};

static const struct version {
	uint32_t number, mask; // a version whose bits under the mask are the number's
	const char *name;
	const struct salt *salt;
} versions[] = {
	{1, UINT32_MAX, "1", &of_1},
	{VERSION_2, UINT32_MAX, "2", &of_2},
	{0xff000016, UINT32_MAX, "draft-22", &of_21},
	{0xff000017, UINT32_MAX, "draft-23", &of_23},
	{0xff000018, UINT32_MAX, "draft-24", &of_23},
	{0xff000019, UINT32_MAX, "draft-25", &of_23},
	{0xff00001a, UINT32_MAX, "draft-26", &of_23},
	{0xff00001b, UINT32_MAX, "draft-27", &of_23},
	{0xff00001c, UINT32_MAX, "draft-28", &of_23},
	{0xff00001d, UINT32_MAX, "draft-29", &of_29},
	{0xff00001e, UINT32_MAX, "draft-30", &of_29},
	{0xff00001f, UINT32_MAX, "draft-31", &of_29},
	{0xff000020, UINT32_MAX, "draft-32", &of_29},
	{0xff000021, UINT32_MAX, "draft-33", &of_1},
	{0xff000022, UINT32_MAX, "draft-34", &of_1},
	{0xfaceb001, UINT32_MAX, "mvfst-22", &of_21}, // Facebook's, after draft 22
	{0xfaceb002, UINT32_MAX, "mvfst-27", &of_23},
	{0xfaceb00e, UINT32_MAX, "mvfst-experimental", &of_23},
	{0x54303530, UINT32_MAX, "T050", &of_t050}, // Google's, with TLS
	{0x54303531, UINT32_MAX, "T051", &of_t051},
	{0x0a0a0a0a, 0x0f0f0f0f, "reserved", &of_29}, // RFC 9000, 15: to have the server name its versions
};

static const struct version *find_version(uint32_t version)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if ((version & versions[i].mask) == versions[i].number)
			return &versions[i];
	return NULL;
}

const char *quic_version_name(uint32_t version)
{
	const struct version *v = find_version(version);
	return v ? v->name : NULL;
}

// An integer of 1, 2, 4 or 8 bytes, as its first two bits say (RFC 9000, 16).
static uint64_t read_varint(struct bytes *b)
{
	static const size_t widths[] = {1, 2, 4, 8};
	unsigned code = bytes_peek(*b, 0, 1) >> 6 & 3;
	uint64_t value = bytes_uint(b, widths[code]);
	return value & (UINT64_MAX >> 2 >> (64 - 8 * widths[code]));
}

// ---- packets ------------------------------------------------------------------------------------------------------

static enum quic_packet_type type_of(uint32_t version, uint8_t first)
{
	static const enum quic_packet_type types[] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY};
	unsigned bits = first >> 4 & 3;
	if (!version)
		return QUIC_NEGOTIATION;
	return types[version == VERSION_2 ? (bits + 3) % 4 : bits];
}

bool quic_take_packet(struct quic_packet *p, struct bytes *datagram)
{
	struct bytes b = *datagram;
	uint8_t first = bytes_u8(&b);
	p->version = bytes_u32(&b);
	p->type = type_of(p->version, first);
	size_t destination_len = bytes_u8(&b);
	p->destination = bytes_split(&b, destination_len);
	size_t source_len = bytes_u8(&b);
	p->source = bytes_split(&b, source_len);
	p->whole = *datagram;
	p->number_offset = 0;
	p->is_fixed = first & FORM_FIXED;
	if (b.bad || !(first & FORM_LONG) || destination_len > QUIC_ID_MAX || source_len > QUIC_ID_MAX)
		return false;
	if (p->type == QUIC_NEGOTIATION || p->type == QUIC_RETRY) {
		datagram->left = 0;
		return p->type == QUIC_NEGOTIATION || find_version(p->version);
	}
	if (!find_version(p->version))
		return false;
	if (p->type == QUIC_INITIAL)
		bytes_skip(&b, read_varint(&b)); // token
	uint64_t length = read_varint(&b);
	p->number_offset = (size_t)(b.at - datagram->at);
	bytes_skip(&b, length);
	if (b.bad)
		return false;
	p->whole.left = (size_t)(b.at - datagram->at);
	*datagram = b;
	return true;
}

// ---- keys ---------------------------------------------------------------------------------------------------------

// HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) without context, of at most one block.
static void expand(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *to, size_t length)
{
	uint8_t info[64], block[EVP_MAX_MD_SIZE];
	size_t n = strlen(label);
	info[0] = 0;
	info[1] = (uint8_t)length;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	info[10 + n] = 1; // the first block
	memset(block, 0, sizeof block);
	HMAC(EVP_sha256(), secret, SECRET_LEN, info, 11 + n, block, NULL);
	memcpy(to, block, length);
}

void quic_derive_keys(struct quic_keys *keys, uint32_t version, struct bytes destination)
{
	static const char *const sides[2] = {"client in", "server in"};
	const struct version *v = find_version(version);
	uint8_t id[QUIC_ID_MAX] = {0}, initial[EVP_MAX_MD_SIZE] = {0}, secret[SECRET_LEN];
	size_t n = destination.left <= sizeof id ? destination.left : 0;
	bool is_2 = version == VERSION_2;
	bytes_copy(&destination, id, n);
	*keys = (struct quic_keys){.version = version};
	if (!v)
		return;
	HMAC(EVP_sha256(), v->salt->at, sizeof v->salt->at, id, n, initial, NULL);
	for (int i = 0; i < 2; i++) {
		expand(initial, sides[i], secret, sizeof secret);
		expand(secret, is_2 ? "quicv2 key" : "quic key", keys->side[i].key, sizeof keys->side[i].key);
		expand(secret, is_2 ? "quicv2 iv" : "quic iv", keys->side[i].iv, sizeof keys->side[i].iv);
		expand(secret, is_2 ? "quicv2 hp" : "quic hp", keys->side[i].header, sizeof keys->side[i].header);
	}
}

// ---- protection ---------------------------------------------------------------------------------------------------

// AES-ECB of the sample (RFC 9001, 5.4.3).
static bool header_mask(const uint8_t key[16], const uint8_t sample[SAMPLE_LEN], uint8_t mask[SAMPLE_LEN])
{
	int length = 0;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
	          EVP_EncryptUpdate(c, mask, &length, sample, SAMPLE_LEN) == 1 && length == SAMPLE_LEN;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

// AES-GCM (RFC 9001, 5.3). data ends with the tag.
static bool decrypt(const uint8_t key[16], const uint8_t nonce[12], const uint8_t *header, size_t header_len,
                    uint8_t *data, size_t data_len, uint8_t *to)
{
	int length = 0, rest = 0;
	int text_len = (int)(data_len - TAG_LEN);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
	          EVP_DecryptUpdate(c, NULL, &length, header, (int)header_len) == 1 &&
	          EVP_DecryptUpdate(c, to, &length, data, text_len) == 1 &&
	          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, data + text_len) == 1 &&
	          EVP_DecryptFinal_ex(c, to + length, &rest) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

size_t quic_open_initial(const struct quic_keys *keys, int side, const struct quic_packet *p,
                         uint8_t to[QUIC_INITIAL_MAX])
{
	uint8_t packet[QUIC_INITIAL_MAX] = {0}, mask[SAMPLE_LEN] = {0}, nonce[12];
	size_t length = p->whole.left, at = p->number_offset;
	struct bytes whole = p->whole;
	if (p->type != QUIC_INITIAL || p->version != keys->version || length > sizeof packet ||
	    at + 4 + SAMPLE_LEN > length)
		return 0;
	bytes_copy(&whole, packet, length);
	if (!header_mask(keys->side[side].header, packet + at + 4, mask))
		return 0;
	packet[0] ^= mask[0] & 0x0f;
	size_t number_len = (packet[0] & 3u) + 1;
	memcpy(nonce, keys->side[side].iv, sizeof nonce);
	for (size_t i = 0; i < number_len; i++) {
		packet[at + i] ^= mask[1 + i];
		nonce[sizeof nonce - number_len + i] ^= packet[at + i];
	}
	at += number_len;
	if (length - at <= TAG_LEN || !decrypt(keys->side[side].key, nonce, packet, at, packet + at, length - at, to))
		return 0;
	return length - at - TAG_LEN;
}

// ---- frames -------------------------------------------------------------------------------------------------------

static void skip_ack(struct bytes *b, bool has_ecn)
{
	read_varint(b); // largest
	read_varint(b); // delay
	uint64_t ranges = read_varint(b);
	read_varint(b); // first range
	for (uint64_t i = 0; i < ranges && b->left; i++) {
		read_varint(b);
		read_varint(b);
	}
	for (int i = 0; has_ecn && i < 3; i++)
		read_varint(b);
}

bool quic_take_frame(struct quic_frame *f, struct bytes *b)
{
	*f = (struct quic_frame){.type = QUIC_PADDING};
	while (b->left && bytes_peek(*b, 0, 1) == FRAME_PADDING)
		bytes_skip(b, 1);
	if (!b->left)
		return false;
	uint64_t type = read_varint(b);
	if (type == FRAME_PING) {
		f->type = QUIC_PING;
	} else if (type == FRAME_ACK || type == FRAME_ACK_ECN) {
		f->type = QUIC_ACK;
		skip_ack(b, type == FRAME_ACK_ECN);
	} else if (type == FRAME_CRYPTO || type == FRAME_CRYPTO_GOOGLE) {
		f->type = QUIC_CRYPTO;
		f->offset = read_varint(b);
		f->data = bytes_split(b, read_varint(b));
	} else if (type == FRAME_CLOSE) {
		f->type = QUIC_CLOSE;
		f->error = read_varint(b);
		read_varint(b); // type of the frame that failed
		bytes_skip(b, read_varint(b));
	} else {
		return false;
	}
	return !b->bad;
}
