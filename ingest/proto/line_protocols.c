// Mail and files by lines: FTP (RFC 959, AUTH TLS RFC 4217), SMTP (RFC 5321, AUTH RFC 4954, STARTTLS RFC 3207), IMAP (RFC
// 9051), POP (RFC 1939, AUTH RFC 5034, STLS RFC 2595). The talk is followed until the client is logged in, until mail
// flows, or until the connection becomes TLS. Of a login the name is kept, and never the secret.
#include "../application.h"

#include <ctype.h>
#include <stdio.h>

#include "../../common/message.h"
#include "../wire_text.h"

enum {
	LINE_MAX = 4096, // bytes of a line that is looked at; longer ones are skipped
	LINES_MAX = 512, // of a connection, both ways, that are followed
	WORD_MAX = 64,   // bytes of a word
	USER_MAX = 128,  // bytes of a user name
	DECODED_MAX = 512,
};

enum step {
	STEP_NONE,
	STEP_PLAIN,      // the client's next line is authorization, NUL, user, NUL, password: in base64 (RFC 4616)
	STEP_LOGIN_USER, // its next line is the user's name in base64
	STEP_SECRET,     // its next line is a secret
	STEP_SENT,       // the server's verdict is next
};

enum reply { REPLY_MORE, REPLY_GO_ON, REPLY_YES, REPLY_NO };

struct login {
	enum step step;
	char method[WORD_MAX];
	uint8_t user[USER_MAX];
	size_t user_len;
	int64_t packet_id, ts_ns;
};

struct state {
	int server; // direction of the server
	unsigned lines;
	bool asked_tls;
	char tag[WORD_MAX]; // IMAP: of the command whose verdict is waited for
	struct login login;
	int64_t named_packet_id;
};

// What differs between them.
struct dialect {
	const char *name;
	const char *greeting, *word; // how a server's first line begins, and a word in it
	const char *tls;             // the command that asks for TLS
	uint16_t ports[3];
	void (*command)(struct application_call *, const char *word, struct bytes rest);
	enum reply (*reply)(const struct state *, struct bytes line);
};

// ---- words --------------------------------------------------------------------------------------------------------

static bool holds(struct bytes text, const char *word)
{
	for (; text.left; bytes_skip(&text, 1))
		if (wire_begins_like(text, word))
			return true;
	return false;
}

static void skip_blanks(struct bytes *line)
{
	while (line->left && bytes_peek(*line, 0, 1) == ' ')
		bytes_skip(line, 1);
}

// Takes the next word off, in upper case, without quotes; one that is too long is cut.
static void take_word(struct bytes *line, char word[WORD_MAX])
{
	size_t length = 0;
	skip_blanks(line);
	for (; line->left && bytes_peek(*line, 0, 1) != ' '; bytes_skip(line, 1))
		if (length < WORD_MAX - 1)
			word[length++] = (char)toupper((int)bytes_peek(*line, 0, 1));
	word[length] = '\0';
}

// ---- logins -------------------------------------------------------------------------------------------------------

static void set_user(struct login *login, struct bytes user)
{
	login->user_len = user.left < USER_MAX ? user.left : USER_MAX;
	user.left = login->user_len;
	bytes_copy(&user, login->user, login->user_len);
}

static void set_method(struct login *login, const char *method)
{
	snprintf(login->method, sizeof login->method, "%s", method);
	wire_to_lower(login->method);
}

static void send_secret(struct application_call *call)
{
	struct state *s = call->state;
	s->login.step = STEP_SENT;
	s->login.packet_id = call->packet_id;
	s->login.ts_ns = call->ts_ns;
}

static void end_login(struct application_call *call, int64_t accepted, const char *protocol)
{
	struct state *s = call->state;
	struct writer *w = call->writer;
	if (s->login.step == STEP_SENT) {
		struct credentials_row *row = writer_add(w, TABLE_CREDENTIALS);
		*row = (struct credentials_row){
			.credential_id = writer_next_id(w, TABLE_CREDENTIALS),
			.capture_id = call->capture_id,
			.flow_id = call->flow->id,
			.packet_id = s->login.packet_id,
			.ts_ns = s->login.ts_ns,
			.protocol = protocol,
			.accepted = accepted,
			.reply_packet_id = accepted == ROW_NULL ? ROW_NULL : call->packet_id,
		};
		row->method = writer_text(w, s->login.method);
		row->user = wire_words(w, bytes_of(s->login.user, s->login.user_len));
	}
	s->login = (struct login){.step = STEP_NONE};
}

// authorization NUL user NUL password (RFC 4616, 2)
static void take_plain(struct application_call *call, struct bytes base64)
{
	struct state *s = call->state;
	uint8_t decoded[DECODED_MAX];
	struct bytes text = bytes_of(decoded, wire_base64(base64, decoded, sizeof decoded));
	bytes_skip(&text, bytes_find(text, 0));
	bytes_skip(&text, text.left ? 1 : 0);
	text.left = bytes_find(text, 0);
	set_user(&s->login, text);
	send_secret(call);
}

static void take_login_user(struct state *s, struct bytes base64)
{
	uint8_t decoded[USER_MAX];
	set_user(&s->login, bytes_of(decoded, wire_base64(base64, decoded, sizeof decoded)));
	s->login.step = STEP_SECRET;
}

// AUTH MECHANISM [initial response]
static void take_auth(struct application_call *call, struct bytes rest)
{
	struct state *s = call->state;
	char mechanism[WORD_MAX];
	take_word(&rest, mechanism);
	skip_blanks(&rest);
	s->login = (struct login){.step = STEP_SECRET};
	set_method(&s->login, mechanism);
	if (strcmp(mechanism, "PLAIN") == 0) {
		s->login.step = STEP_PLAIN;
		if (rest.left)
			take_plain(call, rest);
	} else if (strcmp(mechanism, "LOGIN") == 0) {
		s->login.step = STEP_LOGIN_USER;
		if (rest.left)
			take_login_user(s, rest);
	} else if (rest.left) {
		send_secret(call);
	}
}

// What the client sends inside an AUTH exchange; "*" cancels it.
static void take_response(struct application_call *call, struct bytes line)
{
	struct state *s = call->state;
	if (line.left == 1 && bytes_peek(line, 0, 1) == '*')
		s->login = (struct login){.step = STEP_NONE};
	else if (s->login.step == STEP_PLAIN)
		take_plain(call, line);
	else if (s->login.step == STEP_LOGIN_USER)
		take_login_user(s, line);
	else
		send_secret(call);
}

// USER name, then PASS secret
static void take_user_pass(struct application_call *call, const char *word, struct bytes rest)
{
	struct state *s = call->state;
	if (strcmp(word, "USER") == 0) {
		s->login = (struct login){.step = STEP_NONE};
		set_method(&s->login, "user");
		set_user(&s->login, rest);
	} else if (strcmp(word, "PASS") == 0) {
		set_method(&s->login, "user");
		send_secret(call);
	}
}

// ---- the four -----------------------------------------------------------------------------------------------------

static void command_ftp(struct application_call *call, const char *word, struct bytes rest)
{
	struct state *s = call->state;
	char mechanism[WORD_MAX];
	if (strcmp(word, "AUTH") == 0) {
		take_word(&rest, mechanism);
		s->asked_tls = strncmp(mechanism, "TLS", 3) == 0 || strcmp(mechanism, "SSL") == 0;
		return;
	}
	take_user_pass(call, word, rest);
}

static void command_smtp(struct application_call *call, const char *word, struct bytes rest)
{
	if (strcmp(word, "AUTH") == 0)
		take_auth(call, rest);
	call->stop = strcmp(word, "DATA") == 0 || strcmp(word, "BDAT") == 0;
}

static void command_pop(struct application_call *call, const char *word, struct bytes rest)
{
	struct state *s = call->state;
	char user[WORD_MAX];
	if (strcmp(word, "AUTH") == 0 && rest.left) {
		take_auth(call, rest);
	} else if (strcmp(word, "APOP") == 0) {
		struct bytes name = rest;
		take_word(&rest, user);
		name.left = bytes_find(name, ' ');
		s->login = (struct login){.step = STEP_NONE};
		set_method(&s->login, "apop");
		set_user(&s->login, name);
		send_secret(call);
	} else {
		take_user_pass(call, word, rest);
	}
}

// A name as an atom or in quotes; as a literal it comes later, and is not read.
static struct bytes astring(struct bytes rest)
{
	bool quoted = rest.left && bytes_peek(rest, 0, 1) == '"';
	if (rest.left && bytes_peek(rest, 0, 1) == '{')
		rest.left = 0;
	if (quoted)
		bytes_skip(&rest, 1);
	rest.left = bytes_find(rest, quoted ? '"' : ' ');
	return rest;
}

// TAG COMMAND ...: `word` is the tag.
static void command_imap(struct application_call *call, const char *word, struct bytes rest)
{
	struct state *s = call->state;
	char command[WORD_MAX];
	take_word(&rest, command);
	skip_blanks(&rest);
	memcpy(s->tag, word, WORD_MAX);
	s->asked_tls = strcmp(command, "STARTTLS") == 0;
	if (strcmp(command, "AUTHENTICATE") == 0)
		take_auth(call, rest);
	if (strcmp(command, "LOGIN") != 0)
		return;
	s->login = (struct login){.step = STEP_NONE};
	set_method(&s->login, "login");
	set_user(&s->login, astring(rest));
	send_secret(call);
}

// Three digits, and a blank on the last line (RFC 959, 4.2; RFC 5321, 4.2).
static enum reply reply_by_number(const struct state *s, struct bytes line)
{
	uint64_t first = bytes_peek(line, 0, 1);
	(void)s;
	if (line.left > 3 && bytes_peek(line, 3, 1) == '-')
		return REPLY_MORE;
	if (first == '3')
		return REPLY_GO_ON;
	return first == '2' ? REPLY_YES : first == '4' || first == '5' ? REPLY_NO : REPLY_MORE;
}

static enum reply reply_pop(const struct state *s, struct bytes line)
{
	(void)s;
	if (wire_begins_like(line, "+OK"))
		return REPLY_YES;
	return wire_begins_like(line, "-ERR") ? REPLY_NO : wire_begins_like(line, "+") ? REPLY_GO_ON : REPLY_MORE;
}

static enum reply reply_imap(const struct state *s, struct bytes line)
{
	char tag[WORD_MAX], verdict[WORD_MAX];
	take_word(&line, tag);
	take_word(&line, verdict);
	if (strcmp(tag, "+") == 0)
		return REPLY_GO_ON;
	if (!s->tag[0] || strcmp(tag, s->tag) != 0)
		return REPLY_MORE;
	return strcmp(verdict, "OK") == 0 ? REPLY_YES : REPLY_NO;
}

static const struct dialect ftp = {"ftp", "220", "FTP", "AUTH", {21}, command_ftp, reply_by_number};
static const struct dialect smtp = {"smtp", "220", "SMTP", "STARTTLS", {25, 587}, command_smtp, reply_by_number};
static const struct dialect imap = {"imap", "* OK", "IMAP", "STARTTLS", {143}, command_imap, reply_imap};
static const struct dialect pop = {"pop", "+OK", "POP", "STLS", {110}, command_pop, reply_pop};

// ---- lines --------------------------------------------------------------------------------------------------------

static void take_command(struct application_call *call, const struct dialect *d, struct bytes line)
{
	struct state *s = call->state;
	char word[WORD_MAX];
	if (s->login.step > STEP_NONE && s->login.step < STEP_SENT) {
		take_response(call, line);
		return;
	}
	take_word(&line, word);
	skip_blanks(&line);
	s->asked_tls = strcmp(word, d->tls) == 0; // FTP and IMAP say more
	d->command(call, word, line);
}

// A yes to a request for TLS: what follows is another's. A yes to a login: nothing more is to be seen.
static void take_reply(struct application_call *call, const struct dialect *d, struct bytes line)
{
	struct state *s = call->state;
	enum reply reply = d->reply(s, line);
	if (reply == REPLY_MORE || reply == REPLY_GO_ON)
		return;
	call->leave = s->asked_tls && reply == REPLY_YES;
	s->asked_tls = false;
	if (s->login.step == STEP_NONE)
		return;
	bool sent = s->login.step == STEP_SENT;
	end_login(call, reply == REPLY_YES, d->name);
	call->stop = sent && reply == REPLY_YES;
}

static bool is_home(const struct dialect *d, uint16_t port)
{
	for (size_t i = 0; i < sizeof d->ports / sizeof *d->ports && d->ports[i]; i++)
		if (d->ports[i] == port)
			return true;
	return false;
}

static bool at_home(const struct application_call *call, const struct dialect *d)
{
	return is_home(d, call->flow->key.low.port) || is_home(d, call->flow->key.high.port);
}

static int find_server(const struct application_call *call, const struct dialect *d, struct bytes first)
{
	if (is_home(d, flow_endpoint(call->flow, call->direction)->port))
		return call->direction;
	if (is_home(d, flow_endpoint(call->flow, !call->direction)->port))
		return !call->direction;
	return wire_begins_like(first, d->greeting) ? call->direction : !call->direction;
}

// Once a packet, at the ports where Wireshark does.
static void name_packet(struct application_call *call, const struct dialect *d)
{
	struct state *s = call->state;
	if (s->named_packet_id == call->packet_id || !at_home(call, d))
		return;
	s->named_packet_id = call->packet_id;
	application_layer(call, d->name);
}

static size_t take_stream(struct application_call *call, const struct dialect *d, struct bytes data)
{
	struct state *s = call->state;
	size_t end = bytes_find(data, '\n');
	struct bytes line = data;
	if (end == data.left)
		return data.left > LINE_MAX ? data.left : 0;
	if (!s->lines)
		s->server = find_server(call, d, data);
	line.left = end && bytes_peek(data, end - 1, 1) == '\r' ? end - 1 : end;
	name_packet(call, d);
	if (call->direction == s->server)
		take_reply(call, d, line);
	else
		take_command(call, d, line);
	call->stop = call->stop || ++s->lines == LINES_MAX;
	return end + 1;
}

// Behind a hole the next line goes on; what was waited for may be lost.
static void gap(struct application_call *call, uint32_t missing)
{
	struct state *s = call->state;
	(void)missing;
	if (s->login.step != STEP_SENT)
		s->login = (struct login){.step = STEP_NONE};
}

// At its ports any text; elsewhere a server that says what it is.
static enum recognised recognise(const struct application_call *call, const struct dialect *d, struct bytes first)
{
	if (at_home(call, d))
		return wire_is_text(first) ? RECOGNISED_YES : RECOGNISED_NO;
	if (!wire_begins_like(first, d->greeting))
		return RECOGNISED_NO;
	first.left = bytes_find(first, '\n');
	return holds(first, d->word) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_ftp(const struct application_call *call, struct bytes first)
{
	return recognise(call, &ftp, first);
}

static enum recognised recognise_smtp(const struct application_call *call, struct bytes first)
{
	return recognise(call, &smtp, first);
}

static enum recognised recognise_imap(const struct application_call *call, struct bytes first)
{
	return recognise(call, &imap, first);
}

static enum recognised recognise_pop(const struct application_call *call, struct bytes first)
{
	return recognise(call, &pop, first);
}

static const struct dialect *dialect_of(const struct application_call *call)
{
	static const struct dialect *const dialects[] = {&ftp, &smtp, &imap, &pop};
	unsigned i = 0;
	while (i < 3 && strcmp(dialects[i]->name, call->flow->application) != 0)
		i++;
	return dialects[i];
}

static size_t stream(struct application_call *call, struct bytes data)
{
	return take_stream(call, dialect_of(call), data);
}

static void end(struct application_call *call)
{
	end_login(call, ROW_NULL, dialect_of(call)->name);
}

const struct application application_ftp = {
	.name = "ftp",
	.keys = {{"tcp.port", 21}},
	.state_size = sizeof(struct state),
	.recognise = recognise_ftp,
	.stream = stream,
	.gap = gap,
	.end = end,
};

const struct application application_smtp = {
	.name = "smtp",
	.keys = {{"tcp.port", 25}, {"tcp.port", 587}},
	.state_size = sizeof(struct state),
	.recognise = recognise_smtp,
	.stream = stream,
	.gap = gap,
	.end = end,
};

const struct application application_imap = {
	.name = "imap",
	.keys = {{"tcp.port", 143}},
	.state_size = sizeof(struct state),
	.recognise = recognise_imap,
	.stream = stream,
	.gap = gap,
	.end = end,
};

const struct application application_pop = {
	.name = "pop",
	.keys = {{"tcp.port", 110}},
	.state_size = sizeof(struct state),
	.recognise = recognise_pop,
	.stream = stream,
	.gap = gap,
	.end = end,
};
