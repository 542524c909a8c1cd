// The files that an ingest was asked for. See inputs.h.
#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "../common/message.h"

enum { FOLDERS_MAX = 64 }; // nested

void inputs_init(struct inputs *inputs)
{
	*inputs = (struct inputs){0};
}

void inputs_release(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->at[i].path);
	free(inputs->at);
	inputs_init(inputs);
}

static void add_file(struct inputs *inputs, const char *path, bool in_folder)
{
	if (inputs->count == inputs->capacity) {
		inputs->capacity = inputs->capacity ? inputs->capacity * 2 : 8;
		inputs->at = memory_resize(inputs->at, inputs->capacity * sizeof *inputs->at);
	}
	inputs->at[inputs->count++] = (struct input){memory_copy_text(path), in_folder};
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool add_path(struct inputs *inputs, const char *path, bool in_folder, int depth);

static bool add_folder(struct inputs *inputs, const char *path, int depth)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, alphasort);
	if (count < 0) {
		message_error("%s: cannot read the folder: %s", path, strerror(errno));
		return false;
	}
	bool ok = true;
	for (int i = 0; i < count; i++) {
		size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
		char *inner = memory_alloc(size);
		snprintf(inner, size, "%s/%s", path, entries[i]->d_name);
		ok = add_path(inputs, inner, true, depth + 1) && ok;
		free(inner);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool add_path(struct inputs *inputs, const char *path, bool in_folder, int depth)
{
	struct stat status;
	bool known = strcmp(path, "-") != 0 && stat(path, &status) == 0;
	if (known && S_ISDIR(status.st_mode))
		return depth > FOLDERS_MAX || add_folder(inputs, path, depth);
	if (!in_folder || (known && S_ISREG(status.st_mode) && input_looks_like_capture(path)))
		add_file(inputs, path, in_folder);
	return true;
}

bool inputs_add(struct inputs *inputs, const char *path)
{
	return add_path(inputs, path, false, 0);
}

bool input_looks_like_capture(const char *path)
{
	static const uint8_t magics[][4] = {
		{0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, // pcap, microseconds
		{0xa1, 0xb2, 0x3c, 0x4d}, {0x4d, 0x3c, 0xb2, 0xa1}, // pcap, nanoseconds
		{0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1}, // pcap, modified
		{0x0a, 0x0d, 0x0d, 0x0a},                           // pcapng
		{0x28, 0xb5, 0x2f, 0xfd},                           // zstd
		{0x04, 0x22, 0x4d, 0x18},                           // lz4
	};
	uint8_t begin[4] = {0};
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(begin, 1, sizeof begin, file) : 0;
	if (file)
		fclose(file);
	if (n < sizeof begin)
		return false;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (memcmp(begin, magics[i], sizeof begin) == 0)
			return true;
	return begin[0] == 0x1f && begin[1] == 0x8b; // gzip
}

static bool cut_ending(char *name, const char *const *endings)
{
	char *dot = strrchr(name, '.');
	if (!dot || dot == name)
		return false;
	for (; *endings; endings++) {
		if (strcasecmp(dot + 1, *endings) == 0) {
			*dot = '\0';
			return true;
		}
	}
	return false;
}

char *input_name(const char *path)
{
	static const char *const compressed[] = {"gz", "zst", "zstd", "lz4", NULL};
	static const char *const captures[] = {"pcap", "pcapng", "cap", "dmp", "dump", "ntar", NULL};
	const char *slash = strrchr(path, '/');
	char *name = memory_copy_text(strcmp(path, "-") == 0 ? "stdin" : slash ? slash + 1 : path);
	cut_ending(name, compressed);
	cut_ending(name, captures);
	return name;
}
