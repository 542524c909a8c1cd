// Captures to frames: classic pcap through libpcap, pcapng through our own reader, either of them plain or
// compressed with gzip, zstd or lz4, from a file or from standard input; and from an interface (capture_live.h).
#ifndef INGEST_CAPTURE_H
#define INGEST_CAPTURE_H

#include "frame.h"

enum { CAPTURE_FAULT_MAX = 512 };

// What is wrong with an input, in words for a person: what, where (file, offset), what to do.
struct capture_fault {
	char text[CAPTURE_FAULT_MAX];
};

// Where packets were taken from, as the file tells; pcapng: one per Interface Description Block of every section.
// The texts are owned by the capture, may be NULL, are cut at their first NUL and are valid UTF-8 or escaped
// (\xHH) before they are handed on.
struct capture_interface {
	uint16_t link_type;  // LINKTYPE_ number
	uint32_t snaplen;    // 0: no limit
	int64_t ts_units;    // time stamp units per second
	int64_t ts_offset_s; // seconds added to every time stamp
	uint8_t fcs_len;     // bytes of FCS at the end of each frame
	char *name, *description, *filter, *os, *hardware;
	int64_t received, dropped; // of the last Interface Statistics Block; -1 not told
};

enum capture_format { CAPTURE_PCAP, CAPTURE_PCAPNG, CAPTURE_LIVE };
enum capture_compression { CAPTURE_PLAIN, CAPTURE_GZIP, CAPTURE_ZSTD, CAPTURE_LZ4 };

enum capture_result {
	CAPTURE_FRAME,   // *frame is the next one
	CAPTURE_END,     // the end of the file, in order
	CAPTURE_WAIT,    // live: no packet came for a while; ask again
	CAPTURE_DAMAGED, // the rest cannot be read; fault says why and where. Everything before was handed on.
};

struct capture;

// Opens path ("-": standard input). NULL when it is not a capture or cannot be read, with *fault filled:
// missing, unreadable, a directory, empty, too short, not a capture (names what it looks like, when known).
struct capture *capture_open(const char *path, struct capture_fault *fault);
void capture_free(struct capture *); // NULL is fine

// Opens a file that may still grow. At the file's end, `wait` is called with `context`: true, there may be more now;
// false, this is the end. It may take its time.
struct capture *capture_open_growing(const char *path, bool (*wait)(void *), void *context,
                                     struct capture_fault *fault);

// Reads on. The frame is valid until the next call. After CAPTURE_END or CAPTURE_DAMAGED it gives the same again.
enum capture_result capture_next(struct capture *, struct frame *frame, struct capture_fault *fault);

enum capture_format capture_format(const struct capture *);
enum capture_compression capture_compression(const struct capture *);
const char *capture_comment(const struct capture *); // of the first section header; NULL none. Escaped as above.

// The interfaces known so far (a pcapng may add some at any time); *count is set. The array may move at the next
// capture_next(). Statistics arrive late: ask again at the end; those of a live capture are as of now.
const struct capture_interface *capture_interfaces(struct capture *, unsigned *count);

// Accounts, final after CAPTURE_END or CAPTURE_DAMAGED. Bytes of the uncompressed stream that no frame or block
// accounts for (a damaged end); size of the file as it is on disk (compressed; -1 for a pipe); bytes read so far of it.
uint64_t capture_bytes_unread(const struct capture *);
int64_t capture_size(const struct capture *);
uint64_t capture_bytes_read(const struct capture *);

// Fingerprint of the file's bytes as they are on disk: XXH3-128 as 32 hex digits and a NUL. Of a capture only after
// its end was reached (whatever was left unread is read and hashed).
void capture_fingerprint(struct capture *, char to[33]);

// The same from a path; false, with *fault filled, when it cannot be read.
bool capture_fingerprint_file(const char *path, char to[33], struct capture_fault *fault);

// Names for messages and tables: "pcap", "pcapng", "live"; "none", "gzip", "zstd", "lz4".
const char *capture_format_name(enum capture_format);
const char *capture_compression_name(enum capture_compression);

#endif
