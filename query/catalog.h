// All reports there are: those of --reports DIR, of the user's folder ($XDG_CONFIG_HOME/pcapdex/reports, else
// ~/.config/pcapdex/reports) and the built-in ones. Of two with one name, the first in that order counts.
#ifndef QUERY_CATALOG_H
#define QUERY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

struct catalog {
	struct catalog_entry {
		char *name; // "tcp-connections"; in a subfolder "issues/retransmissions"
		char *text;
		char *path; // NULL: built in
	} * entries;    // in name order
	size_t count;
};

// What a file is for, by its name: a detector is below issues/, a rule below causes/ (analyze/analysis.h), a chapter of
// `pcapdex report` below report/.
enum catalog_kind { CATALOG_REPORT, CATALOG_DETECTOR, CATALOG_RULE, CATALOG_CHAPTER };

enum catalog_kind catalog_kind(const char *name);

// folder: --reports; NULL none. False after a message.
bool catalog_init(struct catalog *, const char *folder);
void catalog_release(struct catalog *);

const struct catalog_entry *catalog_find(const struct catalog *, const char *name);

// "did you mean ...?", or "" when nothing is near.
char *catalog_nearest(const struct catalog *, const char *name, char *to, size_t size);

// A whole text file ("-": standard input); NULL after a message. The caller frees it.
char *catalog_read_file(const char *path);

// Parses an entry; false after a message.
bool catalog_parse(const struct catalog_entry *, struct report *);

#endif
