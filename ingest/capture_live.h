// Packets from an interface, as they come: libpcap's live capture. A capture like those of files (capture.h), whose
// capture_next() also gives CAPTURE_WAIT.
#ifndef INGEST_CAPTURE_LIVE_H
#define INGEST_CAPTURE_LIVE_H

#include "capture.h"

enum {
	CAPTURE_LIVE_SNAPLEN = 262144,  // bytes of a packet that are kept unless told otherwise
	CAPTURE_LIVE_BUFFER = 32 << 20, // bytes of packets that wait in the kernel while rows are saved
	// How long the kernel may keep a packet back to hand over several at a time.
	CAPTURE_LIVE_TIMEOUT_NS = 100000000,
	CAPTURE_LIVE_TIMEOUT_NS_MAX = 1000000000,
	CAPTURE_LIVE_WAIT_MS = 100, // after which capture_next() gives CAPTURE_WAIT
};

struct capture_live_options {
	const char *interface; // borrowed, as the filter
	const char *filter;    // libpcap's language; NULL none
	const char *direction; // "in", "out", "both"
	int64_t snaplen;
	int64_t timeout_ns;
	bool promiscuous;
};

// Starts to capture, with time stamps in nanoseconds where the interface can. NULL with *fault filled: no such
// interface (the text lists those there are), no permission, a filter or direction that cannot be.
struct capture *capture_live_open(const struct capture_live_options *, struct capture_fault *fault);

#endif
