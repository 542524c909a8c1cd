-- Datagrams that were fragmented: whether all pieces came, what is missing, and in what order; in time order.
--
-- topic: network
--
-- A row for each sender, receiver, identification and burst of fragments (the same identification again after 30 s is
-- another datagram: RFC 791, 3.2 lets a receiver wait that long). Overlaps and copies are what attacks and broken routers make.
--
-- param :state one of complete|missing|cut   Only datagrams in this state.
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s         Time of the first fragment to come, seconds since the capture's first packet.
-- column state          complete; missing: pieces did not come; cut: all came, but could not be put together (snap length).
-- column src            Sender.
-- column dst            Receiver.
-- column protocol       Protocol in the datagram.
-- column ip_id          Identification.
-- column fragments      Fragments that came.
-- column bytes          Length of the datagram's payload; NULL: its last fragment did not come.
-- column missing        What did not come: "first", "last", "N holes", separated by commas; NULL nothing.
-- column missing_bytes  Bytes that did not come, as far as fragments tell of them.
-- column copies         Fragments at a place where one had come before.
-- column overlaps       Fragments that begin within another one, and are no copy.
-- column reordered      Fragments that came behind one with a higher offset.
-- column span_ms        Time from the first fragment to the last one, milliseconds.
-- column first_number   Packet number of the first fragment to come.
-- column last_number    Packet number of the last one.
-- column flow_id        Flow of the last one: that which the datagram belongs to where it is complete.
-- column capture        Name of the capture.
WITH
pieces AS MATERIALIZED (
	SELECT
		p.packet_id,
		p.capture_id,
		p.number,
		p.ts_ns,
		p.ip_id,
		p.fragment_offset AS start,
		p.more_fragments AS more,
		p.payload_len,
		p.wire_len,
		p.flow_id,
		f.protocol,
		iif(p.direction, f.dst, f.src) AS src,
		iif(p.direction, f.src, f.dst) AS dst,
		s.stack NOT LIKE '%:data' OR p.payload_len > p.wire_len AS completes -- has the payload of them all
	FROM packets p
	JOIN flows f ON f.flow_id = p.flow_id
	JOIN protocol_stacks s ON s.stack_id = p.stack_id
	WHERE p.fragment_offset IS NOT NULL
		AND (:capture IS NULL OR p.capture_id = :capture)
),
bursts AS (
	SELECT *, sum(begins) OVER (
		PARTITION BY capture_id, src, dst, protocol, ip_id
		ORDER BY packet_id
	) AS burst
	FROM (
		SELECT *, ifnull(ts_ns - lag(ts_ns) OVER sent > 30e9 OR (lag(completes) OVER sent AND start = 0), 0) AS begins
		FROM pieces
		WINDOW sent AS (PARTITION BY capture_id, src, dst, protocol, ip_id ORDER BY packet_id)
	)
),
measured AS ( -- where each ends; headers are as long as in the others
	SELECT *, start + CASE
		WHEN NOT completes THEN payload_len
		WHEN NOT more AND protocol IN ('udp', 'icmp', 'icmpv6') THEN payload_len + 8 - start
		ELSE wire_len - min(iif(completes, NULL, wire_len - payload_len)) OVER datagram
	END AS stop
	FROM bursts
	WINDOW datagram AS (PARTITION BY capture_id, src, dst, protocol, ip_id, burst)
),
placed AS (
	SELECT
		*,
		ifnull(max(stop) OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id, burst
			ORDER BY start, stop, packet_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		), 0) AS reached,
		row_number() OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id, burst, start, stop
			ORDER BY packet_id
		) > 1 AS is_copy,
		ifnull(start < max(start) OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id, burst
			ORDER BY packet_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		), 0) AS is_late
	FROM measured
),
datagrams AS (
	SELECT
		capture_id,
		src,
		dst,
		protocol,
		ip_id,
		count(*) AS fragments,
		max(iif(more, NULL, stop)) AS bytes,
		min(start) AS least_start,
		max(completes) AS is_complete,
		sum(start > reached AND reached > 0) AS holes,
		sum(max(start - reached, 0)) AS missing_bytes,
		sum(is_copy) AS copies,
		sum(start < reached AND NOT is_copy) AS overlaps,
		sum(is_late AND NOT is_copy) AS reordered,
		min(ts_ns) AS first_ts_ns,
		max(ts_ns) AS last_ts_ns,
		min(number) AS first_number,
		max(number) AS last_number,
		max(packet_id) AS last_packet_id
	FROM placed
	GROUP BY capture_id, src, dst, protocol, ip_id, burst
),
judged AS (
	SELECT
		*,
		CASE
			WHEN is_complete THEN 'complete'
			WHEN least_start OR bytes IS NULL OR holes THEN 'missing'
			ELSE 'cut'
		END AS state
	FROM datagrams
)
SELECT
	(d.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	d.state,
	d.src,
	d.dst,
	d.protocol,
	d.ip_id,
	d.fragments,
	d.bytes,
	nullif(rtrim(
		iif(d.least_start, 'first, ', '')
		|| iif(d.holes, d.holes || iif(d.holes = 1, ' hole, ', ' holes, '), '')
		|| iif(d.bytes IS NULL, 'last', ''),
	', '), '') AS missing,
	d.missing_bytes,
	d.copies,
	d.overlaps,
	d.reordered,
	(d.last_ts_ns - d.first_ts_ns) / 1e6 AS span_ms,
	d.first_number,
	d.last_number,
	(SELECT p.flow_id FROM packets p WHERE p.packet_id = d.last_packet_id) AS flow_id,
	c.name AS capture
FROM judged d
JOIN captures c ON c.capture_id = d.capture_id
WHERE (:state IS NULL OR d.state = :state)
	AND (:host IS NULL OR ip_in(d.src, :host) OR ip_in(d.dst, :host))
	AND (:since IS NULL OR d.first_ts_ns >= :since)
	AND (:until IS NULL OR d.first_ts_ns < :until)
ORDER BY d.capture_id, d.first_ts_ns, d.first_number
LIMIT ifnull(:limit, -1);
