-- DNS: questions and their answers.

-- One row a transaction: a query, and the first response with its number (Wireshark's dns.response_to). kind says
--   answered     a query and its response
--   unanswered   a query without a response
--   duplicate    one more response to a query that was answered before
--   continued    one more message of the response to a zone transfer (AXFR, IXFR)
--   unsolicited  a response without a query in the capture
-- In multicast DNS, whoever knows answers everyone, without a number and without the question: a response of that kind is
-- unsolicited. So is one of LLMNR, which comes from the host's own address, in another flow than the query to the group.
-- Of a query without a response, what the response would tell is NULL; of a response without a query the rest. LLMNR has
-- no such flags as recursion_desired, authoritative, recursion_available, authenticated and checking_disabled: NULL.
CREATE TABLE dns (
	dns_id              INTEGER PRIMARY KEY, -- in the order in which the transactions ended
	capture_id          INTEGER NOT NULL REFERENCES captures, -- the capture
	flow_id             INTEGER NOT NULL REFERENCES flows, -- the flow of both packets
	direction           INTEGER NOT NULL, -- of the query: 0 from the flow's src; of a response without a query, the opposite of its own
	variant             TEXT NOT NULL, -- dns, mdns or llmnr
	transport           TEXT NOT NULL, -- udp or tcp
	kind                TEXT NOT NULL, -- answered, unanswered, duplicate, continued, unsolicited
	transaction_id      INTEGER NOT NULL, -- as in the header
	name                TEXT, -- of the first question, as in RFC 1035, 5.1: bytes that are no text as \DDD; "." is the root; NULL without a question
	type                INTEGER, -- of the first question: 1 A, 28 AAAA
	type_name           TEXT, -- the same by name (IANA): A, AAAA, TYPE65280
	class               TEXT, -- of the first question: IN, CH, HS, NONE, ANY or CLASS5; without the top bit of multicast DNS
	opcode              INTEGER NOT NULL, -- 0 query, 4 notify, 5 update
	rcode               INTEGER, -- with the upper bits of EDNS
	rcode_name          TEXT, -- the same by name (IANA): NOERROR, NXDOMAIN, SERVFAIL, REFUSED, RCODE12
	query_packet_id     INTEGER REFERENCES packets, -- the packet that completes the query
	answer_packet_id    INTEGER REFERENCES packets, -- the packet that completes the response
	query_ts_ns         INTEGER, -- ns since 1970 UTC
	answer_ts_ns        INTEGER, -- ns since 1970 UTC
	rtt_ns              INTEGER, -- query to response (Wireshark's dns.time); NULL for duplicates
	query_bytes         INTEGER, -- length of the DNS message
	answer_bytes        INTEGER, -- the same
	retransmissions     INTEGER, -- times that the query was sent again within five seconds, before its answer
	recursion_desired   INTEGER, -- RD of the query, or of a response without one
	authoritative       INTEGER, -- AA
	truncated           INTEGER, -- TC: the client is to ask again over TCP
	recursion_available INTEGER, -- RA
	authenticated       INTEGER, -- AD of the response
	checking_disabled   INTEGER, -- CD
	answers             INTEGER, -- records in the answer section, by the header
	authorities         INTEGER, -- the same
	additionals         INTEGER, -- the same
	addresses           TEXT, -- the first four addresses of A and AAAA records, separated by blanks
	cname               TEXT, -- target of the last CNAME record
	ttl_min             INTEGER, -- seconds; the least of the answer section
	edns_udp_size       INTEGER, -- what the client can take (OPT record of the query); NULL no EDNS
	dnssec_ok           INTEGER, -- DO of the query's OPT record
	other_question      INTEGER, -- 1: the response repeats another question than the query's, letter case aside; NULL: one of them has none
	malformed           INTEGER -- 1: a message ends before its records do, or contradicts itself
);

-- The questions behind the first of messages that ask several, as those of multicast DNS do: dns has the first.
CREATE TABLE dns_questions (
	dns_question_id INTEGER PRIMARY KEY, -- names the question
	packet_id       INTEGER NOT NULL REFERENCES packets, -- the packet that completes the message
	position        INTEGER NOT NULL, -- from 1, for the second question
	name            TEXT NOT NULL, -- as dns.name
	type            INTEGER NOT NULL, -- 1 A, 28 AAAA
	type_name       TEXT NOT NULL, -- the same by name
	class           TEXT NOT NULL -- as dns.class
);

-- The records of responses, one row each, in their order.
CREATE TABLE dns_answers (
	dns_answer_id INTEGER PRIMARY KEY, -- names the record
	dns_id        INTEGER NOT NULL REFERENCES dns, -- the transaction
	packet_id     INTEGER NOT NULL REFERENCES packets, -- the packet that completes the response
	section       TEXT NOT NULL, -- answer, authority or additional
	name          TEXT NOT NULL, -- owner
	type          INTEGER NOT NULL, -- 1 A, 28 AAAA
	type_name     TEXT NOT NULL, -- the same by name
	class         TEXT NOT NULL, -- IN; of an OPT record, its payload size
	ttl           INTEGER NOT NULL, -- seconds; of an OPT record its flags
	data          TEXT -- as in a zone file; of types without a form of their own as in RFC 3597: \# LENGTH HEX, the first 64 bytes
);
