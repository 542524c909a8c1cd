// pcapng: blocks to frames. Format: draft-ietf-opsawg-pcapng; sections 3 (structure) and 4 (blocks).
#include <stdlib.h>

#include "capture_fault.h"
#include "capture_reader.h"

enum {
	BLOCK_HEADER_LEN = 8,   // type, length
	BLOCK_MIN_LEN = 12,     // and the length again, at the end
	SECTION_START_LEN = 12, // with the byte order mark
};

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, // obsolete
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED_PACKET = 6,
	BLOCK_JOURNAL = 9, // systemd
	BLOCK_SYSDIG_EVENT = 0x204,
	BLOCK_SYSDIG_EVENT_2 = 0x216,
	BLOCK_SYSDIG_EVENT_2_LARGE = 0x221,
	BLOCK_CUSTOM = 0xbad,
	BLOCK_CUSTOM_NO_COPY = 0x40000bad,
	BLOCK_SECTION = 0x0a0d0d0a, // the same in both byte orders
};

enum option_code {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_PACKET_FLAGS = 2,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_FILTER = 11,
	OPTION_IF_OS = 12,
	OPTION_IF_FCSLEN = 13,
	OPTION_IF_TSOFFSET = 14,
	OPTION_IF_HARDWARE = 15,
	OPTION_ISB_IFRECV = 4,
	OPTION_ISB_IFDROP = 5,
};

static const uint32_t byte_order_mark = 0x1a2b3c4d;

struct block {
	uint64_t offset; // in the uncompressed file
	uint32_t type;
	struct bytes body; // between the lengths
};

struct option {
	uint16_t code;
	struct bytes value;
};

static uint64_t number(const struct capture *c, struct bytes *b, size_t width)
{
	return c->big_endian ? bytes_uint(b, width) : bytes_uint_le(b, width);
}

static uint32_t u32(const struct capture *c, struct bytes *b)
{
	return (uint32_t)number(c, b, 4);
}

static uint16_t u16(const struct capture *c, struct bytes *b)
{
	return (uint16_t)number(c, b, 2);
}

// The next option; false at the end of them. One that runs over the end makes *options bad.
static bool next_option(const struct capture *c, struct bytes *options, struct option *option)
{
	if (options->left == 0)
		return false;
	option->code = u16(c, options);
	uint16_t length = u16(c, options);
	option->value = bytes_split(options, length);
	size_t padding = -(size_t)length & 3;
	bytes_skip(options, padding < options->left ? padding : options->left);
	return option->code != OPTION_END && !options->bad;
}

static enum capture_result damaged_block(struct capture *c, const struct block *block, const char *what)
{
	const char *kept = block->offset ? "every packet before it was kept; " : "";
	return capture_damaged(c, block->offset, "the pcapng block at offset %llu %s; %scopy or capture the file again",
	                       (unsigned long long)block->offset, what, kept);
}

// ---- blocks ---------------------------------------------------------------------------------------------------------

bool capture_pcapng_detect(struct byte_stream *s)
{
	struct bytes type = byte_stream_peek(s, 4);
	return bytes_u32(&type) == BLOCK_SECTION;
}

// A section header tells the byte order of its own length; false when it does not.
static bool find_byte_order(struct capture *c)
{
	struct bytes start = byte_stream_peek(&c->stream, SECTION_START_LEN);
	bytes_skip(&start, BLOCK_HEADER_LEN);
	struct bytes mark = start;
	c->big_endian = bytes_uint(&start, 4) == byte_order_mark;
	return c->big_endian || bytes_uint_le(&mark, 4) == byte_order_mark;
}

// The length of the block ahead; 0, after capture_damaged(), when it cannot be one.
static uint32_t block_length(struct capture *c, struct block *block)
{
	struct bytes header = byte_stream_peek(&c->stream, BLOCK_HEADER_LEN);
	block->type = u32(c, &header);
	if (block->type == BLOCK_SECTION && !find_byte_order(c)) {
		damaged_block(c, block, "is a section header without a byte order mark");
		return 0;
	}
	header = byte_stream_peek(&c->stream, BLOCK_HEADER_LEN);
	bytes_skip(&header, 4);
	uint32_t length = u32(c, &header);
	if (header.bad) {
		damaged_block(c, block, "is cut short");
		return 0;
	}
	if (length < BLOCK_MIN_LEN || length > CAPTURE_BLOCK_MAX) {
		damaged_block(c, block, "has a length that cannot be");
		return 0;
	}
	return length;
}

// Reads the next block; it stays valid until the next call. CAPTURE_FRAME: *block is filled. A length that is no
// multiple of 4 leaves out the padding, as Wireshark takes it.
static enum capture_result next_block(struct capture *c, struct block *block)
{
	block->offset = c->stream.position;
	if (byte_stream_peek(&c->stream, 1).left == 0)
		return CAPTURE_END;
	uint32_t length = block_length(c, block);
	if (length == 0)
		return CAPTURE_DAMAGED;
	uint32_t padded_len = (length + 3) & ~(uint32_t)3;
	struct bytes whole = byte_stream_peek(&c->stream, padded_len);
	if (whole.left < padded_len)
		return damaged_block(c, block, "is cut short");
	bytes_skip(&whole, BLOCK_HEADER_LEN);
	block->body = bytes_split(&whole, padded_len - BLOCK_MIN_LEN);
	if (u32(c, &whole) != length)
		return damaged_block(c, block, "ends with another length than it starts with");
	byte_stream_skip(&c->stream, padded_len);
	return CAPTURE_FRAME;
}

// ---- sections and interfaces ----------------------------------------------------------------------------------------

// Section Header Block (4.1). The section's length is not needed: sections end where the next starts.
static enum capture_result read_section(struct capture *c, struct block *block)
{
	bytes_skip(&block->body, 4);
	uint16_t major = u16(c, &block->body);
	bytes_skip(&block->body, 2 + 8);
	if (block->body.bad)
		return damaged_block(c, block, "is a section header that is too short");
	if (major != 1)
		return damaged_block(c, block, "is a section header of an unknown version");
	c->section_interface = c->interface_count;
	struct option option;
	while (next_option(c, &block->body, &option)) {
		if (option.code == OPTION_COMMENT && block->offset == 0 && !c->comment)
			c->comment = capture_text(option.value, option.value.left);
	}
	return block->body.bad ? damaged_block(c, block, "has options that run over its end") : CAPTURE_FRAME;
}

static uint64_t power(uint64_t base, unsigned exponent)
{
	uint64_t result = 1;
	while (exponent-- > 0)
		result *= base;
	return result;
}

// if_tsresol: the upper bit chooses powers of 2 or 10. Units finer than fit 64 bits are made coarser, far below 1 ns.
static void set_resolution(struct capture_interface *interface, struct capture_clock *clock, uint8_t resolution)
{
	bool binary = resolution & 0x80;
	unsigned exponent = resolution & 0x7f;
	unsigned base = binary ? 2 : 10, most = binary ? 60 : 18, most_excess = binary ? 63 : 19;
	unsigned kept = exponent < most ? exponent : most;
	unsigned excess = exponent - kept;
	clock->units = power(base, kept);
	clock->coarsen = excess <= most_excess ? power(base, excess) : 0;
	interface->ts_units = excess == 0 ? (int64_t)clock->units : INT64_MAX;
}

// if_fcslen is in bits by the draft, in bytes in files as they are: nobody has FCS of 16 bytes.
static uint8_t fcs_bytes(uint8_t value)
{
	return value >= 16 ? value / 8 : value;
}

static void set_text(char **to, struct bytes text)
{
	if (!*to)
		*to = capture_text(text, CAPTURE_TEXT_MAX);
}

// Options of a length that is not theirs say nothing.
static void read_interface_option(const struct capture *c, struct capture_interface *interface,
                                  struct capture_clock *clock, struct option *option)
{
	switch (option->code) {
	case OPTION_IF_NAME:
		set_text(&interface->name, option->value);
		break;
	case OPTION_IF_DESCRIPTION:
		set_text(&interface->description, option->value);
		break;
	case OPTION_IF_FILTER: // 0: text follows; 1: machine code
		if (bytes_peek(option->value, 0, 1) == 0) {
			bytes_skip(&option->value, 1);
			set_text(&interface->filter, option->value);
		}
		break;
	case OPTION_IF_OS:
		set_text(&interface->os, option->value);
		break;
	case OPTION_IF_HARDWARE:
		set_text(&interface->hardware, option->value);
		break;
	case OPTION_IF_TSRESOL:
		if (option->value.left == 1)
			set_resolution(interface, clock, bytes_u8(&option->value));
		break;
	case OPTION_IF_FCSLEN:
		if (option->value.left == 1)
			interface->fcs_len = fcs_bytes(bytes_u8(&option->value));
		break;
	case OPTION_IF_TSOFFSET:
		if (option->value.left == 8)
			clock->offset_s = interface->ts_offset_s = (int64_t)number(c, &option->value, 8);
		break;
	default:
		break;
	}
}

// Interface Description Block (4.2).
static enum capture_result read_interface(struct capture *c, struct block *block)
{
	if (c->interface_count == CAPTURE_INTERFACES_MAX)
		return damaged_block(c, block, "is the 65537th interface, more than pcapdex reads");
	struct capture_interface *interface = capture_add_interface(c);
	struct capture_clock *clock = &c->clocks[c->interface_count - 1];
	interface->link_type = u16(c, &block->body);
	bytes_skip(&block->body, 2);
	interface->snaplen = u32(c, &block->body);
	struct option option;
	while (next_option(c, &block->body, &option))
		read_interface_option(c, interface, clock, &option);
	return block->body.bad ? damaged_block(c, block, "is an interface that runs over its end") : CAPTURE_FRAME;
}

// Number in the capture of interface `id` of the section; UINT32_MAX when there is none.
static uint32_t interface_number(const struct capture *c, uint32_t id)
{
	return id < c->interface_count - c->section_interface ? c->section_interface + id : UINT32_MAX;
}

// Interface Statistics Block (4.6).
static enum capture_result read_statistics(struct capture *c, struct block *block)
{
	uint32_t interface = interface_number(c, u32(c, &block->body));
	bytes_skip(&block->body, 8);
	struct option option;
	while (next_option(c, &block->body, &option)) {
		if (option.value.left != 8 || interface == UINT32_MAX)
			continue;
		uint64_t value = number(c, &option.value, 8);
		int64_t count = value > INT64_MAX ? INT64_MAX : (int64_t)value;
		if (option.code == OPTION_ISB_IFRECV)
			c->interfaces[interface].received = count;
		if (option.code == OPTION_ISB_IFDROP)
			c->interfaces[interface].dropped = count;
	}
	return block->body.bad ? damaged_block(c, block, "has options that run over its end") : CAPTURE_FRAME;
}

// ---- packets --------------------------------------------------------------------------------------------------------

// The part of a second that rest/units is, in nanoseconds, rounded down; rest < units <= 2^60.
static int64_t fraction_ns(uint64_t rest, uint64_t units)
{
	if (units <= (uint64_t)1 << 33)
		return (int64_t)(rest * 1000000000 / units);
	uint64_t ns = 0;
	for (int digit = 0; digit < 9; digit++) { // long division
		ns = ns * 10 + rest * 10 / units;
		rest = rest * 10 % units;
	}
	return (int64_t)ns;
}

// Seconds and a fraction as nanoseconds; false when int64_t cannot hold them.
static bool join_ns(int64_t seconds, int64_t offset_s, int64_t ns, int64_t *joined)
{
	static const int64_t last_second = INT64_MAX / 1000000000 - 1;
	bool over = offset_s > 0 ? seconds > INT64_MAX - offset_s : seconds < INT64_MIN - offset_s;
	if (over || seconds + offset_s > last_second || seconds + offset_s < -last_second)
		return false;
	*joined = (seconds + offset_s) * 1000000000 + ns;
	return true;
}

// Nanoseconds since 1970, rounded down. A stamp too far ahead for that is taken for a negative one, which is what
// writers with signed clocks leave; one that is neither becomes the end of time.
static int64_t to_ns(const struct capture_clock *clock, uint64_t stamp)
{
	int64_t ns;
	if (clock->coarsen != 1)
		stamp = clock->coarsen ? stamp / clock->coarsen : 0;
	uint64_t whole = stamp / clock->units, rest = stamp % clock->units;
	if (whole <= INT64_MAX && join_ns((int64_t)whole, clock->offset_s, fraction_ns(rest, clock->units), &ns))
		return ns;
	uint64_t before = UINT64_MAX - stamp; // 1970, less one unit
	whole = before / clock->units;
	rest = clock->units - 1 - before % clock->units;
	if (whole < INT64_MAX && join_ns(-1 - (int64_t)whole, clock->offset_s, fraction_ns(rest, clock->units), &ns))
		return ns;
	return INT64_MAX;
}

// epb_flags (4.3.1): bits 5 to 8 are this packet's FCS length in bytes; 0 when not told.
static uint8_t flagged_fcs(const struct capture *c, struct bytes options)
{
	struct option option;
	while (next_option(c, &options, &option))
		if (option.code == OPTION_PACKET_FLAGS)
			return u32(c, &option.value) >> 5 & 15;
	return 0;
}

// Completes a frame of interface `id` of the section from the body of its block, of which the data is next.
static enum capture_result set_frame(struct capture *c, struct block *block, uint32_t id, uint32_t captured_len,
                                     struct frame *frame)
{
	uint32_t interface = interface_number(c, id);
	if (block->body.bad)
		return damaged_block(c, block, "is too short for a packet");
	if (interface == UINT32_MAX)
		return damaged_block(c, block, "is a packet of an interface that the file does not describe");
	if (captured_len > block->body.left)
		return damaged_block(c, block, "holds fewer bytes than its packet claims");
	frame->file_offset = block->offset + BLOCK_HEADER_LEN;
	frame->interface = interface;
	frame->link_type = c->interfaces[interface].link_type;
	frame->fcs_len = c->interfaces[interface].fcs_len;
	frame->data = bytes_split(&block->body, captured_len);
	return CAPTURE_FRAME;
}

// Enhanced Packet Block (4.3), and the obsolete Packet Block (A), which differs in its first word.
static enum capture_result read_packet(struct capture *c, struct block *block, struct frame *frame)
{
	enum { DATA_AT = BLOCK_HEADER_LEN + 20 };
	uint32_t id = block->type == BLOCK_PACKET ? u16(c, &block->body) : u32(c, &block->body);
	if (block->type == BLOCK_PACKET)
		bytes_skip(&block->body, 2); // packets dropped before this one
	uint64_t stamp = (uint64_t)u32(c, &block->body) << 32;
	stamp |= u32(c, &block->body);
	uint32_t captured_len = u32(c, &block->body);
	frame->wire_len = u32(c, &block->body);
	if (set_frame(c, block, id, captured_len, frame) != CAPTURE_FRAME)
		return CAPTURE_DAMAGED;
	frame->file_offset = block->offset + DATA_AT;
	frame->ts_ns = to_ns(&c->clocks[frame->interface], stamp);
	size_t padding = -(size_t)captured_len & 3;
	if (block->body.left > padding) {
		bytes_skip(&block->body, padding);
		uint8_t fcs_len = flagged_fcs(c, block->body);
		frame->fcs_len = fcs_len ? fcs_len : frame->fcs_len;
	}
	return CAPTURE_FRAME;
}

// Simple Packet Block (4.4): of the section's first interface; its captured length is not told.
static enum capture_result read_simple_packet(struct capture *c, struct block *block, struct frame *frame)
{
	enum { DATA_AT = BLOCK_HEADER_LEN + 4 };
	uint32_t wire_len = u32(c, &block->body);
	uint32_t captured_len = wire_len < block->body.left ? wire_len : (uint32_t)block->body.left;
	uint32_t interface = interface_number(c, 0);
	uint32_t snaplen = interface == UINT32_MAX ? 0 : c->interfaces[interface].snaplen;
	if (snaplen > 0 && captured_len > snaplen)
		captured_len = snaplen;
	frame->ts_ns = 0;
	frame->wire_len = wire_len;
	enum capture_result result = set_frame(c, block, 0, captured_len, frame);
	frame->file_offset = block->offset + DATA_AT;
	return result;
}

// ---- the stream of blocks -------------------------------------------------------------------------------------------

static bool is_packet(const struct block *block)
{
	return block->type == BLOCK_ENHANCED_PACKET || block->type == BLOCK_SIMPLE_PACKET ||
	       block->type == BLOCK_PACKET;
}

// A block that is no packet. Kinds that are not named here tell nothing that a frame needs.
static enum capture_result read_other(struct capture *c, struct block *block, struct frame *frame)
{
	switch (block->type) {
	case BLOCK_SECTION:
		return read_section(c, block);
	case BLOCK_INTERFACE:
		return read_interface(c, block);
	case BLOCK_STATISTICS:
		return read_statistics(c, block);
	case BLOCK_JOURNAL:
	case BLOCK_SYSDIG_EVENT:
	case BLOCK_SYSDIG_EVENT_2:
	case BLOCK_SYSDIG_EVENT_2_LARGE:
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_NO_COPY:
		frame->records_before++;
		return CAPTURE_FRAME;
	default:
		return CAPTURE_FRAME;
	}
}

bool capture_pcapng_start(struct capture *c)
{
	struct block block = {.offset = 0};
	c->format = CAPTURE_PCAPNG;
	return next_block(c, &block) == CAPTURE_FRAME && read_section(c, &block) == CAPTURE_FRAME;
}

enum capture_result capture_pcapng_next(struct capture *c, struct frame *frame)
{
	struct block block = {.offset = 0};
	enum capture_result result = CAPTURE_FRAME;
	frame->records_before = 0;
	while (result == CAPTURE_FRAME) {
		result = next_block(c, &block);
		if (result == CAPTURE_FRAME && is_packet(&block))
			return block.type == BLOCK_SIMPLE_PACKET ? read_simple_packet(c, &block, frame)
			                                         : read_packet(c, &block, frame);
		if (result == CAPTURE_FRAME)
			result = read_other(c, &block, frame);
	}
	return result;
}
