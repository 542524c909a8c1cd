-- Hosts that try ports of others or the same on many hosts, with what they found; the widest first.
--
-- topic: network
--
-- The detectors port-scan and host-sweep list the worst of them as issues. Here each pair of scanner and target that
-- reaches --min-ports has a row, and each scanner and port that reaches --min-hosts. Only connections without data
-- count, and UDP packets that nobody answered; with the defaults, also what is too little for an issue.
--
-- param :kind one of ports|hosts   Only port scans, or only sweeps of hosts.
-- param :min_ports = 5             Ports of a host from which on it is a port scan.
-- param :min_hosts = 5             Hosts from which on it is a sweep.
-- param :src                       Only by this address or prefix.
-- param :capture
-- param :host                      Only by or against this address or prefix.
-- param :since
-- param :until
-- param :limit
--
-- column kind       ports: many ports of one host; hosts: the same port of many hosts.
-- column src        Who scans.
-- column target     ports: the host; hosts: protocol and port.
-- column tried      Ports or hosts tried.
-- column open       Of these, those that answered a SYN with a SYN-ACK.
-- column closed     Those that answered with a RST, or with an ICMP error (port unreachable).
-- column silent     Those that did not answer.
-- column open_list  The open ones.
-- column probes     What was sent: SYN, FIN, NULL, XMAS, ACK, UDP.
-- column start_s    First packet, seconds since the capture's first packet.
-- column duration_s From the first packet to the last, seconds.
-- column per_s      Ports or hosts tried a second; NULL without duration.
-- column number     Packet number of the first packet.
-- column capture    Name of the capture.
WITH
tries AS MATERIALIZED ( -- probes asked for
	SELECT *
	FROM probes
	WHERE kind NOT NULL
		AND (protocol = 'udp' OR src_packets <= 8)
		AND (:src IS NULL OR ip_in(src, :src))
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
		AND (:since IS NULL OR last_ts_ns >= :since)
		AND (:until IS NULL OR first_ts_ns < :until)
),
targets AS ( -- each probe twice: as a port of a host, and as a host of a port
	SELECT 'ports' AS scan, *, dst AS target, dst_port AS item, protocol AS part
	FROM tries
	WHERE :kind IS NOT 'hosts'
	UNION ALL
	SELECT 'hosts', *, upper(protocol) || ' ' || dst_port, dst, protocol
	FROM tries
	WHERE :kind IS NOT 'ports'
),
items AS ( -- all probes of one port of a host, or of one host at a port
	SELECT
		scan,
		capture_id,
		src,
		target,
		part,
		item,
		max(is_open) AS is_open,
		max(is_closed) AS is_closed,
		min(first_ts_ns) AS first_ts_ns,
		max(last_ts_ns) AS last_ts_ns,
		min(first_packet_id) AS first_packet_id,
		group_concat(DISTINCT kind) AS kinds
	FROM targets
	GROUP BY scan, capture_id, src, target, part, item
),
scans AS ( -- hosts with enough ports tried, and ports with enough hosts
	SELECT
		scan,
		capture_id,
		src,
		target,
		count(*) AS tried,
		sum(is_open) AS open,
		sum(is_closed AND NOT is_open) AS closed,
		sum(NOT is_closed AND NOT is_open) AS silent,
		group_concat(iif(is_open, item, NULL), ' ') AS open_list,
		group_concat(DISTINCT kinds) AS probes,
		min(first_ts_ns) AS first_ts_ns,
		max(last_ts_ns) - min(first_ts_ns) AS duration_ns,
		min(first_packet_id) AS first_packet_id
	FROM items
	GROUP BY scan, capture_id, src, target, part
	HAVING count(*) >= iif(scan = 'ports', :min_ports, :min_hosts)
)
SELECT
	s.scan AS kind,
	s.src,
	s.target,
	s.tried,
	s.open,
	s.closed,
	s.silent,
	s.open_list,
	s.probes,
	(s.first_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
	s.duration_ns / 1e9 AS duration_s,
	s.tried * 1e9 / nullif(s.duration_ns, 0) AS per_s,
	s.first_packet_id - c.first_packet_id + 1 AS number,
	c.name AS capture
FROM scans s
JOIN captures c ON c.capture_id = s.capture_id
ORDER BY s.tried DESC, s.first_packet_id
LIMIT ifnull(:limit, -1);
