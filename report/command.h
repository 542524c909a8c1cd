// The report command: a document of a case, to read, print and send.
#ifndef REPORT_COMMAND_H
#define REPORT_COMMAND_H

#include "../common/options.h"

extern const struct command command_report;

#endif
