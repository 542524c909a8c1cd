// A folder that another program fills with capture files and takes old ones from: dumpcap -b, tcpdump -C, -G, -W. Its
// files become one capture, in the order of their first packets, each while it grows.
//
// A file is complete when another one has begun after it. Files whose bytes are in the case are passed over; of a
// file that is in the case in part, the rest is taken. A name that is used again is another file. What is no plain
// capture (compressed copies of files that are complete, too) is left alone.
#ifndef INGEST_RING_H
#define INGEST_RING_H

#include "load.h"

enum {
	RING_LOOK_NS = 250000000, // between two looks into the folder
	RING_STEP_NS = 50000000,  // between two looks at the file that grows
};

// The capture of this folder (a full path) that may go on: it is the last one of the case. 0 none.
int64_t ring_resumable(struct case_file *, const char *folder);

// Follows the folder until the load has ended. False after a message: it cannot be read, or the case not be written.
bool ring_follow(struct load *, struct case_file *, const char *folder, struct load_totals *);

#endif
