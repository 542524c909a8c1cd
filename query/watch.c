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

static void on_tick(int number)
{
	static const char text[] = "pcapdex: error: the query took too long and would not stop; see --timeout\n";
	(void)number;
	if (paused)
		return;
	ticks = ticks + 1;
	if (ticks >= limit_ticks && cause == WATCH_RUNNING)
		cause = WATCH_TIMEOUT;
	if (ticks < limit_ticks + GRACE_TICKS)
		return;
	ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
	(void)ignored;
	_exit(EXIT_FAILED);
}

static void on_interrupt(int number)
{
	(void)number;
	cause = WATCH_INTERRUPT;
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
	limit_ticks = limit < 1 ? 1 : limit > SIG_ATOMIC_MAX / 2 ? SIG_ATOMIC_MAX / 2 : (sig_atomic_t)limit;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGALRM, &tick, NULL);
	start_timer(limit_ns > 0 ? TICK_MS : 0);
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

int watch_progress(void *unused)
{
	(void)unused;
	return cause != WATCH_RUNNING;
}
