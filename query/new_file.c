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

static bool has_content_of_capture(struct guard *guard, const char *path, const struct stat *as)
{
	struct names names = {0};
	char found[SOURCE_FINGERPRINT_ROOM];
	bool same = false;
	char *sql = sqlite3_mprintf("SELECT fingerprint FROM capture_files WHERE size = %lld", (long long)as->st_size);
	names_read(&names, guard->db, sql);
	sqlite3_free(sql);
	int fd = names.count > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	bool known = fd >= 0 && source_fingerprint(fd, found);
	for (size_t i = 0; i < names.count && known && !same; i++)
		same = !strcmp(names.at[i], found);
	if (fd >= 0)
		close(fd);
	names_release(&names);
	return same;
}

bool new_file_is_needed(struct guard *guard, const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return false;
	bool needed = is_same_file(guard->path, &info) || has_place_of_capture(guard, &info) ||
	              has_content_of_capture(guard, path, &info);
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
	file->fd = open(file->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file->fd < 0)
		free(file->partial);
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
	free(file->partial);
	errno = error;
	return ok;
}
