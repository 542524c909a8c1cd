// Captures that are loaded while they are made: from an interface, or from a folder that another program fills.
#ifndef INGEST_LIVE_H
#define INGEST_LIVE_H

#include "capture_live.h"
#include "load.h"

struct live_request {
	const char *case_path;
	const char *name;                   // of the capture; NULL: that of the interface or folder
	struct capture_live_options source; // .interface NULL: the folder
	const char *folder;
	struct load_options load;
};

// Captures into the case until a signal or a limit ends it. The case can be read all the time; what was saved stays
// whatever happens. False after a message: it could not begin, or the case not be written.
bool live_capture(const struct live_request *, struct load_totals *);

#endif
