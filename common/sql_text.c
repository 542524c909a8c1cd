// SQL as text. See sql_text.h.
#include "sql_text.h"

#include <string.h>

const char *sql_text_skip(const char *sql, const char *blanks)
{
	for (;;) {
		sql += strspn(sql, blanks);
		if (sql[0] == '-' && sql[1] == '-') {
			sql += strcspn(sql, "\n");
		} else if (sql[0] == '/' && sql[1] == '*') {
			const char *end = strstr(sql + 2, "*/");
			sql = end ? end + 2 : sql + strlen(sql);
		} else {
			return sql;
		}
	}
}
