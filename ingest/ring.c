// Follows a folder that is filled with capture files. See ring.h.
#include "ring.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/progress.h"

enum {
	FILE_HEADER_MIN = 24, // a shorter file has not begun yet
};

#define NO_TS_NS INT64_MIN

// A file as it was at the last look.
struct ring_file {
	struct ring_file *next;
	char *path;
	ino_t inode;
	int64_t size, changed_ns;
	int64_t first_ts_ns; // of its first packet; NO_TS_NS: there is none yet
	bool done;           // all of it is in the case
	bool foreign;        // no plain capture
	bool refused;        // it may not be read, and that was said
	bool seen;           // at this look
};

struct ring {
	const char *folder;
	struct load *load;
	struct case_file *case_file;
	struct load_totals *totals;
	struct ring_file *files;
	struct ring_file *current; // that is read
	struct ring_file *last;    // the same, or that was read last; NULL: none, or it is gone
	int64_t looked_ns;
	bool complete; // the current file does not grow any more
	bool failed;
};

// ---- what is in the case --------------------------------------------------------------------------------------------

int64_t ring_resumable(struct case_file *c, const char *folder)
{
	return case_integer(c->db, 0,
	                    "SELECT capture_id FROM capture_files WHERE substr(path, 1, length(?1) + 1) = ?1 || '/'"
	                    " AND format <> 'live' AND capture_id = (SELECT max(capture_id) FROM captures) LIMIT 1",
	                    folder);
}

static bool is_in_case(const struct ring *ring, const struct ring_file *file)
{
	struct capture_fault fault;
	char size[24], fingerprint[33];
	snprintf(size, sizeof size, "%lld", (long long)file->size);
	return case_integer(ring->case_file->db, 0,
	                    "SELECT count(*) FROM capture_files WHERE size = CAST(? AS INTEGER)", size) &&
	       capture_fingerprint_file(file->path, fingerprint, &fault) &&
	       case_integer(ring->case_file->db, 0, "SELECT count(*) FROM capture_files WHERE fingerprint = ?",
	                    fingerprint);
}

// Reads the row of a file that is in the case under this path; all 0 when there is none.
static bool find_part(const struct ring *ring, const char *path, struct load_part *part, int64_t *first_offset,
                      int64_t *first_ts_ns)
{
	static const char last_of_path[] =
		"SELECT f.capture_file_id, f.first_packet_id, f.last_packet_id, f.packets, b.file_offset, a.file_offset, a.ts_ns,"
		" (SELECT min(interface_id) FROM interfaces i WHERE i.capture_file_id = f.capture_file_id)"
		" FROM capture_files f JOIN packets a ON a.packet_id = f.first_packet_id"
		" JOIN packets b ON b.packet_id = f.last_packet_id"
		" WHERE f.path = ? AND f.capture_id = (SELECT max(capture_id) FROM captures)"
		" ORDER BY f.capture_file_id DESC LIMIT 1";
	sqlite3_stmt *s;
	*part = (struct load_part){0};
	if (sqlite3_prepare_v2(ring->case_file->db, last_of_path, -1, &s, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW) {
		*part = (struct load_part){
			.file_id = sqlite3_column_int64(s, 0),
			.first_packet_id = sqlite3_column_int64(s, 1),
			.last_packet_id = sqlite3_column_int64(s, 2),
			.packets = sqlite3_column_int64(s, 3),
			.last_offset = sqlite3_column_int64(s, 4),
			.interface_id = sqlite3_column_int64(s, 7),
		};
		*first_offset = sqlite3_column_int64(s, 5);
		*first_ts_ns = sqlite3_column_int64(s, 6);
	}
	return sqlite3_finalize(s) == SQLITE_OK && part->file_id;
}

// What of the file is in the case already: its first packet there is where it was, at the same time.
static struct load_part part_of(const struct ring *ring, const char *path)
{
	struct load_part part;
	struct capture_fault fault;
	struct frame frame;
	int64_t offset = 0, ts_ns = 0;
	bool same = false;
	if (!find_part(ring, path, &part, &offset, &ts_ns))
		return part;
	struct capture *file = capture_open(path, &fault);
	while (file && !same && capture_next(file, &frame, &fault) == CAPTURE_FRAME &&
	       (int64_t)frame.file_offset <= offset)
		same = (int64_t)frame.file_offset == offset && frame.ts_ns == ts_ns;
	capture_free(file);
	return same ? part : (struct load_part){0};
}

// ---- what is in the folder ------------------------------------------------------------------------------------------

static struct ring_file *file_of(struct ring *ring, const char *name)
{
	char *path = memory_join(ring->folder, "/", name);
	for (struct ring_file *f = ring->files; f; f = f->next) {
		if (strcmp(f->path, path) != 0)
			continue;
		free(path);
		return f;
	}
	struct ring_file *f = memory_alloc(sizeof *f);
	*f = (struct ring_file){.next = ring->files, .path = path, .first_ts_ns = NO_TS_NS, .size = -1};
	ring->files = f;
	return f;
}

// The time of a file's first packet, once it has one; whether it is a plain capture at all.
static void look_into(struct ring_file *f)
{
	struct capture_fault fault;
	struct frame frame;
	int64_t first_ts_ns = NO_TS_NS;
	f->foreign = false;
	if (f->size < FILE_HEADER_MIN) {
		f->first_ts_ns = NO_TS_NS;
		return;
	}
	struct capture *file = capture_open(f->path, &fault);
	f->foreign = !file || capture_compression(file) != CAPTURE_PLAIN;
	if (file && !f->foreign && capture_next(file, &frame, &fault) == CAPTURE_FRAME)
		first_ts_ns = frame.ts_ns;
	if (!file && access(f->path, R_OK) != 0 && errno == EACCES && !f->refused) {
		message_warning("%s", fault.text);
		f->refused = true;
	}
	capture_free(file);
	f->first_ts_ns = first_ts_ns;
}

// It goes before it was its turn.
static void warn_if_unread(const struct ring *ring, const struct ring_file *f)
{
	if (f != ring->current && !f->done && !f->foreign && f->first_ts_ns != NO_TS_NS)
		message_warning("%s was removed or overwritten before it was read: its packets are missing", f->path);
}

static void warn_of_gap(const char *last_path)
{
	message_warning(
		"%s, the last file that was read, is gone: what was captured since then, and is not in the folder any "
		"more, is missing",
		last_path);
}

// A ring removes its oldest files: the last one that was read goes when others have come and gone unseen.
static void look_for_last(struct ring *ring)
{
	if (!ring->last || ring->last->seen)
		return;
	warn_of_gap(ring->last->path);
	ring->last = NULL;
}

static void note_file(struct ring *ring, const char *name)
{
	struct stat status;
	struct ring_file *f = file_of(ring, name);
	if (stat(f->path, &status) != 0 || !S_ISREG(status.st_mode))
		return;
	f->seen = true;
	int64_t changed_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
	if (f->inode == status.st_ino && f->size == status.st_size && f->changed_ns == changed_ns)
		return;
	bool again = f->size >= 0 && (f->inode != status.st_ino || status.st_size < f->size);
	if (again)
		warn_if_unread(ring, f);
	f->inode = status.st_ino;
	f->size = status.st_size;
	f->changed_ns = changed_ns;
	f->done = false;
	if (f == ring->current && again)
		ring->complete = true; // another one has its name now
	if (f != ring->current)
		look_into(f);
}

static void forget_unseen(struct ring *ring)
{
	for (struct ring_file **at = &ring->files, *f; (f = *at) != NULL;) {
		if (f->seen || f == ring->current) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		warn_if_unread(ring, f);
		free(f->path);
		free(f);
	}
}

static bool look(struct ring *ring)
{
	DIR *folder = opendir(ring->folder);
	if (!folder) {
		message_error("%s: cannot read the folder: %s", ring->folder, strerror(errno));
		ring->failed = true;
		return false;
	}
	for (struct ring_file *f = ring->files; f; f = f->next)
		f->seen = false;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.')
			note_file(ring, entry->d_name);
	closedir(folder);
	look_for_last(ring);
	forget_unseen(ring);
	ring->looked_ns = progress_now_ns();
	return true;
}

// The file that begins first of those that are not in the case.
static struct ring_file *next_file(const struct ring *ring)
{
	struct ring_file *first = NULL;
	for (struct ring_file *f = ring->files; f; f = f->next) {
		if (f->done || f->foreign || f->first_ts_ns == NO_TS_NS)
			continue;
		if (!first || f->first_ts_ns < first->first_ts_ns ||
		    (f->first_ts_ns == first->first_ts_ns && strcmp(f->path, first->path) < 0))
			first = f;
	}
	return first;
}

// Whether another file has begun after the current one.
static bool has_successor(const struct ring *ring)
{
	const struct ring_file *current = ring->current;
	for (const struct ring_file *f = ring->files; f; f = f->next) {
		bool empty = f->first_ts_ns == NO_TS_NS;
		if (f != current && !f->done && !f->foreign && (!empty || f->changed_ns >= current->changed_ns))
			return true;
	}
	return false;
}

// ---- following ------------------------------------------------------------------------------------------------------

static void rest(int64_t ns)
{
	struct timespec time = {.tv_nsec = (long)ns};
	nanosleep(&time, NULL); // a signal ends it
}

// What is done at the end of a file that may grow: disk_file.wait.
static bool wait_for_more(void *context)
{
	struct ring *ring = context;
	if (!load_save_in_time(ring->load))
		ring->failed = true;
	if (ring->failed || ring->complete || load_ended(ring->load))
		return false;
	rest(RING_STEP_NS);
	if (progress_now_ns() - ring->looked_ns < RING_LOOK_NS)
		return true;
	if (!look(ring))
		return false;
	ring->complete = ring->complete || has_successor(ring);
	return true;
}

// Takes a file in, to its end.
static bool follow_file(struct ring *ring, struct ring_file *f)
{
	struct capture_fault fault;
	if (is_in_case(ring, f)) {
		f->done = true;
		return true;
	}
	struct load_part part = part_of(ring, f->path);
	ring->current = ring->last = f;
	ring->complete = has_successor(ring);
	struct capture *file = capture_open_growing(f->path, wait_for_more, ring, &fault);
	if (!file)
		f->foreign = true; // gone meanwhile, or another file
	bool ok = !file || load_file(ring->load, file, f->path, &part, ring->totals);
	capture_free(file);
	ring->current = NULL;
	f->done = true;
	return ok && load_save(ring->load) && !ring->failed;
}

// Started again: whether the file that was read last is still there.
static void look_for_last_in_case(const struct ring *ring)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(ring->case_file->db,
	                       "SELECT path FROM capture_files WHERE capture_id = ? AND packets > 0"
	                       " ORDER BY capture_file_id DESC LIMIT 1",
	                       -1, &s, NULL) != SQLITE_OK)
		return;
	sqlite3_bind_int64(s, 1, ring_resumable(ring->case_file, ring->folder));
	if (sqlite3_step(s) == SQLITE_ROW && !part_of(ring, (const char *)sqlite3_column_text(s, 0)).file_id)
		warn_of_gap((const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
}

static void release(struct ring *ring)
{
	for (struct ring_file *f = ring->files, *next; f; f = next) {
		next = f->next;
		free(f->path);
		free(f);
	}
}

bool ring_follow(struct load *load, struct case_file *c, const char *folder, struct load_totals *totals)
{
	struct ring ring = {.folder = folder, .load = load, .case_file = c, .totals = totals};
	bool ok = true;
	look_for_last_in_case(&ring);
	while (ok && !load_ended(load)) {
		ok = look(&ring);
		struct ring_file *next = ok ? next_file(&ring) : NULL;
		if (next)
			ok = follow_file(&ring, next);
		else if (ok && (ok = load_save_in_time(load)))
			rest(RING_LOOK_NS);
	}
	release(&ring);
	return ok;
}
