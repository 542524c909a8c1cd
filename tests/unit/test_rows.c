// ingest/row.h against schema/*.sql: every column of a table is written, and every member has a column.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "../../common/embedded.h"
#include "../../ingest/table_pages.h"

static sqlite3 *open_schema(void)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (const struct embedded *e = embedded_schema; e->name; e++)
		if (sqlite3_exec(db, e->text, NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("schema/%s.sql: %s", e->name, sqlite3_errmsg(db));
	return db;
}

static bool has_member(const struct table *table, const char *column)
{
	for (unsigned i = 0; i < table->column_count; i++)
		if (strcmp(table->columns[i].name, column) == 0)
			return true;
	return false;
}

static void check_table(sqlite3 *db, const struct table *table)
{
	char sql[128];
	sqlite3_stmt *statement;
	unsigned columns = 0;
	snprintf(sql, sizeof sql, "SELECT name, pk FROM pragma_table_info('%s')", table->name);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		bool counted = table->auto_id && sqlite3_column_int(statement, 1);
		if (!counted && !has_member(table, name))
			fail_msg("%s.%s is declared and never written", table->name, name);
		columns += !counted;
	}
	sqlite3_finalize(statement);
	if (columns != table->column_count)
		fail_msg("%s: %u columns declared, %u written", table->name, columns, table->column_count);
}

static void test_columns(void **state)
{
	(void)state;
	sqlite3 *db = open_schema();
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		check_table(db, &tables[i]);
	sqlite3_close(db);
}

// Tables whose rows have unique names.
static bool is_small(const char *name)
{
	static const char *const small[] = {"captures", "protocol_stacks", "tcp_states"};
	for (size_t i = 0; i < sizeof small / sizeof *small; i++)
		if (strcmp(small[i], name) == 0)
			return true;
	return false;
}

// Large tables are laid out: they have no index, and their columns are the row's, in the same order.
static void test_laid_out(void **state)
{
	(void)state;
	sqlite3 *db = open_schema();
	struct page_file file = {.fd = -1};
	struct table_pages pages;
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		bool wanted = !is_small(tables[i].name);
		if (table_pages_init(&pages, &tables[i], db, &file) != wanted)
			fail_msg("%s: %s", tables[i].name, wanted ? "cannot be laid out" : "is laid out");
		if (wanted)
			table_pages_release(&pages);
	}
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_laid_out)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
