// The b-tree of an SQLite table, built page by page. See table_pages.h.
#include "table_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "temporary.h"

enum {
	PAGE_LEAF = 0x0d,     // table b-tree pages: type, first free block, cells, content start, fragments;
	PAGE_INTERIOR = 0x05, // and the right-most child
	LEAF_HEADER = 8,
	INTERIOR_HEADER = 12,
	POINTER = 2, // a cell's place on the page

	CELL_MAX = 512,      // 60 columns of nine bytes
	CHILDREN_MAX = 1000, // of an interior page: 15 bytes each at most
	LEVELS_MAX = 8,      // a thousand times a thousand times ...
	LOCK_BYTE = 1 << 30, // the page that holds it is never used (1.2)
	PAGE_COUNT_AT = 28,  // in the file header (1.3)
	FILE_HEADER_LEN = 100,
};

static void put_u16(uint8_t *to, size_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	put_u16(to, value >> 16);
	put_u16(to + 2, value & 0xffff);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// A variable-length integer (1.6); returns its length. Rowids here are positive and below 2^56.
static size_t put_varint(uint8_t *to, uint64_t value)
{
	size_t length = 1;
	for (uint64_t rest = value >> 7; rest; rest >>= 7)
		length++;
	for (size_t i = length; i > 0; i--, value >>= 7)
		to[i - 1] = (uint8_t)((value & 0x7f) | (i < length ? 0x80 : 0));
	return length;
}

// ---- records (2.1) ------------------------------------------------------------------------------------------------

// Serial type of an integer, and the bytes it takes.
static uint8_t serial_type(int64_t value, size_t *width)
{
	uint64_t magnitude = value < 0 ? ~(uint64_t)value : (uint64_t)value;
	*width = 0;
	if (value == ROW_NULL)
		return 0;
	if (value == 0 || value == 1)
		return (uint8_t)(8 + value);
	if (magnitude < 0x80)
		return (uint8_t)(*width = 1);
	if (magnitude < 0x8000)
		return (uint8_t)(*width = 2);
	if (magnitude < 0x800000)
		return (uint8_t)(*width = 3);
	if (magnitude < 0x80000000)
		return (uint8_t)(*width = 4);
	*width = magnitude < 0x800000000000 ? 6 : 8;
	return *width == 6 ? 5 : 6;
}

static int64_t value_at(const struct table *table, const char *row, unsigned column)
{
	return *(const int64_t *)(const void *)(row + table->columns[column].offset);
}

// Columns up to the last that has a value: what a record lacks at its end is NULL, as after ALTER TABLE ADD COLUMN.
static unsigned values_of(const struct table *table, const char *row)
{
	unsigned count = table->column_count;
	while (count > 1 && value_at(table, row, count - 1) == ROW_NULL)
		count--;
	return count;
}

// The record of a row; the rowid's column is NULL in it. Returns its length.
static size_t put_record(uint8_t *to, const struct table *table, const char *row)
{
	unsigned count = values_of(table, row);
	uint8_t *type = to, *value = to + 1 + count;
	*type++ = (uint8_t)(1 + count); // header length; one byte each
	*type++ = 0;
	for (unsigned i = 1; i < count; i++) {
		size_t width;
		int64_t number = value_at(table, row, i);
		*type++ = serial_type(number, &width);
		for (size_t b = width; b > 0; b--)
			*value++ = (uint8_t)((uint64_t)number >> (8 * (b - 1)));
	}
	return (size_t)(value - to);
}

// ---- leaves -------------------------------------------------------------------------------------------------------

bool table_pages_init(struct table_pages *pages, const struct table *table, const char *path)
{
	*pages = (struct table_pages){
		.table = table,
		.leaves = temporary_file(path),
		.page = memory_alloc(TABLE_PAGES_SIZE),
		.content_at = TABLE_PAGES_SIZE,
	};
	return pages->leaves != NULL;
}

void table_pages_release(struct table_pages *pages)
{
	if (pages->leaves)
		fclose(pages->leaves);
	free(pages->page);
	*pages = (struct table_pages){0};
}

static bool finish_leaf(struct table_pages *pages)
{
	uint8_t *page = pages->page;
	page[0] = PAGE_LEAF;
	put_u16(page + 3, pages->cells);
	put_u16(page + 5, pages->content_at);
	bool ok = fwrite(page, TABLE_PAGES_SIZE, 1, pages->leaves) == 1;
	memset(page, 0, TABLE_PAGES_SIZE);
	pages->cells = 0;
	pages->content_at = TABLE_PAGES_SIZE;
	pages->leaf_count++;
	return ok;
}

static bool add_row(struct table_pages *pages, const char *row)
{
	uint8_t cell[CELL_MAX], record[CELL_MAX];
	int64_t rowid = value_at(pages->table, row, 0);
	size_t record_len = put_record(record, pages->table, row);
	size_t length = put_varint(cell, record_len);
	length += put_varint(cell + length, (uint64_t)rowid);
	memcpy(cell + length, record, record_len);
	length += record_len;
	size_t used = LEAF_HEADER + POINTER * (pages->cells + 1);
	if (used + length > pages->content_at && !finish_leaf(pages))
		return false;
	pages->content_at -= length;
	memcpy(pages->page + pages->content_at, cell, length);
	put_u16(pages->page + LEAF_HEADER + POINTER * pages->cells, pages->content_at);
	pages->cells++;
	pages->last_rowid = rowid;
	return true;
}

bool table_pages_add(struct table_pages *pages, const void *rows, unsigned count)
{
	const char *row = rows;
	for (unsigned i = 0; i < count; i++, row += pages->table->row_size)
		if (!add_row(pages, row))
			return false;
	return true;
}

// ---- the tree -----------------------------------------------------------------------------------------------------

// Children that wait for the interior page that will name them.
struct level {
	uint32_t page[CHILDREN_MAX];
	int64_t rowid[CHILDREN_MAX]; // greatest below the child
	unsigned count;
};

struct graft {
	int fd;
	uint32_t root, last_page; // last_page: of the file so far
	struct level *levels;     // LEVELS_MAX; 0 names leaves
	bool failed;
};

static uint32_t new_page(struct graft *g)
{
	g->last_page++;
	if (g->last_page == LOCK_BYTE / TABLE_PAGES_SIZE + 1)
		g->last_page++;
	return g->last_page;
}

static void write_page(struct graft *g, uint32_t number, const uint8_t *page)
{
	off_t at = (off_t)(number - 1) * TABLE_PAGES_SIZE;
	g->failed |= pwrite(g->fd, page, TABLE_PAGES_SIZE, at) != TABLE_PAGES_SIZE;
}

// An interior page of the first `count` children of a level.
static void write_interior(struct graft *g, const struct level *level, unsigned count, uint32_t number)
{
	uint8_t page[TABLE_PAGES_SIZE] = {PAGE_INTERIOR};
	size_t at = TABLE_PAGES_SIZE;
	for (unsigned i = 0; i + 1 < count; i++) {
		uint8_t key[9];
		size_t length = put_varint(key, (uint64_t)level->rowid[i]);
		at -= 4 + length;
		put_u32(page + at, level->page[i]);
		memcpy(page + at + 4, key, length);
		put_u16(page + INTERIOR_HEADER + POINTER * i, at);
	}
	put_u16(page + 3, count - 1);
	put_u16(page + 5, at);
	put_u32(page + 8, level->page[count - 1]);
	write_page(g, number, page);
}

// A full level is written but for its last child, so that the next page of it has two at least.
static void add_child(struct graft *g, unsigned depth, uint32_t page, int64_t rowid)
{
	struct level *level = &g->levels[depth];
	if (level->count == CHILDREN_MAX) {
		unsigned last = CHILDREN_MAX - 1;
		uint32_t number = new_page(g);
		write_interior(g, level, last, number);
		add_child(g, depth + 1, number, level->rowid[last - 1]);
		level->page[0] = level->page[last];
		level->rowid[0] = level->rowid[last];
		level->count = 1;
	}
	level->page[level->count] = page;
	level->rowid[level->count] = rowid;
	level->count++;
}

// What is left on each level, from below; the uppermost becomes the root.
static void finish_levels(struct graft *g)
{
	unsigned depth = 0;
	for (; g->levels[depth + 1].count; depth++) {
		struct level *level = &g->levels[depth];
		uint32_t number = new_page(g);
		write_interior(g, level, level->count, number);
		add_child(g, depth + 1, number, level->rowid[level->count - 1]);
	}
	write_interior(g, &g->levels[depth], g->levels[depth].count, g->root);
}

static uint64_t get_varint(const uint8_t **at)
{
	uint64_t value = 0;
	int i = 0;
	do
		value = value << 7 | (**at & 0x7f);
	while (*(*at)++ & 0x80 && ++i < 8);
	return value;
}

static int64_t last_rowid_of(const uint8_t *leaf)
{
	unsigned cells = (unsigned)leaf[3] << 8 | leaf[4];
	const uint8_t *pointer = leaf + LEAF_HEADER + POINTER * (cells - 1);
	const uint8_t *cell = leaf + ((unsigned)pointer[0] << 8 | pointer[1]);
	get_varint(&cell);
	return (int64_t)get_varint(&cell);
}

static void copy_leaves(struct graft *g, struct table_pages *pages)
{
	uint8_t leaf[TABLE_PAGES_SIZE];
	rewind(pages->leaves);
	for (uint64_t i = 0; i < pages->leaf_count && !g->failed; i++) {
		g->failed |= fread(leaf, sizeof leaf, 1, pages->leaves) != 1;
		if (g->failed)
			break;
		uint32_t number = pages->leaf_count == 1 ? g->root : new_page(g);
		write_page(g, number, leaf);
		if (pages->leaf_count > 1)
			add_child(g, 0, number, last_rowid_of(leaf));
	}
}

static bool graft_pages(struct graft *g, struct table_pages *pages)
{
	uint8_t header[FILE_HEADER_LEN];
	if (pread(g->fd, header, sizeof header, 0) != sizeof header)
		return false;
	g->last_page = get_u32(header + PAGE_COUNT_AT);
	copy_leaves(g, pages);
	if (!g->failed && pages->leaf_count > 1)
		finish_levels(g);
	put_u32(header + PAGE_COUNT_AT, g->last_page);
	return !g->failed && pwrite(g->fd, header, sizeof header, 0) == sizeof header;
}

bool table_pages_graft(struct table_pages *pages, const char *path, uint32_t root)
{
	if (pages->cells && !finish_leaf(pages)) {
		message_error("%s: cannot write: %s", path, strerror(errno));
		return false;
	}
	if (pages->leaf_count == 0)
		return true;
	struct graft g = {.fd = open(path, O_RDWR | O_CLOEXEC), .root = root};
	g.levels = memory_alloc(LEVELS_MAX * sizeof *g.levels);
	bool ok = g.fd >= 0 && graft_pages(&g, pages);
	if (!ok)
		message_error("%s: cannot write: %s", path, strerror(errno));
	if (g.fd >= 0)
		close(g.fd);
	free(g.levels);
	return ok;
}
