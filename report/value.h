// Values of a document as people read them: by the names of their columns.
//
// The end of a column's name tells the unit:
//
//     _ms, _s            milliseconds, seconds; time_s with three decimals, others with three digits that count
//     bytes              bytes: 1.2 MB
//     percent            per cent
//     mbit_per_s         millions of bits per second
//     number             a packet number, as Wireshark's
//     _id, _ids, port, flow, status, code, as_number: numbers that are names, without separators
//
// Other whole numbers from 10,000 have separators.
#ifndef REPORT_VALUE_H
#define REPORT_VALUE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "../query/cell.h"

enum unit { UNIT_NONE, UNIT_NAME, UNIT_MS, UNIT_S, UNIT_TIME, UNIT_BYTES, UNIT_PERCENT, UNIT_RATE };

enum { VALUE_BYTES_MAX = 4000 }; // of a text; what is longer ends in "..."

struct column {
	char *name, *help; // help: "" none
	char *heading;     // "P90, ms"
	enum unit unit;
};

struct value {
	enum cell_kind kind;
	char *raw; // as JSON has it
	size_t raw_length;
	char *shown;   // for people: valid UTF-8 without control characters, but for line feeds; "" for NULL
	double number; // 0 for what is none
};

void column_init(struct column *, const char *name, const char *help);
void column_release(struct column *);

void value_read(struct value *, const struct column *, sqlite3_stmt *, int number);
void value_release(struct value *);

// A number as the column's values are shown, with its unit: "12.5 ms". The caller frees it.
char *value_with_unit(const struct column *, const struct value *);

// The same of any number: for axes.
void number_with_unit(const struct column *, double number, char *to, size_t size);

#endif
