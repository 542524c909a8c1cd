// ingest/table_pages.h: the tree it builds is what SQLite would have built from INSERTs, row for row, and SQLite finds
// nothing wrong with it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ingest/table_pages.h"

static const int64_t EDGES[] = {
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

enum { EDGE_COUNT = sizeof EDGES / sizeof *EDGES };

// A row whose columns run through the edges; ids have gaps.
static struct packet_row row_of(int64_t n)
{
	struct packet_row row = {0};
	int64_t *columns = (int64_t *)(void *)&row;
	for (unsigned i = 0; i < sizeof row / sizeof *columns; i++)
		columns[i] = EDGES[(size_t)(n * 7 + i) % EDGE_COUNT];
	row.packet_id = 1 + n * 3 + (n > 1000 ? 1LL << 33 : 0);
	return row;
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static void create_table(sqlite3 *db)
{
	char sql[4096];
	int n =
		snprintf(sql, sizeof sql, "PRAGMA page_size = 16384; CREATE TABLE packets (packet_id INTEGER PRIMARY KEY");
	for (unsigned i = 1; i < tables[TABLE_PACKETS].column_count; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, ", %s", tables[TABLE_PACKETS].columns[i].name);
	snprintf(sql + n, sizeof sql - (size_t)n, ")");
	run(db, sql);
	run(db, "CREATE TABLE other (x); INSERT INTO other VALUES (zeroblob(100000))"); // pages before and behind
}

static void check_rows(sqlite3 *db, int64_t count)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM packets ORDER BY packet_id", -1, &statement, NULL),
	                 SQLITE_OK);
	for (int64_t n = 0; n < count; n++) {
		struct packet_row row = row_of(n);
		const int64_t *columns = (const int64_t *)(const void *)&row;
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			bool null = sqlite3_column_type(statement, i) == SQLITE_NULL;
			assert_int_equal(null, columns[i] == ROW_NULL);
			if (!null)
				assert_true(sqlite3_column_int64(statement, i) == columns[i]);
		}
	}
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
}

static void check_file(const char *path, int64_t count)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	check_rows(db, count);
	if (count > 1) { // found by rowid, in the midst and behind the last; and it goes on from there
		char sql[128];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM packets WHERE packet_id = %lld",
		         (long long)row_of(count / 2).packet_id);
		assert_int_equal(number(db, sql), 1);
	}
	run(db, "INSERT INTO packets (number) VALUES (77)");
	int64_t last = count ? row_of(count - 1).packet_id : 0;
	assert_true(number(db, "SELECT max(packet_id) FROM packets WHERE number = 77") == last + 1);
	run(db, "DELETE FROM packets WHERE packet_id % 2; VACUUM");
	sqlite3_close(db);
}

static int64_t make_file(char *path)
{
	sqlite3 *db;
	close(mkstemp(path));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	create_table(db);
	int64_t root = number(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'packets'");
	sqlite3_close(db);
	return root;
}

static void graft(const char *path, int64_t root, int64_t count)
{
	struct table_pages pages;
	assert_true(table_pages_init(&pages, &tables[TABLE_PACKETS], path));
	for (int64_t n = 0; n < count; n++) {
		struct packet_row row = row_of(n);
		assert_true(table_pages_add(&pages, &row, 1));
	}
	assert_true(table_pages_graft(&pages, path, (uint32_t)root));
	table_pages_release(&pages);
}

static void check(int64_t count)
{
	char path[] = "/tmp/table_pages.XXXXXX";
	int64_t root = make_file(path);
	graft(path, root, count);
	check_file(path, count);
	unlink(path);
}

static void test_small(void **state)
{
	(void)state;
	for (int64_t count = 0; count < 4; count++)
		check(count);
}

// Around the ends of the first leaves.
static void test_leaves(void **state)
{
	(void)state;
	for (int64_t count = 90; count < 400; count += 13)
		check(count);
}

// More leaves than an interior page names, once and twice over.
static void test_levels(void **state)
{
	(void)state;
	check(90000);
	check(115000);
	check(250000);
}

// A file that reaches 1 GiB: the page there belongs to SQLite's locks. The file is sparse, its pages in no table.
static void test_lock_page(void **state)
{
	(void)state;
	enum { LOCK_PAGE = (1 << 30) / TABLE_PAGES_SIZE + 1, BEFORE = LOCK_PAGE - 5, COUNT = 5000 };
	const uint8_t page_count[4] = {BEFORE >> 24, BEFORE >> 16 & 0xff, BEFORE >> 8 & 0xff, BEFORE & 0xff};
	uint8_t page[TABLE_PAGES_SIZE], zeros[TABLE_PAGES_SIZE] = {0};
	char path[] = "/tmp/table_pages.XXXXXX";
	sqlite3 *db;
	int64_t root = make_file(path);
	FILE *file = fopen(path, "r+b");
	assert_int_equal(ftruncate(fileno(file), (off_t)BEFORE * TABLE_PAGES_SIZE), 0);
	assert_int_equal(pwrite(fileno(file), page_count, 4, 28), 4);
	graft(path, root, COUNT);
	assert_int_equal(pread(fileno(file), page, sizeof page, (off_t)(LOCK_PAGE - 1) * TABLE_PAGES_SIZE),
	                 sizeof page);
	assert_memory_equal(page, zeros, sizeof page);
	fclose(file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	check_rows(db, COUNT);
	sqlite3_close(db);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_lock_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
