// The compare command: two or more captures of a case, packet by packet. See compare.h.
#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/progress.h"
#include "../common/temporary.h"
#include "hop_case.h"
#include "hop_rows.h"
#include "matching.h"
#include "sampling.h"

enum { POINTS_MAX = 64 };

static const int64_t default_window_ns = 10000000000;

struct settings {
	int64_t window_ns;
	bool reverse, quiet;
};

static const struct option_spec options[] = {
	{'r', "reverse", NULL, OPTION_FLAG, offsetof(struct settings, reverse), NULL,
     "The captures are named from the far end of the path: take them in reverse order."},
	{'w', "window", "SECONDS", OPTION_SECONDS, offsetof(struct settings, window_ns), NULL,
     "How far apart the two sightings of a packet may be, clocks corrected; 10 s unless told.\n"
     "More finds packets that were queued for longer, and takes more memory where many are lost."},
	{'q', "quiet", NULL, OPTION_FLAG, offsetof(struct settings, quiet), NULL,
     "No progress and no summary; warnings and errors only."},
	{0, NULL, NULL, OPTION_FLAG, 0, NULL, NULL},
};

// One pair of points.
struct job {
	const struct settings *settings;
	struct hop_case *c;
	struct point points[2];
	struct pairing pairing;
	struct matching matching;
	struct hop_totals totals;
	struct progress progress;
	int64_t begun_ns;
};

// ---- what is said -----------------------------------------------------------------------------------------------------

static void format_time(char *to, size_t size, double ns)
{
	double size_ns = fabs(ns);
	if (size_ns >= 1e9)
		snprintf(to, size, "%.6f s", ns / 1e9);
	else if (size_ns >= 1e6)
		snprintf(to, size, "%.3f ms", ns / 1e6);
	else
		snprintf(to, size, "%.1f us", ns / 1e3);
}

static void format_clock(char *to, size_t size, const struct clock *c)
{
	char offset[32], uncertainty[32], drift[32] = "";
	format_time(offset, sizeof offset, clock_offset_ns(c, c->begin_ns));
	format_time(uncertainty, sizeof uncertainty, c->uncertainty_ns);
	if (c->has_drift)
		snprintf(drift, sizeof drift, ", drift %.1f ppm", c->drift * 1e6);
	if (c->is_contradicted)
		snprintf(to, size, "packets contradict each other about the clocks: one-way delays cannot be known");
	else if (c->has_forward && c->has_back)
		snprintf(to, size, "clocks differ by %s +- %s%s", offset, uncertainty, drift);
	else if (c->has_forward || c->has_back)
		snprintf(to, size, "packets go one way only: one-way delays cannot be known%s", drift);
	else
		snprintf(to, size, "which way packets go cannot be told");
}

static void say_summary(const struct job *j)
{
	const struct matching *m = &j->matching;
	char clock[192] = "nothing in common";
	if (m->matched[0] > 0)
		format_clock(clock, sizeof clock, &j->totals.clock);
	double seconds = (double)(progress_now_ns() - j->begun_ns) / 1e9;
	message_note("%s and %s: %" PRId64 " packet%s in both, %" PRId64 " and %" PRId64
	             " in one only; lost between them %" PRId64 " forward, %" PRId64 " back; %s; %.2f s",
	             j->points[0].name, j->points[1].name, m->matched[0], message_plural(m->matched[0]), m->only[0],
	             m->only[1], j->totals.lost[0], j->totals.lost[1], clock, seconds);
}

// A capture that dropped packets of its own accord dropped others, too, of which nothing shows it.
static void warn_of_drops(const struct job *j, int point)
{
	enum { LEAST = 3, TENTH = 10 };
	int64_t missed = j->totals.missed[point], lost = j->totals.lost[!point];
	if (lost == 0 || missed < LEAST || missed < lost / TENTH)
		return;
	message_warning("%s lacks %" PRId64 " packets that passed it; of the %" PRId64
	                " that count as lost on the way to it, some may have arrived",
	                j->points[point].name, missed, lost);
}

static void say_warnings(const struct job *j)
{
	const struct matching *m = &j->matching;
	for (int point = 0; point < 2; point++)
		warn_of_drops(j, point);
	if (m->matched[0] == 0)
		message_warning("%s and %s have no packet in common; are they of the same traffic, at the same time?",
		                j->points[0].name, j->points[1].name);
	if (m->given_up > 0)
		message_warning("%" PRId64
		                " packets were given up before the window had passed: too many waited;"
		                " a shorter --window may help",
		                m->given_up);
}

static void show_progress(void *of, int64_t packets)
{
	struct job *j = of;
	int64_t all = j->points[0].packets + j->points[1].packets;
	double share = all > 0 ? (double)packets / (double)all : 0;
	progress_update(&j->progress, (int64_t)(share * (double)j->progress.total), packets);
}

// ---- one pair of points -----------------------------------------------------------------------------------------------

static bool compare_loaded(struct job *j)
{
	struct sampling sampling;
	int64_t window_ns = j->settings->window_ns;
	pairing_by_endpoints(&j->pairing);
	if (!sampling_run(&sampling, &j->pairing))
		return false;
	if (!sampling.is_sure && window_ns > EQUAL_NS)
		window_ns = EQUAL_NS;
	j->matching = (struct matching){
		.pairing = &j->pairing,
		.offset_ns = sampling.offset_ns,
		.window_ns = window_ns,
		.progress = show_progress,
		.progress_of = j,
		.findings = temporary_file(j->c->path),
	};
	if (!j->matching.findings)
		return false;
	bool ok = matching_run(&j->matching) && hop_rows_write(j->c, &j->matching, &j->totals);
	fclose(j->matching.findings);
	return ok;
}

static bool compare_two(const struct settings *settings, struct hop_case *c, const int64_t capture_ids[2])
{
	struct job job = {.settings = settings, .c = c, .begun_ns = progress_now_ns()};
	bool ok = point_load(&job.points[0], c->db, capture_ids[0]);
	ok = point_load(&job.points[1], c->db, capture_ids[1]) && ok;
	if (ok) {
		pairing_init(&job.pairing, job.points);
		if (!settings->quiet)
			progress_begin(&job.progress, job.points[0].name, job.points[0].bytes + job.points[1].bytes);
		ok = compare_loaded(&job);
		progress_end(&job.progress);
		if (ok && !settings->quiet)
			say_summary(&job);
		if (ok)
			say_warnings(&job);
		pairing_release(&job.pairing);
	}
	point_release(&job.points[0]);
	point_release(&job.points[1]);
	return ok;
}

// ---- the command ------------------------------------------------------------------------------------------------------

static bool find_captures(struct hop_case *c, const struct arguments *arguments, int64_t *ids, int count)
{
	for (int i = 0; i < count; i++)
		if (!(ids[i] = hop_case_capture(c, arguments->words[1 + i])))
			return false;
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < i; j++) {
			if (ids[i] != ids[j])
				continue;
			message_error("compare: %s is named twice", arguments->words[1 + i]);
			return false;
		}
	}
	return true;
}

static void turn_round(int64_t *ids, int count)
{
	for (int i = 0; i < count / 2; i++) {
		int64_t id = ids[i];
		ids[i] = ids[count - 1 - i];
		ids[count - 1 - i] = id;
	}
}

static int compare_words(const struct settings *settings, const struct arguments *arguments)
{
	struct hop_case c;
	int64_t ids[POINTS_MAX];
	int count = arguments->count - 1;
	bool opened = hop_case_open(&c, arguments->words[0]),
		 found = opened && find_captures(&c, arguments, ids, count);
	bool ok = found;
	if (ok && settings->reverse)
		turn_round(ids, count);
	for (int i = 0; ok && i + 1 < count; i++)
		ok = compare_two(settings, &c, ids + i);
	ok = ok && hop_case_commit(&c);
	hop_case_release(&c);
	return ok ? EXIT_DONE : opened && !found ? EXIT_USAGE : EXIT_FAILED;
}

static bool are_sane(const struct settings *s, const struct arguments *arguments)
{
	enum { WINDOW_S_MAX = 86400 };
	if (arguments->count == 0)
		message_error("compare: which case? See pcapdex compare --help");
	else if (arguments->count < 3)
		message_error("compare: which two captures? pcapdex query %s captures lists them", arguments->words[0]);
	else if (arguments->count - 1 > POINTS_MAX)
		message_error("compare: at most %d captures at once", POINTS_MAX);
	else if (s->window_ns <= 0 || s->window_ns > WINDOW_S_MAX * INT64_C(1000000000))
		message_error("compare: --window is more than 0 seconds, and at most a day");
	else
		return true;
	return false;
}

static int run_compare(int argc, char **argv)
{
	struct settings settings = {.window_ns = default_window_ns};
	struct arguments arguments;
	int code = EXIT_USAGE;
	if (!options_parse(&command_compare, &settings, false, argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.help_shown)
		code = EXIT_DONE;
	else if (are_sane(&settings, &arguments))
		code = compare_words(&settings, &arguments);
	arguments_release(&arguments);
	return code;
}

const struct command command_compare = {
	.name = "compare",
	.synopsis = {"[OPTION...] CASE.db A B [C ...]", NULL},
	.summary = "Match the packets of captures taken at different places.",
	.description =
		"Finds each packet of one capture in another that was taken elsewhere on its way, and writes to the case what "
		"became of it: lost or not, how late, in which order, what was changed. A and B are captures of the case, by name or "
		"number, in the order in which they lie on the path; with more than two, each is compared with the next.\n"
		"\n"
		"Packets are known again by what routers leave alone. Addresses and ports may be translated, sequence numbers "
		"rewritten by a constant, segments cut or joined by offloading or a proxy, datagrams fragmented; snap lengths, link types and "
		"VLAN tags may differ, and the clocks may be apart and run at different rates. Where packets go both ways, "
		"offset and drift of the clocks are found from the fastest of them, with how far they may be off; one way only, "
		"absolute delays cannot be known, and are left empty.\n"
		"\n"
		"The answers are in the reports hop-summary, hop-verdict, hop-waits, hop-loss, hop-delay, hop-reordering, hop-changes and "
		"hop-flows, and in the tables hop_comparisons, hop_flows, hop_packets and hop_waits. Comparing the same captures again "
		"replaces what is there.\n"
		"\n"
		"Memory grows with flows, about a kilobyte for each pair, and not with packets: those that wait for their match "
		"take 80 MB at most, the packets of connections whose time is taken apart 60 MB, and what is found is kept in a temporary "
		"file beside the case.",
	.examples =
		"  pcapdex ingest -o case.db client.pcap server.pcap\n"
		"  pcapdex compare case.db client server\n"
		"  pcapdex query case.db hop-summary\n"
		"  pcapdex query case.db hop-verdict\n"
		"  pcapdex compare case.db client router-in router-out server   # each hop of the path\n",
	.options = options,
	.completion = "file",
	.has_threads = true,
	.run = run_compare,
};
