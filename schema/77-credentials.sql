-- Logins that cross the wire in the clear: who, how, and whether it worked; never the secret.

-- One row an attempt.
CREATE TABLE credentials (
	credential_id   INTEGER PRIMARY KEY, -- in the order in which the attempts ended
	capture_id      INTEGER NOT NULL REFERENCES captures, -- the capture
	flow_id         INTEGER NOT NULL REFERENCES flows, -- the connection
	packet_id       INTEGER NOT NULL REFERENCES packets, -- the packet that completes what the client sends
	ts_ns           INTEGER NOT NULL, -- ns since 1970 UTC
	protocol        TEXT NOT NULL, -- ftp, smtp, imap, pop or http
	method          TEXT NOT NULL, -- user (USER and PASS), apop, login, or the mechanism of AUTH: plain, login, cram-md5 ...; basic of HTTP
	user            TEXT, -- user name; NULL: hidden in what the mechanism sends
	accepted        INTEGER, -- 1: the server said yes, 0: no; NULL not known
	reply_packet_id INTEGER REFERENCES packets -- the packet that completes the server's answer
);
