// Which HTTP/1 response belongs to which request, and the rows of both.
//
// Responses come in the order of their requests (RFC 9112, 9.3). A hole in the connection leaves open how many of them
// it has swallowed. Then sequence and acknowledgment numbers decide:
//
//   * a request that the client sent when it already had the response is not the one that is answered;
//   * nor is one of which the server had nothing yet when it sent the response; where it had more than what was seen of
//     the client, that is another one;
//   * of the others, those that were sent last are. Requests that were sent with one acknowledgment number, before the
//     client received anything more, were sent together: of these the first one is.
//
// So a client that waits for each response, as nearly all do, always has the right pairs. Of one that does not, those
// may be shifted that it sent together with a request whose response, or which itself, is lost.
#ifndef INGEST_HTTP_PAIRS_H
#define INGEST_HTTP_PAIRS_H

#include "http_head.h"

enum http_end { HTTP_CUT_SHORT, HTTP_COMPLETE, HTTP_END_UNKNOWN };

struct http_message {
	struct http_head head;
	uint32_t seq, ack; // of the segment with its first byte: the number of that byte, and what is acknowledged
	uint64_t body_bytes, missing;
	int64_t first_packet_id, first_ts_ns, packet_id, ts_ns; // packet_id: the last one that has bytes of it
	enum http_end end;
	bool is_end_lost; // it ends in a hole, behind packet_id
	bool pipelined;   // of a request
	bool until_close; // of a response: nothing but the connection's end says where it ends
};

// A request that waits for its response, or for its own end.
struct http_request {
	struct http_request *next;
	struct http_message message;
	struct http_message *response; // owned; of one that was answered before its end; NULL none
	bool is_unseen;                // it lay in a hole: it has no row, and its message no head
	bool is_whole;                 // it ends here
	bool is_answered;              // or its response is lost
};

struct http_pairs {
	struct http_request *first, *last; // owned
	struct http_request *under_way[2]; // by direction: the one that is not whole; NULL none, or it was given up
	struct http_request *asked;        // what the response under way answers; NULL: nothing that was seen
	unsigned count;
	uint32_t last_ack; // message.ack of the last request that was added
	uint8_t client;    // direction of requests
	bool has_asked;    // there was a request
	bool is_open;      // set by the caller: a hole leaves open what is answered next
};

// Adds a request whose head was read, as pairs->under_way[] of call->direction. Takes over *message. server_end: the
// number behind the last byte that was seen of the server.
void http_pairs_ask(struct application_call *, struct http_pairs *, struct http_message *, uint32_t server_end);

// The request that is under way in a direction has ended.
void http_pairs_asked(struct application_call *, struct http_pairs *, int direction);

// The head of a response was read: finds pairs->asked. client_end: the number behind the last request.
void http_pairs_answer(struct application_call *, struct http_pairs *, const struct http_message *response,
                       uint32_t client_end);

// The response has ended at the sequence number end_seq: its row, or that of an interim one. Takes over *response.
void http_pairs_answered(struct application_call *, struct http_pairs *, struct http_message *response,
                         uint32_t end_seq);

// Bytes of the client, where a request was to begin, are lost behind a sequence number.
void http_pairs_lose_request(struct application_call *, struct http_pairs *, uint32_t from);

// Bytes of the server between two sequence numbers are lost; at_boundary: where a response was to begin.
void http_pairs_lose_response(struct application_call *, struct http_pairs *, uint32_t from, uint32_t to,
                              bool at_boundary);

// The connection is over: rows for what is not answered.
void http_pairs_end(struct application_call *, struct http_pairs *);

// Whether the connection is another protocol's behind this response to pairs->asked.
bool http_pairs_is_tunnel(const struct http_pairs *, const struct http_head *response);

#endif
