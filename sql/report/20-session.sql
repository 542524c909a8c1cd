-- Session.
--
-- What was captured: where, when, how much, and who talked in which protocols.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section: Captures
-- column capture      Name of the capture.
-- column packets      Packets in the case.
-- column bytes        Their bytes on the wire.
-- column begin        First packet, UTC.
-- column duration_s   From the first packet to the last, seconds.
-- column mbit_per_s   Mean rate.
-- column filter       What of it was ingested: filter, times, count; all without one.
-- column files        Names of its files.
SELECT
	c.name AS capture,
	c.packets,
	c.bytes,
	replace(substr(iso_time(c.first_ts_ns), 1, 23), 'T', ' ') AS begin,
	(c.last_ts_ns - c.first_ts_ns) / 1e9 AS duration_s,
	c.bytes * 8e3 / nullif(c.last_ts_ns - c.first_ts_ns, 0) AS mbit_per_s,
	nullif(ltrim(
		ifnull(c.filter, '')
			|| ifnull(' since ' || iso_time(c.since_ts_ns), '')
			|| ifnull(' until ' || iso_time(c.until_ts_ns), '')
			|| ifnull(' first ' || c.packet_limit || ' packets', '')
	), '') AS filter,
	(
		SELECT iif(count(*) > 3, count(*) || ' files, the first is ', '')
			|| group_concat(iif(place <= iif(total > 3, 1, 3), path, NULL), ', ')
		FROM (
			SELECT
				replace(path, rtrim(path, replace(path, '/', '')), '') AS path,
				row_number() OVER (ORDER BY capture_file_id) AS place,
				count(*) OVER () AS total
			FROM capture_files f
			WHERE f.capture_id = c.capture_id
		)
	) AS files
FROM captures c
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id;

-- section as list: What limits this report
WITH chosen AS ( -- captures asked for
	SELECT *
	FROM captures
	WHERE :capture IS NULL OR capture_id = :capture
)
SELECT printf('%s: the file is damaged (%s); %,d bytes behind the damage were not read.',
	c.name, f.damage, f.bytes_unread) AS line
FROM chosen c
JOIN capture_files f USING (capture_id)
WHERE f.damage IS NOT NULL
UNION ALL
SELECT printf('%s: the capturing system dropped %,d packets; what looks lost may have been on the wire.',
	c.name, sum(i.dropped))
FROM chosen c
JOIN capture_files f USING (capture_id)
JOIN interfaces i USING (capture_file_id)
GROUP BY c.capture_id
HAVING sum(i.dropped) > 0
UNION ALL
SELECT printf('%s: %,d packets were left out at ingest.', name, left_out)
FROM chosen
WHERE left_out > 0
UNION ALL
SELECT printf('%s: %,d of %,d packets (%.3g %%) were cut by the snap length before their headers ended.',
	name, truncated, packets, 100.0 * truncated / packets)
FROM chosen
WHERE truncated > 0
UNION ALL
SELECT printf('%s: %,d of %,d packets (%.3g %%) are copies of others, made by the capture or the network.',
	name, duplicates, packets, 100.0 * duplicates / packets)
FROM chosen
WHERE duplicates > 0
UNION ALL
SELECT printf('%s: %,d of %,d packets are in protocols that pcapdex does not know.', name, unsupported, packets)
FROM chosen
WHERE unsupported * 20 > packets;

-- section as bars: Protocols, by bytes
-- column protocol   What flows were found to carry, and in which protocol.
-- column bytes      Bytes on the wire.
-- column packets    Packets.
-- column flows      Flows.
SELECT
	ifnull(nullif(application, protocol) || ' over ', '') || protocol AS protocol,
	sum(src_bytes + dst_bytes) AS bytes,
	sum(src_packets + dst_packets) AS packets,
	count(*) AS flows
FROM flows
WHERE (:capture IS NULL OR capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (protocol, application))
GROUP BY protocol, application
ORDER BY 2 DESC
LIMIT 10;

-- section as bars: Top talkers, by bytes
-- column host             Address, and the name that the capture tells of it.
-- column bytes            Bytes sent and received.
-- column sent_bytes       Bytes sent.
-- column received_bytes   Bytes received.
-- column packets          Packets sent and received.
-- column flows            Flows that it took part in.
WITH ends AS ( -- each flow twice: as its src has it, and as its dst
	SELECT
		src AS address,
		src_bytes AS sent,
		dst_bytes AS received,
		src_packets + dst_packets AS packets
	FROM flows
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
	UNION ALL
	SELECT
		dst,
		dst_bytes,
		src_bytes,
		src_packets + dst_packets
	FROM flows
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
)
SELECT
	address || ifnull(' (' || (
		SELECT name
		FROM host_names n
		WHERE n.address = e.address
		ORDER BY count DESC, host_name_id
		LIMIT 1
	) || ')', '') AS host,
	sum(sent) + sum(received) AS bytes,
	sum(sent) AS sent_bytes,
	sum(received) AS received_bytes,
	sum(packets) AS packets,
	count(*) AS flows
FROM ends e
GROUP BY address
ORDER BY sum(sent) + sum(received) DESC
LIMIT 10;
