// Holds reports to what they say of themselves: each statement prepares on an empty case, its parameters are those in
// the header, its columns are those documented, in their order.
#ifndef QUERY_CHECK_H
#define QUERY_CHECK_H

#include "../common/options.h"
#include "catalog.h"

// Checks all; an exit code. One message for each thing that is wrong.
int check_reports(const struct catalog *, const struct option_spec *command_options);

#endif
