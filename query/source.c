// Capture files, found and checked. See source.h.
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY // the state can then be on the stack
#include <xxhash.h>

enum { BLOCK = 1 << 18 };

bool source_fingerprint(int fd, char to[SOURCE_FINGERPRINT_ROOM])
{
	XXH3_state_t state;
	unsigned char *block = malloc(BLOCK);
	ssize_t length = -1;
	if (!block)
		return false;
	XXH3_128bits_reset(&state);
	while ((length = read(fd, block, BLOCK)) > 0)
		XXH3_128bits_update(&state, block, (size_t)length);
	free(block);
	XXH128_canonical_t canonical;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
	for (size_t i = 0; i < sizeof canonical.digest; i++)
		snprintf(to + 2 * i, 3, "%02x", canonical.digest[i]);
	return length == 0;
}

// What is wrong with the file that is open; NULL nothing.
static const char *check(struct source *source, const struct source_file *file)
{
	struct stat info;
	char found[SOURCE_FINGERPRINT_ROOM] = "";
	if (fstat(source->fd, &info) != 0 || !S_ISREG(info.st_mode))
		return "not a regular file";
	if (file->size >= 0 && info.st_size != file->size)
		return "the capture file has changed since it was ingested (another size)";
	if (!file->fingerprint[0])
		return "its ingest was stopped before the end, nothing tells whether it is the same; ingest it again";
	if (!source_fingerprint(source->fd, found) || strcmp(found, file->fingerprint) != 0)
		return "the capture file has changed since it was ingested (other bytes)";
	source->unpacked = unpacked_new(source->fd, file->compression);
	return source->unpacked ? NULL : "cannot be unpacked";
}

// Opens one path; NULL: done, else what is wrong. A pipe or a device is not waited for.
static const char *try_path(struct source *source, const struct source_file *file, const char *path)
{
	source->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (source->fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? "the capture file is gone" : strerror(errno);
	const char *trouble = check(source, file);
	if (trouble)
		source_close(source);
	return trouble;
}

// Under its own name in another folder.
static const char *try_folder(struct source *source, const struct source_file *file, const char *folder)
{
	char path[SOURCE_PATH_ROOM];
	const char *slash = strrchr(file->path, '/');
	int length = snprintf(path, sizeof path, "%s/%s", folder, slash ? slash + 1 : file->path);
	if (length < 0 || length >= (int)sizeof path)
		return "its path is too long";
	return try_path(source, file, path);
}

bool source_open(struct source *source, const struct source_file *file, const char *folder, char *error)
{
	*source = SOURCE_CLOSED;
	if (file->path[0] != '/') {
		snprintf(error, SOURCE_ERROR_ROOM, "%.300s: the capture was not read from a file, its bytes are not kept",
		         strcmp(file->path, "-") == 0 ? "standard input" : file->path);
		return false;
	}
	const char *trouble = try_path(source, file, file->path);
	if (!trouble) {
		source->file = *file;
		return true;
	}
	const char *there = folder ? try_folder(source, file, folder) : NULL;
	if (folder && !there) {
		source->file = *file;
		return true;
	}
	if (folder)
		snprintf(error, SOURCE_ERROR_ROOM, "%.250s: %s; in %.100s: %s", file->path, trouble, folder,
		         strcmp(there, "the capture file is gone") == 0 ? "no file of its name" : there);
	else
		snprintf(error, SOURCE_ERROR_ROOM, "%.300s: %s; put it back, or name its new folder with --source-dir",
		         file->path, trouble);
	return false;
}

void source_close(struct source *source)
{
	unpacked_free(source->unpacked);
	if (source->fd >= 0)
		close(source->fd);
	*source = SOURCE_CLOSED;
}

bool source_is(const struct source *source, const struct source_file *file)
{
	return source->fd >= 0 && strcmp(source->file.path, file->path) == 0 &&
	       strcmp(source->file.fingerprint, file->fingerprint) == 0;
}

bool source_read(struct source *source, int64_t offset, void *to, size_t length)
{
	return offset >= 0 && unpacked_read(source->unpacked, offset, to, length);
}
