-- BGP sessions: who the peers are, when they agreed, what they told each other, why it ended.
--
-- topic: network
--
-- A row for each TCP connection that carries BGP, in time order. A session is established when both sides have sent a
-- KEEPALIVE or an UPDATE. What one connection of two peers after another does is a flap: flaps counts them.
--
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s            Time of the first BGP message, seconds since the capture's first packet.
-- column src               Address of the side that connected.
-- column dst               Address of the other side.
-- column src_as            AS number of src, from its OPEN; NULL: not in the capture.
-- column dst_as            AS number of dst.
-- column src_id            BGP identifier of src.
-- column dst_id            BGP identifier of dst.
-- column hold_s            Hold time of the session, seconds: the lesser of both offers.
-- column established_s     Time at which it was established, seconds since the capture's first packet; NULL: it was not, or before.
-- column keepalives        KEEPALIVE messages of both.
-- column updates           UPDATE messages of both.
-- column announced         Prefixes announced by both.
-- column withdrawn         Prefixes withdrawn by both.
-- column notifications     NOTIFICATION messages of both.
-- column reason            Why: of the first NOTIFICATION.
-- column notified_by       Address that sent it.
-- column notified_number   Its packet number.
-- column malformed         Messages that end before what they announce.
-- column session           Which session of these two addresses this is, from 1.
-- column flaps             Sessions of these two addresses that followed one before, in the capture.
-- column status            How the connection ended: flows.status.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
WITH
sums AS MATERIALIZED ( -- all messages of one connection
	SELECT
		flow_id,
		min(ts_ns) AS first_ts_ns,
		max(iif(type = 'OPEN' AND NOT direction, as_number, NULL)) AS src_as,
		max(iif(type = 'OPEN' AND direction, as_number, NULL)) AS dst_as,
		max(iif(type = 'OPEN' AND NOT direction, router_id, NULL)) AS src_id,
		max(iif(type = 'OPEN' AND direction, router_id, NULL)) AS dst_id,
		iif(count(DISTINCT iif(type = 'OPEN', direction, NULL)) = 2,
			min(iif(type = 'OPEN', hold_time_s, NULL)), NULL) AS hold_s,
		sum(type = 'OPEN') AS opens,
		min(iif(type IN ('KEEPALIVE', 'UPDATE') AND NOT direction, ts_ns, NULL)) AS src_ready_ts_ns,
		min(iif(type IN ('KEEPALIVE', 'UPDATE') AND direction, ts_ns, NULL)) AS dst_ready_ts_ns,
		sum(type = 'KEEPALIVE') AS keepalives,
		sum(type = 'UPDATE') AS updates,
		ifnull(sum(announced), 0) AS announced,
		ifnull(sum(withdrawn), 0) AS withdrawn,
		sum(type = 'NOTIFICATION') AS notifications,
		min(iif(type = 'NOTIFICATION', routing_id, NULL)) AS notification_id,
		sum(malformed) AS malformed
	FROM routing
	WHERE protocol = 'bgp'
	GROUP BY flow_id
),
sessions AS ( -- session: number among those of the same two peers
	SELECT
		s.*,
		f.capture_id,
		f.src,
		f.dst,
		f.status,
		row_number() OVER peers AS session,
		count(*) OVER (
			PARTITION BY f.capture_id, min(f.src, f.dst), max(f.src, f.dst)
		) - 1 AS flaps
	FROM sums s
	JOIN flows f ON f.flow_id = s.flow_id
	WINDOW peers AS (
		PARTITION BY f.capture_id, min(f.src, f.dst), max(f.src, f.dst)
		ORDER BY s.first_ts_ns, s.flow_id
	)
)
SELECT
	(s.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	s.src,
	s.dst,
	s.src_as,
	s.dst_as,
	s.src_id,
	s.dst_id,
	s.hold_s,
	iif(s.opens, (max(s.src_ready_ts_ns, s.dst_ready_ts_ns) - c.first_ts_ns) / 1e9, NULL) AS established_s,
	s.keepalives,
	s.updates,
	s.announced,
	s.withdrawn,
	s.notifications,
	n.reason,
	iif(n.routing_id IS NULL, NULL, iif(n.direction, s.dst, s.src)) AS notified_by,
	n.packet_id - c.first_packet_id + 1 AS notified_number,
	s.malformed,
	s.session,
	s.flaps,
	s.status,
	s.flow_id,
	c.name AS capture
FROM sessions s
JOIN captures c ON c.capture_id = s.capture_id
LEFT JOIN routing n ON n.routing_id = s.notification_id
WHERE (:flow IS NULL OR s.flow_id = :flow)
	AND (:capture IS NULL OR s.capture_id = :capture)
	AND (:host IS NULL OR ip_in(s.src, :host) OR ip_in(s.dst, :host))
	AND (:since IS NULL OR s.first_ts_ns >= :since)
	AND (:until IS NULL OR s.first_ts_ns < :until)
ORDER BY s.first_ts_ns, s.flow_id
LIMIT ifnull(:limit, -1);
