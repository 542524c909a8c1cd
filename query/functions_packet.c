// packet_bytes(packet_id): the packet as it was captured, from the capture file itself. The file is checked against the
// size and the fingerprint that the case has of it, once for each time that it is opened.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY // the state can then be on the stack
#include <xxhash.h>

#include "functions_unpack.h"

enum { PATH_ROOM = 4096, FINGERPRINT_ROOM = 33, BLOCK = 1 << 18, BYTES_MAX = 1 << 26 };

// The file that the last packet was read from.
struct source {
	int fd; // -1: none
	struct unpacked *unpacked;
	char path[PATH_ROOM], fingerprint[FINGERPRINT_ROOM];
};

// Where a packet is.
struct place {
	char path[PATH_ROOM], fingerprint[FINGERPRINT_ROOM], compression[16];
	int64_t size, offset, length;
};

static void source_close(struct source *source)
{
	unpacked_free(source->unpacked);
	if (source->fd >= 0)
		close(source->fd);
	source->unpacked = NULL;
	source->fd = -1;
	source->path[0] = 0;
}

static void source_free(void *source)
{
	source_close(source);
	sqlite3_free(source);
}

static void say(sqlite3_context *context, const char *path, const char *what)
{
	char *error = sqlite3_mprintf("packet_bytes: %.300s: %s", path, what);
	sqlite3_result_error(context, error ? error : "packet_bytes", -1);
	sqlite3_free(error);
}

static void column_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	snprintf(to, size, "%s", text ? text : "");
}

// SQLITE_ROW, SQLITE_DONE when there is no such packet, or an error.
static int find_place(sqlite3 *db, sqlite3_int64 packet_id, struct place *place)
{
	static const char sql[] =
		"SELECT f.path, f.fingerprint, f.compression, f.size, p.file_offset, p.captured_len "
		"FROM packets p JOIN capture_files f ON f.capture_id = p.capture_id "
		"AND p.packet_id BETWEEN f.first_packet_id AND f.last_packet_id WHERE p.packet_id = ?";
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_int64(statement, 1, packet_id);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		column_text(statement, 0, place->path, sizeof place->path);
		column_text(statement, 1, place->fingerprint, sizeof place->fingerprint);
		column_text(statement, 2, place->compression, sizeof place->compression);
		place->size = sqlite3_column_int64(statement, 3);
		place->offset = sqlite3_column_int64(statement, 4);
		place->length = sqlite3_column_int64(statement, 5);
	}
	sqlite3_finalize(statement);
	return result;
}

static bool fingerprint(int fd, char to[FINGERPRINT_ROOM])
{
	XXH3_state_t state;
	unsigned char *block = sqlite3_malloc(BLOCK);
	ssize_t length = -1;
	if (!block)
		return false;
	XXH3_128bits_reset(&state);
	while ((length = read(fd, block, BLOCK)) > 0)
		XXH3_128bits_update(&state, block, (size_t)length);
	sqlite3_free(block);
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
	for (size_t i = 0; i < sizeof canonical.digest; i++)
		snprintf(to + 2 * i, 3, "%02x", canonical.digest[i]);
	return length == 0;
}

// Opens and checks. A pipe or a device is not waited for.
static bool source_open(sqlite3_context *context, struct source *source, const struct place *place)
{
	struct stat info;
	char found[FINGERPRINT_ROOM] = "";
	const char *trouble = NULL;
	source->fd = open(place->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (source->fd < 0)
		trouble = errno == ENOENT ? "the capture file is gone; put it back to see its bytes" : strerror(errno);
	else if (fstat(source->fd, &info) != 0 || !S_ISREG(info.st_mode))
		trouble = "not a regular file";
	else if (info.st_size != place->size || !fingerprint(source->fd, found) ||
	         strcmp(found, place->fingerprint) != 0)
		trouble = "the capture file has changed since it was ingested";
	else if (!(source->unpacked = unpacked_new(source->fd, place->compression)))
		trouble = "cannot be unpacked";
	if (trouble) {
		say(context, place->path, trouble);
		source_close(source);
		return false;
	}
	memcpy(source->path, place->path, sizeof source->path);
	memcpy(source->fingerprint, place->fingerprint, sizeof source->fingerprint);
	return true;
}

static void give_bytes(sqlite3_context *context, struct source *source, const struct place *place)
{
	unsigned char *bytes = sqlite3_malloc64((sqlite3_uint64)place->length + 1);
	if (!bytes) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (unpacked_read(source->unpacked, place->offset, bytes, (size_t)place->length)) {
		sqlite3_result_blob64(context, bytes, (sqlite3_uint64)place->length, sqlite3_free);
		return;
	}
	sqlite3_free(bytes);
	say(context, place->path, "the packet is not where the case says");
}

static void packet_bytes(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct source *source = sqlite3_user_data(context);
	sqlite3 *db = sqlite3_context_db_handle(context);
	struct place place;
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	int result = find_place(db, sqlite3_value_int64(argv[0]), &place);
	if (result == SQLITE_DONE)
		return;
	if (result != SQLITE_ROW) {
		say(context, "not a case", sqlite3_errmsg(db));
		return;
	}
	if (place.path[0] != '/') {
		say(context, place.path, "the capture was not read from a file, its bytes are not kept");
		return;
	}
	if (place.length < 0 || place.length > BYTES_MAX || place.offset < 0) {
		say(context, place.path, "the packet is not where the case says");
		return;
	}
	if (source->fd < 0 || strcmp(source->path, place.path) != 0 ||
	    strcmp(source->fingerprint, place.fingerprint) != 0) {
		source_close(source);
		if (!source_open(context, source, &place))
			return;
	}
	give_bytes(context, source, &place);
}

int functions_register_packet_bytes(sqlite3 *db)
{
	struct source *source = sqlite3_malloc(sizeof *source);
	if (!source)
		return SQLITE_NOMEM;
	*source = (struct source){.fd = -1};
	return sqlite3_create_function_v2(db, "packet_bytes", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, source, packet_bytes,
	                                  NULL, NULL, source_free);
}
