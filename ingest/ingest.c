// The ingest command: files into a case. See ingest.h.
#include "ingest.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/progress.h"
#include "dissect.h"
#include "filter.h"
#include "inputs.h"
#include "load.h"

struct settings {
	const char *output, *capture, *filter;
	int64_t count, since_ns, until_ns, flow_timeout_ns;
	bool replace, quiet;
};

static const struct option_spec options[] = {
	{'o', "output", "CASE.db", OPTION_TEXT, offsetof(struct settings, output), NULL,
     "The case to make or to add to.\n"
     "Without it, the case is named after the first file and lies in the current folder: trace.db for trace.pcapng."},
	{0, "capture", "NAME", OPTION_TEXT, offsetof(struct settings, capture), NULL,
     "Take all files as one capture of this name, in time order.\n"
     "For the files of a ring buffer: flows run across the files, and packets are numbered through."},
	{'f', "filter", "BPF", OPTION_TEXT, offsetof(struct settings, filter), NULL,
     "Take only packets that pass this capture filter (pcap-filter(7)).\n"
     "Packets keep the numbers that they have in the file."},
	{'c', "count", "N", OPTION_COUNT, offsetof(struct settings, count), NULL,
     "Stop after N packets of each capture."},
	{0, "since", "TIME", OPTION_TIME, offsetof(struct settings, since_ns), NULL,
     "Take only packets from this time on.\n"
     "Seconds since 1970, or UTC as in 2018-09-26T21:21:02.5Z."},
	{0, "until", "TIME", OPTION_TIME, offsetof(struct settings, until_ns), NULL,
     "Take only packets before this time."},
	{0, "flow-timeout", "SECONDS", OPTION_SECONDS, offsetof(struct settings, flow_timeout_ns), NULL,
     "Begin a new flow after so long without a packet.\n"
     "By default a flow never times out, as in Wireshark. Memory is then bounded by the flows of the capture."},
	{0, "replace", NULL, OPTION_FLAG, offsetof(struct settings, replace), NULL,
     "Ingest files again that are in the case, in place of what is there."},
	{'q', "quiet", NULL, OPTION_FLAG, offsetof(struct settings, quiet), NULL,
     "No progress and no summary; warnings and errors only."},
	{0, NULL, NULL, OPTION_FLAG, 0, NULL, NULL},
};

// One capture to be: the files, and whether they are in the case already.
struct job {
	struct settings *settings;
	struct case_file *case_file;
	struct load_totals totals;
	int64_t skipped, failed; // files
};

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	load_interrupt();
}

// The first Ctrl-C finishes the case with what was read; a second one ends the program.
static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

// ---- what is in the case already ----------------------------------------------------------------------------------

enum presence { ABSENT, PRESENT, CHANGED, UNREADABLE };

static enum presence look_up_file(struct job *job, const char *path)
{
	struct capture_fault fault;
	struct stat status;
	char fingerprint[33], size[32];
	char *full_path = strcmp(path, "-") == 0 ? NULL : realpath(path, NULL);
	enum presence presence = ABSENT;
	if (!full_path || stat(full_path, &status) != 0) {
		free(full_path);
		return ABSENT;
	}
	snprintf(size, sizeof size, "%" PRId64, (int64_t)status.st_size);
	if (case_file_integer(job->case_file, 0, "SELECT count(*) FROM capture_files WHERE path = ?", full_path))
		presence = CHANGED;
	if (case_file_integer(job->case_file, 0, "SELECT count(*) FROM capture_files WHERE size = CAST(? AS INTEGER)",
	                      size)) {
		if (!capture_fingerprint_file(full_path, fingerprint, &fault))
			presence = UNREADABLE;
		else if (case_file_integer(job->case_file, 0, "SELECT count(*) FROM capture_files WHERE fingerprint = ?",
		                           fingerprint))
			presence = PRESENT;
	}
	free(full_path);
	return presence;
}

static bool forget_rows(struct job *job, const char *table, const char *where, int64_t capture_id)
{
	char *sql = sqlite3_mprintf("DELETE FROM \"%w\" WHERE %s = %lld", table, where, (long long)capture_id);
	bool ok = sql && case_file_run(job->case_file, sql);
	sqlite3_free(sql);
	return ok;
}

// Deletes a capture's rows: from every table that names its capture, and from the two that say it by a flow or file.
static bool forget_capture(struct job *job, int64_t capture_id)
{
	static const char tables_of_captures[] =
		"SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c"
		" WHERE t.type = 'table' AND c.name = 'capture_id'";
	sqlite3_stmt *statement;
	bool ok =
		forget_rows(job, "flow_packets", "(SELECT capture_id FROM flows f WHERE f.flow_id = flow_packets.flow_id)",
	                capture_id) &&
		forget_rows(job, "interfaces",
	                "(SELECT capture_id FROM capture_files f WHERE f.capture_file_id = interfaces.capture_file_id)",
	                capture_id);
	if (sqlite3_prepare_v2(job->case_file->db, tables_of_captures, -1, &statement, NULL) != SQLITE_OK)
		return false;
	while (ok && sqlite3_step(statement) == SQLITE_ROW)
		ok = forget_rows(job, (const char *)sqlite3_column_text(statement, 0), "capture_id", capture_id);
	sqlite3_finalize(statement);
	return ok;
}

// Whether every file of a capture is among these: a file of a ring is not replaced without the others.
static bool are_all_given(struct job *job, int64_t capture_id, char *const *paths, unsigned count)
{
	char id[24];
	int64_t given = 0;
	snprintf(id, sizeof id, "%" PRId64, capture_id);
	for (unsigned i = 0; i < count; i++) {
		char *full_path = realpath(paths[i], NULL);
		given += full_path && case_file_integer(job->case_file, 0,
		                                        "SELECT count(*) FROM capture_files"
		                                        " WHERE capture_id = CAST(? AS INTEGER) AND path = ?",
		                                        id, full_path);
		free(full_path);
	}
	int64_t files = case_file_integer(
		job->case_file, 0, "SELECT count(*) FROM capture_files WHERE capture_id = CAST(? AS INTEGER)", id);
	return given == files || files == 1;
}

// Takes the captures out of the case that hold a file of this path or content. False after a message.
static bool forget_file(struct job *job, unsigned place, char *const *paths, unsigned count)
{
	struct capture_fault fault;
	char fingerprint[33] = "-";
	char *full_path = strcmp(paths[place], "-") == 0 ? NULL : realpath(paths[place], NULL);
	if (!full_path)
		return true;
	capture_fingerprint_file(full_path, fingerprint, &fault);
	int64_t capture_id;
	bool ok = true;
	while (ok && (capture_id = case_file_integer(
					  job->case_file, 0, "SELECT capture_id FROM capture_files WHERE path = ? OR fingerprint = ?",
					  full_path, fingerprint)) != 0) {
		ok = are_all_given(job, capture_id, paths, count);
		if (!ok)
			message_error("%s: is in the case as one of several files of a capture; give them all, with --capture",
			              full_path);
		ok = ok && forget_capture(job, capture_id);
	}
	free(full_path);
	return ok;
}

// ---- one capture --------------------------------------------------------------------------------------------------

// A name that no capture of the case has: "web", "web-2", "web-3" ... The caller frees it.
static char *free_name(struct job *job, const char *name)
{
	size_t size = strlen(name) + 24;
	char *candidate = memory_alloc(size);
	snprintf(candidate, size, "%s", name);
	for (int n = 2; case_file_integer(job->case_file, 0, "SELECT count(*) FROM captures WHERE name = ?", candidate);
	     n++)
		snprintf(candidate, size, "%s-%d", name, n);
	return candidate;
}

static bool load_as(struct job *job, const char *name, struct capture **files, char *const *paths, unsigned count)
{
	const struct settings *s = job->settings;
	struct load_options load_options = {
		.filter = s->filter,
		.count = s->count,
		.since_ns = s->since_ns,
		.until_ns = s->until_ns,
		.flow_timeout_ns = s->flow_timeout_ns,
		.progress = !s->quiet,
	};
	bool ok = case_file_begin(job->case_file);
	for (unsigned i = 0; ok && s->replace && !job->case_file->building && i < count; i++)
		ok = forget_file(job, i, paths, count);
	if (!ok) {
		for (unsigned i = 0; i < count; i++)
			capture_free(files[i]);
		return false;
	}
	char *own_name = free_name(job, name);
	ok = load_capture(job->case_file, own_name, files, paths, count, &load_options, &job->totals) &&
	     case_file_end(job->case_file);
	free(own_name);
	return ok;
}

// Whether a file should be read. Says why not.
static bool is_due(struct job *job, const char *path)
{
	if (job->settings->replace && !job->case_file->building)
		return true;
	switch (look_up_file(job, path)) {
	case PRESENT:
		message_note("%s: already in the case, skipped", path);
		job->skipped++;
		return false;
	case CHANGED:
		message_error("%s: was ingested before with other content; --replace takes the new content in its place",
		              path);
		job->failed++;
		return false;
	case UNREADABLE:
	case ABSENT:
		break;
	}
	return true;
}

static struct capture *open_input(struct job *job, const struct input *input)
{
	struct capture_fault fault;
	if (!is_due(job, input->path))
		return NULL;
	struct capture *file = capture_open(input->path, &fault);
	if (!file) {
		message_error("%s", fault.text);
		job->failed++;
	}
	return file;
}

// False: the case cannot be written; nothing more is tried.
static bool ingest_each(struct job *job, const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count && !load_interrupted(); i++) {
		struct capture *file = open_input(job, &inputs->at[i]);
		if (!file)
			continue;
		char *name = input_name(inputs->at[i].path);
		bool ok = load_as(job, name, &file, &inputs->at[i].path, 1);
		free(name);
		if (!ok)
			return false;
	}
	return true;
}

// A file of a ring, and when it begins.
struct ring_file {
	struct capture *file;
	char *path;
	int64_t first_ts_ns;
	size_t place;
};

static int compare_ring_files(const void *a, const void *b)
{
	const struct ring_file *one = a, *two = b;
	if (one->first_ts_ns != two->first_ts_ns)
		return one->first_ts_ns < two->first_ts_ns ? -1 : 1;
	return (one->place > two->place) - (one->place < two->place);
}

// When the file's first packet was captured. The file is opened once more for it: a capture cannot be rewound.
static int64_t first_ts_ns(const char *path)
{
	struct capture_fault fault;
	struct frame frame;
	struct capture *file = strcmp(path, "-") == 0 ? NULL : capture_open(path, &fault);
	int64_t ts_ns = file && capture_next(file, &frame, &fault) == CAPTURE_FRAME ? frame.ts_ns : INT64_MAX;
	capture_free(file);
	return ts_ns;
}

static bool ingest_ring(struct job *job, const struct inputs *inputs)
{
	struct ring_file *ring = memory_alloc(inputs->count * sizeof *ring);
	struct capture **files = memory_alloc(inputs->count * sizeof *files);
	char **paths = memory_alloc(inputs->count * sizeof *paths);
	unsigned count = 0;
	bool ok = true;
	for (size_t i = 0; i < inputs->count; i++) {
		struct capture *file = open_input(job, &inputs->at[i]);
		if (file)
			ring[count++] = (struct ring_file){file, inputs->at[i].path, first_ts_ns(inputs->at[i].path), i};
	}
	if (count && job->skipped) {
		message_error("%" PRId64
		              " of the files of %s are in the case and %u are not; --replace ingests them all again",
		              job->skipped, job->settings->capture, count);
		for (unsigned i = 0; i < count; i++)
			capture_free(ring[i].file);
		job->failed += count;
		count = 0;
	}
	qsort(ring, count, sizeof *ring, compare_ring_files);
	for (unsigned i = 0; i < count; i++) {
		files[i] = ring[i].file;
		paths[i] = ring[i].path;
	}
	if (count)
		ok = load_as(job, job->settings->capture, files, paths, count);
	free(ring);
	free(files);
	free(paths);
	return ok;
}

// ---- the command --------------------------------------------------------------------------------------------------

static char *case_name(const struct settings *s, const char *first_path)
{
	if (s->output)
		return memory_copy_text(s->output);
	char *name = input_name(first_path);
	size_t size = strlen(name) + sizeof ".db";
	char *path = memory_alloc(size);
	snprintf(path, size, "%s.db", name);
	free(name);
	return path;
}

static void human_bytes(char to[32], double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	size_t unit = 0;
	while (bytes >= 1000 && unit + 1 < sizeof units / sizeof *units) {
		bytes /= 1000;
		unit++;
	}
	snprintf(to, 32, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_summary(const struct job *job, const char *case_path, int64_t elapsed_ns)
{
	const struct load_totals *t = &job->totals;
	double seconds = (double)elapsed_ns / 1e9;
	char bytes[32], left_out[64] = "", damaged[64] = "";
	human_bytes(bytes, (double)t->bytes);
	if (t->left_out)
		snprintf(left_out, sizeof left_out, ", %" PRId64 " left out", t->left_out);
	if (t->damaged_files)
		snprintf(damaged, sizeof damaged, ", %" PRId64 " file%s damaged", t->damaged_files,
		         plural(t->damaged_files));
	message_note("%s: %" PRId64 " packet%s, %" PRId64 " flow%s, %s%s from %" PRId64
	             " file%s%s in %.2f s (%.0f packets/s)",
	             case_path, t->packets, plural(t->packets), t->flows, plural(t->flows), bytes, left_out, t->files,
	             plural(t->files), damaged, seconds, seconds > 0 ? (double)t->packets / seconds : 0);
}

static int exit_code(const struct job *job)
{
	if (job->failed && !job->totals.captures && !job->skipped)
		return EXIT_FAILED;
	return job->failed || job->totals.damaged_files ? EXIT_DAMAGED : EXIT_DONE;
}

static int ingest_into(struct settings *settings, const struct inputs *inputs, const char *path)
{
	struct case_file case_file;
	struct job job = {.settings = settings, .case_file = &case_file};
	int64_t begun_ns = progress_now_ns();
	int code = EXIT_FAILED;
	bool ok = case_file_open(&case_file, path);
	if (ok) {
		ok = settings->capture ? ingest_ring(&job, inputs) : ingest_each(&job, inputs);
		if (ok && job.totals.captures)
			ok = case_file_finish(&case_file);
		code = ok ? exit_code(&job) : EXIT_FAILED;
	}
	if (ok && job.totals.captures && !settings->quiet)
		print_summary(&job, path, progress_now_ns() - begun_ns);
	case_file_release(&case_file);
	return code;
}

static int run_ingest(int argc, char **argv)
{
	struct settings settings = {.since_ns = INT64_MIN, .until_ns = INT64_MAX};
	struct arguments arguments;
	struct inputs inputs;
	struct filter filter;
	int code = EXIT_USAGE;
	if (!options_parse(&command_ingest, &settings, false, argc, argv, &arguments))
		return EXIT_USAGE;
	inputs_init(&inputs);
	if (arguments.help_shown) {
		code = EXIT_DONE;
	} else if (arguments.count == 0) {
		message_error("ingest: which capture files? See pcapdex ingest --help");
	} else if (filter_init(&filter, settings.filter)) {
		filter_release(&filter);
		bool all = true;
		for (int i = 0; i < arguments.count; i++)
			all = inputs_add(&inputs, arguments.words[i]) && all;
		if (inputs.count == 0) {
			if (all)
				message_error("%s: no capture files in this folder", arguments.words[0]);
			code = EXIT_FAILED;
		} else {
			char *path = case_name(&settings, inputs.at[0].path);
			catch_interrupts();
			dissect_init();
			code = ingest_into(&settings, &inputs, path);
			if (code == EXIT_DONE && !all)
				code = EXIT_DAMAGED;
			free(path);
		}
	}
	inputs_release(&inputs);
	arguments_release(&arguments);
	return code;
}

const struct command command_ingest = {
	.name = "ingest",
	.synopsis = {"[OPTION...] FILE|FOLDER|- ...", NULL},
	.summary = "Parse packet captures into a case.",
	.description =
		"Reads packet captures once and writes what is in them to one SQLite file, the case: packets, flows, TCP events, "
		"pings and errors, hosts. Ask it with pcapdex query, or with any SQLite client.\n"
		"\n"
		"Captures are classic pcap and pcapng files, plain or compressed with gzip, zstd or lz4; a folder stands for all "
		"captures in it, - for standard input. Each file is a capture of its own, named after the file, unless --capture "
		"makes them one.\n"
		"\n"
		"A new case appears when it is complete; to one that exists each capture is added as a whole or not at all. A file "
		"that is in the case already is skipped. From a damaged file every whole packet before the damage is kept. "
		"Ctrl-C stops reading and finishes the case with what was read.",
	.examples =
		"  pcapdex ingest trace.pcapng\n"
		"  pcapdex ingest -o case.db client.pcap server.pcap.gz\n"
		"  pcapdex ingest --capture gateway -o case.db ring-*.pcap\n"
		"  ssh router tcpdump -w - | pcapdex ingest -o case.db -\n",
	.options = options,
	.completion = "file",
	.run = run_ingest,
};
