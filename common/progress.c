// The progress line: "trace.pcapng  42%  1.9 GB/s  5.1M packets  ETA 0:07".
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

enum {
	NS_PER_SECOND = 1000000000,
	REDRAW_NS = NS_PER_SECOND / 5,
	NAME_WIDTH = 28,
};

static const char clear_line[] = "\r\033[K";
static int line_on_screen;

int64_t progress_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

void progress_clear(void)
{
	if (!line_on_screen)
		return;
	line_on_screen = 0;
	fputs(clear_line, stderr);
	fflush(stderr);
}

static int is_shown(void)
{
	const char *terminal = getenv("TERM");
	return isatty(STDERR_FILENO) && !(terminal && !strcmp(terminal, "dumb"));
}

void progress_say(const char *what)
{
	if (!is_shown())
		return;
	fprintf(stderr, "%s%s", clear_line, what);
	fflush(stderr);
	line_on_screen = 1;
}

void progress_begin(struct progress *progress, const char *what, int64_t total_bytes)
{
	*progress = (struct progress){
		.what = what,
		.total = total_bytes,
		.begun_ns = progress_now_ns(),
		.on = is_shown(),
	};
	progress->drawn_ns = progress->begun_ns; // work that ends within a moment draws nothing
}

// "950 B", "1.9 GB": three digits are enough for a rate.
static void format_scaled(char *to, size_t size, double value, const char *unit)
{
	static const char prefixes[] = " kMGTP";
	size_t power = 0;
	while (value >= 999.5 && prefixes[power + 1]) {
		value /= 1000;
		power++;
	}
	int decimals = power > 0 && value < 99.95 ? 1 : 0;
	if (power == 0)
		snprintf(to, size, "%.0f%s%s", value, *unit ? " " : "", unit);
	else
		snprintf(to, size, "%.*f%s%c%s", decimals, value, *unit ? " " : "", prefixes[power], unit);
}

// "  ETA 0:07", or nothing when the end is not known.
static void format_eta(char *to, size_t size, const struct progress *progress, int64_t done, double elapsed)
{
	to[0] = 0;
	if (progress->total <= 0 || done <= 0 || done > progress->total)
		return;
	double left = elapsed * (double)(progress->total - done) / (double)done;
	if (left > 99 * 3600.0)
		return;
	int seconds = (int)(left + 0.5);
	if (seconds >= 3600)
		snprintf(to, size, "  ETA %d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
	else
		snprintf(to, size, "  ETA %d:%02d", seconds / 60, seconds % 60);
}

static void draw(const struct progress *progress, int64_t done, int64_t packets, double elapsed)
{
	char name[4 * NAME_WIDTH + 1], amount[32], rate[32], count[32], eta[32];
	const char *slash = strrchr(progress->what, '/');
	const char *base = slash && slash[1] ? slash + 1 : progress->what;
	size_t length = strlen(base);
	message_show(name, sizeof name, base, length < NAME_WIDTH ? length : NAME_WIDTH);
	if (progress->total > 0 && done <= progress->total)
		snprintf(amount, sizeof amount, "%3d%%", (int)(100.0 * (double)done / (double)progress->total));
	else
		format_scaled(amount, sizeof amount, (double)done, "B");
	format_scaled(rate, sizeof rate, (double)done / elapsed, "B/s");
	format_scaled(count, sizeof count, (double)packets, "");
	format_eta(eta, sizeof eta, progress, done, elapsed);
	fprintf(stderr, "%s%s  %s  %s  %s packets%s", clear_line, name, amount, rate, count, eta);
	fflush(stderr);
	line_on_screen = 1;
}

void progress_update(struct progress *progress, int64_t done_bytes, int64_t packets)
{
	if (!progress->on)
		return;
	int64_t now_ns = progress_now_ns();
	if (now_ns - progress->drawn_ns < REDRAW_NS)
		return;
	progress->drawn_ns = now_ns;
	draw(progress, done_bytes, packets, (double)(now_ns - progress->begun_ns) / NS_PER_SECOND);
}

void progress_end(struct progress *progress)
{
	if (progress->on)
		progress_clear();
	progress->on = 0;
}
