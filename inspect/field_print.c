// Layers and fields to JSON. See field_print.h. Names and words are ours, values digits and addresses: nothing that
// would have to be escaped comes from the wire.
#include "field_print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

enum { VALUE_ROOM = 64, BYTES_SHOWN = 16 };

struct printer {
	sqlite3_str *out;
	struct bytes frame;
	const char *layer;
	unsigned number;
	size_t extent; // of the layer: where the last field ends, in the frame
};

// A header or option: from `start` in the frame, fields up to `end`, what fills it up to `limit`.
struct span {
	size_t start, limit, end;
};

// ---- rows ---------------------------------------------------------------------------------------------------------

static void print_row(struct printer *p, const char *field, const char *value, const char *meaning, size_t offset,
                      size_t length)
{
	sqlite3_str_appendf(p->out,
	                    "%s{\"layer\":\"%s\",\"number\":%u,\"field\":", sqlite3_str_length(p->out) ? ",\n" : "",
	                    p->layer, p->number);
	sqlite3_str_appendf(p->out, field ? "\"%s\"" : "null", field);
	sqlite3_str_appendf(p->out, ",\"value\":%s,\"meaning\":", value ? value : "null");
	sqlite3_str_appendf(p->out, meaning ? "\"%s\"" : "null", meaning);
	sqlite3_str_appendf(p->out, ",\"offset\":%lld,\"length\":%lld}", (long long)offset, (long long)length);
}

static void print_field(struct printer *p, const char *name, const char *value, const char *meaning, size_t offset,
                        size_t length)
{
	print_row(p, name, value, meaning, offset, length);
	p->extent = offset + length > p->extent ? offset + length : p->extent;
}

// ---- values -------------------------------------------------------------------------------------------------------

static uint64_t read_number(const struct printer *p, size_t offset, size_t width, bool little)
{
	struct bytes at = p->frame;
	bytes_skip(&at, offset);
	return little ? bytes_uint_le(&at, width) : bytes_uint(&at, width);
}

static uint64_t masked(uint64_t value, uint32_t mask)
{
	if (!mask)
		return value;
	for (value &= mask; !(mask & 1); mask >>= 1)
		value >>= 1;
	return value;
}

static int hex_digits(const struct field *field)
{
	int bits = 0;
	for (uint32_t mask = field->mask; mask; mask >>= 1)
		bits += mask & 1;
	return bits ? (bits + 3) / 4 : 2 * field->width;
}

static const char *meaning_of(const struct field_value *names, uint64_t value)
{
	for (; names && names->name; names++) {
		if (names->value == value)
			return names->name;
	}
	return NULL;
}

static void write_hex(struct bytes at, size_t length, const char *between, char *to, size_t size)
{
	size_t used = (size_t)snprintf(to, size, "\"");
	for (size_t i = 0; i < length && i < BYTES_SHOWN; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%02x", i ? between : "", bytes_u8(&at));
	snprintf(to + used, size - used, "%s\"", length > BYTES_SHOWN ? "..." : "");
}

static void write_address(struct bytes at, int family, size_t width, char *to)
{
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN] = "";
	bytes_copy(&at, address, width);
	inet_ntop(family, address, text, sizeof text);
	snprintf(to, VALUE_ROOM, "\"%s\"", text);
}

static void write_number(const struct field *field, uint64_t value, char *to)
{
	if (field->kind == FIELD_HEX)
		snprintf(to, VALUE_ROOM, "\"0x%0*" PRIx64 "\"", hex_digits(field), value);
	else
		snprintf(to, VALUE_ROOM, "%" PRIu64,
		         field->factor && field->kind != FIELD_UNITS ? value * field->factor : value);
}

static void print_value(struct printer *p, const struct field *field, size_t offset, size_t width)
{
	char value[VALUE_ROOM], text[VALUE_ROOM];
	const char *meaning = NULL;
	struct bytes at = p->frame;
	bytes_skip(&at, offset);
	switch (field->kind) {
	case FIELD_IPV4:
		write_address(at, AF_INET, 4, value);
		break;
	case FIELD_IPV6:
		write_address(at, AF_INET6, 16, value);
		break;
	case FIELD_MAC:
		write_hex(at, width, ":", value, sizeof value);
		break;
	case FIELD_BYTES:
		write_hex(at, width, ":", value, sizeof value);
		break;
	default: {
		uint64_t number = masked(read_number(p, offset, width, field->kind == FIELD_LITTLE), field->mask);
		meaning = meaning_of(field->names, number);
		if (field->kind == FIELD_UNITS && number > 0) {
			snprintf(text, sizeof text, "%" PRIu64 " bytes", number * field->factor);
			meaning = text;
		}
		write_number(field, number, value);
	}
	}
	print_field(p, field->name, value, meaning, offset, width);
}

// ---- tables -------------------------------------------------------------------------------------------------------

static bool holds(const struct printer *p, const struct field_condition *when, const struct span *span)
{
	if (!when->mask)
		return true;
	if (span->start + when->offset + when->width > span->end)
		return false;
	uint64_t value = read_number(p, span->start + when->offset, when->width, false) & when->mask;
	return value >= when->least && value <= when->most;
}

static void print_fields(struct printer *p, const struct field *fields, struct span span);

static const struct field_option *find_option(const struct field_options *options, uint64_t kind)
{
	for (const struct field_option *option = options->known; option->name; option++) {
		if (option->kind == kind)
			return option;
	}
	return NULL;
}

// Bytes of the option at `at`; 0: it does not end before `end`.
static size_t option_len(const struct printer *p, const struct field_options *options, uint64_t kind, size_t at,
                         size_t end)
{
	if (kind < 32 && options->singles >> kind & 1)
		return options->kind_width;
	if (at + options->length_at + 1u > end)
		return 0;
	size_t length = (size_t)read_number(p, at + options->length_at, 1, false);
	if (options->length_mask)
		length &= options->length_mask;
	length = length * options->length_unit + options->length_extra;
	return length > options->length_at && length <= end - at ? length : 0;
}

static void print_option_head(struct printer *p, const struct field_options *options, const char *name,
                              uint64_t kind, size_t at, size_t end)
{
	char value[VALUE_ROOM];
	snprintf(value, sizeof value, options->kind_width > 1 ? "\"0x%04" PRIx64 "\"" : "%" PRIu64, kind);
	print_field(p, options->kind_name, value, name, at, options->kind_width);
	if (options->singles >> (kind & 31) & (kind < 32) || at + options->length_at + 1u > end)
		return;
	uint64_t length = read_number(p, at + options->length_at, 1, false);
	if (options->length_mask)
		length &= options->length_mask;
	if (options->shows_whole)
		length = length * options->length_unit + options->length_extra;
	snprintf(value, sizeof value, "%" PRIu64, length);
	print_field(p, options->length_name, value, NULL, at + options->length_at, 1);
}

static void print_options(struct printer *p, const struct field_options *options, size_t at, size_t end)
{
	while (at + options->kind_width <= end) {
		uint64_t kind = read_number(p, at, options->kind_width, false);
		const struct field_option *known = find_option(options, kind);
		size_t length = option_len(p, options, kind, at, end);
		print_option_head(p, options, known ? known->name : NULL, kind, at, end);
		if (!length || (kind == 0 && options->zero_ends))
			return;
		if (known && known->fields)
			print_fields(p, known->fields, (struct span){at, at + length, at + length});
		p->extent = at + length > p->extent ? at + length : p->extent;
		at += length;
	}
}

static void print_repeated(struct printer *p, const struct field *repeat, struct span span)
{
	for (size_t at = span.start + repeat->offset; at + repeat->width <= span.limit; at += repeat->width)
		print_fields(p, repeat + 1, (struct span){at, at + repeat->width, at + repeat->width});
}

static void print_fields(struct printer *p, const struct field *fields, struct span span)
{
	size_t next = span.start;
	for (const struct field *field = fields; field && field->name; field++) {
		size_t at = field->offset == FIELD_NEXT ? next : span.start + field->offset;
		size_t width = field->width == FIELD_REST ? (span.limit > at ? span.limit - at : 0) : field->width;
		if (field->kind == FIELD_REPEAT) {
			print_repeated(p, field, span);
			return;
		}
		if (!holds(p, &field->when, &span))
			continue;
		if (field->kind == FIELD_OPTIONS || field->kind == FIELD_OPTIONS_REST) {
			print_options(p, field->options, at, field->kind == FIELD_OPTIONS ? span.limit : span.end);
		} else if (width > 0 && at + width <= span.end) {
			print_value(p, field, at, width);
			next = at + width;
		}
	}
}

// ---- layers -------------------------------------------------------------------------------------------------------

// A layer and its fields, into an own text, as the layer's row comes first and has the length of all. Where it ends.
static size_t print_layer(struct printer *p, const struct dissect_layer *layer)
{
	const struct decoder *decoder = layer->decoder;
	if (!*layer->name && !(decoder && decoder->fields)) // it names applications
		return layer->offset;
	if (*layer->name) // else a part of the layer before, as SNAP of LLC
		p->layer = layer->name;
	bool only_named = decoder && !decoder->decode;
	size_t header_len = only_named || layer->failed ? layer->window_len : layer->header_len;
	struct printer fields = {.out = sqlite3_str_new(NULL), .frame = p->frame, .number = p->number};
	struct span span = {layer->offset, layer->offset + header_len, layer->offset + layer->window_len};
	fields.layer = p->layer;
	fields.extent = layer->offset + layer->header_len;
	if (decoder && decoder->fields && header_len > 0)
		print_fields(&fields, decoder->fields, span);
	print_row(p, NULL, NULL, layer->failed ? "cut or malformed" : NULL, layer->offset,
	          fields.extent - layer->offset);
	char *text = sqlite3_str_finish(fields.out);
	if (text)
		sqlite3_str_appendf(p->out, ",\n%s", text);
	sqlite3_free(text);
	p->number++;
	return layer->failed ? span.end : fields.extent;
}

static void print_rest(struct printer *p, const char *name, size_t from, size_t to)
{
	p->layer = name;
	if (from < to)
		print_row(p, NULL, NULL, NULL, from, to - from);
	p->number++;
}

char *field_print(const struct packet *packet, const struct dissect_trace *trace)
{
	struct printer p = {.out = sqlite3_str_new(NULL), .frame = packet->frame->data, .layer = "frame"};
	size_t end = 0, window_end = p.frame.left;
	for (unsigned i = 0; i < trace->count; i++) {
		const struct dissect_layer *layer = &trace->layers[i];
		size_t layer_end = print_layer(&p, layer);
		end = layer_end > end ? layer_end : end;
		window_end = layer->offset + layer->window_len;
	}
	print_rest(&p, "payload", end, window_end);
	print_rest(&p, "trailer", end > window_end ? end : window_end, p.frame.left);
	char *rows = sqlite3_str_finish(p.out);
	char *json = sqlite3_mprintf("[%s]", rows ? rows : "");
	sqlite3_free(rows);
	return json;
}
