-- BGP session flaps.
--
-- Two peers that opened at least :sessions sessions within the capture. A session is a
-- connection with an OPEN of both sides; connections that collided are left out. value is the
-- number of sessions.
--
-- severity: high
-- category: connectivity
-- protocol: bgp
-- cause: A link that comes and goes, a hold timer that expires under load, or a peer that
--   restarts.
-- cause: A configuration that one side rejects again and again.
-- remedy: Look at how each session ended: bgp-notification, bgp-hold-timer, resets.
-- remedy: Damp or shut the session until the cause is found: each flap makes all routers behind
--   it compute anew.
-- source: RFC 4271, 8.1.1 (DampPeerOscillations): a session that is up again soon and down again
--   harms its neighbours.
--
-- param :sessions integer 2..1000 = 3   Sessions from which on it is flapping.
--
-- column capture_id  The capture.
-- column ts_ns       The first OPEN.
-- column flow_id     NULL: several.
-- column src         One peer.
-- column dst         The other.
-- column value       Sessions.
-- column symptoms    What was seen.
-- column packets     The first OPEN of each session.
WITH sessions AS ( -- connections with an OPEN of both sides, but for those that collided
	SELECT
		r.capture_id,
		r.flow_id,
		min(f.src, f.dst) AS peer_a,
		max(f.src, f.dst) AS peer_b,
		min(r.ts_ns) AS ts_ns,
		min(r.packet_id) AS packet_id
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'bgp'
		AND r.type = 'OPEN'
		AND r.flow_id NOT IN (
			SELECT flow_id FROM routing WHERE type = 'NOTIFICATION' AND code = 6 AND subcode = 7
		)
	GROUP BY r.flow_id
	HAVING count(DISTINCT r.direction) = 2
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	NULL AS flow_id,
	peer_a AS src,
	peer_b AS dst,
	count(*) AS value,
	printf('%s and %s opened %d sessions in %d s', peer_a, peer_b, count(*),
		round((max(ts_ns) - min(ts_ns)) / 1e9)) AS symptoms,
	group_concat(packet_id) AS packets
FROM sessions
GROUP BY capture_id, peer_a, peer_b
HAVING count(*) >= :sessions
ORDER BY value DESC;
