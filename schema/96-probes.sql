-- Flows that show no more than whether something answers at a port.

-- TCP connections without data, and UDP flows without an answer, from a client's port and not a traceroute's. Scans are
-- made of them, and so is what clients do whose server is gone.
CREATE VIEW probes AS
SELECT
	f.flow_id, -- the flow
	f.capture_id,
	f.protocol, -- tcp or udp
	f.src, -- who tried
	f.dst,
	f.dst_port, -- what was tried
	f.src_packets, -- packets that src sent
	f.first_ts_ns,
	f.last_ts_ns,
	f.first_packet_id,
	ifnull(f.dst_syns > 0, 0) AS is_open, -- 1: dst sent a SYN-ACK
	f.handshake_ns NOT NULL AS is_accepted, -- 1: and src acknowledged it
	ifnull(f.dst_rsts > 0 AND f.dst_syns = 0, f.flow_id IN (
		SELECT original_flow_id
		FROM icmp_errors
		WHERE original_flow_id NOT NULL
			AND (ip_version = 4 AND type = 3 AND code = 3 OR ip_version = 6 AND type = 1 AND code = 4)
	)) AS is_closed, -- 1: dst sent a RST, or an ICMP port unreachable
	CASE f.protocol
		WHEN 'udp' THEN 'UDP'
		ELSE CASE (SELECT p.tcp_flags & 63 FROM packets p WHERE p.packet_id = f.first_packet_id)
				WHEN 2 THEN 'SYN'
				WHEN 2 + 8 THEN 'SYN'
				WHEN 0 THEN 'NULL'
				WHEN 8 THEN 'NULL'
				WHEN 1 THEN 'FIN'
				WHEN 1 + 8 THEN 'FIN'
				WHEN 1 + 8 + 32 THEN 'XMAS'
				WHEN 16 THEN iif(f.src_packets = 1, 'ACK', NULL)
				WHEN 16 + 8 THEN iif(f.src_packets = 1, 'ACK', NULL)
			END
	END AS kind -- by the first segment: SYN, NULL, FIN, XMAS, ACK; UDP; NULL: no probe begins so
FROM flow_signs g
CROSS JOIN flows f ON f.flow_id = g.flow_id
WHERE g.has_no_data
	OR (
		g.has_one_side
		AND f.protocol = 'udp'
		AND f.src_packets <= 2
		AND f.src_port >= 1024
		AND (f.src_ttl_max > 30 OR f.dst_port NOT BETWEEN 33434 AND 33534)
	);
