// The ingest command: files into a case. See ingest.h.
#include "ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/interrupt.h"
#include "../common/message.h"
#include "../common/progress.h"
#include "dissect.h"
#include "earlier.h"
#include "filter.h"
#include "inputs.h"
#include "live.h"
#include "load.h"

struct settings {
	const char *output, *capture, *filter;
	const char *interface, *ring, *direction;
	int64_t count, since_ns, until_ns, flow_timeout_ns;
	int64_t snaplen, duration_ns, size, timeout_ns; // -1: not given
	bool replace, no_issues, quiet, promiscuous;
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
     "UTC, as in 2018-09-26T21:21:02.5Z, or seconds since 1970, as in @1538000000.25."},
	{0, "until", "TIME", OPTION_TIME, offsetof(struct settings, until_ns), NULL,
     "Take only packets before this time."},
	{0, "flow-timeout", "SECONDS", OPTION_SECONDS, offsetof(struct settings, flow_timeout_ns), NULL,
     "Begin a new flow after so long without a packet.\n"
     "By default a flow never times out, as in Wireshark. Memory is then bounded by the flows of the capture. With -i "
     "and --ring, it is 600, and TCP flows that were closed or reset leave memory after 60."},
	{0, "replace", NULL, OPTION_FLAG, offsetof(struct settings, replace), NULL,
     "Ingest files again that are in the case, in place of what is there.\n"
     "Files are known by path and by content, standard input by content; with --capture NAME, the capture of that name "
     "is replaced, too."},
	{0, "no-issues", NULL, OPTION_FLAG, offsetof(struct settings, no_issues), NULL,
     "Do not look for issues.\n"
     "pcapdex analyze does, once for all, when the last of many captures is in the case; until then, nothing is said "
     "of issues, old ones among them."},
	{'q', "quiet", NULL, OPTION_FLAG, offsetof(struct settings, quiet), NULL,
     "No progress and no summary; only warnings, errors, and what was skipped."},
	{'i', "interface", "IFACE", OPTION_ONCE, offsetof(struct settings, interface), NULL,
     "Capture from this interface until Ctrl-C, in place of reading files.\n"
     "pcapdex query may read the case all the time; what came is there a second later. any stands for all interfaces. "
     "The bytes of the packets are not kept: where they may be asked for (follow, packet, --pcap), let dumpcap write files "
     "and follow them with --ring."},
	{0, "ring", "FOLDER", OPTION_ONCE, offsetof(struct settings, ring), NULL,
     "Follow a folder that dumpcap -b or tcpdump -C, -G, -W fills, until Ctrl-C.\n"
     "Its files become one capture, each while it grows. Started again, it goes on where it was. It warns of files that "
     "went before they were read. The folder should hold one ring and nothing else; compressed files in it are left alone."},
	{'s', "snaplen", "BYTES", OPTION_COUNT, offsetof(struct settings, snaplen), NULL,
     "With -i: keep so many bytes of each packet at most."},
	{0, "promiscuous", NULL, OPTION_FLAG, offsetof(struct settings, promiscuous), NULL,
     "With -i: capture what is not for this machine, too."},
	{0, "direction", "WAY", OPTION_CHOICE, offsetof(struct settings, direction), "in|out|both",
     "With -i: only packets that come in or go out. both without it."},
	{0, "duration", "SECONDS", OPTION_SECONDS, offsetof(struct settings, duration_ns), NULL,
     "With -i, --ring: stop after so long."},
	{0, "size", "BYTES", OPTION_BYTES, offsetof(struct settings, size), NULL,
     "With -i, --ring: stop when the case is so large, as in 500M or 2G. It is looked at each second."},
	{0, "timeout", "SECONDS", OPTION_SECONDS, offsetof(struct settings, timeout_ns), NULL,
     "With -i: let the kernel gather packets for so long, 1 at most. 0.1 without it."},
	{0, NULL, NULL, OPTION_FLAG, 0, NULL, NULL},
};

// One run on files: what it has done so far.
struct job {
	struct settings *settings;
	struct case_file *case_file;
	struct load_totals totals;
	int64_t skipped, failed; // files
	bool interrupted;        // before all was read
	int64_t data_version;    // of the case when its files were looked up: changes when another program has written
};

// ---- one capture --------------------------------------------------------------------------------------------------

// A name that no capture of the case has: "web", "web-2", "web-3" ... The caller frees it.
static char *free_name(struct job *job, const char *name)
{
	size_t size = strlen(name) + 24;
	char *candidate = memory_alloc(size);
	snprintf(candidate, size, "%s", name);
	for (int n = 2; case_integer(job->case_file->db, 0, "SELECT count(*) FROM captures WHERE name = ?", candidate);
	     n++)
		snprintf(candidate, size, "%s-%d", name, n);
	return candidate;
}

// Takes the named capture out of the case, and those of the files. False after a message.
static bool make_place(struct job *job, const struct load_input *inputs, unsigned count)
{
	const char *name = job->settings->capture;
	int64_t capture_id = 0;
	if (job->case_file->building || !job->settings->replace)
		return true;
	for (unsigned i = 0; i < count; i++)
		if (!earlier_forget_file(job->case_file, inputs[i].path, inputs, count))
			return false;
	if (name)
		capture_id = case_integer(job->case_file->db, 0, "SELECT capture_id FROM captures WHERE name = ?", name);
	return capture_id == 0 || earlier_forget(job->case_file, capture_id);
}

static struct load_options load_options_of(const struct settings *s)
{
	return (struct load_options){
		.filter = s->filter,
		.count = s->count > 0 ? s->count : 0,
		.since_ns = s->since_ns,
		.until_ns = s->until_ns,
		.flow_timeout_ns = s->flow_timeout_ns,
		.progress = !s->quiet,
	};
}

// Whether another ingest, which case_file_begin() waited for, has added one of the files meanwhile. Says so.
static bool is_added_meanwhile(struct job *job, const struct load_input *inputs, unsigned count)
{
	int64_t version = case_integer(job->case_file->db, 0, "PRAGMA data_version"), capture_id;
	if (job->case_file->building || job->settings->replace || version == job->data_version)
		return false;
	job->data_version = version;
	for (unsigned i = 0; i < count; i++) {
		if (earlier_find(job->case_file, inputs[i].path, &capture_id) == EARLIER_NONE)
			continue;
		message_note("%s: another ingest has added it, skipped", inputs[i].path);
		job->skipped += count;
		return true;
	}
	return false;
}

// Whether these are standard input, whose bytes the case may have had before: that is known only when they are in it.
static bool may_be_twice(const struct job *job, const struct load_input *inputs, unsigned count)
{
	return !job->case_file->building && count == 1 && strcmp(inputs[0].path, "-") == 0;
}

static bool load_as(struct job *job, const char *name, struct load_input *inputs, unsigned count)
{
	struct load_totals before = job->totals;
	struct load_options load_options = load_options_of(job->settings);
	bool has_begun = case_file_begin(job->case_file),
		 is_added = has_begun && is_added_meanwhile(job, inputs, count);
	if (!has_begun || is_added || !make_place(job, inputs, count)) {
		for (unsigned i = 0; i < count; i++)
			capture_free(inputs[i].file);
		if (is_added)
			case_file_abandon(job->case_file);
		return is_added;
	}
	char *own_name = free_name(job, name);
	bool ok = load_capture(job->case_file, own_name, inputs, count, &load_options, &job->totals);
	free(own_name);
	if (!ok || !may_be_twice(job, inputs, count) || earlier_find_stdin(job->case_file) == 0)
		return ok && case_file_end(job->case_file);
	if (job->settings->replace)
		return earlier_replace_stdin(job->case_file, name) && case_file_end(job->case_file);
	message_note("standard input: already in the case, skipped");
	case_file_abandon(job->case_file);
	job->totals = before;
	job->skipped++;
	return true;
}

// Whether a file should be read. Says why not.
static bool is_due(struct job *job, const char *path)
{
	int64_t capture_id;
	if (job->settings->replace && !job->case_file->building)
		return true;
	switch (earlier_find(job->case_file, path, &capture_id)) {
	case EARLIER_SAME:
		earlier_say_skipped(job->case_file, path, capture_id);
		job->skipped++;
		return false;
	case EARLIER_CHANGED:
		message_error("%s: was ingested before with other content; --replace takes the new content in its place",
		              path);
		job->failed++;
		return false;
	case EARLIER_INTERRUPTED:
		message_error("%s: is in the case up to where its ingest was interrupted; --replace ingests all of it",
		              path);
		job->failed++;
		return false;
	case EARLIER_NONE:
		break;
	}
	return true;
}

static struct capture *open_input(struct job *job, const char *path)
{
	struct capture_fault fault;
	struct capture *file = capture_open(path, &fault);
	if (!file) {
		message_error("%s", fault.text);
		job->failed++;
	}
	return file;
}

// False: the case cannot be written; nothing more is tried.
static bool ingest_each(struct job *job, const struct inputs *inputs)
{
	size_t i;
	for (i = 0; i < inputs->count && !load_interrupted(); i++) {
		struct load_input input = {.path = inputs->at[i]};
		if (!is_due(job, input.path) || !(input.file = open_input(job, input.path)))
			continue;
		char *name = input_name(input.path);
		bool ok = load_as(job, name, &input, 1);
		free(name);
		if (!ok)
			return false;
	}
	if (i < inputs->count)
		message_warning("interrupted: %zu of %zu files were not read; ingest them again", inputs->count - i,
		                inputs->count);
	job->failed += (int64_t)(inputs->count - i);
	return true;
}

static int compare_ring_files(const void *a, const void *b)
{
	const struct load_input *one = a, *two = b;
	if (one->first_ts_ns != two->first_ts_ns)
		return one->first_ts_ns < two->first_ts_ns ? -1 : 1;
	return strcmp(one->path, two->path);
}

// Opens a file of a ring for the time of its first packet, and closes it: there may be more files than a program may
// have open. Standard input, which cannot be read twice, comes last. False after a message.
static bool look_into(struct job *job, struct load_input *input)
{
	struct capture_fault fault;
	struct frame frame;
	input->first_ts_ns = INT64_MAX;
	if (strcmp(input->path, "-") == 0)
		return true;
	struct capture *file = open_input(job, input->path);
	if (file && capture_next(file, &frame, &fault) == CAPTURE_FRAME)
		input->first_ts_ns = frame.ts_ns;
	capture_free(file);
	return file != NULL;
}

// Whether the ring can be added as a whole. Says why not.
static bool is_whole(struct job *job, unsigned due)
{
	const char *name = job->settings->capture;
	if (job->settings->replace)
		return true;
	if (job->skipped) {
		message_error("%s: %" PRId64 " of its files are in the case already; --replace ingests them all again",
		              name, job->skipped);
	} else if (case_integer(job->case_file->db, 0, "SELECT count(*) FROM captures WHERE name = ?", name)) {
		message_error("%s: the case has a capture of this name; choose another one, or replace it with --replace",
		              name);
	} else {
		return true;
	}
	job->failed += due;
	job->skipped = 0;
	return false;
}

static bool ingest_ring(struct job *job, const struct inputs *inputs)
{
	struct load_input *ring = memory_alloc(inputs->count * sizeof *ring);
	unsigned count = 0;
	bool ok = true;
	for (size_t i = 0; i < inputs->count; i++) {
		ring[count].path = inputs->at[i];
		count += is_due(job, inputs->at[i]) && look_into(job, &ring[count]);
	}
	qsort(ring, count, sizeof *ring, compare_ring_files);
	if (count && is_whole(job, count))
		ok = load_as(job, job->settings->capture, ring, count);
	free(ring);
	return ok;
}

// ---- the command --------------------------------------------------------------------------------------------------

static char *case_name(const struct settings *s, const char *first_path)
{
	if (s->output)
		return memory_copy_text(s->output);
	char *name = input_name(first_path);
	char *path = memory_join(name, ".db", "");
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

static void print_summary(const struct job *job, const char *case_path, int64_t elapsed_ns)
{
	const struct load_totals *t = &job->totals;
	double seconds = (double)elapsed_ns / 1e9;
	char bytes[32], left_out[64] = "", damaged[64] = "";
	human_bytes(bytes, (double)t->bytes);
	if (t->left_out)
		snprintf(left_out, sizeof left_out, "; %" PRId64 " packet%s left out", t->left_out,
		         message_plural(t->left_out));
	if (t->damaged_files)
		snprintf(damaged, sizeof damaged, ", %" PRId64 " file%s %s", t->damaged_files,
		         message_plural(t->damaged_files), job->interrupted ? "not read to the end" : "damaged");
	message_note(
		"%s: %" PRId64 " packet%s, %" PRId64 " flow%s, %s from %" PRId64 " file%s%s in %.2f s (%.0f packets/s)%s",
		case_path, t->packets, message_plural(t->packets), t->flows, message_plural(t->flows), bytes, t->files,
		message_plural(t->files), damaged, seconds, seconds > 0 ? (double)t->packets / seconds : 0, left_out);
}

static int exit_code(const struct job *job)
{
	const struct load_totals *t = &job->totals;
	if (job->failed && !t->captures && !job->skipped)
		return EXIT_FAILED;
	return job->failed || t->damaged_files || t->unreadable_files ? EXIT_DAMAGED : EXIT_DONE;
}

static int ingest_into(struct settings *settings, const struct inputs *inputs, const char *path)
{
	struct case_file case_file;
	struct job job = {.settings = settings, .case_file = &case_file};
	int64_t begun_ns = progress_now_ns();
	int code = EXIT_FAILED;
	bool ok = case_file_open(&case_file, path);
	if (ok) {
		job.data_version = case_integer(case_file.db, 0, "PRAGMA data_version");
		ok = settings->capture ? ingest_ring(&job, inputs) : ingest_each(&job, inputs);
		job.interrupted = load_interrupted();
		if (ok && job.totals.captures && !settings->quiet && !settings->no_issues)
			progress_say("looking for issues ...");
		if (ok && job.totals.captures)
			ok = case_file_finish(&case_file);
		progress_clear();
		code = ok ? exit_code(&job) : EXIT_FAILED;
	}
	if (ok && job.totals.captures && !settings->quiet)
		print_summary(&job, path, progress_now_ns() - begun_ns);
	return case_file_close(&case_file) ? code : EXIT_FAILED;
}

// ---- live ---------------------------------------------------------------------------------------------------------

// Name of a folder or interface as a case's and a capture's. The caller frees it.
static char *live_name(const char *path)
{
	char *full_path = realpath(path, NULL);
	const char *slash = full_path ? strrchr(full_path, '/') : NULL;
	char *name = memory_copy_text(slash && slash[1] ? slash + 1 : path);
	free(full_path);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '-';
	return name;
}

static void print_live_summary(const struct load_totals *t, const char *case_path, const char *from, double seconds)
{
	char bytes[32], dropped[64] = "";
	human_bytes(bytes, (double)t->bytes);
	if (t->dropped)
		snprintf(dropped, sizeof dropped, "; %" PRId64 " packet%s more dropped before they could be read",
		         t->dropped, message_plural(t->dropped));
	message_note("%s: %" PRId64 " packet%s, %" PRId64 " flow%s, %s from %s in %.2f s%s", case_path, t->packets,
	             message_plural(t->packets), t->flows, message_plural(t->flows), bytes, from, seconds, dropped);
}

static bool full_folder(const char *folder, char full_path[PATH_MAX])
{
	struct stat status;
	if (!realpath(folder, full_path) && errno == ENOENT)
		message_error("%s: there is no such folder; check the path", folder);
	else if (!realpath(folder, full_path))
		message_error("%s: %s", folder, strerror(errno));
	else if (stat(full_path, &status) != 0 || !S_ISDIR(status.st_mode))
		message_error("%s: is no folder; --ring wants the one that the capture files are written to", folder);
	else
		return true;
	return false;
}

static int ingest_live(const struct settings *s)
{
	const char *from = s->interface ? s->interface : s->ring;
	char folder[PATH_MAX] = "";
	struct load_totals totals = {0};
	if (s->ring && !full_folder(s->ring, folder))
		return EXIT_FAILED;
	char *name = live_name(s->interface ? s->interface : folder), *path = memory_join(name, ".db", "");
	struct live_request request = {
		.case_path = s->output ? s->output : path,
		.name = s->capture ? s->capture : name,
		.folder = s->ring ? folder : NULL,
		.source = {.interface = s->interface,
	               .filter = s->filter,
	               .direction = s->direction ? s->direction : "both",
	               .snaplen = s->snaplen > 0 ? s->snaplen : CAPTURE_LIVE_SNAPLEN,
	               .timeout_ns = s->timeout_ns >= 0 ? s->timeout_ns : CAPTURE_LIVE_TIMEOUT_NS,
	               .promiscuous = s->promiscuous},
		.load = load_options_of(s),
	};
	request.load.live = true;
	request.load.filtered = s->interface != NULL;
	request.load.duration_ns = s->duration_ns > 0 ? s->duration_ns : 0;
	request.load.size = s->size > 0 ? s->size : 0;
	if (!request.load.flow_timeout_ns)
		request.load.flow_timeout_ns = LOAD_LIVE_TIMEOUT_NS;
	int64_t begun_ns = progress_now_ns();
	bool ok = live_capture(&request, &totals);
	if (ok && !s->quiet)
		print_live_summary(&totals, request.case_path, from, (double)(progress_now_ns() - begun_ns) / 1e9);
	free(path);
	free(name);
	return !ok ? EXIT_FAILED : totals.damaged_files ? EXIT_DAMAGED : EXIT_DONE;
}

// Options that belong together. False after a message.
static bool fit_together(const struct settings *s, int words)
{
	bool live = s->interface || s->ring;
	if (!live && (s->duration_ns >= 0 || s->size >= 0))
		message_error("ingest: --duration and --size are for -i and --ring");
	else if (!s->interface && (s->direction || s->promiscuous || s->snaplen >= 0 || s->timeout_ns >= 0))
		message_error("ingest: --direction, --promiscuous, --snaplen and --timeout are for -i");
	else if (s->interface && s->ring)
		message_error("ingest: either -i or --ring");
	else if (live && words > 0)
		message_error("ingest: -i and --ring read no other files");
	else if (live && s->replace)
		message_error("ingest: --replace is for files, not for -i or --ring");
	else
		return true;
	return false;
}

static bool are_live_values_sane(const struct settings *s)
{
	if (s->snaplen == 0 || s->snaplen > CAPTURE_LIVE_SNAPLEN)
		message_error("ingest: --snaplen wants 1 to %d bytes", CAPTURE_LIVE_SNAPLEN);
	else if (s->timeout_ns > CAPTURE_LIVE_TIMEOUT_NS_MAX)
		message_error("ingest: --timeout wants 1 second at most");
	else if (s->duration_ns == 0 || s->size == 0)
		message_error("ingest: --duration 0 and --size 0 would capture nothing; leave them out for no limit");
	else if ((s->interface && !*s->interface) || (s->ring && !*s->ring))
		message_error("ingest: %s wants a name", s->ring ? "--ring" : "--interface");
	else
		return true;
	return false;
}

// Values that the options' types let pass and that mean nothing. False after a message.
static bool are_sane(const struct settings *s)
{
	struct filter filter;
	if ((s->output && !*s->output) || (s->capture && !*s->capture)) {
		message_error("ingest: %s wants a name", s->output && !*s->output ? "--output" : "--capture");
		return false;
	}
	if (s->count == 0) {
		message_error("ingest: --count 0 would read no packets; leave it out to read all");
		return false;
	}
	if (s->since_ns >= s->until_ns) {
		message_error("ingest: --since is not before --until: no packet would pass");
		return false;
	}
	if (!are_live_values_sane(s))
		return false;
	if (!filter_init(&filter, s->filter))
		return false;
	filter_release(&filter);
	return true;
}

// Standard input can be read once. False after a message.
static bool is_stdin_named_once(const struct arguments *arguments)
{
	int named = 0;
	for (int i = 0; i < arguments->count; i++)
		named += strcmp(arguments->words[i], "-") == 0;
	if (named > 1)
		message_error("ingest: - is named %d times, and standard input can be read once", named);
	return named <= 1;
}

static int ingest_words(struct settings *settings, const struct arguments *arguments)
{
	struct inputs inputs;
	bool all = true;
	int code = EXIT_FAILED;
	inputs_init(&inputs);
	for (int i = 0; i < arguments->count; i++)
		all = inputs_add(&inputs, arguments->words[i]) && all;
	if (inputs.count > 0) {
		char *path = case_name(settings, inputs.at[0]);
		code = ingest_into(settings, &inputs, path);
		if (code == EXIT_DONE && !all)
			code = EXIT_DAMAGED;
		free(path);
	} else if (all) {
		message_error("%s: no capture files in this folder", arguments->words[0]);
	}
	inputs_release(&inputs);
	return code;
}

static int ingest_what(struct settings *settings, const struct arguments *arguments)
{
	interrupt_catch();
	dissect_init();
	if (settings->no_issues)
		case_file_analysis = NULL;
	return settings->interface || settings->ring ? ingest_live(settings) : ingest_words(settings, arguments);
}

static int run_ingest(int argc, char **argv)
{
	struct settings settings = {
		.count = -1,
		.since_ns = INT64_MIN,
		.until_ns = INT64_MAX,
		.snaplen = -1,
		.duration_ns = -1,
		.size = -1,
		.timeout_ns = -1,
	};
	struct arguments arguments;
	int code = EXIT_USAGE;
	if (!options_parse(&command_ingest, &settings, false, argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.help_shown)
		code = EXIT_DONE;
	else if (!fit_together(&settings, arguments.count) || !is_stdin_named_once(&arguments))
		code = EXIT_USAGE;
	else if (arguments.count == 0 && !settings.interface && !settings.ring)
		message_error("ingest: which capture files? See pcapdex ingest --help");
	else if (are_sane(&settings))
		code = ingest_what(&settings, &arguments);
	arguments_release(&arguments);
	return code;
}

const struct command command_ingest = {
	.name = "ingest",
	.synopsis = {"[OPTION...] FILE|FOLDER|- ...", "[OPTION...] -i IFACE", "[OPTION...] --ring FOLDER", NULL},
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
		"Ctrl-C stops reading and finishes the case with what was read.\n"
		"\n"
		"At its end, every ingest looks for trouble in all of the case again; Ctrl-C then leaves that to pcapdex analyze. Many "
		"small files are best added in one command, or with --no-issues.\n"
		"\n"
		"With -i and --ring, packets come from an interface, or from files that another program writes at the moment. The "
		"case can be queried while it grows, and is complete after Ctrl-C, --count, --duration or --size; if pcapdex is "
		"killed, what was saved up to a second before is there. To capture takes rights: sudo, or once "
		"sudo setcap cap_net_raw,cap_net_admin+eip \"$(command -v pcapdex)\".\n"
		"\n"
		"Memory grows with flows, 500 bytes for each and 2,500 if it is TCP, and not with packets; with -i and --ring it is "
		"bounded, because flows end that are idle or closed.",
	.examples =
		"  pcapdex ingest trace.pcapng\n"
		"  pcapdex ingest -o case.db client.pcap server.pcap.gz\n"
		"  pcapdex ingest --capture gateway -o case.db ring-*.pcap\n"
		"  sudo pcapdex ingest -i eth0 --filter 'tcp port 443' --duration 60 -o case.db\n"
		"  pcapdex ingest --ring /var/captures -o case.db\n"
		"  ssh router tcpdump -w - | pcapdex ingest -o case.db -\n",
	.options = options,
	.completion = "file",
	.has_threads = true,
	.run = run_ingest,
};
