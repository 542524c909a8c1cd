-- The capture holds packets more than once.
--
-- At least :percent of the packets are copies of others (packets.duplicate_of): several interfaces or
-- mirror ports saw the same packets, or a device on the way doubled them. Counts and rates are too high
-- then. value is that share in percent.
--
-- severity: low
-- category: configuration
-- protocol: ethernet
-- cause: A capture on several interfaces, or the interface any of Linux, of a host that forwards packets.
-- cause: A mirror port that copies both what a switch receives and what it sends.
-- cause: A loop or a device on the way that doubles packets.
-- remedy: Capture on one interface, or mirror one direction of each port.
-- remedy: Report duplicates lists the copies; removing them: editcap -d.
-- source: Without copies, one packet in a thousand is far more than networks double.
--
-- param :percent number 0..100 = 0.1        Share of copies from which on it is listed, percent.
-- param :min_count integer 1..1000000 = 3   Copies below which it is not.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL.
-- column src          NULL.
-- column dst          NULL.
-- column value        Copies, percent.
-- column symptoms     What was seen.
-- column packets      NULL: the report duplicates lists them.
SELECT
	capture_id,
	first_ts_ns AS ts_ns,
	NULL AS flow_id,
	NULL AS src,
	NULL AS dst,
	duplicates * 100.0 / packets AS value,
	printf('%d of %s are copies of others', duplicates, counted(packets, 'packet')) AS symptoms,
	NULL AS packets
FROM captures
WHERE duplicates >= :min_count AND duplicates * 100.0 >= :percent * packets;
