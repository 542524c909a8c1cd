-- How long flows were silent before their packets.

-- The longest silence shortly before a packet: between two packets in a row of its flow, among the eight that end with it. A
-- RST may come a few packets behind the silence that it answers.
CREATE VIEW packet_silences AS
SELECT
	p.packet_id, -- the packet
	(
		SELECT max(gap_ns)
		FROM (
			SELECT ts_ns - lag(ts_ns) OVER (ORDER BY packet_id) AS gap_ns
			FROM (
				SELECT b.packet_id, b.ts_ns
				FROM flow_packets fp
				CROSS JOIN packets b ON b.packet_id = fp.packet_id
				WHERE fp.flow_id = p.flow_id AND fp.packet_id <= p.packet_id
				ORDER BY fp.packet_id DESC
				LIMIT 8
			)
		)
	) AS silence_ns -- the longest of them; NULL: it is the first packet of its flow, or has none
FROM packets p;
