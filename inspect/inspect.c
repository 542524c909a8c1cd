// The SQL functions. See inspect.h.
#include "inspect.h"

#include <sqlite3.h>

#include "../ingest/dissect.h"
#include "field_print.h"
#include "flow_bytes.h"

// Sets a frame up from the functions' arguments; false: one of them is NULL or cannot be.
static bool frame_of(struct frame *frame, sqlite3_value **argv)
{
	for (int i = 0; i < 4; i++) {
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return false;
	}
	int64_t link_type = sqlite3_value_int64(argv[1]), wire_len = sqlite3_value_int64(argv[2]);
	int64_t fcs_len = sqlite3_value_int64(argv[3]);
	const void *bytes = sqlite3_value_blob(argv[0]);
	if (link_type < 0 || link_type > UINT16_MAX || wire_len < 0 || wire_len > UINT32_MAX || fcs_len < 0 ||
	    fcs_len > UINT8_MAX)
		return false;
	*frame = (struct frame){
		.wire_len = (uint32_t)wire_len,
		.link_type = (uint16_t)link_type,
		.fcs_len = (uint8_t)fcs_len,
		.data = bytes_of(bytes ? bytes : "", (size_t)sqlite3_value_bytes(argv[0])),
	};
	dissect_init();
	return true;
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

static void packet_payload(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct packet packet = {.id = 0};
	struct frame frame;
	(void)argc;
	if (!frame_of(&frame, argv))
		return;
	dissect_frame(&packet, &frame);
	sqlite3_result_blob64(context, packet.payload.at, packet.payload.left, SQLITE_TRANSIENT);
}

static int add_functions(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
	int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	(void)error, (void)api;
	int result = sqlite3_create_function(db, "packet_fields", 4, flags, NULL, packet_fields, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_create_function(db, "packet_payload", 4, flags, NULL, packet_payload, NULL, NULL);
	if (result == SQLITE_OK)
		result = flow_bytes_register(db);
	return result;
}

void inspect_install(void)
{
	sqlite3_auto_extension((void (*)(void))add_functions);
}
