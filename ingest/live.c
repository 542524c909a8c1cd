// Captures that are loaded while they are made. See live.h.
#include "live.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "ring.h"

// A name that no capture of the case has. The caller frees it.
static char *free_name(struct case_file *c, const char *name)
{
	static const char named_so[] = "SELECT count(*) FROM captures WHERE name = ?";
	size_t size = strlen(name) + 24;
	char *candidate = memory_alloc(size);
	snprintf(candidate, size, "%s", name);
	for (int n = 2; case_integer(c->db, 0, named_so, candidate); n++)
		snprintf(candidate, size, "%s-%d", name, n);
	return candidate;
}

// Name of the capture that goes on. The caller frees it.
static char *name_of_capture(struct case_file *c, int64_t capture_id)
{
	sqlite3_stmt *s;
	char *name = NULL;
	if (sqlite3_prepare_v2(c->db, "SELECT name FROM captures WHERE capture_id = ?", -1, &s, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_int64(s, 1, capture_id);
	if (sqlite3_step(s) == SQLITE_ROW)
		name = memory_copy_text((const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return name;
}

// `source` is the interface's capture; NULL: the folder is followed.
static bool load_into(struct case_file *c, const struct live_request *request, struct capture *source,
                      struct load_totals *totals)
{
	struct load_options options = request->load;
	if (!case_file_begin(c))
		return false;
	if (!source)
		options.resumed_capture_id = ring_resumable(c, request->folder);
	char *name =
		options.resumed_capture_id ? name_of_capture(c, options.resumed_capture_id) : free_name(c, request->name);
	struct load *load = name ? load_begin(c, name, &options) : NULL;
	bool ok = load && (source ? load_file(load, source, request->source.interface, NULL, totals)
	                          : ring_follow(load, c, request->folder, totals));
	ok = load && load_end(load, totals) && ok;
	free(name);
	return ok && case_file_end(c) && case_file_finish(c);
}

bool live_capture(const struct live_request *request, struct load_totals *totals)
{
	struct case_file case_file;
	struct capture_fault fault;
	struct capture *source = NULL;
	if (request->source.interface && !(source = capture_live_open(&request->source, &fault))) {
		message_error("%s", fault.text);
		return false;
	}
	bool ok = case_file_open_live(&case_file, request->case_path) && load_into(&case_file, request, source, totals);
	ok = case_file_close(&case_file) && ok;
	capture_free(source);
	return ok;
}
