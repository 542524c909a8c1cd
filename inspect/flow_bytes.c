// The table flow_bytes. See inspect.h.
#include "flow_bytes.h"

#include <string.h>

#include "chunk_queue.h"
#include "payload.h"

#define NEW(type) sqlite3_malloc64(sizeof(type))

enum column { COLUMN_DIRECTION, COLUMN_PACKET_ID, COLUMN_OFFSET, COLUMN_MISSING, COLUMN_BYTES, COLUMN_FLOW_ID };

enum packet_column {
	PACKET_ID,
	PACKET_DIRECTION,
	PACKET_SEQ,
	PACKET_ACK,
	PACKET_FLAGS,
	PACKET_LEN,
	PACKET_COMPLETES
};

// Streams note the time of a frame, which nobody asks for here.
static const struct frame no_frame;

static const char packets_sql[] =
	"SELECT p.packet_id, p.direction, p.seq, p.ack, p.tcp_flags, p.payload_len, "
	"(SELECT count(*) FROM fragments g WHERE g.fragment_id BETWEEN 4 * p.packet_id AND 4 * p.packet_id + 3 "
	"AND g.completes) "
	"FROM flow_packets fp CROSS JOIN packets p ON p.packet_id = fp.packet_id "
	"WHERE fp.flow_id = ? AND (p.tcp_flags IS NOT NULL OR (p.payload_len > 0 AND p.duplicate_of IS NULL)) "
	"ORDER BY p.packet_id";

struct table {
	sqlite3_vtab base;
	sqlite3 *db;
};

struct cursor {
	sqlite3_vtab_cursor base;
	sqlite3_stmt *packets; // owned
	struct payload_reader payloads;
	struct stream stream;
	struct stream_budget budget;
	struct packet packet;
	struct chunk_queue chunks;
	struct stream_chunk chunk;       // of the row
	int64_t flow_id, row, offset[2]; // offset: of the next chunk, by direction
	bool is_datagram, is_over, ended;
	bool is_giving; // what is in chunks
};

static int connect_table(sqlite3 *db, void *context, int argc, const char *const *argv, sqlite3_vtab **made,
                         char **error)
{
	(void)context, (void)argc, (void)argv, (void)error;
	int result = sqlite3_declare_vtab(db,
	                                  "CREATE TABLE x(direction INTEGER, packet_id INTEGER, offset INTEGER, "
	                                  "missing INTEGER, bytes BLOB, flow_id INTEGER HIDDEN)");
	struct table *table = result == SQLITE_OK ? NEW(struct table) : NULL;
	if (result != SQLITE_OK)
		return result;
	if (!table)
		return SQLITE_NOMEM;
	*table = (struct table){.db = db};
	*made = &table->base;
	return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int disconnect_table(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

// Only with a flow: WHERE flow_id = 3, or FROM flow_bytes(3).
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != COLUMN_FLOW_ID ||
		    info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || !info->aConstraint[i].usable)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		info->estimatedCost = 1000;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **made)
{
	struct cursor *cursor = NEW(struct cursor);
	(void)table;
	if (!cursor)
		return SQLITE_NOMEM;
	*cursor = (struct cursor){.ended = true};
	*made = &cursor->base;
	return SQLITE_OK;
}

static void reset(struct cursor *c)
{
	stream_release(&c->stream, &c->budget);
	chunk_queue_release(&c->chunks);
	sqlite3_finalize(c->packets);
	payload_reader_release(&c->payloads);
	*c = (struct cursor){.base = c->base, .ended = true};
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
	reset((struct cursor *)cursor);
	sqlite3_free(cursor);
	return SQLITE_OK;
}

// Numbers in a case are relative: those of each direction's first packet are 0 (SYN) or 1.
static void begin_stream(struct cursor *c)
{
	for (int i = 0; i < 2; i++) {
		c->stream.side[i].begun = true;
		c->stream.side[i].next = 1;
	}
}

static int read_payload(struct cursor *c)
{
	struct payload payload = {.bytes = bytes_of("", 0)};
	struct packet *p = &c->packet;
	int64_t length = sqlite3_column_int64(c->packets, PACKET_LEN);
	int result = SQLITE_OK;
	if (length > 0)
		result = payload_read(&c->payloads, p->id, sqlite3_column_int(c->packets, PACKET_COMPLETES), &payload);
	p->payload = payload.bytes;
	p->payload_len = length > 0 && length <= UINT32_MAX && !payload.is_piece ? (uint32_t)length : 0;
	if (p->payload.left > p->payload_len)
		p->payload.left = p->payload_len;
	return result;
}

static int read_packet(struct cursor *c)
{
	sqlite3_stmt *s = c->packets;
	struct tcp_header *tcp = &c->packet.ip.tcp;
	c->packet.frame = &no_frame;
	c->packet.id = sqlite3_column_int64(s, PACKET_ID);
	c->packet.direction = sqlite3_column_int(s, PACKET_DIRECTION) != 0;
	c->is_datagram = sqlite3_column_type(s, PACKET_FLAGS) == SQLITE_NULL;
	tcp->seq = (uint32_t)sqlite3_column_int64(s, PACKET_SEQ);
	tcp->ack = (uint32_t)sqlite3_column_int64(s, PACKET_ACK);
	tcp->flags = (uint16_t)sqlite3_column_int64(s, PACKET_FLAGS);
	return read_payload(c);
}

// A datagram is a chunk; what the snap length cut of it is missing behind it.
static void take_datagram(struct cursor *c)
{
	const struct packet *p = &c->packet;
	struct stream_chunk chunk = {.direction = p->direction, .data = p->payload, .packet_id = p->id};
	if (p->payload.left)
		chunk_queue_add(&c->chunks, &chunk);
	chunk.missing = p->payload_len - (uint32_t)p->payload.left;
	chunk.data = bytes_of("", 0);
	if (chunk.missing)
		chunk_queue_add(&c->chunks, &chunk);
}

static void take_chunks(struct cursor *c)
{
	struct stream_chunk chunk;
	if (c->is_datagram)
		take_datagram(c);
	while (stream_next(&c->stream, &c->budget, &chunk))
		chunk_queue_add(&c->chunks, &chunk);
}

static bool is_waiting(const struct stream *s)
{
	return s->side[0].ahead || s->side[1].ahead;
}

// Has the database's error told with the table's.
static int fail(sqlite3_vtab *table, int result)
{
	sqlite3_free(table->zErrMsg);
	table->zErrMsg = sqlite3_mprintf("%s", sqlite3_errmsg(((struct table *)table)->db));
	return result;
}

// SQLITE_OK also at the end of the packets.
static int read_next(struct cursor *c)
{
	int result = sqlite3_step(c->packets);
	if (result == SQLITE_DONE) {
		c->is_over = true;
		c->is_datagram = false;
		stream_end(&c->stream);
		return SQLITE_OK;
	}
	if (result != SQLITE_ROW)
		return result;
	result = read_packet(c);
	if (result == SQLITE_OK && !c->is_datagram)
		stream_add(&c->stream, &c->budget, &c->packet);
	return result;
}

static int take_packet(struct cursor *c)
{
	int result = read_next(c);
	if (result != SQLITE_OK)
		return result;
	take_chunks(c);
	c->is_giving = c->is_over || !is_waiting(&c->stream) || chunk_queue_is_full(&c->chunks);
	return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *cursor)
{
	struct cursor *c = (struct cursor *)cursor;
	c->offset[c->chunk.direction] += (int64_t)c->chunk.data.left + c->chunk.missing;
	c->row++;
	while (!c->is_giving || !chunk_queue_take(&c->chunks, &c->chunk)) {
		if (c->is_over) {
			c->ended = true;
			return SQLITE_OK;
		}
		int result = take_packet(c);
		if (result != SQLITE_OK)
			return fail(cursor->pVtab, result);
	}
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)cursor;
	struct table *table = (struct table *)cursor->pVtab;
	(void)plan, (void)name;
	reset(c);
	if (argc != 1)
		return SQLITE_OK;
	c->flow_id = sqlite3_value_int64(argv[0]);
	int result = payload_reader_init_flow(&c->payloads, table->db, c->flow_id);
	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(table->db, packets_sql, -1, &c->packets, NULL);
	if (result != SQLITE_OK)
		return fail(cursor->pVtab, result);
	c->ended = false;
	c->row = -1;
	begin_stream(c);
	sqlite3_bind_int64(c->packets, 1, c->flow_id);
	return next_row(cursor);
}

static int is_end(sqlite3_vtab_cursor *cursor)
{
	return ((struct cursor *)cursor)->ended;
}

static int give_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
	const struct cursor *c = (struct cursor *)cursor;
	const struct stream_chunk *chunk = &c->chunk;
	if (column == COLUMN_DIRECTION)
		sqlite3_result_int(context, chunk->direction);
	else if (column == COLUMN_PACKET_ID)
		sqlite3_result_int64(context, chunk->packet_id);
	else if (column == COLUMN_OFFSET)
		sqlite3_result_int64(context, c->offset[chunk->direction]);
	else if (column == COLUMN_MISSING)
		sqlite3_result_int64(context, chunk->missing);
	else if (column == COLUMN_FLOW_ID)
		sqlite3_result_int64(context, c->flow_id);
	else if (!chunk->missing)
		sqlite3_result_blob64(context, chunk->data.at, chunk->data.left, SQLITE_TRANSIENT);
	return SQLITE_OK;
}

static int give_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = ((struct cursor *)cursor)->row;
	return SQLITE_OK;
}

// Without xCreate it is a table that is just there (an eponymous one).
static const sqlite3_module module = {
	.xConnect = connect_table,
	.xDisconnect = disconnect_table,
	.xBestIndex = best_index,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next_row,
	.xEof = is_end,
	.xColumn = give_column,
	.xRowid = give_rowid,
};

int flow_bytes_register(sqlite3 *db)
{
	return sqlite3_create_module(db, "flow_bytes", &module, NULL);
}
