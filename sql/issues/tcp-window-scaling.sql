-- A connection works without window scaling.
--
-- Both SYNs are in the capture, not both offered the window scale option, and the connection carried at
-- least :min_bytes. No more than 65,535 bytes can be on their way then. Medium where that held a sender
-- back: it had :full_percent of them on their way, with a round trip of at least :min_rtt_ms; else low. Server
-- and port together, and where :together of them had one client alone, these together. value is the round trip
-- time in milliseconds: 65,535 bytes a round trip are the most there can be.
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
-- param :together integer 2..65535 = 3     Services that one client alone used, from which on they are one issue.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Round trip, milliseconds.
-- column symptoms     What was seen.
-- column packets      The SYNs.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind; NULL: what stands above.
WITH
unscaled AS ( -- connections without scaling that carried enough data
	SELECT
		*,
		max(ifnull(src_bytes_in_flight_max, 0), ifnull(dst_bytes_in_flight_max, 0)) AS in_flight
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE is_unscaled
		AND syn_rtt_ns IS NOT NULL
		AND (src_window_scale IS NULL OR dst_window_scale IS NULL)
		AND src_unique_bytes + dst_unique_bytes >= :min_bytes
),
services AS ( -- connections to one port; lacks_client, lacks_server: who did not offer it
	SELECT
		capture_id,
		dst,
		dst_port,
		src_window_scale IS NULL AS lacks_client,
		dst_window_scale IS NULL AS lacks_server,
		only(src) AS client,
		flow_id,
		min(first_ts_ns) AS ts_ns,
		count(*) AS connections,
		max(syn_rtt_ns) AS rtt_ns,
		max(in_flight) AS in_flight,
		group_concat(first_packet_id) AS packets
	FROM unscaled
	GROUP BY capture_id, dst, dst_port, src_window_scale IS NULL, dst_window_scale IS NULL
),
counts AS ( -- of_client: services alike that only this client used
	SELECT
		*,
		rtt_ns >= :min_rtt_ms * 1e6 AND in_flight >= 655.35 * :full_percent AS is_limit,
		iif(client IS NULL, 0, count(*) OVER (PARTITION BY capture_id, client, lacks_client, lacks_server)) AS of_client
	FROM services
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	client AS src,
	only(dst) AS dst,
	max(rtt_ns) / 1e6 AS value,
	printf('%s to %s: %s window scaling; %d bytes were on their way at most, the round trip was %.3g ms',
		counted(sum(connections), 'connection'),
		iif(count(*) = 1, printf('port %d of %s', dst_port, dst), counted(count(*), 'service')),
		CASE
			WHEN lacks_client AND lacks_server THEN 'neither side offered'
			WHEN lacks_client THEN 'the client did not offer'
			WHEN count(*) > 1 THEN 'the servers did not offer'
			ELSE 'the server did not offer'
		END, max(in_flight), max(rtt_ns) / 1e6) AS symptoms,
	group_concat(packets) AS packets,
	iif(max(is_limit), 'medium', 'low') AS severity,
	iif(count(DISTINCT dst) >= :together AND NOT lacks_client,
		'A NAT, firewall or proxy near the client removes the option: so many servers seldom lack it.', NULL) AS cause
FROM counts
GROUP BY
	capture_id,
	lacks_client,
	lacks_server,
	iif(of_client >= :together, client, dst),
	iif(of_client >= :together, NULL, dst_port)
ORDER BY max(is_limit) DESC, max(in_flight) DESC, sum(connections) DESC;
