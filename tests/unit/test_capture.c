// ingest/capture.h: both formats, compressed and plain, whole, damaged and cut anywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lz4frame.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "guard.h"
#include "../../ingest/capture_reader.h"

enum { FILE_MAX = 65536, FRAMES_MAX = 64, PACKET_LEN = 60, ENHANCED = 6 };

static const int64_t SECOND = 1000000000;

// ---- making files ---------------------------------------------------------------------------------------------------

struct file {
	uint8_t bytes[FILE_MAX];
	size_t length;
	bool big_endian;
	size_t block; // offset of the block under construction
};

static void put(struct file *f, uint64_t value, size_t width)
{
	assert_true(f->length + width <= sizeof f->bytes);
	for (size_t i = 0; i < width; i++) {
		size_t shift = 8 * (f->big_endian ? width - 1 - i : i);
		f->bytes[f->length++] = (uint8_t)(value >> shift);
	}
}

static void put_at(struct file *f, size_t offset, uint32_t value)
{
	size_t length = f->length;
	f->length = offset;
	put(f, value, 4);
	f->length = length;
}

static void put_bytes(struct file *f, const void *bytes, size_t length)
{
	assert_true(f->length + length <= sizeof f->bytes);
	if (length)
		memcpy(f->bytes + f->length, bytes, length);
	f->length += length;
}

static void pad(struct file *f)
{
	while (f->length % 4)
		put(f, 0, 1);
}

static void put_option(struct file *f, uint16_t code, const void *value, uint16_t length)
{
	put(f, code, 2);
	put(f, length, 2);
	put_bytes(f, value, length);
	pad(f);
}

static void put_text_option(struct file *f, uint16_t code, const char *text)
{
	put_option(f, code, text, (uint16_t)strlen(text));
}

static void put_u64_option(struct file *f, uint16_t code, uint64_t value)
{
	put(f, code, 2);
	put(f, 8, 2);
	put(f, value, 8);
}

static void begin(struct file *f, uint32_t type)
{
	f->block = f->length;
	put(f, type, 4);
	put(f, 0, 4);
}

static void end(struct file *f)
{
	uint32_t length = (uint32_t)(f->length - f->block) + 4;
	put(f, length, 4);
	put_at(f, f->block + 4, length);
}

static void put_packet_bytes(struct file *f, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put(f, i, 1);
}

static void put_section(struct file *f, const char *comment)
{
	begin(f, 0x0a0d0d0a);
	put(f, 0x1a2b3c4d, 4);
	put(f, 1, 2);
	put(f, 0, 2);
	put(f, UINT64_MAX, 8);
	if (comment)
		put_text_option(f, 1, comment);
	end(f);
}

static void begin_interface(struct file *f, uint16_t link_type, uint32_t snaplen)
{
	begin(f, 1);
	put(f, link_type, 2);
	put(f, 0, 2);
	put(f, snaplen, 4);
}

static void put_interface(struct file *f, uint16_t link_type, uint32_t snaplen)
{
	begin_interface(f, link_type, snaplen);
	end(f);
}

static void begin_packet(struct file *f, uint32_t interface, uint64_t stamp, uint32_t length)
{
	begin(f, ENHANCED);
	put(f, interface, 4);
	put(f, stamp >> 32, 4);
	put(f, stamp & 0xffffffff, 4);
	put(f, length, 4);
	put(f, length, 4);
	put_packet_bytes(f, length);
	pad(f);
}

static void put_packet(struct file *f, uint32_t interface, uint64_t stamp, uint32_t length)
{
	begin_packet(f, interface, stamp, length);
	end(f);
}

// One section with one Ethernet interface and `count` packets of PACKET_LEN bytes, 1 s apart.
static void make_simple(struct file *f, unsigned count)
{
	put_section(f, NULL);
	put_interface(f, 1, 0);
	for (unsigned i = 0; i < count; i++)
		put_packet(f, 0, 1000000 * (uint64_t)(i + 1), PACKET_LEN);
}

static void put_pcap_header(struct file *f, uint32_t magic, uint32_t snaplen, uint32_t network)
{
	put(f, magic, 4);
	put(f, 2, 2);
	put(f, 4, 2);
	put(f, 0, 8);
	put(f, snaplen, 4);
	put(f, network, 4);
}

static void put_record(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t length, uint32_t wire_len)
{
	put(f, seconds, 4);
	put(f, fraction, 4);
	put(f, length, 4);
	put(f, wire_len, 4);
	put_packet_bytes(f, length);
}

static void make_pcap(struct file *f, unsigned count)
{
	put_pcap_header(f, 0xa1b2c3d4, 65535, 1);
	for (unsigned i = 0; i < count; i++)
		put_record(f, i + 1, 5, PACKET_LEN, PACKET_LEN);
}

// ---- reading them ---------------------------------------------------------------------------------------------------

struct reading {
	struct frame frames[FRAMES_MAX];
	unsigned count;
	uint64_t bytes_unread;
	enum capture_result result;
	struct capture_fault fault;
};

static void check_frame(const struct frame *frame)
{
	struct bytes data = frame->data;
	for (size_t i = 0; data.left > 0; i++)
		assert_int_equal(bytes_u8(&data), i & 0xff);
}

// Reads to the end; the frames' data is checked and must not be used any more.
static void read_rest(struct capture *c, struct reading *r)
{
	struct frame frame;
	*r = (struct reading){.result = CAPTURE_FRAME};
	while ((r->result = capture_next(c, &frame, &r->fault)) == CAPTURE_FRAME) {
		check_frame(&frame);
		assert_true(r->count < FRAMES_MAX);
		r->frames[r->count++] = frame;
	}
	struct capture_fault again;
	assert_int_equal(capture_next(c, &frame, &again), r->result);
	if (r->result == CAPTURE_DAMAGED)
		assert_string_equal(again.text, r->fault.text);
	r->bytes_unread = capture_bytes_unread(c);
}

static struct capture *open_bytes(const void *bytes, size_t length)
{
	struct capture_fault fault;
	struct bytes guarded = guard_bytes(bytes, length);
	struct capture *c = capture_open_memory("memory", guarded.at, guarded.left, &fault);
	if (!c)
		print_error("%s\n", fault.text);
	assert_non_null(c);
	return c;
}

static void read_file(const struct file *f, struct reading *r)
{
	struct capture *c = open_bytes(f->bytes, f->length);
	read_rest(c, r);
	capture_free(c);
}

static const char *write_file(const void *bytes, size_t length)
{
	static char path[64];
	strcpy(path, "/tmp/test_capture.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
	return path;
}

// ---- pcapng ---------------------------------------------------------------------------------------------------------

static void put_described_interface(struct file *f)
{
	begin_interface(f, 1, 96);
	put_text_option(f, 2, "eth0");
	put_text_option(f, 3, "up\nlink");
	put_option(f, 9, "\x09", 1);
	put_option(f, 11, "\0tcp", 4);
	put_text_option(f, 12, "Linux");
	put_option(f, 13, "\4", 1);
	put_u64_option(f, 14, (uint64_t)-100);
	put_text_option(f, 15, "card");
	put_option(f, 0, "", 0);
	end(f);
}

// One of every kind of block.
static void make_everything(struct file *f)
{
	put_section(f, "a \033 comment");
	put_described_interface(f);
	put_interface(f, 101, 20);
	begin(f, 4); // names
	put_bytes(f, "whatever", 8);
	end(f);
	put_packet(f, 1, 1500000, 20);
	begin(f, 0xbad); // custom: Wireshark numbers it
	put(f, 32473, 4);
	end(f);
	begin(f, 0x77777777);
	end(f);
	begin_packet(f, 0, 200 * (uint64_t)SECOND + 7, 61);
	put_u64_option(f, 4, 1);
	put(f, 2, 2); // flags: 2 bytes of FCS
	put(f, 4, 2);
	put(f, 2 << 5, 4);
	end(f);
	begin(f, 2); // obsolete packet
	put(f, 1, 2);
	put(f, 9, 2);
	put(f, 0, 4);
	put(f, 2500000, 4);
	put(f, 3, 4);
	put(f, 99, 4);
	put_packet_bytes(f, 3);
	pad(f);
	end(f);
	begin(f, 5); // statistics
	put(f, 0, 4);
	put(f, 0, 8);
	put_u64_option(f, 4, 1000);
	put_u64_option(f, 5, UINT64_MAX);
	end(f);
}

// In the other byte order, with an interface of its own and simple packets.
static void make_second_section(struct file *f)
{
	f->big_endian = !f->big_endian;
	put_section(f, "not the first");
	put_interface(f, 113, 10);
	begin(f, 3);
	put(f, 1000, 4);
	put_packet_bytes(f, 12);
	end(f);
	begin(f, 3);
	put(f, 5, 4);
	put_packet_bytes(f, 5);
	pad(f);
	end(f);
}

static void check_interfaces(struct capture *c)
{
	unsigned count;
	const struct capture_interface *interfaces = capture_interfaces(c, &count);
	assert_int_equal(count, 3);
	assert_string_equal(interfaces[0].name, "eth0");
	assert_string_equal(interfaces[0].description, "up\\x0alink");
	assert_string_equal(interfaces[0].filter, "tcp");
	assert_string_equal(interfaces[0].os, "Linux");
	assert_string_equal(interfaces[0].hardware, "card");
	assert_int_equal(interfaces[0].ts_units, SECOND);
	assert_int_equal(interfaces[0].ts_offset_s, -100);
	assert_int_equal(interfaces[0].fcs_len, 4);
	assert_int_equal(interfaces[0].received, 1000);
	assert_int_equal(interfaces[0].dropped, INT64_MAX);
	assert_null(interfaces[1].name);
	assert_int_equal(interfaces[1].ts_units, 1000000);
	assert_int_equal(interfaces[1].received, -1);
	assert_int_equal(interfaces[2].link_type, 113);
	assert_int_equal(interfaces[2].snaplen, 10);
}

static void check_everything(const struct file *f)
{
	static const struct frame wanted[] = {
		{.ts_ns = 1500000000, .wire_len = 20, .interface = 1, .link_type = 101, .data = {.left = 20}},
		{.ts_ns = 100000000007,
	     .wire_len = 61,
	     .link_type = 1,
	     .fcs_len = 2,
	     .records_before = 1,
	     .data = {.left = 61}},
		{.ts_ns = 2500000000, .wire_len = 99, .interface = 1, .link_type = 101, .data = {.left = 3}},
		{.wire_len = 1000, .interface = 2, .link_type = 113, .data = {.left = 10}},
		{.wire_len = 5, .interface = 2, .link_type = 113, .data = {.left = 5}},
	};
	struct reading r;
	struct capture *c = open_bytes(f->bytes, f->length);
	read_rest(c, &r);
	assert_int_equal(r.result, CAPTURE_END);
	assert_int_equal(r.count, 5);
	for (size_t i = 0; i < r.count; i++) {
		const struct frame *got = &r.frames[i];
		assert_int_equal(got->ts_ns, wanted[i].ts_ns);
		assert_int_equal(got->wire_len, wanted[i].wire_len);
		assert_int_equal(got->interface, wanted[i].interface);
		assert_int_equal(got->link_type, wanted[i].link_type);
		assert_int_equal(got->fcs_len, wanted[i].fcs_len);
		assert_int_equal(got->records_before, wanted[i].records_before);
		assert_int_equal(f->bytes[got->file_offset], 0);
		assert_int_equal(f->bytes[got->file_offset + 1], 1);
		assert_int_equal(f->bytes[got->file_offset + 2], 2);
	}
	check_interfaces(c);
	assert_string_equal(capture_comment(c), "a \\x1b comment");
	assert_int_equal(capture_format(c), CAPTURE_PCAPNG);
	assert_int_equal(r.bytes_unread, 0);
	capture_free(c);
}

static void test_blocks(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct file f = {.big_endian = big_endian};
		make_everything(&f);
		make_second_section(&f);
		check_everything(&f);
	}
}

static void test_times(void **state)
{
	(void)state;
	static const struct {
		uint8_t resolution;
		int64_t offset_s;
		uint64_t stamp;
		int64_t ns;
	} cases[] = {
		{6, 0, 1500000000123456, 1500000000123456000},
		{9, 0, 1500000000123456789, 1500000000123456789},
		{0, 0, 1500000000, 1500000000000000000},
		{0, 0, INT64_MAX, INT64_MAX},
		{3, -1, 999, -1000000},
		{12, 0, UINT64_MAX, 18446744073709551},
		{18, 0, UINT64_MAX, 18446744073},
		{19, 0, UINT64_MAX, 1844674407},
		{30, 0, UINT64_MAX, 0},
		{39, 0, UINT64_MAX, 0},
		{127, 0, UINT64_MAX, 0},
		{0x80, 0, 7, 7000000000},
		{0x81, 0, 3, 1500000000},
		{0x9e, 0, (UINT64_C(1) << 30) + (1 << 29), 1500000000},
		{0xa1, 0, UINT64_C(3) << 32, 1500000000},
		{0xbf, 0, UINT64_C(3) << 62, 1500000000},
		{0xc0, 0, UINT64_C(1) << 63, 500000000},
		{0xff, 0, UINT64_MAX, 0},
		{6, INT64_MAX, 5000000, INT64_MAX},
		{6, INT64_MIN, 5000000, INT64_MAX},
		{6, 1600000000, 1, 1600000000000001000},
		{6, 0, (uint64_t)-505425287, -505425287000}, // written by a signed clock
		{9, 0, (uint64_t)-1, -1},
		{6, 0, UINT64_C(1) << 63, INT64_MAX}, // neither way in range
		{6, 0, 9223372035000000, 9223372035000000000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f = {.big_endian = false};
		struct reading r;
		put_section(&f, NULL);
		begin_interface(&f, 1, 0);
		put_option(&f, 9, &cases[i].resolution, 1);
		put_u64_option(&f, 14, (uint64_t)cases[i].offset_s);
		end(&f);
		put_packet(&f, 0, cases[i].stamp, 4);
		read_file(&f, &r);
		assert_int_equal(r.count, 1);
		assert_int_equal(r.frames[0].ts_ns, cases[i].ns);
	}
}

// ---- damage ---------------------------------------------------------------------------------------------------------

// Blocks behind two good packets that break the file off.
static void put_wrong_block(struct file *f, unsigned which)
{
	put_packet(f, 0, 0, PACKET_LEN);
	switch (which) {
	case 0: // lengths
	case 1:
	case 2:
	case 3:
		put_at(f, f->block + 4, (const uint32_t[]){0, 11, 96, UINT32_MAX - 3}[which]);
		break;
	case 4:
		put_at(f, f->length - 4, 96);
		break;
	case 5: // a packet longer than its block
		put_at(f, f->block + 20, PACKET_LEN + 1);
		break;
	case 6: // an interface that is not there
		put_at(f, f->block + 8, 1);
		break;
	case 7:
		put_at(f, f->block, 2);
		put_at(f, f->block + 8, 0xffffffff);
		break;
	case 8: // an interface whose options run over
		f->length = f->block;
		begin_interface(f, 1, 0);
		put(f, 2, 2);
		put(f, 5, 2);
		put(f, 0, 4);
		end(f);
		break;
	case 9: // too short for what they are
		f->length = f->block;
		begin(f, ENHANCED);
		end(f);
		break;
	case 10:
		f->length = f->block;
		begin(f, 5);
		end(f);
		break;
	case 11:
		f->length = f->block;
		begin(f, 0x0a0d0d0a);
		put(f, 0x1a2b3c4d, 4);
		end(f);
		break;
	case 12: // no byte order
		f->length = f->block;
		put_section(f, NULL);
		put_at(f, f->block + 8, 0);
		break;
	case 13: // version
		f->length = f->block;
		put_section(f, NULL);
		put_at(f, f->block + 12, 2);
		break;
	default: // a section without interfaces
		f->length = f->block;
		put_section(f, NULL);
		put_packet(f, 0, 0, PACKET_LEN);
		break;
	}
}

static void test_wrong_blocks(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 15; which++) {
		for (int big_endian = 0; big_endian < 2; big_endian++) {
			struct file f = {.big_endian = big_endian};
			struct reading r;
			char where[32];
			make_simple(&f, 2);
			put_wrong_block(&f, which);
			size_t offset = f.block;
			put_packet(&f, 0, 0, PACKET_LEN);
			read_file(&f, &r);
			assert_int_equal(r.result, CAPTURE_DAMAGED);
			assert_int_equal(r.count, 2);
			assert_int_equal(r.bytes_unread, f.length - offset);
			snprintf(where, sizeof where, "offset %zu ", offset);
			assert_non_null(strstr(r.fault.text, where));
		}
	}
}

// What Wireshark reads although it is not quite right, and broken options of a packet that is whole.
static void test_tolerated(void **state)
{
	(void)state;
	struct file f = {.big_endian = false};
	struct reading r;
	make_simple(&f, 1);
	put_packet(&f, 0, 0, 61);
	put_at(&f, f.block + 4, 32 + 61); // length without the padding
	put_at(&f, f.length - 4, 32 + 61);
	begin_packet(&f, 0, 0, PACKET_LEN);
	put(&f, 2, 2);
	put(&f, 400, 2); // an option that runs over
	end(&f);
	put_packet(&f, 0, 0, PACKET_LEN);
	put_at(&f, f.block + 24, 20); // shorter on the wire than captured
	read_file(&f, &r);
	assert_int_equal(r.result, CAPTURE_END);
	assert_int_equal(r.count, 4);
	assert_int_equal(r.frames[3].wire_len, 20);
	assert_int_equal(r.frames[3].data.left, PACKET_LEN);
}

// A length that promises much must not make the window larger than what is there.
static void test_lying_length(void **state)
{
	(void)state;
	struct file f = {.big_endian = false};
	struct reading r;
	struct capture_fault fault;
	make_simple(&f, 1);
	put_at(&f, f.block + 4, 200 << 20);
	const char *path = write_file(f.bytes, f.length);
	struct capture *c = capture_open(path, &fault);
	read_rest(c, &r);
	assert_int_equal(r.result, CAPTURE_DAMAGED);
	assert_true(c->stream.capacity <= 2 << 20);
	capture_free(c);
	unlink(path);
}

static void test_too_many_interfaces(void **state)
{
	(void)state;
	size_t length = 28 + 20 * (CAPTURE_INTERFACES_MAX + 1);
	uint8_t *bytes = malloc(length);
	struct file f = {.big_endian = false};
	struct reading r;
	struct capture_fault fault;
	put_section(&f, NULL);
	memcpy(bytes, f.bytes, 28);
	f.length = 0;
	put_interface(&f, 1, 0);
	for (size_t at = 28; at < length; at += 20)
		memcpy(bytes + at, f.bytes, 20);
	struct capture *c = capture_open_memory("memory", bytes, length, &fault);
	read_rest(c, &r);
	assert_int_equal(r.result, CAPTURE_DAMAGED);
	assert_int_equal(r.bytes_unread, 20);
	capture_free(c);
	free(bytes);
}

// A block larger than the stream's window.
static void test_large_block(void **state)
{
	(void)state;
	size_t room = 3 << 20;
	uint8_t *bytes = calloc(1, room + FILE_MAX);
	struct file f = {.big_endian = false};
	struct reading r;
	struct capture_fault fault;
	make_simple(&f, 1);
	memcpy(bytes, f.bytes, f.length);
	size_t at = f.length;
	f.length = 0;
	put(&f, 0x99, 4);
	put(&f, (uint32_t)room, 4);
	memcpy(bytes + at, f.bytes, 8);
	memcpy(bytes + at + room - 4, f.bytes + 4, 4);
	at += room;
	f.length = 0;
	put_packet(&f, 0, 0, PACKET_LEN);
	memcpy(bytes + at, f.bytes, f.length);
	const char *path = write_file(bytes, at + f.length);
	struct capture *c = capture_open(path, &fault);
	read_rest(c, &r);
	assert_int_equal(r.result, CAPTURE_END);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.frames[1].file_offset, at + 28);
	capture_free(c);
	unlink(path);
	free(bytes);
}

// A cut file gives every whole packet, in order, and accounts for the rest.
static void check_prefixes(const uint8_t *bytes, size_t length, bool plain)
{
	unsigned most = 0;
	for (size_t cut = 0; cut <= length; cut++) {
		struct capture_fault fault = {""};
		struct reading r = {.count = 0};
		struct bytes guarded = guard_bytes(bytes, cut);
		struct capture *c = capture_open_memory("memory", guarded.at, guarded.left, &fault);
		assert_int_equal(c == NULL, fault.text[0] != 0);
		if (!c)
			continue;
		read_rest(c, &r);
		assert_true(r.count >= most);
		assert_true(r.count == 0 || !plain || r.frames[r.count - 1].file_offset < cut);
		assert_true(!plain || r.bytes_unread < cut);
		assert_true(plain || cut == length || r.result == CAPTURE_DAMAGED);
		assert_int_equal(r.result == CAPTURE_DAMAGED, r.fault.text[0] != 0);
		most = r.count;
		capture_free(c);
	}
	assert_true(most > 0);
}

static void test_prefixes(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct file everything = {.big_endian = big_endian}, pcap = {.big_endian = big_endian};
		make_everything(&everything);
		make_second_section(&everything);
		check_prefixes(everything.bytes, everything.length, true);
		make_pcap(&pcap, 3);
		check_prefixes(pcap.bytes, pcap.length, true);
	}
}

// Any single byte may change.
static void test_changed_bytes(void **state)
{
	(void)state;
	struct file f = {.big_endian = false};
	struct capture_fault fault;
	struct frame frame;
	make_everything(&f);
	make_second_section(&f);
	for (size_t i = 0; i < f.length; i++) {
		uint8_t was = f.bytes[i];
		for (unsigned change = 1; change < 256; change <<= 1) {
			f.bytes[i] = (uint8_t)(was ^ change);
			struct bytes guarded = guard_bytes(f.bytes, f.length);
			struct capture *c = capture_open_memory("memory", guarded.at, guarded.left, &fault);
			while (c && capture_next(c, &frame, &fault) == CAPTURE_FRAME)
				continue;
			capture_free(c);
		}
		f.bytes[i] = was;
	}
}

// ---- classic pcap ---------------------------------------------------------------------------------------------------

static void test_pcap_variants(void **state)
{
	(void)state;
	static const struct {
		uint32_t magic;
		int64_t ns;
	} variants[] = {{0xa1b2c3d4, 123456000}, {0xa1b23c4d, 123456}, {0xa1b2cd34, 123456000}};
	for (unsigned i = 0; i < 6; i++) {
		struct file f = {.big_endian = i % 2};
		struct reading r;
		bool modified = variants[i / 2].magic == 0xa1b2cd34;
		put_pcap_header(&f, variants[i / 2].magic, 65535, 1);
		for (unsigned packet = 0; packet < 2; packet++) {
			put_record(&f, 4000000000, 123456, 0, 60);
			put_at(&f, f.length - 8, 50);
			if (modified)
				put(&f, 0, 8);
			put_packet_bytes(&f, 50);
		}
		read_file(&f, &r);
		assert_int_equal(r.result, CAPTURE_END);
		assert_int_equal(r.count, 2);
		assert_int_equal(r.frames[1].ts_ns, 4000000000 * SECOND + variants[i / 2].ns);
		assert_int_equal(r.frames[1].data.left, 50);
		assert_int_equal(r.frames[1].wire_len, 60);
		assert_int_equal(r.frames[0].file_offset, modified ? 48 : 40);
		assert_int_equal(r.frames[1].file_offset, f.length - 50);
	}
}

static void test_pcap_link_types(void **state)
{
	(void)state;
	static const struct {
		uint32_t network;
		uint16_t link_type;
		uint8_t fcs_len;
	} cases[] = {
		{1, 1, 0},     {0, 0, 0},     {101, 101, 0}, {12, 101, 0},       {14, 101, 0},
		{100, 100, 0}, {11, 100, 0},  {108, 108, 0}, {109, 109, 0},      {113, 113, 0},
		{228, 228, 0}, {258, 258, 0}, {276, 276, 0}, {0x24000001, 1, 4}, {9999, 9999, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file f = {.big_endian = false};
		struct reading r;
		put_pcap_header(&f, 0xa1b2c3d4, 65535, cases[i].network);
		put_record(&f, 1, 0, 4, 4);
		read_file(&f, &r);
		assert_int_equal(r.count, 1);
		assert_int_equal(r.frames[0].link_type, cases[i].link_type);
		assert_int_equal(r.frames[0].fcs_len, cases[i].fcs_len);
	}
}

// Packets of no bytes, of more than the snapshot length, of more than was on the wire; fractions over a second.
static void test_pcap_odd_records(void **state)
{
	(void)state;
	struct file f = {.big_endian = false};
	struct reading r;
	put_pcap_header(&f, 0xa1b2c3d4, 20, 1);
	put_record(&f, 1, 0, 0, 0);
	put_record(&f, 1, 3000000, 50, 60);
	put_record(&f, UINT32_MAX, UINT32_MAX, 50, 10);
	put_record(&f, 1, 0, 3, 3);
	read_file(&f, &r);
	assert_int_equal(r.result, CAPTURE_END);
	assert_int_equal(r.count, 4);
	assert_int_equal(r.frames[0].data.left, 0);
	assert_int_equal(r.frames[1].data.left, 50);
	assert_int_equal(r.frames[1].ts_ns, 4 * SECOND);
	assert_int_equal(r.frames[2].wire_len, 10);
	assert_int_equal(r.frames[2].ts_ns, UINT32_MAX * SECOND - 1000);
	assert_int_equal(r.frames[3].file_offset, f.length - 3);
}

static void test_pcap_damage(void **state)
{
	(void)state;
	struct file f = {.big_endian = false};
	struct reading r;
	make_pcap(&f, 2);
	size_t offset = f.length;
	put_record(&f, 1, 0, 0, 60);
	put_at(&f, offset + 8, 0x7fffffff);
	read_file(&f, &r);
	assert_int_equal(r.result, CAPTURE_DAMAGED);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.bytes_unread, 16);
	assert_non_null(strstr(r.fault.text, "offset 176"));
	put_at(&f, offset + 8, 100);
	read_file(&f, &r);
	assert_int_equal(r.count, 2);
	assert_non_null(strstr(r.fault.text, "cut short in the middle of the packet at offset 176"));
}

// ---- compression ----------------------------------------------------------------------------------------------------

static size_t pack_gzip(const uint8_t *from, size_t length, uint8_t *to)
{
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)from, .avail_in = (uInt)length, .next_out = to, .avail_out = FILE_MAX};
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t made = z.total_out;
	deflateEnd(&z);
	return made;
}

// Two members.
static size_t pack_gzip_twice(const uint8_t *from, size_t length, uint8_t *to)
{
	size_t made = pack_gzip(from, length / 2, to);
	return made + pack_gzip(from + length / 2, length - length / 2, to + made);
}

// A skippable frame, then one with a checksum.
static size_t pack_zstd(const uint8_t *from, size_t length, uint8_t *to)
{
	static const uint8_t skippable[11] = {0x50, 0x2a, 0x4d, 0x18, 3};
	memcpy(to, skippable, sizeof skippable);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	size_t made = ZSTD_compress2(context, to + 11, FILE_MAX - 11, from, length);
	ZSTD_freeCCtx(context);
	assert_false(ZSTD_isError(made));
	return made + 11;
}

static size_t pack_lz4(const uint8_t *from, size_t length, uint8_t *to)
{
	LZ4F_preferences_t preferences = {.frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
	size_t made = LZ4F_compressFrame(to, FILE_MAX, from, length, &preferences);
	assert_false(LZ4F_isError(made));
	return made;
}

static const struct packer {
	size_t (*pack)(const uint8_t *from, size_t length, uint8_t *to);
	enum capture_compression compression;
	const char *name;
} packers[] = {
	{pack_gzip, CAPTURE_GZIP, "gzip"},
	{pack_gzip_twice, CAPTURE_GZIP, "gzip"},
	{pack_zstd, CAPTURE_ZSTD, "zstd"},
	{pack_lz4, CAPTURE_LZ4, "lz4"},
};

enum { PACKER_COUNT = sizeof packers / sizeof *packers };

static void check_packed(const struct file *f, const struct packer *packer)
{
	static uint8_t packed[FILE_MAX];
	struct reading plain, unpacked;
	size_t length = packer->pack(f->bytes, f->length, packed);
	read_file(f, &plain);
	struct capture *c = open_bytes(packed, length);
	assert_int_equal(capture_compression(c), packer->compression);
	assert_string_equal(capture_compression_name(capture_compression(c)), packer->name);
	read_rest(c, &unpacked);
	assert_int_equal(unpacked.result, CAPTURE_END);
	assert_int_equal(unpacked.count, plain.count);
	for (unsigned i = 0; i < plain.count; i++)
		assert_int_equal(unpacked.frames[i].file_offset, plain.frames[i].file_offset);
	capture_free(c);
	check_prefixes(packed, length, false);
}

static void test_packed(void **state)
{
	(void)state;
	struct file pcapng = {.big_endian = false}, pcap = {.big_endian = true};
	make_everything(&pcapng);
	make_pcap(&pcap, 20);
	for (unsigned i = 0; i < PACKER_COUNT; i++) {
		if (packers[i].pack != pack_gzip_twice) // whose cut between members is no damage of its own
			check_packed(&pcapng, &packers[i]);
		check_packed(&pcap, &packers[i]);
	}
}

// A changed byte near the end is found by the checksum, and costs no packet before it.
static void test_packed_damage(void **state)
{
	(void)state;
	static uint8_t packed[FILE_MAX];
	for (unsigned i = 0; i < PACKER_COUNT; i++) {
		struct file f = {.big_endian = false};
		struct reading r;
		make_simple(&f, 5);
		size_t length = packers[i].pack(f.bytes, f.length, packed);
		packed[length - 3] ^= 1;
		struct capture *c = open_bytes(packed, length);
		read_rest(c, &r);
		capture_free(c);
		assert_int_equal(r.result, CAPTURE_DAMAGED);
		assert_non_null(strstr(r.fault.text, packers[i].name));
		assert_non_null(strstr(r.fault.text, "of the compressed file"));
	}
}

static void test_behind_gzip(void **state)
{
	(void)state;
	static uint8_t packed[FILE_MAX];
	for (unsigned garbage = 0; garbage < 2; garbage++) {
		struct file f = {.big_endian = false};
		struct reading r;
		make_simple(&f, 5);
		size_t length = pack_gzip(f.bytes, f.length, packed);
		memset(packed + length, 0, 100);
		if (garbage)
			packed[length + 50] = 'x';
		struct capture *c = open_bytes(packed, length + 100);
		read_rest(c, &r);
		capture_free(c);
		assert_int_equal(r.count, 5);
		assert_int_equal(r.result, garbage ? CAPTURE_DAMAGED : CAPTURE_END);
	}
}

static void test_zstd_window(void **state)
{
	(void)state;
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0,  (28 - 10) << 3, 4 << 3 | 1, 0,
	                                0,    'a',  'b',  'c',  'd'};
	struct capture_fault fault;
	struct bytes guarded = guard_bytes(frame, sizeof frame);
	assert_null(capture_open_memory("memory", guarded.at, guarded.left, &fault));
	assert_non_null(strstr(fault.text, "window of more than 128 MB"));
}

// ---- opening, pipes, fingerprints -----------------------------------------------------------------------------------

static void check_refused(const char *path, const char *because)
{
	struct capture_fault fault = {""};
	assert_null(capture_open(path, &fault));
	if (!strstr(fault.text, because))
		print_error("wanted \"%s\", got: %s\n", because, fault.text);
	assert_non_null(strstr(fault.text, because));
	assert_null(strchr(fault.text, '\n'));
}

static void check_bytes_refused(const void *bytes, size_t length, const char *because)
{
	const char *path = write_file(bytes, length);
	check_refused(path, because);
	unlink(path);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		size_t length;
		const char *bytes, *because;
	} cases[] = {
		{0, "", "is empty"},
		{1, "\xa1", "is too short"},
		{10, "\xa1\xb2\xc3\xd4\0\2\0\4\0\0", "cut short in its file header"},
		{10, "\n\r\r\n\0\0\0\x1c\0\0", "offset 0"},
		{24, "\xa1\xb2\xc3\xd4\0\7\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "version"},
		{24, "snoop\0\0\0\0\0\0\2\0\0\0\4................", "Solaris snoop"},
		{24, "SQLite format 3\0........", "pcapdex query"},
		{24, "PK\3\4....................", "ZIP archive"},
		{24, "<!DOCTYPE html><html>...", "web page"},
		{14, "version https:", "is text"},
		{30, "version https://git-lfs.github", "git lfs pull"},
		{24, "Hello, this is some text", "is text"},
		{24, "\1\2\3\4....................", "it starts with 01020304"},
		{10, "\x1f\x8b\x08\0\0\0\0\0\0\0", "cut short"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_bytes_refused(cases[i].bytes, cases[i].length, cases[i].because);
	check_refused("/tmp", "is a directory");
	check_refused("/tmp/there/is/no/such", "no such file");
}

static void test_refused_packed(void **state)
{
	(void)state;
	static uint8_t packed[FILE_MAX];
	static const char text[] = "This is some text.";
	check_bytes_refused(packed, pack_gzip((const uint8_t *)text, sizeof text - 1, packed), "unpacks to text");
	check_bytes_refused(packed, pack_gzip((const uint8_t *)text, 0, packed), "is empty");
	size_t length = pack_gzip((const uint8_t *)text, sizeof text, packed);
	static uint8_t again[FILE_MAX];
	check_bytes_refused(again, pack_gzip(packed, length, again), "gzip data inside");
}

static void test_permission(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip();
	const char *path = write_file("", 0);
	chmod(path, 0);
	check_refused(path, "no permission");
	unlink(path);
}

// Writes the bytes in small pieces to what becomes standard input.
static pid_t pipe_in(const void *bytes, size_t length)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		for (size_t at = 0; at < length; at += 7)
			if (write(ends[1], (const uint8_t *)bytes + at, length - at < 7 ? length - at : 7) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	return child;
}

static void test_pipe(void **state)
{
	(void)state;
	for (unsigned pcapng = 0; pcapng < 2; pcapng++) {
		struct file f = {.big_endian = false};
		struct reading r;
		struct capture_fault fault;
		char of_pipe[33], of_file[33];
		if (pcapng)
			make_simple(&f, 60);
		else
			make_pcap(&f, 60);
		pid_t child = pipe_in(f.bytes, f.length);
		struct capture *c = capture_open("-", &fault);
		assert_non_null(c);
		read_rest(c, &r);
		assert_int_equal(r.result, CAPTURE_END);
		assert_int_equal(r.count, 60);
		assert_int_equal(capture_size(c), -1);
		assert_int_equal(capture_bytes_read(c), f.length);
		capture_fingerprint(c, of_pipe);
		capture_free(c);
		assert_int_equal(waitpid(child, NULL, 0), child);
		const char *path = write_file(f.bytes, f.length);
		assert_true(capture_fingerprint_file(path, of_file, &fault));
		assert_string_equal(of_pipe, of_file);
		unlink(path);
	}
}

static void test_fingerprint(void **state)
{
	(void)state;
	static uint8_t packed[FILE_MAX];
	struct file f = {.big_endian = false};
	struct frame frame;
	struct capture_fault fault;
	char got[33], wanted[33];
	make_simple(&f, 20);
	size_t length = pack_zstd(f.bytes, f.length, packed);
	XXH128_hash_t hash = XXH3_128bits(packed, length);
	snprintf(wanted, sizeof wanted, "%016llx%016llx", (unsigned long long)hash.high64,
	         (unsigned long long)hash.low64);
	const char *path = write_file(packed, length);
	struct capture *c = capture_open(path, &fault);
	assert_int_equal(capture_next(c, &frame, &fault), CAPTURE_FRAME);
	capture_fingerprint(c, got); // the rest is read
	assert_string_equal(got, wanted);
	assert_int_equal(capture_size(c), length);
	capture_free(c);
	unlink(path);
	assert_false(capture_fingerprint_file(path, got, &fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_wrong_blocks),
		cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_too_many_interfaces),
		cmocka_unit_test(test_large_block),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_pcap_variants),
		cmocka_unit_test(test_pcap_link_types),
		cmocka_unit_test(test_pcap_odd_records),
		cmocka_unit_test(test_pcap_damage),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_packed_damage),
		cmocka_unit_test(test_behind_gzip),
		cmocka_unit_test(test_zstd_window),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_packed),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_fingerprint),
	};
	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
