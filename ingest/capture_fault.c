// Wording of what is wrong with an input. See capture_fault.h.
#include "capture_fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SHOWN = 200 };

void capture_fault_set(struct capture_fault *fault, const char *name, const char *format, ...)
{
	size_t length = strlen(name);
	bool whole = length <= NAME_MAX_SHOWN;
	int start = snprintf(fault->text, sizeof fault->text, "%s%s: ", whole ? "" : "...",
	                     whole ? name : name + length - NAME_MAX_SHOWN);
	va_list args;
	va_start(args, format);
	vsnprintf(fault->text + start, sizeof fault->text - (size_t)start, format, args);
	va_end(args);
}

void *capture_need(void *made)
{
	if (made)
		return made;
	message_error("out of memory");
	exit(EXIT_FAILED);
}
