-- Packets and bytes over time, in steps of a fixed length.
--
-- topic: traffic
--
-- Steps begin at multiples of their length since 1970, so that those of several captures fall together; the first may
-- begin before the first packet. Steps without a packet are left out. Of a step that --since or --until cuts, only the
-- packets between them count, and the rate is still that of a whole step. A step that is a multiple of 100 ms, without
-- --flow and --host, is answered from an index and is fast for captures of any size.
--
-- param :bucket_ms number 0.001..86400000 = 1000   Length of a step, in milliseconds.
-- param :capture
-- param :flow
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s         Begin of the step, seconds since the capture's first packet.
-- column packets        Packets in it.
-- column bytes          Their bytes on the wire.
-- column mbit_per_s     Bytes as a rate, millions of bits per second.
-- column packets_per_s  Packets as a rate, packets per second.
-- column first_number   Number of its first packet in the capture.
-- column time           Begin of the step, UTC.
-- column capture        Name of the capture.
--
-- plot title   Throughput
-- plot x time_s   Time since the capture's first packet (s)
-- plot left   Throughput on the wire (Mbit/s)
-- plot bars mbit_per_s by=capture   Capture
WITH
asked AS ( -- how long a step is; is_coarse: time_buckets have it, few packets are read
	SELECT
		CAST(:bucket_ms * 1e6 AS INTEGER) AS bucket_ns,
		CAST(:bucket_ms * 1e6 AS INTEGER) % 100000000 = 0 AND :flow IS NULL AND :host IS NULL AS is_coarse
),
tenths AS ( -- time_buckets asked for; is_cut: --since or --until is within
	SELECT
		b.*,
		b.start_ts_ns < ifnull(:since, b.start_ts_ns)
			OR b.start_ts_ns > ifnull(:until, b.start_ts_ns + 100000000) - 100000000 AS is_cut
	FROM asked a
	CROSS JOIN time_buckets b
	WHERE a.is_coarse
		AND (:capture IS NULL OR b.capture_id = :capture)
		AND (:since IS NULL OR b.start_ts_ns > :since - 100000000)
		AND (:until IS NULL OR b.start_ts_ns < :until)
),
stretches AS ( -- of packets that are counted one by one
	SELECT first_packet_id, last_packet_id
	FROM tenths
	WHERE is_cut
	UNION ALL
	SELECT 1, 9223372036854775807
	FROM asked
	WHERE NOT is_coarse
),
counted AS ( -- time_buckets, or else packets, each with its step
	SELECT
		t.capture_id,
		t.start_ts_ns / a.bucket_ns AS step,
		t.packets,
		t.bytes,
		t.first_packet_id AS packet_id
	FROM asked a
	CROSS JOIN tenths t
	WHERE NOT t.is_cut
	UNION ALL
	SELECT
		p.capture_id,
		p.ts_ns / a.bucket_ns,
		1,
		p.wire_len,
		p.packet_id
	FROM asked a
	CROSS JOIN stretches r
	CROSS JOIN packets p ON p.packet_id BETWEEN r.first_packet_id AND r.last_packet_id
	WHERE (:capture IS NULL OR p.capture_id = :capture)
		AND (:flow IS NULL OR p.flow_id = :flow)
		AND (:host IS NULL OR p.flow_id IN (
			SELECT flow_id
			FROM flows
			WHERE ip_in(src, :host) OR ip_in(dst, :host)
		))
		AND (:since IS NULL OR p.ts_ns >= :since)
		AND (:until IS NULL OR p.ts_ns < :until)
),
steps AS ( -- steps with packets
	SELECT
		capture_id,
		step,
		sum(packets) AS packets,
		sum(bytes) AS bytes,
		min(packet_id) AS first_packet_id
	FROM counted
	GROUP BY capture_id, step
)
SELECT
	(s.step * a.bucket_ns - c.first_ts_ns) / 1e9 AS time_s,
	s.packets,
	s.bytes,
	s.bytes * 8e3 / a.bucket_ns AS mbit_per_s,
	s.packets * 1e9 / a.bucket_ns AS packets_per_s,
	s.first_packet_id - c.first_packet_id + 1 AS first_number,
	iso_time(s.step * a.bucket_ns) AS time,
	c.name AS capture
FROM steps s
CROSS JOIN asked a
JOIN captures c USING (capture_id)
ORDER BY s.capture_id, s.step
LIMIT ifnull(:limit, -1);
