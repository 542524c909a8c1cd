// Well-known services by port: IANA, "Service Name and Transport Protocol Port Number Registry", those that people meet.
#ifndef INGEST_SERVICES_H
#define INGEST_SERVICES_H

#include <stdint.h>

// The name of the service at a port of an IP protocol (6 TCP, 17 UDP, 132 SCTP); NULL: none that is known here. Static.
const char *service_name(uint8_t ip_protocol, uint16_t port);

#endif
