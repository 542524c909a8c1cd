// A file as it is on disk, counted and hashed. See disk_file.h.
#include "disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_fault.h"

enum { REST_CHUNK = 1 << 20 }; // bytes read at a time when only the fingerprint is wanted

static void explain_open(const char *name, int error, struct capture_fault *fault)
{
	if (error == ENOENT || error == ENOTDIR)
		capture_fault_set(fault, name, "there is no such file; check the path");
	else if (error == EACCES || error == EPERM)
		capture_fault_set(fault, name, "no permission to read it; ask its owner, or run as a user who may");
	else
		capture_fault_set(fault, name, "cannot be opened: %s", strerror(error));
}

// What a descriptor is; false, with *fault filled, when it holds no bytes in a row.
static bool examine(struct disk_file *file, struct capture_fault *fault)
{
	struct stat status;
	if (fstat(file->fd, &status) != 0) {
		capture_fault_set(fault, file->name, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		capture_fault_set(fault, file->name, "is a directory, not a capture; name the files in it");
		return false;
	}
	if (isatty(file->fd)) {
		capture_fault_set(fault, file->name, "is a terminal; give a file, or pipe a capture in");
		return false;
	}
	file->size = S_ISREG(status.st_mode) ? (int64_t)status.st_size : -1;
	return true;
}

static void init(struct disk_file *file, const char *name)
{
	*file = (struct disk_file){.name = memory_copy_text(name), .fd = -1, .size = -1};
	file->hash = capture_need(XXH3_createState());
	XXH3_128bits_reset(file->hash);
}

bool disk_file_open(struct disk_file *file, const char *path, struct capture_fault *fault)
{
	bool is_stdin = strcmp(path, "-") == 0;
	init(file, is_stdin ? "standard input" : path);
	file->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		explain_open(file->name, errno, fault);
	else if (examine(file, fault))
		return true;
	disk_file_close(file);
	return false;
}

void disk_file_open_memory(struct disk_file *file, const char *name, const void *data, size_t length)
{
	init(file, name);
	file->size = (int64_t)length;
	file->bytes_read = length;
	if (length > 0)
		XXH3_128bits_update(file->hash, data, length);
}

void disk_file_close(struct disk_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	XXH3_freeState(file->hash);
	free(file->name);
	*file = (struct disk_file){.fd = -1};
}

static void explain_read(struct disk_file *file, int error)
{
	file->failed = true;
	capture_fault_set(&file->fault, file->name, "reading stopped at offset %llu: %s; every packet before was kept",
	                  (unsigned long long)file->bytes_read, error == EINTR ? "interrupted" : strerror(error));
}

size_t disk_file_read(struct disk_file *file, void *to, size_t room)
{
	if (file->fd < 0 || file->failed)
		return 0;
	ssize_t got = read(file->fd, to, room);
	while (got == 0 && file->wait && file->wait(file->wait_context))
		got = read(file->fd, to, room);
	if (got < 0)
		explain_read(file, errno);
	if (got <= 0)
		return 0;
	XXH3_128bits_update(file->hash, to, (size_t)got);
	file->bytes_read += (uint64_t)got;
	if (file->size >= 0 && file->bytes_read > (uint64_t)file->size)
		file->size = (int64_t)file->bytes_read;
	return (size_t)got;
}

void disk_file_fingerprint(struct disk_file *file, char to[33])
{
	uint8_t *chunk = memory_alloc(REST_CHUNK);
	while (disk_file_read(file, chunk, REST_CHUNK) > 0)
		continue;
	free(chunk);
	XXH128_hash_t hash = XXH3_128bits_digest(file->hash);
	snprintf(to, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}
