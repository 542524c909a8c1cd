-- A connection works without window scaling.
--
-- Both SYNs are in the capture, not both offered the window scale option, and the connection carried at
-- least :min_bytes. No more than 65,535 bytes can be on their way then. Medium where that held a sender
-- back: it had :full_percent of them on their way, with a round trip of at least :min_rtt_ms; else low. Server and port together. value is the round trip time in milliseconds: 65,535
-- bytes a round trip are the most there can be.
--
-- severity: low
-- category: configuration
-- protocol: tcp
-- cause: One side's system has window scaling switched off, or is old.
-- cause: A firewall on the way removes the option from the SYNs.
-- remedy: Switch it on (net.ipv4.tcp_window_scaling, netsh interface tcp set global autotuninglevel).
-- remedy: Capture on both sides of firewalls on the way and compare the options of the SYNs.
-- source: RFC 7323, 2: without the option a window is 65,535 bytes at most.
--
-- param :min_bytes integer = 100000        Data either way below which a connection is left out.
-- param :min_rtt_ms number 0..60000 = 10   Round trip from which on the window is the limit, milliseconds:
--                                          10 ms allow 52 Mbit/s.
-- param :full_percent number 1..100 = 90   Share of 65,535 bytes in flight from which on the window held
--                                          the sender back, percent.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Round trip, milliseconds.
-- column symptoms     What was seen.
-- column packets      The SYNs.
-- column severity     low, medium, high or critical.
WITH unscaled AS (
	SELECT
		*,
		max(ifnull(src_bytes_in_flight_max, 0), ifnull(dst_bytes_in_flight_max, 0)) AS in_flight
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE is_unscaled
		AND syn_rtt_ns IS NOT NULL
		AND (src_window_scale IS NULL OR dst_window_scale IS NULL)
		AND src_unique_bytes + dst_unique_bytes >= :min_bytes
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	iif(count(DISTINCT src) = 1, src, NULL) AS src,
	dst,
	max(syn_rtt_ns) / 1e6 AS value,
	printf('%s to port %d of %s: %s window scaling; %d bytes were on their way at most, the round '
		|| 'trip was %.3g ms', counted(count(*), 'connection'), dst_port, dst,
		CASE
			WHEN max(src_window_scale) IS NULL AND max(dst_window_scale) IS NULL THEN 'neither side offered'
			WHEN max(src_window_scale) IS NULL THEN 'the client did not offer'
			ELSE 'the server did not offer'
		END, max(in_flight), max(syn_rtt_ns) / 1e6) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(max(syn_rtt_ns) >= :min_rtt_ms * 1e6 AND max(in_flight) >= 655.35 * :full_percent, 'medium', 'low') AS severity
FROM unscaled
GROUP BY capture_id, dst, dst_port, src_window_scale IS NULL, dst_window_scale IS NULL
ORDER BY max(in_flight) DESC, count(*) DESC;
