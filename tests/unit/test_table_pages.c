// ingest/table_pages.h: the trees it builds hold what SQLite reads back after INSERTs of the same rows, and SQLite finds
// nothing wrong with them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ingest/table_pages.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const int64_t INTEGERS[] = {
	ROW_NULL,
	0,
	1,
	-1,
	2,
	127,
	128,
	-128,
	-129,
	32767,
	32768,
	-32768,
	-32769,
	8388607,
	8388608,
	-8388608,
	-8388609,
	2147483647,
	2147483648,
	-2147483648LL,
	-2147483649LL,
	140737488355327LL,
	140737488355328LL,
	-140737488355328LL,
	-140737488355329LL,
	INT64_MAX,
	INT64_MIN + 1,
};

static const double REALS[] = {NAN,  0.0,   1.0,     -1.0,    0.5,  -2.25, 1073741823.0,       1073741824.0,
                               1e15, 1e300, -1e-300, 65535.0, 1e18, -1e18, 9007199254740993.0, 2.0};

// Lengths of texts: around the widths of their types, of pages and of what a page holds of a long record.
static const size_t LENGTHS[] = {0, 1, 5, 57, 58, 59, 120, 300, 2018, 2019, 4084, 4085, 8185, 8186};
static const size_t LONG_LENGTHS[] = {16300, 16345, 16349, 16350, 16384, 32760, 100000};

// What each column is declared with, in turn.
static const struct {
	const char *text;
	int64_t integer;
} DEFAULTS[] = {{"", ROW_NULL},
                {" DEFAULT 0", 0},
                {" NOT NULL DEFAULT 1", 1},
                {" DEFAULT 'one'", ROW_NULL},
                {" DEFAULT NULL", ROW_NULL}};

// A number and a text: as an index, as a table of long texts, and as both with texts of every length around a limit.
struct entry_row {
	int64_t number;
	const char *text;
};
static const struct column entry_columns[] = {{"number", COLUMN_INTEGER, offsetof(struct entry_row, number)},
                                              {"text", COLUMN_TEXT, offsetof(struct entry_row, text)}};
static const struct table entries = {"entries", entry_columns, 2, sizeof(struct entry_row), false};
static const struct table lines = {"lines", entry_columns, 2, sizeof(struct entry_row), false};
static const struct table limit_entries = {"limit_entries", entry_columns, 2, sizeof(struct entry_row), false};
static const struct table limit_lines = {"limit_lines", entry_columns, 2, sizeof(struct entry_row), false};

static char letters[100001];

static const char *text_of_length(size_t length)
{
	if (!letters[0])
		memset(letters, 'x', sizeof letters - 1);
	return letters + sizeof letters - 1 - length;
}

static bool is_index(const struct table *table)
{
	return table == &entries || table == &limit_entries || table == &tables[TABLE_FLOW_PACKETS];
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static bool is_default_wanted(int64_t n, unsigned column, unsigned count)
{
	return column > (unsigned)(n * 5 % count); // records of every length
}

static void set_value(char *at, const struct table *table, unsigned i, int64_t n)
{
	size_t number = (size_t)n * 7 + i, place = i % LENGTH(DEFAULTS);
	bool by_default = is_default_wanted(n, i, table->column_count), not_null = place == 2;
	if (table->columns[i].kind == COLUMN_INTEGER) {
		int64_t value = by_default ? DEFAULTS[place].integer : INTEGERS[number % LENGTH(INTEGERS)];
		*(int64_t *)(void *)at = not_null && value == ROW_NULL ? 1 : value;
	} else if (table->columns[i].kind == COLUMN_REAL) {
		double value = by_default ? place == 2 ? 1.0 : 0.0 : REALS[number % LENGTH(REALS)];
		*(double *)(void *)at = not_null && isnan(value) ? 1.0 : value;
	} else if (table->columns[i].kind == COLUMN_TEXT) {
		size_t length = n % 97 == 5 && i % 3 == 0 ? LONG_LENGTHS[(size_t)n % LENGTH(LONG_LENGTHS)]
		                                          : LENGTHS[number % (n % 31 == 3 ? LENGTH(LENGTHS) : 7)];
		const char *value = by_default ? place == 3 ? "one" : NULL : text_of_length(length);
		*(const char **)(void *)at = not_null && !value ? "" : value;
	} else {
		memset(at, (int)number, sizeof(struct address));
	}
}

// Text of the limit's rows: what a record holds on its page, and the same with one, two ... overflow pages full.
static size_t limit_length(const struct table *table, int64_t n)
{
	size_t limit = table == &limit_entries ? 4085 : 16349;
	return limit - 50 + (size_t)n % 100 + (size_t)(n / 100) * (TABLE_PAGES_SIZE - 4);
}

static struct entry_row entry_of(const struct table *table, int64_t n)
{
	if (table == &entries)
		return (struct entry_row){n / 2, text_of_length(LENGTHS[n % LENGTH(LENGTHS)] / 2 * 2 + (size_t)n % 2)};
	if (table == &lines)
		return (struct entry_row){n + 1, text_of_length(5000 + (size_t)n % 300)};
	return (struct entry_row){n + 1, text_of_length(limit_length(table, n))};
}

// The row's values run through the edges; rowids have gaps.
static void row_of(const struct table *table, char *row, int64_t n)
{
	if (table->columns == entry_columns) {
		*(struct entry_row *)(void *)row = entry_of(table, n);
		return;
	}
	for (unsigned i = 0; i < table->column_count; i++)
		set_value(row + table->columns[i].offset, table, i, n);
	if (is_index(table))
		*(struct flow_packet_row *)(void *)row = (struct flow_packet_row){n / 9, n * 300};
	else if (!table->auto_id)
		*(int64_t *)(void *)row = 1 + n * 3 + (n > 1000 ? 1LL << 33 : 0);
}

static void bind_value(sqlite3_stmt *statement, int place, const struct column *column, const char *at)
{
	if (column->kind == COLUMN_INTEGER && *(const int64_t *)(const void *)at != ROW_NULL)
		sqlite3_bind_int64(statement, place, *(const int64_t *)(const void *)at);
	else if (column->kind == COLUMN_REAL)
		sqlite3_bind_double(statement, place, *(const double *)(const void *)at);
	else if (column->kind == COLUMN_TEXT)
		sqlite3_bind_text(statement, place, *(const char *const *)(const void *)at, -1, SQLITE_TRANSIENT);
	else if (column->kind == COLUMN_ADDRESS)
		sqlite3_bind_blob(statement, place, at, sizeof(struct address), SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(statement, place);
}

// ---- files --------------------------------------------------------------------------------------------------------

static void declare_table(sqlite3 *db, const struct table *table)
{
	static const char *const types[] = {"INTEGER", "REAL", "TEXT", "BLOB"};
	sqlite3_str *sql = sqlite3_str_new(db);
	sqlite3_str_appendf(sql, "PRAGMA page_size = 16384; CREATE TABLE %s (%s", table->name,
	                    table->auto_id ? "id INTEGER PRIMARY KEY" : "");
	for (unsigned i = 0; i < table->column_count; i++) {
		bool is_rowid = i == 0 && !table->auto_id && !is_index(table);
		sqlite3_str_appendf(sql, "%s%s %s%s", i || table->auto_id ? ", " : "", table->columns[i].name,
		                    types[table->columns[i].kind],
		                    is_rowid          ? " PRIMARY KEY"
		                    : is_index(table) ? ""
		                                      : DEFAULTS[i % LENGTH(DEFAULTS)].text);
	}
	if (is_index(table))
		sqlite3_str_appendf(sql, ", PRIMARY KEY (%s, %s)) WITHOUT ROWID", table->columns[0].name,
		                    table->columns[1].name);
	else
		sqlite3_str_appendf(sql, ")");
	char *text = sqlite3_str_finish(sql);
	run(db, text);
	sqlite3_free(text);
}

static sqlite3 *open_database(const char *path)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void make_file(char *path, const struct table *table)
{
	close(mkstemp(path));
	sqlite3 *db = open_database(path);
	declare_table(db, table);
	run(db, "CREATE TABLE other (x); INSERT INTO other VALUES (zeroblob(100000))"); // pages before and behind
	sqlite3_close(db);
}

static void lay_out(const char *path, const struct table *table, int64_t count)
{
	struct table_pages pages;
	struct page_file file;
	char *row = malloc(table->row_size);
	sqlite3 *schema = open_database(path);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(page_file_begin(&file, fd));
	assert_true(table_pages_init(&pages, table, schema, &file));
	sqlite3_close(schema);
	for (int64_t n = 0; n < count; n++) {
		row_of(table, row, n);
		assert_true(table_pages_add(&pages, row));
	}
	assert_true(table_pages_finish(&pages));
	assert_true(page_file_end(&file));
	table_pages_release(&pages);
	close(fd);
	free(row);
}

// The same rows, inserted one by one into a database in memory.
static sqlite3 *inserted(const struct table *table, int64_t count)
{
	sqlite3 *db = open_database(":memory:");
	sqlite3_stmt *insert;
	sqlite3_str *sql = sqlite3_str_new(db);
	char *row = malloc(table->row_size);
	declare_table(db, table);
	sqlite3_str_appendf(sql, "INSERT INTO %s VALUES (%s?", table->name, table->auto_id ? "NULL, " : "");
	for (unsigned i = 1; i < table->column_count; i++)
		sqlite3_str_appendf(sql, ", ?");
	sqlite3_str_appendf(sql, ")");
	char *text = sqlite3_str_finish(sql);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &insert, NULL), SQLITE_OK);
	sqlite3_free(text);
	run(db, "BEGIN");
	for (int64_t n = 0; n < count; n++) {
		row_of(table, row, n);
		for (unsigned i = 0; i < table->column_count; i++)
			bind_value(insert, (int)i + 1, &table->columns[i], row + table->columns[i].offset);
		assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
		sqlite3_reset(insert);
	}
	run(db, "COMMIT");
	sqlite3_finalize(insert);
	free(row);
	return db;
}

// ---- checks -------------------------------------------------------------------------------------------------------

static sqlite3_stmt *select_all(sqlite3 *db, const struct table *table)
{
	sqlite3_stmt *statement;
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2", table->name);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	return statement;
}

static void check_value(sqlite3_stmt *one, sqlite3_stmt *other, int i)
{
	int type = sqlite3_column_type(one, i);
	assert_int_equal(type, sqlite3_column_type(other, i));
	if (type == SQLITE_FLOAT) {
		assert_true(sqlite3_column_double(one, i) == sqlite3_column_double(other, i));
		return;
	}
	if (type == SQLITE_INTEGER)
		assert_true(sqlite3_column_int64(one, i) == sqlite3_column_int64(other, i));
	const void *a = sqlite3_column_blob(one, i), *b = sqlite3_column_blob(other, i);
	assert_int_equal(sqlite3_column_bytes(one, i), sqlite3_column_bytes(other, i));
	if (a || b)
		assert_memory_equal(a, b, (size_t)sqlite3_column_bytes(one, i));
}

static void check_rows(sqlite3 *db, const struct table *table, int64_t count)
{
	sqlite3 *memory = inserted(table, count);
	sqlite3_stmt *rows = select_all(db, table), *expected = select_all(memory, table);
	for (int64_t n = 0; n < count; n++) {
		assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
		assert_int_equal(sqlite3_step(expected), SQLITE_ROW);
		for (int i = 0; i < sqlite3_column_count(rows); i++)
			check_value(rows, expected, i);
	}
	assert_int_equal(sqlite3_step(rows), SQLITE_DONE);
	assert_int_equal(sqlite3_step(expected), SQLITE_DONE);
	sqlite3_finalize(rows);
	sqlite3_finalize(expected);
	sqlite3_close(memory);
}

static void check_integrity(sqlite3 *db)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
}

static int64_t number(sqlite3 *db, const char *format, const char *table, int64_t value)
{
	sqlite3_stmt *statement;
	char *sql = sqlite3_mprintf(format, table, value);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t found = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return found;
}

// Found by rowid, in the midst and behind the last; and it goes on from there.
static void check_rowids(sqlite3 *db, const struct table *table, int64_t count)
{
	char *row = calloc(1, table->row_size);
	int64_t last = count, middle = count / 2;
	if (!table->auto_id) {
		row_of(table, row, count / 2);
		middle = *(int64_t *)(void *)row;
		row_of(table, row, count - 1);
		last = *(int64_t *)(void *)row;
	}
	assert_int_equal(number(db, "SELECT count(*) FROM %s WHERE rowid = %lld", table->name, middle), 1);
	char *sql = sqlite3_mprintf("INSERT INTO %s DEFAULT VALUES", table->name);
	run(db, sql);
	sqlite3_free(sql);
	assert_true(number(db, "SELECT max(rowid) FROM %s WHERE %lld", table->name, 1) == last + 1);
	free(row);
}

// Rows are deleted here and there, and the file is built anew.
static void check_changes(sqlite3 *db, const struct table *table)
{
	char *sql = sqlite3_mprintf("DELETE FROM %s WHERE %s %% 3 = 1", table->name,
	                            is_index(table) ? table->columns[1].name : "rowid");
	run(db, sql);
	sqlite3_free(sql);
	check_integrity(db);
	run(db, "VACUUM");
	check_integrity(db);
}

static void check(const struct table *table, int64_t count)
{
	char path[] = "/tmp/table_pages.XXXXXX";
	make_file(path, table);
	lay_out(path, table, count);
	sqlite3 *db = open_database(path);
	check_integrity(db);
	check_rows(db, table, count);
	if (count > 1 && !is_index(table))
		check_rowids(db, table, count);
	check_changes(db, table);
	sqlite3_close(db);
	unlink(path);
}

// Tables of all kinds: integers alone, texts and addresses, more columns than a byte counts, an index.
static const struct table *const kinds[] = {
	&tables[TABLE_PACKETS],    &tables[TABLE_FLOWS],       &tables[TABLE_HOSTS],        &tables[TABLE_TCP_EVENTS],
	&tables[TABLE_ICMP_PAIRS], &tables[TABLE_ICMP_ERRORS], &tables[TABLE_FLOW_PACKETS], &entries};

static void test_small(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		for (int64_t count = 0; count < 4; count++)
			check(kinds[i], count);
}

// Around the ends of the first leaves.
static void test_leaves(void **state)
{
	(void)state;
	for (int64_t count = 90; count < 400; count += 13)
		check(&tables[TABLE_PACKETS], count);
	for (int64_t count = 1000; count < 1600; count += 7)
		check(&tables[TABLE_FLOW_PACKETS], count);
	for (size_t i = 0; i < LENGTH(kinds); i++)
		check(kinds[i], 3001);
}

// More leaves than an interior page names, and more of those than the next one.
static void test_levels(void **state)
{
	(void)state;
	for (int64_t count = 5340; count < 5360; count++)
		check(&lines, count);
	for (int64_t count = 300; count < 320; count++)
		check(&entries, count);
	check(&entries, 3000);
	check(&tables[TABLE_FLOW_PACKETS], 50000);
	check(&tables[TABLE_PACKETS], 20000);
}

// Records that just fit, and that need pages of their own.
static void test_limits(void **state)
{
	(void)state;
	check(&limit_lines, 400);
	check(&limit_entries, 400);
}

static void test_order(void **state)
{
	(void)state;
	char path[] = "/tmp/table_pages.XXXXXX";
	struct table_pages pages;
	struct page_file file;
	struct packet_row row = {.packet_id = 7};
	make_file(path, &tables[TABLE_PACKETS]);
	sqlite3 *db = open_database(path);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(page_file_begin(&file, fd));
	assert_true(table_pages_init(&pages, &tables[TABLE_PACKETS], db, &file));
	assert_true(table_pages_is_next(&pages, &row));
	assert_true(table_pages_add(&pages, &row));
	assert_false(table_pages_is_next(&pages, &row));
	row.packet_id++;
	assert_true(table_pages_is_next(&pages, &row));
	table_pages_release(&pages);
	sqlite3_close(db);
	close(fd);
	unlink(path);
}

// Tables that SQLite has to write itself.
static void test_refused(void **state)
{
	(void)state;
	static const char *const declared[] = {
		"CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT UNIQUE)",
		"CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT); CREATE INDEX i ON entries (text)",
		"CREATE TABLE entries (number INTEGER PRIMARY KEY)",
		"CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT, more TEXT)",
		"CREATE TABLE entries (text TEXT, number INTEGER PRIMARY KEY)",
		"CREATE TABLE entries (number INTEGER, text TEXT)",
		"CREATE TABLE entries (number INTEGER, text TEXT, PRIMARY KEY (text, number)) WITHOUT ROWID",
		"CREATE TABLE others (number INTEGER PRIMARY KEY, text TEXT)",
	};
	struct page_file file = {.fd = -1};
	struct table_pages pages;
	for (size_t i = 0; i < LENGTH(declared); i++) {
		sqlite3 *db = open_database(":memory:");
		run(db, declared[i]);
		assert_false(table_pages_init(&pages, &entries, db, &file));
		sqlite3_close(db);
	}
}

// A file that reaches 1 GiB: the page there belongs to SQLite's locks. The file is sparse, its pages in no table.
static void test_lock_page(void **state)
{
	(void)state;
	enum { LOCK_PAGE = (1 << 30) / TABLE_PAGES_SIZE + 1, BEFORE = LOCK_PAGE - 5, COUNT = 5000 };
	uint8_t page[TABLE_PAGES_SIZE], zeros[TABLE_PAGES_SIZE] = {0};
	char path[] = "/tmp/table_pages.XXXXXX";
	make_file(path, &tables[TABLE_PACKETS]);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)BEFORE * TABLE_PAGES_SIZE), 0);
	const uint8_t page_count[4] = {BEFORE >> 24, BEFORE >> 16 & 0xff, BEFORE >> 8 & 0xff, BEFORE & 0xff};
	assert_int_equal(pwrite(fd, page_count, 4, 28), 4);
	lay_out(path, &tables[TABLE_PACKETS], COUNT);
	assert_int_equal(pread(fd, page, sizeof page, (off_t)(LOCK_PAGE - 1) * TABLE_PAGES_SIZE), sizeof page);
	assert_memory_equal(page, zeros, sizeof page);
	close(fd);
	sqlite3 *db = open_database(path);
	check_rows(db, &tables[TABLE_PACKETS], COUNT);
	sqlite3_close(db);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),     cmocka_unit_test(test_leaves), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_limits),    cmocka_unit_test(test_order),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lock_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
