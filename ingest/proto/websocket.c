// WebSocket (RFC 6455): what an HTTP connection becomes by "Upgrade: websocket". Frames are counted off, and not read.
#include "../application.h"

#include <string.h>

enum {
	OPCODES_OF_FIRST = 1 << 1 | 1 << 2 | 1 << 8 | 1 << 9 | 1 << 10, // text, binary, close, ping, pong: 5.2
	RESERVED = 0x30,                                                // RSV2 and RSV3: no extension has them
	MASKED = 0x80,
	WHOLE_MAX = 65536, // bytes of frames that are waited for, so that the packet with the end has the name
};

// Bytes of the frame with its header; 0: the header is not all there.
static uint64_t frame_size(struct bytes data)
{
	uint64_t second, length;
	bytes_skip(&data, 1);
	second = bytes_u8(&data);
	length = second & ~(uint64_t)MASKED;
	uint64_t header = 2 + (second & MASKED ? 4 : 0);
	if (length == 126) {
		length = bytes_u16(&data);
		header += 2;
	} else if (length == 127) {
		length = bytes_u64(&data);
		header += 8;
	}
	return data.bad || length > INT64_MAX ? 0 : header + length;
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	if (!call->flow || !call->flow->application || strcmp(call->flow->application, "http") != 0)
		return RECOGNISED_NO;
	uint8_t begin = bytes_u8(&first);
	return begin & RESERVED || !(OPCODES_OF_FIRST >> (begin & 15) & 1) ? RECOGNISED_NO : RECOGNISED_YES;
}

static size_t take_frame(struct application_call *call, struct bytes data)
{
	uint64_t size = frame_size(data);
	if (size == 0 || (size > data.left && size <= WHOLE_MAX && !call->cut))
		return 0;
	if (size <= data.left)
		application_layer(call, "http:websocket"); // Wireshark's websocket is a part of its http
	return (size_t)size;
}

const struct application application_websocket = {
	.name = "websocket",
	.recognise = recognise,
	.stream = take_frame,
};
