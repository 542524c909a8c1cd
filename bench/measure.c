// Runs a command and appends "seconds peak_kilobytes" to a file: wall clock, and the most memory that one of its
// processes held. A small program, because a process starts with the peak of the one that started it.
//
//   measure FILE COMMAND ARGUMENT ...
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;

	if (argc < 3)
		return 2;
	double begun = now();
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 3;
	double seconds = now() - begun;
	getrusage(RUSAGE_CHILDREN, &usage);
	FILE *out = fopen(argv[1], "a");
	if (!out || fprintf(out, "%.4f %ld\n", seconds, usage.ru_maxrss) < 0 || fclose(out))
		return 3;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
