-- Certificates that servers showed: whether they hold for the time of the capture and for the name that the client asked for.
--
-- topic: applications
--
-- A row for each certificate, server and name asked for. Certificates can be seen up to TLS 1.2; TLS 1.3 encrypts them, and
-- a resumed session has none. Whether a chain ends in an authority that the client trusts cannot be told from a capture.
--
-- param :soon_days = 30   A certificate that ends within so many days is marked expires_soon.
-- param :chain one of leaf|all = leaf   Only the server's own certificate, or all that it sent.
-- param :problems one of all|only = all   only: those with a mark.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column server           Address of the server.
-- column server_port      Its port.
-- column server_name      What the client calls the server (SNI).
-- column position         Place in the chain; 0 is the server's own.
-- column subject          Whose it is.
-- column issuer           Who signed it.
-- column not_before       First moment of its validity, UTC.
-- column not_after        Last moment of its validity, UTC.
-- column days_left        Days from the capture's packet to not_after; negative: expired.
-- column expired          1: not_after was before the packet.
-- column not_yet_valid    1: not_before was after the packet.
-- column expires_soon     1: it ends within --soon-days, and has not ended.
-- column self_signed      1: its own key signed it. Of position 0 that is nobody's word but its own.
-- column name_mismatch    1: server_name is none of its names; NULL: the client named none, or it is not the server's own.
-- column key              Type and size of its key.
-- column signature        Algorithm of its signature.
-- column connections      Connections that showed it.
-- column first_number     Packet number of the first.
-- column flow_id          Flow of the first.
-- column capture          Name of the capture.
WITH
shown AS ( -- each time that a server sent a certificate
	SELECT
		t.*,
		x.*,
		p.ts_ns AS shown_ts_ns,
		p.number,
		' ' || lower(ifnull(x.names, ifnull(x.common_name, ''))) || ' ' AS valid_names,
		' ' || lower(rtrim(t.server_name, '.')) || ' ' AS asked,
		' *' || lower(substr(rtrim(t.server_name, '.'), instr(t.server_name, '.'))) || ' ' AS asked_wildcard
	FROM tls_list t
	JOIN tls_certificates x ON x.tls_id = t.tls_id
	JOIN packets p ON p.packet_id = x.packet_id
	JOIN flows f ON f.flow_id = t.flow_id
	WHERE t.client = iif(x.direction, f.src, f.dst)
		AND t.client_port = iif(x.direction, f.src_port, f.dst_port)
		AND (:chain = 'all' OR x.position = 0)
),
judged AS (
	SELECT
		*,
		not_after_ts_ns < shown_ts_ns AS expired,
		not_before_ts_ns > shown_ts_ns AS not_yet_valid,
		not_after_ts_ns >= shown_ts_ns
			AND not_after_ts_ns - shown_ts_ns < :soon_days * 86400e9 AS expires_soon,
		iif(position, NULL, instr(valid_names, asked) = 0 AND instr(valid_names, asked_wildcard) = 0)
			AS name_mismatch
	FROM shown
)
SELECT
	server,
	server_port,
	server_name,
	position,
	subject,
	issuer,
	iso_time(not_before_ts_ns) AS not_before,
	iso_time(not_after_ts_ns) AS not_after,
	round((not_after_ts_ns - shown_ts_ns) / 86400e9, 1) AS days_left,
	expired,
	not_yet_valid,
	expires_soon,
	self_signed,
	name_mismatch,
	key_type || ' ' || key_bits AS key,
	signature_algorithm AS signature,
	count(*) AS connections,
	min(number) AS first_number,
	flow_id,
	capture
FROM judged
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND (:problems = 'all' OR expired OR not_yet_valid OR expires_soon OR name_mismatch
		OR (self_signed AND position = 0))
GROUP BY capture_id, server, server_port, server_name, position, sha256
ORDER BY capture_id, min(number), position
LIMIT ifnull(:limit, -1);
