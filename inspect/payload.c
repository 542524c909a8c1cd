// Payloads of packets. See payload.h.
#include "payload.h"

#include "../ingest/dissect.h"

enum frame_column { FRAME_BYTES, FRAME_LINK_TYPE, FRAME_WIRE_LEN, FRAME_FCS_LEN, FRAME_TS_NS };

static const char frame_sql[] =
	"SELECT packet_bytes(p.packet_id, p.file_offset, p.captured_len), i.link_type, p.wire_len, i.fcs_len, p.ts_ns "
	"FROM packets p JOIN interfaces i USING (interface_id) WHERE p.packet_id = ?";

// From the packets that complete a datagram, back to the first fragment of each; and those of the datagrams that carried
// these fragments.
#define ROWS_OF(row, packet_id) row ".fragment_id BETWEEN 4 * " packet_id " AND 4 * " packet_id " + 3"
#define PIECES_SQL(seed)                                                                                           \
	"WITH RECURSIVE needed(packet_id, first_packet_id) AS (" seed                                                  \
	" UNION SELECT h.packet_id, h.first_packet_id FROM needed n"                                                   \
	" CROSS JOIN fragments g ON " ROWS_OF("g", "n.packet_id") " AND g.first_packet_id = n.first_packet_id"        \
	" CROSS JOIN fragments h ON " ROWS_OF("h", "g.previous_packet_id") " AND h.packet_id < n.packet_id"           \
	" AND (h.first_packet_id = n.first_packet_id OR h.completes))"                                                 \
	" SELECT DISTINCT packet_id FROM needed ORDER BY packet_id"

static const char pieces_of_flow[] = PIECES_SQL(
	"SELECT g.packet_id, g.first_packet_id FROM flow_packets fp CROSS JOIN fragments g"
	" ON " ROWS_OF("g", "fp.packet_id") " WHERE fp.flow_id = ?1 AND g.completes");
static const char pieces_of_packet[] = PIECES_SQL("SELECT g.packet_id, g.first_packet_id FROM fragments g WHERE " //
                                                  ROWS_OF("g", "?1") " AND g.completes");

bool payload_frame(struct frame *frame, struct bytes bytes, int64_t link_type, int64_t wire_len, int64_t fcs_len)
{
	if (link_type < 0 || link_type > UINT16_MAX || wire_len < 0 || wire_len > UINT32_MAX || fcs_len < 0 ||
	    fcs_len > UINT8_MAX)
		return false;
	*frame = (struct frame){
		.wire_len = (uint32_t)wire_len,
		.link_type = (uint16_t)link_type,
		.fcs_len = (uint8_t)fcs_len,
		.data = bytes,
	};
	dissect_init();
	return true;
}

static int next_piece(struct payload_reader *r)
{
	int result = sqlite3_step(r->pieces);
	r->piece_id = result == SQLITE_ROW ? sqlite3_column_int64(r->pieces, 0) : 0;
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

static int begin(struct payload_reader *r, sqlite3 *db, const char *pieces_sql, int64_t of)
{
	*r = (struct payload_reader){.piece_id = 0};
	defragmenter_init(&r->defragmenter);
	int result = sqlite3_prepare_v2(db, frame_sql, -1, &r->frame, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(db, pieces_sql, -1, &r->pieces, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_int64(r->pieces, 1, of);
	return result == SQLITE_OK ? next_piece(r) : result;
}

int payload_reader_init_flow(struct payload_reader *r, sqlite3 *db, int64_t flow_id)
{
	return begin(r, db, pieces_of_flow, flow_id);
}

int payload_reader_init_packet(struct payload_reader *r, sqlite3 *db, int64_t packet_id)
{
	return begin(r, db, pieces_of_packet, packet_id);
}

void payload_reader_release(struct payload_reader *r)
{
	defragmenter_release(&r->defragmenter);
	sqlite3_finalize(r->frame);
	sqlite3_finalize(r->pieces);
	r->frame = r->pieces = NULL;
}

// Reads and dissects a packet. SQLITE_ROW; SQLITE_DONE: there is no such, or it cannot be dissected.
static int read_frame(struct payload_reader *r, int64_t packet_id)
{
	sqlite3_stmt *s = r->frame;
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, packet_id);
	int result = sqlite3_step(s);
	if (result != SQLITE_ROW)
		return result;
	const void *bytes = sqlite3_column_blob(s, FRAME_BYTES);
	struct bytes data = bytes_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(s, FRAME_BYTES));
	if (!payload_frame(&r->at_hand, data, sqlite3_column_int64(s, FRAME_LINK_TYPE),
	                   sqlite3_column_int64(s, FRAME_WIRE_LEN), sqlite3_column_int64(s, FRAME_FCS_LEN)))
		return SQLITE_DONE;
	r->at_hand.ts_ns = sqlite3_column_int64(s, FRAME_TS_NS);
	dissect_frame(&r->packet, &r->at_hand);
	r->packet.id = packet_id;
	return SQLITE_ROW;
}

// Takes the fragments of the packets before.
static int read_pieces(struct payload_reader *r, int64_t packet_id)
{
	int result = SQLITE_OK;
	while (r->piece_id && r->piece_id < packet_id && result == SQLITE_OK) {
		result = read_frame(r, r->piece_id);
		if (result == SQLITE_ROW)
			reassemble(&r->defragmenter, &r->packet);
		if (result == SQLITE_ROW || result == SQLITE_DONE)
			result = next_piece(r);
	}
	return result;
}

static int datagrams_completed(const struct packet *p)
{
	int count = 0;
	for (unsigned i = 0; i < p->fragment_count; i++)
		count += p->fragments[i].end == FRAGMENT_COMPLETES;
	return count;
}

int payload_read(struct payload_reader *r, int64_t packet_id, int completes, struct payload *payload)
{
	int result = read_pieces(r, packet_id);
	bool is_needed = r->piece_id == packet_id;
	*payload = (struct payload){.bytes = bytes_of("", 0), .is_piece = is_needed && !completes};
	if (result != SQLITE_OK || payload->is_piece)
		return result;
	result = read_frame(r, packet_id);
	if (result != SQLITE_ROW)
		return result == SQLITE_DONE ? SQLITE_OK : result;
	if (is_needed)
		reassemble(&r->defragmenter, &r->packet);
	if (datagrams_completed(&r->packet) == completes)
		payload->bytes = r->packet.payload;
	return is_needed ? next_piece(r) : SQLITE_OK;
}
