// Packets back to capture files. See carve.h.
#include "carve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/text.h"
#include "../common/version.h"
#include "new_file.h"
#include "packet_file.h"
#include "packet_options.h"
#include "source.h"
#include "watch.h"

enum { ERROR_ROOM = 1024 };

#define PCAP_TS_NS_END (INT64_C(4294967296) * 1000000000)

// A row of interfaces.
struct interface {
	int64_t interface_id;
	struct packet_file_interface as; // texts owned
	char *capture;                   // its capture's name
	bool is_pcapng;
	bool used;
	uint32_t place; // in the new file
};

// A row of capture_files that has packets.
struct file {
	struct source_file source;
	int64_t capture_id, first_packet_id, last_packet_id;
};

// A row of packets.
struct row {
	int64_t packet_id, ts_ns, wire_len, captured_len, file_offset, interface_id;
	uint32_t comment;
};

// The packets of one capture, in order. They are read from its files as they come.
struct cursor {
	const struct file *files, *files_end; // of the capture
	struct source source;
	int64_t read_to; // of the open file: what is before was read
	sqlite3_stmt *statement;
	size_t run; // of the set; the statement is on it if is_open
	bool is_open, has_row;
	struct row row;
};

struct carve {
	struct guard *guard;
	const struct packet_set *set;
	const struct carve_options *options;
	struct interface *interfaces; // in order of interface_id
	size_t interface_count;
	struct file *files; // in order of capture_id, first_packet_id
	size_t file_count;
	struct cursor *cursors;
	size_t cursor_count;

	// survey
	size_t used_count, capture_count;
	int64_t found, min_ts_ns, max_ts_ns, max_captured_len;

	struct new_file file;
	bool is_file; // else it is standard output
	struct sink sink;
	struct packet_file out;
	unsigned char *buffer;
	size_t buffer_size;
	int64_t packets, bytes;
	char error[ERROR_ROOM]; // "" none
};

static bool ok(const struct carve *c)
{
	return !c->error[0] && !c->sink.error && watch_cause() == WATCH_RUNNING;
}

static sqlite3_stmt *prepare(struct carve *c, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(c->guard->db, sql, -1, &statement, NULL);
	if (result != SQLITE_OK)
		guard_explain(c->guard, result, c->error, sizeof c->error);
	return statement;
}

static bool step(struct carve *c, sqlite3_stmt *statement)
{
	int result = ok(c) ? sqlite3_step(statement) : SQLITE_DONE;
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		guard_explain(c->guard, result, c->error, sizeof c->error);
	return result == SQLITE_ROW;
}

static char *column_text(sqlite3_stmt *statement, int column)
{
	return memory_copy_text((const char *)sqlite3_column_text(statement, column));
}

// ---- interfaces ---------------------------------------------------------------------------------------------------

static void add_interface(struct carve *c, sqlite3_stmt *statement)
{
	if ((c->interface_count & (c->interface_count - 1)) == 0)
		c->interfaces = memory_resize(c->interfaces, (2 * c->interface_count + 1) * sizeof *c->interfaces);
	struct interface *added = &c->interfaces[c->interface_count++];
	*added = (struct interface){
		.interface_id = sqlite3_column_int64(statement, 0),
		.as =
			{
				.link_type = (uint16_t)sqlite3_column_int64(statement, 1),
				.snaplen = (uint32_t)sqlite3_column_int64(statement, 2),
				.ts_units = sqlite3_column_int64(statement, 3),
				.fcs_len = (uint8_t)sqlite3_column_int64(statement, 4),
				.name = column_text(statement, 5),
				.description = column_text(statement, 6),
				.filter = column_text(statement, 7),
				.os = column_text(statement, 8),
				.hardware = column_text(statement, 9),
			},
		.capture = column_text(statement, 10),
		.is_pcapng = sqlite3_column_int(statement, 11),
	};
}

static void load_interfaces(struct carve *c)
{
	sqlite3_stmt *statement = prepare(
		c,
		"SELECT i.interface_id, i.link_type, i.snaplen, i.ts_units, i.fcs_len, i.name, i.description, i.filter, "
		"i.os, i.hardware, c.name, f.format = 'pcapng' FROM interfaces i "
		"LEFT JOIN capture_files f USING (capture_file_id) LEFT JOIN captures c USING (capture_id) ORDER BY 1");
	while (step(c, statement))
		add_interface(c, statement);
	sqlite3_finalize(statement);
}

static int compare_interfaces(const void *a, const void *b)
{
	const struct interface *left = a, *right = b;
	return left->interface_id < right->interface_id ? -1 : left->interface_id > right->interface_id;
}

static struct interface *find_interface(const struct carve *c, int64_t interface_id)
{
	struct interface wanted = {.interface_id = interface_id};
	if (c->interface_count == 0)
		return NULL;
	return bsearch(&wanted, c->interfaces, c->interface_count, sizeof wanted, compare_interfaces);
}

// The capture's name in front of an interface's description, where there are several.
static void name_captures(struct carve *c)
{
	const char *first = NULL;
	for (size_t i = 0; i < c->interface_count; i++) {
		const struct interface *interface = &c->interfaces[i];
		if (!interface->used || !interface->capture)
			continue;
		c->capture_count += !first || strcmp(first, interface->capture) != 0;
		first = interface->capture;
	}
	for (size_t i = 0; i < c->interface_count && c->capture_count > 1; i++) {
		struct interface *interface = &c->interfaces[i];
		char *old = (char *)interface->as.description;
		if (!interface->used || !interface->capture)
			continue;
		interface->as.description = memory_join(interface->capture, old ? ": " : "", old ? old : "");
		free(old);
	}
}

static void number_interfaces(struct carve *c)
{
	for (size_t i = 0; i < c->interface_count; i++) {
		if (c->interfaces[i].used)
			c->interfaces[i].place = (uint32_t)c->used_count++;
	}
}

// ---- what is to be written ----------------------------------------------------------------------------------------

static void survey_group(struct carve *c, sqlite3_stmt *statement)
{
	struct interface *interface = find_interface(c, sqlite3_column_int64(statement, 0));
	int64_t captured_len = sqlite3_column_int64(statement, 2);
	int64_t min_ts_ns = sqlite3_column_int64(statement, 3), max_ts_ns = sqlite3_column_int64(statement, 4);
	if (sqlite3_column_type(statement, 0) == SQLITE_NULL || !interface) {
		snprintf(c->error, sizeof c->error, "packets without an interface: the case does not tell their link type");
		return;
	}
	interface->used = true;
	if (interface->as.snaplen && interface->as.snaplen < captured_len && captured_len <= UINT32_MAX)
		interface->as.snaplen = (uint32_t)captured_len; // libpcap holds files to it
	c->min_ts_ns = c->found == 0 || min_ts_ns < c->min_ts_ns ? min_ts_ns : c->min_ts_ns;
	c->max_ts_ns = c->found == 0 || max_ts_ns > c->max_ts_ns ? max_ts_ns : c->max_ts_ns;
	c->max_captured_len = captured_len > c->max_captured_len ? captured_len : c->max_captured_len;
	c->found += sqlite3_column_int64(statement, 1);
}

static void survey(struct carve *c)
{
	sqlite3_stmt *statement =
		prepare(c,
	            "SELECT interface_id, count(*), max(captured_len), min(ts_ns), max(ts_ns) FROM packets "
	            "WHERE packet_id BETWEEN ? AND ? GROUP BY interface_id");
	for (size_t i = 0; i < c->set->count && ok(c); i++) {
		sqlite3_bind_int64(statement, 1, c->set->runs[i].first);
		sqlite3_bind_int64(statement, 2, c->set->runs[i].last);
		while (step(c, statement))
			survey_group(c, statement);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	name_captures(c);
	number_interfaces(c);
}

static void add_file(struct carve *c, sqlite3_stmt *statement)
{
	if ((c->file_count & (c->file_count - 1)) == 0)
		c->files = memory_resize(c->files, (2 * c->file_count + 1) * sizeof *c->files);
	struct file *file = &c->files[c->file_count++];
	*file = (struct file){
		.capture_id = sqlite3_column_int64(statement, 0),
		.first_packet_id = sqlite3_column_int64(statement, 1),
		.last_packet_id = sqlite3_column_int64(statement, 2),
	};
	const char *path = (const char *)sqlite3_column_text(statement, 3);
	const char *fingerprint = (const char *)sqlite3_column_text(statement, 4);
	const char *compression = (const char *)sqlite3_column_text(statement, 5);
	snprintf(file->source.path, sizeof file->source.path, "%s", path ? path : "");
	snprintf(file->source.fingerprint, sizeof file->source.fingerprint, "%s", fingerprint ? fingerprint : "");
	snprintf(file->source.compression, sizeof file->source.compression, "%s", compression ? compression : "");
	file->source.size = sqlite3_column_int64(statement, 6);
}

static void load_files(struct carve *c)
{
	sqlite3_stmt *statement =
		prepare(c,
	            "SELECT capture_id, first_packet_id, last_packet_id, path, fingerprint, compression, "
	            "ifnull(size, -1) FROM capture_files WHERE first_packet_id IS NOT NULL ORDER BY 1, 2");
	while (step(c, statement))
		add_file(c, statement);
	sqlite3_finalize(statement);
}

// ---- the packets of a capture -------------------------------------------------------------------------------------

static void add_cursors(struct carve *c)
{
	c->cursors = memory_alloc((c->file_count + 1) * sizeof *c->cursors);
	for (size_t i = 0; i < c->file_count; i++) {
		const struct file *file = &c->files[i];
		if (i == 0 || file->capture_id != file[-1].capture_id)
			c->cursors[c->cursor_count++] = (struct cursor){.files = file, .source = SOURCE_CLOSED};
		c->cursors[c->cursor_count - 1].files_end = file + 1;
	}
}

// Asks for the packets of a run that are of the capture.
static void select_run(struct carve *c, struct cursor *cursor, const struct packet_run *run)
{
	if (!cursor->statement)
		cursor->statement = prepare(c,
		                            "SELECT packet_id, ts_ns, wire_len, captured_len, file_offset, interface_id "
		                            "FROM packets WHERE packet_id BETWEEN max(?1, ?3) AND min(?2, ?4) "
		                            "ORDER BY packet_id");
	sqlite3_bind_int64(cursor->statement, 1, run->first);
	sqlite3_bind_int64(cursor->statement, 2, run->last);
	sqlite3_bind_int64(cursor->statement, 3, cursor->files->first_packet_id);
	sqlite3_bind_int64(cursor->statement, 4, cursor->files_end[-1].last_packet_id);
	cursor->is_open = true;
}

// Starts on the next run that has packets of the capture; false: there is none.
static bool open_run(struct carve *c, struct cursor *cursor)
{
	const struct file *last = cursor->files_end - 1;
	for (; cursor->run < c->set->count; cursor->run++) {
		const struct packet_run *run = &c->set->runs[cursor->run];
		if (run->last < cursor->files->first_packet_id)
			continue;
		if (run->first > last->last_packet_id)
			return false;
		select_run(c, cursor, run);
		return true;
	}
	return false;
}

static void read_row(const struct carve *c, struct cursor *cursor)
{
	sqlite3_stmt *statement = cursor->statement;
	cursor->row = (struct row){
		.packet_id = sqlite3_column_int64(statement, 0),
		.ts_ns = sqlite3_column_int64(statement, 1),
		.wire_len = sqlite3_column_int64(statement, 2),
		.captured_len = sqlite3_column_int64(statement, 3),
		.file_offset = sqlite3_column_int64(statement, 4),
		.interface_id = sqlite3_column_int64(statement, 5),
		.comment = c->set->runs[cursor->run].comment,
	};
}

static void advance(struct carve *c, struct cursor *cursor)
{
	cursor->has_row = false;
	while (ok(c) && (cursor->is_open || open_run(c, cursor))) {
		if (step(c, cursor->statement)) {
			read_row(c, cursor);
			cursor->has_row = true;
			return;
		}
		sqlite3_reset(cursor->statement);
		cursor->is_open = false;
		cursor->run++;
	}
}

static struct cursor *earliest(struct carve *c)
{
	struct cursor *best = NULL;
	for (size_t i = 0; i < c->cursor_count; i++) {
		struct cursor *cursor = &c->cursors[i];
		if (cursor->has_row && (!best || cursor->row.ts_ns < best->row.ts_ns))
			best = cursor;
	}
	return best;
}

// ---- bytes --------------------------------------------------------------------------------------------------------

static bool open_source(struct carve *c, struct cursor *cursor)
{
	const struct file *file = cursor->files;
	while (file < cursor->files_end && file->last_packet_id < cursor->row.packet_id)
		file++;
	if (file == cursor->files_end || source_is(&cursor->source, &file->source))
		return file < cursor->files_end;
	char error[SOURCE_ERROR_ROOM];
	source_close(&cursor->source);
	cursor->read_to = 0;
	if (source_open(&cursor->source, &file->source, c->options->source_folder, error))
		return true;
	snprintf(c->error, sizeof c->error, "%s", error);
	return false;
}

static unsigned char *make_room(struct carve *c, size_t size)
{
	if (size > c->buffer_size) {
		c->buffer_size = size;
		c->buffer = memory_resize(c->buffer, size);
	}
	return c->buffer;
}

// The packet's bytes to c->buffer, and what stands behind them in the file if that holds options: so many bytes.
static bool read_bytes(struct carve *c, struct cursor *cursor, bool is_pcapng, uint32_t *behind, bool *big_endian)
{
	const struct row *row = &cursor->row;
	unsigned char header[PACKET_OPTIONS_HEADER];
	int64_t start = row->file_offset - PACKET_OPTIONS_HEADER;
	uint32_t length = (uint32_t)row->captured_len;
	*behind = 0;
	if (is_pcapng && start >= cursor->read_to && source_read(&cursor->source, start, header, sizeof header))
		*behind = packet_options_room(header, length, big_endian);
	unsigned char *to = make_room(c, (size_t)length + *behind + 1);
	if (source_read(&cursor->source, row->file_offset, to, (size_t)length + *behind)) {
		cursor->read_to = row->file_offset + length + *behind;
		return true;
	}
	return false;
}

static void carve_packet(struct carve *c, struct cursor *cursor)
{
	const struct row *row = &cursor->row;
	const struct interface *interface = find_interface(c, row->interface_id);
	const char *comment = row->comment ? c->set->comments[row->comment] : c->options->reason;
	uint32_t behind = 0;
	bool big_endian = false;
	bool sane = row->captured_len >= 0 && row->captured_len <= SOURCE_PACKET_MAX && row->file_offset >= 0 &&
	            row->wire_len >= 0 && row->wire_len <= UINT32_MAX && interface && interface->used;
	if (sane && !open_source(c, cursor) && c->error[0])
		return;
	if (!sane || cursor->source.fd < 0 || !read_bytes(c, cursor, interface->is_pcapng, &behind, &big_endian)) {
		snprintf(c->error, sizeof c->error, "%.300s: a packet is not where the case says",
		         cursor->files->source.path);
		return;
	}
	unsigned char *options = c->buffer + row->captured_len;
	packet_file_add(
		&c->out, &(struct packet_file_packet){
					 .interface = interface->place,
					 .unit_ns = packet_file_unit_ns(&interface->as),
					 .ts_ns = row->ts_ns,
					 .wire_len = (uint32_t)row->wire_len,
					 .captured_len = (uint32_t)row->captured_len,
					 .data = c->buffer,
					 .options = options,
					 .options_len =
						 behind ? packet_options_take(options, behind, (uint32_t)row->captured_len, big_endian) : 0,
					 .comment = comment,
				 });
	c->packets++;
	c->bytes += row->captured_len;
}

static void carve_all(struct carve *c)
{
	struct cursor *cursor;
	for (size_t i = 0; i < c->cursor_count; i++)
		advance(c, &c->cursors[i]);
	while (ok(c) && (cursor = earliest(c)) != NULL) {
		watch_again();
		carve_packet(c, cursor);
		advance(c, cursor);
	}
}

// ---- the file -----------------------------------------------------------------------------------------------------

static const struct interface *first_used(const struct carve *c)
{
	for (size_t i = 0; i < c->interface_count; i++) {
		if (c->interfaces[i].used)
			return &c->interfaces[i];
	}
	return c->interface_count ? &c->interfaces[0] : NULL;
}

// Why the packets do not fit a classic pcap file; NULL: they do. *unit_ns is what it needs.
static const char *pcap_trouble(const struct carve *c, int64_t *unit_ns)
{
	const struct interface *first = first_used(c);
	*unit_ns = 1000;
	if (!first)
		return "no link type is known";
	for (size_t i = 0; i < c->interface_count; i++) {
		const struct packet_file_interface *as = &c->interfaces[i].as;
		if (!c->interfaces[i].used)
			continue;
		if (as->link_type != first->as.link_type || as->fcs_len != first->as.fcs_len)
			return "the packets have several link types";
		if (packet_file_unit_ns(as) < 1000)
			*unit_ns = 1;
	}
	if (c->found > 0 && (c->min_ts_ns < 0 || c->max_ts_ns >= PCAP_TS_NS_END))
		return "there are times before 1970 or after 2106";
	return NULL;
}

static void begin_pcapng(struct carve *c)
{
	packet_file_begin_pcapng(&c->out, &c->sink, "pcapdex " PCAPDEX_VERSION, c->options->reason);
	for (size_t i = 0; i < c->interface_count; i++) {
		if (c->interfaces[i].used)
			packet_file_add_interface(&c->out, &c->interfaces[i].as);
	}
}

static void begin_file(struct carve *c)
{
	int64_t unit_ns;
	const char *trouble = pcap_trouble(c, &unit_ns);
	if (text_ends_in(c->options->path, ".pcap") && !trouble) {
		struct packet_file_interface as = first_used(c)->as;
		if (as.snaplen && as.snaplen < c->max_captured_len)
			as.snaplen = (uint32_t)c->max_captured_len;
		packet_file_begin_pcap(&c->out, &c->sink, &as, unit_ns);
		return;
	}
	if (text_ends_in(c->options->path, ".pcap"))
		message_note("%s: written as pcapng: %s", c->options->path, trouble);
	begin_pcapng(c);
}

static bool open_output(struct carve *c)
{
	if (!c->is_file) {
		c->file.fd = STDOUT_FILENO;
		if (isatty(STDOUT_FILENO))
			snprintf(c->error, sizeof c->error, "a capture is nothing for a terminal; name a file, or pipe it on");
	} else if (!new_file_open(&c->file, c->options->path)) {
		snprintf(c->error, sizeof c->error, "%.300s: cannot be written: %s", c->options->path, strerror(errno));
	}
	return !c->error[0];
}

static void finish_output(struct carve *c)
{
	sink_flush(&c->sink);
	if (c->is_file && !new_file_close(&c->file, ok(c)) && !c->error[0])
		snprintf(c->error, sizeof c->error, "%.300s: cannot be written: %s", c->options->path, strerror(errno));
}

// ---- the whole ----------------------------------------------------------------------------------------------------

static void release(struct carve *c)
{
	for (size_t i = 0; i < c->interface_count; i++) {
		const struct packet_file_interface *as = &c->interfaces[i].as;
		free((char *)as->name);
		free((char *)as->description);
		free((char *)as->filter);
		free((char *)as->os);
		free((char *)as->hardware);
		free(c->interfaces[i].capture);
	}
	for (size_t i = 0; i < c->cursor_count; i++) {
		source_close(&c->cursors[i].source);
		sqlite3_finalize(c->cursors[i].statement);
	}
	sink_release(&c->sink);
	free(c->interfaces);
	free(c->files);
	free(c->cursors);
	free(c->buffer);
}

static int explain(struct carve *c)
{
	const char *name = c->is_file ? c->options->path : "standard output";
	int64_t missing = packet_set_size(c->set) - c->packets;
	if (watch_cause() == WATCH_INTERRUPT) {
		message_error("stopped");
		return EXIT_INTERRUPTED;
	}
	if (!c->error[0] && watch_cause() == WATCH_TIMEOUT)
		guard_explain(c->guard, SQLITE_INTERRUPT, c->error, sizeof c->error);
	if (c->error[0]) {
		message_error("--pcap: %s", c->error);
		return EXIT_FAILED;
	}
	if (c->sink.error == EPIPE)
		return EXIT_DONE;
	if (c->sink.error) {
		message_error("%s: cannot be written: %s", name, strerror(c->sink.error));
		return EXIT_FAILED;
	}
	if (missing > 0)
		message_warning("%lld of the packets that the rows name %s not in the case", (long long)missing,
		                missing == 1 ? "is" : "are");
	message_note("%s: %lld packet%s, %lld bytes", name, (long long)c->packets, message_plural(c->packets),
	             (long long)c->bytes);
	return EXIT_DONE;
}

int carve_packets(struct guard *guard, const struct packet_set *set, const struct carve_options *options)
{
	struct carve c = {.guard = guard, .set = set, .options = options, .sink = {.fd = -1}};
	c.is_file = strcmp(options->path, "-") != 0;
	load_interfaces(&c);
	survey(&c);
	load_files(&c);
	if (ok(&c) && open_output(&c)) {
		add_cursors(&c);
		sink_init(&c.sink, c.file.fd);
		begin_file(&c);
		carve_all(&c);
		finish_output(&c);
	}
	int code = explain(&c);
	release(&c);
	return code;
}
