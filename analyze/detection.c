// Runs the statements of detectors. See detection.h.
#include "detection.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/interrupt.h"
#include "../common/message.h"
#include "../common/progress.h"
#include "../query/cell.h"
#include "../query/query.h"
#include "analysis.h"

enum { HELPERS_MAX = 7, BUSY_MS = 5000, PROGRESS_STEPS = 10000 };

// ---- one detector -------------------------------------------------------------------------------------------------

#define IF_EDITED "; if somebody has edited the case, ingest its captures into a new one"

static bool fail(const struct detection *d, sqlite3 *db)
{
	if (sqlite3_errcode(db) != SQLITE_INTERRUPT)
		message_error("%s: detector %s: %s%s", sqlite3_db_filename(db, "main"), thresholds_name(&d->report),
		              sqlite3_errmsg(db), sqlite3_errcode(db) == SQLITE_ERROR ? IF_EDITED : "");
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

static void keep(struct detection *d, size_t capture, sqlite3_stmt *row, const int places[FINDING_COLUMN_COUNT])
{
	if (d->count == d->capacity) {
		d->capacity = d->capacity ? 2 * d->capacity : 8;
		d->findings = memory_resize(d->findings, d->capacity * sizeof *d->findings);
	}
	struct finding *finding = &d->findings[d->count++];
	finding->capture = capture;
	finding->place = d->issues[capture];
	for (int i = 0; i < FINDING_COLUMN_COUNT; i++)
		finding->values[i] = copy_value(row, places[i]);
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *one = a, *other = b;
	return (*one > *other) - (*one < *other);
}

// The capture of a row; NULL: it names none.
static const int64_t *capture_of(const struct detections *all, sqlite3_stmt *row, int column)
{
	int64_t id = column < 0 ? 0 : sqlite3_column_int64(row, column);
	if (column < 0 || sqlite3_column_type(row, column) == SQLITE_NULL || all->capture_count == 0)
		return NULL;
	return bsearch(&id, all->capture_ids, all->capture_count, sizeof id, compare_ids);
}

static bool take_rows(struct detection *d, sqlite3 *db, sqlite3_stmt *row, const struct detections *all)
{
	int places[FINDING_COLUMN_COUNT], rc;
	find_columns(row, places);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
		const int64_t *id = capture_of(all, row, places[FINDING_CAPTURE_ID]);
		if (!id) {
			message_error("%s: detector %s: a row of no capture of the case" IF_EDITED,
			              sqlite3_db_filename(db, "main"), thresholds_name(&d->report));
			return false;
		}
		size_t capture = (size_t)(id - all->capture_ids);
		if (++d->issues[capture] <= ANALYSIS_ISSUES_MAX)
			keep(d, capture, row, places);
	}
	return rc == SQLITE_DONE || fail(d, db);
}

static bool run_statement(struct detection *d, sqlite3 *db, sqlite3_stmt *statement,
                          const struct thresholds *thresholds, const struct detections *all)
{
	int64_t begun_ns = progress_now_ns();
	bool ok = thresholds_bind(thresholds, &d->report, statement) && take_rows(d, db, statement, all);
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

// ---- all of them --------------------------------------------------------------------------------------------------

static bool read_captures(struct detections *all, sqlite3 *db)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT capture_id FROM captures ORDER BY capture_id", -1, &row, NULL);
	while (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
		all->capture_ids = memory_resize(all->capture_ids, (all->capture_count + 1) * sizeof *all->capture_ids);
		all->capture_ids[all->capture_count++] = sqlite3_column_int64(row, 0);
	}
	rc = rc == SQLITE_OK ? sqlite3_reset(row) : rc;
	sqlite3_finalize(row);
	if (rc != SQLITE_OK)
		message_error("the captures of the case: %s", sqlite3_errmsg(db));
	return rc == SQLITE_OK;
}

bool detections_init(struct detections *all, const struct catalog *catalog, sqlite3 *db)
{
	*all = (struct detections){0};
	if (!read_captures(all, db))
		return false;
	all->at = memory_alloc((catalog->count + 1) * sizeof *all->at);
	for (size_t i = 0; i < catalog->count; i++) {
		struct detection *d = &all->at[all->count];
		if (catalog_kind(catalog->entries[i].name) != CATALOG_DETECTOR)
			continue;
		if (!catalog_parse(&catalog->entries[i], &d->report))
			return false;
		d->issues = memory_alloc(all->capture_count * sizeof *d->issues);
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
	free(all->capture_ids);
	*all = (struct detections){0};
}

// ---- side by side -------------------------------------------------------------------------------------------------

// Who runs detectors, each taking the next one that nobody has: first those that read the case alone, then the late
// ones, which read what the first found.
struct crew {
	struct detections *all;
	const struct thresholds *thresholds;
	const char *path; // of the database
	bool is_late;
	pthread_mutex_t lock;
	size_t next; // guarded by lock
	bool failed; // guarded by lock
};

struct helper {
	struct crew *crew;
	sqlite3 *db; // owned; NULL: not open, or could not be opened
	pthread_t thread;
};

static struct detection *take_next(struct crew *crew)
{
	struct detection *next = NULL;
	pthread_mutex_lock(&crew->lock);
	while (!next && !crew->failed && crew->next < crew->all->count) {
		struct detection *d = &crew->all->at[crew->next++];
		if (d->is_late == crew->is_late)
			next = d;
	}
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

// Runs a detector, unless it turns out to be one for later.
static bool run_one(struct detection *d, sqlite3 *db, const struct crew *crew)
{
	bool is_late = false;
	sqlite3_set_authorizer(db, note_late, &is_late);
	sqlite3_stmt *statement = prepare(d, db);
	sqlite3_set_authorizer(db, NULL, NULL);
	if (!crew->is_late)
		d->is_late = is_late;
	bool ok =
		statement && (is_late > crew->is_late || run_statement(d, db, statement, crew->thresholds, crew->all));
	sqlite3_finalize(statement);
	return ok;
}

static int is_interrupted(void *unused)
{
	(void)unused;
	return interrupt_caught();
}

static void run_some(struct crew *crew, sqlite3 *db)
{
	sqlite3_progress_handler(db, PROGRESS_STEPS, is_interrupted, NULL);
	for (struct detection *d; (d = take_next(crew)) != NULL;) {
		if (run_one(d, db, crew))
			continue;
		pthread_mutex_lock(&crew->lock);
		crew->failed = true;
		pthread_mutex_unlock(&crew->lock);
	}
	sqlite3_progress_handler(db, 0, NULL, NULL);
}

static bool add_found(sqlite3_stmt *insert, const struct detection *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct finding *f = &d->findings[i];
		sqlite3_bind_text(insert, 1, thresholds_name(&d->report), -1, SQLITE_STATIC);
		for (int k = 0; k < FINDING_COLUMN_COUNT; k++)
			if (f->values[k])
				sqlite3_bind_value(insert, k + 2, f->values[k]);
			else
				sqlite3_bind_null(insert, k + 2);
		if (sqlite3_step(insert) != SQLITE_DONE)
			return false;
		sqlite3_reset(insert);
	}
	return true;
}

// What the first have found, in a table that only this connection sees, in place of the case's issues. Late ones may be
// finding theirs meanwhile.
static bool show_found(const struct detections *all, sqlite3 *db)
{
	static const char create[] = "CREATE TEMP TABLE issues (detector"
#define X(id, name) ", " name
		FINDING_COLUMNS(X)
#undef X
			")";
	static const char add[] = "INSERT INTO temp.issues VALUES (?"
#define X(id, name) ", ?"
		FINDING_COLUMNS(X)
#undef X
			")";
	sqlite3_stmt *insert = NULL;
	bool ok = sqlite3_exec(db, create, NULL, NULL, NULL) == SQLITE_OK &&
	          sqlite3_prepare_v2(db, add, -1, &insert, NULL) == SQLITE_OK;
	for (size_t i = 0; i < all->count && ok; i++)
		ok = all->at[i].is_late || add_found(insert, &all->at[i]);
	sqlite3_finalize(insert);
	return ok;
}

static sqlite3 *open_beside(const char *path)
{
	sqlite3 *db = NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK && functions_register(db) == SQLITE_OK &&
	    sqlite3_exec(db, "PRAGMA temp_store = FILE; SELECT 1 FROM captures", NULL, NULL, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

// A helper that gets no connection leaves its part to the others.
static void *help(void *argument)
{
	struct helper *helper = argument;
	struct crew *crew = helper->crew;
	if (!crew->is_late)
		helper->db = open_beside(crew->path);
	if (helper->db && (!crew->is_late || show_found(crew->all, helper->db)))
		run_some(crew, helper->db);
	return NULL;
}

static unsigned helpers_wanted(const char *path)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (!path || !*path || !sqlite3_threadsafe() || processors < 2)
		return 0;
	return processors - 1 < HELPERS_MAX ? (unsigned)(processors - 1) : HELPERS_MAX;
}

// Runs those that are late, or not, on `db` and beside it.
static bool run_round(struct crew *crew, bool is_late, struct helper *helpers, sqlite3 *db)
{
	unsigned wanted = helpers_wanted(crew->path), count = 0;
	crew->is_late = is_late;
	crew->next = 0;
	while (count < wanted && pthread_create(&helpers[count].thread, NULL, help, &helpers[count]) == 0)
		count++;
	run_some(crew, db);
	for (unsigned i = 0; i < count; i++)
		pthread_join(helpers[i].thread, NULL);
	return !crew->failed;
}

static bool run_late_round(struct crew *crew, struct helper *helpers, sqlite3 *db)
{
	bool ok = show_found(crew->all, db);
	if (!ok)
		message_error("%s: %s", crew->path, sqlite3_errmsg(db));
	ok = ok && run_round(crew, true, helpers, db);
	return sqlite3_exec(db, "DROP TABLE IF EXISTS temp.issues", NULL, NULL, NULL) == SQLITE_OK && ok;
}

bool detections_run(struct detections *all, sqlite3 *db, const struct thresholds *thresholds)
{
	struct crew crew = {.all = all, .thresholds = thresholds, .path = sqlite3_db_filename(db, "main")};
	struct helper helpers[HELPERS_MAX];
	for (int i = 0; i < HELPERS_MAX; i++)
		helpers[i] = (struct helper){.crew = &crew};
	pthread_mutex_init(&crew.lock, NULL);
	bool ok = run_round(&crew, false, helpers, db) && run_late_round(&crew, helpers, db);
	for (int i = 0; i < HELPERS_MAX; i++)
		sqlite3_close(helpers[i].db);
	pthread_mutex_destroy(&crew.lock);
	all->interrupted = interrupt_caught();
	return ok && !all->interrupted;
}
