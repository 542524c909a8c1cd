// DCCP: RFC 4340, 5.1.
#include "ip.h"

enum { HEADER_REST = 8 }; // of the shortest header, behind the ports

static void decode(struct dissection *d)
{
	ip_ports(d, &d->rest);
	bytes_skip(&d->rest, HEADER_REST);
	if (!d->rest.bad)
		d->ip->has_transport = true;
}

const struct decoder decoder_dccp = {
	.name = "dccp",
	.keys = {{"ip.proto", 33}},
	.decode = decode,
};
