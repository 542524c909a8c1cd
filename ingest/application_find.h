// Which application bytes belong to: by ports, by their first bytes, by the layer they lie in. For application.c.
#ifndef INGEST_APPLICATION_FIND_H
#define INGEST_APPLICATION_FIND_H

#include "application.h"

// Notes the keys of all applications, the first time. Returns how many there are.
unsigned application_find_init(void);

// The place in applications[] of the one that the first bytes of a direction, or a datagram, belong to; -1: nobody, or
// *more is set, and it takes more bytes to tell.
int application_find(struct application_call *, struct bytes first, bool is_tcp, bool *more);

// The same for frames whose innermost protocol in the stack has an application's name, and for IP without ports.
int application_of_layer(const struct packet *);
int application_of_protocol(uint8_t ip_protocol);

// What an application keeps of the capture; NULL: nothing.
void *application_capture_state(struct application_stage *, unsigned place);

#endif
