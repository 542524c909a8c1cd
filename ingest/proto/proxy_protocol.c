// What a load balancer says of the client in front of a connection's own bytes: haproxy.org, "The PROXY protocol",
// versions 1 (2.1) and 2 (2.2). What follows is the application of the ports, or of its first bytes, as without it.
#include "../application.h"

#include "../wire_text.h"

enum { VERSION_1_MAX = 107, VERSION_2_HEADER_LEN = 16 };

static bool is_version_2(struct bytes b)
{
	return bytes_peek(b, 0, 8) == 0x0d0a0d0a000d0a51 && bytes_peek(b, 8, 4) == 0x5549540a;
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	(void)call;
	bool is_version_1 = wire_begins(first, "PROXY TCP") || wire_begins(first, "PROXY UNKNOWN");
	return is_version_1 || is_version_2(first) ? RECOGNISED_YES : RECOGNISED_NO;
}

static size_t take_header(struct application_call *call, struct bytes data)
{
	bool is_2 = is_version_2(data);
	size_t length = is_2 ? VERSION_2_HEADER_LEN + (size_t)bytes_peek(data, 14, 2) : bytes_find(data, '\n') + 1;
	if (data.left >= length) {
		application_layer(call, "proxy");
		call->leave = true;
		return length;
	}
	call->stop = !is_2 && data.left > VERSION_1_MAX;
	return call->stop ? data.left : 0;
}

const struct application application_proxy = {
	.name = "proxy",
	.keys = {{"tcp.first", 0}},
	.recognise = recognise,
	.stream = take_header,
};
