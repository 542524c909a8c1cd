// pcapdex.so: the SQL functions for other SQLite clients.
//
//     sqlite3 case.db -cmd '.load ./pcapdex' "SELECT iso_time(ts_ns) FROM packets"
#include "functions.h"
SQLITE_EXTENSION_INIT1

#include "query.h"

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int sqlite3_pcapdex_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

int sqlite3_pcapdex_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
	(void)error;
	SQLITE_EXTENSION_INIT2(api)
	return functions_register(db);
}
