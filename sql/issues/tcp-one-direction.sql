-- Of some connections the capture has only one direction.
--
-- A connection where one side sends and goes on sending new data or ACKs, and the other is not in the
-- capture at all. Round trips, losses and answers cannot be measured there. A capture together. value is
-- the number of connections. Medium where they are at least :percent of the TCP connections, else low.
--
-- severity: low
-- category: configuration
-- protocol: tcp
-- cause: The two directions take different paths (asymmetric routing), and one was captured.
-- cause: The mirror port (SPAN) copies one direction only, or the capture filter lets only one pass.
-- remedy: Mirror both directions, or capture at the end host.
-- remedy: Where it is the routing: stateful firewalls on the way see half of it, too.
-- source: Wireshark's tcp.completeness and Zeek's history tell the same; half of the connections cannot
--    happen by chance.
--
-- param :min_packets integer 2..1000000 = 3   Packets of the one side from which on a connection counts.
-- param :percent number 0..100 = 50           Share of the connections from which on the severity is
--                                             medium, percent.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Who is seen to send, if there is one connection only.
-- column dst          The other side, in the same case.
-- column value        Connections.
-- column symptoms     What was seen.
-- column packets      Their first packets.
-- column severity     low, medium, high or critical.
WITH
half AS ( -- all such connections of a capture
	SELECT
		capture_id,
		count(*) AS connections,
		min(first_ts_ns) AS ts_ns,
		flow_id,
		src,
		dst,
		group_concat(first_packet_id) AS packets
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_one_side
		AND protocol = 'tcp'
		AND src_packets >= :min_packets
		AND src_packets > src_syns + src_rsts
		AND src_retransmitted_packets * 2 < src_packets
	GROUP BY capture_id
)
SELECT
	h.capture_id,
	h.ts_ns,
	iif(h.connections = 1, h.flow_id, NULL) AS flow_id,
	iif(h.connections = 1, h.src, NULL) AS src,
	iif(h.connections = 1, h.dst, NULL) AS dst,
	h.connections AS value,
	printf('of %d of %d TCP connections only one side is in the capture', h.connections, f.connections) AS symptoms,
	h.packets,
	iif(h.connections * 100.0 >= f.connections * :percent, 'medium', 'low') AS severity
FROM half h
JOIN (
	SELECT capture_id, count(*) AS connections
	FROM flows
	WHERE protocol = 'tcp'
	GROUP BY capture_id
) f ON f.capture_id = h.capture_id;
