// Bytes from within a file, compressed or not, by their place in the uncompressed one. It lives in other programs, too
// (the extension), so that it may not end them when there is no memory; and what it reads was checked before.
#ifndef QUERY_SOURCE_UNPACK_H
#define QUERY_SOURCE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unpacked;

// compression: "none", "gzip", "zstd" or "lz4". The descriptor is borrowed. NULL: another one, or no memory.
struct unpacked *unpacked_new(int fd, const char *compression);
void unpacked_free(struct unpacked *); // NULL is fine

// Forward it reads on; backward it begins again. False: the bytes are not there.
bool unpacked_read(struct unpacked *, int64_t offset, void *to, size_t length);

#endif
