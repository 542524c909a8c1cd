// The packets that result rows name. A row names those in columns called packet_id or number, or whose name ends in
// _packet_id or _number; but first_... and last_... are the ends of something. A number counts in the capture that a
// column names after which its own is called (a_number, again_a_number: column a), else in that of the row's column
// capture or seen_in (names) or capture_id, else in that of the parameter :capture or :flow, else in the case's only one.
// Where no row names one, rows name all packets of their flow_id. A column called comment goes with the row's
// packets; without one, columns that tell what the row is do (issue_id, title ...), and the column that names the packet
// where there are several.
#ifndef QUERY_PACKET_ROWS_H
#define QUERY_PACKET_ROWS_H

#include "guard.h"
#include "packet_set.h"
#include "parameter.h"
#include "run.h"
#include "sink.h"

enum { PACKET_COLUMNS_MAX = 32, PACKET_TELLING_MAX = 8, PACKET_ROWS_ERROR_ROOM = 512 };

struct packet_rows {
	struct guard *guard;
	bool whole_flows; // and all other packets of the same flows
	struct packet_rows_capture {
		char *name;
		int64_t capture_id, first_packet_id;
	} * captures;
	size_t capture_count;
	const struct packet_rows_capture *capture; // of rows that do not say; NULL: it is not known
	struct packet_set packets, flows;
	bool useful; // a statement had columns that name packets

	// of the statement at hand; columns: -1 none
	struct packet_rows_column {
		int column;
		bool is_number;
		int capture_column; // that it is called after; -1 none
	} columns[PACKET_COLUMNS_MAX];
	int column_count, capture_column, capture_id_column, flow_column, comment_column;
	int telling[PACKET_TELLING_MAX], telling_count; // columns for a comment
	struct sink clean;                              // a comment, cleaned
	char error[PACKET_ROWS_ERROR_ROOM];             // "" none; wrong usage
};

// Whether a column of this name tells packets.
bool packet_rows_names_packets(const char *name);

void packet_rows_init(struct packet_rows *, struct guard *, const struct parameters *, bool whole_flows);
void packet_rows_release(struct packet_rows *);

// For run_rows().
struct row_taker packet_rows_taker(struct packet_rows *);

// Brings in the packets of flows, and sorts. False, with error filled: no statement named packets, or reading failed.
bool packet_rows_finish(struct packet_rows *);

#endif
