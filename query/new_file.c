// Files that commands write. See new_file.h.
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/message.h"
#include "source.h"
#include "suggest.h"
#include "watch.h"

static bool is_same_file(const char *path, const struct stat *as)
{
	struct stat info;
	return stat(path, &info) == 0 && info.st_dev == as->st_dev && info.st_ino == as->st_ino;
}

static bool has_place_of_capture(struct guard *guard, const struct stat *as)
{
	struct names names = {0};
	bool found = false;
	names_read(&names, guard->db, "SELECT path FROM capture_files");
	for (size_t i = 0; i < names.count && !found; i++)
		found = is_same_file(names.at[i], as);
	names_release(&names);
	return found;
}

static bool is_there(const char *path, off_t size)
{
	struct stat info;
	return stat(path, &info) == 0 && info.st_size == size;
}

static bool has_content(const char *path, const char *fingerprint)
{
	char found[SOURCE_FINGERPRINT_ROOM];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool known = fd >= 0 && source_fingerprint(fd, found);
	if (fd >= 0)
		close(fd);
	return known && !strcmp(found, fingerprint);
}

// Whether it is a capture that is not at its place any more. Of one that is, a copy is nothing that the case needs.
static bool has_content_of_moved_capture(struct guard *guard, const char *path, const struct stat *as)
{
	sqlite3_stmt *files;
	bool found = false;
	if (sqlite3_prepare_v2(guard->db, "SELECT path, fingerprint FROM capture_files WHERE size = ?", -1, &files,
	                       NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(files, 1, as->st_size);
	while (!found && sqlite3_step(files) == SQLITE_ROW) {
		const char *place = (const char *)sqlite3_column_text(files, 0);
		const char *fingerprint = (const char *)sqlite3_column_text(files, 1);
		found = place && fingerprint && !is_there(place, as->st_size) && has_content(path, fingerprint);
	}
	sqlite3_finalize(files);
	return found;
}

bool new_file_is_needed(struct guard *guard, const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return false;
	bool needed = is_same_file(guard->path, &info) || has_place_of_capture(guard, &info) ||
	              has_content_of_moved_capture(guard, path, &info);
	if (needed)
		message_error("%s: the case needs this file; choose another name", path);
	return needed;
}

bool new_file_open(struct new_file *file, const char *path)
{
	struct stat info;
	char number[32];
	*file = (struct new_file){.path = path};
	if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		return file->fd >= 0;
	}
	snprintf(number, sizeof number, "%ld", (long)getpid());
	file->partial = memory_join(path, ".partial-", number);
	file->fd = open(file->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file->fd < 0)
		free(file->partial);
	else
		watch_unfinished(file->partial);
	return file->fd >= 0;
}

bool new_file_close(struct new_file *file, bool whole)
{
	bool ok = close(file->fd) == 0;
	if (file->partial && ok && whole)
		ok = rename(file->partial, file->path) == 0;
	int error = errno;
	if (file->partial && !(ok && whole))
		unlink(file->partial);
	watch_unfinished(NULL);
	free(file->partial);
	errno = error;
	return ok;
}
