// DNS messages: RFC 1035, 4; EDNS RFC 6891. Reads them, and puts what is in them as text, as zone files have it
// (RFC 1035, 5.1; RFC 3597, 5). Names and numbers: IANA, "Domain Name System (DNS) Parameters".
#ifndef INGEST_DNS_MESSAGE_H
#define INGEST_DNS_MESSAGE_H

#include "address.h"
#include "bytes.h"

enum {
	DNS_HEADER_LEN = 12,
	DNS_NAME_WIRE_MAX = 255,                   // RFC 1035, 2.3.4
	DNS_NAME_TEXT_MAX = DNS_NAME_WIRE_MAX * 4, // every byte as \DDD
	DNS_DATA_TEXT_MAX = 1024,                  // of a record's data, and one name more
};

enum dns_flag {
	DNS_FLAG_RESPONSE = 0x8000,
	DNS_FLAG_AUTHORITATIVE = 0x0400,
	DNS_FLAG_TRUNCATED = 0x0200,
	DNS_FLAG_RECURSION_DESIRED = 0x0100,
	DNS_FLAG_RECURSION_AVAILABLE = 0x0080,
	DNS_FLAG_AUTHENTICATED = 0x0020,
	DNS_FLAG_CHECKING_DISABLED = 0x0010,
};

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_SPF = 99,
	DNS_TYPE_IXFR = 251,
	DNS_TYPE_AXFR = 252,
};

// A message while it is read.
struct dns_message {
	struct bytes whole, rest; // borrowed; rest: behind what was read
	uint16_t id, flags, questions, answers, authorities, additionals;
	uint8_t opcode;
	uint16_t rcode; // with EDNS, all twelve bits
	bool has_question, has_edns, dnssec_ok, malformed;
	bool has_broken_data;             // of a record: a name that cannot be read, an address of another length
	char name[DNS_NAME_TEXT_MAX + 1]; // of the first question
	uint16_t type, class;             // the same
	uint16_t edns_udp_size;
};

struct dns_record {
	char name[DNS_NAME_TEXT_MAX + 1];
	uint16_t type, class;
	uint32_t ttl;      // seconds
	struct bytes data; // borrowed from the message
};

struct dns_text {
	char at[DNS_DATA_TEXT_MAX + DNS_NAME_TEXT_MAX + 16];
	size_t length;
};

// Reads a name of a message at *at, which moves behind it; follows compression pointers (RFC 1035, 4.1.4). False: it is
// broken.
bool dns_read_name(struct bytes whole, struct bytes *at, char text[DNS_NAME_TEXT_MAX + 1]);

// Reads header and questions; where a question is broken, the message is malformed. False: there is no whole header.
bool dns_read_message(struct dns_message *, struct bytes whole);

// Reads the next record behind what was read. False: it is broken.
bool dns_read_record(struct dns_message *, struct dns_record *);

// What an OPT record says of the message; other records say nothing.
void dns_note_edns(struct dns_message *, const struct dns_record *);

// Notes it of all records, and leaves them to be read.
void dns_read_edns(struct dns_message *);

// A record's data in the form of its type, else as in RFC 3597, 5. A name in it that cannot be read is noted in the
// message.
void dns_put_data(struct dns_text *, struct dns_message *, const struct dns_record *);

// Whether such a text is of the form of RFC 3597: the type is unknown, or the data contradicts it. No name has it.
bool dns_data_is_unknown(const char *data);

// NULL: the number has no name.
const char *dns_type_name(uint16_t type);
const char *dns_class_name(uint16_t class);
const char *dns_rcode_name(uint16_t rcode);

#endif
