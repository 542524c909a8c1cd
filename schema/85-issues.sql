-- What is wrong: troubles found by the detectors (sql/issues/), with their evidence.

-- What was looked for when the detectors ran last, with which thresholds.
CREATE TABLE detectors (
	detector    TEXT PRIMARY KEY, -- name of the detector: tcp-high-rtt
	title       TEXT NOT NULL, -- what it finds, in a few words
	severity    TEXT NOT NULL, -- low, medium, high or critical; an issue may have another
	category    TEXT NOT NULL, -- connectivity, performance, configuration, security, compliance or compatibility
	protocol    TEXT NOT NULL, -- tcp, icmp, dns ...
	description TEXT NOT NULL, -- how it recognises the trouble, and why that matters
	thresholds  TEXT NOT NULL, -- parameters with their values, separated by blanks: limit-ms=200
	causes      TEXT NOT NULL, -- what usually causes it, a line each
	remedies    TEXT NOT NULL, -- what to do about it, a line each
	source      TEXT NOT NULL, -- where the thresholds come from
	issues      INTEGER NOT NULL, -- issues found
	elapsed_ns  INTEGER NOT NULL -- time that it took
) WITHOUT ROWID;

-- Troubles, one row each. What was seen stands in symptoms; cause is what the correlation rules make of several
-- issues together, or else what usually causes it.
CREATE TABLE issues (
	issue_id   INTEGER PRIMARY KEY, -- names the issue
	capture_id INTEGER NOT NULL REFERENCES captures, -- the capture it was seen in
	detector   TEXT NOT NULL REFERENCES detectors, -- who found it
	category   TEXT NOT NULL, -- as in detectors
	severity   TEXT NOT NULL, -- low, medium, high or critical
	rank       INTEGER NOT NULL, -- the severity as a number, 1 to 4, for sorting
	protocol   TEXT NOT NULL, -- as in detectors
	ts_ns      INTEGER, -- when it was seen first, ns since 1970 UTC
	src        TEXT, -- who is affected: the client, the sender; NULL: nobody in particular
	dst        TEXT, -- the other end
	flow_id    INTEGER REFERENCES flows, -- the flow; NULL: several, or none
	title      TEXT NOT NULL, -- in a few words
	symptoms   TEXT NOT NULL, -- what was seen, as a sentence
	value      REAL, -- the measured value that the detector compares; its unit stands in the detector's description
	cause      TEXT NOT NULL, -- most likely cause
	confidence REAL NOT NULL, -- of the cause: 0 to 1
	remedies   TEXT NOT NULL -- what to do, a line each
);

-- The packets that prove an issue.
CREATE TABLE issue_packets (
	issue_id  INTEGER NOT NULL REFERENCES issues, -- the issue
	packet_id INTEGER NOT NULL REFERENCES packets, -- the packet
	PRIMARY KEY (issue_id, packet_id)
) WITHOUT ROWID;

-- Issues that belong together: the first explains the second, or both have one cause (sql/causes/).
CREATE TABLE issue_links (
	issue_id       INTEGER NOT NULL REFERENCES issues, -- the issue
	cause_issue_id INTEGER NOT NULL REFERENCES issues, -- the issue behind it
	rule           TEXT NOT NULL, -- name of the rule that links them
	confidence     REAL NOT NULL, -- 0 to 1
	why            TEXT NOT NULL, -- as a sentence
	PRIMARY KEY (issue_id, cause_issue_id, rule)
) WITHOUT ROWID;

-- What was found tells nothing of a capture that came later: nobody has looked, until somebody looks at all of the case.
CREATE TRIGGER issues_before_capture AFTER INSERT ON captures BEGIN
	DELETE FROM issue_links;
	DELETE FROM issue_packets;
	DELETE FROM issues;
	DELETE FROM detectors;
END;
