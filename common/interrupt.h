// Ctrl-C, SIGTERM and SIGHUP, for work that stops between two steps and keeps what it has.
#ifndef COMMON_INTERRUPT_H
#define COMMON_INTERRUPT_H

#include <stdbool.h>

// From now on the next of these signals is caught; one more behind it ends the program. Forgets what was caught before.
void interrupt_catch(void);

bool interrupt_caught(void);

#endif
