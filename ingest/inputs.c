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
		free(inputs->at[i]);
	free(inputs->at);
	inputs_init(inputs);
}

enum look { LOOKS_LIKE_CAPTURE, LOOKS_COMPRESSED, LOOKS_OTHERWISE, UNREADABLE };

// How a file begins.
static enum look look_at(const char *path)
{
	static const uint8_t magics[][4] = {
		{0xa1, 0xb2, 0xc3, 0xd4}, {0xd4, 0xc3, 0xb2, 0xa1}, // pcap, microseconds
		{0xa1, 0xb2, 0x3c, 0x4d}, {0x4d, 0x3c, 0xb2, 0xa1}, // pcap, nanoseconds
		{0xa1, 0xb2, 0xcd, 0x34}, {0x34, 0xcd, 0xb2, 0xa1}, // pcap, modified
		{0x0a, 0x0d, 0x0d, 0x0a},                           // pcapng
		{0x28, 0xb5, 0x2f, 0xfd}, {0x04, 0x22, 0x4d, 0x18}, // zstd, lz4
	};
	enum { MAGICS = sizeof magics / sizeof *magics, FIRST_COMPRESSED = MAGICS - 2 };
	uint8_t begin[4] = {0};
	FILE *file = fopen(path, "rb");
	if (!file)
		return UNREADABLE;
	size_t n = fread(begin, 1, sizeof begin, file);
	fclose(file);
	for (size_t i = 0; i < MAGICS && n == sizeof begin; i++)
		if (memcmp(begin, magics[i], sizeof begin) == 0)
			return i < FIRST_COMPRESSED ? LOOKS_LIKE_CAPTURE : LOOKS_COMPRESSED;
	return begin[0] == 0x1f && begin[1] == 0x8b ? LOOKS_COMPRESSED : LOOKS_OTHERWISE; // gzip
}

static const char *const compressed_endings[] = {"gz", "zst", "zstd", "lz4", NULL};
static const char *const capture_endings[] = {"pcap", "pcapng", "cap", "dmp", "dump", "ntar", NULL};

static bool cut_ending(char *name, const char *const *endings)
{
	char *dot = strrchr(name, '.');
	if (!dot || dot == name)
		return false;
	for (; *endings; endings++) {
		size_t length = strlen(*endings);
		// tcpdump -C numbers its files: trace.pcap0, trace.pcap1
		if (strncasecmp(dot + 1, *endings, length) == 0 &&
		    strspn(dot + 1 + length, "0123456789") == strlen(dot + 1 + length)) {
			*dot = '\0';
			return true;
		}
	}
	return false;
}

// A file's name without folder and endings; *named: one of the endings was a capture's. The caller frees it.
static char *base_name(const char *path, bool *named)
{
	const char *slash = strrchr(path, '/');
	char *name = memory_copy_text(strcmp(path, "-") == 0 ? "stdin" : slash ? slash + 1 : path);
	cut_ending(name, compressed_endings);
	*named = cut_ending(name, capture_endings);
	return name;
}

static bool is_named_like_capture(const char *path)
{
	bool named;
	free(base_name(path, &named));
	return named;
}

static void add_file(struct inputs *inputs, const char *path)
{
	if (inputs->count == inputs->capacity) {
		inputs->capacity = inputs->capacity ? inputs->capacity * 2 : 8;
		inputs->at = memory_resize(inputs->at, inputs->capacity * sizeof *inputs->at);
	}
	inputs->at[inputs->count++] = memory_copy_text(path);
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
	bool ok = true, ends_in_slash = *path && path[strlen(path) - 1] == '/';
	for (int i = 0; i < count; i++) {
		char *inner = memory_join(path, ends_in_slash ? "" : "/", entries[i]->d_name);
		ok = add_path(inputs, inner, true, depth + 1) && ok;
		free(inner);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool is_folder(const char *path, bool in_folder)
{
	struct stat status;
	int rc = in_folder ? lstat(path, &status) : stat(path, &status); // links to folders may go round in circles
	return strcmp(path, "-") != 0 && rc == 0 && S_ISDIR(status.st_mode);
}

// What to take of a folder: captures, and what is named like one or cannot be read, so that somebody hears of it.
static bool is_wanted(const char *path)
{
	struct stat status;
	bool named = is_named_like_capture(path);
	if (stat(path, &status) != 0)
		return named;
	if (!S_ISREG(status.st_mode))
		return false;
	switch (look_at(path)) {
	case LOOKS_LIKE_CAPTURE:
		return true;
	case LOOKS_COMPRESSED:
	case LOOKS_OTHERWISE:
		return named;
	case UNREADABLE:
		break;
	}
	return true;
}

static bool add_path(struct inputs *inputs, const char *path, bool in_folder, int depth)
{
	if (is_folder(path, in_folder) && depth > FOLDERS_MAX) {
		message_error("%s: is more than %d folders deep; name it by itself", path, FOLDERS_MAX);
		return false;
	}
	if (is_folder(path, in_folder))
		return add_folder(inputs, path, depth);
	if (!in_folder || is_wanted(path))
		add_file(inputs, path);
	return true;
}

bool inputs_add(struct inputs *inputs, const char *path)
{
	return add_path(inputs, path, false, 0);
}

char *input_name(const char *path)
{
	bool named;
	return base_name(path, &named);
}
