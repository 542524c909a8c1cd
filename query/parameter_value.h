// Texts of options to values of a report's parameters, each by its type.
#ifndef QUERY_PARAMETER_VALUE_H
#define QUERY_PARAMETER_VALUE_H

#include "parameter.h"

// The type of a parameter that nobody declared: by its name, else by what its value looks like.
enum parameter_type parameter_value_type(const char *name, const char *text);

// Sets *value from text. What the case is asked for, a capture, a flow, a detector, must be there; numbers of packets and
// times of day are of the capture that `parameters`, read before, choose. False after a message (wrong usage).
bool parameter_value_read(struct parameter_value *value, const struct report_parameter *, const char *text,
                          struct guard *, const struct parameters *parameters);

#endif
