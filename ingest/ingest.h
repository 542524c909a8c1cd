// The ingest command.
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "../common/options.h"

extern const struct command command_ingest;

#endif
