-- Datagrams that were fragmented: whether all pieces came, what is missing, and in what order; in time order.
--
-- topic: network
--
-- A row for each datagram as it was put together, with what came again within 30 s behind it; also for those that a
-- tunnel carries or is carried in. A datagram is waited for 120 s from its first fragment on: what comes later is a
-- datagram of its own, of which the first ones are missing. Overlaps and copies are what attacks and broken routers make.
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
-- column flow_id        Flow that the datagram belongs to where it is complete; else that of the last one.
-- column capture        Name of the capture.
WITH
placed AS ( -- fragments; reached: the end of those before it in the datagram
	SELECT
		*,
		ifnull(max(stop) OVER (
			PARTITION BY datagram_id
			ORDER BY start, stop, packet_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		), 0) AS reached,
		row_number() OVER (PARTITION BY datagram_id, start, stop ORDER BY packet_id) > 1 AS is_copy,
		ifnull(start < max(start) OVER (
			PARTITION BY datagram_id
			ORDER BY packet_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		), 0) AS is_late
	FROM datagram_fragments
	WHERE :capture IS NULL OR capture_id = :capture
),
datagrams AS (
	SELECT
		capture_id,
		src,
		dst,
		protocol,
		ip_id,
		count(*) AS fragments,
		max(iif(more_fragments, NULL, stop)) AS bytes,
		min(start) AS least_start,
		CASE max(completed)
			WHEN 1 THEN 'complete'
			WHEN 0 THEN 'cut'
			ELSE 'missing'
		END AS state,
		sum(start > reached AND reached > 0) AS holes,
		sum(max(start - reached, 0)) AS missing_bytes,
		sum(is_copy) AS copies,
		sum(start < reached AND NOT is_copy) AS overlaps,
		sum(is_late AND NOT is_copy) AS reordered,
		min(ts_ns) AS first_ts_ns,
		max(ts_ns) AS last_ts_ns,
		min(packet_id) AS first_packet_id,
		max(packet_id) AS last_packet_id,
		max(iif(completes, packet_id, NULL)) AS completing_packet_id
	FROM placed
	GROUP BY datagram_id
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
	d.first_packet_id - c.first_packet_id + 1 AS first_number,
	d.last_packet_id - c.first_packet_id + 1 AS last_number,
	p.flow_id,
	c.name AS capture
FROM datagrams d
JOIN packets p ON p.packet_id = ifnull(d.completing_packet_id, d.last_packet_id)
JOIN captures c ON c.capture_id = d.capture_id
WHERE (:state IS NULL OR d.state = :state)
	AND (:host IS NULL OR ip_in(d.src, :host) OR ip_in(d.dst, :host))
	AND (:since IS NULL OR d.first_ts_ns >= :since)
	AND (:until IS NULL OR d.first_ts_ns < :until)
ORDER BY d.capture_id, d.first_ts_ns, d.first_packet_id
LIMIT ifnull(:limit, -1);
