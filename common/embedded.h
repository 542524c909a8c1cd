// Files embedded at build time: schema/*.sql, sql/**/*.sql and report/*.css, found by their place.
#ifndef COMMON_EMBEDDED_H
#define COMMON_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; // path without folder and ending: "tcp-connections"; NULL ends an array
	const char *text; // NUL-ended
	size_t length;
};

extern const struct embedded embedded_schema[]; // in name order
extern const struct embedded embedded_reports[];
extern const struct embedded embedded_styles[];

#endif
