-- What the traffic is: flows, packets and bytes of each application, the largest first.
--
-- topic: traffic
--
-- An application is known by its bytes. Flows whose bytes nobody knew count by the service of their server's port, in
-- parentheses: (https). What has neither is named by its protocol: tcp, icmp, arp.
--
-- param :capture
-- param :host        Only flows of this address, or of this prefix.
-- param :since       Only flows with packets from this time on.
-- param :until       Only flows with packets before this time.
-- param :limit
--
-- column application   Application: http, tls, dns; or (service); or protocol.
-- column protocol      What carries it: tcp, udp ...
-- column flows         Flows.
-- column hosts         Different addresses that take part.
-- column packets       Packets both ways.
-- column bytes         Bytes on the wire both ways.
-- column share         Share of all bytes shown: 0 to 1.
-- column ports         Server ports, the five most frequent, separated by blanks.
-- column capture       Name of the capture.
WITH
flow AS MATERIALIZED ( -- application: by its bytes, else (service), else its protocol
	SELECT
		f.capture_id,
		coalesce(f.application, '(' || f.service || ')', f.protocol) AS application,
		f.protocol,
		f.src,
		f.dst,
		f.dst_port,
		f.src_packets + f.dst_packets AS packets,
		f.src_bytes + f.dst_bytes AS bytes
	FROM flows f
	WHERE (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND (:since IS NULL OR f.last_ts_ns >= :since)
		AND (:until IS NULL OR f.first_ts_ns < :until)
),
host AS ( -- hosts of one application
	SELECT capture_id, application, protocol, count(*) AS hosts
	FROM (
		SELECT capture_id, application, protocol, src AS address
		FROM flow
		UNION
		SELECT capture_id, application, protocol, dst
		FROM flow
	)
	GROUP BY capture_id, application, protocol
),
port AS ( -- ports of one application; place: the most frequent first
	SELECT
		capture_id,
		application,
		protocol,
		dst_port,
		row_number() OVER (
			PARTITION BY capture_id, application, protocol
			ORDER BY count(*) DESC, dst_port
		) AS place
	FROM flow
	WHERE dst_port IS NOT NULL
	GROUP BY capture_id, application, protocol, dst_port
),
ports AS ( -- the first five of an application, as a text
	SELECT capture_id, application, protocol, group_concat(dst_port, ' ') AS ports
	FROM (
		SELECT *
		FROM port
		WHERE place <= 5
		ORDER BY capture_id, application, protocol, place
	)
	GROUP BY capture_id, application, protocol
),
sums AS ( -- all flows of one application
	SELECT
		capture_id,
		application,
		protocol,
		count(*) AS flows,
		sum(packets) AS packets,
		sum(bytes) AS bytes
	FROM flow
	GROUP BY capture_id, application, protocol
)
SELECT
	s.application,
	s.protocol,
	s.flows,
	h.hosts,
	s.packets,
	s.bytes,
	CAST(s.bytes AS REAL) / sum(s.bytes) OVER () AS share,
	p.ports,
	c.name AS capture
FROM sums s
JOIN host h USING (capture_id, application, protocol)
LEFT JOIN ports p USING (capture_id, application, protocol)
JOIN captures c USING (capture_id)
ORDER BY s.bytes DESC, s.application, s.protocol, s.capture_id
LIMIT ifnull(:limit, -1);
