-- A RST does not look like its sender.
--
-- Signs that somebody on the way sent a RST in the name of an end: (1) its TTL is not one that this side
-- uses for anything else, (2) the side goes on to send data after its RST, (3) it sent several RSTs with
-- different sequence numbers at nearly the same time (within :burst_ms). Sign 3 alone does not count: a
-- host that gets several segments for a closed connection does so. One of the others is medium, two signs
-- are high; a TTL of 64, 128 or 255 alone is low: that RST comes from a NAT or virtual network beside the
-- capture point; so is one that differs by :hops at most: its sender is about as far away. Those of one
-- severity from one host to another are one issue, and where they came to a host in the names of :together
-- others or more, all of these. value is the largest number of signs of a connection.
--
-- severity: medium
-- category: security
-- protocol: tcp
-- cause: A firewall, an intrusion prevention system or a censor breaks the connection.
-- cause: An attacker who knows the sequence numbers.
-- cause: A system that sends its RSTs with a TTL of its own, or a load balancer that closes for the server
--    (sign 1 alone).
-- remedy: Capture nearer to the end in whose name the RST came: if it did not send it, go on from there.
-- remedy: The TTL tells about how many hops away the sender is: the next of 64, 128 or 255, less the TTL.
-- source: Weaver, Sommer, Paxson: Detecting Forged TCP Reset Packets (NDSS 2009): RSTs whose TTL differs,
--    data behind a RST, several RSTs.
--
-- param :burst_ms number 0..60000 = 50   Time within which several RSTs count as sent at once,
--                                        milliseconds.
-- param :hops integer 0..255 = 2         Difference of TTLs up to which another path, or a load balancer in
--                                        front of the server, explains it.
-- param :together integer 2..1000 = 3    Hosts in whose names RSTs came to one, from which on they are one
--                                        issue.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          In whose name the RSTs were sent; NULL: in the names of several hosts.
-- column dst          The other side.
-- column value        Signs, 1 to 3.
-- column symptoms     What was seen.
-- column packets      The RSTs, and what came after them.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
rsts AS MATERIALIZED ( -- RSTs with one TTL, of a side that sent other packets, too; packet_id: the first
	SELECT
		p.capture_id,
		p.flow_id,
		p.direction,
		min(p.packet_id) AS packet_id,
		min(p.ts_ns) AS ts_ns,
		p.ttl,
		count_distinct(p.seq) AS seqs,
		max(p.ts_ns) - min(p.ts_ns) AS span_ns,
		group_concat(p.packet_id) AS packets
	FROM tcp_events e
	CROSS JOIN flows f ON f.flow_id = e.flow_id
	CROSS JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind = 'rst'
		AND iif(e.direction, f.dst_packets > f.dst_rsts, f.src_packets > f.src_rsts)
		AND p.duplicate_of IS NULL
	GROUP BY p.flow_id, p.direction, p.ttl
),
judged AS MATERIALIZED ( -- other_ttl: only RSTs of the side have it; after_id: first data behind
	SELECT
		r.*,
		f.src AS flow_src,
		f.dst AS flow_dst,
		iif(r.direction, f.dst_ttl_min, f.src_ttl_min) AS ttl_min,
		iif(r.direction, f.dst_ttl_max, f.src_ttl_max) AS ttl_max,
		iif(r.direction, f.dst_ttl_min < f.dst_ttl_max, f.src_ttl_min < f.src_ttl_max) AND NOT EXISTS (
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id
				AND p.direction = r.direction
				AND p.ttl = r.ttl
				AND NOT p.tcp_flags & 4
		) AS other_ttl,
		iif(f.last_packet_id = r.packet_id, NULL, (
			SELECT p.packet_id
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id
				AND fp.packet_id > r.packet_id
				AND p.direction = r.direction
				AND NOT p.tcp_flags & 6
				AND p.payload_len > 0
				AND p.duplicate_of IS NULL
			LIMIT 1
		)) AS after_id
	FROM rsts r
	JOIN flows f ON f.flow_id = r.flow_id
),
signs AS ( -- RSTs with sign 1 or 2
	SELECT
		*,
		after_id NOT NULL AS has_data_after,
		seqs > 1 AND span_ns <= :burst_ms * 1e6 AS is_burst,
		abs(ttl - iif(ttl_min = ttl, ttl_max, ttl_min)) <= :hops AS is_near
	FROM judged
	WHERE other_ttl OR after_id NOT NULL
),
graded AS ( -- name: in whose name the RST came; victim: to whom; rank: 1 low to 3 high
	SELECT
		*,
		iif(direction, flow_dst, flow_src) AS name,
		iif(direction, flow_src, flow_dst) AS victim,
		other_ttl + has_data_after + is_burst AS signs,
		iif(ttl_min = ttl, ttl_max, ttl_min) AS usual_ttl,
		CASE
			WHEN NOT has_data_after AND is_near THEN 1
			WHEN other_ttl + has_data_after + is_burst > 1 THEN 3
			WHEN NOT has_data_after AND ttl IN (64, 128, 255) THEN 1
			ELSE 2
		END AS rank,
		CASE
			WHEN has_data_after THEN 3
			WHEN is_near THEN 0
			WHEN ttl IN (64, 128, 255) THEN 1
			ELSE 2
		END AS kind -- the worse, the greater
	FROM signs
),
pairs AS ( -- of a host in whose name RSTs were sent, and the other side
	SELECT
		capture_id,
		name,
		victim,
		rank,
		max(kind) AS kind,
		min(ts_ns) AS ts_ns,
		flow_id,
		count_distinct(flow_id) AS connections,
		max(signs) AS signs,
		max(has_data_after AND other_ttl) AS is_sure,
		sum(other_ttl) AS other_ttls,
		min(iif(other_ttl, ttl, NULL)) AS ttl_least,
		max(iif(other_ttl, ttl, NULL)) AS ttl_most,
		min(iif(other_ttl, usual_ttl, NULL)) AS usual_least,
		max(iif(other_ttl, usual_ttl, NULL)) AS usual_most,
		sum(has_data_after) AS data_after,
		sum(is_burst) AS bursts,
		max(seqs) AS seqs,
		group_concat(packets || ifnull(',' || after_id, '')) AS packets
	FROM graded
	GROUP BY capture_id, victim, name, rank
),
counts AS ( -- names: hosts in whose names RSTs of this rank came to the victim
	SELECT
		*,
		count(*) OVER (PARTITION BY capture_id, victim, rank) AS names
	FROM pairs
),
found AS ( -- an issue each: a pair, or all pairs of a victim and rank
	SELECT
		capture_id,
		min(ts_ns) AS ts_ns,
		iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
		only(name) AS src,
		victim AS dst,
		max(signs) AS value,
		rank,
		max(kind) AS kind,
		max(is_sure) AS is_sure,
		count(*) AS hosts,
		sum(connections) AS connections,
		sum(other_ttls) AS other_ttls,
		min(ttl_least) AS ttl_least,
		max(ttl_most) AS ttl_most,
		min(usual_least) AS usual_least,
		max(usual_most) AS usual_most,
		sum(data_after) AS data_after,
		sum(bursts) AS bursts,
		max(seqs) AS seqs,
		group_concat(packets) AS packets
	FROM counts
	GROUP BY capture_id, victim, rank, iif(names >= :together, NULL, name)
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	src,
	dst,
	value,
	iif(connections = 1,
		printf('a RST in the name of %s%s%s%s', src,
			iif(other_ttls, printf(' has TTL %d, which none of its other packets has (%d)', ttl_least, usual_least), ''),
			iif(data_after, iif(other_ttls, ', and', '') || ' was followed by more data of it', ''),
			iif(bursts, printf('; RSTs with %d sequence numbers came at once', seqs), '')),
		printf('RSTs in the name%s came to %s in %d connections: %s%s%s',
			iif(hosts = 1, ' of ' || src, printf('s of %d hosts', hosts)), dst, connections,
			iif(other_ttls, printf('%d with a TTL (%s) that no other packet of that host has (%s)', other_ttls,
				iif(ttl_least = ttl_most, ttl_least, printf('%d to %d', ttl_least, ttl_most)),
				iif(usual_least = usual_most, usual_least, printf('%d to %d', usual_least, usual_most))), ''),
			iif(data_after, printf('%s%d followed by more data of it', iif(other_ttls, ', ', ''), data_after), ''),
			iif(bursts, printf('; in %d several sequence numbers came at once', bursts), ''))) AS symptoms,
	packets,
	CASE rank WHEN 1 THEN 'low' WHEN 2 THEN 'medium' ELSE 'high' END AS severity,
	iif(hosts = 1, 'A RST does not look like its sender', 'RSTs do not look like their senders') AS title,
	CASE kind
		WHEN 3 THEN 'Somebody on the way sent the RST: its supposed sender did not know of it.'
		WHEN 0 THEN 'The RST took another path, or a load balancer in front of the server sent it.'
		WHEN 1 THEN 'A NAT or virtual network beside the capture point sent the RST.'
		ELSE 'A device on the way sent the RST, or the system sends its RSTs with a TTL of its own.'
	END AS cause,
	iif(is_sure, 0.8, 0.5) AS confidence
FROM found
ORDER BY rank DESC, value DESC, connections DESC, ts_ns;
