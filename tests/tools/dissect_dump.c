// Prints what the dissectors make of each packet of a capture, one a line, tab-separated, for comparing with other
// tools:
//
//   dissect_dump FILE      print
//   dissect_dump -n N FILE dissect the whole file N times and print nothing but the time a packet took
#include "../../ingest/capture.h"
#include "../../ingest/dissect.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const VERDICTS[] = {"decoded", "truncated", "malformed", "unsupported"};

static const char *const ERRORS[] = {
#define X(name, text, meaning) text,
	PACKET_ERRORS(X)
#undef X
};

static const char HEADINGS[] =
	"number\tverdict\terrors\tstack\tip_version\tsrc\tdst\tprotocol\tsrc_port\tdst_port\t"
	"tcp_flags\tseq\tack\twindow\tpayload_len\tvlan\tttl\tip_id\tfragment\tip_checksum\t"
	"l4_checksum\tquoted\n";

static void print_errors(uint32_t errors)
{
	const char *between = "";

	for (unsigned i = 0; i < PACKET_ERROR_COUNT; i++) {
		if (!(errors >> i & 1))
			continue;
		printf("%s%s", between, ERRORS[i]);
		between = ",";
	}
	putchar('\t');
}

static void print_address(const struct headers *ip, const struct address *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (ip->ip_version == 4)
		inet_ntop(AF_INET, address->at + 12, text, sizeof text);
	else if (ip->ip_version == 6)
		inet_ntop(AF_INET6, address->at, text, sizeof text);
	printf("%s\t", text);
}

// A number where there is one, else an empty field.
static void print_number(bool present, int64_t number)
{
	if (present)
		printf("%" PRId64, number);
	putchar('\t');
}

static void print_tcp(const struct headers *ip)
{
	const struct tcp_header *tcp = &ip->tcp;
	bool present = ip->has_transport && ip->protocol == 6;

	if (present)
		printf("0x%04x", tcp->flags);
	putchar('\t');
	print_number(present, tcp->seq);
	print_number(present, tcp->ack);
	print_number(present, tcp->window);
}

static void print_quoted(const struct packet *p)
{
	const struct headers *ip = &p->quoted;

	if (!p->has_quoted)
		return;
	print_address(ip, &ip->src);
	print_address(ip, &ip->dst);
	printf("%u %u %u", ip->protocol, ip->src_port, ip->dst_port);
}

static void print_packet(const struct packet *p)
{
	const struct headers *ip = &p->ip;
	char stack[4096];

	dissect_stack_text(p, stack, sizeof stack);
	printf("%" PRId64 "\t%s\t", p->number, VERDICTS[p->verdict]);
	print_errors(p->errors);
	printf("%s\t", stack);
	print_number(ip->ip_version, ip->ip_version);
	print_address(ip, &ip->src);
	print_address(ip, &ip->dst);
	print_number(ip->ip_version, ip->protocol);
	print_number(ip->has_ports, ip->src_port);
	print_number(ip->has_ports, ip->dst_port);
	print_tcp(ip);
	print_number(true, p->payload_len);
	print_number(p->vlan_id >= 0, p->vlan_id);
	print_number(ip->ip_version, ip->ttl);
	print_number(ip->has_ip_id, ip->ip_id);
	if (ip->is_fragment)
		printf("%u%s", ip->fragment_offset, ip->more_fragments ? "+" : "");
	putchar('\t');
	print_number(p->ip_checksum != CHECKSUM_UNKNOWN, p->ip_checksum);
	print_number(p->l4_checksum != CHECKSUM_UNKNOWN, p->l4_checksum);
	print_quoted(p);
	putchar('\n');
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Dissects each packet `times` times over; the time for it is added to *ns.
static void dissect_timed(struct packet *packet, const struct frame *frame, long times, int64_t *ns)
{
	int64_t start = now_ns();

	for (long i = 0; i < times; i++)
		dissect_frame(packet, frame);
	*ns += now_ns() - start;
}

int main(int argc, char **argv)
{
	long times = argc == 4 && strcmp(argv[1], "-n") == 0 ? strtol(argv[2], NULL, 10) : 0;
	struct capture_fault fault = {""};
	struct packet packet = {.id = 0};
	struct frame frame;
	int64_t ns = 0;

	if (argc != 2 && times <= 0) {
		fputs("usage: dissect_dump [-n TIMES] FILE\n", stderr);
		return 2;
	}
	struct capture *capture = capture_open(argv[argc - 1], &fault);
	if (!capture) {
		fprintf(stderr, "dissect_dump: %s\n", fault.text);
		return 3;
	}
	dissect_init();
	if (!times)
		fputs(HEADINGS, stdout);
	while (capture_next(capture, &frame, &fault) == CAPTURE_FRAME) {
		packet.number++;
		if (times) {
			dissect_timed(&packet, &frame, times, &ns);
			continue;
		}
		dissect_frame(&packet, &frame);
		print_packet(&packet);
	}
	if (times && packet.number)
		printf("%.1f ns a packet\n", (double)ns / (double)times / (double)packet.number);
	if (fault.text[0])
		fprintf(stderr, "dissect_dump: %s\n", fault.text);
	capture_free(capture);
	return 0;
}
