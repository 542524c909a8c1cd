// Result rows to packets. See packet_rows.h.
#include "packet_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/text.h"
#include "cell.h"
#include "watch.h"

// ---- the captures of the case -------------------------------------------------------------------------------------

static void add_capture(struct packet_rows *rows, sqlite3_stmt *statement)
{
	const char *name = (const char *)sqlite3_column_text(statement, 1);
	rows->captures = memory_resize(rows->captures, (rows->capture_count + 1) * sizeof *rows->captures);
	rows->captures[rows->capture_count++] = (struct packet_rows_capture){
		.name = memory_copy_text(name ? name : ""),
		.capture_id = sqlite3_column_int64(statement, 0),
		.first_packet_id = sqlite3_column_int64(statement, 2),
	};
}

static const struct packet_rows_capture *find_capture(const struct packet_rows *rows, int64_t capture_id)
{
	for (size_t i = 0; i < rows->capture_count; i++) {
		if (rows->captures[i].capture_id == capture_id)
			return &rows->captures[i];
	}
	return NULL;
}

static int64_t capture_of_flow(const struct packet_rows *rows, int64_t flow_id)
{
	sqlite3_stmt *statement = NULL;
	int64_t capture_id = -1;
	if (sqlite3_prepare_v2(rows->guard->db, "SELECT capture_id FROM flows WHERE flow_id = ?", -1, &statement, NULL))
		return -1;
	sqlite3_bind_int64(statement, 1, flow_id);
	if (sqlite3_step(statement) == SQLITE_ROW)
		capture_id = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return capture_id;
}

// The one that a parameter names, or the only one.
static const struct packet_rows_capture *default_capture(const struct packet_rows *rows,
                                                         const struct parameters *parameters)
{
	const struct packet_rows_capture *found = rows->capture_count == 1 ? &rows->captures[0] : NULL;
	for (size_t i = 0; i < parameters->count && !found; i++) {
		const struct parameter_value *value = &parameters->values[i];
		if (value->kind == VALUE_INTEGER && !strcmp(value->name, "capture"))
			found = find_capture(rows, value->integer);
		else if (value->kind == VALUE_INTEGER && !strcmp(value->name, "flow"))
			found = find_capture(rows, capture_of_flow(rows, value->integer));
	}
	return found;
}

void packet_rows_init(struct packet_rows *rows, struct guard *guard, const struct parameters *parameters,
                      bool whole_flows)
{
	static const char sql[] = "SELECT capture_id, name, first_packet_id FROM captures";
	sqlite3_stmt *statement = NULL;
	*rows = (struct packet_rows){.guard = guard, .whole_flows = whole_flows};
	packet_set_init(&rows->packets);
	packet_set_init(&rows->flows);
	sink_init(&rows->clean, -1);
	if (sqlite3_prepare_v2(guard->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return;
	while (sqlite3_step(statement) == SQLITE_ROW)
		add_capture(rows, statement);
	sqlite3_finalize(statement);
	rows->capture = default_capture(rows, parameters);
}

void packet_rows_release(struct packet_rows *rows)
{
	for (size_t i = 0; i < rows->capture_count; i++)
		free(rows->captures[i].name);
	free(rows->captures);
	packet_set_release(&rows->packets);
	packet_set_release(&rows->flows);
	sink_release(&rows->clean);
	*rows = (struct packet_rows){0};
}

// ---- columns ------------------------------------------------------------------------------------------------------

static bool begins_with(const char *name, const char *start)
{
	return !strncmp(name, start, strlen(start));
}

// Not the first and last packets of something longer.
static bool is_packet(const char *name, const char *what, const char *ending)
{
	return !strcmp(name, what) ||
	       (!begins_with(name, "first_") && !begins_with(name, "last_") && text_ends_in(name, ending));
}

bool packet_rows_names_packets(const char *name)
{
	return is_packet(name, "packet_id", "_packet_id") || is_packet(name, "number", "_number") ||
	       !strcmp(name, "flow_id");
}

static void add_column(struct packet_rows *rows, int column, bool is_number)
{
	if (rows->column_count < PACKET_COLUMNS_MAX)
		rows->columns[rows->column_count++] = (struct packet_rows_column){column, is_number, -1};
}

// Columns that tell what a row is, as built-in reports call them.
static bool is_telling(const char *name)
{
	static const char *const names[] = {"issue_id", "title", "verdict", "why", "reason", "change"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

static void look_at_column(struct packet_rows *rows, int column, const char *name)
{
	if (is_telling(name) && rows->telling_count < PACKET_TELLING_MAX)
		rows->telling[rows->telling_count++] = column;
	else if (!strcmp(name, "capture") || !strcmp(name, "seen_in"))
		rows->capture_column = column;
	else if (!strcmp(name, "capture_id"))
		rows->capture_id_column = column;
	else if (!strcmp(name, "flow_id"))
		rows->flow_column = column;
	else if (!strcmp(name, "comment"))
		rows->comment_column = column;
	else if (is_packet(name, "packet_id", "_packet_id"))
		add_column(rows, column, false);
	else if (is_packet(name, "number", "_number"))
		add_column(rows, column, true);
}

// The column that one called ..._X_number is called after: X; -1: there is none.
static int column_named_in(sqlite3_stmt *statement, const char *number)
{
	size_t length = strlen(number) - strlen("_number");
	for (int i = 0; i < sqlite3_column_count(statement) && text_ends_in(number, "_number"); i++) {
		const char *name = sqlite3_column_name(statement, i);
		size_t name_length = strlen(name);
		if (name_length <= length && !strncmp(number + length - name_length, name, name_length) &&
		    (name_length == length || number[length - name_length - 1] == '_'))
			return i;
	}
	return -1;
}

// False: a number that may be in any of the captures.
static bool find_captures(struct packet_rows *rows, sqlite3_stmt *statement)
{
	bool all = true;
	for (int i = 0; i < rows->column_count; i++) {
		struct packet_rows_column *column = &rows->columns[i];
		if (!column->is_number)
			continue;
		column->capture_column = column_named_in(statement, sqlite3_column_name(statement, column->column));
		all &= column->capture_column >= 0;
	}
	return all || rows->capture || rows->capture_count == 0 || rows->capture_column >= 0 ||
	       rows->capture_id_column >= 0;
}

static bool begin(void *context, sqlite3_stmt *statement)
{
	struct packet_rows *rows = context;
	rows->column_count = rows->telling_count = 0;
	rows->capture_column = rows->capture_id_column = rows->flow_column = rows->comment_column = -1;
	for (int i = 0; i < sqlite3_column_count(statement); i++)
		look_at_column(rows, i, sqlite3_column_name(statement, i));
	if (!find_captures(rows, statement)) {
		snprintf(rows->error, sizeof rows->error,
		         "the rows have packet numbers, but do not say of which of the %zu captures: they need a column "
		         "capture or packet_id",
		         rows->capture_count);
		return false;
	}
	bool useful = rows->column_count > 0 || rows->flow_column >= 0;
	rows->useful |= useful;
	return useful;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static const struct packet_rows_capture *capture_in(const struct packet_rows *rows, sqlite3_stmt *statement,
                                                    int column)
{
	const char *name = column < 0 ? NULL : (const char *)sqlite3_column_text(statement, column);
	for (size_t i = 0; i < rows->capture_count && name; i++) {
		if (!strcmp(rows->captures[i].name, name))
			return &rows->captures[i];
	}
	return NULL;
}

static const struct packet_rows_capture *capture_of(const struct packet_rows *rows, sqlite3_stmt *statement,
                                                    const struct packet_rows_column *column)
{
	const struct packet_rows_capture *own = capture_in(rows, statement, column->capture_column);
	if (own)
		return own;
	if (rows->capture_id_column >= 0)
		return find_capture(rows, sqlite3_column_int64(statement, rows->capture_id_column));
	return rows->capture_column < 0 ? rows->capture : capture_in(rows, statement, rows->capture_column);
}

// The id of a packet by its number; 0: there is none.
static int64_t id_of(const struct packet_rows_capture *capture, int64_t number)
{
	if (!capture || number <= 0 || capture->first_packet_id <= 0 || number > INT64_MAX - capture->first_packet_id)
		return 0;
	return capture->first_packet_id + number - 1;
}

// What people read in Wireshark, and tshark prints: clean, but for line feeds.
static uint32_t clean_comment(struct packet_rows *rows, struct packet_set *set, const char *text, size_t length)
{
	enum { CUT = PACKET_SET_COMMENT_MAX + 4 }; // where it may be within a character, as the end is cut again
	rows->clean.used = 0;
	text_write_clean(&rows->clean, text, length < CUT ? length : CUT, "\n");
	return packet_set_comment(set, rows->clean.at, rows->clean.used);
}

// What the row is, and which of its packets this is: "issue_id 3: Late packets: again_number". column: -1 none
static uint32_t told_comment(struct packet_rows *rows, struct packet_set *set, sqlite3_stmt *statement, int column)
{
	char text[PACKET_SET_COMMENT_MAX + 1] = "";
	size_t used = 0;
	for (int i = 0; i < rows->telling_count && used < sizeof text; i++) {
		const char *name = sqlite3_column_name(statement, rows->telling[i]);
		const char *value = (const char *)sqlite3_column_text(statement, rows->telling[i]);
		if (value)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s", used ? ": " : "",
			                         strcmp(name, "issue_id") ? "" : "issue ", value);
	}
	if (column >= 0 && rows->column_count > 1 && used < sizeof text)
		snprintf(text + used, sizeof text - used, "%s%s", used ? ": " : "", sqlite3_column_name(statement, column));
	return clean_comment(rows, set, text, strlen(text));
}

static uint32_t comment_of(struct packet_rows *rows, struct packet_set *set, sqlite3_stmt *statement, int column)
{
	if (rows->comment_column < 0)
		return told_comment(rows, set, statement, column);
	const char *text = (const char *)sqlite3_column_text(statement, rows->comment_column);
	return text ? clean_comment(rows, set, text, (size_t)sqlite3_column_bytes(statement, rows->comment_column)) : 0;
}

static void take(void *context, sqlite3_stmt *statement)
{
	struct packet_rows *rows = context;
	for (int i = 0; i < rows->column_count; i++) {
		const struct packet_rows_column *column = &rows->columns[i];
		int64_t value = sqlite3_column_int64(statement, column->column);
		int64_t id = column->is_number ? id_of(capture_of(rows, statement, column), value) : value;
		if (id > 0)
			packet_set_add(&rows->packets, id, comment_of(rows, &rows->packets, statement, column->column));
	}
	if (rows->flow_column >= 0 && (rows->whole_flows || rows->column_count == 0))
		packet_set_add(&rows->flows, sqlite3_column_int64(statement, rows->flow_column),
		               comment_of(rows, &rows->flows, statement, -1));
}

struct row_taker packet_rows_taker(struct packet_rows *rows)
{
	return (struct row_taker){.begin = begin, .row = take, .context = rows};
}

// ---- flows --------------------------------------------------------------------------------------------------------

static bool failed(struct packet_rows *rows, int result)
{
	if (result != SQLITE_OK && result != SQLITE_DONE)
		guard_explain(rows->guard, result, rows->error, sizeof rows->error);
	return rows->error[0] || watch_cause() != WATCH_RUNNING;
}

// Adds to `to` the ids that a statement gives for each run of `from`; a comment goes with them.
static bool look_up(struct packet_rows *rows, const char *sql, const struct packet_set *from, struct packet_set *to)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(rows->guard->db, sql, -1, &statement, NULL);
	for (size_t i = 0; i < from->count && !failed(rows, result); i++) {
		const struct packet_run *run = &from->runs[i];
		const char *text = run->comment ? from->comments[run->comment] : "";
		uint32_t comment = packet_set_comment(to, text, strlen(text));
		sqlite3_bind_int64(statement, 1, run->first);
		sqlite3_bind_int64(statement, 2, run->last);
		while ((result = sqlite3_step(statement)) == SQLITE_ROW)
			packet_set_add(to, sqlite3_column_int64(statement, 0), comment);
		sqlite3_reset(statement);
	}
	bool ok = !failed(rows, result);
	sqlite3_finalize(statement);
	return ok;
}

bool packet_rows_finish(struct packet_rows *rows)
{
	static const char flows_of[] = "SELECT DISTINCT flow_id FROM packets WHERE packet_id BETWEEN ? AND ?";
	static const char packets_of[] = "SELECT packet_id FROM flow_packets WHERE flow_id BETWEEN ? AND ?";
	if (rows->error[0])
		return false;
	if (!rows->useful) {
		snprintf(rows->error, sizeof rows->error,
		         "the rows name no packets: they need a column packet_id, number or flow_id");
		return false;
	}
	packet_set_sort(&rows->packets);
	if (rows->packets.count > 0 && !rows->whole_flows)
		return true;
	if (!look_up(rows, flows_of, &rows->packets, &rows->flows))
		return false;
	packet_set_sort(&rows->flows);
	if (!look_up(rows, packets_of, &rows->flows, &rows->packets))
		return false;
	packet_set_sort(&rows->packets);
	return true;
}
