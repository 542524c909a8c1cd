// From options to the values of a statement's parameters.
#ifndef QUERY_PARAMETER_H
#define QUERY_PARAMETER_H

#include <sqlite3.h>
#include <stdint.h>

#include "../common/options.h"
#include "guard.h"
#include "report.h"

struct parameters {
	struct parameter_value {
		char *name; // without the colon
		enum { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT } kind;
		int64_t integer;
		double real;
		char *text;
	} * values;
	size_t count;
	const struct option_spec *command_options; // of which parameters cannot have the names; may be NULL
};

// Values for a report's parameters from the options given, checked against their types; options that the report does
// not declare are errors. Plain SQL declares nothing: any option whose parameter stands in the SQL will do. False after
// a message (wrong usage). command_options: names for suggestions.
bool parameters_init(struct parameters *, const struct report *, const struct arguments *, struct guard *,
                     const struct option_spec *command_options);
void parameters_release(struct parameters *);

// The value of this name, without the colon; NULL: none was added yet.
const struct parameter_value *parameters_find(const struct parameters *, const char *name);

// Whether it has a value: given, or by default.
bool parameters_has(const struct parameters *, const char *name);

// Binds them by name. False, with error filled: the statement has a parameter that got no value.
bool parameters_bind(const struct parameters *, sqlite3_stmt *, char *error, size_t size);

#endif
