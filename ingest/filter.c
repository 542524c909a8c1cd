// Capture filters in libpcap's language. See filter.h.
#include "filter.h"

#include <stdlib.h>

#include "../common/message.h"

enum { SNAPLEN = 262144, LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };

struct filter_program {
	uint16_t link_type;
	bool usable;
	struct bpf_program code;
};

// LINKTYPE_ to this system's DLT_, where they differ (pcap-linktype(7)).
static int dlt_of(uint16_t link_type)
{
	return link_type == LINKTYPE_RAW ? DLT_RAW : link_type;
}

static bool compile(struct filter_program *program, const char *text, char *error, size_t error_size)
{
	pcap_t *pcap = pcap_open_dead(dlt_of(program->link_type), SNAPLEN);
	program->usable = pcap && pcap_compile(pcap, &program->code, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!program->usable)
		snprintf(error, error_size, "%s", pcap ? pcap_geterr(pcap) : "out of memory");
	if (pcap)
		pcap_close(pcap);
	return program->usable;
}

static struct filter_program *program_for(struct filter *f, uint16_t link_type)
{
	char error[PCAP_ERRBUF_SIZE];
	for (unsigned i = 0; i < f->program_count; i++)
		if (f->programs[i].link_type == link_type)
			return &f->programs[i];
	f->programs = memory_resize(f->programs, (f->program_count + 1) * sizeof *f->programs);
	struct filter_program *program = &f->programs[f->program_count++];
	*program = (struct filter_program){.link_type = link_type};
	if (!compile(program, f->text, error, sizeof error))
		message_warning("--filter '%s' cannot be used for link type %u (%s): its packets are left out", f->text,
		                link_type, error);
	return program;
}

bool filter_init(struct filter *f, const char *text)
{
	*f = (struct filter){.text = text};
	if (!text)
		return true;
	char error[PCAP_ERRBUF_SIZE];
	struct filter_program program = {.link_type = LINKTYPE_ETHERNET};
	if (compile(&program, text, error, sizeof error)) {
		pcap_freecode(&program.code);
		return true;
	}
	// What Ethernet has no use for may be good for another link type ("type mgt"): only grammar is wrong everywhere.
	program.link_type = 105;
	if (compile(&program, text, error, sizeof error)) {
		pcap_freecode(&program.code);
		return true;
	}
	message_error("--filter '%s': %s; see pcap-filter(7)", text, error);
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
	const struct filter_program *program = program_for(f, frame->link_type);
	struct pcap_pkthdr header = {.caplen = (bpf_u_int32)frame->data.left, .len = frame->wire_len};
	return program->usable && pcap_offline_filter(&program->code, &header, frame->data.at) != 0;
}
