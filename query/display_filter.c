// Packets to display filters. See display_filter.h. Syntax: wireshark-filter(4).
#include "display_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "cell.h"
#include "watch.h"

enum { ERROR_ROOM = 512 };

// A capture file with packets of the set.
struct file {
	char *path;
	int64_t first_packet_id, last_packet_id;
	int64_t zero_id; // packet_id of its frame number 0; -1: not known
};

struct filter {
	struct guard *guard;
	const struct packet_set *set;
	struct file *files;
	size_t file_count;
	char error[ERROR_ROOM];
};

static sqlite3_stmt *prepare(struct filter *f, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(f->guard->db, sql, -1, &statement, NULL);
	if (result != SQLITE_OK)
		guard_explain(f->guard, result, f->error, sizeof f->error);
	return statement;
}

static bool step(struct filter *f, sqlite3_stmt *statement)
{
	int result = f->error[0] ? SQLITE_DONE : sqlite3_step(statement);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		guard_explain(f->guard, result, f->error, sizeof f->error);
	return result == SQLITE_ROW;
}

// ---- files --------------------------------------------------------------------------------------------------------

static const struct packet_run *first_run_of(const struct packet_set *set, const struct file *file)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->runs[i].last >= file->first_packet_id)
			return set->runs[i].first <= file->last_packet_id ? &set->runs[i] : NULL;
	}
	return NULL;
}

// Numbers count through the files of a capture. Where a file of a ring begins is known for the first, and where nothing
// was left out since the last packet of the file before.
static void load_files(struct filter *f)
{
	sqlite3_stmt *statement = prepare(
		f,
		"SELECT f.path, f.first_packet_id, f.last_packet_id, c.first_packet_id, "
		"lag(f.last_packet_id) OVER (PARTITION BY f.capture_id ORDER BY f.first_packet_id), "
		"f.capture_file_id = min(f.capture_file_id) OVER (PARTITION BY f.capture_id) FROM capture_files f "
		"JOIN captures c USING (capture_id) WHERE c.first_packet_id > 0 AND f.first_packet_id >= c.first_packet_id "
		"ORDER BY f.first_packet_id");
	while (step(f, statement)) {
		struct file file = {
			.first_packet_id = sqlite3_column_int64(statement, 1),
			.last_packet_id = sqlite3_column_int64(statement, 2),
			.zero_id = -1,
		};
		if (!first_run_of(f->set, &file))
			continue;
		bool is_first = sqlite3_column_int(statement, 5);
		bool follows = sqlite3_column_type(statement, 4) != SQLITE_NULL &&
		               sqlite3_column_int64(statement, 4) == file.first_packet_id - 1;
		if (is_first)
			file.zero_id = sqlite3_column_int64(statement, 3) - 1;
		else if (follows)
			file.zero_id = file.first_packet_id - 1;
		file.path = memory_copy_text((const char *)sqlite3_column_text(statement, 0));
		f->files = memory_resize(f->files, (f->file_count + 1) * sizeof *f->files);
		f->files[f->file_count++] = file;
	}
	sqlite3_finalize(statement);
}

// ---- one connection -----------------------------------------------------------------------------------------------

// Whether the packets are those of a flow, all of them.
static bool is_flow(struct filter *f, int64_t flow_id)
{
	sqlite3_stmt *statement = prepare(f, "SELECT packet_id FROM flow_packets WHERE flow_id = ? ORDER BY packet_id");
	int64_t left = packet_set_size(f->set);
	size_t run = 0;
	bool same = true;
	sqlite3_bind_int64(statement, 1, flow_id);
	for (; same && step(f, statement); left--) {
		int64_t packet_id = sqlite3_column_int64(statement, 0);
		while (run < f->set->count && f->set->runs[run].last < packet_id)
			run++;
		same = run < f->set->count && f->set->runs[run].first <= packet_id;
	}
	sqlite3_finalize(statement);
	return same && left == 0;
}

// The number of a TCP connection in Wireshark, which counts them in the order of their first packets; -1 where it may
// count others: those that pcapdex was told to leave out, those that ICMP errors quote, those within a tunnel of TCP,
// those of headers that are cut, wrong or in fragments.
static int64_t stream_of(struct filter *f, int64_t flow_id)
{
	sqlite3_stmt *statement =
		prepare(f,
	            "SELECT (SELECT count(*) FROM flows o WHERE o.capture_id = f.capture_id AND o.protocol = 'tcp' "
	            "AND o.flow_id < f.flow_id) FROM flows f JOIN captures c USING (capture_id) "
	            "WHERE f.flow_id = ? AND f.protocol = 'tcp' AND c.left_out = 0 AND c.flow_timeout_ns IS NULL "
	            "AND c.truncated = 0 AND c.malformed = 0 "
	            "AND NOT EXISTS (SELECT 1 FROM packets p WHERE p.capture_id = f.capture_id "
	            "AND p.fragment_offset IS NOT NULL) "
	            "AND (SELECT count(*) FROM capture_files o WHERE o.capture_id = f.capture_id) = 1 "
	            "AND NOT EXISTS (SELECT 1 FROM icmp_errors e WHERE e.capture_id = f.capture_id "
	            "AND e.original_protocol = 6) "
	            "AND NOT EXISTS (SELECT 1 FROM protocol_stacks WHERE stack || ':' LIKE '%:tcp:%:tcp:%')");
	int64_t stream = -1;
	sqlite3_bind_int64(statement, 1, flow_id);
	if (step(f, statement))
		stream = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return stream;
}

// -1: no connection, or not all of it, or not only.
static int64_t find_stream(struct filter *f)
{
	sqlite3_stmt *statement = prepare(f, "SELECT flow_id FROM packets WHERE packet_id = ? AND flow_id IS NOT NULL");
	int64_t flow_id = -1;
	if (f->set->count > 0)
		sqlite3_bind_int64(statement, 1, f->set->runs[0].first);
	if (step(f, statement))
		flow_id = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return flow_id > 0 && is_flow(f, flow_id) ? stream_of(f, flow_id) : -1;
}

// ---- writing ------------------------------------------------------------------------------------------------------

static void write_range(struct sink *sink, const char *between, int64_t first, int64_t last)
{
	char text[64];
	if (first == last)
		snprintf(text, sizeof text, "%s%" PRId64, between, first);
	else
		snprintf(text, sizeof text, "%s%" PRId64 "..%" PRId64, between, first, last);
	sink_text(sink, text);
}

// Runs that differ in their comments only are one.
static void write_numbers(const struct filter *f, const struct file *file, struct sink *sink)
{
	const struct packet_run *run = first_run_of(f->set, file), *end = f->set->runs + f->set->count;
	const char *between = "";
	sink_text(sink, "frame.number in {");
	while (run < end && run->first <= file->last_packet_id) {
		int64_t first = run->first > file->first_packet_id ? run->first : file->first_packet_id;
		int64_t last = run->last;
		for (run++; run < end && run->first == last + 1; run++)
			last = run->last;
		last = last < file->last_packet_id ? last : file->last_packet_id;
		write_range(sink, between, first - file->zero_id, last - file->zero_id);
		between = ", ";
	}
	sink_text(sink, "}\n");
}

static void write_file(struct filter *f, const struct file *file, struct sink *sink)
{
	if (file->zero_id < 0) {
		snprintf(
			f->error, sizeof f->error,
			"%.300s: nobody knows its frame numbers, as packets before it were left out; carve them: --pcap FILE",
			file->path);
		return;
	}
	if (f->file_count > 1) {
		text_write_clean(sink, file->path, strlen(file->path), "");
		sink_char(sink, '\t');
	}
	write_numbers(f, file, sink);
}

static void write_filter(struct filter *f, struct sink *sink)
{
	int64_t stream = f->file_count == 1 ? find_stream(f) : -1;
	char text[64];
	snprintf(text, sizeof text, "tcp.stream eq %" PRId64 "\n", stream);
	if (f->file_count == 0)
		sink_text(sink, "frame.number == 0\n");
	else if (stream >= 0)
		sink_text(sink, text);
	for (size_t i = 0; i < f->file_count && stream < 0 && !f->error[0]; i++)
		write_file(f, &f->files[i], sink);
}

int display_filter_write(struct guard *guard, const struct packet_set *set, struct sink *sink)
{
	struct filter f = {.guard = guard, .set = set};
	load_files(&f);
	if (!f.error[0])
		write_filter(&f, sink);
	for (size_t i = 0; i < f.file_count; i++)
		free(f.files[i].path);
	free(f.files);
	if (watch_cause() == WATCH_INTERRUPT)
		return EXIT_INTERRUPTED;
	if (f.error[0]) {
		message_error("--wireshark: %s", f.error);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}
