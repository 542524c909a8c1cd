// Start lines and header fields of HTTP/1. See http_head.h.
#include "http_head.h"

#include <ctype.h>
#include <stdlib.h>

#include "../common/message.h"
#include "wire_text.h"

enum {
	TEXT_MAX = 8192, // of a value that is kept: RFC 9110, 4.1 has all support URIs of 8000 bytes
	METHOD_MAX = 20,
};

static const char *const methods[] = {
	"GET",
	"POST",
	"HEAD",
	"PUT",
	"DELETE",
	"OPTIONS",
	"TRACE",
	"CONNECT",
	"PATCH",
	"PROPFIND",
	"PROPPATCH",
	"MKCOL",
	"COPY",
	"MOVE",
	"LOCK",
	"UNLOCK",
	"POLL",
	"BCOPY",
	"BMOVE",
	"SEARCH",
	"BDELETE",
	"BPROPFIND",
	"BPROPPATCH",
	"LABEL",
	"MERGE",
	"REPORT",
	"UPDATE",
	"CHECKIN",
	"CHECKOUT",
	"UNCHECKOUT",
	"MKACTIVITY",
	"MKWORKSPACE",
	"VERSION-CONTROL",
	"BASELINE-CONTROL",
	"NOTIFY",
	"SUBSCRIBE",
	"UNSUBSCRIBE",
	"M-SEARCH",
	"ICY",
	"RPC_CONNECT",
	"RPC_IN_DATA",
	"RPC_OUT_DATA",
	"SYSTEM_NOTIFY",
	"CCM_POST",
	"MKCALENDAR",
	"ACL",
	"REBIND",
	"UNBIND",
	"LINK",
	"UNLINK",
	"ORDERPATCH",
};

// ---- texts --------------------------------------------------------------------------------------------------------

// A copy that is safe to show; the caller owns it.
static char *copy_of(struct bytes text)
{
	char raw[TEXT_MAX], safe[TEXT_MAX * 4 + 1];
	text = wire_strip(text);
	size_t n = text.left < sizeof raw ? text.left : sizeof raw;
	bytes_copy(&text, raw, n);
	return memory_copy_text(message_escape(safe, sizeof safe, raw, n));
}

static void keep(struct http_head *h, char **to, struct bytes text)
{
	if (*to)
		return;
	*to = copy_of(text);
	h->kept += strlen(*to) + 1;
}

// Whether a list such as "keep-alive, Upgrade" has a word.
static bool has_word(struct bytes list, const char *word)
{
	while (list.left) {
		struct bytes part = wire_strip(bytes_split(&list, bytes_find(list, ',')));
		bytes_skip(&list, list.left ? 1 : 0);
		if (part.left == strlen(word) && wire_begins_like(part, word))
			return true;
	}
	return false;
}

// ---- lines --------------------------------------------------------------------------------------------------------

void http_head_release(struct http_head *h)
{
	char **const texts[] = {&h->method,      &h->target, &h->host,   &h->content_type, &h->user_agent, &h->referer,
	                        &h->credentials, &h->reason, &h->server, &h->location,     &h->upgrade,    &h->user};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
}

static bool is_method(struct bytes word)
{
	uint64_t first = bytes_peek(word, 0, 1);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i][0] == (char)first && strlen(methods[i]) == word.left && wire_begins(word, methods[i]))
			return true;
	return false;
}

static bool ends_with_version(struct bytes line)
{
	static const char version[] = "HTTP/1.";
	if (line.left < sizeof version)
		return false;
	bytes_skip(&line, line.left - sizeof version);
	return wire_begins(line, version) && isdigit((int)bytes_peek(line, sizeof version - 1, 1));
}

// Any word may be a method (RFC 9110, 9.1): one of capitals, as all that are registered, is one in a line that ends with
// the version.
static bool is_own_method(struct bytes word, struct bytes line)
{
	if (word.left == 0 || word.left > METHOD_MAX || line.left < word.left + sizeof " / HTTP/1.1" - 1)
		return false;
	for (struct bytes rest = word; rest.left;) {
		uint8_t c = bytes_u8(&rest);
		if (!isupper(c) && c != '-' && c != '_')
			return false;
	}
	return ends_with_version(line);
}

static const char NAME[] = "HTTP/";

// Whether a request line ends with a version as of RTSP/1.0, SIP/2.0 or ICAP/1.0, whose methods have the same names.
static bool is_of_other_protocol(struct bytes line)
{
	struct bytes word = line;
	while (bytes_find(line, ' ') < line.left) {
		bytes_skip(&line, bytes_find(line, ' ') + 1);
		word = line;
	}
	size_t slash = bytes_find(word, '/');
	if (slash == 0 || word.left != slash + 4 || wire_begins(word, NAME))
		return false;
	for (size_t i = 0; i < slash; i++)
		if (!isupper((int)bytes_peek(word, i, 1)))
			return false;
	return isdigit((int)bytes_peek(word, slash + 1, 1)) && bytes_peek(word, slash + 2, 1) == '.' &&
	       isdigit((int)bytes_peek(word, slash + 3, 1));
}

// Of "HTTP/1.0.8" the part that counts: 1.0.
static void read_version(struct http_head *h, struct bytes word)
{
	size_t n = 0;
	bytes_skip(&word, sizeof NAME - 1);
	for (; n < sizeof h->version - 1 && word.left; n++) {
		char c = (char)bytes_u8(&word);
		if (!isdigit((unsigned char)c) && c != '.')
			break;
		h->version[n] = c;
	}
	h->version[n] = '\0';
}

// A status line has any version; that of SHOUTcast none.
static bool is_status_line(struct bytes line)
{
	size_t at = sizeof NAME - 1;
	return (wire_begins_like(line, NAME) && line.left > at + 2 && isdigit((int)bytes_peek(line, at, 1)) &&
	        bytes_peek(line, at + 1, 1) == '.') ||
	       wire_begins_like(line, "ICY ");
}

static bool read_status_line(struct http_head *h, struct bytes line)
{
	if (!is_status_line(line))
		return false;
	h->is_response = true;
	struct bytes version = bytes_split(&line, bytes_find(line, ' '));
	memcpy(h->version, "1.1", sizeof h->version);
	if (wire_begins_like(version, NAME))
		read_version(h, version);
	line = wire_strip(line);
	uint64_t status;
	bool ok = wire_decimal(bytes_split(&line, bytes_find(line, ' ')), &status) && status < 1000;
	h->status = ok ? (int)status : 0;
	keep(h, &h->reason, line);
	return ok;
}

static bool read_request_line(struct http_head *h, struct bytes line)
{
	struct bytes whole = line;
	struct bytes method = bytes_split(&line, bytes_find(line, ' '));
	if ((!is_method(method) && !is_own_method(method, whole)) || !line.left)
		return false;
	keep(h, &h->method, method);
	line = wire_strip(line);
	struct bytes target = line, version = line;
	for (size_t n; (n = bytes_find(version, ' ')) < version.left;)
		bytes_skip(&version, n + 1);
	memcpy(h->version, "1.0", sizeof h->version);
	if (version.left < line.left && wire_begins_like(version, NAME)) {
		target.left -= version.left + 1;
		read_version(h, version);
	}
	keep(h, &h->target, target);
	return true;
}

// User and password with a colon between them, in base64.
static void read_user(struct http_head *h, struct bytes base64)
{
	uint8_t decoded[256];
	while (base64.left && bytes_peek(base64, 0, 1) == ' ')
		bytes_skip(&base64, 1);
	struct bytes user = bytes_of(decoded, wire_base64(base64, decoded, sizeof decoded));
	user.left = bytes_find(user, ':');
	keep(h, &h->user, user);
}

static void read_credentials(struct http_head *h, struct bytes value)
{
	struct bytes scheme = bytes_split(&value, bytes_find(value, ' '));
	keep(h, &h->credentials, scheme);
	wire_to_lower(h->credentials);
	if (strcmp(h->credentials, "basic") == 0)
		read_user(h, value);
}

void http_head_read_field(struct http_head *h, struct bytes line)
{
	size_t colon = bytes_find(line, ':');
	struct bytes name = bytes_split(&line, colon), value = line;
	if (!value.left)
		return;
	bytes_skip(&value, 1);
	value = wire_strip(value);
	static const struct {
		const char *name;
		size_t text;
	} texts[] = {
		{"host", offsetof(struct http_head, host)},
		{"content-type", offsetof(struct http_head, content_type)},
		{"user-agent", offsetof(struct http_head, user_agent)},
		{"referer", offsetof(struct http_head, referer)},
		{"server", offsetof(struct http_head, server)},
		{"location", offsetof(struct http_head, location)},
		{"upgrade", offsetof(struct http_head, upgrade)},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (name.left == strlen(texts[i].name) && wire_begins_like(name, texts[i].name))
			keep(h, (char **)(void *)((char *)h + texts[i].text), value);
	if (name.left == 14 && wire_begins_like(name, "content-length"))
		h->has_length = wire_decimal(value, &h->length);
	else if (name.left == 17 && wire_begins_like(name, "transfer-encoding"))
		h->chunked |= has_word(value, "chunked");
	else if (name.left == 10 && wire_begins_like(name, "connection")) {
		h->close |= has_word(value, "close");
		h->keep_alive |= has_word(value, "keep-alive");
	} else if (name.left == 13 && wire_begins_like(name, "authorization"))
		read_credentials(h, value);
	else if (name.left == 6 && wire_begins_like(name, "expect"))
		h->expects |= has_word(value, "100-continue");
}

bool http_head_read(struct http_head *h, struct bytes text)
{
	*h = (struct http_head){.bytes = text.left};
	struct bytes line = wire_take_line(&text);
	if (!read_status_line(h, line) && !read_request_line(h, line)) {
		http_head_release(h);
		return false;
	}
	while (text.left)
		http_head_read_field(h, wire_take_line(&text));
	return true;
}

size_t http_head_length(struct bytes data, size_t *scanned)
{
	struct bytes rest = data;
	bytes_skip(&rest, *scanned < data.left ? *scanned : data.left);
	while (rest.left) {
		bytes_skip(&rest, bytes_find(rest, '\n'));
		if (!rest.left)
			break;
		*scanned = data.left - rest.left;
		bytes_skip(&rest, 1);
		if (rest.left && bytes_peek(rest, 0, 1) == '\n')
			return data.left - rest.left + 1;
		if (rest.left > 1 && bytes_peek(rest, 0, 2) == 0x0d0a)
			return data.left - rest.left + 2;
		if (rest.left < 2)
			break;
	}
	return 0;
}

enum recognised http_recognise(struct bytes data)
{
	struct bytes word = data;
	if (!isalpha((int)bytes_peek(data, 0, 1)))
		return RECOGNISED_NO;
	word.left = bytes_find(data, ' ');
	if (word.left == data.left)
		return data.left <= METHOD_MAX && bytes_find(data, '\n') == data.left ? RECOGNISED_MORE : RECOGNISED_NO;
	if (is_status_line(data))
		return RECOGNISED_YES;
	struct bytes line = wire_take_line(&data);
	bool is_request = is_method(word) ? !is_of_other_protocol(line) : is_own_method(word, line);
	return is_request ? RECOGNISED_YES : RECOGNISED_NO;
}

bool http_lacks_version(struct bytes data)
{
	if (bytes_find(data, '\n') == data.left)
		return false;
	struct bytes line = wire_take_line(&data);
	return !is_status_line(line) && !ends_with_version(line);
}

bool http_head_is_method(const struct http_head *h, const char *method)
{
	return h->method && strcmp(h->method, method) == 0;
}

bool http_head_is_interim(const struct http_head *h)
{
	return h->is_response && h->status / 100 == 1 && h->status != 101;
}

bool http_head_stays_open(const struct http_head *h)
{
	return strcmp(h->version, "1.1") < 0 ? h->keep_alive : !h->close;
}
