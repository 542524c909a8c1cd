// SQL as text.
#ifndef COMMON_SQL_TEXT_H
#define COMMON_SQL_TEXT_H

// Past comments, and past any of these characters between them.
const char *sql_text_skip(const char *sql, const char *blanks);

#endif
