// HTTP/1 requests and their responses. See http_pairs.h.
#include "http_pairs.h"

#include <stdlib.h>

#include "../common/message.h"
#include "../common/seq.h"

enum {
	QUEUE_MAX = 256, // requests without a response; beyond it the oldest is given up
};

// ---- rows ---------------------------------------------------------------------------------------------------------

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct http_row no_values = {ROWS_http(NO_VALUE)};

static void set_request(struct http_row *row, struct writer *w, const struct http_message *m)
{
	const struct http_head *h = &m->head;
	row->method = writer_text(w, h->method);
	row->host = writer_text(w, h->host);
	row->target = writer_text(w, h->target);
	row->request_version = writer_text(w, h->version);
	row->request_packet_id = m->packet_id;
	row->request_first_packet_id = m->first_packet_id;
	row->request_ts_ns = m->ts_ns;
	row->request_header_bytes = (int64_t)h->bytes;
	row->request_body_bytes = (int64_t)m->body_bytes;
	row->request_content_type = writer_text(w, h->content_type);
	row->user_agent = writer_text(w, h->user_agent);
	row->referer = writer_text(w, h->referer);
	row->credentials = writer_text(w, h->credentials);
	row->pipelined = m->pipelined;
	row->missing_bytes = (int64_t)m->missing;
}

static void set_response(struct http_row *row, struct writer *w, const struct http_message *m)
{
	const struct http_head *h = &m->head;
	row->status = h->status;
	row->reason = writer_text(w, h->reason);
	row->response_version = writer_text(w, h->version);
	row->response_first_packet_id = m->first_packet_id;
	row->response_packet_id = m->packet_id;
	row->response_ts_ns = m->ts_ns;
	row->response_header_bytes = (int64_t)h->bytes;
	row->response_body_bytes = (int64_t)m->body_bytes;
	row->content_type = writer_text(w, h->content_type);
	row->server = writer_text(w, h->server);
	row->location = writer_text(w, h->location);
	row->upgrade = h->status == 101 ? writer_text(w, h->upgrade) : NULL;
	row->keep_alive = http_head_stays_open(h) && !(m->until_close && m->end != HTTP_END_UNKNOWN);
	row->chunked = h->chunked;
	row->response_complete = m->end == HTTP_END_UNKNOWN ? ROW_NULL : m->end == HTTP_COMPLETE;
	row->missing_bytes = (int64_t)m->missing + (row->missing_bytes == ROW_NULL ? 0 : row->missing_bytes);
}

// There is no such time where the response comes before the request's end, or where its own end is not seen.
static void set_times(struct http_row *row, const struct http_message *request, const struct http_message *response)
{
	if (response->first_packet_id >= request->packet_id)
		row->first_byte_ns = response->first_ts_ns - request->ts_ns;
	if (response->packet_id >= request->packet_id && response->end == HTTP_COMPLETE && !response->is_end_lost)
		row->last_byte_ns = response->ts_ns - request->ts_ns;
}

// A login of HTTP: refused by a 401, accepted by any other response.
static void add_credentials(struct application_call *call, const struct http_message *request,
                            const struct http_message *response)
{
	struct writer *w = call->writer;
	struct credentials_row *row = writer_add(w, TABLE_CREDENTIALS);
	*row = (struct credentials_row){
		.credential_id = writer_next_id(w, TABLE_CREDENTIALS),
		.capture_id = call->capture_id,
		.flow_id = call->flow->id,
		.packet_id = request->packet_id,
		.ts_ns = request->ts_ns,
		.protocol = "http",
		.method = "basic",
		.accepted = response ? response->head.status != 401 : ROW_NULL,
		.reply_packet_id = response ? response->packet_id : ROW_NULL,
	};
	row->user = writer_text(w, request->head.user);
}

// Adds the row of a request (NULL: not in the capture) and its response (NULL: none).
static void add_row(struct application_call *call, const struct http_pairs *pairs,
                    const struct http_message *request, const struct http_message *response)
{
	struct http_row *row = writer_add(call->writer, TABLE_HTTP);
	*row = no_values;
	row->http_id = writer_next_id(call->writer, TABLE_HTTP);
	row->capture_id = call->capture_id;
	row->flow_id = call->flow->id;
	row->direction = pairs->client;
	if (request)
		set_request(row, call->writer, request);
	if (response)
		set_response(row, call->writer, response);
	if (request && response)
		set_times(row, request, response);
	if (request && response && http_head_is_method(&request->head, "CONNECT") && response->head.status / 100 == 2)
		row->upgrade = "connect";
	if (request && request->head.user)
		add_credentials(call, request, response);
}

// ---- the queue ----------------------------------------------------------------------------------------------------

static void drop_head(struct application_call *call, struct http_head *h)
{
	application_drop(call, h->kept);
	http_head_release(h);
}

static void drop_response(struct application_call *call, struct http_request *r)
{
	if (!r->response)
		return;
	drop_head(call, &r->response->head);
	application_drop(call, sizeof *r->response);
	free(r->response);
}

static void drop_first(struct application_call *call, struct http_pairs *pairs)
{
	struct http_request *first = pairs->first;
	pairs->first = first->next;
	if (!pairs->first)
		pairs->last = NULL;
	for (int i = 0; i < 2; i++)
		if (pairs->under_way[i] == first)
			pairs->under_way[i] = NULL;
	if (pairs->asked == first)
		pairs->asked = NULL;
	pairs->count--;
	drop_response(call, first);
	drop_head(call, &first->message.head);
	application_drop(call, sizeof *first);
	free(first);
}

// The row of the first request, with the response that it may have.
static void end_first(struct application_call *call, struct http_pairs *pairs)
{
	if (!pairs->first->is_unseen)
		add_row(call, pairs, &pairs->first->message, pairs->first->response);
	drop_first(call, pairs);
}

static void end_settled(struct application_call *call, struct http_pairs *pairs)
{
	while (pairs->first && pairs->first->is_whole && pairs->first->is_answered)
		end_first(call, pairs);
}

static struct http_request *append(struct application_call *call, struct http_pairs *pairs,
                                   const struct http_message *message)
{
	if (pairs->count == QUEUE_MAX)
		end_first(call, pairs);
	struct http_request *r = memory_alloc(sizeof *r);
	application_keep(call, sizeof *r);
	r->message = *message;
	*(pairs->last ? &pairs->last->next : &pairs->first) = r;
	pairs->last = r;
	pairs->count++;
	pairs->last_ack = message->ack;
	pairs->has_asked = true;
	return r;
}

static struct http_request *next_open(struct http_request *r)
{
	while (r && r->is_answered)
		r = r->next;
	return r;
}

// ---- requests -----------------------------------------------------------------------------------------------------

// Whether the response has passed while the request waited behind a hole.
static bool is_too_late(const struct application_call *call, const struct http_pairs *pairs,
                        const struct http_message *request, uint32_t server_end)
{
	bool is_at_hand = call->packet && call->packet->id == call->packet_id;
	return !is_at_hand && !next_open(pairs->first) && seq_lt(request->ack, server_end);
}

void http_pairs_ask(struct application_call *call, struct http_pairs *pairs, struct http_message *m,
                    uint32_t server_end)
{
	bool is_answered = is_too_late(call, pairs, m, server_end);

	const struct http_request *last = pairs->last;
	m->pipelined = last && !last->is_answered && !last->is_unseen && last->message.ack == m->ack;
	pairs->client = (uint8_t)call->direction;
	struct http_request *r = append(call, pairs, m);
	r->is_answered = is_answered;
	pairs->under_way[call->direction] = r;
	*m = (struct http_message){0};
}

void http_pairs_asked(struct application_call *call, struct http_pairs *pairs, int direction)
{
	pairs->under_way[direction]->is_whole = true;
	pairs->under_way[direction] = NULL;
	end_settled(call, pairs);
}

// It is taken for one that the client sent once it had a response to the one before.
void http_pairs_lose_request(struct application_call *call, struct http_pairs *pairs, uint32_t from)
{
	struct http_message unseen = {.seq = from, .ack = pairs->has_asked ? pairs->last_ack + 1 : call->ack - 1};
	struct http_request *r = append(call, pairs, &unseen);
	r->is_unseen = r->is_whole = true;
}

// ---- responses ----------------------------------------------------------------------------------------------------

static bool may_answer(const struct http_message *response, const struct http_message *request)
{
	return seq_lt(request->seq, response->ack) && !seq_lt(response->seq, request->ack);
}

// What is answered where a hole leaves it open; NULL: nothing that was seen.
static struct http_request *find_by_numbers(const struct http_pairs *pairs, const struct http_message *response,
                                            uint32_t client_end)
{
	struct http_request *found = NULL;
	for (struct http_request *r = next_open(pairs->first); r; r = next_open(r->next)) {
		if (!may_answer(response, &r->message))
			break;
		if (!found || seq_lt(found->message.ack, r->message.ack))
			found = r;
	}
	bool has_more = seq_lt(client_end, response->ack);
	return has_more && found == pairs->last ? NULL : found;
}

void http_pairs_answer(struct application_call *call, struct http_pairs *pairs, const struct http_message *response,
                       uint32_t client_end)
{
	if (!pairs->first)
		pairs->client = (uint8_t)!call->direction;
	struct http_request *asked =
		pairs->is_open ? find_by_numbers(pairs, response, client_end) : next_open(pairs->first);
	pairs->asked = NULL;
	if (!asked)
		return;
	for (struct http_request *r = pairs->first; r && r != asked; r = r->next)
		r->is_answered = true;
	pairs->is_open = pairs->is_open && asked != pairs->last;
	if (asked->is_unseen)
		asked->is_answered = true;
	else
		pairs->asked = asked;
	end_settled(call, pairs);
}

// Those behind the first request that were sent before the client had all of its response.
static void mark_pipelined(struct http_request *asked, uint32_t end_seq)
{
	for (struct http_request *r = asked->next; r && seq_lt(r->message.ack, end_seq); r = r->next)
		r->message.pipelined = true;
}

static void keep_response(struct application_call *call, struct http_request *r, struct http_message *response)
{
	r->response = memory_alloc(sizeof *r->response);
	application_keep(call, sizeof *r->response);
	*r->response = *response;
	r->is_answered = true;
	*response = (struct http_message){0};
}

void http_pairs_answered(struct application_call *call, struct http_pairs *pairs, struct http_message *response,
                         uint32_t end_seq)
{
	struct http_request *asked = http_head_is_interim(&response->head) ? NULL : pairs->asked;
	if (asked && response->end == HTTP_COMPLETE)
		mark_pipelined(asked, end_seq);
	if (asked) {
		pairs->asked = NULL;
		keep_response(call, asked, response);
		end_settled(call, pairs);
	} else {
		add_row(call, pairs, NULL, response);
		drop_head(call, &response->head);
	}
}

// A response to a request begins where the client's acknowledgment with the request says, and ends where that with the
// next one does.
void http_pairs_lose_response(struct application_call *call, struct http_pairs *pairs, uint32_t from, uint32_t to,
                              bool at_boundary)
{
	struct http_request *r = next_open(pairs->first);
	for (; r && seq_lt(from, to) && seq_lt(r->message.ack, to); at_boundary = false) {
		struct http_request *next = next_open(r->next);
		while (next && next->message.ack == r->message.ack)
			next = next_open(next->next);
		uint32_t end = next && seq_lt(next->message.ack, to) ? next->message.ack : to;
		r->message.missing += seq_lt(from, end) ? end - from : 0;
		r->is_answered |= at_boundary && !r->message.head.expects;
		from = end;
		r = next;
	}
	end_settled(call, pairs);
}

// ---- both ---------------------------------------------------------------------------------------------------------

bool http_pairs_is_tunnel(const struct http_pairs *pairs, const struct http_head *response)
{
	return response->status == 101 || (pairs->asked && response->status / 100 == 2 &&
	                                   http_head_is_method(&pairs->asked->message.head, "CONNECT"));
}

void http_pairs_end(struct application_call *call, struct http_pairs *pairs)
{
	while (pairs->first)
		end_first(call, pairs);
}
