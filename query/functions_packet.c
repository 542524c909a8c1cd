// packet_bytes(packet_id): the packet as it was captured, from the capture file itself. packet_bytes(packet_id,
// file_offset, captured_len), with these columns of packets, gives the same; the place need not be looked up then.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <stdio.h>
#include <string.h>

#include "source.h"

// The file that the last packet was read from, and where else to look for files.
struct reader {
	struct source source;
	char *folder;                            // NULL: nowhere
	int64_t first_packet_id, last_packet_id; // of the file that is open
};

// Where a packet is.
struct place {
	struct source_file file;
	int64_t offset, length, first_packet_id, last_packet_id;
};

static void reader_free(void *pointer)
{
	struct reader *reader = pointer;
	source_close(&reader->source);
	sqlite3_free(reader->folder);
	sqlite3_free(reader);
}

static void say(sqlite3_context *context, const char *what)
{
	char *error = sqlite3_mprintf("packet_bytes: %s", what);
	sqlite3_result_error(context, error ? error : "packet_bytes", -1);
	sqlite3_free(error);
}

static void say_misplaced(sqlite3_context *context, const struct place *place)
{
	char error[SOURCE_ERROR_ROOM];
	snprintf(error, sizeof error, "%.300s: the packet is not where the case says", place->file.path);
	say(context, error);
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
		"SELECT f.path, f.fingerprint, f.compression, ifnull(f.size, -1), p.file_offset, p.captured_len, "
		"f.first_packet_id, f.last_packet_id "
		"FROM packets p JOIN capture_files f ON f.capture_id = p.capture_id "
		"AND p.packet_id BETWEEN f.first_packet_id AND f.last_packet_id WHERE p.packet_id = ?";
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_int64(statement, 1, packet_id);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		column_text(statement, 0, place->file.path, sizeof place->file.path);
		column_text(statement, 1, place->file.fingerprint, sizeof place->file.fingerprint);
		column_text(statement, 2, place->file.compression, sizeof place->file.compression);
		place->file.size = sqlite3_column_int64(statement, 3);
		place->offset = sqlite3_column_int64(statement, 4);
		place->length = sqlite3_column_int64(statement, 5);
		place->first_packet_id = sqlite3_column_int64(statement, 6);
		place->last_packet_id = sqlite3_column_int64(statement, 7);
	}
	sqlite3_finalize(statement);
	return result;
}

static void give_bytes(sqlite3_context *context, struct source *source, const struct place *place)
{
	unsigned char *bytes = sqlite3_malloc64((sqlite3_uint64)place->length + 1);
	if (!bytes) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (source_read(source, place->offset, bytes, (size_t)place->length)) {
		sqlite3_result_blob64(context, bytes, (sqlite3_uint64)place->length, sqlite3_free);
		return;
	}
	sqlite3_free(bytes);
	say_misplaced(context, place);
}

// Opens the file that a place is in, unless it is the one that is open. False after an error.
static bool open_file(sqlite3_context *context, struct reader *reader, const struct place *place)
{
	char error[SOURCE_ERROR_ROOM];
	reader->first_packet_id = place->first_packet_id;
	reader->last_packet_id = place->last_packet_id;
	if (source_is(&reader->source, &place->file))
		return true;
	source_close(&reader->source);
	if (source_open(&reader->source, &place->file, reader->folder, error))
		return true;
	say(context, error);
	return false;
}

// Finds a packet's place and opens its file. False: there is no such packet, or after an error.
static bool look_up(sqlite3_context *context, struct reader *reader, sqlite3_int64 packet_id, struct place *place)
{
	sqlite3 *db = sqlite3_context_db_handle(context);
	char error[SOURCE_ERROR_ROOM];
	int result = find_place(db, packet_id, place);
	if (result == SQLITE_ROW)
		return open_file(context, reader, place);
	if (result != SQLITE_DONE) {
		snprintf(error, sizeof error, "not a case: %.300s", sqlite3_errmsg(db));
		say(context, error);
	}
	return false;
}

static bool is_open(const struct reader *reader, sqlite3_int64 packet_id)
{
	return reader->source.fd >= 0 && packet_id >= reader->first_packet_id && packet_id <= reader->last_packet_id;
}

static void packet_bytes(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct reader *reader = sqlite3_user_data(context);
	sqlite3_int64 packet_id = sqlite3_value_int64(argv[0]);
	struct place place = {.file = reader->source.file};
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	if ((argc == 1 || !is_open(reader, packet_id)) && !look_up(context, reader, packet_id, &place))
		return;
	if (argc == 3) {
		place.offset = sqlite3_value_int64(argv[1]);
		place.length = sqlite3_value_int64(argv[2]);
	}
	if (place.length < 0 || place.length > SOURCE_PACKET_MAX || place.offset < 0)
		say_misplaced(context, &place);
	else
		give_bytes(context, &reader->source, &place);
}

static struct reader *reader_new(const char *folder)
{
	struct reader *reader = sqlite3_malloc(sizeof *reader);
	if (!reader)
		return NULL;
	*reader = (struct reader){.source = SOURCE_CLOSED};
	if (folder && !(reader->folder = sqlite3_mprintf("%s", folder))) {
		sqlite3_free(reader);
		return NULL;
	}
	return reader;
}

int functions_register_packet_bytes(sqlite3 *db, const char *folder)
{
	int result = SQLITE_OK;
	for (int arguments = 1; arguments <= 3 && result == SQLITE_OK; arguments += 2) {
		struct reader *reader = reader_new(folder);
		result = reader ? sqlite3_create_function_v2(db, "packet_bytes", arguments, SQLITE_UTF8 | SQLITE_DIRECTONLY,
		                                             reader, packet_bytes, NULL, NULL, reader_free)
		                : SQLITE_NOMEM;
	}
	return result;
}
