// The query and export commands, and the SQL functions that pcapdex adds to a connection.
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include <sqlite3.h>

#include "../common/options.h"
#include "suggest.h"

extern const struct command command_query, command_export;

// Registers on a connection the functions that `pcapdex help query` lists, but for those that dissect packets
// (inspect/inspect.h). An SQLite result code.
int functions_register(sqlite3 *db);

// Names of all reports, built-in ones and the user's; *names is empty before. names_release() releases them.
void query_read_reports(struct names *names);

#endif
