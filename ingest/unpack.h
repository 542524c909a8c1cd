// Decompression of a file while it is read: gzip (members in a row), zstd and lz4 frames.
#ifndef INGEST_UNPACK_H
#define INGEST_UNPACK_H

#include "disk_file.h"

enum {
	UNPACK_CHUNK = 256 << 10,    // bytes of the packed file read at a time
	UNPACK_ZSTD_WINDOW_LOG = 27, // largest zstd window that is unpacked: 128 MB
};

struct unpack;

// What the first bytes of a file say, never its name.
enum capture_compression unpack_detect(struct bytes start);

// Starts on a file of which `packed_len` bytes were read already. They are in `packed`, a buffer of UNPACK_CHUNK bytes
// that becomes the unpack's; the file is borrowed.
struct unpack *unpack_new(enum capture_compression, struct disk_file *, uint8_t *packed, size_t packed_len);
void unpack_free(struct unpack *); // NULL is fine

// Writes up to `room` (> 0) unpacked bytes; 0 at the end and where the data is damaged. After damage, what could be
// unpacked before it has been handed out.
size_t unpack_read(struct unpack *, uint8_t *to, size_t room);

// The damage that ended unpacking; NULL none. Its offset is in the packed file.
const struct capture_fault *unpack_fault(const struct unpack *);

#endif
