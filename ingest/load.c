// One capture's files to rows. See load.h.
#include "load.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../common/interrupt.h"
#include "../common/message.h"
#include "../common/progress.h"
#include "application.h"
#include "conn_state.h"
#include "community_id.h"
#include "copies.h"
#include "dissect.h"
#include "filter.h"
#include "flow_index.h"
#include "flow_row.h"
#include "hosts.h"
#include "icmp_pairs.h"
#include "packet_row.h"
#include "reassemble.h"
#include "stacks.h"
#include "tcp_analysis.h"
#include "tcp_stats.h"
#include "time_buckets.h"

enum {
	PROGRESS_EVERY = 8192, // packets
	SAVE_EVERY = 64,       // packets between two looks at the clock
};

#define TS_NS_MAX (INT64_MAX / 2) // the year 2116

// A capture while it is loaded.
struct load {
	const struct load_options *options;
	struct case_file *case_file;
	struct writer *writer;
	struct defragmenter defragmenter;
	struct flow_table flows;
	struct tcp_analyzer tcp;
	struct tcp_space_memory tcp_memory;
	struct icmp_pairs icmp;
	struct copies copies;
	struct hosts hosts;
	struct names names;
	struct application_stage applications;
	struct community_ids community_ids;
	struct flow_index flow_index;
	struct stacks stacks;
	struct filter filter;
	struct packet packet;
	struct time_buckets buckets;

	struct capture_row capture;
	int64_t number;                            // of the last frame read
	int64_t first_id;                          // packet_id of number 1
	int64_t first_flow_id;                     // of this run: a capture that goes on has lower ones, too
	int64_t verdicts[VERDICT_UNSUPPORTED + 1]; // packets of each
	bool ended;                                // a limit is reached
	bool failed;                               // the case could not be written

	// the file at hand
	struct capture *file; // borrowed; NULL between files
	const char *path;
	const struct load_part *part;  // what of it is in the case already; NULL nothing
	int64_t file_id, interface_id; // interface_id: of its interface 0
	int64_t file_packets, file_first_id,
		file_last_id;                        // packets taken from it, and packet_ids of the first and last
	int64_t next_file_id, next_interface_id; // of the next file

	// live
	int64_t begun_ns, saved_ns; // of progress_now_ns()
	int64_t saved_id;           // packet_id up to which all is saved
};

bool load_interrupted(void)
{
	return interrupt_caught();
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void add_flow(struct load *l, const struct flow *f)
{
	flow_row_add(f, &l->community_ids, l->writer, l->capture.capture_id);
	tcp_stats_add_rows(f, l->writer);
	hosts_add_flow(&l->hosts, f);
}

static void end_flow(struct load *l, struct flow *f)
{
	application_end_flow(&l->applications, f);
	add_flow(l, f);
	flow_free(f);
}

static void note_flow(struct load *l, int64_t packet_id, int64_t flow_id)
{
	if (!l->options->live) {
		flow_index_add(&l->flow_index, flow_id);
	} else if (flow_id != ROW_NULL) {
		struct flow_packet_row *row = writer_add(l->writer, TABLE_FLOW_PACKETS);
		*row = (struct flow_packet_row){.flow_id = flow_id, .packet_id = packet_id};
	}
}

// Returns how many there are.
static unsigned add_interfaces(struct load *l, struct capture *file)
{
	unsigned count;
	const struct capture_interface *interfaces = capture_interfaces(file, &count);
	for (unsigned i = 0; i < count; i++) {
		const struct capture_interface *from = &interfaces[i];
		struct interface_row *row = writer_add(l->writer, TABLE_INTERFACES);
		*row = (struct interface_row){
			.interface_id = l->interface_id + i,
			.capture_file_id = l->file_id,
			.number = i,
			.link_type = from->link_type,
			.snaplen = from->snaplen ? (int64_t)from->snaplen : ROW_NULL,
			.ts_units = from->ts_units,
			.fcs_len = from->fcs_len,
			.ts_offset_s = from->ts_offset_s > ROW_NULL ? from->ts_offset_s : -INT64_MAX,
			.received = from->received >= 0 ? from->received : ROW_NULL,
			.dropped = from->dropped >= 0 ? from->dropped : ROW_NULL,
		};
		row->name = writer_text(l->writer, from->name);
		row->description = writer_text(l->writer, from->description);
		row->filter = writer_text(l->writer, from->filter);
		row->os = writer_text(l->writer, from->os);
		row->hardware = writer_text(l->writer, from->hardware);
	}
	return count;
}

// Of an interrupted compressed file nobody knows how much is left.
static int64_t bytes_unread(const struct capture *file)
{
	if (load_interrupted() && capture_compression(file) == CAPTURE_PLAIN && capture_size(file) >= 0)
		return capture_size(file) - (int64_t)capture_bytes_read(file);
	return (int64_t)capture_bytes_unread(file);
}

// Where a capture comes from: the full path of a file, else the path as it is.
static const char *place_of(const struct capture *file, const char *path, char full_path[PATH_MAX])
{
	bool is_file = strcmp(path, "-") != 0 && capture_format(file) != CAPTURE_LIVE;
	return is_file && realpath(path, full_path) ? full_path : path;
}

static void add_file(struct load *l, struct capture *file, const char *path, const char *fingerprint,
                     const char *damage)
{
	char full_path[PATH_MAX];
	struct capture_file_row *row = writer_add(l->writer, TABLE_CAPTURE_FILES);
	*row = (struct capture_file_row){
		.capture_file_id = l->file_id,
		.capture_id = l->capture.capture_id,
		.format = capture_format_name(capture_format(file)),
		.compression = capture_compression_name(capture_compression(file)),
		.size = capture_size(file) >= 0 ? capture_size(file) : ROW_NULL,
		.first_packet_id = l->file_packets ? l->file_first_id : ROW_NULL,
		.last_packet_id = l->file_packets ? l->file_last_id : ROW_NULL,
		.packets = l->file_packets,
		.bytes_unread = bytes_unread(file),
	};
	row->path = writer_text(l->writer, place_of(file, path, full_path));
	row->fingerprint = writer_text(l->writer, fingerprint);
	row->damage = writer_text(l->writer, damage);
	row->comment = writer_text(l->writer, capture_comment(file));
}

// What was given up to stay within bounds, beside what was before the capture was resumed.
static void add_given_up(const struct load *l, struct capture_row *row)
{
	const struct application_counts *counts = &l->applications.counts;
	row->analyses_given_up += l->tcp.given_up;
	row->datagrams_given_up += l->defragmenter.given_up;
	row->stream_gaps += counts->gaps;
	row->streams_given_up += counts->given_up;
	row->applications_forgotten += counts->forgotten;
	row->names_given_up += l->names.refused;
}

static void add_capture(struct load *l)
{
	struct capture_row *row = writer_add(l->writer, TABLE_CAPTURES);
	*row = l->capture;
	row->first_packet_id = l->number > 0 ? l->first_id : ROW_NULL;
	row->decoded = l->verdicts[VERDICT_DECODED];
	row->truncated = l->verdicts[VERDICT_TRUNCATED];
	row->malformed = l->verdicts[VERDICT_MALFORMED];
	row->unsupported = l->verdicts[VERDICT_UNSUPPORTED];
	add_given_up(l, row);
	row->name = writer_text(l->writer, l->capture.name);
	row->filter = writer_text(l->writer, l->capture.filter);
}

// ---- the loop -----------------------------------------------------------------------------------------------------

static bool is_wanted(struct load *l, const struct frame *frame)
{
	const struct load_options *o = l->options;
	return frame->ts_ns >= o->since_ns && frame->ts_ns < o->until_ns && filter_passes(&l->filter, frame);
}

static void count_packet(struct load *l)
{
	const struct packet *p = &l->packet;
	struct capture_row *capture = &l->capture;
	int64_t ts_ns = p->frame->ts_ns;
	if (capture->packets++ == 0)
		capture->first_ts_ns = capture->last_ts_ns = ts_ns;
	if (ts_ns < capture->first_ts_ns)
		capture->first_ts_ns = ts_ns;
	if (ts_ns > capture->last_ts_ns)
		capture->last_ts_ns = ts_ns;
	capture->bytes += p->frame->wire_len;
	capture->duplicates += p->duplicate_of != 0;
	l->verdicts[p->verdict]++;
	if (l->file_packets++ == 0)
		l->file_first_id = p->id;
	l->file_last_id = p->id;
	l->ended = l->options->count && capture->packets == l->options->count;
}

static void end_idle_flows(struct load *l, int64_t now_ns)
{
	for (struct flow *idle; (idle = flow_take_idle(&l->flows, now_ns)) != NULL;)
		end_flow(l, idle);
}

static bool is_closed(const struct flow *f)
{
	const struct tcp_side *side = f->tcp ? f->tcp->side : NULL;
	return side && ((side[0].fins && side[1].fins) || side[0].rsts || side[1].rsts);
}

static void load_frame(struct load *l, const struct frame *frame)
{
	struct packet *p = &l->packet;
	for (uint32_t i = 0; i < frame->records_before; i++)
		note_flow(l, 0, ROW_NULL);
	l->number += 1 + frame->records_before;
	if (!is_wanted(l, frame)) {
		l->capture.left_out++;
		note_flow(l, 0, ROW_NULL);
		return;
	}
	dissect_frame(p, frame);
	p->number = l->number;
	p->id = l->first_id + l->number - 1;
	reassemble(&l->defragmenter, p);
	flow_track(&l->flows, p);
	copies_find(&l->copies, p);
	end_idle_flows(l, frame->ts_ns);
	tcp_analyze(&l->tcp, p, l->writer, l->capture.capture_id);
	tcp_stats_add(p, &l->tcp_memory);
	if (l->options->live && p->flow && is_closed(p->flow))
		flow_close(&l->flows, p->flow);
	conn_state_track(p);
	application_analyze(&l->applications, p);
	icmp_analyze(&l->icmp, p, &l->flows, l->writer, l->capture.capture_id);
	packet_row_add(p, stacks_id(&l->stacks, p, l->writer), l->interface_id, l->writer, l->capture.capture_id);
	time_buckets_add(&l->buckets, p, l->writer, l->capture.capture_id);
	count_packet(l);
	note_flow(l, p->id, p->flow ? p->flow->id : ROW_NULL);
}

// Differences of two times never overflow: pcapng could tell of the year 100,000.
static int64_t sane_ts_ns(int64_t ts_ns)
{
	return ts_ns > TS_NS_MAX ? TS_NS_MAX : ts_ns < -TS_NS_MAX ? -TS_NS_MAX : ts_ns;
}

// ---- saving what others read meanwhile ------------------------------------------------------------------------------

static void tell_flow(struct load *l, struct flow *f)
{
	add_flow(l, f);
	if (!f->told)
		f->told = memory_alloc(sizeof *f->told);
	for (int i = 0; i < 2; i++) {
		f->told->packets[i] = f->side[i].packets;
		f->told->bytes[i] = f->side[i].bytes;
	}
}

// Those that had packets since the last time are the newest.
static void tell_flows(struct load *l, const struct flow_list *list)
{
	for (struct flow *f = list->newest; f && f->last_packet_id > l->saved_id; f = f->older)
		tell_flow(l, f);
}

static void save_file(struct load *l)
{
	if (!l->file)
		return;
	add_file(l, l->file, l->path, "", NULL);
	add_interfaces(l, l->file);
}

// Adds rows for all that is new, and for all that has changed.
static void add_changes(struct load *l)
{
	int64_t capture_id = l->capture.capture_id;
	time_buckets_flush(&l->buckets, l->writer, capture_id);
	tell_flows(l, &l->flows.open);
	tell_flows(l, &l->flows.closed);
	hosts_finish(&l->hosts, l->writer, capture_id);
	hosts_init(&l->hosts);
	names_finish(&l->names, l->writer, capture_id);
	save_file(l);
	add_capture(l);
	l->saved_id = l->first_id + l->number - 1;
}

static int64_t wall_clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void look_at_limits(struct load *l)
{
	const struct load_options *o = l->options;
	if (o->size && case_file_bytes(l->case_file) >= o->size)
		l->ended = true;
}

// Flows that nothing follows end, too, when a live capture is quiet; files are as old as they are.
bool load_save(struct load *l)
{
	if (l->file && capture_format(l->file) == CAPTURE_LIVE)
		end_idle_flows(l, wall_clock_ns());
	add_changes(l);
	l->failed = l->failed || !writer_wait(l->writer) || !case_file_save(l->case_file);
	if (l->failed)
		return false;
	look_at_limits(l);
	l->saved_ns = progress_now_ns();
	return true;
}

bool load_save_in_time(struct load *l)
{
	int64_t now_ns = progress_now_ns();
	const struct load_options *o = l->options;
	if (!o->live)
		return true;
	if (o->duration_ns && now_ns - l->begun_ns >= o->duration_ns)
		l->ended = true;
	return now_ns - l->saved_ns < LOAD_SAVE_NS || load_save(l);
}

bool load_ended(const struct load *l)
{
	return l->ended || load_interrupted();
}

// ---- files ----------------------------------------------------------------------------------------------------------

static int64_t dropped_packets(struct capture *file)
{
	unsigned count;
	int64_t sum = 0;
	const struct capture_interface *interfaces = capture_interfaces(file, &count);
	for (unsigned i = 0; i < count; i++)
		sum += interfaces[i].dropped > 0 ? interfaces[i].dropped : 0;
	return sum;
}

// The file's accounts begin, or go on where a part of it is in the case.
static void begin_file(struct load *l, struct capture *file, const char *path, const struct load_part *part)
{
	l->file = file;
	l->path = path;
	l->part = part;
	l->file_packets = 0;
	if (!part || !part->file_id) {
		l->file_id = l->next_file_id++;
		l->interface_id = l->next_interface_id;
		return;
	}
	l->file_packets = part->packets;
	l->file_first_id = part->first_packet_id;
	l->file_last_id = part->last_packet_id;
	l->file_id = part->file_id;
	l->interface_id = part->interface_id;
}

static bool is_in_case(const struct load *l, const struct frame *frame)
{
	return l->part && l->part->file_id && (int64_t)frame->file_offset <= l->part->last_offset;
}

// One step of reading. Not CAPTURE_FRAME and not CAPTURE_WAIT: the end.
static enum capture_result load_next(struct load *l, struct capture_fault *fault)
{
	struct frame frame;
	enum capture_result result = capture_next(l->file, &frame, fault);
	if (result != CAPTURE_FRAME || is_in_case(l, &frame))
		return result;
	frame.ts_ns = sane_ts_ns(frame.ts_ns);
	load_frame(l, &frame);
	return result;
}

// A live capture, or a file that may still grow, that was left off where it was: no harm.
static bool is_left_off(const struct load *l)
{
	return l->options->live && load_ended(l);
}

// What is wrong with how a file ended, after a warning; "" nothing.
static void judge_end(const struct load *l, enum capture_result result, struct capture_fault *fault)
{
	if (is_left_off(l) || (result != CAPTURE_DAMAGED && !load_interrupted())) {
		fault->text[0] = '\0';
		return;
	}
	if (load_interrupted())
		snprintf(fault->text, sizeof fault->text, "%s: interrupted after packet %lld", l->path,
		         (long long)l->number);
	message_warning("%s", fault->text);
}

// The file's rows as they will stay. Only one that was read to its end has a fingerprint.
static void finish_file(struct load *l, enum capture_result result, const char *damage, struct load_totals *totals)
{
	char fingerprint[33] = "";
	bool whole = l->options->live ? result == CAPTURE_END || !is_left_off(l) : !load_interrupted();
	if (whole && capture_format(l->file) != CAPTURE_LIVE)
		capture_fingerprint(l->file, fingerprint);
	totals->damaged_files += *damage != '\0';
	totals->files++;
	totals->dropped += dropped_packets(l->file);
	add_file(l, l->file, l->path, fingerprint, *damage ? damage : NULL);
	int64_t next = l->interface_id + add_interfaces(l, l->file);
	if (next > l->next_interface_id)
		l->next_interface_id = next;
	l->file = NULL;
}

// For the progress line: of files what was read, else what came.
static int64_t bytes_so_far(const struct load *l)
{
	return capture_format(l->file) == CAPTURE_LIVE ? l->capture.bytes : (int64_t)capture_bytes_read(l->file);
}

// What is done now and then between packets. False when the case cannot be written.
static bool keep_up(struct load *l, enum capture_result result, struct progress *progress)
{
	bool quiet = result == CAPTURE_WAIT;
	if ((quiet || l->number % SAVE_EVERY == 0) && !load_save_in_time(l))
		return false;
	if (!quiet && l->number % PROGRESS_EVERY != 0)
		return true;
	if (l->options->progress)
		progress_update(progress, bytes_so_far(l), l->number);
	return !writer_failed(l->writer);
}

bool load_file(struct load *l, struct capture *file, const char *path, const struct load_part *part,
               struct load_totals *totals)
{
	struct capture_fault fault = {""};
	struct progress progress;
	enum capture_result result = CAPTURE_FRAME;
	begin_file(l, file, path, part);
	if (l->options->progress)
		progress_begin(&progress, path, capture_size(file));
	while (!load_ended(l)) {
		result = load_next(l, &fault);
		if ((result != CAPTURE_FRAME && result != CAPTURE_WAIT) || !keep_up(l, result, &progress))
			break;
	}
	if (l->options->progress)
		progress_end(&progress);
	judge_end(l, result, &fault);
	finish_file(l, result, fault.text, totals);
	return !l->failed && !writer_failed(l->writer);
}

// s: as resume() asks for them.
static void take_accounts(struct load *l, const struct case_file *c, sqlite3_stmt *s)
{
	struct capture_row *row = &l->capture;
	l->first_id = sqlite3_column_int64(s, 0);
	l->number = c->next_packet_id - l->first_id;
	row->first_packet_id = l->first_id;
	row->first_ts_ns = sqlite3_column_int64(s, 1);
	row->last_ts_ns = sqlite3_column_int64(s, 2);
	row->packets = sqlite3_column_int64(s, 3);
	row->left_out = l->number - row->packets;
	row->bytes = sqlite3_column_int64(s, 4);
	row->duplicates = sqlite3_column_int64(s, 5);
	for (int i = VERDICT_DECODED; i <= VERDICT_UNSUPPORTED; i++)
		l->verdicts[i] = sqlite3_column_int64(s, 6 + i);
	row->analyses_given_up = sqlite3_column_int64(s, 10);
	row->datagrams_given_up = sqlite3_column_int64(s, 11);
	row->stream_gaps = sqlite3_column_int64(s, 12);
	row->streams_given_up = sqlite3_column_int64(s, 13);
	row->applications_forgotten = sqlite3_column_int64(s, 14);
	row->names_given_up = sqlite3_column_int64(s, 15);
}

// Goes on with the accounts of a capture that is in the case.
static bool resume(struct load *l, struct case_file *c)
{
	static const char accounts[] =
		"SELECT first_packet_id, first_ts_ns, last_ts_ns, packets, bytes, duplicates, decoded, truncated, malformed,"
		" unsupported, analyses_given_up, datagrams_given_up, stream_gaps, streams_given_up, applications_forgotten,"
		" names_given_up FROM captures WHERE capture_id = ?";
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(c->db, accounts, -1, &s, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(s, 1, l->options->resumed_capture_id);
	l->capture.capture_id = l->options->resumed_capture_id;
	if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 3) > 0)
		take_accounts(l, c, s);
	return sqlite3_finalize(s) == SQLITE_OK;
}

static struct capture_row new_capture(struct case_file *c, const char *name, const struct load_options *options)
{
	return (struct capture_row){
		.capture_id = case_file_next_id(c, TABLE_CAPTURES),
		.name = name,
		.first_packet_id = ROW_NULL,
		.first_ts_ns = ROW_NULL,
		.last_ts_ns = ROW_NULL,
		.filter = options->filter,
		.packet_limit = options->count ? options->count : ROW_NULL,
		.since_ts_ns = options->since_ns != INT64_MIN ? options->since_ns : ROW_NULL,
		.until_ts_ns = options->until_ns != INT64_MAX ? options->until_ns : ROW_NULL,
		.flow_timeout_ns = options->flow_timeout_ns ? options->flow_timeout_ns : ROW_NULL,
	};
}

static bool load_init(struct load *l, struct case_file *c, const char *name, const struct load_options *options)
{
	const char *temporary = c->building ? c->building : c->path;
	*l = (struct load){.options = options, .case_file = c, .capture = new_capture(c, name, options)};
	l->first_id = c->next_packet_id;
	l->first_flow_id = case_file_next_id(c, TABLE_FLOWS);
	l->next_file_id = case_file_next_id(c, TABLE_CAPTURE_FILES);
	l->next_interface_id = case_file_next_id(c, TABLE_INTERFACES);
	l->begun_ns = l->saved_ns = progress_now_ns();
	if (options->resumed_capture_id && !resume(l, c))
		return false;
	l->saved_id = c->next_packet_id - 1;
	if (!filter_init(&l->filter, options->filtered ? NULL : options->filter) || !stacks_init(&l->stacks, c->db))
		return false;
	if (!community_ids_init(&l->community_ids))
		return false;
	if (!options->live && !flow_index_init(&l->flow_index, temporary, l->first_id, l->first_flow_id))
		return false;
	flow_table_init(&l->flows, l->first_flow_id, options->flow_timeout_ns);
	tcp_analyzer_init(&l->tcp, TCP_UNACKED_TOTAL_MAX);
	if (options->live) {
		l->flows.closed_timeout_ns = LOAD_CLOSED_TIMEOUT_NS;
		l->flows.flows_max = LOAD_FLOWS_MAX;
	}
	defragmenter_init(&l->defragmenter);
	copies_init(&l->copies);
	l->writer = writer_start(c->db, c->pages, c->path, options->live);
	if (!l->writer)
		return false;
	icmp_pairs_init(&l->icmp);
	hosts_init(&l->hosts);
	names_init(&l->names);
	application_init(&l->applications, l->writer, l->capture.capture_id, &l->names);
	return true;
}

// Everything that waits for the last packet.
static bool load_finish(struct load *l, struct load_totals *totals)
{
	int64_t capture_id = l->capture.capture_id;
	totals->flows += l->flows.next_id - l->first_flow_id;
	time_buckets_flush(&l->buckets, l->writer, capture_id);
	icmp_pairs_finish(&l->icmp, l->writer, capture_id);
	for (struct flow *f; (f = flow_take(&l->flows)) != NULL;)
		end_flow(l, f);
	application_finish(&l->applications);
	hosts_finish(&l->hosts, l->writer, capture_id);
	names_finish(&l->names, l->writer, capture_id);
	bool ok = l->options->live || flow_index_finish(&l->flow_index, l->flows.next_id - 1, l->writer);
	add_capture(l);
	ok = writer_finish(l->writer) && ok;
	l->case_file->next_packet_id = l->first_id + l->number;
	return ok;
}

static void load_free(struct load *l)
{
	defragmenter_release(&l->defragmenter);
	copies_release(&l->copies);
	community_ids_release(&l->community_ids);
	flow_table_release(&l->flows);
	stacks_release(&l->stacks);
	filter_release(&l->filter);
	free(l);
}

struct load *load_begin(struct case_file *c, const char *name, const struct load_options *options)
{
	struct load *l = memory_alloc(sizeof *l);
	if (load_init(l, c, name, options))
		return l;
	load_free(l);
	return NULL;
}

bool load_end(struct load *l, struct load_totals *totals)
{
	bool ok = load_finish(l, totals) && !l->failed;
	totals->captures += ok;
	totals->packets += l->capture.packets;
	totals->bytes += l->capture.bytes;
	totals->left_out += l->capture.left_out;
	load_free(l);
	return ok;
}

// Opens the files one after another, as their turn comes.
static bool load_files(struct load *l, struct load_input *inputs, unsigned count, struct load_totals *totals)
{
	struct capture_fault fault;
	for (unsigned i = 0; i < count && !load_interrupted(); i++) {
		if (!inputs[i].file)
			inputs[i].file = capture_open(inputs[i].path, &fault);
		if (!inputs[i].file) {
			message_error("%s", fault.text);
			totals->unreadable_files++;
			continue;
		}
		bool ok = load_file(l, inputs[i].file, inputs[i].path, NULL, totals);
		capture_free(inputs[i].file);
		inputs[i].file = NULL;
		if (!ok)
			return false;
	}
	return true;
}

bool load_capture(struct case_file *c, const char *name, struct load_input *inputs, unsigned count,
                  const struct load_options *options, struct load_totals *totals)
{
	struct load *l = load_begin(c, name, options);
	bool ok = l && load_files(l, inputs, count, totals);
	for (unsigned i = 0; i < count; i++)
		capture_free(inputs[i].file);
	return l && load_end(l, totals) && ok;
}
