// The part of ingest before flows and rows: reads a capture and dissects every frame.
#include "../ingest/capture.h"
#include "../ingest/dissect.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	static struct packet packet;
	struct capture_fault fault;
	struct frame frame;
	uint64_t packets = 0, payload = 0;

	if (argc != 2)
		return 2;
	struct capture *capture = capture_open(argv[1], &fault);
	if (!capture) {
		fprintf(stderr, "%s\n", fault.text);
		return 1;
	}
	dissect_init();
	while (capture_next(capture, &frame, &fault) == CAPTURE_FRAME) {
		dissect_frame(&packet, &frame);
		packets++;
		payload += packet.payload_len;
	}
	capture_free(capture);
	printf("%" PRIu64 " packets, %" PRIu64 " bytes of payload\n", packets, payload);
	return 0;
}
