// Finds reports. See catalog.h.
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/embedded.h"
#include "../common/message.h"
#include "../common/text.h"

enum {
	FILE_MAX = 1 << 20,
	DEPTH_MAX = 3,
	FOLDERS_MAX = 1000, // looked into
	FILES_MAX = 5000,   // taken
	TEXTS_MAX = 64 << 20,
	ERROR_ROOM = 512,
};

// A folder that is looked into.
struct folder {
	const struct folder *above; // that it is in; NULL: none is looked into
	dev_t device;
	ino_t inode;
	int depth;
};

// What may still be taken from folders.
struct search {
	struct catalog *catalog;
	size_t folders, files, bytes;
	bool told; // that there is more
};

static char *read_stream(FILE *file, const char *path)
{
	static const char mark[] = "\xef\xbb\xbf"; // UTF-8's byte order mark
	char *text = memory_alloc(FILE_MAX + 2);
	size_t length = fread(text, 1, FILE_MAX + 1, file);
	text[length] = 0;
	if (ferror(file))
		message_error("%s: cannot read: %s", path, strerror(errno));
	else if (length > FILE_MAX)
		message_error("%s: longer than 1 MiB, too long for a query", path);
	else if (memchr(text, 0, length))
		message_error("%s: holds a NUL byte, it is no SQL", path);
	else if (!strncmp(text, mark, sizeof mark - 1))
		return memmove(text, text + sizeof mark - 1, length + 2 - sizeof mark + 1);
	else
		return memory_resize(text, length + 1);
	free(text);
	return NULL;
}

char *catalog_read_file(const char *path)
{
	struct stat info;
	if (!strcmp(path, "-"))
		return read_stream(stdin, "standard input");
	FILE *file = fopen(path, "r");
	if (!file || fstat(fileno(file), &info) != 0 || S_ISDIR(info.st_mode)) {
		message_error("%s: cannot read: %s", path, file ? "a directory" : strerror(errno));
		if (file)
			fclose(file);
		return NULL;
	}
	char *text = read_stream(file, path);
	fclose(file);
	return text;
}

enum catalog_kind catalog_kind(const char *name)
{
	static const char *const folders[] = {
		[CATALOG_DETECTOR] = "issues/", [CATALOG_RULE] = "causes/", [CATALOG_CHAPTER] = "report/"};
	for (int kind = CATALOG_DETECTOR; kind <= CATALOG_CHAPTER; kind++)
		if (!strncmp(name, folders[kind], strlen(folders[kind])))
			return (enum catalog_kind)kind;
	return CATALOG_REPORT;
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->count; i++) {
		if (!strcmp(catalog->entries[i].name, name))
			return &catalog->entries[i];
	}
	return NULL;
}

static void add(struct catalog *catalog, struct catalog_entry entry)
{
	catalog->entries = memory_resize(catalog->entries, (catalog->count + 1) * sizeof entry);
	catalog->entries[catalog->count++] = entry;
}

// The text of a file that is in a folder: whatever it is, it is not waited for. NULL after a message.
static char *read_regular(const char *path)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file) {
		message_error("%s: cannot read: %s", path, fd < 0 ? strerror(errno) : "not a regular file");
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	char *text = read_stream(file, path);
	fclose(file);
	return text;
}

// Of what is shown to people as it is, there must be nothing that shows them something else. False after a message.
static bool check_text(const char *path, const char *text)
{
	int line = 1;
	for (size_t left = strlen(text), taken; left > 0; text += taken, left -= taken) {
		uint32_t code;
		taken = text_decode(text, left, &code);
		line += *text == '\n';
		bool blank = taken == 1 && strchr("\t\n\r\f", *text);
		if (taken > 0 && (blank || !text_is_unsafe(code)))
			continue;
		if (taken == 0)
			message_error("%s: line %d is not UTF-8; save the file as UTF-8", path, line);
		else
			message_error(
				"%s: line %d holds U+%04X, a character that controls a terminal, turns the text, or is not "
				"seen; take it out",
				path, line, (unsigned)code);
		return false;
	}
	return true;
}

// Whether a report can be called so: one word, of which all is seen. False after a message.
static bool check_name(const char *path, const char *name)
{
	for (size_t left = strlen(name), taken; left > 0; name += taken, left -= taken) {
		uint32_t code;
		taken = text_decode(name, left, &code);
		if (taken > 0 && code != ' ' && !text_is_unsafe(code))
			continue;
		message_error(
			"%s: a report's name has no blanks, control characters, or characters that are not seen; "
			"rename the file",
			path);
		return false;
	}
	return true;
}

// Whether there is room for more; once a message when there is not.
static bool has_room(struct search *search)
{
	bool has = search->folders > 0 && search->files > 0 && search->bytes > FILE_MAX;
	if (!has && !search->told)
		message_error(
			"more than %d reports, %d folders of them, or %d MiB: the others are left out; name a folder of "
			"reports alone",
			FILES_MAX, FOLDERS_MAX, TEXTS_MAX >> 20);
	search->told = search->told || !has;
	return has;
}

static void add_file(struct search *search, char *path, char *name)
{
	bool wanted = check_name(path, name) && !catalog_find(search->catalog, name) && has_room(search);
	char *text = wanted ? read_regular(path) : NULL;
	search->files -= wanted;
	if (text && check_text(path, text)) {
		search->bytes -= strlen(text);
		add(search->catalog, (struct catalog_entry){name, text, path});
		return;
	}
	free(text);
	free(name);
	free(path);
}

static bool add_folder(struct search *search, const char *path, const char *prefix, const struct folder *above);

static void add_item(struct search *search, const char *folder, const char *prefix, const char *item,
                     const struct folder *in)
{
	struct stat info;
	char *path = memory_join(folder, "/", item), *name = memory_join(prefix, *prefix ? "/" : "", item);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && in->depth < DEPTH_MAX) {
		if (has_room(search))
			add_folder(search, path, name, in);
	} else if (text_ends_in(item, ".sql")) {
		name[strlen(name) - 4] = 0;
		add_file(search, path, name);
		return;
	}
	free(path);
	free(name);
}

static bool is_within_itself(const struct folder *folder)
{
	const struct folder *at = folder->above;
	while (at && !(at->device == folder->device && at->inode == folder->inode))
		at = at->above;
	return at != NULL;
}

// Every *.sql in the folder, and in its folders; `prefix` is the part of the names that these add. False: it cannot be
// read.
static bool add_folder(struct search *search, const char *path, const char *prefix, const struct folder *above)
{
	struct stat info;
	DIR *dir = opendir(path);
	if (!dir || fstat(dirfd(dir), &info) != 0) {
		if (dir)
			closedir(dir);
		return false;
	}
	struct folder folder = {above, info.st_dev, info.st_ino, above ? above->depth + 1 : 0};
	search->folders -= search->folders > 0;
	for (const struct dirent *item; !is_within_itself(&folder) && (item = readdir(dir));)
		if (item->d_name[0] != '.')
			add_item(search, path, prefix, item->d_name, &folder);
	closedir(dir);
	return true;
}

static void add_user_folder(struct search *search)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *folder = NULL;
	if (config && *config)
		folder = memory_join(config, "/", "pcapdex/reports");
	else if (home && *home)
		folder = memory_join(home, "/", ".config/pcapdex/reports");
	if (folder)
		add_folder(search, folder, "", NULL);
	free(folder);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct catalog_entry *)a)->name, ((const struct catalog_entry *)b)->name);
}

bool catalog_init(struct catalog *catalog, const char *folder)
{
	struct search search = {.catalog = catalog, .folders = FOLDERS_MAX, .files = FILES_MAX, .bytes = TEXTS_MAX};
	*catalog = (struct catalog){0};
	if (folder && !add_folder(&search, folder, "", NULL)) {
		message_error("--reports %s: %s", folder, strerror(errno));
		return false;
	}
	add_user_folder(&search);
	for (const struct embedded *file = embedded_reports; file->name; file++) {
		if (!catalog_find(catalog, file->name))
			add(catalog, (struct catalog_entry){memory_copy_text(file->name), memory_copy_text(file->text), NULL});
	}
	if (catalog->count > 0)
		qsort(catalog->entries, catalog->count, sizeof *catalog->entries, compare_names);
	return true;
}

void catalog_release(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		free(catalog->entries[i].name);
		free(catalog->entries[i].text);
		free(catalog->entries[i].path);
	}
	free(catalog->entries);
	*catalog = (struct catalog){0};
}

char *catalog_nearest(const struct catalog *catalog, const char *name, char *to, size_t size)
{
	const char **names = memory_alloc((catalog->count + 1) * sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < catalog->count; i++)
		if (catalog_kind(catalog->entries[i].name) == CATALOG_REPORT)
			names[count++] = catalog->entries[i].name;
	message_nearest(to, size, name, names, count);
	for (size_t i = 0; i < catalog->count; i++)
		names[i] = catalog->entries[i].name;
	if (!*to)
		message_nearest(to, size, name, names, catalog->count);
	free(names);
	return to;
}

bool catalog_parse(const struct catalog_entry *entry, struct report *report)
{
	char error[ERROR_ROOM];
	if (report_parse(report, REPORT_FILE, entry->name, entry->text, error, sizeof error))
		return true;
	message_error("report %s%s%s%s: %s", entry->name, entry->path ? " (" : "", entry->path ? entry->path : "",
	              entry->path ? ")" : "", error);
	return false;
}
