-- Zeek's connection states, in words.

-- What flows.state says.
CREATE TABLE tcp_states (
	state   TEXT PRIMARY KEY, -- as in flows.state
	meaning TEXT NOT NULL -- in words
);
