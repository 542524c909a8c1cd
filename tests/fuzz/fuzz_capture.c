// Any bytes as a capture file: pcap, pcapng, plain or compressed.
#include "../../ingest/capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FRAMES_MAX = 20000 }; // a small compressed input may hold a great many

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

// The input as a file: one that is rewritten for each input.
static const char *write_file(const uint8_t *at, size_t length)
{
	static char path[64];

	if (!*path)
		snprintf(path, sizeof path, "/tmp/pcapdex-fuzz-%ld", (long)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, at, length) != (ssize_t)length)
		abort();
	close(fd);
	return path;
}

static void read_all(struct capture *capture)
{
	struct capture_fault fault;
	struct frame frame;
	uint64_t sum = 0;
	unsigned interfaces;

	for (int i = 0; i < FRAMES_MAX && capture_next(capture, &frame, &fault) == CAPTURE_FRAME; i++) {
		while (frame.data.left)
			sum += bytes_u8(&frame.data);
	}
	if (sum == 1)
		puts("");
	capture_interfaces(capture, &interfaces);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
	const char *path = write_file(at, length);
	struct capture_fault fault;
	struct capture *capture = capture_open(path, &fault);

	if (capture)
		read_all(capture);
	capture_free(capture);
	unlink(path);
	return 0;
}
