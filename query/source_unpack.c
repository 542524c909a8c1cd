// gzip, zstd and lz4, from the front to a place; plain files through a window. See source_unpack.h.
#include "source_unpack.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 1 << 17, PLAIN_CHUNK = 1 << 14, ZSTD_WINDOW_LOG_MAX = 27 };

struct unpacked {
	int fd;
	const struct method *method;
	int64_t position; // in the uncompressed file; of a plain one, of the first byte in `packed`
	size_t at, end;   // of `packed`, what is not unpacked yet
	z_stream gzip;
	ZSTD_DStream *zstd;
	LZ4F_dctx *lz4;
	unsigned char packed[CHUNK], skipped[CHUNK];
};

struct method {
	const char *name;
	bool (*begin)(struct unpacked *); // also again; false: no memory
	// Unpacks from `packed`; *made bytes at `to`. False: damaged.
	bool (*unpack)(struct unpacked *, unsigned char *to, size_t room, size_t *made);
};

// ---- one method each ----------------------------------------------------------------------------------------------

static bool gzip_begin(struct unpacked *u)
{
	return u->gzip.state ? inflateReset(&u->gzip) == Z_OK : inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK;
}

static bool gzip_unpack(struct unpacked *u, unsigned char *to, size_t room, size_t *made)
{
	u->gzip.next_in = u->packed + u->at;
	u->gzip.avail_in = (uInt)(u->end - u->at);
	u->gzip.next_out = to;
	u->gzip.avail_out = (uInt)room;
	int status = inflate(&u->gzip, Z_NO_FLUSH);
	u->at = u->end - u->gzip.avail_in;
	*made = room - u->gzip.avail_out;
	if (status == Z_STREAM_END) // another member may follow
		return inflateReset(&u->gzip) == Z_OK;
	return status == Z_OK || status == Z_BUF_ERROR;
}

static bool zstd_begin(struct unpacked *u)
{
	if (!u->zstd)
		u->zstd = ZSTD_createDStream();
	return u->zstd && !ZSTD_isError(ZSTD_initDStream(u->zstd)) &&
	       !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX));
}

static bool zstd_unpack(struct unpacked *u, unsigned char *to, size_t room, size_t *made)
{
	ZSTD_inBuffer in = {u->packed + u->at, u->end - u->at, 0};
	ZSTD_outBuffer out = {to, room, 0};
	size_t status = ZSTD_decompressStream(u->zstd, &out, &in);
	u->at += in.pos;
	*made = out.pos;
	return !ZSTD_isError(status);
}

static bool lz4_begin(struct unpacked *u)
{
	if (u->lz4)
		LZ4F_resetDecompressionContext(u->lz4);
	return u->lz4 || !LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION));
}

static bool lz4_unpack(struct unpacked *u, unsigned char *to, size_t room, size_t *made)
{
	size_t taken = u->end - u->at;
	*made = room;
	size_t status = LZ4F_decompress(u->lz4, to, made, u->packed + u->at, &taken, NULL);
	u->at += taken;
	return !LZ4F_isError(status);
}

static bool none_begin(struct unpacked *u)
{
	(void)u;
	return true;
}

static const struct method methods[] = {
	{"none", none_begin, NULL},
	{"gzip", gzip_begin, gzip_unpack},
	{"zstd", zstd_begin, zstd_unpack},
	{"lz4", lz4_begin, lz4_unpack},
};

// ---- the file -----------------------------------------------------------------------------------------------------

static bool begin(struct unpacked *u)
{
	u->position = 0;
	u->at = u->end = 0;
	return lseek(u->fd, 0, SEEK_SET) == 0 && u->method->begin(u);
}

struct unpacked *unpacked_new(int fd, const char *compression)
{
	struct unpacked *u = calloc(1, sizeof *u);
	if (!u)
		return NULL;
	u->fd = fd;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (!strcmp(methods[i].name, compression))
			u->method = &methods[i];
	}
	if (u->method && begin(u))
		return u;
	unpacked_free(u);
	return NULL;
}

void unpacked_free(struct unpacked *u)
{
	if (!u)
		return;
	if (u->gzip.state)
		inflateEnd(&u->gzip);
	ZSTD_freeDStream(u->zstd);
	LZ4F_freeDecompressionContext(u->lz4);
	free(u);
}

// The next bytes, up to `room`; 0 at the end and at damage.
static size_t read_on(struct unpacked *u, unsigned char *to, size_t room)
{
	size_t made = 0;
	while (made == 0) {
		bool drained = u->at == u->end;
		if (drained) {
			ssize_t length = read(u->fd, u->packed, CHUNK);
			u->at = 0;
			u->end = length > 0 ? (size_t)length : 0;
		}
		if (!u->method->unpack(u, to, room, &made))
			return 0;
		if (made == 0 && drained && u->end == 0)
			return 0;
	}
	u->position += (int64_t)made;
	return made;
}

static bool skip_to(struct unpacked *u, int64_t offset)
{
	if (offset < u->position && !begin(u))
		return false;
	while (u->position < offset) {
		int64_t left = offset - u->position;
		if (read_on(u, u->skipped, left < CHUNK ? (size_t)left : CHUNK) == 0)
			return false;
	}
	return true;
}

static bool in_window(const struct unpacked *u, int64_t offset, size_t length)
{
	return offset >= u->position && offset - u->position <= (int64_t)u->end &&
	       length <= u->end - (size_t)(offset - u->position);
}

// Packets are mostly small and read in a row: one call brings many.
static bool read_plain(struct unpacked *u, int64_t offset, void *to, size_t length)
{
	if (length > PLAIN_CHUNK)
		return pread(u->fd, to, length, offset) == (ssize_t)length;
	if (!in_window(u, offset, length)) {
		ssize_t got = pread(u->fd, u->packed, PLAIN_CHUNK, offset);
		u->position = offset;
		u->end = got > 0 ? (size_t)got : 0;
	}
	if (!in_window(u, offset, length))
		return false;
	memcpy(to, u->packed + (offset - u->position), length);
	return true;
}

bool unpacked_read(struct unpacked *u, int64_t offset, void *to, size_t length)
{
	unsigned char *at = to;
	if (!u->method->unpack)
		return read_plain(u, offset, to, length);
	if (!skip_to(u, offset))
		return false;
	for (size_t made; length > 0; at += made, length -= made) {
		made = read_on(u, at, length);
		if (made == 0)
			return false;
	}
	return true;
}
