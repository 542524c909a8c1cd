// Packets to files. See packet_file.h.
#include "packet_file.h"

#include <string.h>

#include "cell.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_OVERHEAD = 12, // type, and the length twice
	ENHANCED_PACKET_LEN = 20,
	OPTION_HEADER_LEN = 4,
	OPTION_MAX = 65535,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SHB_APPLICATION = 4,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_FILTER = 11,
	OPTION_IF_OS = 12,
	OPTION_IF_FCSLEN = 13,
	OPTION_IF_HARDWARE = 15,
};

static void put(struct sink *sink, uint64_t value, size_t width)
{
	char at[8];
	for (size_t i = 0; i < width; i++)
		at[i] = (char)(value >> 8 * i & 0xff);
	sink_write(sink, at, width);
}

static uint32_t padded(uint32_t length)
{
	return (length + 3) & ~UINT32_C(3);
}

// ---- options ------------------------------------------------------------------------------------------------------

// `before`: a byte in front of the value, -1 none.
static void put_option(struct sink *sink, enum option code, int before, const void *value, uint32_t length)
{
	uint32_t whole = length + (before >= 0);
	put(sink, (uint64_t)code, 2);
	put(sink, whole, 2);
	if (before >= 0)
		put(sink, (uint64_t)before, 1);
	sink_write(sink, value, length);
	sink_repeat(sink, 0, padded(whole) - whole);
}

static uint32_t text_len(const char *text)
{
	size_t length = strlen(text);
	if (length >= OPTION_MAX) {
		for (length = OPTION_MAX - 1; ((unsigned char)text[length] & 0xc0) == 0x80;)
			length--;
	}
	return (uint32_t)length;
}

static void put_text(struct sink *sink, enum option code, int before, const char *text)
{
	if (text && *text)
		put_option(sink, code, before, text, text_len(text));
}

// Of the section and of interfaces: for people to read.
static void put_clean_text(struct sink *sink, enum option code, int before, const char *text)
{
	struct sink clean;
	sink_init(&clean, -1);
	text_write_clean(&clean, text ? text : "", text ? strlen(text) : 0, "\n");
	sink_char(&clean, 0);
	put_text(sink, code, before, clean.at);
	sink_release(&clean);
}

static void put_byte(struct sink *sink, enum option code, uint8_t value)
{
	put_option(sink, code, -1, &value, 1);
}

// A block of what was written into `body` since the last one.
static void put_block(struct sink *sink, uint32_t type, struct sink *body)
{
	uint32_t length = BLOCK_OVERHEAD + (uint32_t)body->used;
	put(sink, type, 4);
	put(sink, length, 4);
	sink_write(sink, body->at, body->used);
	put(sink, length, 4);
	sink_release(body);
}

// ---- pcapng -------------------------------------------------------------------------------------------------------

// if_tsresol of units that are a power of ten up to nanoseconds; 9 for others.
static uint8_t resolution_of(int64_t units)
{
	uint8_t exponent = 0;
	for (int64_t power = 1; exponent < 9; exponent++, power *= 10) {
		if (power == units)
			break;
	}
	return exponent;
}

int64_t packet_file_unit_ns(const struct packet_file_interface *interface)
{
	int64_t unit = 1000000000;
	for (uint8_t i = resolution_of(interface->ts_units); i > 0; i--)
		unit /= 10;
	return unit;
}

void packet_file_begin_pcapng(struct packet_file *file, struct sink *sink, const char *application,
                              const char *comment)
{
	struct sink body;
	*file = (struct packet_file){.sink = sink, .format = PACKET_FILE_PCAPNG};
	sink_init(&body, -1);
	put(&body, 0x1a2b3c4d, 4);
	put(&body, 1, 2);
	put(&body, 0, 2);
	put(&body, UINT64_MAX, 8); // the section's length: not told
	put_clean_text(&body, OPTION_COMMENT, -1, comment);
	put_clean_text(&body, OPTION_SHB_APPLICATION, -1, application);
	put(&body, OPTION_END, 4);
	put_block(sink, BLOCK_SECTION, &body);
}

void packet_file_add_interface(struct packet_file *file, const struct packet_file_interface *interface)
{
	struct sink body;
	sink_init(&body, -1);
	put(&body, interface->link_type, 2);
	put(&body, 0, 2);
	put(&body, interface->snaplen, 4);
	put_clean_text(&body, OPTION_IF_NAME, -1, interface->name);
	put_clean_text(&body, OPTION_IF_DESCRIPTION, -1, interface->description);
	put_byte(&body, OPTION_IF_TSRESOL, resolution_of(interface->ts_units));
	put_clean_text(&body, OPTION_IF_FILTER, 0, interface->filter);
	put_clean_text(&body, OPTION_IF_OS, -1, interface->os);
	put_clean_text(&body, OPTION_IF_HARDWARE, -1, interface->hardware);
	if (interface->fcs_len)
		put_byte(&body, OPTION_IF_FCSLEN, interface->fcs_len);
	put(&body, OPTION_END, 4);
	put_block(file->sink, BLOCK_INTERFACE, &body);
}

static uint32_t comment_room(const char *comment)
{
	return comment && *comment ? OPTION_HEADER_LEN + padded(text_len(comment)) : 0;
}

// Times before 1970 become what writers with signed clocks leave, and readers take back.
static uint64_t stamp_of(const struct packet_file_packet *packet)
{
	int64_t whole = packet->ts_ns / packet->unit_ns;
	return (uint64_t)(whole - (packet->ts_ns % packet->unit_ns < 0));
}

static void add_enhanced_packet(struct sink *sink, const struct packet_file_packet *packet)
{
	uint32_t options = packet->options_len + comment_room(packet->comment);
	uint32_t data = padded(packet->captured_len);
	uint32_t length = BLOCK_OVERHEAD + ENHANCED_PACKET_LEN + data + (options ? options + OPTION_HEADER_LEN : 0);
	uint64_t stamp = stamp_of(packet);
	put(sink, BLOCK_ENHANCED_PACKET, 4);
	put(sink, length, 4);
	put(sink, packet->interface, 4);
	put(sink, stamp >> 32, 4);
	put(sink, stamp & UINT32_MAX, 4);
	put(sink, packet->captured_len, 4);
	put(sink, packet->wire_len, 4);
	sink_write(sink, (const char *)packet->data, packet->captured_len);
	sink_repeat(sink, 0, data - packet->captured_len);
	sink_write(sink, (const char *)packet->options, packet->options_len);
	put_text(sink, OPTION_COMMENT, -1, packet->comment);
	if (options)
		put(sink, OPTION_END, 4);
	put(sink, length, 4);
}

// ---- pcap ---------------------------------------------------------------------------------------------------------

void packet_file_begin_pcap(struct packet_file *file, struct sink *sink,
                            const struct packet_file_interface *interface, int64_t unit_ns)
{
	enum { FCS_PRESENT = 1 << 26, FCS_SHIFT = 28, SNAPLEN_MOST = 262144 };
	uint32_t fcs = interface->fcs_len ? (uint32_t)interface->fcs_len / 2 << FCS_SHIFT | FCS_PRESENT : 0;
	*file = (struct packet_file){.sink = sink, .format = PACKET_FILE_PCAP, .unit_ns = unit_ns};
	put(sink, unit_ns == 1 ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(sink, 2, 2);
	put(sink, 4, 2);
	put(sink, 0, 8); // time zone and accuracy, which nobody writes
	put(sink, interface->snaplen ? interface->snaplen : SNAPLEN_MOST, 4);
	put(sink, interface->link_type | fcs, 4);
}

static void add_record(struct packet_file *file, const struct packet_file_packet *packet)
{
	put(file->sink, (uint64_t)(packet->ts_ns / 1000000000), 4);
	put(file->sink, (uint64_t)(packet->ts_ns % 1000000000 / file->unit_ns), 4);
	put(file->sink, packet->captured_len, 4);
	put(file->sink, packet->wire_len, 4);
	sink_write(file->sink, (const char *)packet->data, packet->captured_len);
}

void packet_file_add(struct packet_file *file, const struct packet_file_packet *packet)
{
	if (file->format == PACKET_FILE_PCAP)
		add_record(file, packet);
	else
		add_enhanced_packet(file->sink, packet);
}
