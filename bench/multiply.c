// Makes a large capture out of small ones: their flows again and again, with new endpoints and times, checksums
// fixed, in time order. The same seed gives the same bytes.
//
//   multiply [-p PACKETS] [-f FLOWS] [-m PACKETS] [-s SEED] [-d SECONDS] [-2 FAR.pcap] OUT.pcap IN.pcap ...
//
// Every flow of the inputs (Ethernet with IPv4 or IPv6; TCP, UDP, ICMP echo; -m: of so many packets at least) is a
// template. A new flow copies one, chosen at random (70 % TCP, 22 % UDP, 8 % others, as far as there are), up to
// PACKETS / FLOWS packets on average; where that is longer than the template, its middle is repeated with sequence
// numbers that go on.
//
// -2: also what a second capture point would have, one router on: one in a hundred packets that go there is lost on the
// way.
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ETHERNET = 14,
	TCP = 6,
	UDP = 17,
	ICMP = 1,
	ICMPV6 = 58,
	FIN = 1,
	SYN = 2,
	RST = 4,
	TEMPLATES_MAX = 20000,
	SERVERS = 5000, // addresses that the new flows' servers have
	REPEAT_GAP_US = 200,
	WAY_US = 5000, // to the second point, the fastest packets
	JITTER_US = 200,
	LOST_EVERY = 100,
};

struct frame {
	int64_t ts_us; // since the first of the flow
	uint8_t *at;
	uint32_t captured_len, wire_len;
	uint16_t l4; // offset of the transport header
	uint8_t protocol;
	uint8_t direction;
};

struct template
{
	uint8_t key[40];    // both endpoints, the smaller first, and the protocol
	uint8_t opener[18]; // the first sender's address and port
	struct frame *frames;
	unsigned count, capacity;
	unsigned loop_first, loop_count; // the middle: neither SYN, FIN nor RST
	int64_t loop_us;
	uint32_t loop_bytes[2]; // sequence space that the middle takes
};

// A packet of the output: frame `place` of new flow `copy`, counted on over the repeated middle.
struct slot {
	int64_t ts_us;
	uint32_t copy, place;
};

struct copy {
	const struct template *template;
	uint32_t packets;
};

static struct template templates[TEMPLATES_MAX];
static unsigned template_count;
static uint64_t random_state;

static void *memory(void *old, size_t size)
{
	void *p = realloc(old, size);
	if (!p) {
		fputs("multiply: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 32) * limit >> 32);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

// ---- reading -------------------------------------------------------------------------------------------------------

// Finds IP and transport; false for frames that no template is made of.
static bool parse(struct frame *f, uint8_t from[18], uint8_t to[18])
{
	const uint8_t *ip = f->at + ETHERNET;
	bool four = f->captured_len > ETHERNET + 20 && get16(f->at + 12) == 0x0800;
	bool six = f->captured_len > ETHERNET + 40 && get16(f->at + 12) == 0x86dd;

	if (!four && !six)
		return false;
	if (four && (get16(ip + 6) & 0x3fff))
		return false; // a fragment
	size_t address_len = four ? 4 : 16;
	f->protocol = ip[four ? 9 : 6];
	f->l4 = (uint16_t)(ETHERNET + (four ? (ip[0] & 15) * 4 : 40));
	size_t need = f->protocol == TCP ? 20 : 8;
	if (f->l4 + need > f->captured_len)
		return false;
	uint8_t type = f->at[f->l4];
	bool echo =
		f->protocol == ICMP ? type == 0 || type == 8 : f->protocol == ICMPV6 && (type == 128 || type == 129);
	if (f->protocol != TCP && f->protocol != UDP && !echo)
		return false;
	memset(from, 0, 18);
	memset(to, 0, 18);
	memcpy(from, ip + (four ? 12 : 8), address_len);
	memcpy(to, ip + (four ? 16 : 24), address_len);
	if (f->protocol == TCP || f->protocol == UDP) {
		memcpy(from + 16, f->at + f->l4, 2);
		memcpy(to + 16, f->at + f->l4 + 2, 2);
	}
	return true;
}

static struct template *find_template(const uint8_t from[18], const uint8_t to[18], uint8_t protocol)
{
	uint8_t key[40] = {0};
	bool swap = memcmp(from, to, 18) > 0;

	memcpy(key, swap ? to : from, 18);
	memcpy(key + 18, swap ? from : to, 18);
	key[36] = protocol;
	for (unsigned i = template_count; i > 0; i--) {
		if (!memcmp(templates[i - 1].key, key, sizeof key))
			return &templates[i - 1];
	}
	if (template_count == TEMPLATES_MAX)
		return NULL;
	struct template *t = &templates[template_count++];
	memcpy(t->key, key, sizeof key);
	memcpy(t->opener, from, sizeof t->opener);
	return t;
}

static void add_frame(struct frame f)
{
	uint8_t from[18], to[18];
	struct template *t = parse(&f, from, to) ? find_template(from, to, f.protocol) : NULL;

	if (!t)
		return;
	if (t->count == t->capacity) {
		t->capacity = t->capacity * 2 + 16;
		t->frames = memory(t->frames, t->capacity * sizeof *t->frames);
	}
	f.direction = memcmp(from, t->opener, sizeof from) != 0;
	f.at = memcpy(memory(NULL, f.captured_len), f.at, f.captured_len);
	t->frames[t->count++] = f;
}

// The flows of one file; the next file's are others, even where the endpoints are the same.
static void read_file(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(path, error);
	struct pcap_pkthdr *header;
	const u_char *data;

	if (!in || pcap_datalink(in) != DLT_EN10MB) {
		fprintf(stderr, "multiply: %s: left out: %s\n", path, in ? "no Ethernet" : error);
		if (in)
			pcap_close(in);
		return;
	}
	unsigned first = template_count;
	while (pcap_next_ex(in, &header, &data) == 1) {
		struct frame f = {
			.ts_us = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec,
			.at = (uint8_t *)(uintptr_t)data,
			.captured_len = header->caplen,
			.wire_len = header->len,
		};
		add_frame(f);
	}
	pcap_close(in);
	for (unsigned i = first; i < template_count; i++)
		templates[i].key[39] = 1; // found no more
}

// Leaves out the flows that are too short.
static void keep_long_templates(unsigned min_count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < template_count; i++) {
		if (templates[i].count >= min_count)
			templates[kept++] = templates[i];
	}
	template_count = kept;
}

// Where the middle is that can be repeated, and how much sequence space it takes.
static void finish_template(struct template *t)
{
	uint32_t low[2] = {0}, high[2] = {0};
	bool seen[2] = {false, false};
	int64_t begin = t->frames[0].ts_us;

	for (unsigned i = 0; i < t->count; i++)
		t->frames[i].ts_us -= begin;
	unsigned first = 0, end = t->count;
	if (t->frames[0].protocol == TCP) {
		while (first < t->count && t->frames[first].at[t->frames[first].l4 + 13] & (SYN | FIN | RST))
			first++;
		for (end = first; end < t->count && !(t->frames[end].at[t->frames[end].l4 + 13] & (SYN | FIN | RST));)
			end++;
	}
	for (unsigned i = first; i < end && t->frames[0].protocol == TCP; i++) {
		const struct frame *f = &t->frames[i];
		uint32_t seq = get32(f->at + f->l4 + 4);
		uint32_t last = seq + (f->wire_len - f->l4 - (f->at[f->l4 + 12] >> 4) * 4u);
		if (!seen[f->direction] || (int32_t)(low[f->direction] - seq) > 0)
			low[f->direction] = seq;
		if (!seen[f->direction] || (int32_t)(last - high[f->direction]) > 0)
			high[f->direction] = last;
		seen[f->direction] = true;
	}
	t->loop_first = first;
	t->loop_count = end - first;
	t->loop_us = t->loop_count ? t->frames[end - 1].ts_us - t->frames[first].ts_us + REPEAT_GAP_US : 0;
	t->loop_bytes[0] = high[0] - low[0];
	t->loop_bytes[1] = high[1] - low[1];
}

// ---- planning ------------------------------------------------------------------------------------------------------

static bool is_of_class(const struct template *t, uint32_t percent)
{
	uint8_t protocol = t->frames[0].protocol;

	if (percent < 70)
		return protocol == TCP;
	return percent < 92 ? protocol == UDP : protocol == ICMP || protocol == ICMPV6;
}

static const struct template *choose_template(void)
{
	uint32_t percent = random_below(100), first = random_below(template_count);

	for (uint32_t i = 0; i < template_count; i++) {
		const struct template *t = &templates[(first + i) % template_count];
		if (is_of_class(t, percent))
			return t;
	}
	return &templates[first];
}

// Which frame of the template is packet `place` of a new flow of `packets`, and how often the middle went round.
static const struct frame *frame_at(const struct copy *c, uint32_t place, uint32_t *round)
{
	const struct template *t = c->template;
	uint32_t more = c->packets > t->count ? c->packets - t->count : 0; // packets of repeated middles

	*round = 0;
	if (place < t->loop_first || !t->loop_count)
		return &t->frames[place];
	uint32_t inside = place - t->loop_first;
	if (inside < t->loop_count + more) {
		*round = inside / t->loop_count;
		return &t->frames[t->loop_first + inside % t->loop_count];
	}
	*round = more / t->loop_count;
	return &t->frames[place - more];
}

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	if (x->ts_us != y->ts_us)
		return x->ts_us < y->ts_us ? -1 : 1;
	if (x->copy != y->copy)
		return x->copy < y->copy ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static uint32_t plan(struct copy *copies, uint32_t flows, struct slot *slots, uint32_t packets, int64_t duration_us)
{
	uint32_t made = 0;

	for (uint32_t i = 0; i < flows && made < packets; i++) {
		uint32_t mean = (packets - made) / (flows - i); // so that the numbers come out
		uint32_t want = mean / 2 + random_below(mean + 1);
		const struct template *t = choose_template();
		if (want < 2)
			want = 2;
		if (i + 1 == flows || want > packets - made)
			want = packets - made;
		if (!t->loop_count && want > t->count)
			want = t->count;
		copies[i] = (struct copy){t, want};
		int64_t start = (int64_t)random_below((uint32_t)(duration_us / 1000)) * 1000 + random_below(1000);
		for (uint32_t place = 0; place < want; place++) {
			uint32_t round;
			const struct frame *f = frame_at(&copies[i], place, &round);
			slots[made++] = (struct slot){start + f->ts_us + round * t->loop_us, i, place};
		}
	}
	qsort(slots, made, sizeof *slots, compare_slots);
	return made;
}

// ---- writing -------------------------------------------------------------------------------------------------------

// RFC 1624: a checksum after `len` bytes (even) of what it covers were changed.
static void fix_checksum(uint8_t *checksum, const uint8_t *old, const uint8_t *new, size_t len)
{
	uint32_t sum = (uint16_t)~get16(checksum);

	for (size_t i = 0; i < len; i += 2)
		sum += (uint16_t)~get16(old + i) + (uint32_t)get16(new + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	checksum[0] = (uint8_t)(~sum >> 8);
	checksum[1] = (uint8_t)~sum;
}

static uint8_t *l4_checksum(const struct frame *f, uint8_t *data)
{
	switch (f->protocol) {
	case TCP:
		return f->captured_len >= f->l4 + 18u ? data + f->l4 + 16 : NULL;
	case UDP:
		return get16(data + f->l4 + 6) ? data + f->l4 + 6 : NULL;
	case ICMPV6:
		return data + f->l4 + 2;
	default:
		return NULL;
	}
}

static void replace(const struct frame *f, uint8_t *data, uint8_t *at, uint32_t value, bool in_ip_header)
{
	uint8_t new[4];
	uint8_t *checksum = l4_checksum(f, data);

	put32(new, value);
	if (checksum)
		fix_checksum(checksum, at, new, 4);
	if (in_ip_header && get16(data + 12) == 0x0800)
		fix_checksum(data + ETHERNET + 10, at, new, 4);
	memcpy(at, new, 4);
}

// A number of the packet, the same at both points.
static uint32_t chance(const struct slot *s)
{
	uint64_t mixed = ((uint64_t)s->copy << 32 | s->place) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(mixed >> 40);
}

// The second point's TTL: one less than at the first point of what goes there, one more of what comes from there.
static void pass_router(const struct frame *f, uint8_t *data)
{
	bool four = get16(data + 12) == 0x0800;
	uint8_t *ttl = data + ETHERNET + (four ? 8 : 7), word[2] = {ttl[0], ttl[1]};

	word[0] = (uint8_t)(f->direction ? ttl[0] + 1 : ttl[0] - 1);
	if (four)
		fix_checksum(data + ETHERNET + 10, ttl, word, 2);
	ttl[0] = word[0];
}

static void write_packet(FILE *out, const struct slot *slot, const struct copy *c, bool is_far)
{
	static uint8_t data[262144];
	uint32_t round;
	const struct frame *f = frame_at(c, slot->place, &round);
	uint32_t client = 0x0a000001u + slot->copy, server = 0xac100001u + slot->copy * 7919u % SERVERS;
	bool four = get16(f->at + 12) == 0x0800;

	if (f->captured_len > sizeof data)
		return;
	memcpy(data, f->at, f->captured_len);
	uint8_t *src = data + ETHERNET + (four ? 12 : 8 + 12), *dst = data + ETHERNET + (four ? 16 : 24 + 12);
	replace(f, data, src, f->direction ? server : client, true);
	replace(f, data, dst, f->direction ? client : server, true);
	if (f->protocol == TCP && round) {
		uint8_t *l4 = data + f->l4;
		replace(f, data, l4 + 4, get32(l4 + 4) + round * c->template->loop_bytes[f->direction], false);
		replace(f, data, l4 + 8, get32(l4 + 8) + round * c->template->loop_bytes[!f->direction], false);
	}
	if (is_far)
		pass_router(f, data);
	int64_t ts_us = 1700000000000000 + slot->ts_us;
	uint32_t header[4] = {(uint32_t)(ts_us / 1000000), (uint32_t)(ts_us % 1000000), f->captured_len, f->wire_len};
	fwrite(header, sizeof header, 1, out);
	fwrite(data, f->captured_len, 1, out);
}

// From the first point's packets, those of the second, in its order; returns how many.
static uint32_t move_to_far(struct slot *slots, uint32_t count, const struct copy *copies)
{
	uint32_t left = 0, round;

	for (uint32_t i = 0; i < count; i++) {
		struct slot s = slots[i];
		bool is_back = frame_at(&copies[s.copy], s.place, &round)->direction;
		int64_t way_us = WAY_US + chance(&s) % JITTER_US;
		if (!is_back && chance(&s) % LOST_EVERY == 0)
			continue;
		s.ts_us += is_back ? -way_us : way_us;
		slots[left++] = s;
	}
	qsort(slots, left, sizeof *slots, compare_slots);
	return left;
}

static bool write_file(const char *path, const struct slot *slots, uint32_t count, const struct copy *copies,
                       bool is_far)
{
	FILE *out = fopen(path, "wb");
	uint32_t header[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, DLT_EN10MB};

	if (!out)
		return false;
	setvbuf(out, NULL, _IOFBF, 1 << 20);
	fwrite(header, sizeof header, 1, out);
	for (uint32_t i = 0; i < count; i++)
		write_packet(out, &slots[i], &copies[slots[i].copy], is_far);
	bool ok = !ferror(out);
	return fclose(out) == 0 && ok;
}

int main(int argc, char **argv)
{
	uint32_t packets = 1000000, flows = 100000, min_count = 1, duration_s = 600;
	const char *far_path = NULL;
	int option;

	random_state = 1;
	while ((option = getopt(argc, argv, "p:f:m:s:d:2:")) != -1) {
		uint32_t value = (uint32_t)strtoul(optarg ? optarg : "", NULL, 10);
		switch (option) {
		case 'p':
			packets = value;
			break;
		case 'f':
			flows = value;
			break;
		case 'm':
			min_count = value;
			break;
		case 's':
			random_state = value;
			break;
		case '2':
			far_path = optarg;
			break;
		case 'd':
			duration_s = value;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2 || !packets || !flows || !duration_s) {
		fputs(
			"usage: multiply [-p PACKETS] [-f FLOWS] [-m PACKETS] [-s SEED] [-d SECONDS] [-2 FAR.pcap] OUT.pcap"
			" IN.pcap ...\n",
			stderr);
		return 2;
	}
	for (int i = optind + 1; i < argc; i++)
		read_file(argv[i]);
	keep_long_templates(min_count);
	if (!template_count) {
		fputs("multiply: no such flows in the inputs\n", stderr);
		return 1;
	}
	for (unsigned i = 0; i < template_count; i++)
		finish_template(&templates[i]);
	struct copy *copies = memory(NULL, flows * sizeof *copies);
	struct slot *slots = memory(NULL, packets * sizeof *slots);
	uint32_t made = plan(copies, flows, slots, packets, (int64_t)duration_s * 1000000);
	if (!write_file(argv[optind], slots, made, copies, false)) {
		perror(argv[optind]);
		return 1;
	}
	if (far_path && !write_file(far_path, slots, move_to_far(slots, made, copies), copies, true)) {
		perror(far_path);
		return 1;
	}
	fprintf(stderr, "multiply: %u packets from %u templates\n", made, template_count);
	return 0;
}
