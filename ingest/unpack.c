// Decompression of a file while it is read. See unpack.h.
//
// gzip: RFC 1952. zstd: RFC 8878, with skippable frames (3.1.2). lz4: the LZ4 Frame Format Description 1.6.
#include "unpack.h"

#include <lz4frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "capture_fault.h"

enum { FRAME_START_LEN = 5 }; // bytes of a zstd or lz4 frame to start with

struct unpack {
	enum capture_compression compression;
	struct disk_file *file; // borrowed
	uint8_t *packed;        // UNPACK_CHUNK bytes, of which those from `at` to `end` wait to be unpacked
	size_t at, end;
	bool inside;      // of a gzip member or a frame: the file must not end here
	size_t wanted;    // bytes that zstd or lz4 asks for next, 0 outside a frame: about one block
	bool ended, made; // made: something was unpacked
	struct capture_fault fault;
	z_stream gzip;
	ZSTD_DStream *zstd;
	LZ4F_dctx *lz4;
};

static bool is_skippable(struct bytes start)
{
	return start.left >= 8 && (bytes_uint_le(&start, 4) & 0xfffffff0) == 0x184d2a50;
}

enum capture_compression unpack_detect(struct bytes start)
{
	while (is_skippable(start)) {
		uint64_t length = bytes_peek(start, 7, 1) << 24 | bytes_peek(start, 6, 1) << 16 |
		                  bytes_peek(start, 5, 1) << 8 | bytes_peek(start, 4, 1);
		if (start.left - 8 < length + 4)
			return CAPTURE_ZSTD; // lz4 has such frames, too, but none of its tools writes one first
		bytes_skip(&start, 8 + length);
	}
	if (bytes_peek(start, 0, 3) == 0x1f8b08)
		return CAPTURE_GZIP;
	if (bytes_peek(start, 0, 4) == 0x28b52ffd)
		return CAPTURE_ZSTD;
	if (bytes_peek(start, 0, 4) == 0x04224d18)
		return CAPTURE_LZ4;
	return CAPTURE_PLAIN;
}

// Makes the decompressor; false when there is no memory.
static bool start_unpacking(struct unpack *u)
{
	switch (u->compression) {
	case CAPTURE_GZIP:
		return inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK;
	case CAPTURE_ZSTD:
		u->zstd = ZSTD_createDStream();
		return u->zstd &&
		       !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, UNPACK_ZSTD_WINDOW_LOG));
	case CAPTURE_LZ4:
		return !LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION));
	case CAPTURE_PLAIN:
		break;
	}
	return false;
}

struct unpack *unpack_new(enum capture_compression compression, struct disk_file *file, uint8_t *packed,
                          size_t packed_len)
{
	struct unpack *u = memory_alloc(sizeof *u);
	*u = (struct unpack){.compression = compression, .file = file, .packed = packed, .end = packed_len};
	return capture_need(start_unpacking(u) ? u : NULL);
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	if (u->compression == CAPTURE_GZIP)
		inflateEnd(&u->gzip);
	ZSTD_freeDStream(u->zstd);
	LZ4F_freeDecompressionContext(u->lz4);
	free(u->packed);
	free(u);
}

static void damage(struct unpack *u, const char *what)
{
	unsigned long long offset = u->file->bytes_read - (u->end - u->at);
	u->ended = true;
	capture_fault_set(&u->fault, u->file->name,
	                  "the %s data is damaged at offset %llu of the compressed file: %s; "
	                  "%s; copy or download the file again",
	                  capture_compression_name(u->compression), offset, what,
	                  u->made ? "every packet before was kept" : "nothing could be unpacked");
}

static void damage_behind(struct unpack *u)
{
	char what[64];
	snprintf(what, sizeof what, "what follows the end of the %s data is something else",
	         capture_compression_name(u->compression));
	damage(u, what);
}

// Zeros may follow a gzip member (tapes, block devices); anything else must be a member.
static bool find_gzip_member(struct unpack *u)
{
	while (u->at < u->end && u->packed[u->at] == 0)
		u->at++;
	if (u->at == u->end)
		return false;
	if (u->packed[u->at] != 0x1f) {
		damage_behind(u);
		return false;
	}
	inflateReset(&u->gzip);
	return true;
}

static size_t unpack_gzip(struct unpack *u, uint8_t *to, size_t room)
{
	if (!u->inside && !find_gzip_member(u))
		return 0;
	u->gzip.next_in = u->packed + u->at;
	u->gzip.avail_in = (uInt)(u->end - u->at);
	u->gzip.next_out = to;
	u->gzip.avail_out = (uInt)room;
	int status = inflate(&u->gzip, Z_NO_FLUSH);
	u->at = u->end - u->gzip.avail_in;
	u->inside = status != Z_STREAM_END;
	u->made = u->made || u->gzip.avail_out < room;
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		damage(u, u->gzip.msg ? u->gzip.msg : zError(status));
	return room - u->gzip.avail_out;
}

static const char *zstd_trouble(size_t status)
{
	if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge)
		return "it needs a window of more than 128 MB (unpack it first: zstd -d --long=31)";
	return ZSTD_getErrorName(status);
}

// How much zstd and lz4 get at a time. They keep back what a call unpacked before it met damage: with more than they
// ask for, good blocks would be lost.
static size_t next_piece(const struct unpack *u)
{
	size_t wanted = u->wanted ? u->wanted : FRAME_START_LEN;
	return wanted < u->end - u->at ? wanted : u->end - u->at;
}

static size_t unpack_zstd(struct unpack *u, uint8_t *to, size_t room)
{
	ZSTD_inBuffer in = {u->packed + u->at, next_piece(u), 0};
	ZSTD_outBuffer out = {to, room, 0};
	if (!u->inside && in.size == 0)
		return 0;
	size_t status = ZSTD_decompressStream(u->zstd, &out, &in);
	u->at += in.pos;
	if (ZSTD_getErrorCode(status) == ZSTD_error_prefix_unknown && u->made)
		damage_behind(u);
	else if (ZSTD_isError(status))
		damage(u, zstd_trouble(status));
	u->inside = status != 0;
	u->wanted = status;
	return out.pos;
}

static size_t unpack_lz4(struct unpack *u, uint8_t *to, size_t room)
{
	size_t taken = next_piece(u), made = room;
	if (!u->inside && taken == 0)
		return 0;
	size_t status = LZ4F_decompress(u->lz4, to, &made, u->packed + u->at, &taken, NULL);
	if (LZ4F_isError(status)) {
		const char *name = LZ4F_getErrorName(status);
		if (!strcmp(name, "ERROR_frameType_unknown") && u->made)
			damage_behind(u);
		else
			damage(u, name);
		return 0;
	}
	u->at += taken;
	u->inside = status != 0;
	u->wanted = status;
	return made;
}

static size_t unpack_some(struct unpack *u, uint8_t *to, size_t room)
{
	if (u->compression == CAPTURE_GZIP)
		return unpack_gzip(u, to, room);
	return u->compression == CAPTURE_ZSTD ? unpack_zstd(u, to, room) : unpack_lz4(u, to, room);
}

// More of the packed file; false at its end.
static bool refill(struct unpack *u)
{
	u->at = 0;
	u->end = disk_file_read(u->file, u->packed, UNPACK_CHUNK);
	return u->end > 0;
}

size_t unpack_read(struct unpack *u, uint8_t *to, size_t room)
{
	while (!u->ended) {
		size_t made = unpack_some(u, to, room);
		u->made = u->made || made > 0;
		if (made > 0)
			return made;
		if (u->ended || u->at < u->end || refill(u))
			continue;
		u->ended = true;
		if (u->inside && !u->file->failed)
			damage(u, "it is cut short");
	}
	return 0;
}

const struct capture_fault *unpack_fault(const struct unpack *u)
{
	return u->fault.text[0] ? &u->fault : NULL;
}
