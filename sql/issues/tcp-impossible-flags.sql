-- TCP segments have flags or endpoints that no TCP sends.
--
-- SYN with FIN, SYN with RST, no flag at all, a port 0, or the same address and port at both ends, in what
-- a side sent. Sender, receiver and kind together. value is the number of flows. No TCP sends these:
-- somebody made them.
--
-- severity: medium
-- category: security
-- protocol: tcp
-- cause: A scanner that finds out about the receiver's system, or passes filters that look at SYN alone.
-- cause: An attack on old systems (LAND: source and destination the same).
-- cause: Damaged packets, where checksums are wrong as well.
-- remedy: Look at what else the sender does (report scans).
-- remedy: Drop such segments at the border.
-- source: RFC 9293, 3.1 and 3.10.7; CERT CA-1997-28 (LAND).
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          The sender.
-- column dst          The receiver.
-- column value        Flows.
-- column symptoms     What was seen.
-- column packets      First packets of the flows.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
WITH
sides AS ( -- directions with such segments
	SELECT capture_id, flow_id, src, dst, src_errors AS errors, first_ts_ns, first_packet_id
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_errors AND protocol = 'tcp' AND src_errors & 26368
	UNION ALL
	SELECT capture_id, flow_id, dst, src, dst_errors, first_ts_ns, first_packet_id
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_errors AND protocol = 'tcp' AND dst_errors & 26368
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	count(*) AS value,
	printf('%s sent %s of such segments to %s: %s', src, counted(count(*), 'flow'), dst, (
		SELECT group_concat(e.meaning, ', ')
		FROM packet_errors e
		WHERE (26368 & errors) >> e.bit & 1
	)) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(errors & 16384, 'high', 'medium') AS severity,
	iif(errors & 16384, 'Packets have the same source and destination (LAND)',
		'TCP segments have flags or endpoints that no TCP sends') AS title
FROM sides
GROUP BY capture_id, src, dst, errors & 26368
ORDER BY errors & 16384 DESC, count(*) DESC;
