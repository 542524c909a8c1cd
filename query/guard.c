// Read-only by construction. See guard.h.
#include "guard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/case.h"
#include "../common/embedded.h"
#include "../common/message.h"
#include "../common/sql_text.h"
#include "habit.h"
#include "query.h"
#include "suggest.h"
#include "watch.h"

// AddressSanitizer takes more memory than any limit.
#if defined(__SANITIZE_ADDRESS__)
#define SHADOW_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOW_MEMORY
#endif
#endif

enum {
	BUSY_MS = 5000, // an ingest holds the case while it commits
	PROGRESS_STEPS = 2000,
	CACHE_KIB = 8192, // most reports read a table once: more would be memory that is filled and not read again
	MEMORY_LEAST_MIB = 256,
	MEMORY_MOST_MIB = 2048,
	BESIDE_MIB = 256, // beside what SQLite takes
	HINT_ROOM = 400,
};

// ---- what is allowed ----------------------------------------------------------------------------------------------

// Pragmas that only read. argument: they take the name of a table or index, or a count, and change nothing with it.
static const struct {
	const char *name;
	bool argument;
} pragmas[] = {
	{"application_id", false}, {"collation_list", false}, {"compile_options", false},  {"data_version", false},
	{"database_list", false},  {"encoding", false},       {"foreign_key_check", true}, {"foreign_key_list", true},
	{"freelist_count", false}, {"function_list", false},  {"index_info", true},        {"index_list", true},
	{"index_xinfo", true},     {"integrity_check", true}, {"journal_mode", false},     {"module_list", false},
	{"page_count", false},     {"page_size", false},      {"pragma_list", false},      {"quick_check", true},
	{"schema_version", false}, {"table_info", true},      {"table_list", true},        {"table_xinfo", true},
	{"user_version", false},
};

// Functions that reach beyond the query: none of them is needed to read a case.
static const char *const forbidden_functions[] = {
	"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_log", "shell_add_schema",
};

static bool pragma_allowed(const char *name, const char *argument)
{
	for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
		if (!sqlite3_stricmp(pragmas[i].name, name))
			return pragmas[i].argument || !argument;
	}
	return false;
}

static bool function_allowed(const char *name)
{
	for (size_t i = 0; i < sizeof forbidden_functions / sizeof *forbidden_functions; i++) {
		if (!sqlite3_stricmp(forbidden_functions[i], name))
			return false;
	}
	return true;
}

static int refuse(struct guard *guard, const char *what, const char *name, const char *value)
{
	snprintf(guard->refused, sizeof guard->refused, "%s%s%.80s%s%.80s", what, name ? " " : "", name ? name : "",
	         value ? " = " : "", value ? value : "");
	return SQLITE_DENY;
}

static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *view)
{
	struct guard *guard = context;
	(void)database, (void)view;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return function_allowed(b) ? SQLITE_OK : refuse(guard, "the function", b, NULL);
	case SQLITE_PRAGMA:
		return pragma_allowed(a, b) ? SQLITE_OK : refuse(guard, "PRAGMA", a, b);
	default:
		return refuse(guard, "this statement", NULL, NULL);
	}
}

#define BLANKS " \t\r\n\f;"

const char *const guard_words[GUARD_WORD_COUNT] = {"SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"};

static bool begins_like_a_query(const char *sql)
{
	sql = sql_text_skip(sql, BLANKS);
	size_t length = strspn(sql, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	for (int i = 0; i < GUARD_WORD_COUNT; i++) {
		if (strlen(guard_words[i]) == length && !sqlite3_strnicmp(guard_words[i], sql, (int)length))
			return true;
	}
	return !*sql;
}

// ---- the walls ----------------------------------------------------------------------------------------------------

static void set_limits(sqlite3 *db)
{
	static const struct {
		int id, value;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, 64 << 20},      {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
		{SQLITE_LIMIT_COLUMN, 2000},          {SQLITE_LIMIT_EXPR_DEPTH, 500},
		{SQLITE_LIMIT_COMPOUND_SELECT, 500},  {SQLITE_LIMIT_VDBE_OP, 1 << 20},
		{SQLITE_LIMIT_FUNCTION_ARG, 100},     {SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_VARIABLE_NUMBER, 1000}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 1},      {SQLITE_LIMIT_WORKER_THREADS, 0},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		sqlite3_limit(db, limits[i].id, limits[i].value);
}

// The most that SQLite may take: half of the machine's memory, within bounds.
static int64_t memory_limit_mib(void)
{
	int64_t mib = (int64_t)sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024) / 2;
	return mib < MEMORY_LEAST_MIB ? MEMORY_LEAST_MIB : mib > MEMORY_MOST_MIB ? MEMORY_MOST_MIB : mib;
}

// What the program itself keeps of rows is theirs, too: however many there are, and however long.
static void limit_memory(void)
{
	rlim_t most = (rlim_t)(memory_limit_mib() + BESIDE_MIB) << 20;
	struct rlimit limit;
	sqlite3_hard_heap_limit64(memory_limit_mib() << 20);
#ifndef SHADOW_MEMORY
	if (getrlimit(RLIMIT_DATA, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > most)) {
		limit.rlim_cur = most;
		setrlimit(RLIMIT_DATA, &limit);
	}
#else
	(void)most, (void)limit;
#endif
}

static void configure(sqlite3 *db)
{
	static const struct {
		int id, value;
	} settings[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},   {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},  {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_DQS_DDL, 0},
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		sqlite3_db_config(db, settings[i].id, settings[i].value, NULL);
}

// Everything but the authorizer: what opening itself needs may still be done.
static int harden(sqlite3 *db)
{
	static const char *modules[] = {"json_each", "json_tree", "flow_bytes", NULL};
	char pragma[128];
	limit_memory();
	set_limits(db);
	configure(db);
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_progress_handler(db, PROGRESS_STEPS, watch_progress, NULL);
	sqlite3_drop_modules(db, modules);
	snprintf(pragma, sizeof pragma, "PRAGMA cell_size_check = 1; PRAGMA query_only = 1; PRAGMA cache_size = -%d",
	         CACHE_KIB);
	int result = sqlite3_exec(db, pragma, NULL, NULL, NULL);
	return result == SQLITE_OK ? functions_register(db) : result;
}

// Tables that belong to no file (pragma_table_info, json_each) come to be at their first use, which the authorizer would
// take for CREATE TABLE.
static void make_table_functions(sqlite3 *db)
{
	static const char *const others[] = {"json_each", "json_tree", "flow_bytes(0)"};
	char sql[96];
	for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
		snprintf(sql, sizeof sql, "EXPLAIN SELECT * FROM pragma_%s", pragmas[i].name);
		sqlite3_exec(db, sql, NULL, NULL, NULL); // some have no such table
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(sql, sizeof sql, "EXPLAIN SELECT * FROM %s", others[i]);
		sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
}

static void lock_down(struct guard *guard)
{
	make_table_functions(guard->db);
	sqlite3_set_authorizer(guard->db, authorize, guard);
}

// ---- opening ------------------------------------------------------------------------------------------------------

// As a URI, so that no name has a second meaning (":memory:", "file:...").
static char *file_uri(const char *path, const char *query)
{
	static const char hex[] = "0123456789ABCDEF";
	char *uri = memory_alloc(strlen(path) * 3 + strlen(query) + 16);
	char *to = uri + sprintf(uri, "file:%s", path[0] == '/' ? "//" : "./");
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if (strchr("?#%", c) || c < 0x21 || c > 0x7e) {
			*to++ = '%';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 15];
		} else {
			*to++ = (char)c;
		}
	}
	memcpy(to, query, strlen(query) + 1);
	return uri;
}

// In WAL mode a reader writes two files beside the case, unless told that nobody else writes: nobody does when there is
// no log.
static bool wal_is_idle(const char *path)
{
	char *log = memory_alloc(strlen(path) + 5);
	struct stat info;
	sprintf(log, "%s-wal", path);
	bool idle = stat(log, &info) != 0 || info.st_size == 0;
	free(log);
	return idle;
}

bool guard_open(struct guard *guard, const char *path)
{
	bool is_wal;
	char error[512];
	*guard = (struct guard){.path = path};
	if (!case_check_file(path, &is_wal))
		return false;
	char *uri = file_uri(path, is_wal && wal_is_idle(path) ? "?immutable=1" : "");
	int result =
		sqlite3_open_v2(uri, &guard->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	free(uri);
	if (result == SQLITE_OK)
		result = harden(guard->db);
	if (result == SQLITE_OK)
		result = sqlite3_exec(guard->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (result != SQLITE_OK) {
		guard_explain(guard, result, error, sizeof error);
		message_error("%s: %s", path, error);
		return false;
	}
	if (!case_check(guard->db, path, CASE_GIVEN))
		return false;
	lock_down(guard);
	return true;
}

bool guard_open_empty(struct guard *guard)
{
	*guard = (struct guard){.path = "(an empty case)"};
	if (sqlite3_open_v2(":memory:", &guard->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) != SQLITE_OK)
		return false;
	for (const struct embedded *file = embedded_schema; file->name; file++) {
		if (sqlite3_exec(guard->db, file->text, NULL, NULL, NULL) != SQLITE_OK) {
			message_error("schema/%s: %s", file->name, sqlite3_errmsg(guard->db));
			return false;
		}
	}
	if (harden(guard->db) != SQLITE_OK)
		return false;
	lock_down(guard);
	return true;
}

void guard_release(struct guard *guard)
{
	sqlite3_close(guard->db);
	*guard = (struct guard){0};
}

// ---- errors, in words ---------------------------------------------------------------------------------------------

static void explain_corrupt(char *error, size_t size, const char *message)
{
	snprintf(error, size, "the case is damaged (%s); ingest its captures into a new one", message);
}

sqlite3_stmt *guard_look_up(struct guard *guard, const char *sql, const char *text, const char *more)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(guard->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	if (text)
		sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	if (more)
		sqlite3_bind_text(statement, 2, more, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW)
		return statement;
	sqlite3_finalize(statement);
	return NULL;
}

void guard_explain(struct guard *guard, int result, char *error, size_t size)
{
	const char *message = guard->db ? sqlite3_errmsg(guard->db) : sqlite3_errstr(result);
	switch (result & 0xff) {
	case SQLITE_INTERRUPT:
		if (watch_cause() == WATCH_TIMEOUT)
			snprintf(error, size,
			         "stopped: it took longer than the time limit; --timeout SECONDS allows more, 0 any");
		else
			snprintf(error, size, "stopped");
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		explain_corrupt(error, size, message);
		break;
	case SQLITE_NOMEM:
		snprintf(error, size, "the query needs more memory than is allowed (%d MiB)", (int)memory_limit_mib());
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(error, size, "an ingest is writing the case; it can be queried when that ends");
		break;
	case SQLITE_READONLY:
		snprintf(error, size,
		         "an ingest into this case did not end; ingest that capture again, which repairs the case");
		break;
	case SQLITE_FULL:
		snprintf(error, size, "no room for temporary data of the query (SQLITE_TMPDIR names another place)");
		break;
	default:
		snprintf(error, size, "%s", message);
	}
}

// "line 3, column 14: " where SQLite knows it.
static void locate(struct guard *guard, const char *sql, int line, char *to, size_t size)
{
	int offset = sqlite3_error_offset(guard->db), column = 1;
	*to = 0;
	if (offset < 0 || (size_t)offset > strlen(sql))
		return;
	for (int i = 0; i < offset; i++) {
		line += sql[i] == '\n';
		column = sql[i] == '\n' ? 1 : column + ((sql[i] & 0xc0) != 0x80);
	}
	snprintf(to, size, "line %d, column %d: ", line, column);
}

static void explain_prepare(struct guard *guard, const char *sql, int line, int result, char *error, size_t size)
{
	char place[64], text[256], suggestion[320];
	if (guard->refused[0]) {
		snprintf(error, size, "%s is not allowed: a query can only read", guard->refused);
		return;
	}
	if ((result & 0xff) != SQLITE_ERROR) {
		guard_explain(guard, result, error, size);
		return;
	}
	locate(guard, sql, line, place, sizeof place);
	snprintf(text, sizeof text, "%s", sqlite3_errmsg(guard->db));
	suggest(guard->db, sql, text, suggestion, sizeof suggestion);
	snprintf(error, size, "%s%s%s", place, text, suggestion);
}

bool guard_prepare(struct guard *guard, const char *sql, int line, sqlite3_stmt **statement, const char **tail,
                   char *error, size_t size)
{
	*statement = NULL;
	*tail = sql + strlen(sql);
	guard->refused[0] = 0;
	if (!begins_like_a_query(sql)) {
		const char *word = sql_text_skip(sql, BLANKS);
		char hint[HINT_ROOM];
		habit_hint(word, guard->path, hint, sizeof hint);
		snprintf(error, size,
		         "a query can only read: it begins with SELECT, WITH, VALUES, EXPLAIN or PRAGMA, not with %.*s%s",
		         (int)strcspn(word, " \t\r\n;("), word, hint);
		return false;
	}
	int result = sqlite3_prepare_v2(guard->db, sql, -1, statement, tail);
	if (result != SQLITE_OK) {
		explain_prepare(guard, sql, line, result, error, size);
		return false;
	}
	if (*statement && !sqlite3_stmt_readonly(*statement)) {
		sqlite3_finalize(*statement);
		*statement = NULL;
		snprintf(error, size, "this statement is not allowed: a query can only read");
		return false;
	}
	return true;
}
