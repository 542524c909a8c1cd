// Runs the statements of detectors. See detection.h.
#include "detection.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/progress.h"
#include "../query/cell.h"
#include "../query/query.h"
#include "analysis.h"

enum { HELPERS_MAX = 7, BUSY_MS = 5000 };

// ---- one detector -------------------------------------------------------------------------------------------------

static bool fail(const struct detection *d, sqlite3 *db)
{
	message_error("sql/%s.sql: %s", d->report.name, sqlite3_errmsg(db));
	return false;
}

static void find_columns(sqlite3_stmt *statement, int places[FINDING_COLUMN_COUNT])
{
	static const char *const names[] = {
#define X(id, name) name,
		FINDING_COLUMNS(X)
#undef X
	};
	for (int i = 0; i < FINDING_COLUMN_COUNT; i++)
		places[i] = cell_column(statement, names[i]);
}

// A copy that outlives the row and its connection; NULL for NULL.
static sqlite3_value *copy_value(sqlite3_stmt *row, int column)
{
	return column < 0 || sqlite3_column_type(row, column) == SQLITE_NULL
	           ? NULL
	           : sqlite3_value_dup(sqlite3_column_value(row, column));
}

static void keep(struct detection *d, int64_t capture_id, sqlite3_stmt *row, const int places[FINDING_COLUMN_COUNT])
{
	if (d->count == d->capacity) {
		d->capacity = d->capacity ? 2 * d->capacity : 8;
		d->findings = memory_resize(d->findings, d->capacity * sizeof *d->findings);
	}
	struct finding *finding = &d->findings[d->count++];
	finding->capture_id = capture_id;
	finding->place = d->issues[capture_id];
	for (int i = 0; i < FINDING_COLUMN_COUNT; i++)
		finding->values[i] = copy_value(row, places[i]);
}

static bool take_rows(struct detection *d, sqlite3 *db, sqlite3_stmt *row, int64_t last_capture_id)
{
	int places[FINDING_COLUMN_COUNT], rc;
	find_columns(row, places);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		int column = places[FINDING_CAPTURE_ID];
		int64_t capture_id = column < 0 ? 0 : sqlite3_column_int64(row, column);
		if (capture_id < 1 || capture_id > last_capture_id) {
			message_error("detector %s: a row without capture_id", thresholds_name(&d->report));
			return false;
		}
		if (++d->issues[capture_id] <= ANALYSIS_ISSUES_MAX)
			keep(d, capture_id, row, places);
	}
	return rc == SQLITE_DONE || fail(d, db);
}

static bool run_statement(struct detection *d, sqlite3 *db, sqlite3_stmt *statement,
                          const struct thresholds *thresholds, int64_t last_capture_id)
{
	int64_t begun_ns = progress_now_ns();
	bool ok = thresholds_bind(thresholds, &d->report, statement) && take_rows(d, db, statement, last_capture_id);
	d->elapsed_ns = progress_now_ns() - begun_ns;
	return ok;
}

static sqlite3_stmt *prepare(const struct detection *d, sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, d->report.sections[0].sql, -1, &statement, NULL) != SQLITE_OK)
		fail(d, db);
	return statement;
}

bool detection_run(struct detection *d, sqlite3 *db, const struct thresholds *thresholds, int64_t last_capture_id)
{
	sqlite3_stmt *statement = prepare(d, db);
	bool ok = statement && run_statement(d, db, statement, thresholds, last_capture_id);
	sqlite3_finalize(statement);
	return ok;
}

// ---- all of them --------------------------------------------------------------------------------------------------

bool detections_init(struct detections *all, const struct catalog *catalog, int64_t last_capture_id)
{
	*all = (struct detections){.last_capture_id = last_capture_id};
	all->at = memory_alloc((catalog->count + 1) * sizeof *all->at);
	for (size_t i = 0; i < catalog->count; i++) {
		struct detection *d = &all->at[all->count];
		if (catalog_kind(catalog->entries[i].name) != CATALOG_DETECTOR)
			continue;
		if (!catalog_parse(&catalog->entries[i], &d->report))
			return false;
		d->issues = memory_alloc((size_t)(last_capture_id + 1) * sizeof *d->issues);
		all->count++;
	}
	return true;
}

void detections_release(struct detections *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct detection *d = &all->at[i];
		for (size_t k = 0; k < d->count * FINDING_COLUMN_COUNT; k++)
			sqlite3_value_free(d->findings[k / FINDING_COLUMN_COUNT].values[k % FINDING_COLUMN_COUNT]);
		free(d->findings);
		free(d->issues);
		report_release(&d->report);
	}
	free(all->at);
	*all = (struct detections){0};
}

// Who runs detectors, each taking the next one that nobody has.
struct crew {
	struct detections *all;
	const struct thresholds *thresholds;
	const char *path; // of the database
	pthread_mutex_t lock;
	size_t next; // guarded by lock
	bool failed; // guarded by lock
};

static struct detection *take_next(struct crew *crew)
{
	struct detection *next = NULL;
	pthread_mutex_lock(&crew->lock);
	if (!crew->failed && crew->next < crew->all->count)
		next = &crew->all->at[crew->next++];
	pthread_mutex_unlock(&crew->lock);
	return next;
}

// Notes that a statement which is prepared reads the table issues.
static int note_late(void *is_late, int action, const char *table, const char *column, const char *database,
                     const char *view)
{
	(void)column, (void)database, (void)view;
	if (action == SQLITE_READ && strcmp(table, "issues") == 0)
		*(bool *)is_late = true;
	return SQLITE_OK;
}

// Runs a detector unless it is late.
static bool run_unless_late(struct detection *d, sqlite3 *db, const struct crew *crew)
{
	sqlite3_set_authorizer(db, note_late, &d->is_late);
	sqlite3_stmt *statement = prepare(d, db);
	sqlite3_set_authorizer(db, NULL, NULL);
	bool ok =
		statement && (d->is_late || run_statement(d, db, statement, crew->thresholds, crew->all->last_capture_id));
	sqlite3_finalize(statement);
	return ok;
}

static void run_some(struct crew *crew, sqlite3 *db)
{
	for (struct detection *d; (d = take_next(crew)) != NULL;) {
		if (run_unless_late(d, db, crew))
			continue;
		pthread_mutex_lock(&crew->lock);
		crew->failed = true;
		pthread_mutex_unlock(&crew->lock);
	}
}

// A helper that gets no connection leaves its part to the others.
static void *help(void *argument)
{
	struct crew *crew = argument;
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(crew->path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK && functions_register(db) == SQLITE_OK &&
	    sqlite3_exec(db, "PRAGMA temp_store = FILE; SELECT 1 FROM captures", NULL, NULL, NULL) == SQLITE_OK)
		run_some(crew, db);
	sqlite3_close(db);
	return NULL;
}

static unsigned helpers_wanted(const char *path)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (!path || !*path || !sqlite3_threadsafe() || processors < 2)
		return 0;
	return processors - 1 < HELPERS_MAX ? (unsigned)(processors - 1) : HELPERS_MAX;
}

bool detections_run(struct detections *all, sqlite3 *db, const struct thresholds *thresholds)
{
	struct crew crew = {.all = all, .thresholds = thresholds, .path = sqlite3_db_filename(db, "main")};
	pthread_t helpers[HELPERS_MAX];
	unsigned wanted = helpers_wanted(crew.path), count = 0;
	pthread_mutex_init(&crew.lock, NULL);
	while (count < wanted && pthread_create(&helpers[count], NULL, help, &crew) == 0)
		count++;
	run_some(&crew, db);
	for (unsigned i = 0; i < count; i++)
		pthread_join(helpers[i], NULL);
	pthread_mutex_destroy(&crew.lock);
	return !crew.failed;
}
