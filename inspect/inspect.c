// The SQL functions. See inspect.h.
#include "inspect.h"

#include <sqlite3.h>

#include "../ingest/dissect.h"
#include "field_print.h"
#include "flow_bytes.h"
#include "payload.h"

// The frame of the functions' arguments; false: one of them is NULL or cannot be.
static bool frame_of(struct frame *frame, sqlite3_value **argv)
{
	for (int i = 0; i < 4; i++) {
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return false;
	}
	const void *bytes = sqlite3_value_blob(argv[0]);
	return payload_frame(frame, bytes_of(bytes ? bytes : "", (size_t)sqlite3_value_bytes(argv[0])),
	                     sqlite3_value_int64(argv[1]), sqlite3_value_int64(argv[2]), sqlite3_value_int64(argv[3]));
}

static void packet_fields(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct dissect_trace trace = {.count = 0};
	struct packet packet = {.id = 0};
	struct frame frame;
	(void)argc;
	if (!frame_of(&frame, argv))
		return;
	dissect_frame_traced(&packet, &frame, &trace);
	char *json = field_print(&packet, &trace);
	if (json)
		sqlite3_result_text(context, json, -1, sqlite3_free);
	else
		sqlite3_result_error_nomem(context);
}

static void frame_payload(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct packet packet = {.id = 0};
	struct frame frame;
	(void)argc;
	if (!frame_of(&frame, argv))
		return;
	dissect_frame(&packet, &frame);
	sqlite3_result_blob64(context, packet.payload.at, packet.payload.left, SQLITE_TRANSIENT);
}

// Rows of `fragments` in which a packet completes a datagram; -1: an error.
static int count_completed(sqlite3 *db, int64_t packet_id)
{
	static const char sql[] =
		"SELECT count(*) FROM fragments WHERE fragment_id BETWEEN 4 * ?1 AND 4 * ?1 + 3 AND completes";
	sqlite3_stmt *statement = NULL;
	int count = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, packet_id);
		count = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
	}
	sqlite3_finalize(statement);
	return count;
}

static void packet_payload(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	sqlite3 *db = sqlite3_context_db_handle(context);
	int64_t packet_id = sqlite3_value_int64(argv[0]);
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	int completes = count_completed(db, packet_id);
	struct payload_reader *reader = sqlite3_malloc64(sizeof *reader);
	if (!reader) {
		sqlite3_result_error_nomem(context);
		return;
	}
	struct payload payload;
	int result = payload_reader_init_packet(reader, db, packet_id);
	if (result == SQLITE_OK)
		result = completes < 0 ? SQLITE_ERROR : payload_read(reader, packet_id, completes, &payload);
	if (result == SQLITE_OK)
		sqlite3_result_blob64(context, payload.bytes.at, payload.bytes.left, SQLITE_TRANSIENT);
	else
		sqlite3_result_error(context, sqlite3_errmsg(db), -1);
	payload_reader_release(reader);
	sqlite3_free(reader);
}

static int add_functions(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	(void)error, (void)api;
	int result = sqlite3_create_function(db, "packet_fields", 4, flags, NULL, packet_fields, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_create_function(db, "packet_payload", 4, flags, NULL, frame_payload, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_create_function(db, "packet_payload", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
		                                 packet_payload, NULL, NULL);
	if (result == SQLITE_OK)
		result = flow_bytes_register(db);
	return result;
}

void inspect_install(void)
{
	sqlite3_auto_extension((void (*)(void))add_functions);
}
