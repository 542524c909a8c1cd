-- Where the time of TCP connections went, cause by cause: between the points, beyond one of them, or lost by nobody.
--
-- topic: hops
--
-- hop-verdict sums this up. One row a connection and cause, for the connections that lost most first; the waits are those at
-- the point on the client's side, and the packets the ones that ended the longest.
--
-- param :min_ms number = 1   Only causes of so much time, in milliseconds.
-- param :capture
-- param :flow
-- param :host
-- param :limit
--
-- column a             Name of the first capture.
-- column b             Name of the second.
-- column client        Address of the client, as a has it.
-- column client_port   Its port.
-- column server        Address of the server.
-- column server_port   Its port.
-- column a_flow_id     Flow in a.
-- column b_flow_id     Flow in b.
-- column place         network (between the points), beyond a, beyond b, unknown; empty: the time was not lost.
-- column cause         What the time went to: hop_causes.
-- column waits         How many waits.
-- column total_ms      All of them, milliseconds.
-- column longest_ms    The longest, milliseconds.
-- column a_number      The packet that ended it: its number in a; empty: a has it not.
-- column b_number      Its number in b; empty: b has it not.
-- column meaning       The cause in words.
SELECT
	k.a,
	k.b,
	k.client,
	k.client_port,
	k.server,
	k.server_port,
	k.a_flow_id,
	k.b_flow_id,
	CASE
		WHEN c.place IN ('network', 'unknown') THEN c.place
		WHEN c.place = 'client' THEN iif(k.is_turned, 'beyond b', 'beyond a')
		WHEN c.place = 'server' THEN iif(k.is_turned, 'beyond a', 'beyond b')
	END AS place,
	w.cause,
	w.waits,
	w.total_ns / 1e6 AS total_ms,
	w.longest_ns / 1e6 AS longest_ms,
	w.a_packet_id - k.a_first_packet_id + 1 AS a_number,
	w.b_packet_id - k.b_first_packet_id + 1 AS b_number,
	replace(replace(c.meaning, '{near}', iif(k.is_turned, k.b, k.a)), '{far}', iif(k.is_turned, k.a, k.b)) AS meaning
FROM hop_connections k
JOIN hop_waits w ON w.hop_flow_id = k.hop_flow_id
JOIN hop_causes c ON c.cause = w.cause
LEFT JOIN hop_verdicts v ON v.hop_flow_id = k.hop_flow_id
WHERE w.total_ns >= :min_ms * 1e6
	AND (:capture IS NULL OR :capture IN (k.a_capture_id, k.b_capture_id))
	AND (:flow IS NULL OR :flow IN (k.a_flow_id, k.b_flow_id))
	AND (:host IS NULL OR ip_in(k.client, :host) OR ip_in(k.server, :host))
ORDER BY k.comparison_id, v.lost_ns DESC, k.hop_flow_id, c.place = 'none', w.total_ns DESC
LIMIT ifnull(:limit, -1);
