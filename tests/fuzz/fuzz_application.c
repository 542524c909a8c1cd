// Any bytes as what two sides of one flow say to each other: segments in order, ahead, again and overlapping, cut by the
// snap length, lost for good; datagrams; ends. The bytes go through the streams to one application, and its rows to a case
// in memory.
//
// The input: a byte of what carries it (enum carrier), and two of its number: the server's port, IP's protocol, or which of
// the applications that have a layer. Of QUIC, payloads are the frames of Initial packets, which are sealed here: no other
// bytes would get as far. Then segments: a byte of what is done, one of the payload's length, the payload. What is done:
// 0x01 sent by the other side; 0x02 FIN; 0x04 RST; 0x08 everything so far is acknowledged; 0x10 some bytes ahead and 0x20
// some bytes back, by the next byte; 0x40 cut, by the next byte; 0x80 the payload is sixteen times as long as its byte says.
#include "../../ingest/application.h"
#include "../../ingest/dissect.h"
#include "../../ingest/quic_initial.h"
#include "../../ingest/tcp_analysis.h"
#include "memory_case.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { CLIENT_PORT = 40000, TCP = 6, UDP = 17 };

enum carrier { CARRIER_TCP, CARRIER_UDP, CARRIER_IP, CARRIER_LAYER, CARRIER_QUIC, CARRIERS };

enum step {
	STEP_BACKWARD = 1,
	STEP_FIN = 2,
	STEP_RST = 4,
	STEP_ACK = 8,
	STEP_AHEAD = 16,
	STEP_AGAIN = 32,
	STEP_CUT = 64,
	STEP_LONG = 128
};

static struct writer *writer;

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void prepare(void)
{
	if (!writer)
		dissect_init();
	writer = memory_case_writer();
}

// A flow under way.
struct conversation {
	struct flow_table flows;
	struct tcp_analyzer tcp;
	struct application_stage applications;
	struct names names;
	struct frame frame;
	struct packet packet;
	uint8_t protocol;
	bool has_ports;
	const char *layer; // without IP: the innermost layer; NULL: there is IP
	uint16_t port;
	uint32_t next[2]; // sequence numbers
	bool seals;       // payloads are frames of QUIC
	struct quic_keys keys;
};

// One of the applications that are looked for by their layer's name.
static const char *layer_at(unsigned number)
{
	const char *names[8];
	unsigned count = 0;
	for (unsigned i = 0; applications[i] && count < sizeof names / sizeof *names; i++)
		if (applications[i]->keys[0].table && strcmp(applications[i]->keys[0].table, "layer") == 0)
			names[count++] = applications[i]->name;
	return count ? names[number % count] : NULL;
}

static void choose(struct conversation *c, enum carrier carrier, uint16_t number)
{
	c->protocol = carrier == CARRIER_TCP ? TCP : UDP;
	c->has_ports = carrier != CARRIER_IP && carrier != CARRIER_LAYER;
	c->seals = carrier == CARRIER_QUIC;
	c->port = number;
	if (carrier == CARRIER_IP)
		c->protocol = (uint8_t)number;
	if (carrier == CARRIER_LAYER)
		c->layer = layer_at(number);
}

static void set_addresses(struct conversation *c, int direction)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2};
	struct headers *ip = &c->packet.ip;
	memcpy(ip->src.at, mapped, sizeof mapped);
	memcpy(ip->dst.at, mapped, sizeof mapped);
	ip->src.at[15] = direction ? 2 : 1;
	ip->dst.at[15] = direction ? 1 : 2;
	ip->src_port = direction ? c->port : CLIENT_PORT;
	ip->dst_port = direction ? CLIENT_PORT : c->port;
	ip->ip_version = 4;
	ip->protocol = c->protocol;
	ip->has_ports = c->has_ports;
	ip->has_transport = true;
}

static void send_packet(struct conversation *c, int direction, uint16_t flags, uint32_t seq, struct bytes payload,
                        uint32_t cut)
{
	struct packet *p = &c->packet;
	int64_t id = p->id + 1;
	*p = (struct packet){.frame = &c->frame, .id = id, .number = id, .vlan_id = -1, .ethertype = -1};
	if (c->layer)
		p->stack[p->stack_count++] = c->layer;
	else
		set_addresses(c, direction);
	p->ip.tcp.seq = seq;
	p->ip.tcp.ack = c->next[!direction];
	p->ip.tcp.flags = flags;
	p->payload = p->layer = payload;
	p->payload_len = (uint32_t)payload.left + cut;
	c->frame.ts_ns += 1000000;
	flow_track(&c->flows, p);
	tcp_analyze(&c->tcp, p, writer, 1);
	application_analyze(&c->applications, p);
}

static const uint8_t header[] = {0xc3, 0,   0,   0, 1, 8,    'c', 'l', 'i', 'e', 'n',
                                 't',  'i', 'd', 0, 0, 0x40, 0,   0,   0,   0,   0};

enum { NUMBER_LEN = 4, TAG_LEN = 16, SEALED_MAX = sizeof header + (255 << 4) + TAG_LEN };

// An Initial packet of QUIC version 1 with number 0 (RFC 9001, 5), as a client sends it first. Gives its length.
static size_t seal(const struct quic_keys *keys, int side, struct bytes frames, uint8_t to[SEALED_MAX])
{
	uint8_t plain[SEALED_MAX], mask[32];
	size_t n = frames.left, length = NUMBER_LEN + n + TAG_LEN;
	int done;
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new(), *ecb = EVP_CIPHER_CTX_new();
	memcpy(to, header, sizeof header);
	to[sizeof header - NUMBER_LEN - 2] = (uint8_t)(0x40 | length >> 8);
	to[sizeof header - NUMBER_LEN - 1] = (uint8_t)length;
	bytes_copy(&frames, plain, n);
	uint8_t *sealed = to + sizeof header;
	EVP_EncryptInit_ex(gcm, EVP_aes_128_gcm(), NULL, keys->side[side].key, keys->side[side].iv);
	EVP_EncryptUpdate(gcm, NULL, &done, to, sizeof header);
	EVP_EncryptUpdate(gcm, sealed, &done, plain, (int)n);
	EVP_EncryptFinal_ex(gcm, sealed + n, &done);
	EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, TAG_LEN, sealed + n);
	EVP_EncryptInit_ex(ecb, EVP_aes_128_ecb(), NULL, keys->side[side].header, NULL);
	EVP_EncryptUpdate(ecb, mask, &done, sealed, TAG_LEN);
	to[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < NUMBER_LEN; i++)
		to[sizeof header - NUMBER_LEN + i] ^= mask[1 + i];
	EVP_CIPHER_CTX_free(gcm);
	EVP_CIPHER_CTX_free(ecb);
	return sizeof header + n + TAG_LEN;
}

// The payload gets memory of its own, so that a read past its end is seen.
static void take_step(struct conversation *c, struct bytes *input)
{
	uint8_t step = bytes_u8(input);
	int direction = step & STEP_BACKWARD;
	uint8_t sealed[SEALED_MAX];
	size_t n = (size_t)bytes_u8(input) << (step & STEP_LONG ? 4 : 0);
	uint32_t seq = c->next[direction], cut = 0;
	if (step & STEP_AHEAD)
		seq += bytes_u8(input);
	if (step & STEP_AGAIN)
		seq -= bytes_u8(input);
	if (step & STEP_CUT)
		cut = bytes_u8(input);
	struct bytes data = bytes_split(input, n < input->left ? n : input->left);
	if (c->seals)
		data = bytes_of(sealed, seal(&c->keys, direction, data, sealed));
	uint8_t *copy = malloc(data.left + !data.left);
	if (!copy)
		abort();
	size_t left = data.left;
	bytes_copy(&data, copy, left);
	uint16_t flags = (uint16_t)((step & STEP_ACK ? TCP_ACK : 0) | (step & STEP_FIN ? TCP_FIN : 0) |
	                            (step & STEP_RST ? TCP_RST : 0));
	uint32_t end = seq + (uint32_t)left + cut;
	if ((int32_t)(end - c->next[direction]) > 0)
		c->next[direction] = end;
	send_packet(c, direction, flags, seq, bytes_of(copy, left), cut);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
	struct bytes input = bytes_of(at, length);
	struct conversation *c = calloc(1, sizeof *c);

	if (!c)
		return 0;
	prepare();
	quic_derive_keys(&c->keys, 1, bytes_of(header + 6, 8));
	enum carrier carrier = bytes_u8(&input) % CARRIERS;
	choose(c, carrier, bytes_u16(&input));
	flow_table_init(&c->flows, 1, 0);
	tcp_analyzer_init(&c->tcp, TCP_UNACKED_TOTAL_MAX);
	names_init(&c->names);
	application_init(&c->applications, writer, 1, &c->names);
	if (carrier == CARRIER_TCP) {
		send_packet(c, 0, TCP_SYN, 0, bytes_of(NULL, 0), 0);
		send_packet(c, 1, TCP_SYN | TCP_ACK, 0, bytes_of(NULL, 0), 0);
		c->next[0] = c->next[1] = 1;
	}
	while (input.left)
		take_step(c, &input);
	for (struct flow *flow; (flow = flow_take(&c->flows)) != NULL;) {
		application_end_flow(&c->applications, flow);
		flow_free(flow);
	}
	application_finish(&c->applications);
	names_finish(&c->names, writer, 1);
	flow_table_release(&c->flows);
	if (c->applications.held_total || c->applications.budget.bytes || c->applications.kept_total)
		abort(); // what waits is counted, and given back
	free(c);
	return 0;
}
