// Classic pcap, read by libpcap from our stream. Format: pcap-savefile(5), draft-ietf-opsawg-pcap.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE // fopencookie
#endif

#include <pcap/pcap.h>
#if defined(__linux__) || defined(__CYGWIN__)
#include <stdio_ext.h>
#endif
#include <stdlib.h>

#include "capture_fault.h"
#include "capture_reader.h"

enum {
	FILE_HEADER_LEN = 24,
	SNAPLEN_AT = 16, // in the file header
	NETWORK_AT = 20,
	RECORD_LEN = 16,
	RECORD_MODIFIED_LEN = 24,
	FCS_PRESENT = 1 << 26, // in the network field; the length is in its upper four bits, in 16-bit words
};

static const uint32_t magic_microseconds = 0xa1b2c3d4;
static const uint32_t magic_nanoseconds = 0xa1b23c4d;
static const uint32_t magic_modified = 0xa1b2cd34; // Kuznetzov's kernel patches: longer record headers

struct capture_pcap {
	pcap_t *reader;                  // owns the FILE that reads from the stream
	uint8_t header[FILE_HEADER_LEN]; // handed to libpcap in place of the file's
	size_t header_given;             // bytes of it
	size_t record_len;               // of the header of each packet
	uint64_t offset;                 // of the next packet's header in the uncompressed file
	int64_t fraction_ns;             // unit of a time stamp's second half
};

static bool is_known(uint32_t magic)
{
	return magic == magic_microseconds || magic == magic_nanoseconds || magic == magic_modified;
}

bool capture_pcap_detect(struct byte_stream *s)
{
	struct bytes start = byte_stream_peek(s, 4), again = start;
	return is_known((uint32_t)bytes_uint(&start, 4)) || is_known((uint32_t)bytes_uint_le(&again, 4));
}

// ---- the FILE that libpcap reads ------------------------------------------------------------------------------------

static size_t give(struct capture *c, char *to, size_t length)
{
	struct capture_pcap *p = c->pcap;
	size_t left = sizeof p->header - p->header_given;
	if (left == 0)
		return byte_stream_read(&c->stream, to, length);
	if (length > left)
		length = left;
	memcpy(to, p->header + p->header_given, length);
	p->header_given += length;
	return length;
}

#if defined(__linux__) || defined(__CYGWIN__)
static ssize_t give_cookie(void *cookie, char *to, size_t length)
{
	return (ssize_t)give(cookie, to, length);
}

static FILE *open_as_file(struct capture *c)
{
	FILE *file = fopencookie(c, "r", (cookie_io_functions_t){.read = give_cookie});
	if (file)
		__fsetlocking(file, FSETLOCKING_BYCALLER); // one thread reads it
	return file;
}
#else
static int give_cookie(void *cookie, char *to, int length)
{
	return (int)give(cookie, to, (size_t)length);
}

static FILE *open_as_file(struct capture *c)
{
	return funopen(c, give_cookie, NULL, NULL, NULL);
}
#endif

// ---- the file header ------------------------------------------------------------------------------------------------

// pcap-linktype(7). Most are the same.
uint16_t capture_link_type(int dlt)
{
	static const struct {
		int dlt;
		uint16_t link_type;
	} differing[] = {
		{DLT_ATM_RFC1483, 100}, {DLT_RAW, 101},  {DLT_SLIP_BSDOS, 102}, {DLT_PPP_BSDOS, 103},
		{DLT_ATM_CLIP, 106},    {DLT_LOOP, 108}, {DLT_ENC, 109},        {DLT_PFSYNC, 246},
		{DLT_PKTAP, 258},       {14, 101}, // OpenBSD's DLT_RAW, which no other platform uses
	};
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++)
		if (differing[i].dlt == dlt)
			return differing[i].link_type;
	return dlt >= 0 && dlt < UINT16_MAX ? (uint16_t)dlt : UINT16_MAX;
}

static uint32_t header_u32(const struct capture_pcap *p, size_t offset, bool big_endian)
{
	struct bytes at = bytes_of(p->header, sizeof p->header);
	bytes_skip(&at, offset);
	return (uint32_t)(big_endian ? bytes_uint(&at, 4) : bytes_uint_le(&at, 4));
}

static void read_header(struct capture *c)
{
	struct capture_pcap *p = c->pcap;
	struct capture_interface *interface = capture_add_interface(c);
	bool big_endian = p->header[0] == 0xa1;
	uint32_t magic = header_u32(p, 0, big_endian);
	uint32_t network = header_u32(p, NETWORK_AT, big_endian);
	p->record_len = magic == magic_modified ? RECORD_MODIFIED_LEN : RECORD_LEN;
	p->fraction_ns = magic == magic_nanoseconds ? 1 : 1000;
	interface->snaplen = header_u32(p, SNAPLEN_AT, big_endian);
	interface->ts_units = 1000000000 / p->fraction_ns;
	interface->fcs_len = network & FCS_PRESENT ? (uint8_t)((network >> 28) * 2) : 0;
}

bool capture_pcap_start(struct capture *c)
{
	const char *name = c->stream.file.name;
	struct bytes header = byte_stream_peek(&c->stream, FILE_HEADER_LEN);
	struct capture_pcap *p = memory_alloc(sizeof *p);
	char trouble[PCAP_ERRBUF_SIZE] = "";
	c->format = CAPTURE_PCAP;
	c->pcap = p;
	if (header.left < FILE_HEADER_LEN) {
		capture_fault_set(&c->fault, name,
		                  "is a pcap cut short in its file header (%zu of %d bytes); copy it again", header.left,
		                  FILE_HEADER_LEN);
		return false;
	}
	bytes_copy(&header, p->header, sizeof p->header);
	byte_stream_skip(&c->stream, FILE_HEADER_LEN);
	p->offset = FILE_HEADER_LEN;
	read_header(c);
	// libpcap cuts packets that are longer than the file's snapshot length; Wireshark does not. 0 is no limit. Without
	// cuts, the lengths libpcap tells are those in the file, and add up to offsets.
	memset(p->header + SNAPLEN_AT, 0, 4);

	FILE *file = capture_need(open_as_file(c));
	unsigned precision = p->fraction_ns == 1 ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;
	p->reader = pcap_fopen_offline_with_tstamp_precision(file, precision, trouble);
	if (!p->reader) {
		fclose(file);
		capture_fault_set(&c->fault, name, "is a pcap that libpcap cannot read: %s", trouble);
		return false;
	}
	c->interfaces[0].link_type = capture_link_type(pcap_datalink(p->reader));
	return true;
}

void capture_pcap_release(struct capture *c)
{
	if (!c->pcap)
		return;
	if (c->pcap->reader)
		pcap_close(c->pcap->reader);
	free(c->pcap);
	c->pcap = NULL;
}

// ---- packets --------------------------------------------------------------------------------------------------------

static enum capture_result refuse(struct capture *c)
{
	uint64_t offset = c->pcap->offset;
	if (feof(pcap_file(c->pcap->reader)))
		return capture_damaged(c, offset,
		                       "cut short in the middle of the packet at offset %llu; every whole packet before it "
		                       "was kept; copy or capture the file again for the rest",
		                       (unsigned long long)offset);
	return capture_damaged(
		c, offset, "damaged at offset %llu: %s; every packet before it was kept; copy the file again for the rest",
		(unsigned long long)offset, pcap_geterr(c->pcap->reader));
}

enum capture_result capture_pcap_next(struct capture *c, struct frame *frame)
{
	struct capture_pcap *p = c->pcap;
	const struct capture_interface *interface = &c->interfaces[0];
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int got = pcap_next_ex(p->reader, &header, &data);
	if (got != 1)
		return got == PCAP_ERROR_BREAK ? CAPTURE_END : refuse(c);
	// Seconds are unsigned, the fraction signed, whatever libpcap made of them.
	int64_t seconds = (int64_t)(uint32_t)header->ts.tv_sec;
	int64_t fraction = (int64_t)(int32_t)(uint32_t)header->ts.tv_usec;
	*frame = (struct frame){
		.ts_ns = seconds * 1000000000 + fraction * p->fraction_ns,
		.file_offset = p->offset + p->record_len,
		.wire_len = header->len,
		.link_type = interface->link_type,
		.fcs_len = interface->fcs_len,
		.data = bytes_of(data, header->caplen),
	};
	p->offset = frame->file_offset + header->caplen;
	return CAPTURE_FRAME;
}
