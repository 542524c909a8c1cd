// The compare command.
#ifndef COMPARE_COMPARE_H
#define COMPARE_COMPARE_H

#include "../common/options.h"

extern const struct command command_compare;

#endif
