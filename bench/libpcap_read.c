// Reads a capture with libpcap and does nothing else: what ingest is measured against.
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	unsigned long packets = 0, bytes = 0;

	if (argc != 2)
		return 2;
	pcap_t *in = pcap_open_offline(argv[1], error);
	if (!in) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	while (pcap_next_ex(in, &header, &data) == 1) {
		packets++;
		bytes += header->len;
	}
	pcap_close(in);
	printf("%lu packets, %lu bytes\n", packets, bytes);
	return 0;
}
