#!/bin/sh
# Writes the rows of tables as C, from the schema files given: for each table a list of columns as in ingest/row.h,
# and TABLES_OF_PROTOCOLS, the list of all.
#
#   sh ingest/rows.sh rows schema/7*.sql > build/rows.h
#   sh ingest/rows.sh columns schema/7*.sql > build/row_columns.h     for ingest/row.c
#
# A column is a line `<tab>name TYPE ...`; INTEGER, REAL and TEXT are what they say, BLOB is an address.
set -eu

what=$1
shift
cat "$@" | awk -v what="$what" '
/^CREATE TABLE / {
	table = $3
	tables[++count] = table
}
/^\t[a-z]/ && table {
	kind = $2
	sub(/,$/, "", kind)
	if (kind == "BLOB")
		kind = "ADDRESS"
	columns[table] = columns[table] " X(" kind ", " $1 ")"
}
/^\)/ { table = "" }
function print_rows(i) {
	for (i = 1; i <= count; i++)
		print "#define ROWS_" tables[i] "(X)" columns[tables[i]]
	printf "#define TABLES_OF_PROTOCOLS(X)"
	for (i = 1; i <= count; i++)
		printf " X(%s, %s_row, %s, ROWS_%s, false)", toupper(tables[i]), tables[i], tables[i], tables[i]
	print ""
}
function print_columns(i) {
	for (i = 1; i <= count; i++) {
		print "#define ROW " tables[i] "_row"
		print "static const struct column " tables[i] "_columns[] = {ROWS_" tables[i] "(COLUMN)};"
		print "#undef ROW"
	}
}
END {
	print "// Written by ingest/rows.sh."
	if (what == "rows")
		print_rows()
	else
		print_columns()
}'
