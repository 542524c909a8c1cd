// Cases, and files that are none. See case.h.
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case_schema.h"
#include "message.h"

enum {
	HEADER_SIZE = 100, // of an SQLite file
	BUSY_MS = 5000,
};

// ---- files --------------------------------------------------------------------------------------------------------

static bool looks_like_capture(const unsigned char *head)
{
	static const unsigned char magics[][4] = {
		{0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1}, {0xa1, 0xb2, 0x3c, 0x4d},
		{0x0a, 0x0d, 0x0d, 0x0a}, {0x28, 0xb5, 0x2f, 0xfd}, {0x04, 0x22, 0x4d, 0x18}, {0x1f, 0x8b, 0x08, 0x00},
	};
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (!memcmp(magics[i], head, i == 7 ? 3 : 4))
			return true;
	}
	return false;
}

static bool read_header(const char *path, unsigned char head[HEADER_SIZE], ssize_t *length)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		message_error("%s: cannot read: %s", path, strerror(errno));
		return false;
	}
	*length = read(fd, head, HEADER_SIZE);
	close(fd);
	if (*length < 0)
		message_error("%s: cannot read: %s", path, strerror(errno));
	return *length >= 0;
}

// Whether an ingest builds this case aside: it holds that file's lock.
static bool is_being_made(const char *path)
{
	char *building = memory_join(path, ".building", "");
	int fd = open(building, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
	if (fd >= 0)
		close(fd);
	free(building);
	return held;
}

// error: errno of looking for it.
static void say_missing(const char *path, int error)
{
	if (error == ENOENT && is_being_made(path))
		message_error("%s: is being made by pcapdex ingest, and appears when it is complete", path);
	else if (error == ENOENT)
		message_error("%s: no such case; make one: pcapdex ingest CAPTURE -o %s", path, path);
	else
		message_error("%s: cannot read: %s", path, strerror(error));
}

bool case_check_file(const char *path, bool *is_wal)
{
	struct stat info;
	unsigned char head[HEADER_SIZE] = {0};
	ssize_t length;
	if (stat(path, &info) != 0) {
		say_missing(path, errno);
		return false;
	}
	if (!S_ISREG(info.st_mode)) {
		message_error("%s: %s, not a case; name the file that pcapdex ingest wrote", path,
		              S_ISDIR(info.st_mode) ? "a directory" : "not a regular file");
		return false;
	}
	if (!read_header(path, head, &length))
		return false;
	*is_wal = head[18] == 2 && head[19] == 2;
	if (length == HEADER_SIZE && !memcmp(head, "SQLite format 3", 16))
		return true;
	if (length == 0)
		message_error("%s: empty, not a case; make one: pcapdex ingest CAPTURE", path);
	else if (length >= 4 && looks_like_capture(head))
		message_error("%s: looks like a capture, not a case; ingest it first: pcapdex ingest %s", path, path);
	else
		message_error("%s: not a case (not an SQLite file); make one: pcapdex ingest CAPTURE", path);
	return false;
}

char *case_sqlite_path(const char *path)
{
	return memory_join(strncmp(path, "file:", 5) == 0 ? "./" : "", path, "");
}

// ---- databases ----------------------------------------------------------------------------------------------------

int64_t case_integer(sqlite3 *db, int64_t otherwise, const char *sql, ...)
{
	sqlite3_stmt *statement;
	int64_t value = otherwise;
	va_list texts;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return otherwise;
	va_start(texts, sql);
	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++)
		sqlite3_bind_text(statement, i, va_arg(texts, const char *), -1, SQLITE_STATIC);
	va_end(texts);
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

bool case_check(sqlite3 *db, const char *path, enum case_role role)
{
	int rc = sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	int version = (int)case_integer(db, -1, "PRAGMA user_version");
	if (rc != SQLITE_OK && rc != SQLITE_NOTADB)
		case_say_why(db, path, role, rc);
	else if (rc == SQLITE_NOTADB || case_integer(db, -1, "PRAGMA application_id") != CASE_APPLICATION_ID)
		message_error("%s: %s, but not a case; %s", path, rc == SQLITE_OK ? "an SQLite file" : "exists",
		              role == CASE_OUTPUT ? "choose another name with -o" : "make one: pcapdex ingest CAPTURE");
	else if (version > CASE_VERSION)
		message_error("%s: written by a newer pcapdex (case version %d, this one knows %d); use that one", path,
		              version, CASE_VERSION);
	else if (version < CASE_VERSION)
		message_error(
			"%s: written by an older pcapdex (case version %d, this one knows %d); ingest the captures again", path,
			version, CASE_VERSION);
	else
		return true;
	return false;
}

sqlite3 *case_open_to_write(const char *path, enum case_role role)
{
	sqlite3 *db = NULL;
	bool is_wal;
	if (role == CASE_GIVEN && !case_check_file(path, &is_wal))
		return NULL;
	char *name = case_sqlite_path(path);
	int rc = sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	free(name);
	sqlite3_busy_timeout(db, BUSY_MS);
	if (rc == SQLITE_OK && role == CASE_GIVEN && sqlite3_db_readonly(db, "main") == 1)
		rc = SQLITE_READONLY; // SQLite opens such a file all the same; an ingest may have nothing to add to it
	if (rc != SQLITE_OK)
		case_say_why(db, path, role, rc);
	else if (case_check(db, path, role) && case_schema_check(db, path))
		return db;
	sqlite3_close(db);
	return NULL;
}

void case_say_full(const char *path, enum case_role role)
{
	message_error("%s: the disk is full: make room%s", path,
	              role == CASE_OUTPUT ? ", or name a place for the case with -o" : "");
}

void case_say_why(sqlite3 *db, const char *path, enum case_role role, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		message_error("%s: another program is writing it; wait until that ends", path);
		break;
	case SQLITE_READONLY:
		message_error("%s: may only be read; change its permissions, or %s", path,
		              role == CASE_OUTPUT ? "choose another name with -o" : "copy it");
		break;
	case SQLITE_FULL:
		case_say_full(path, role);
		break;
	case SQLITE_CORRUPT:
		message_error("%s: the case is damaged (%s); ingest its captures into a new one", path, sqlite3_errstr(rc));
		break;
	default:
		message_error("%s: %s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	}
}
