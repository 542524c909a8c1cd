// Wording of what is wrong with an input.
#ifndef INGEST_CAPTURE_FAULT_H
#define INGEST_CAPTURE_FAULT_H

#include "../common/message.h"
#include "capture.h"

// "NAME: text"; the front of a very long name gives way to the text.
void capture_fault_set(struct capture_fault *, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

// What a library made; ends the program, with a message, when there was no memory for it.
void *capture_need(void *made);

#endif
