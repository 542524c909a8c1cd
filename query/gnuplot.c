// The process, and the few words of gnuplot's language that are not about a plot. See gnuplot.h.
#include "gnuplot.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/message.h"
#include "cell.h"
#include "new_file.h"
#include "watch.h"

enum {
	COLUMNS = 100, // where standard output is no terminal
	LINES = 30,
	COLUMNS_MIN = 40,
	LINES_MIN = 15,
	COMPLAINT_ROOM = 1024,
	PICTURE_END = 16,   // bytes in which the end of a picture is
	TEXT_COLUMNS = 200, // of a title; gnuplot takes long for the pictures of very long ones
};

extern char **environ;

enum gnuplot_kind gnuplot_kind_of(const char *path)
{
	static const char *const endings[] = {[GNUPLOT_SVG] = ".svg", [GNUPLOT_PNG] = ".png", [GNUPLOT_PDF] = ".pdf"};
	const char *dot = strrchr(path, '.');
	if (!strcmp(path, "-"))
		return GNUPLOT_TERMINAL;
	for (int i = GNUPLOT_SVG; dot && i <= GNUPLOT_PDF; i++)
		if (!strcmp(dot, endings[i]))
			return (enum gnuplot_kind)i;
	return GNUPLOT_NONE;
}

static size_t screen_lines(const struct sink *out)
{
	struct winsize size;
	const char *text = getenv("LINES");
	long lines = text ? strtol(text, NULL, 10) : 0;
	if (!out->terminal)
		return LINES;
	if (lines <= 0)
		lines = ioctl(out->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : LINES;
	return lines > LINES_MIN ? (size_t)lines - 1 : LINES_MIN; // a line for the prompt
}

void gnuplot_set_terminal(struct sink *script, enum gnuplot_kind kind, const struct sink *out)
{
	static const char *const terminals[] = {
		[GNUPLOT_SVG] = "svg noenhanced size 1000,560 dynamic font 'sans-serif,13' background '#ffffff'",
		[GNUPLOT_PNG] = "pngcairo noenhanced size 1600,900 font 'sans,17' linewidth 1.6 pointscale 1.4",
		[GNUPLOT_PDF] = "pdfcairo noenhanced size 25cm,14cm font 'sans,13'",
	};
	char dumb[96];
	size_t columns = sink_width(out);
	columns = columns == 0 ? COLUMNS : columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
	columns--; // its lines are a blank longer
	snprintf(dumb, sizeof dumb, "dumb noenhanced mono size %zu,%zu", columns, screen_lines(out));
	sink_text(script, "set terminal ");
	sink_text(script, kind == GNUPLOT_TERMINAL ? dumb : terminals[kind]);
	sink_text(script, "\nset encoding utf8\n");
}

// Within double quotes, what may mean something is written as \ooo.
void gnuplot_quote(struct sink *script, const char *text)
{
	struct sink clean;
	char octal[8];
	sink_init(&clean, -1);
	text_write_clean(&clean, text, strlen(text), "");
	size_t length = text_fit(clean.at, clean.used, TEXT_COLUMNS);
	sink_char(script, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)clean.at[i];
		snprintf(octal, sizeof octal, "\\%03o", c);
		if (c >= 0x80 || isalnum(c) || strchr(" ,.:;()[]/+-=<>", c))
			sink_char(script, clean.at[i]);
		else
			sink_text(script, octal);
	}
	sink_text(script, length < clean.used ? "..." : "");
	sink_char(script, '"');
	sink_release(&clean);
}

// ---- the process ----------------------------------------------------------------------------------------------------

// Starts gnuplot reading from `in`, writing to `out`; an errno.
static int start(pid_t *pid, int in, int out, int err)
{
	char program[] = "gnuplot", own_settings[] = "-d", from_input[] = "-"; // -d: nobody's own settings
	char *arguments[] = {program, own_settings, from_input, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	int error = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

static void feed(int fd, const struct sink *script)
{
	size_t done = 0;
	while (done < script->used) {
		ssize_t written = write(fd, script->at + done, script->used - done);
		if (written < 0 && errno != EINTR)
			return; // it has ended, and says why
		done += written > 0 ? (size_t)written : 0;
	}
}

// True when it ended well.
static bool wait_for(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// What gnuplot wrote to standard error: the line that tells most.
static void explain(FILE *complaints)
{
	char text[COMPLAINT_ROOM], *line, *rest = text, *last = NULL;
	rewind(complaints);
	size_t length = fread(text, 1, sizeof text - 1, complaints);
	text[length] = 0;
	while ((line = strtok_r(rest, "\n", &rest)) != NULL)
		if (strspn(line, " ^\t") != strlen(line))
			last = line;
	message_error("--plot: gnuplot has not drawn: %s", last ? last : "it ended without a word");
}

static bool run(const struct sink *script, int out, FILE *complaints)
{
	int ends[2];
	pid_t pid;
	if (pipe(ends) != 0) {
		message_error("--plot: %s", strerror(errno));
		return false;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	int error = start(&pid, ends[0], out, fileno(complaints));
	close(ends[0]);
	if (error == 0)
		feed(ends[1], script);
	close(ends[1]);
	if (error == ENOENT)
		message_error(
			"--plot: gnuplot is not installed, and it draws; install it (Debian, Ubuntu: apt-get install "
			"gnuplot-nox), or print the rows with --format csv and draw them with something else");
	else if (error != 0)
		message_error("--plot: gnuplot cannot be run: %s", strerror(error));
	if (error != 0)
		return false;
	bool ok = wait_for(pid);
	if (!ok && watch_cause() == WATCH_INTERRUPT)
		message_error("stopped");
	else if (!ok)
		explain(complaints);
	return ok;
}

// gnuplot's text for terminals begins with a form feed, and fills lines with blanks.
static void print_text(FILE *text, struct sink *to)
{
	size_t blanks = 0;
	rewind(text);
	for (int c; (c = getc(text)) != EOF;) {
		if (c == ' ' || c == '\f') {
			blanks += c == ' ';
			continue;
		}
		if (c != '\n')
			sink_repeat(to, ' ', blanks);
		blanks = 0;
		sink_char(to, (char)c);
	}
	sink_flush(to);
}

static bool run_to_terminal(const struct sink *script, FILE *complaints, struct sink *to)
{
	FILE *text = tmpfile();
	if (!text)
		message_error("--plot: cannot make a temporary file: %s", strerror(errno));
	bool ok = text && run(script, fileno(text), complaints);
	if (ok)
		print_text(text, to);
	if (text)
		fclose(text);
	return ok;
}

// Whether the picture ends as such pictures do: gnuplot does not tell when it cannot write.
static bool is_whole(int fd, enum gnuplot_kind kind)
{
	static const char *const ends[] = {
		[GNUPLOT_SVG] = "</svg>", [GNUPLOT_PNG] = "IEND", [GNUPLOT_PDF] = "%%EOF",
		[GNUPLOT_TERMINAL] = "",  [GNUPLOT_NONE] = "",
	};
	char tail[PICTURE_END];
	size_t end = strlen(ends[kind]);
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t length = pread(fd, tail, sizeof tail, size > PICTURE_END ? size - PICTURE_END : 0);
	for (size_t i = 0; length >= 0 && i + end <= (size_t)length; i++)
		if (!memcmp(tail + i, ends[kind], end))
			return true;
	return false;
}

static bool run_to_file(const struct sink *script, FILE *complaints, const char *path)
{
	struct new_file file;
	bool opened = new_file_open(&file, path);
	bool drawn = opened && run(script, file.fd, complaints);
	bool whole = drawn && (!file.partial || is_whole(file.fd, gnuplot_kind_of(path)));
	bool closed = opened && new_file_close(&file, whole);
	if (drawn && !whole)
		message_error("--plot: %s: cannot be written: the picture is cut short; is the disk full?", path);
	else if (!opened || (drawn && !closed))
		message_error("--plot: %s: cannot be written: %s", path, strerror(errno));
	return whole && closed;
}

bool gnuplot_run(const struct sink *script, const char *path, struct sink *out)
{
	FILE *complaints = tmpfile();
	if (!complaints) {
		message_error("--plot: cannot make a temporary file: %s", strerror(errno));
		return false;
	}
	bool ok = strcmp(path, "-") ? run_to_file(script, complaints, path) : run_to_terminal(script, complaints, out);
	fclose(complaints);
	return ok;
}
