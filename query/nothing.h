// Why a report found nothing.
#ifndef QUERY_NOTHING_H
#define QUERY_NOTHING_H

#include "guard.h"
#include "parameter.h"
#include "report.h"

// Why that may be: nothing was compared or looked for, no time between --since and --until or no packet in it, a flow of
// another capture, an address or a prefix that no packet of the case has, a flow that is not TCP, a protocol that no flow and
// no issue has, a least value that is too much. False: not known.
bool nothing_explain(const struct parameters *, const struct report *, struct guard *, char *to, size_t size);

// Whether a flow of the case has or carries this protocol (in lower case), or an issue is about it. False: nearest (of size)
// is "did you mean ...?", or "" when nothing is near.
bool nothing_has_protocol(struct guard *, const char *protocol, char *nearest, size_t size);

#endif
