// Capture files to frames: what both formats share. See capture.h.
#include "capture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_fault.h"
#include "capture_reader.h"

enum {
	TEXT_MIN = 4,         // bytes that are enough to call something text
	LOOK_LEN = 512,       // bytes looked at to name what is not a capture
	PCAP_HEADER_LEN = 24, // shorter is no capture of either format
};

// ---- what is not a capture ------------------------------------------------------------------------------------------

#define CONVERT "convert it with: editcap -F pcapng FILE NEW.pcapng"
#define UNPACK_FIRST "unpack it first"

// What else people hand to a capture reader, by the bytes it starts with.
static const struct {
	size_t offset, length;
	const char *bytes;
	const char *name, *advice;
} lookalikes[] = {
	{0, 8, "snoop\0\0\0", "a Solaris snoop capture", CONVERT},
	{0, 8, "btsnoop\0", "a Bluetooth btsnoop capture", CONVERT},
	{0, 4, "GMBU", "a Microsoft Network Monitor capture", CONVERT},
	{0, 4, "RTSS", "a Microsoft Network Monitor 1 capture", CONVERT},
	{0, 4, "\x7fver", "an EtherPeek or OmniPeek capture", CONVERT},
	{0, 4, "XCP\0", "a NetXRay or Sniffer capture", CONVERT},
	{0, 12, "TRSNIFF data", "a Sniffer capture", CONVERT},
	{0, 4, "\xaa\xaa\xaa\xaa", "a 5View capture", CONVERT},
	{0, 4, "\xac\x01\x00\x1c", "an IXIA variant of pcap", CONVERT},
	{0, 4, "\xab\x01\x00\x1c", "an IXIA variant of pcap", CONVERT},
	{0, 4, "\x1c\x00\x01\xac", "an IXIA variant of pcap", CONVERT},
	{0, 4, "\x1c\x00\x01\xab", "an IXIA variant of pcap", CONVERT},
	{0, 4, "\xcd\x34\xb2\xa1", "a variant of pcap that libpcap does not read", CONVERT},
	{0, 4, "\x4d\x3c\x2b\xa1", "a variant of pcap that libpcap does not read", CONVERT},
	{0, 4, "\xa1\xb2\x34\xcd", "a variant of pcap that libpcap does not read", CONVERT},
	{0, 4, "\xa1\x2b\x3c\x4d", "a variant of pcap that libpcap does not read", CONVERT},
	{0, 16, "SQLite format 3\0", "an SQLite database", "if it is a case, read it with: pcapdex query FILE"},
	{0, 4, "PK\3\4", "a ZIP archive", UNPACK_FIRST},
	{0, 6, "\3757zXZ\0", "xz data", "unpack it first: xz -d"},
	{0, 3, "BZh", "bzip2 data", "unpack it first: bzip2 -d"},
	{0, 6, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK_FIRST},
	{0, 4, "Rar!", "a RAR archive", UNPACK_FIRST},
	{0, 3, "\x1f\x8b\x08", "gzip data inside the compressed file", UNPACK_FIRST},
	{0, 4, "\x28\xb5\x2f\xfd", "zstd data inside the compressed file", UNPACK_FIRST},
	{0, 4, "\x04\x22\x4d\x18", "lz4 data inside the compressed file", UNPACK_FIRST},
	{0, 4, "\x02\x21\x4c\x18", "lz4 data of the legacy format", "unpack it first: lz4 -d"},
	{257, 5, "ustar", "a tar archive", UNPACK_FIRST},
	{0, 4, "\177ELF", "a program", "name a capture file"},
	{0, 4, "%PDF", "a PDF document", "name a capture file"},
	{0, 15, "version https:/", "a Git LFS pointer", "fetch the file itself: git lfs pull"},
	{0, 14, "<!DOCTYPE html", "a web page", "the download gave a page in place of the capture"},
	{0, 14, "<!doctype html", "a web page", "the download gave a page in place of the capture"},
	{0, 5, "<html", "a web page", "the download gave a page in place of the capture"},
	{0, 5, "<?xml", "an XML document", "name a capture file"},
};

static bool looks_like(struct bytes start, size_t i)
{
	bytes_skip(&start, lookalikes[i].offset);
	const uint8_t *at = bytes_take(&start, lookalikes[i].length);
	return at && memcmp(at, lookalikes[i].bytes, lookalikes[i].length) == 0;
}

static bool is_text(struct bytes start)
{
	while (start.left > 0) {
		uint8_t byte = bytes_u8(&start);
		if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')
			return false;
	}
	return true;
}

static void explain_start(struct byte_stream *s, struct capture_fault *fault)
{
	struct bytes start = byte_stream_peek(s, LOOK_LEN);
	const char *name = s->file.name;
	const char *packed = s->unpack ? "unpacks to " : "is ";
	if (byte_stream_fault(s)) {
		*fault = *byte_stream_fault(s);
		return;
	}
	if (start.left == 0) {
		capture_fault_set(fault, name, "%s empty; capture again, or check how it was copied",
		                  s->unpack ? "unpacks to nothing: it is" : "is");
		return;
	}
	for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++) {
		if (!looks_like(start, i))
			continue;
		capture_fault_set(fault, name, "%s%s, not a pcap or pcapng capture; %s", packed, lookalikes[i].name,
		                  lookalikes[i].advice);
		return;
	}
	if (start.left >= TEXT_MIN && is_text(start))
		capture_fault_set(fault, name, "%stext, not a pcap or pcapng capture; name a capture file", packed);
	else if (start.left < PCAP_HEADER_LEN)
		capture_fault_set(fault, name, "is too short for a capture (%zu byte%s); copy or capture it again",
		                  start.left, message_plural((int64_t)start.left));
	else
		capture_fault_set(
			fault, name,
			"%s not a pcap or pcapng capture (it starts with %08llx); name a capture file, or " CONVERT,
			s->unpack ? "unpacks to what is" : "is", (unsigned long long)bytes_peek(start, 0, 4));
}

// ---- opening --------------------------------------------------------------------------------------------------------

static bool start(struct capture *c)
{
	if (capture_pcap_detect(&c->stream))
		return capture_pcap_start(c);
	if (capture_pcapng_detect(&c->stream))
		return capture_pcapng_start(c);
	explain_start(&c->stream, &c->fault);
	return false;
}

// Goes on with a capture whose stream is open; frees it, with *fault filled, when that cannot be.
static struct capture *start_or_free(struct capture *c, struct capture_fault *fault)
{
	c->result = CAPTURE_FRAME;
	if (start(c))
		return c;
	*fault = byte_stream_fault(&c->stream) ? *byte_stream_fault(&c->stream) : c->fault;
	capture_free(c);
	return NULL;
}

struct capture *capture_open(const char *path, struct capture_fault *fault)
{
	struct capture *c = memory_alloc(sizeof *c);
	if (byte_stream_open(&c->stream, path, fault))
		return start_or_free(c, fault);
	free(c);
	return NULL;
}

struct capture *capture_open_growing(const char *path, bool (*wait)(void *), void *context,
                                     struct capture_fault *fault)
{
	struct capture *c = memory_alloc(sizeof *c);
	if (byte_stream_open_growing(&c->stream, path, wait, context, fault))
		return start_or_free(c, fault);
	free(c);
	return NULL;
}

struct capture *capture_open_memory(const char *name, const void *data, size_t length, struct capture_fault *fault)
{
	struct capture *c = memory_alloc(sizeof *c);
	byte_stream_open_memory(&c->stream, name, data, length);
	return start_or_free(c, fault);
}

static void interface_release(struct capture_interface *interface)
{
	free(interface->name);
	free(interface->description);
	free(interface->filter);
	free(interface->os);
	free(interface->hardware);
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	capture_pcap_release(c);
	capture_live_release(c);
	for (unsigned i = 0; i < c->interface_count; i++)
		interface_release(&c->interfaces[i]);
	free(c->interfaces);
	free(c->clocks);
	free(c->comment);
	byte_stream_close(&c->stream);
	free(c);
}

// ---- reading --------------------------------------------------------------------------------------------------------

static enum capture_result read_next(struct capture *c, struct frame *frame)
{
	if (c->format == CAPTURE_LIVE)
		return capture_live_next(c, frame);
	return c->format == CAPTURE_PCAP ? capture_pcap_next(c, frame) : capture_pcapng_next(c, frame);
}

enum capture_result capture_next(struct capture *c, struct frame *frame, struct capture_fault *fault)
{
	if (c->result == CAPTURE_FRAME)
		c->result = read_next(c, frame);
	if (c->result == CAPTURE_WAIT) {
		c->result = CAPTURE_FRAME;
		return CAPTURE_WAIT;
	}
	if (c->result == CAPTURE_END && byte_stream_fault(&c->stream))
		c->result = capture_damaged(c, c->stream.position, "damaged at its end");
	if (c->result == CAPTURE_DAMAGED)
		*fault = c->fault;
	return c->result;
}

enum capture_result capture_damaged(struct capture *c, uint64_t offset, const char *format, ...)
{
	char text[CAPTURE_FAULT_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	const struct capture_fault *broken = byte_stream_fault(&c->stream);
	if (broken)
		c->fault = *broken;
	else
		capture_fault_set(&c->fault, c->stream.file.name, "%s", text);
	c->bytes_unread = byte_stream_drain(&c->stream) - offset;
	return CAPTURE_DAMAGED;
}

struct capture_interface *capture_add_interface(struct capture *c)
{
	if (c->interface_count == c->interface_capacity) {
		c->interface_capacity = c->interface_capacity ? 2 * c->interface_capacity : 4;
		c->interfaces = memory_resize(c->interfaces, c->interface_capacity * sizeof *c->interfaces);
		c->clocks = memory_resize(c->clocks, c->interface_capacity * sizeof *c->clocks);
	}
	struct capture_interface *added = &c->interfaces[c->interface_count];
	*added = (struct capture_interface){.ts_units = 1000000, .received = -1, .dropped = -1};
	c->clocks[c->interface_count] = (struct capture_clock){.coarsen = 1, .units = 1000000};
	c->interface_count++;
	return added;
}

char *capture_text(struct bytes text, size_t max)
{
	size_t length = text.left < max ? text.left : max;
	const char *from = (const char *)bytes_take(&text, length);
	const char *nul = length ? memchr(from, 0, length) : NULL;
	if (nul)
		length = (size_t)(nul - from);
	char *escaped = memory_alloc(4 * length + 1);
	return message_escape(escaped, 4 * length + 1, length ? from : "", length);
}

// ---- accounts -------------------------------------------------------------------------------------------------------

enum capture_format capture_format(const struct capture *c)
{
	return c->format;
}

enum capture_compression capture_compression(const struct capture *c)
{
	return c->stream.compression;
}

const char *capture_comment(const struct capture *c)
{
	return c->comment;
}

const struct capture_interface *capture_interfaces(struct capture *c, unsigned *count)
{
	if (c->live)
		capture_live_count(c);
	*count = c->interface_count;
	return c->interfaces;
}

uint64_t capture_bytes_unread(const struct capture *c)
{
	return c->bytes_unread;
}

int64_t capture_size(const struct capture *c)
{
	return c->stream.file.size;
}

uint64_t capture_bytes_read(const struct capture *c)
{
	return c->stream.file_bytes_read;
}

void capture_fingerprint(struct capture *c, char to[33])
{
	byte_stream_fingerprint(&c->stream, to);
}

bool capture_fingerprint_file(const char *path, char to[33], struct capture_fault *fault)
{
	struct disk_file file;
	if (!disk_file_open(&file, path, fault))
		return false;
	disk_file_fingerprint(&file, to);
	bool failed = file.failed;
	if (failed)
		*fault = file.fault;
	disk_file_close(&file);
	return !failed;
}

const char *capture_format_name(enum capture_format format)
{
	static const char *const names[] = {
		[CAPTURE_PCAP] = "pcap", [CAPTURE_PCAPNG] = "pcapng", [CAPTURE_LIVE] = "live"};
	return names[format];
}

const char *capture_compression_name(enum capture_compression compression)
{
	static const char *const names[] = {
		[CAPTURE_PLAIN] = "none", [CAPTURE_GZIP] = "gzip", [CAPTURE_ZSTD] = "zstd", [CAPTURE_LZ4] = "lz4"};
	return names[compression];
}
