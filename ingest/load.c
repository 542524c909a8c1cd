// One capture's files to rows. See load.h.
#include "load.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/message.h"
#include "../common/progress.h"
#include "application.h"
#include "conn_state.h"
#include "community_id.h"
#include "copies.h"
#include "defragment.h"
#include "dissect.h"
#include "filter.h"
#include "flow_index.h"
#include "flow_row.h"
#include "hosts.h"
#include "icmp_pairs.h"
#include "stacks.h"
#include "tcp_analysis.h"
#include "tcp_stats.h"

enum {
	BUCKET_NS = 100000000, // of time_buckets
	PROGRESS_EVERY = 8192, // packets
	REASSEMBLIES_MAX = 4,  // fragments within fragments
};

#define TS_NS_MAX (INT64_MAX / 2) // the year 2116

struct bucket {
	int64_t start_ts_ns, first_packet_id, last_packet_id, packets, bytes;
};

// A capture while it is loaded.
struct load {
	const struct load_options *options;
	struct case_file *case_file;
	struct writer *writer;
	struct defragmenter defragmenter[REASSEMBLIES_MAX]; // by depth
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
	struct bucket bucket;

	struct capture_row capture;
	int64_t number;   // of the last frame read
	int64_t first_id; // packet_id of number 1
	int64_t first_flow_id;
	int64_t file_id, interface_id; // of the file at hand; interface_id is that of its interface 0
	int64_t file_packets, file_first_id, file_last_id;
	int64_t verdicts[VERDICT_UNSUPPORTED + 1];
	bool ended; // --count is reached
};

static volatile sig_atomic_t interrupted;

void load_interrupt(void)
{
	interrupted = 1;
}

bool load_interrupted(void)
{
	return interrupted != 0;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static int64_t checksum_value(enum checksum checksum)
{
	return checksum == CHECKSUM_UNKNOWN ? ROW_NULL : checksum;
}

static void set_ip_fields(struct packet_row *row, const struct headers *ip)
{
	bool has_ip = ip->ip_version != 0;
	row->ttl = has_ip ? ip->ttl : ROW_NULL;
	row->tos = has_ip ? ip->tos : ROW_NULL;
	row->ip_id = ip->has_ip_id ? (int64_t)ip->ip_id : ROW_NULL;
	row->fragment_offset = ip->is_fragment ? ip->fragment_offset : ROW_NULL;
	row->more_fragments = ip->is_fragment ? ip->more_fragments : ROW_NULL;
}

static void set_tcp_fields(struct packet_row *row, const struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	bool is_tcp = p->flow && p->ip.has_transport && p->ip.protocol == 6;
	row->tcp_flags = is_tcp ? tcp->flags : ROW_NULL;
	row->seq = is_tcp ? p->seq : ROW_NULL;
	row->ack = is_tcp ? p->ack : ROW_NULL;
	row->window = is_tcp ? tcp->window : ROW_NULL;
	row->tsval = is_tcp && tcp->has_timestamps ? (int64_t)tcp->tsval : ROW_NULL;
	row->tsecr = is_tcp && tcp->has_timestamps ? (int64_t)tcp->tsecr : ROW_NULL;
	row->acks = is_tcp && p->acks ? p->acks : ROW_NULL;
	row->ack_rtt_ns = is_tcp && p->acks ? p->ack_rtt_ns : ROW_NULL;
	row->bytes_in_flight = is_tcp && p->bytes_in_flight ? p->bytes_in_flight : ROW_NULL;
}

static void add_packet(struct load *l)
{
	const struct packet *p = &l->packet;
	const struct frame *frame = p->frame;
	int64_t stack_id = stacks_id(&l->stacks, p, l->writer);
	struct packet_row *row = writer_add(l->writer, TABLE_PACKETS);
	row->packet_id = p->id;
	row->capture_id = l->capture.capture_id;
	row->number = p->number;
	row->ts_ns = frame->ts_ns;
	row->wire_len = frame->wire_len;
	row->captured_len = (int64_t)frame->data.left;
	row->file_offset = (int64_t)frame->file_offset;
	row->interface_id = l->interface_id + frame->interface;
	row->stack_id = stack_id;
	row->flow_id = p->flow ? p->flow->id : ROW_NULL;
	row->direction = p->flow ? p->direction : ROW_NULL;
	row->vlan_id = p->vlan_id >= 0 ? p->vlan_id : ROW_NULL;
	row->payload_len = p->payload_len;
	row->payload_hash = p->payload_hash ? (int64_t)p->payload_hash : ROW_NULL;
	row->duplicate_of = p->duplicate_of ? p->duplicate_of : ROW_NULL;
	row->ip_checksum_ok = checksum_value(p->ip_checksum);
	row->l4_checksum_ok = checksum_value(p->l4_checksum);
	row->errors = p->errors;
	set_ip_fields(row, &p->ip);
	set_tcp_fields(row, p);
}

static void flush_bucket(struct load *l)
{
	const struct bucket *b = &l->bucket;
	if (b->packets == 0)
		return;
	struct time_bucket_row *row = writer_add(l->writer, TABLE_TIME_BUCKETS);
	*row = (struct time_bucket_row){
		.capture_id = l->capture.capture_id,
		.start_ts_ns = b->start_ts_ns,
		.first_packet_id = b->first_packet_id,
		.last_packet_id = b->last_packet_id,
		.packets = b->packets,
		.bytes = b->bytes,
	};
}

static void count_in_bucket(struct load *l)
{
	const struct packet *p = &l->packet;
	int64_t ts_ns = p->frame->ts_ns, start = l->bucket.start_ts_ns;
	if (l->bucket.packets == 0 || ts_ns < start || ts_ns >= start + BUCKET_NS) {
		int64_t into = ts_ns % BUCKET_NS;
		flush_bucket(l);
		l->bucket = (struct bucket){
			.start_ts_ns = ts_ns - (into < 0 ? into + BUCKET_NS : into),
			.first_packet_id = p->id,
		};
	}
	l->bucket.last_packet_id = p->id;
	l->bucket.packets++;
	l->bucket.bytes += p->frame->wire_len;
}

static void end_flow(struct load *l, struct flow *f)
{
	application_end_flow(&l->applications, f);
	flow_row_add(f, &l->community_ids, l->writer, l->capture.capture_id);
	tcp_stats_add_rows(f, l->writer);
	hosts_add_flow(&l->hosts, f);
	flow_free(f);
}

static void add_interfaces(struct load *l, struct capture *file)
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
	l->interface_id += count;
}

// Of an interrupted compressed file nobody knows how much is left.
static int64_t bytes_unread(const struct capture *file)
{
	if (load_interrupted() && capture_compression(file) == CAPTURE_PLAIN && capture_size(file) >= 0)
		return capture_size(file) - (int64_t)capture_bytes_read(file);
	return (int64_t)capture_bytes_unread(file);
}

static void add_file(struct load *l, struct capture *file, const char *path, const char *damage)
{
	char full_path[PATH_MAX], fingerprint[33] = "";
	bool is_pipe = strcmp(path, "-") == 0;
	if (!load_interrupted())
		capture_fingerprint(file, fingerprint);
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
	row->path = writer_text(l->writer, !is_pipe && realpath(path, full_path) ? full_path : path);
	row->fingerprint = writer_text(l->writer, fingerprint);
	row->damage = writer_text(l->writer, damage);
	row->comment = writer_text(l->writer, capture_comment(file));
}

static void add_capture(struct load *l)
{
	struct capture_row *row = writer_add(l->writer, TABLE_CAPTURES);
	*row = l->capture;
	row->decoded = l->verdicts[VERDICT_DECODED];
	row->truncated = l->verdicts[VERDICT_TRUNCATED];
	row->malformed = l->verdicts[VERDICT_MALFORMED];
	row->unsupported = l->verdicts[VERDICT_UNSUPPORTED];
	row->analyses_given_up = l->tcp.given_up;
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

// Fragments of tunnels may hold fragments: each round takes one IP header off, and is done at most a few times.
static void reassemble(struct load *l)
{
	struct bytes datagram;
	for (int i = 0; i < REASSEMBLIES_MAX && l->packet.ip.is_fragment && !l->packet.ip.is_reassembled; i++) {
		if (!defragment(&l->defragmenter[i], &l->packet, &datagram))
			return;
		l->packet.ip.is_reassembled = true;
		dissect_resume(&l->packet, datagram);
	}
}

static void load_frame(struct load *l, const struct frame *frame)
{
	struct packet *p = &l->packet;
	for (uint32_t i = 0; i < frame->records_before; i++)
		flow_index_add(&l->flow_index, ROW_NULL);
	l->number += 1 + frame->records_before;
	if (!is_wanted(l, frame)) {
		l->capture.left_out++;
		flow_index_add(&l->flow_index, ROW_NULL);
		return;
	}
	dissect_frame(p, frame);
	reassemble(l);
	p->number = l->number;
	p->id = l->first_id + l->number - 1;
	flow_track(&l->flows, p);
	for (struct flow *idle; (idle = flow_take_idle(&l->flows, frame->ts_ns)) != NULL;)
		end_flow(l, idle);
	tcp_analyze(&l->tcp, p, l->writer, l->capture.capture_id);
	tcp_stats_add(p, &l->tcp_memory);
	conn_state_track(p);
	copies_find(&l->copies, p);
	application_analyze(&l->applications, p);
	icmp_analyze(&l->icmp, p, &l->flows, l->writer, l->capture.capture_id);
	add_packet(l);
	count_in_bucket(l);
	count_packet(l);
	flow_index_add(&l->flow_index, p->flow ? p->flow->id : ROW_NULL);
}

// Differences of two times never overflow: pcapng could tell of the year 100,000.
static int64_t sane_ts_ns(int64_t ts_ns)
{
	return ts_ns > TS_NS_MAX ? TS_NS_MAX : ts_ns < -TS_NS_MAX ? -TS_NS_MAX : ts_ns;
}

static bool load_file(struct load *l, struct capture *file, const char *path, struct load_totals *totals)
{
	struct capture_fault fault = {""};
	struct progress progress;
	struct frame frame;
	enum capture_result result = CAPTURE_END;
	l->file_packets = 0;
	if (l->options->progress)
		progress_begin(&progress, path, capture_size(file));
	while (!l->ended && !load_interrupted() && (result = capture_next(file, &frame, &fault)) == CAPTURE_FRAME) {
		frame.ts_ns = sane_ts_ns(frame.ts_ns);
		load_frame(l, &frame);
		if (l->number % PROGRESS_EVERY != 0)
			continue;
		if (l->options->progress)
			progress_update(&progress, (int64_t)capture_bytes_read(file), l->number);
		if (writer_failed(l->writer))
			break;
	}
	if (l->options->progress)
		progress_end(&progress);
	bool damaged = result == CAPTURE_DAMAGED || load_interrupted();
	if (load_interrupted())
		snprintf(fault.text, sizeof fault.text, "%s: interrupted after packet %lld", path, (long long)l->number);
	if (damaged)
		message_warning("%s", fault.text);
	totals->damaged_files += damaged;
	totals->files++;
	add_file(l, file, path, damaged ? fault.text : NULL);
	add_interfaces(l, file);
	l->file_id++;
	return !writer_failed(l->writer);
}

static bool load_init(struct load *l, struct case_file *c, const char *name, const struct load_options *options)
{
	const char *temporary = c->building ? c->building : c->path;
	*l = (struct load){.options = options, .case_file = c};
	l->capture = (struct capture_row){
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
	l->first_id = c->next_packet_id;
	l->first_flow_id = case_file_next_id(c, TABLE_FLOWS);
	l->file_id = case_file_next_id(c, TABLE_CAPTURE_FILES);
	l->interface_id = case_file_next_id(c, TABLE_INTERFACES);
	if (!filter_init(&l->filter, options->filter) || !stacks_init(&l->stacks, c->db))
		return false;
	if (!community_ids_init(&l->community_ids))
		return false;
	if (!flow_index_init(&l->flow_index, temporary, l->first_id, l->first_flow_id))
		return false;
	flow_table_init(&l->flows, l->first_flow_id, options->flow_timeout_ns);
	tcp_analyzer_init(&l->tcp, TCP_UNACKED_TOTAL_MAX);
	for (int i = 0; i < REASSEMBLIES_MAX; i++)
		defragmenter_init(&l->defragmenter[i]);
	icmp_pairs_init(&l->icmp);
	copies_init(&l->copies);
	hosts_init(&l->hosts);
	names_init(&l->names);
	l->writer = writer_start(c->db, c->pages, c->path);
	application_init(&l->applications, l->writer, l->capture.capture_id, &l->names);
	return l->writer != NULL;
}

// Everything that waits for the last packet.
static bool load_finish(struct load *l, struct load_totals *totals)
{
	int64_t capture_id = l->capture.capture_id;
	totals->flows += l->flows.next_id - l->first_flow_id;
	flush_bucket(l);
	icmp_pairs_finish(&l->icmp, l->writer, capture_id);
	for (struct flow *f; (f = flow_take(&l->flows)) != NULL;)
		end_flow(l, f);
	application_finish(&l->applications);
	hosts_finish(&l->hosts, l->writer, capture_id);
	names_finish(&l->names, l->writer, capture_id);
	bool ok = flow_index_finish(&l->flow_index, l->flows.next_id - 1, l->writer);
	if (l->number > 0)
		l->capture.first_packet_id = l->first_id;
	add_capture(l);
	ok = writer_finish(l->writer) && ok;
	l->case_file->next_packet_id = l->first_id + l->number;
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
		bool ok = load_file(l, inputs[i].file, inputs[i].path, totals);
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
	struct load *l = memory_alloc(sizeof *l);
	bool ok = load_init(l, c, name, options) && load_files(l, inputs, count, totals);
	for (unsigned i = 0; i < count; i++)
		capture_free(inputs[i].file);
	if (l->writer)
		ok = load_finish(l, totals) && ok;
	totals->captures += ok;
	totals->packets += l->capture.packets;
	totals->bytes += l->capture.bytes;
	totals->left_out += l->capture.left_out;
	for (int i = 0; i < REASSEMBLIES_MAX; i++)
		defragmenter_release(&l->defragmenter[i]);
	copies_release(&l->copies);
	community_ids_release(&l->community_ids);
	flow_table_release(&l->flows);
	stacks_release(&l->stacks);
	filter_release(&l->filter);
	free(l);
	return ok;
}
