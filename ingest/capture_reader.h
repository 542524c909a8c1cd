// What the readers of the two formats share with capture.c. For them, tests and fuzzers only.
#ifndef INGEST_CAPTURE_READER_H
#define INGEST_CAPTURE_READER_H

#include "../common/message.h"
#include "byte_stream.h"
#include "capture.h"

enum {
	CAPTURE_BLOCK_MAX = 256 << 20,    // bytes of a pcapng block; more is taken for damage
	CAPTURE_INTERFACES_MAX = 1 << 16, // of a file; more is taken for an attack on memory
	CAPTURE_TEXT_MAX = 1024,          // bytes of an interface's text that are kept, before escaping
};

// How time stamps of a pcapng interface become nanoseconds.
struct capture_clock {
	uint64_t coarsen; // divisor that makes very fine units fit; 0: they are all 0
	uint64_t units;   // per second, after that
	int64_t offset_s;
};

struct capture_pcap; // state of the classic reader
struct capture_live; // of live capture

struct capture {
	struct byte_stream stream;
	enum capture_format format;
	struct capture_interface *interfaces; // owned, with their texts
	struct capture_clock *clocks;         // one an interface; pcapng only
	unsigned interface_count, interface_capacity;
	char *comment;
	enum capture_result result; // of the last capture_next()
	struct capture_fault fault; // when that is CAPTURE_DAMAGED
	uint64_t bytes_unread;
	struct capture_pcap *pcap;
	struct capture_live *live;
	bool big_endian;            // pcapng: the section at hand
	unsigned section_interface; // pcapng: number of its first interface
};

// As capture_open(), from memory that stays the caller's and must outlive the capture.
struct capture *capture_open_memory(const char *name, const void *data, size_t length, struct capture_fault *);

// An interface more, all unknown; the array may move.
struct capture_interface *capture_add_interface(struct capture *);

// The rest cannot be read: `offset` is where what is damaged starts, everything from there on is unread. The text says
// what is wrong and what to do. Returns CAPTURE_DAMAGED.
enum capture_result capture_damaged(struct capture *, uint64_t offset, const char *format, ...) PRINTF_LIKE(3, 4);

// Text of a file cut at its first NUL and after `max` bytes, and escaped; owned by the caller.
char *capture_text(struct bytes text, size_t max);

// Each format: does the stream start like it; start reading (false: c->fault says why not); the next frame.
bool capture_pcap_detect(struct byte_stream *);
bool capture_pcap_start(struct capture *);
enum capture_result capture_pcap_next(struct capture *, struct frame *);
void capture_pcap_release(struct capture *);
uint16_t capture_link_type(int dlt); // LINKTYPE_ number of a DLT_ number of this platform

bool capture_pcapng_detect(struct byte_stream *);
bool capture_pcapng_start(struct capture *);
enum capture_result capture_pcapng_next(struct capture *, struct frame *);

enum capture_result capture_live_next(struct capture *, struct frame *);
void capture_live_count(struct capture *); // sets the interface's statistics to what they are now
void capture_live_release(struct capture *);

#endif
