-- TCP connections by how they went: Zeek's connection states with their meanings, the most frequent first.
--
-- topic: tcp
--
-- docs/definitions.md says how a state is found. UDP has states too: try --protocol udp.
--
-- param :protocol one of tcp|udp = tcp   Only this protocol.
-- param :capture
-- param :host
-- param :since       Only flows with packets from this time on.
-- param :until       Only flows with packets before this time.
-- param :limit
--
-- column state           Connection state: SF, S0, REJ ...; NULL: all IP checksums are wrong.
-- column meaning         What it means.
-- column flows           Flows in this state.
-- column percent         Their share of all flows shown here, per cent.
-- column packets         Their packets, both ways.
-- column bytes           Their bytes on the wire, both ways.
-- column payload_bytes   Their payload bytes, both ways; of TCP by sequence numbers, each byte once.
-- column first_flow_id   The first of them.
SELECT
	f.state,
	ifnull(s.meaning, 'not known: all IP checksums are wrong, and Zeek drops such packets') AS meaning,
	count(*) AS flows,
	round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS percent,
	sum(f.src_packets + f.dst_packets) AS packets,
	sum(f.src_bytes + f.dst_bytes) AS bytes,
	sum(f.orig_bytes + f.resp_bytes) AS payload_bytes,
	min(f.flow_id) AS first_flow_id
FROM flows f
LEFT JOIN tcp_states s USING (state)
WHERE f.protocol = :protocol
	AND f.src_port IS NOT NULL -- fragments whose ports are not known are no flow of their own
	AND (:capture IS NULL OR f.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR f.last_ts_ns >= :since)
	AND (:until IS NULL OR f.first_ts_ns < :until)
GROUP BY f.state
ORDER BY flows DESC, f.state
LIMIT ifnull(:limit, -1);
