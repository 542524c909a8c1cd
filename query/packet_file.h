// Writes packets as pcapng (draft-ietf-opsawg-pcapng) or classic pcap (draft-ietf-opsawg-pcap), little-endian.
#ifndef QUERY_PACKET_FILE_H
#define QUERY_PACKET_FILE_H

#include <stdint.h>

#include "sink.h"

enum packet_file_format { PACKET_FILE_PCAPNG, PACKET_FILE_PCAP };

// Texts may be NULL; those of more than 65535 bytes are cut.
struct packet_file_interface {
	uint16_t link_type; // LINKTYPE_
	uint32_t snaplen;   // 0: no limit
	int64_t ts_units;   // of its time stamps a second; what is no power of ten up to 10^9 is written as nanoseconds
	uint8_t fcs_len;    // bytes at the end of each frame
	const char *name, *description, *filter, *os, *hardware;
};

struct packet_file {
	struct sink *sink; // borrowed
	enum packet_file_format format;
	int64_t unit_ns; // pcap: 1 or 1000
};

struct packet_file_packet {
	uint32_t interface; // place of its interface, in the order in which they were written
	int64_t unit_ns;    // of its interface: packet_file_unit_ns()
	int64_t ts_ns;      // pcap: not negative, before 2106
	uint32_t wire_len, captured_len;
	const unsigned char *data;
	const unsigned char *options; // pcapng: options as they are to be written, without their end; NULL none
	uint32_t options_len;         // a multiple of 4
	const char *comment;          // pcapng; NULL none
};

// Nanoseconds in a time stamp unit of an interface as it is written.
int64_t packet_file_unit_ns(const struct packet_file_interface *);

// pcapng: a section header, with what wrote it and a comment (NULL none).
void packet_file_begin_pcapng(struct packet_file *, struct sink *, const char *application, const char *comment);
void packet_file_add_interface(struct packet_file *, const struct packet_file_interface *); // pcapng

// pcap: the header, from the only interface. unit_ns: 1 or 1000.
void packet_file_begin_pcap(struct packet_file *, struct sink *, const struct packet_file_interface *,
                            int64_t unit_ns);

void packet_file_add(struct packet_file *, const struct packet_file_packet *);

#endif
