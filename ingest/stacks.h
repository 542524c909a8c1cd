// Protocol stacks to ids: each text once in a case.
#ifndef INGEST_STACKS_H
#define INGEST_STACKS_H

#include <sqlite3.h>

#include "packet.h"
#include "writer.h"

enum { STACKS_MAX = 16384 }; // different stacks a case keeps; a hostile capture could make one a packet

struct stack_entry;

struct stacks {
	struct stack_entry *by_hash, *by_text; // open addressing, STACKS_MAX * 2 places
	unsigned count;
	int64_t next_id, more_id;
};

// Takes in the stacks of an existing case. False when they cannot be read.
bool stacks_init(struct stacks *, sqlite3 *db);
void stacks_release(struct stacks *);

// The id of the packet's stack; adds a row for a new one. Beyond STACKS_MAX all others share the row "...".
int64_t stacks_id(struct stacks *, const struct packet *, struct writer *);

#endif
