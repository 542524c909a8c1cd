-- What is above TCP and UDP.

-- Names that the capture itself tells of addresses: from DNS answers, TLS server names, DHCP host names.
CREATE TABLE host_names (
	host_name_id    INTEGER PRIMARY KEY, -- names the row
	capture_id      INTEGER NOT NULL REFERENCES captures, -- the capture
	address         TEXT NOT NULL, -- as in hosts.address
	name            TEXT NOT NULL, -- the name, in lower case, without a final dot; bytes that are no text are \xHH
	source          TEXT NOT NULL, -- dns (an A, AAAA or PTR record), tls (server name of a client hello), dhcp (option 12), http (Host header)
	first_packet_id INTEGER NOT NULL REFERENCES packets, -- the packet that told it first
	count           INTEGER NOT NULL -- how often it was told
);
