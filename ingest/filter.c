// Capture filters in libpcap's language. See filter.h.
#include "filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { SNAPLEN = 262144, LINKTYPE_NULL = 0 };

// Link types that between them have a use for every word of the language: Ethernet, 802.11 ("type mgt"), Linux cooked v2
// ("ifindex 2", "inbound"), pf's log ("on em0"), ATM ("vpi 3") and SS7 ("opc 1").
static const uint16_t languages[] = {1, 105, 276, 117, 123, 140};

// Frames of one kind: BSD loopback begins with a number in the byte order of the machine that captured.
struct filter_program {
	uint16_t link_type;
	bool swapped; // that machine had another byte order than this one
	bool usable;
	struct bpf_program code;
};

static uint16_t swap16(uint16_t n)
{
	return (uint16_t)(n << 8 | n >> 8);
}

static uint32_t swap32(uint32_t n)
{
	return (uint32_t)swap16((uint16_t)n) << 16 | swap16((uint16_t)(n >> 16));
}

// The header of a capture file without packets, for libpcap: only for a file it knows all numbers that loopback
// interfaces have for IPv6, and takes no address of this machine's kernel into the program.
static struct pcap_file_header file_header(const struct filter_program *program)
{
	struct pcap_file_header h = {.magic = 0xa1b2c3d4, .version_major = 2, .version_minor = 4};
	h.snaplen = SNAPLEN;
	h.linktype = program->link_type;
	if (!program->swapped)
		return h;
	h.magic = swap32(h.magic);
	h.version_major = swap16(h.version_major);
	h.version_minor = swap16(h.version_minor);
	h.snaplen = swap32(h.snaplen);
	h.linktype = swap32(h.linktype);
	return h;
}

// NULL: error says why.
static pcap_t *open_empty(const struct filter_program *program, char *error)
{
	struct pcap_file_header header = file_header(program);
	FILE *file = fmemopen(&header, sizeof header, "rb");
	snprintf(error, PCAP_ERRBUF_SIZE, "out of memory");
	pcap_t *pcap = file ? pcap_fopen_offline(file, error) : NULL;
	if (file && !pcap)
		fclose(file);
	return pcap;
}

// error has PCAP_ERRBUF_SIZE bytes.
static bool compile(struct filter_program *program, const char *text, char *error)
{
	pcap_t *pcap = open_empty(program, error);
	program->usable = pcap && pcap_compile(pcap, &program->code, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (pcap && !program->usable)
		snprintf(error, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
	if (pcap)
		pcap_close(pcap);
	return program->usable;
}

// Protocol families are below 65536: the half that is not 0 tells the byte order.
static bool is_swapped(const struct frame *frame)
{
	struct bytes data = frame->data;
	uint16_t native = 1;
	bool little = *(const uint8_t *)&native == 1;
	return frame->link_type == LINKTYPE_NULL && (bytes_u16(&data) == 0) == little && !data.bad;
}

static struct filter_program *program_for(struct filter *f, const struct frame *frame)
{
	char error[PCAP_ERRBUF_SIZE];
	uint16_t link_type = frame->link_type;
	bool swapped = is_swapped(frame);
	for (unsigned i = 0; i < f->program_count; i++)
		if (f->programs[i].link_type == link_type && f->programs[i].swapped == swapped)
			return &f->programs[i];
	f->programs = memory_resize(f->programs, (f->program_count + 1) * sizeof *f->programs);
	struct filter_program *program = &f->programs[f->program_count++];
	*program = (struct filter_program){.link_type = link_type, .swapped = swapped};
	if (!compile(program, f->text, error))
		message_warning("--filter '%s' cannot be used for link type %u (%s): its packets are left out", f->text,
		                link_type, error);
	return program;
}

bool filter_init(struct filter *f, const char *text)
{
	*f = (struct filter){.text = text};
	if (!text)
		return true;
	char first[PCAP_ERRBUF_SIZE] = "";
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		struct filter_program program = {.link_type = languages[i]};
		char error[PCAP_ERRBUF_SIZE] = "";
		if (compile(&program, text, error)) {
			pcap_freecode(&program.code);
			return true;
		}
		if (i == 0)
			snprintf(first, sizeof first, "%s", error);
		if (!strncmp(error, "unknown ", strlen("unknown ")))
			break; // a name that nobody knows, of a host or a protocol: looked up once
	}
	message_error("--filter '%s': %s; see pcap-filter(7)", text, first);
	return false;
}

void filter_release(struct filter *f)
{
	for (unsigned i = 0; i < f->program_count; i++)
		if (f->programs[i].usable)
			pcap_freecode(&f->programs[i].code);
	free(f->programs);
	*f = (struct filter){0};
}

bool filter_passes(struct filter *f, const struct frame *frame)
{
	if (!f->text)
		return true;
	const struct filter_program *program = program_for(f, frame);
	struct pcap_pkthdr header = {.caplen = (bpf_u_int32)frame->data.left, .len = frame->wire_len};
	return program->usable && pcap_offline_filter(&program->code, &header, frame->data.at) != 0;
}
