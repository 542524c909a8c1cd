// Protocol stacks to ids. See stacks.h.
#include "stacks.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"
#include "dissect.h"

enum { PLACES = STACKS_MAX * 2, STACK_TEXT_MAX = 2048 };

struct stack_entry {
	uint64_t hash;
	int64_t id; // 0: free
};

static struct stack_entry *find(struct stack_entry *entries, uint64_t hash)
{
	size_t at = hash % PLACES;
	while (entries[at].id && entries[at].hash != hash)
		at = (at + 1) % PLACES;
	return &entries[at];
}

static void note_text(struct stacks *s, const char *text, int64_t id)
{
	uint64_t hash = XXH3_64bits(text, strlen(text));
	*find(s->by_text, hash) = (struct stack_entry){hash, id};
	if (id >= s->next_id)
		s->next_id = id + 1;
	s->count++;
}

bool stacks_init(struct stacks *s, sqlite3 *db)
{
	sqlite3_stmt *statement;
	*s = (struct stacks){.next_id = 1};
	s->by_hash = memory_alloc(PLACES * sizeof *s->by_hash);
	s->by_text = memory_alloc(PLACES * sizeof *s->by_text);
	if (sqlite3_prepare_v2(db, "SELECT stack, stack_id FROM protocol_stacks", -1, &statement, NULL) != SQLITE_OK)
		return false;
	while (sqlite3_step(statement) == SQLITE_ROW && s->count < STACKS_MAX)
		note_text(s, (const char *)sqlite3_column_text(statement, 0), sqlite3_column_int64(statement, 1));
	return sqlite3_finalize(statement) == SQLITE_OK;
}

void stacks_release(struct stacks *s)
{
	free(s->by_hash);
	free(s->by_text);
	*s = (struct stacks){0};
}

static int64_t text_id(struct stacks *s, const char *text, struct writer *w)
{
	struct stack_entry *known = find(s->by_text, XXH3_64bits(text, strlen(text)));
	if (known->id)
		return known->id;
	int64_t id = s->next_id;
	struct protocol_stack_row *row = writer_add(w, TABLE_PROTOCOL_STACKS);
	row->stack_id = id;
	row->stack = writer_text(w, text);
	note_text(s, text, id);
	return id;
}

static int64_t new_stack(struct stacks *s, const struct packet *p, struct writer *w)
{
	char text[STACK_TEXT_MAX];
	dissect_stack_text(p, text, sizeof text);
	return text_id(s, text, w);
}

int64_t stacks_id(struct stacks *s, const struct packet *p, struct writer *w)
{
	struct stack_entry *entry = find(s->by_hash, p->stack_hash);
	if (entry->id)
		return entry->id;
	if (s->count >= STACKS_MAX - 1) {
		if (!s->more_id)
			s->more_id = text_id(s, "...", w);
		return s->more_id;
	}
	*entry = (struct stack_entry){p->stack_hash, new_stack(s, p, w)};
	return entry->id;
}
