// Time limit and Ctrl-C. See watch.h.
#include "watch.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "../common/message.h"

enum { TICK_MS = 50, GRACE_TICKS = 2000 / TICK_MS };

static volatile sig_atomic_t cause, paused;
static volatile sig_atomic_t ticks, limit_ticks;
static const char *volatile unfinished; // borrowed

// What would not stop by itself is stopped. In a signal handler: nothing but system calls.
static void end_program(void)
{
	static const char late[] = "pcapdex: error: the query took too long and would not stop; see --timeout\n";
	static const char stopped[] = "pcapdex: error: stopped\n";
	bool is_late = cause == WATCH_TIMEOUT;
	ssize_t ignored =
		write(STDERR_FILENO, is_late ? late : stopped, is_late ? sizeof late - 1 : sizeof stopped - 1);
	(void)ignored;
	if (unfinished)
		unlink(unfinished);
	_exit(is_late ? EXIT_FAILED : EXIT_INTERRUPTED);
}

static void on_tick(int number)
{
	(void)number;
	if (paused)
		return;
	ticks = ticks + 1;
	if (ticks >= limit_ticks && cause == WATCH_RUNNING)
		cause = WATCH_TIMEOUT;
	if (ticks >= limit_ticks + GRACE_TICKS)
		end_program();
}

static void on_interrupt(int number)
{
	(void)number;
	cause = WATCH_INTERRUPT;
	if (ticks < limit_ticks)
		limit_ticks = ticks;
}

static void start_timer(int interval_ms)
{
	struct itimerval timer = {.it_interval = {.tv_usec = interval_ms * 1000},
	                          .it_value = {.tv_usec = interval_ms * 1000}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

void watch_begin(int64_t limit_ns)
{
	struct sigaction tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
	struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	int64_t limit = limit_ns / (TICK_MS * INT64_C(1000000));
	cause = WATCH_RUNNING;
	ticks = 0;
	bool is_limited = limit_ns > 0 && limit < SIG_ATOMIC_MAX / 2;
	limit_ticks = !is_limited ? SIG_ATOMIC_MAX / 2 : limit < 1 ? 1 : (sig_atomic_t)limit;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGALRM, &tick, NULL);
	start_timer(TICK_MS);
}

void watch_end(void)
{
	start_timer(0);
	signal(SIGINT, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

enum watch_cause watch_cause(void)
{
	return (enum watch_cause)cause;
}

void watch_pause(bool value)
{
	paused = value;
}

void watch_again(void)
{
	ticks = 0;
}

void watch_unfinished(const char *path)
{
	unfinished = path;
}

int watch_progress(void *unused)
{
	(void)unused;
	return cause != WATCH_RUNNING;
}
