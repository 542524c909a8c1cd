// One record of a capture file, as the readers hand it on: no protocol is known yet.
#ifndef INGEST_FRAME_H
#define INGEST_FRAME_H

#include "bytes.h"

struct frame {
	int64_t ts_ns;        // nanoseconds since 1970 UTC; 0 where the format has no time (pcapng simple packets)
	uint64_t file_offset; // of the packet's first byte, in the uncompressed file
	uint32_t wire_len;    // bytes on the wire
	uint32_t interface;   // index into the capture's interfaces, counting over all sections of the file
	// Since the last frame: records that are no packets, but that Wireshark numbers like them.
	uint32_t records_before;
	uint16_t link_type; // LINKTYPE_ number of tcpdump.org (not libpcap's DLT_)
	uint8_t fcs_len;    // bytes of frame check sequence at the end, where the file says so; else 0
	struct bytes data;  // the captured bytes; borrowed from the reader until the next frame is asked for
};

#endif
