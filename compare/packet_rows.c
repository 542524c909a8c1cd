// Rows of hop_packets. See packet_rows.h.
#include "packet_rows.h"

#include <stdlib.h>

#include "../common/message.h"

// ---- a row ------------------------------------------------------------------------------------------------------------

static const char *const method_names[] = {
#define X(id, name, confidence, meaning) name,
	HOP_METHODS(X)
#undef X
};

static const char *const reason_names[] = {NULL,
#define X(id, name, meaning) name,
                                           HOP_REASONS(X)
#undef X
};

static const char insert_sql[] =
	"INSERT INTO hop_packets (comparison_id, hop_flow_id, a_packet_id, b_packet_id, direction, method, confidence,"
	" reason, changes, ttl_diff, raw_delay_ns, delay_ns, excess_ns, late_ns, part_offset, part_len)"
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

enum hop_packet_column {
	HOP_COMPARISON = 1,
	HOP_FLOW,
	HOP_A,
	HOP_B,
	HOP_DIRECTION,
	HOP_METHOD,
	HOP_CONFIDENCE,
	HOP_REASON,
	HOP_CHANGES_SET,
	HOP_TTL_DIFF,
	HOP_RAW_DELAY,
	HOP_DELAY,
	HOP_EXCESS,
	HOP_LATE,
	HOP_PART_OFFSET,
	HOP_PART_LEN,
};

static void bind_match(struct packet_rows *r, const struct finding *f, const struct outcome *o)
{
	sqlite3_stmt *s = r->insert;
	sqlite3_bind_text(s, HOP_METHOD, method_names[f->method], -1, SQLITE_STATIC);
	sqlite3_bind_int(s, HOP_CONFIDENCE, f->confidence);
	sqlite3_bind_null(s, HOP_REASON);
	sqlite3_bind_int64(s, HOP_CHANGES_SET, f->changes);
	hop_case_bind_if(s, HOP_TTL_DIFF, f->has_ttl, f->ttl_change);
	sqlite3_bind_int64(s, HOP_RAW_DELAY, finding_raw_ns(f));
	hop_case_bind_if(s, HOP_DELAY, o->is_timed && r->has_delays, o->delay_ns);
	hop_case_bind_if(s, HOP_EXCESS, o->is_timed, o->excess_ns);
	hop_case_bind_if(s, HOP_LATE, o->late_ns > 0, o->late_ns);
}

static void bind_alone(struct packet_rows *r, const struct outcome *o)
{
	for (int column = HOP_METHOD; column <= HOP_LATE; column++)
		sqlite3_bind_null(r->insert, column);
	sqlite3_bind_text(r->insert, HOP_REASON, reason_names[o->reason], -1, SQLITE_STATIC);
}

static bool write_row(struct packet_rows *r, const struct finding *f, const struct outcome *o)
{
	sqlite3_stmt *s = r->insert;
	hop_case_bind_if(s, HOP_FLOW, f->pair >= 0, r->first_flow_id + f->pair);
	hop_case_bind_if(s, HOP_A, f->packet_id[0] != 0, f->packet_id[0]);
	hop_case_bind_if(s, HOP_B, f->packet_id[1] != 0, f->packet_id[1]);
	hop_case_bind_if(s, HOP_DIRECTION, f->pair >= 0, f->direction);
	hop_case_bind_if(s, HOP_PART_OFFSET, f->part_len > 0, f->part_offset);
	hop_case_bind_if(s, HOP_PART_LEN, f->part_len > 0, f->part_len);
	if (finding_is_matched(f))
		bind_match(r, f, o);
	else
		bind_alone(r, o);
	return hop_case_step(r->c, s);
}

// ---- batches ----------------------------------------------------------------------------------------------------------

static void write_batch(struct packet_rows *r, struct row_batch *batch)
{
	for (size_t i = 0; i < batch->count && !r->failed; i++)
		r->failed = !write_row(r, &batch->at[i].finding, &batch->at[i].outcome);
	batch->count = 0;
}

// The batch to write next; NULL: that was all.
static struct row_batch *wait_for_batch(struct packet_rows *r)
{
	pthread_mutex_lock(&r->lock);
	while (r->filled == r->taken && !r->is_over)
		pthread_cond_wait(&r->changed, &r->lock);
	struct row_batch *batch = r->filled > r->taken ? &r->batches[r->taken % ROW_BATCHES] : NULL;
	pthread_mutex_unlock(&r->lock);
	return batch;
}

static void *write_behind(void *argument)
{
	struct packet_rows *r = argument;
	struct row_batch *batch;
	while ((batch = wait_for_batch(r)) != NULL) {
		write_batch(r, batch);
		pthread_mutex_lock(&r->lock);
		r->taken++;
		pthread_cond_signal(&r->changed);
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

static void hand_over(struct packet_rows *r)
{
	if (!r->has_thread) {
		write_batch(r, &r->batches[r->filled % ROW_BATCHES]);
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->filled++;
	pthread_cond_signal(&r->changed);
	while (r->filled - r->taken == ROW_BATCHES)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

// ---- all of them ------------------------------------------------------------------------------------------------------

bool packet_rows_begin(struct packet_rows *r, struct hop_case *c, int64_t comparison_id, int64_t first_flow_id,
                       bool has_delays)
{
	*r = (struct packet_rows){
		.c = c,
		.comparison_id = comparison_id,
		.first_flow_id = first_flow_id,
		.has_delays = has_delays,
		.batches = memory_alloc(ROW_BATCHES * sizeof *r->batches),
	};
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->failed = !hop_case_prepare(c, &r->insert, insert_sql);
	if (r->failed)
		return false;
	sqlite3_bind_int64(r->insert, HOP_COMPARISON, comparison_id);
	r->has_thread = pthread_create(&r->thread, NULL, write_behind, r) == 0;
	return true;
}

void packet_rows_add(struct packet_rows *r, const struct finding *f, const struct outcome *o)
{
	struct row_batch *batch = &r->batches[r->filled % ROW_BATCHES];
	batch->at[batch->count++] = (struct packet_row){*f, *o};
	if (batch->count == ROW_BATCH_MAX)
		hand_over(r);
}

static void stop(struct packet_rows *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_over = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
}

bool packet_rows_end(struct packet_rows *r)
{
	if (r->batches[r->filled % ROW_BATCHES].count > 0 && r->insert)
		hand_over(r);
	if (r->has_thread)
		stop(r);
	sqlite3_finalize(r->insert);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r->batches);
	return !r->failed;
}
