// The fields of a frame's headers as JSON, from the tables that the decoders have of them (ingest/field.h).
#ifndef INSPECT_FIELD_PRINT_H
#define INSPECT_FIELD_PRINT_H

#include "../ingest/dissect.h"

// As inspect.h describes packet_fields(). From sqlite3_malloc; NULL: no memory.
char *field_print(const struct packet *, const struct dissect_trace *);

#endif
