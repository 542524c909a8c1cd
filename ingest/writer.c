// Rows to SQLite, on a thread of its own. See writer.h.
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/message.h"
#include "address.h"

enum {
	ROWS_MAX = 4096, // rows of a table in a batch; packets fill first
	ROWS_AHEAD = 4,  // that are fetched before they are written
	CACHE_LINE = 64, // bytes
	TEXT_BLOCK = 65536,
	BATCHES = 2,
};

struct rows {
	char *at;
	unsigned count, capacity;
};

// Texts of a batch: blocks that never move, emptied together.
struct text_block {
	struct text_block *next;
	size_t used, size;
	char at[];
};

struct batch {
	struct rows rows[TABLE_COUNT];
	struct text_block *texts;
};

// What a virtual table reads: the rows of one table in the batch that is being written.
struct source {
	const struct table *table;
	const struct rows *rows;
};

struct writer {
	sqlite3 *db;
	struct source sources[TABLE_COUNT];
	sqlite3_stmt *insert[TABLE_COUNT];
	bool updates;
	struct table_pages *pages; // borrowed, by table; NULL: all rows are inserted
	const char *name;          // of the case; borrowed

	struct batch batches[BATCHES];
	struct batch *filling; // the ingest thread's

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch *full;           // handed over, not yet written; guarded by lock
	bool ending, failed;          // guarded by lock
	int64_t next_id[TABLE_COUNT]; // of tables whose rows name their id
	char error[1024];             // set before failed
};

// ---- the virtual tables -------------------------------------------------------------------------------------------

struct rows_vtab {
	sqlite3_vtab base;
	const struct source *source;
};

struct rows_cursor {
	sqlite3_vtab_cursor base;
	const struct source *source;
	unsigned at;
};

static void append_columns(sqlite3_str *sql, const struct table *table)
{
	for (unsigned i = 0; i < table->column_count; i++)
		sqlite3_str_appendf(sql, "%s%s", i ? "," : "", table->columns[i].name);
}

static int rows_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **vtab,
                        char **error)
{
	const struct source *source = aux;
	(void)argc, (void)argv, (void)error;
	sqlite3_str *sql = sqlite3_str_new(db);
	sqlite3_str_appendall(sql, "CREATE TABLE x(");
	append_columns(sql, source->table);
	sqlite3_str_appendchar(sql, 1, ')');
	char *text = sqlite3_str_finish(sql);
	int rc = text ? sqlite3_declare_vtab(db, text) : SQLITE_NOMEM;
	sqlite3_free(text);
	if (rc != SQLITE_OK)
		return rc;
	struct rows_vtab *made = sqlite3_malloc(sizeof *made);
	if (!made)
		return SQLITE_NOMEM;
	*made = (struct rows_vtab){.source = source};
	*vtab = &made->base;
	return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *vtab)
{
	sqlite3_free(vtab);
	return SQLITE_OK;
}

static int rows_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	(void)vtab;
	info->estimatedCost = ROWS_MAX;
	info->estimatedRows = ROWS_MAX;
	return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **cursor)
{
	struct rows_cursor *made = sqlite3_malloc(sizeof *made);
	if (!made)
		return SQLITE_NOMEM;
	*made = (struct rows_cursor){.source = ((struct rows_vtab *)vtab)->source};
	*cursor = &made->base;
	return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int rows_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
	(void)number, (void)text, (void)argc, (void)argv;
	((struct rows_cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *cursor)
{
	((struct rows_cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *cursor)
{
	const struct rows_cursor *c = (const struct rows_cursor *)cursor;
	return c->at >= c->source->rows->count;
}

static int rows_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int i)
{
	const struct rows_cursor *c = (const struct rows_cursor *)cursor;
	const struct table *table = c->source->table;
	const struct column *column = &table->columns[i];
	const char *member = c->source->rows->at + table->row_size * c->at + column->offset;
	if (column->kind == COLUMN_INTEGER) {
		int64_t value = *(const int64_t *)(const void *)member;
		if (value != ROW_NULL)
			sqlite3_result_int64(context, value);
	} else if (column->kind == COLUMN_TEXT) {
		sqlite3_result_text(context, *(const char *const *)(const void *)member, -1, SQLITE_STATIC);
	} else if (column->kind == COLUMN_REAL) {
		sqlite3_result_double(context, *(const double *)(const void *)member); // NaN becomes NULL
	} else {
		sqlite3_result_blob(context, member, sizeof(struct address), SQLITE_STATIC);
	}
	return SQLITE_OK;
}

static int rows_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = ((struct rows_cursor *)cursor)->at;
	return SQLITE_OK;
}

static const sqlite3_module rows_module = {
	.xConnect = rows_connect,
	.xDisconnect = rows_disconnect,
	.xBestIndex = rows_best_index,
	.xOpen = rows_open,
	.xClose = rows_close,
	.xFilter = rows_filter,
	.xNext = rows_next,
	.xEof = rows_eof,
	.xColumn = rows_column,
	.xRowid = rows_rowid,
};

// ---- batches ------------------------------------------------------------------------------------------------------

static void batch_init(struct batch *batch)
{
	*batch = (struct batch){0};
}

static void batch_clear(struct batch *batch)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		batch->rows[i].count = 0;
	while (batch->texts && batch->texts->next) {
		struct text_block *gone = batch->texts;
		batch->texts = gone->next;
		free(gone);
	}
	if (batch->texts)
		batch->texts->used = 0;
}

static void batch_release(struct batch *batch)
{
	batch_clear(batch);
	free(batch->texts);
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		free(batch->rows[i].at);
}

static char *batch_text(struct batch *batch, const char *text, size_t length)
{
	struct text_block *block = batch->texts;
	if (!block || block->size - block->used < length + 1) {
		size_t size = length + 1 > TEXT_BLOCK ? length + 1 : TEXT_BLOCK;
		block = memory_alloc(sizeof *block + size);
		block->size = size;
		block->next = batch->texts;
		batch->texts = block;
	}
	char *to = block->at + block->used;
	memcpy(to, text, length);
	to[length] = '\0';
	block->used += length + 1;
	return to;
}

// ---- the writer thread --------------------------------------------------------------------------------------------

static const char disk_full[] = "; the disk is full: make room, or name a place for the case with -o";

static void fail(struct writer *w, unsigned table, const char *why, const char *advice)
{
	snprintf(w->error, sizeof w->error, "%s: writing %s: %s%s", w->name, tables[table].name, why, advice);
}

// What to do about an SQLite result code.
static const char *advice_on(int rc)
{
	if (rc == SQLITE_READONLY)
		return "; change its permissions, or choose another name with -o";
	return rc == SQLITE_FULL ? disk_full : "";
}

static bool insert_rows(struct writer *w, unsigned table, const struct rows *rows)
{
	w->sources[table].rows = rows;
	sqlite3_step(w->insert[table]);
	if (sqlite3_reset(w->insert[table]) == SQLITE_OK)
		return true;
	fail(w, table, sqlite3_errmsg(w->db), advice_on(sqlite3_errcode(w->db)));
	return false;
}

static bool add_to_pages(struct writer *w, unsigned table, char *row)
{
	struct rows late = {.at = row, .count = 1};
	if (!table_pages_is_next(&w->pages[table], row))
		return insert_rows(w, table, &late);
	if (table_pages_add(&w->pages[table], row))
		return true;
	fail(w, table, strerror(errno), errno == ENOSPC || errno == EFBIG ? disk_full : "");
	return false;
}

static bool lay_out_rows(struct writer *w, unsigned table, const struct rows *rows)
{
	for (unsigned i = 0; i < rows->count; i++)
		if (!add_to_pages(w, table, rows->at + i * tables[table].row_size))
			return false;
	return true;
}

static bool write_rows(struct writer *w, unsigned table, const struct rows *rows)
{
	if (rows->count == 0)
		return true;
	if (w->pages && w->pages[table].table)
		return lay_out_rows(w, table, rows);
	return insert_rows(w, table, rows);
}

static bool write_batch(struct writer *w, const struct batch *batch)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (!write_rows(w, i, &batch->rows[i]))
			return false;
	return true;
}

static void *writer_main(void *argument)
{
	struct writer *w = argument;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->full && !w->ending)
			pthread_cond_wait(&w->changed, &w->lock);
		if (!w->full)
			break;
		struct batch *batch = w->full;
		bool failed = w->failed;
		pthread_mutex_unlock(&w->lock);
		if (!failed)
			failed = !write_batch(w, batch);
		batch_clear(batch);
		pthread_mutex_lock(&w->lock);
		w->failed = failed;
		w->full = NULL;
		pthread_mutex_unlock(&w->lock);
		pthread_cond_signal(&w->changed);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

// ---- what the ingest thread calls ---------------------------------------------------------------------------------

// What becomes of a row that is there already, where rows are updated.
static const struct {
	const char *insert, *conflict;
} updates[TABLE_COUNT] = {
	[TABLE_CAPTURES] = {"INSERT OR REPLACE", ""},
	[TABLE_CAPTURE_FILES] = {"INSERT OR REPLACE", ""},
	[TABLE_INTERFACES] = {"INSERT OR REPLACE", ""},
	[TABLE_FLOWS] = {"INSERT OR REPLACE", ""},
	[TABLE_TCP_STATS] = {"INSERT OR REPLACE", ""},
	[TABLE_FLOW_SIGNS] = {"INSERT OR REPLACE", ""},
	[TABLE_HOSTS] = {"INSERT",
                     " WHERE true ON CONFLICT(capture_id, address) DO UPDATE SET flows = flows + excluded.flows,"
                     " packets_sent = packets_sent + excluded.packets_sent,"
                     " packets_received = packets_received + excluded.packets_received,"
                     " bytes_sent = bytes_sent + excluded.bytes_sent,"
                     " bytes_received = bytes_received + excluded.bytes_received,"
                     " first_ts_ns = min(first_ts_ns, excluded.first_ts_ns),"
                     " last_ts_ns = max(last_ts_ns, excluded.last_ts_ns)"},
	[TABLE_HOST_NAMES] = {"INSERT",
                          " WHERE true ON CONFLICT(capture_id, address, name, source) DO UPDATE SET"
                          " count = count + excluded.count"},
};

// INSERT INTO t(columns) SELECT columns FROM rows_t.
static bool prepare_insert(struct writer *w, unsigned i)
{
	const struct table *table = &tables[i];
	bool update = w->updates && updates[i].insert;
	sqlite3_str *sql = sqlite3_str_new(w->db);
	sqlite3_str_appendf(sql, "%s INTO %s(", update ? updates[i].insert : "INSERT", table->name);
	append_columns(sql, table);
	sqlite3_str_appendall(sql, ") SELECT ");
	append_columns(sql, table);
	sqlite3_str_appendf(sql, " FROM rows_%s%s", table->name, update ? updates[i].conflict : "");
	char *text = sqlite3_str_finish(sql), *module = sqlite3_mprintf("rows_%s", table->name);
	w->sources[i] = (struct source){.table = table};
	bool ok = text && module && sqlite3_create_module(w->db, module, &rows_module, &w->sources[i]) == SQLITE_OK &&
	          sqlite3_prepare_v3(w->db, text, -1, SQLITE_PREPARE_PERSISTENT, &w->insert[i], NULL) == SQLITE_OK;
	sqlite3_free(module);
	sqlite3_free(text);
	return ok;
}

// The ids of a table's rows count on from those it has.
static bool read_next_id(struct writer *w, unsigned i)
{
	sqlite3_stmt *statement = NULL;
	if (w->pages && w->pages[i].table) {
		w->next_id[i] = w->pages[i].last_rowid + 1;
		return true;
	}
	char *sql = sqlite3_mprintf("SELECT max(rowid) FROM %s", tables[i].name);
	bool ok = sql && sqlite3_prepare_v2(w->db, sql, -1, &statement, NULL) == SQLITE_OK &&
	          sqlite3_step(statement) == SQLITE_ROW;
	w->next_id[i] = ok ? sqlite3_column_int64(statement, 0) + 1 : 1;
	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return ok;
}

// Leaves the connection the modules that are not ours: json_each.
static void drop_module(struct writer *w, unsigned i)
{
	char *module = sqlite3_mprintf("rows_%s", tables[i].name);
	if (module)
		sqlite3_create_module(w->db, module, NULL, NULL);
	sqlite3_free(module);
}

static void writer_free(struct writer *w)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		sqlite3_finalize(w->insert[i]);
		drop_module(w, i);
	}
	for (unsigned i = 0; i < BATCHES; i++)
		batch_release(&w->batches[i]);
	free(w);
}

struct writer *writer_start(sqlite3 *db, struct table_pages *pages, const char *name, bool updates_rows)
{
	struct writer *w = memory_alloc(sizeof *w);
	w->db = db;
	w->pages = pages;
	w->updates = updates_rows;
	w->name = name;
	for (unsigned i = 0; i < BATCHES; i++)
		batch_init(&w->batches[i]);
	w->filling = &w->batches[0];
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		if (!prepare_insert(w, i) || (i >= TABLES_FIRST_OF_PROTOCOLS && !read_next_id(w, i))) {
			message_error("preparing to write %s: %s", tables[i].name, sqlite3_errmsg(db));
			writer_free(w);
			return NULL;
		}
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	int rc = pthread_create(&w->thread, NULL, writer_main, w);
	if (rc != 0) {
		message_error("starting the writer thread: %s", strerror(rc));
		writer_free(w);
		return NULL;
	}
	return w;
}

bool writer_failed(const struct writer *w)
{
	struct writer *mine = (struct writer *)(uintptr_t)w;
	pthread_mutex_lock(&mine->lock);
	bool failed = mine->failed;
	pthread_mutex_unlock(&mine->lock);
	return failed;
}

bool writer_flush(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->full)
		pthread_cond_wait(&w->changed, &w->lock);
	w->full = w->filling;
	bool failed = w->failed;
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->changed);
	w->filling = w->filling == &w->batches[0] ? &w->batches[1] : &w->batches[0];
	return !failed;
}

bool writer_wait(struct writer *w)
{
	writer_flush(w);
	pthread_mutex_lock(&w->lock);
	while (w->full)
		pthread_cond_wait(&w->changed, &w->lock);
	bool failed = w->failed;
	pthread_mutex_unlock(&w->lock);
	return !failed;
}

// Rows are read on another core; a store to one's memory waits until it is back, unless it was asked for in time.
static void prefetch_to_write(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i += CACHE_LINE) {
#ifdef __x86_64__
		__asm__ volatile("prefetchw %0" ::"m"(at[i])); // the builtin's is for reading
#else
		__builtin_prefetch(at + i, 1);
#endif
	}
}

void *writer_add(struct writer *w, enum table_id table)
{
	struct rows *rows = &w->filling->rows[table];
	if (rows->count == ROWS_MAX) {
		writer_flush(w);
		rows = &w->filling->rows[table];
	}
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 4 : 16;
		if (rows->capacity > ROWS_MAX)
			rows->capacity = ROWS_MAX;
		rows->at = memory_resize(rows->at, rows->capacity * tables[table].row_size);
	}
	size_t size = tables[table].row_size;
	char *row = rows->at + size * rows->count++;
	if (rows->count + ROWS_AHEAD <= rows->capacity)
		prefetch_to_write(row + size * ROWS_AHEAD, size);
	return row;
}

int64_t writer_next_id(struct writer *w, enum table_id table)
{
	return w->next_id[table]++;
}

char *writer_text(struct writer *w, const char *text)
{
	return text ? batch_text(w->filling, text, strlen(text)) : NULL;
}

char *writer_address(struct writer *w, const struct address *address, unsigned ip_version)
{
	char text[ADDRESS_TEXT_MAX];
	size_t length = address_text(text, address, ip_version);
	return batch_text(w->filling, text, length);
}

const char *writer_name(struct writer *w, const char *const *names, size_t count, unsigned number)
{
	char text[12];
	if (number < count && names[number])
		return names[number];
	snprintf(text, sizeof text, "%u", number);
	return writer_text(w, text);
}

bool writer_finish(struct writer *w)
{
	writer_flush(w);
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	bool ok = !w->failed;
	if (!ok)
		message_error("%s", w->error);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	writer_free(w);
	return ok;
}
