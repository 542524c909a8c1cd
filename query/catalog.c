// Finds reports. See catalog.h.
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/embedded.h"
#include "../common/message.h"

enum { FILE_MAX = 1 << 20, DEPTH_MAX = 3, ERROR_ROOM = 512 };

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

static void add_file(struct catalog *catalog, char *path, const char *name, size_t name_length)
{
	char *own_name = memory_alloc(name_length + 1);
	memcpy(own_name, name, name_length);
	char *text = catalog_find(catalog, own_name) ? NULL : catalog_read_file(path);
	if (text) {
		add(catalog, (struct catalog_entry){own_name, text, path});
		return;
	}
	free(own_name);
	free(path);
}

// Every *.sql in the folder, and in its folders; `prefix` is the part of the names that these add.
static bool add_folder(struct catalog *catalog, const char *folder, const char *prefix, int depth)
{
	DIR *dir = opendir(folder);
	if (!dir)
		return false;
	for (const struct dirent *item; (item = readdir(dir));) {
		struct stat info;
		size_t length = strlen(item->d_name);
		if (item->d_name[0] == '.')
			continue;
		char *path = memory_join(folder, "/", item->d_name),
			 *name = memory_join(prefix, *prefix ? "/" : "", item->d_name);
		if (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && depth < DEPTH_MAX) {
			add_folder(catalog, path, name, depth + 1);
		} else if (length > 4 && !strcmp(item->d_name + length - 4, ".sql")) {
			add_file(catalog, path, name, strlen(name) - 4);
			path = NULL;
		}
		free(path);
		free(name);
	}
	closedir(dir);
	return true;
}

static void add_user_folder(struct catalog *catalog)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *folder = NULL;
	if (config && *config)
		folder = memory_join(config, "/", "pcapdex/reports");
	else if (home && *home)
		folder = memory_join(home, "/", ".config/pcapdex/reports");
	if (folder)
		add_folder(catalog, folder, "", 0);
	free(folder);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct catalog_entry *)a)->name, ((const struct catalog_entry *)b)->name);
}

bool catalog_init(struct catalog *catalog, const char *folder)
{
	*catalog = (struct catalog){0};
	if (folder && !add_folder(catalog, folder, "", 0)) {
		message_error("--reports %s: %s", folder, strerror(errno));
		return false;
	}
	add_user_folder(catalog);
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
