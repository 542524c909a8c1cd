// The b-tree of an SQLite table, built page by page. See table_pages.h.
#include "table_pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"

enum {
	PAGE_TABLE_LEAF = 0x0d, // b-tree pages: type, first free block, cells, content start, fragments;
	PAGE_TABLE_INTERIOR = 0x05,
	PAGE_INDEX_LEAF = 0x0a,
	PAGE_INDEX_INTERIOR = 0x02,
	CELLS_AT = 3,
	CONTENT_AT = 5,
	RIGHT_CHILD_AT = 8, // of interior pages
	LEAF_HEADER = 8,
	INTERIOR_HEADER = 12,
	POINTER = 2, // a cell's place on the page
	CHILD = 4,   // a page number

	TABLE_LOCAL_MAX = TABLE_PAGES_SIZE - 35, // bytes of a record on its page; the rest is on overflow pages (1.6)
	INDEX_LOCAL_MAX = (TABLE_PAGES_SIZE - 12) * 64 / 255 - 23,
	LOCAL_MIN = (TABLE_PAGES_SIZE - 12) * 32 / 255 - 23,
	OVERFLOW_ROOM = TABLE_PAGES_SIZE - CHILD,

	VARINT_MAX = 9,
	INTEGER_MAX = 8,
	KEY_MAX = VARINT_MAX + INDEX_LOCAL_MAX + CHILD,
	LOCK_BYTE = 1 << 30, // the page that holds it is never used (1.2)
	PAGE_COUNT_AT = 28,  // in the file header (1.3)
};

// How a column is stored, and which value a record may leave out at its end.
struct table_column {
	enum column_kind kind;
	size_t offset;
	bool has_default; // of a kind that can be compared: the members below; NULL is the default without DEFAULT
	int64_t integer;
	double real;
	char *text; // owned
};

// A page, and its key as cells have it: the greatest rowid below it, or in an index the row between it and the next.
struct child {
	uint32_t page; // 0 none
	size_t key_len;
	uint8_t key[KEY_MAX];
};

// A page of the tree that is not full yet. The children of an interior page are named by its cells, and the last one by
// the page's header.
struct table_node {
	uint8_t page[TABLE_PAGES_SIZE];
	unsigned cells;
	size_t content_at; // where the cells begin
	struct child last;
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

static uint32_t get_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static void put_u64(uint8_t *to, uint64_t value)
{
	put_u32(to, (uint32_t)(value >> 32));
	put_u32(to + 4, (uint32_t)value);
}

// A variable-length integer below 2^56 (1.6); returns its length.
static size_t put_varint(uint8_t *to, uint64_t value)
{
	if (value < 0x80) {
		to[0] = (uint8_t)value;
		return 1;
	}
	size_t length = 1;
	for (uint64_t rest = value >> 7; rest; rest >>= 7)
		length++;
	for (size_t i = length; i > 0; i--, value >>= 7)
		to[i - 1] = (uint8_t)((value & 0x7f) | (i < length ? 0x80 : 0));
	return length;
}

static size_t varint_len(uint64_t value)
{
	uint8_t unused[VARINT_MAX];
	return put_varint(unused, value);
}

// ---- the file -----------------------------------------------------------------------------------------------------

static bool write_at(int fd, const uint8_t *from, size_t length, off_t at)
{
	ssize_t written = pwrite(fd, from, length, at);
	if (written >= 0 && (size_t)written < length)
		errno = ENOSPC;
	return written == (ssize_t)length;
}

bool page_file_begin(struct page_file *file, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	*file = (struct page_file){.fd = fd, .last_page = (uint32_t)(size / TABLE_PAGES_SIZE)};
	return size >= 0;
}

bool page_file_end(struct page_file *file)
{
	uint8_t count[4];
	put_u32(count, file->last_page);
	return write_at(file->fd, count, sizeof count, PAGE_COUNT_AT);
}

static uint32_t new_page(struct page_file *file)
{
	file->last_page++;
	if (file->last_page == LOCK_BYTE / TABLE_PAGES_SIZE + 1)
		file->last_page++;
	return file->last_page;
}

static bool write_page(const struct page_file *file, uint32_t number, const uint8_t *page)
{
	return write_at(file->fd, page, TABLE_PAGES_SIZE, (off_t)(number - 1) * TABLE_PAGES_SIZE);
}

// ---- what is known of the table -----------------------------------------------------------------------------------

// 'new' as the schema quotes it. Quotes within are not looked for: such a default is just never equal.
static char *unquoted(const char *literal)
{
	size_t length = strlen(literal);
	if (length < 2 || literal[0] != '\'')
		return NULL;
	char *text = memory_copy_text(literal + 1);
	text[length - 2] = '\0';
	return text;
}

static bool is_number(const char *literal)
{
	char *end;
	strtod(literal, &end);
	return end != literal && *end == '\0';
}

static void column_init(struct table_column *to, const struct column *column, const char *literal)
{
	*to = (struct table_column){
		.kind = column->kind,
		.offset = column->offset,
		.has_default = column->kind != COLUMN_ADDRESS,
		.integer = ROW_NULL,
		.real = ROW_NULL_REAL,
	};
	if (!literal || strcmp(literal, "NULL") == 0)
		return;
	to->integer = strtoll(literal, NULL, 10);
	to->real = strtod(literal, NULL);
	if (column->kind == COLUMN_TEXT)
		to->text = unquoted(literal);
	to->has_default = column->kind == COLUMN_TEXT ? to->text != NULL : is_number(literal);
}

// The next declared column: whether it has the name of the row's, and is a part of the key where it should be.
static bool read_column(struct table_pages *pages, sqlite3_stmt *declared, unsigned i)
{
	const struct column *column = &pages->table->columns[i];
	bool is_rowid = i == 0 && !pages->table->auto_id;
	if (sqlite3_step(declared) != SQLITE_ROW)
		return false;
	column_init(&pages->columns[i], column, (const char *)sqlite3_column_text(declared, 1));
	return strcmp((const char *)sqlite3_column_text(declared, 0), column->name) == 0 &&
	       sqlite3_column_int(declared, 2) == (is_rowid || pages->is_index ? (int)i + 1 : 0);
}

// Reads the declared columns; false where they are not the row's.
static bool read_columns(struct table_pages *pages, sqlite3_stmt *declared)
{
	if (pages->table->auto_id && (sqlite3_step(declared) != SQLITE_ROW || sqlite3_column_int(declared, 2) != 1))
		return false;
	for (unsigned i = 0; i < pages->table->column_count; i++)
		if (!read_column(pages, declared, i))
			return false;
	return sqlite3_step(declared) == SQLITE_DONE;
}

// Columns of a statement's only row; false where there is none.
static bool read_table(struct table_pages *pages, sqlite3_stmt *about)
{
	if (sqlite3_step(about) != SQLITE_ROW)
		return false;
	pages->root = (uint32_t)sqlite3_column_int64(about, 0);
	pages->is_index = sqlite3_column_int(about, 1);
	int other_indexes = sqlite3_column_int(about, 2);
	return other_indexes == 0 && !(pages->is_index && pages->table->auto_id);
}

// Has `read` read a statement about the table.
static bool ask(struct table_pages *pages, sqlite3 *db, const char *sql,
                bool (*read)(struct table_pages *, sqlite3_stmt *))
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(statement, 1, pages->table->name, -1, SQLITE_STATIC);
	bool ok = read(pages, statement);
	sqlite3_finalize(statement);
	return ok;
}

// PRAGMA table_list would tell of WITHOUT ROWID, too, but works out the columns of all views first.
static const char about_table[] =
	"SELECT t.rootpage, t.is_index,"
	" (SELECT count(*) FROM pragma_index_list(t.name) i WHERE NOT t.is_index OR i.origin <> 'pk')"
	" FROM (SELECT name, rootpage, sql LIKE '%) WITHOUT ROWID' AS is_index FROM sqlite_schema"
	" WHERE name = ? AND type = 'table') t";

static const char about_columns[] = "SELECT name, dflt_value, pk FROM pragma_table_info(?)";

// ---- records (2.1) ------------------------------------------------------------------------------------------------

// The types and values of a record while it is put together.
struct record {
	uint8_t *type, *value;   // where the next ones go
	uint8_t *types, *values; // where they begin
};

// Bits of a number below 2^63.
static inline unsigned bits_of(uint64_t number)
{
#if defined(__GNUC__)
	return 63 - (unsigned)__builtin_clzll(number << 1 | 1);
#else
	unsigned bits = 0;
	for (; number; number >>= 1)
		bits++;
	return bits;
#endif
}

static inline void put_integer(struct record *r, int64_t value)
{
	// By the bytes of a value: there are no integers of five or seven (2.1).
	static const uint8_t types[] = {1, 2, 3, 4, 5, 5, 6, 6}, widths[] = {1, 2, 3, 4, 6, 6, 8, 8};
	if ((uint64_t)value < 2 || value == ROW_NULL) {
		*r->type++ = value == ROW_NULL ? 0 : (uint8_t)(8 + value);
		return;
	}
	unsigned i = bits_of(value < 0 ? ~(uint64_t)value : (uint64_t)value) / 8; // a bit more is the sign's
	*r->type++ = types[i];
	put_u64(r->value, (uint64_t)value << (64 - 8 * widths[i]));
	r->value += widths[i];
}

// Whole numbers are stored as such, and become REAL again when they are read.
static void put_real(struct record *r, double value)
{
	enum { WHOLE_MAX = 1 << 30, TYPE_REAL = 7 };
	uint64_t bits;
	if (isnan(value)) {
		*r->type++ = 0;
	} else if (value > -WHOLE_MAX && value < WHOLE_MAX && value == (double)(int64_t)value) {
		put_integer(r, (int64_t)value);
	} else {
		memcpy(&bits, &value, sizeof bits);
		*r->type++ = TYPE_REAL;
		put_u64(r->value, bits);
		r->value += sizeof bits;
	}
}

static void put_bytes(struct record *r, const void *from, size_t length, unsigned first_type)
{
	r->type += put_varint(r->type, 2 * length + first_type);
	memcpy(r->value, from, length);
	r->value += length;
}

enum { TYPE_BLOB = 12, TYPE_TEXT = 13 };

static const char *text_at(const char *row, const struct table_column *column)
{
	return *(const char *const *)(const void *)(row + column->offset);
}

static int64_t integer_at(const char *row, const struct table_column *column)
{
	return *(const int64_t *)(const void *)(row + column->offset);
}

static double real_at(const char *row, const struct table_column *column)
{
	return *(const double *)(const void *)(row + column->offset);
}

// Makes room for `length` more bytes of values, and as many of types.
static void need(struct table_pages *pages, struct record *r, size_t length)
{
	size_t used = (size_t)(r->value - r->values), types = (size_t)(r->type - r->types);
	if (used + length <= pages->record_size)
		return;
	size_t size = 2 * (used + length);
	uint8_t *grown = memory_alloc(2 * size);
	memcpy(grown, r->types, types);
	memcpy(grown + size, r->values, used);
	free(pages->record);
	pages->record = grown;
	pages->record_size = size;
	*r = (struct record){grown + types, grown + size + used, grown, grown + size};
}

static void put_text(struct table_pages *pages, struct record *r, const char *text)
{
	if (!text) {
		*r->type++ = 0;
		return;
	}
	size_t length = strlen(text), rest = (pages->table->column_count + 1) * sizeof(struct address);
	need(pages, r, length + VARINT_MAX + rest);
	put_bytes(r, text, length, TYPE_TEXT);
}

static void put_column(struct table_pages *pages, struct record *r, const struct table_column *column,
                       const char *row)
{
	if (column->kind == COLUMN_INTEGER)
		put_integer(r, integer_at(row, column));
	else if (column->kind == COLUMN_REAL)
		put_real(r, real_at(row, column));
	else if (column->kind == COLUMN_TEXT)
		put_text(pages, r, text_at(row, column));
	else
		put_bytes(r, row + column->offset, sizeof(struct address), TYPE_BLOB);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_default(const struct table_column *column, const char *row)
{
	if (!column->has_default)
		return false;
	if (column->kind == COLUMN_INTEGER)
		return integer_at(row, column) == column->integer;
	if (column->kind == COLUMN_TEXT)
		return is_same_text(text_at(row, column), column->text);
	double value = real_at(row, column);
	return value == column->real || (isnan(value) && isnan(column->real));
}

// Columns up to the last that a record cannot do without.
static unsigned columns_needed(const struct table_pages *pages, const char *row)
{
	unsigned count = pages->table->column_count;
	while (count > 1 && is_default(&pages->columns[count - 1], row))
		count--;
	return count;
}

// The types and values of a row. The rowid is not among the values: its column is NULL.
static struct record record_of(struct table_pages *pages, const char *row)
{
	uint8_t *types = pages->record, *values = types + pages->record_size;
	struct record r = {types, values, types, values};
	unsigned count = pages->is_index ? pages->table->column_count : columns_needed(pages, row), i = 0;
	if (!pages->is_index) {
		*r.type++ = 0;
		i = !pages->table->auto_id;
	}
	for (; i < count; i++)
		put_column(pages, &r, &pages->columns[i], row);
	return r;
}

// ---- nodes --------------------------------------------------------------------------------------------------------

static size_t header_len(unsigned level)
{
	return level ? INTERIOR_HEADER : LEAF_HEADER;
}

static uint8_t page_type(const struct table_pages *pages, unsigned level)
{
	if (pages->is_index)
		return level ? PAGE_INDEX_INTERIOR : PAGE_INDEX_LEAF;
	return level ? PAGE_TABLE_INTERIOR : PAGE_TABLE_LEAF;
}

static void clear_node(struct table_node *node)
{
	memset(node->page, 0, sizeof node->page);
	node->cells = 0;
	node->content_at = TABLE_PAGES_SIZE;
}

static struct table_node *node_at(struct table_pages *pages, unsigned level)
{
	if (!pages->nodes[level]) {
		pages->nodes[level] = memory_alloc(sizeof *pages->nodes[level]);
		pages->nodes[level]->content_at = TABLE_PAGES_SIZE;
	}
	return pages->nodes[level];
}

// Room for a cell of `length` bytes; NULL: the page is full.
static uint8_t *new_cell(struct table_node *node, unsigned level, size_t length)
{
	size_t pointer_at = header_len(level) + POINTER * node->cells;
	if (pointer_at + POINTER + length > node->content_at)
		return NULL;
	node->content_at -= length;
	put_u16(node->page + pointer_at, node->content_at);
	node->cells++;
	return node->page + node->content_at;
}

static bool write_node(struct table_pages *pages, unsigned level, uint32_t number)
{
	struct table_node *node = pages->nodes[level];
	node->page[0] = page_type(pages, level);
	put_u16(node->page + CELLS_AT, node->cells);
	put_u16(node->page + CONTENT_AT, node->content_at);
	if (level)
		put_u32(node->page + RIGHT_CHILD_AT, node->last.page);
	return write_page(pages->file, number, node->page);
}

static bool add_child(struct table_pages *pages, unsigned level, const struct child *child);

static void put_child(uint8_t *cell, const struct child *child)
{
	put_u32(cell, child->page);
	memcpy(cell + CHILD, child->key, child->key_len);
}

// Takes the last cell off a page, and the key that it ends with, behind `skip` bytes.
static void take_last_cell(struct table_node *node, unsigned level, size_t skip, struct child *key_to)
{
	uint8_t *pointer = node->page + header_len(level) + POINTER * --node->cells;
	uint8_t *cell = node->page + node->content_at;
	size_t end = node->cells ? get_u16(pointer - POINTER) : TABLE_PAGES_SIZE;
	key_to->key_len = end - node->content_at - skip;
	memcpy(key_to->key, cell + skip, key_to->key_len);
	key_to->page = get_u16(cell) << 16 | get_u16(cell + 2);
	memset(pointer, 0, POINTER);
	memset(cell, 0, end - node->content_at);
	node->content_at = end;
}

// A full interior page is written without its last child, whom the next one begins with, so that it has two at least:
// the child of the last cell becomes the last, and its key goes up.
static bool finish_interior(struct table_pages *pages, unsigned level)
{
	struct table_node *node = pages->nodes[level];
	struct child first = node->last;
	take_last_cell(node, level, CHILD, &node->last);
	uint32_t number = new_page(pages->file);
	bool ok = write_node(pages, level, number);
	node->last.page = number;
	ok = ok && add_child(pages, level + 1, &node->last);
	clear_node(node);
	put_child(new_cell(node, level, CHILD + first.key_len), &first);
	return ok;
}

// Names a page on the level above it. The key of the last one of a level does not matter.
static bool add_child(struct table_pages *pages, unsigned level, const struct child *child)
{
	struct table_node *node = node_at(pages, level);
	if (node->last.page) {
		uint8_t *cell = new_cell(node, level, CHILD + node->last.key_len);
		if (cell)
			put_child(cell, &node->last);
		else if (!finish_interior(pages, level))
			return false;
	}
	node->last = *child;
	return true;
}

// A full leaf is written. In an index, its last row goes up in place of a copy.
static bool finish_leaf(struct table_pages *pages)
{
	struct child full;
	if (pages->is_index)
		take_last_cell(pages->nodes[0], 0, 0, &full);
	else
		full.key_len = put_varint(full.key, (uint64_t)pages->last_rowid);
	full.page = new_page(pages->file);
	bool ok = write_node(pages, 0, full.page) && add_child(pages, 1, &full);
	clear_node(pages->nodes[0]);
	return ok;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

bool table_pages_init(struct table_pages *pages, const struct table *table, sqlite3 *db, struct page_file *file)
{
	*pages = (struct table_pages){.table = table, .file = file};
	pages->columns = memory_alloc(table->column_count * sizeof *pages->columns);
	pages->record_size = (table->column_count + 2) * sizeof(struct address);
	pages->record = memory_alloc(2 * pages->record_size);
	if (ask(pages, db, about_table, read_table) && ask(pages, db, about_columns, read_columns))
		return true;
	table_pages_release(pages);
	return false;
}

void table_pages_release(struct table_pages *pages)
{
	for (unsigned i = 0; pages->columns && i < pages->table->column_count; i++)
		free(pages->columns[i].text);
	for (unsigned i = 0; i < TABLE_PAGES_LEVELS; i++)
		free(pages->nodes[i]);
	free(pages->columns);
	free(pages->record);
	*pages = (struct table_pages){0};
}

// Bytes of a record that lie on its page (1.6).
static size_t local_len(const struct table_pages *pages, size_t record_len)
{
	size_t max = pages->is_index ? INDEX_LOCAL_MAX : TABLE_LOCAL_MAX;
	if (record_len <= max)
		return record_len;
	size_t local = LOCAL_MIN + (record_len - LOCAL_MIN) % OVERFLOW_ROOM;
	return local <= max ? local : LOCAL_MIN;
}

// The chain of pages that holds the end of a record, and its first page's number; 0: cannot be written.
static uint32_t write_overflow(struct table_pages *pages, const uint8_t *from, size_t length)
{
	uint8_t *page = memory_alloc(TABLE_PAGES_SIZE);
	uint32_t first = new_page(pages->file), number = first;
	for (bool ok = true; ok && length > 0;) {
		size_t part = length < OVERFLOW_ROOM ? length : OVERFLOW_ROOM;
		memset(page, 0, TABLE_PAGES_SIZE);
		memcpy(page + CHILD, from, part);
		from += part;
		length -= part;
		uint32_t next = length ? new_page(pages->file) : 0;
		put_u32(page, next);
		ok = write_page(pages->file, number, page);
		first = ok ? first : 0;
		number = next;
	}
	free(page);
	return first;
}

// A cell of the leaf: lengths, rowid, record. NULL: the file cannot be written.
static uint8_t *new_leaf_cell(struct table_pages *pages, size_t length)
{
	uint8_t *cell = new_cell(node_at(pages, 0), 0, length);
	if (cell)
		return cell;
	return finish_leaf(pages) ? new_cell(pages->nodes[0], 0, length) : NULL;
}

// The length of the header counts itself (2.1).
static size_t record_header_len(size_t types_len)
{
	return types_len + 1 + (types_len + 1 > 0x7f);
}

// A record too long for its page. Copied together, then cut.
static bool add_long(struct table_pages *pages, const struct record *r, uint64_t rowid, size_t record_len)
{
	size_t types_len = (size_t)(r->type - r->types), local = local_len(pages, record_len);
	uint8_t *record = memory_alloc(record_len), start[2 * VARINT_MAX];
	size_t at = put_varint(record, record_header_len(types_len));
	memcpy(record + at, r->types, types_len);
	memcpy(record + at + types_len, r->values, (size_t)(r->value - r->values));
	size_t start_len = put_varint(start, record_len);
	start_len += pages->is_index ? 0 : put_varint(start + start_len, rowid);
	uint8_t *cell = new_leaf_cell(pages, start_len + local + CHILD);
	uint32_t overflow = cell ? write_overflow(pages, record + local, record_len - local) : 0;
	if (overflow) {
		memcpy(cell, start, start_len);
		memcpy(cell + start_len, record, local);
		put_u32(cell + start_len + local, overflow);
	}
	free(record);
	return overflow != 0;
}

static bool add_record(struct table_pages *pages, const struct record *r, uint64_t rowid)
{
	size_t types_len = (size_t)(r->type - r->types), values_len = (size_t)(r->value - r->values);
	size_t header = record_header_len(types_len), record_len = header + values_len;
	size_t rowid_len = pages->is_index ? 0 : varint_len(rowid);
	if (record_len > local_len(pages, record_len))
		return add_long(pages, r, rowid, record_len);
	uint8_t *cell = new_leaf_cell(pages, varint_len(record_len) + rowid_len + record_len);
	if (!cell)
		return false;
	cell += put_varint(cell, record_len);
	if (rowid_len)
		cell += put_varint(cell, rowid);
	cell += put_varint(cell, header);
	memcpy(cell, r->types, types_len);
	memcpy(cell + types_len, r->values, values_len);
	return true;
}

// Rows of an index come sorted; SQLite counts the ids of others.
static bool is_counted(const struct table_pages *pages)
{
	return pages->table->auto_id || pages->is_index;
}

bool table_pages_is_next(const struct table_pages *pages, const void *row)
{
	return is_counted(pages) || integer_at(row, &pages->columns[0]) > pages->last_rowid;
}

bool table_pages_add(struct table_pages *pages, const void *row)
{
	int64_t rowid = is_counted(pages) ? pages->last_rowid + 1 : integer_at(row, &pages->columns[0]);
	struct record record = record_of(pages, row);
	if (!add_record(pages, &record, (uint64_t)rowid))
		return false;
	pages->last_rowid = rowid;
	return true;
}

bool table_pages_finish(struct table_pages *pages)
{
	unsigned level = 0;
	for (; level + 1 < TABLE_PAGES_LEVELS && pages->nodes[level + 1]; level++) {
		struct child last = {.page = new_page(pages->file)};
		if (!write_node(pages, level, last.page) || !add_child(pages, level + 1, &last))
			return false;
	}
	return !pages->nodes[level] || write_node(pages, level, pages->root);
}
