// Captures that a case has already. See earlier.h.
#include "earlier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/case.h"
#include "../common/message.h"
#include "capture.h"

// ---- found by their files -----------------------------------------------------------------------------------------

// The first capture with these bytes; 0: none.
static int64_t find_same(struct case_file *c, const char *full_path, int64_t size)
{
	static const char of_size[] = "SELECT count(*) FROM capture_files WHERE size = CAST(? AS INTEGER)";
	static const char of_bytes[] = "SELECT min(capture_id) FROM capture_files WHERE fingerprint = ?";
	struct capture_fault fault;
	char fingerprint[33], digits[32];
	snprintf(digits, sizeof digits, "%" PRId64, size);
	if (!case_integer(c->db, 0, of_size, digits) || !capture_fingerprint_file(full_path, fingerprint, &fault))
		return 0;
	return case_integer(c->db, 0, of_bytes, fingerprint);
}

enum earlier earlier_find(struct case_file *c, const char *path, int64_t *capture_id)
{
	static const char by_path[] = "SELECT fingerprint = '' FROM capture_files WHERE path = ? ORDER BY 1 LIMIT 1";
	struct stat status;
	char *full_path = strcmp(path, "-") == 0 ? NULL : realpath(path, NULL);
	enum earlier found = EARLIER_NONE;
	*capture_id = 0;
	if (full_path && stat(full_path, &status) == 0) {
		int64_t interrupted = case_integer(c->db, -1, by_path, full_path);
		*capture_id = find_same(c, full_path, (int64_t)status.st_size);
		if (*capture_id)
			found = EARLIER_SAME;
		else if (interrupted >= 0)
			found = interrupted ? EARLIER_INTERRUPTED : EARLIER_CHANGED;
	}
	free(full_path);
	return found;
}

// Packets of a file that is in the case in part only, because of the options it was ingested with; -1: all of them.
static int64_t packets_in_part(struct case_file *c, const char *path)
{
	char *full_path = realpath(path, NULL);
	int64_t packets = case_integer(c->db, -1,
	                               "SELECT f.packets FROM capture_files f JOIN captures c USING (capture_id)"
	                               " WHERE f.path = ? AND coalesce(c.filter, c.packet_limit, c.since_ts_ns,"
	                               " c.until_ts_ns) IS NOT NULL",
	                               full_path ? full_path : path);
	free(full_path);
	return packets;
}

void earlier_say_skipped(struct case_file *c, const char *path, int64_t capture_id)
{
	int64_t packets = packets_in_part(c, path);
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(c->db, "SELECT name FROM captures WHERE capture_id = ?", -1, &s, NULL) != SQLITE_OK)
		return;
	sqlite3_bind_int64(s, 1, capture_id);
	const char *name = sqlite3_step(s) == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : "";
	if (packets < 0)
		message_note("%s: already in the case, as capture %s; skipped", path, name);
	else
		message_note("%s: already in the case, as capture %s, with %" PRId64
		             " packet%s that its options let pass; skipped; --replace ingests it again",
		             path, name, packets, message_plural(packets));
	sqlite3_finalize(s);
}

int64_t earlier_find_stdin(struct case_file *c)
{
	static const char earlier[] =
		"SELECT b.capture_id FROM capture_files a JOIN capture_files b USING (fingerprint) WHERE a.fingerprint <> ''"
		" AND a.path = ? AND a.capture_id = (SELECT max(capture_id) FROM captures) AND b.capture_id < a.capture_id";
	return case_integer(c->db, 0, earlier, "-");
}

// ---- taken out ------------------------------------------------------------------------------------------------------

static bool run_sql(struct case_file *c, char *sql)
{
	bool ok = sql && case_file_run(c, sql);
	sqlite3_free(sql);
	return ok;
}

// Deletes a capture's rows from the tables that do not name it, but a row of one that does: dns_answers of dns,
// flow_packets of flows ...
static bool forget_children(struct case_file *c, int64_t capture_id)
{
	static const char children[] =
		"SELECT t.name, f.\"from\", f.\"table\", (SELECT name FROM pragma_table_info(f.\"table\") WHERE pk = 1)"
		" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"
		" AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'capture_id')"
		" AND EXISTS (SELECT 1 FROM pragma_table_info(f.\"table\") WHERE name = 'capture_id')"
		" GROUP BY t.name";
	sqlite3_stmt *s;
	bool ok = true;
	if (sqlite3_prepare_v2(c->db, children, -1, &s, NULL) != SQLITE_OK)
		return false;
	while (ok && sqlite3_step(s) == SQLITE_ROW)
		ok = run_sql(c,
		             sqlite3_mprintf("DELETE FROM \"%w\" WHERE \"%w\" IN"
		                             " (SELECT \"%w\" FROM \"%w\" WHERE capture_id = %lld)",
		                             sqlite3_column_text(s, 0), sqlite3_column_text(s, 1),
		                             sqlite3_column_text(s, 3), sqlite3_column_text(s, 2), (long long)capture_id));
	sqlite3_finalize(s);
	return ok;
}

bool earlier_forget(struct case_file *c, int64_t capture_id)
{
	static const char tables_of_captures[] =
		"SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c"
		" WHERE t.type = 'table' AND c.name = 'capture_id'";
	sqlite3_stmt *s;
	bool ok = forget_children(c, capture_id);
	if (sqlite3_prepare_v2(c->db, tables_of_captures, -1, &s, NULL) != SQLITE_OK)
		return false;
	while (ok && sqlite3_step(s) == SQLITE_ROW)
		ok = run_sql(c, sqlite3_mprintf("DELETE FROM \"%w\" WHERE capture_id = %lld", sqlite3_column_text(s, 0),
		                                (long long)capture_id));
	sqlite3_finalize(s);
	return ok;
}

// Whether every file of a capture is among these: a file of a ring is not replaced without the others.
static bool are_all_given(struct case_file *c, int64_t capture_id, const struct load_input *inputs, unsigned count)
{
	char id[24];
	int64_t given = 0;
	snprintf(id, sizeof id, "%" PRId64, capture_id);
	for (unsigned i = 0; i < count; i++) {
		char *full_path = realpath(inputs[i].path, NULL);
		given += full_path && case_integer(c->db, 0,
		                                   "SELECT count(*) FROM capture_files"
		                                   " WHERE capture_id = CAST(? AS INTEGER) AND path = ?",
		                                   id, full_path);
		free(full_path);
	}
	int64_t files =
		case_integer(c->db, 0, "SELECT count(*) FROM capture_files WHERE capture_id = CAST(? AS INTEGER)", id);
	return given == files || files == 1;
}

// False after a message: it has other files, too.
static bool forget_whole_capture(struct case_file *c, int64_t capture_id, const char *path,
                                 const struct load_input *inputs, unsigned count)
{
	if (are_all_given(c, capture_id, inputs, count))
		return earlier_forget(c, capture_id);
	message_error("%s: is in the case as one of several files of a capture; give them all, with --capture", path);
	return false;
}

bool earlier_forget_file(struct case_file *c, const char *path, const struct load_input *inputs, unsigned count)
{
	static const char holding[] = "SELECT capture_id FROM capture_files WHERE path = ? OR fingerprint = ?";
	struct capture_fault fault;
	char fingerprint[33] = "-";
	char *full_path = strcmp(path, "-") == 0 ? NULL : realpath(path, NULL);
	if (!full_path)
		return true;
	capture_fingerprint_file(full_path, fingerprint, &fault);
	int64_t capture_id;
	bool ok = true;
	while (ok && (capture_id = case_integer(c->db, 0, holding, full_path, fingerprint)) != 0)
		ok = forget_whole_capture(c, capture_id, path, inputs, count);
	free(full_path);
	return ok;
}

bool earlier_replace_stdin(struct case_file *c, const char *name)
{
	static const char rename[] =
		"UPDATE captures SET name = %Q WHERE capture_id = (SELECT max(capture_id) FROM captures)"
		" AND NOT EXISTS (SELECT 1 FROM captures WHERE name = %Q)";
	for (int64_t capture_id; (capture_id = earlier_find_stdin(c)) != 0;)
		if (!forget_whole_capture(c, capture_id, "standard input", NULL, 0))
			return false;
	return run_sql(c, sqlite3_mprintf(rename, name, name));
}
