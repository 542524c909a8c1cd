// The SQL functions, each with how it is declared. Compiled for the program (SQLITE_CORE defined) and for the loadable
// extension.
#ifndef QUERY_FUNCTIONS_H
#define QUERY_FUNCTIONS_H

#include <sqlite3ext.h>

void function_ip_in(sqlite3_context *, int argc, sqlite3_value **argv);
void function_tcp_flags(sqlite3_context *, int argc, sqlite3_value **argv);
void function_counted(sqlite3_context *, int argc, sqlite3_value **argv);
void function_last_labels(sqlite3_context *, int argc, sqlite3_value **argv);
void function_iso_time(sqlite3_context *, int argc, sqlite3_value **argv);
void function_hex_dump(sqlite3_context *, int argc, sqlite3_value **argv);
void function_escape_bytes(sqlite3_context *, int argc, sqlite3_value **argv);
void function_regexp(sqlite3_context *, int argc, sqlite3_value **argv);

void function_percentile_step(sqlite3_context *, int argc, sqlite3_value **argv);
void function_median_step(sqlite3_context *, int argc, sqlite3_value **argv);
void function_percentile_final(sqlite3_context *);
void function_count_distinct_step(sqlite3_context *, int argc, sqlite3_value **argv);
void function_count_distinct_final(sqlite3_context *);
void function_only_step(sqlite3_context *, int argc, sqlite3_value **argv);
void function_only_final(sqlite3_context *);
void function_first_few_step(sqlite3_context *, int argc, sqlite3_value **argv);
void function_first_few_final(sqlite3_context *);

// packet_bytes(packet_id) keeps the last file open that it has checked. folder: as source_open has it; registering again
// replaces it.
int functions_register_packet_bytes(sqlite3 *db, const char *folder);

#endif
