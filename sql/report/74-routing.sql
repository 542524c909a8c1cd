-- Routing.
--
-- Messages of BGP and OSPF.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section as bars: Messages
-- column message    Protocol and type.
-- column messages   How many.
SELECT
	upper(r.protocol) || ' ' || r.type AS message,
	count(*) AS messages
FROM routing r
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR r.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (r.protocol, f.protocol, f.application))
GROUP BY r.protocol, r.type
ORDER BY 2 DESC, 1;

-- section: Sessions that BGP ended
-- column sender          Who sent the NOTIFICATION.
-- column receiver        To whom.
-- column reason          Why, by its codes.
-- column communication   What it says in words.
-- column times           How often.
-- column first_number    The first of them.
WITH found AS ( -- NOTIFICATIONs of one sender to one receiver, for one reason
	SELECT
		iif(r.direction, f.dst, f.src) AS sender,
		iif(r.direction, f.src, f.dst) AS receiver,
		r.reason,
		r.communication,
		count(*) AS times,
		min(r.packet_id) AS packet_id
	FROM routing r
	JOIN flows f USING (flow_id)
	WHERE r.type = 'NOTIFICATION'
		AND (:capture IS NULL OR r.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (r.protocol, f.protocol, f.application))
	GROUP BY 1, 2, 3, 4
	ORDER BY 5 DESC, 6
	LIMIT 12
)
SELECT
	sender,
	receiver,
	reason,
	communication,
	times,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;

-- section: BGP speakers
-- column speaker        Its address.
-- column router_id      BGP identifier.
-- column as_number      Autonomous system.
-- column hold_time_s    What it proposed.
-- column opens          OPEN messages.
-- column first_number   The first of them.
WITH found AS ( -- OPENs of one speaker with the same parameters
	SELECT
		iif(r.direction, f.dst, f.src) AS speaker,
		r.router_id,
		r.as_number,
		r.hold_time_s,
		count(*) AS opens,
		min(r.packet_id) AS packet_id
	FROM routing r
	JOIN flows f USING (flow_id)
	WHERE r.type = 'OPEN'
		AND (:capture IS NULL OR r.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (r.protocol, f.protocol, f.application))
	GROUP BY 1, 2, 3, 4
	ORDER BY 1
	LIMIT 20
)
SELECT
	speaker,
	router_id,
	as_number,
	hold_time_s,
	opens,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;

-- section: OSPF routers
-- column router            Address that it sends hellos from.
-- column router_id         Router identifier.
-- column area              Area.
-- column hello_interval_s  Seconds between its hellos.
-- column dead_interval_s   Seconds without one after which it gives a neighbour up.
-- column neighbors         Router identifiers that it hears, in its last hello.
-- column hellos            Hellos.
-- column last_number       The last of them.
WITH found AS ( -- hellos of one router with the same parameters; neighbors: of the last one
	SELECT
		iif(r.direction, f.dst, f.src) AS router,
		r.router_id,
		r.area,
		r.hello_interval_s,
		r.dead_interval_s,
		r.neighbors,
		count(*) AS hellos,
		max(r.packet_id) AS packet_id
	FROM routing r
	JOIN flows f USING (flow_id)
	WHERE r.protocol = 'ospf'
		AND r.type = 'hello'
		AND (:capture IS NULL OR r.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (r.protocol, f.protocol, f.application))
	GROUP BY 1, 2, 3, 4, 5
	ORDER BY 1
	LIMIT 20
)
SELECT
	router,
	router_id,
	area,
	hello_interval_s,
	dead_interval_s,
	neighbors,
	hellos,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS last_number
FROM found;
