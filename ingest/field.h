// What a header looks like to people: the fields of a decoder, one table beside its function, in the order of the wire.
// Ingest never looks at them; inspect/ prints a packet with them. Names and values are Wireshark's.
//
//     static const struct field fields[] = {
//         FIELD("vlan.priority", 0, 2, FIELD_NUMBER, .mask = 0xe000),
//         FIELD("vlan.id", 0, 2, FIELD_NUMBER, .mask = 0x0fff),
//         FIELD("vlan.etype", 2, 2, FIELD_HEX, .names = field_ethertypes, FIELD_WHEN(2, 2, 0xffff, 1536, 0xffff)),
//         FIELD_END,
//     };
#ifndef INGEST_FIELD_H
#define INGEST_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_NUMBER,       // unsigned
	FIELD_LITTLE,       // the same, lowest byte first
	FIELD_HEX,          // unsigned, as 0x...
	FIELD_UNITS,        // unsigned, of `factor` bytes, which the meaning tells
	FIELD_IPV4,         // four bytes
	FIELD_IPV6,         // sixteen
	FIELD_MAC,          // six
	FIELD_BYTES,        // as hex digits
	FIELD_OPTIONS,      // a list of options, up to the end of the header
	FIELD_OPTIONS_REST, // up to the end of the packet
	FIELD_REPEAT, // the fields that follow, again and again, up to the end of the header or option: `width` bytes each
};

enum {
	FIELD_NEXT = 0xffff, // offset: right behind the field before
	FIELD_REST = 0xff,   // width: up to the end of the header or option
};

// A row of a table: name, offset, width, kind, and what there is beside.
#define FIELD(field_name, field_offset, field_width, ...)                                                          \
	{                                                                                                              \
		.name = field_name, .offset = field_offset, .width = field_width, .kind = __VA_ARGS__                      \
	}
#define FIELD_END                                                                                                  \
	{                                                                                                              \
		.name = NULL                                                                                               \
	}

struct field_value {
	uint32_t value;
	const char *name; // NULL ends a list
};

// Whether a field is there: bits of the header lie within a range. mask 0: always.
struct field_condition {
	uint16_t offset;
	uint8_t width;
	uint32_t mask, least, most;
};

#define FIELD_WHEN(offset, width, mask, least, most) .when = {offset, width, mask, least, most}
#define FIELD_IF(offset, width, mask) FIELD_WHEN(offset, width, mask, 1, UINT32_MAX) // one of the bits is set

struct field {
	const char *name;
	uint16_t offset; // from the start of the header or option
	uint8_t width;   // bytes; a condition or FIELD_NEXT apart, fields may overlap
	enum field_kind kind;
	uint32_t mask;   // of the bits that are the field's, which then are moved down; 0 all
	uint16_t factor; // what the value is multiplied with; 0 is 1
	const struct field_value *names;
	struct field_condition when;
	const struct field_options *options; // FIELD_OPTIONS
};

// An option: its fields start at its kind. Unknown ones have kind, length and bytes.
struct field_option {
	uint32_t kind;
	const char *name;           // NULL ends a list
	const struct field *fields; // NULL: none but kind and length
};

struct field_options {
	const char *kind_name, *length_name;
	const struct field_option *known;
	uint8_t kind_width, length_at;     // bytes; where the length stands
	uint8_t length_mask;               // 0: all of its byte
	uint8_t length_unit, length_extra; // bytes of an option: its length * unit + extra
	uint32_t singles;                  // kinds below 32 that are one byte without a length, a bit each
	bool shows_whole;                  // the length is shown in bytes of the whole option
	bool zero_ends;                    // kind 0 ends the list
};

extern const struct field_value field_ethertypes[], field_ip_protocols[], field_dscps[], field_ecns[],
	field_arphrds[];

#endif
