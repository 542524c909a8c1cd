// Text as a JSON string (RFC 8259, 7).
#ifndef QUERY_JSON_TEXT_H
#define QUERY_JSON_TEXT_H

#include <stddef.h>

#include "sink.h"

// With its quotes. Characters that a terminal must not see are escaped, too; a byte that is no UTF-8 becomes U+FFFD.
void json_write_text(struct sink *, const char *text, size_t length);

#endif
