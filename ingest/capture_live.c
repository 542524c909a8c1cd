// Live capture through libpcap: pcap(3PCAP). See capture_live.h.
#include "capture_live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "capture_fault.h"
#include "capture_reader.h"

enum { NAMES_ROOM = 256, NS_PER_MS = 1000000, NO_TIMEOUT_MS = 1 };

struct capture_live {
	pcap_t *pcap;
	int fd;              // readable when packets are there; -1: libpcap waits itself
	int64_t fraction_ns; // unit of a time stamp's second half
};

// ---- what went wrong ------------------------------------------------------------------------------------------------

// "eth0, lo": the interfaces that may be captured from.
static void list_interfaces(char *to, size_t size)
{
	char trouble[PCAP_ERRBUF_SIZE];
	pcap_if_t *all = NULL;
	size_t used = 0;
	*to = '\0';
	if (pcap_findalldevs(&all, trouble) != 0)
		return;
	for (const pcap_if_t *one = all; one && used < size; one = one->next)
		used += (size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "", one->name);
	pcap_freealldevs(all);
}

static void explain_missing(const char *name, struct capture_fault *fault)
{
	char names[NAMES_ROOM];
	list_interfaces(names, sizeof names);
	if (*names)
		capture_fault_set(fault, name, "there is no such interface; there are: %s", names);
	else
		capture_fault_set(fault, name, "there is no such interface, and none that you may capture from");
}

#ifdef __linux__
#define HOW_TO_BE_ALLOWED                                                                                          \
	"run it with sudo, or allow this program to capture, once, with: sudo setcap cap_net_raw,cap_net_admin+eip "   \
	"\"$(command -v pcapdex)\""
#else
#define HOW_TO_BE_ALLOWED "run it with sudo, or get access to /dev/bpf* (macOS: Wireshark's ChmodBPF does that)"
#endif

static void explain_activation(const struct capture_live_options *o, pcap_t *pcap, int status,
                               struct capture_fault *fault)
{
	if (status == PCAP_ERROR_NO_SUCH_DEVICE)
		explain_missing(o->interface, fault);
	else if (status == PCAP_ERROR_PERM_DENIED)
		capture_fault_set(fault, o->interface, "no permission to capture; " HOW_TO_BE_ALLOWED);
	else if (status == PCAP_ERROR_PROMISC_PERM_DENIED)
		capture_fault_set(fault, o->interface,
		                  "no permission for --promiscuous; leave it out, or " HOW_TO_BE_ALLOWED);
	else if (status == PCAP_ERROR_IFACE_NOT_UP)
		capture_fault_set(fault, o->interface, "the interface is down; bring it up first: ip link set %s up",
		                  o->interface);
	else
		capture_fault_set(fault, o->interface, "cannot be captured from: %s", pcap_geterr(pcap));
}

// ---- starting -------------------------------------------------------------------------------------------------------

static int timeout_ms(const struct capture_live_options *o)
{
	int64_t ms = o->timeout_ns / NS_PER_MS;
	return ms > 0 ? (int)ms : NO_TIMEOUT_MS; // 0 would be for ever
}

static bool activate(const struct capture_live_options *o, pcap_t *pcap, struct capture_fault *fault)
{
	pcap_set_snaplen(pcap, (int)o->snaplen);
	pcap_set_promisc(pcap, o->promiscuous);
	pcap_set_timeout(pcap, timeout_ms(o));
	pcap_set_buffer_size(pcap, CAPTURE_LIVE_BUFFER);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); // else it stays at microseconds
	int status = pcap_activate(pcap);
	if (status < 0) {
		explain_activation(o, pcap, status, fault);
		return false;
	}
	if (status == PCAP_WARNING_PROMISC_NOTSUP)
		message_warning("%s: does not support --promiscuous", o->interface);
	return true;
}

static bool set_filter(const struct capture_live_options *o, pcap_t *pcap, struct capture_fault *fault)
{
	struct bpf_program program;
	if (!o->filter)
		return true;
	if (pcap_compile(pcap, &program, o->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		capture_fault_set(fault, o->interface, "--filter '%s': %s; see pcap-filter(7)", o->filter,
		                  pcap_geterr(pcap));
		return false;
	}
	bool ok = pcap_setfilter(pcap, &program) == 0;
	pcap_freecode(&program);
	if (!ok)
		capture_fault_set(fault, o->interface, "--filter cannot be set: %s", pcap_geterr(pcap));
	return ok;
}

static bool set_direction(const struct capture_live_options *o, pcap_t *pcap, struct capture_fault *fault)
{
	if (strcmp(o->direction, "both") == 0)
		return true;
	if (pcap_setdirection(pcap, strcmp(o->direction, "in") == 0 ? PCAP_D_IN : PCAP_D_OUT) == 0)
		return true;
	capture_fault_set(fault, o->interface, "cannot tell directions (%s); leave --direction out", pcap_geterr(pcap));
	return false;
}

static bool prepare(const struct capture_live_options *o, pcap_t *pcap, struct capture_fault *fault)
{
	char trouble[PCAP_ERRBUF_SIZE];
	if (!activate(o, pcap, fault) || !set_filter(o, pcap, fault) || !set_direction(o, pcap, fault))
		return false;
	if (pcap_setnonblock(pcap, 1, trouble) == 0)
		return true;
	capture_fault_set(fault, o->interface, "cannot be captured from: %s", trouble);
	return false;
}

static void describe(struct capture *c, const struct capture_live_options *o)
{
	struct capture_interface *interface = capture_add_interface(c);
	int link_type = pcap_datalink(c->live->pcap);
	interface->link_type = capture_link_type(link_type);
	interface->snaplen = (uint32_t)pcap_snapshot(c->live->pcap);
	interface->ts_units = 1000000000 / c->live->fraction_ns;
	interface->name = capture_text(bytes_of(o->interface, strlen(o->interface)), CAPTURE_TEXT_MAX);
	if (o->filter)
		interface->filter = capture_text(bytes_of(o->filter, strlen(o->filter)), CAPTURE_TEXT_MAX);
}

struct capture *capture_live_open(const struct capture_live_options *o, struct capture_fault *fault)
{
	char trouble[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_create(o->interface, trouble);
	if (!pcap) {
		capture_fault_set(fault, o->interface, "cannot be captured from: %s", trouble);
		return NULL;
	}
	if (!prepare(o, pcap, fault)) {
		pcap_close(pcap);
		return NULL;
	}
	struct capture *c = memory_alloc(sizeof *c);
	byte_stream_open_memory(&c->stream, o->interface, "", 0);
	c->stream.file.size = -1;
	c->format = CAPTURE_LIVE;
	c->live = memory_alloc(sizeof *c->live);
	c->live->pcap = pcap;
	c->live->fd = pcap_get_selectable_fd(pcap);
	c->live->fraction_ns = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
	describe(c, o);
	return c;
}

void capture_live_release(struct capture *c)
{
	if (c->live)
		pcap_close(c->live->pcap);
	free(c->live);
	c->live = NULL;
}

// ---- packets --------------------------------------------------------------------------------------------------------

static void wait_for_packets(const struct capture_live *live)
{
	struct pollfd fd = {.fd = live->fd, .events = POLLIN};
	poll(&fd, live->fd >= 0, CAPTURE_LIVE_WAIT_MS); // a signal ends it
}

enum capture_result capture_live_next(struct capture *c, struct frame *frame)
{
	const struct capture_live *live = c->live;
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int got = pcap_next_ex(live->pcap, &header, &data);
	if (got == 0) {
		wait_for_packets(live);
		return CAPTURE_WAIT;
	}
	if (got < 0) {
		capture_fault_set(&c->fault, c->stream.file.name, "capturing ended: %s; every packet before was kept",
		                  pcap_geterr(live->pcap));
		return CAPTURE_DAMAGED;
	}
	*frame = (struct frame){
		.ts_ns = (int64_t)header->ts.tv_sec * 1000000000 + (int64_t)header->ts.tv_usec * live->fraction_ns,
		.wire_len = header->len,
		.link_type = c->interfaces[0].link_type,
		.data = bytes_of(data, header->caplen),
	};
	return CAPTURE_FRAME;
}

void capture_live_count(struct capture *c)
{
	struct pcap_stat counts;
	if (pcap_stats(c->live->pcap, &counts) != 0)
		return;
	c->interfaces[0].received = counts.ps_recv;
	c->interfaces[0].dropped = (int64_t)counts.ps_drop + counts.ps_ifdrop;
}
