// A row of tls under way. See tls_record.h.
#include "tls_record.h"

#include <stdio.h>
#include <stdlib.h>

#include "../common/message.h"
#include "tls_names.h"

enum { TLS_1_3 = 0x0304 };

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct tls_row no_values = {ROWS_tls(NO_VALUE)};

// A text that lives as long as the flow.
static const char *keep(struct tls_record *r, const char *text)
{
	if (r->text_count == sizeof r->texts / sizeof *r->texts)
		return NULL;
	return r->texts[r->text_count++] = memory_copy_text(text);
}

static const char *keep_bytes(struct tls_record *r, struct bytes bytes)
{
	char raw[256], safe[sizeof raw * 4 + 1];
	size_t n = bytes.left < sizeof raw ? bytes.left : sizeof raw;
	bytes_copy(&bytes, raw, n);
	return keep(r, message_escape(safe, sizeof safe, raw, n));
}

void tls_record_begin(struct tls_record *r, const struct application_call *call, const char *transport)
{
	if (r->is_begun)
		return;
	r->is_begun = true;
	r->row = no_values;
	r->row.tls_id = writer_next_id(call->writer, TABLE_TLS);
	r->row.capture_id = call->capture_id;
	r->row.flow_id = call->flow->id;
	r->row.direction = 0;
	r->row.transport = transport;
}

// "h2,http/1.1" of a list of protocol names.
static const char *alpn_text(struct tls_record *r, struct bytes list)
{
	char raw[TLS_HELLO_ALPN_MAX * 2], safe[sizeof raw * 4 + 1];
	size_t length = 0;
	while (list.left) {
		struct bytes name = bytes_split(&list, bytes_u8(&list));
		if (name.bad || length + name.left + 1 > sizeof raw)
			break;
		if (length)
			raw[length++] = ',';
		size_t n = name.left;
		bytes_copy(&name, raw + length, n);
		length += n;
	}
	return length ? keep(r, message_escape(safe, sizeof safe, raw, length)) : NULL;
}

static void note_server_name(struct tls_record *r, struct application_call *call, struct bytes name)
{
	char raw[TLS_HELLO_NAME_MAX + 1];
	size_t n = name.left;
	if (!n)
		return;
	r->row.server_name = keep_bytes(r, name);
	bytes_copy(&name, raw, n);
	names_learn(call->names, &flow_endpoint(call->flow, !call->direction)->address, raw, n, "tls", call->packet_id);
	if (!call->flow->server_name)
		call->flow->server_name = memory_copy_text(r->row.server_name);
}

static void count_retry(struct tls_record *r)
{
	r->row.hello_retries = r->row.hello_retries == ROW_NULL ? 1 : r->row.hello_retries + 1;
}

// The first hello counts. A second one answers a hello retry request that the capture does not have.
void tls_record_client_hello(struct tls_record *r, struct application_call *call, struct bytes body,
                             char ja4_transport, const char *record_version)
{
	struct tls_hello h;
	char ja3[TLS_JA3_LEN + 1], ja4[TLS_JA4_LEN + 1];
	if (r->has_client_hello && r->row.hello_retries == ROW_NULL && !r->has_server_hello)
		count_retry(r);
	if (r->has_client_hello || !tls_read_client_hello(&h, body))
		return;
	r->has_client_hello = true;
	r->row.direction = call->direction;
	r->row.client_hello_packet_id = call->packet_id;
	r->row.client_hello_ts_ns = call->ts_ns;
	r->row.client_version = tls_version_name(h.version);
	r->row.record_version = record_version;
	r->row.ech = h.has_ech;
	r->row.alpn_offered = alpn_text(r, h.alpn);
	r->client_session_id_len = h.session_id.left <= 32 ? (uint8_t)h.session_id.left : 0;
	bytes_copy(&h.session_id, r->client_session_id, r->client_session_id_len);
	note_server_name(r, call, h.server_name);
	tls_ja3(&h, ja3);
	tls_ja4(&h, ja4_transport, ja4);
	r->row.ja3 = keep(r, ja3);
	r->row.ja4 = keep(r, ja4);
}

static bool is_session_id_same(const struct tls_record *r, struct bytes id)
{
	uint8_t bytes[32];
	if (!id.left || id.left != r->client_session_id_len)
		return false;
	bytes_copy(&id, bytes, r->client_session_id_len);
	return memcmp(bytes, r->client_session_id, r->client_session_id_len) == 0;
}

static const char *cipher_text(struct tls_record *r, uint16_t cipher)
{
	char text[8];
	const char *name = tls_cipher_name(cipher);
	if (name)
		return name;
	snprintf(text, sizeof text, "0x%04x", cipher);
	return keep(r, text);
}

void tls_record_server_hello(struct tls_record *r, struct application_call *call, struct bytes body)
{
	struct tls_hello h;
	char ja3s[TLS_JA3_LEN + 1];
	if (r->has_server_hello || !tls_read_server_hello(&h, body))
		return;
	if (h.is_retry) {
		r->row.version = tls_version_name(h.version);
		count_retry(r);
		return;
	}
	r->has_server_hello = true;
	r->row.direction = !call->direction;
	r->row.server_hello_packet_id = call->packet_id;
	r->row.server_hello_ns = r->has_client_hello ? call->ts_ns - r->row.client_hello_ts_ns : ROW_NULL;
	r->row.version = tls_version_name(h.version);
	r->row.cipher = h.cipher;
	r->row.cipher_name = cipher_text(r, h.cipher);
	r->row.alpn = alpn_text(r, h.alpn);
	if (h.version >= TLS_1_3)
		r->row.resumed = h.has_psk;
	else if (is_session_id_same(r, h.session_id))
		r->row.resumed = 1;
	tls_ja3s(&h, ja3s);
	r->row.ja3s = keep(r, ja3s);
}

void tls_record_end(struct tls_record *r, const struct application_call *call)
{
	struct writer *w = call->writer;
	if (r->is_begun) {
		struct tls_row *row = writer_add(w, TABLE_TLS);
		*row = r->row;
		row->server_name = writer_text(w, r->row.server_name);
		row->alpn = writer_text(w, r->row.alpn);
		row->alpn_offered = writer_text(w, r->row.alpn_offered);
		row->cipher_name = writer_text(w, r->row.cipher_name);
		row->ja3 = writer_text(w, r->row.ja3);
		row->ja3s = writer_text(w, r->row.ja3s);
		row->ja4 = writer_text(w, r->row.ja4);
	}
	for (unsigned i = 0; i < r->text_count; i++)
		free(r->texts[i]);
	r->text_count = 0;
}
