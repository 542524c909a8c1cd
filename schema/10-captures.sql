-- Where packets came from: captures, their files, their interfaces, and the accounts of what became of them.

-- What one capture point saw. packets = decoded + truncated + malformed + unsupported.
CREATE TABLE captures (
	capture_id        INTEGER PRIMARY KEY, -- names the capture in every other table
	name              TEXT NOT NULL UNIQUE, -- the file's name without folder and ending, or --capture NAME
	first_packet_id   INTEGER, -- packet_id of number 1; packet_id = first_packet_id + number - 1. NULL: no packet
	first_ts_ns       INTEGER, -- earliest packet, ns since 1970 UTC
	last_ts_ns        INTEGER, -- latest packet, ns since 1970 UTC
	packets           INTEGER NOT NULL, -- packets in this case
	bytes             INTEGER NOT NULL, -- their bytes on the wire
	decoded           INTEGER NOT NULL, -- packets decoded down to the transport layer
	truncated         INTEGER NOT NULL, -- packets whose headers the snap length cut
	malformed         INTEGER NOT NULL, -- packets whose headers contradict themselves or the packet's length
	unsupported       INTEGER NOT NULL, -- packets of a link type or protocol that pcapdex does not know
	left_out          INTEGER NOT NULL, -- packets read that --filter, --since or --until left out; --count stops reading
	duplicates        INTEGER NOT NULL, -- packets that are copies of others in it: packets.duplicate_of
	filter            TEXT,    -- the capture filter given with --filter; NULL none
	packet_limit      INTEGER, -- --count: no more packets were read; NULL all
	since_ts_ns       INTEGER, -- --since; NULL from the first packet
	until_ts_ns       INTEGER, -- --until: packets before it; NULL to the last packet
	flow_timeout_ns   INTEGER, -- idle flows were split after this: --flow-timeout, or that of live captures; NULL never
	analyses_given_up INTEGER NOT NULL, -- times that a flow's unacknowledged segments were forgotten for want of memory
	datagrams_given_up INTEGER NOT NULL DEFAULT 0, -- fragmented datagrams that were waited for no longer: too many, too large, in too many pieces, or older than 120 s
	stream_gaps       INTEGER NOT NULL DEFAULT 0, -- gaps in the byte streams of TCP connections that were given up, what the snap length cut among them; what is behind was read on
	streams_given_up  INTEGER NOT NULL DEFAULT 0, -- connections followed no further above TCP, because their protocol cannot go on behind such a gap
	applications_forgotten INTEGER NOT NULL DEFAULT 0, -- flows whose messages and transactions under way were ended early for want of memory, those silent for longest first
	names_given_up    INTEGER NOT NULL DEFAULT 0 -- times that a name of an address was not kept, because there were too many
);

-- The files of a capture, in time order. Packets of a file are a range of packet_id.
CREATE TABLE capture_files (
	capture_file_id INTEGER PRIMARY KEY, -- names the file
	capture_id      INTEGER NOT NULL REFERENCES captures, -- the capture it belongs to
	path            TEXT NOT NULL, -- absolute path when it was ingested; "-" for standard input; the interface of a live capture
	format          TEXT NOT NULL, -- pcap, pcapng, or live: packets of an interface, of which there is no file
	compression     TEXT NOT NULL, -- none, gzip, zstd or lz4
	size            INTEGER, -- bytes on disk; NULL for standard input and live captures
	fingerprint     TEXT NOT NULL, -- XXH3-128 of the bytes on disk, 32 hex digits; empty: not all of the file was read, or it is a live capture
	first_packet_id INTEGER, -- NULL: no packet of the file is in the case
	last_packet_id  INTEGER, -- of its last packet in the case
	packets         INTEGER NOT NULL, -- packets of the file that are in the case
	bytes_unread    INTEGER NOT NULL, -- bytes of the uncompressed file behind the damage; 0 for a whole file
	damage          TEXT,    -- what was wrong, and where; NULL nothing
	comment         TEXT     -- of the pcapng section header
);

-- Capture interfaces: one for a pcap file, one for each interface description of a pcapng file.
CREATE TABLE interfaces (
	interface_id    INTEGER PRIMARY KEY, -- names the interface in packets
	capture_file_id INTEGER NOT NULL REFERENCES capture_files, -- the file that describes it
	number          INTEGER NOT NULL, -- place in the file, from 0, over all sections
	link_type       INTEGER NOT NULL, -- LINKTYPE_ number of tcpdump.org: 1 Ethernet
	snaplen         INTEGER, -- bytes captured of a packet at most; NULL no limit
	ts_units        INTEGER NOT NULL, -- time stamp units a second: 1000000 for microseconds
	ts_offset_s     INTEGER NOT NULL, -- seconds that the file adds to time stamps
	fcs_len         INTEGER NOT NULL, -- bytes of frame check sequence at the end of each frame, as the file tells; 0 none
	name            TEXT, -- as the capturing system calls it; NULL not told
	description     TEXT, -- in words; NULL not told
	filter          TEXT,    -- the filter it was captured with
	os              TEXT, -- operating system of the capturing host; NULL not told
	hardware        TEXT, -- the interface hardware; NULL not told
	received        INTEGER, -- packets the interface received, from its statistics; NULL not told
	dropped         INTEGER  -- packets it dropped; NULL not told
);
