// Temporary files. See temporary.h.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE // O_TMPFILE
#endif
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return memory_copy_text(".");
	char *folder = memory_copy_text(path);
	folder[slash == path ? 1 : slash - path] = '\0';
	return folder;
}

// A file that never had a name, where the system has such; -1 where it has not.
static int open_nameless(const char *path)
{
#ifdef O_TMPFILE
	char *folder = folder_of(path);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	free(folder);
	return fd;
#else
	(void)path;
	return -1;
#endif
}

FILE *temporary_file(const char *path)
{
	char *name = memory_join(path, ".temporary.", "XXXXXX");
	int fd = open_nameless(path);
	if (fd < 0 && (fd = mkstemp(name)) >= 0)
		unlink(name);
	FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
	if (!file)
		message_error("%s: cannot make a temporary file beside it: %s; %s", path, strerror(errno),
		              errno == ENOSPC ? "make room" : "copy it to a folder that you may write to");
	free(name);
	return file;
}
