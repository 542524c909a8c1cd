-- Logins that cross the wire in the clear: who, where, how, and whether they worked; in time order. Secrets are not kept.
--
-- topic: applications
--
-- param :protocol one of ftp|smtp|imap|pop|http   Only this protocol.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s        When the client sent it, seconds since the capture's first packet.
-- column number        Packet number.
-- column client        Client's address.
-- column server        Server's address.
-- column server_port   Its port.
-- column protocol      ftp, smtp, imap, pop or http.
-- column method        user (USER and PASS), login, apop, basic, or the mechanism of AUTH.
-- column user          User name; NULL: not in the clear.
-- column accepted      1 the server said yes, 0 no; NULL not known.
-- column flow_id       Number of the flow.
-- column capture       Name of the capture.
SELECT
	(l.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	l.packet_id - c.first_packet_id + 1 AS number,
	iif(p.direction, f.dst, f.src) AS client,
	iif(p.direction, f.src, f.dst) AS server,
	iif(p.direction, f.src_port, f.dst_port) AS server_port,
	l.protocol,
	l.method,
	l.user,
	l.accepted,
	l.flow_id,
	c.name AS capture
FROM credentials l
JOIN captures c USING (capture_id)
JOIN packets p ON p.packet_id = l.packet_id
JOIN flows f ON f.flow_id = l.flow_id
WHERE (:protocol IS NULL OR l.protocol = :protocol)
	AND (:flow IS NULL OR l.flow_id = :flow)
	AND (:capture IS NULL OR l.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR l.ts_ns >= :since)
	AND (:until IS NULL OR l.ts_ns < :until)
ORDER BY l.ts_ns, l.packet_id, l.credential_id
LIMIT ifnull(:limit, -1);
