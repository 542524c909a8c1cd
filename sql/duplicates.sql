-- Packets that the capture holds more than once: where the copies were seen, how much later, how many.
--
-- topic: network
--
-- A copy is the same packet again, not one that its sender sent again: a port mirrored in both directions, a capture on
-- several interfaces, both sides of a router, a routing loop, or a network that doubles packets. TCP analysis, like
-- Wireshark's, takes copies of segments for retransmissions, duplicate ACKs or packets out of order. To leave copies out
-- of a question of your own, ask for packets WHERE duplicate_of IS NULL; tcp-retransmissions and tcp-anomalies do.
--
-- One line for each way: from which interface and VLAN to which, and through how many routers. A packet goes from where
-- its TTL is higher, or else from where it comes first in the capture. The same place with ttl_less 0 is a mirror that sees
-- packets come and go, or a network that doubles them; ttl_less 1 a router seen from both sides; many lines with
-- growing ttl_less are a routing loop.
--
-- param :host
-- param :flow
-- param :capture
-- param :since
-- param :until
-- param :limit
--
-- column copies           Packets that are copies.
-- column percent          Share of the capture's packets, percent.
-- column flows            Flows that they belong to.
-- column from_interface   Where the packet was seen first: the interface's place in the file, from 0.
-- column to_interface     Where it was seen again.
-- column from_vlan        VLAN of the one; empty: no tag.
-- column to_vlan          VLAN of the other.
-- column ttl_less         How much the TTL is lower: the routers between; empty without IP.
-- column min_ms           Shortest time from the one to the other, milliseconds; negative where time stamps contradict
--                         the TTL.
-- column median_ms        The median, milliseconds.
-- column max_ms           The longest, milliseconds.
-- column examples         The first three: number of the copy = number of the packet that it is a copy of.
-- column capture          Name of the capture.
WITH
copies AS ( -- p is the copy of q; from, to: by TTL, or else by their order in the capture
	SELECT
		p.capture_id,
		p.number,
		p.duplicate_of,
		p.flow_id,
		abs(q.ttl - p.ttl) AS ttl_less,
		iif(q.ttl < p.ttl, q.ts_ns - p.ts_ns, p.ts_ns - q.ts_ns) AS delay_ns,
		iif(q.ttl < p.ttl, p.interface_id, q.interface_id) AS from_interface_id,
		iif(q.ttl < p.ttl, q.interface_id, p.interface_id) AS to_interface_id,
		iif(q.ttl < p.ttl, p.vlan_id, q.vlan_id) AS from_vlan,
		iif(q.ttl < p.ttl, q.vlan_id, p.vlan_id) AS to_vlan
	FROM packets p
	JOIN packets q ON q.packet_id = p.packet_id - p.number + p.duplicate_of
	WHERE p.duplicate_of IS NOT NULL
		AND (:capture IS NULL OR p.capture_id = :capture)
		AND (:flow IS NULL OR p.flow_id = :flow)
		AND (:host IS NULL OR p.flow_id IN (
			SELECT flow_id
			FROM flows
			WHERE ip_in(src, :host) OR ip_in(dst, :host)
		))
		AND (:since IS NULL OR p.ts_ns >= :since)
		AND (:until IS NULL OR p.ts_ns < :until)
),
ways AS ( -- copies with their interfaces; place: among the copies of one way
	SELECT
		d.*,
		f.number AS from_interface,
		t.number AS to_interface,
		row_number() OVER (
			PARTITION BY d.capture_id, f.number, t.number, d.from_vlan, d.to_vlan, d.ttl_less
			ORDER BY d.number
		) AS place
	FROM copies d
	LEFT JOIN interfaces f ON f.interface_id = d.from_interface_id
	LEFT JOIN interfaces t ON t.interface_id = d.to_interface_id
)
SELECT
	count(*) AS copies,
	round(100.0 * count(*) / c.packets, 2) AS percent,
	count(DISTINCT w.flow_id) AS flows,
	w.from_interface,
	w.to_interface,
	w.from_vlan,
	w.to_vlan,
	w.ttl_less,
	min(w.delay_ns) / 1e6 AS min_ms,
	median(w.delay_ns) / 1e6 AS median_ms,
	max(w.delay_ns) / 1e6 AS max_ms,
	group_concat(iif(w.place <= 3, w.number || '=' || w.duplicate_of, NULL), ' ') AS examples,
	c.name AS capture
FROM ways w
JOIN captures c USING (capture_id)
GROUP BY w.capture_id, w.from_interface, w.to_interface, w.from_vlan, w.to_vlan, w.ttl_less
ORDER BY copies DESC, min(w.number)
LIMIT ifnull(:limit, -1);
