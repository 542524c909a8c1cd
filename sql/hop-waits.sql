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
	w.a,
	w.b,
	w.client,
	w.client_port,
	w.server,
	w.server_port,
	w.a_flow_id,
	w.b_flow_id,
	CASE
		WHEN w.place IN ('network', 'unknown') THEN w.place
		WHEN w.place = 'client' THEN iif(w.is_turned, 'beyond b', 'beyond a')
		WHEN w.place = 'server' THEN iif(w.is_turned, 'beyond a', 'beyond b')
	END AS place,
	w.cause,
	w.waits,
	w.total_ns / 1e6 AS total_ms,
	w.longest_ns / 1e6 AS longest_ms,
	w.a_number,
	w.b_number,
	w.meaning
FROM hop_wait_list w
LEFT JOIN hop_verdicts v ON v.hop_flow_id = w.hop_flow_id
WHERE w.total_ns >= :min_ms * 1e6
	AND (:capture IS NULL OR :capture IN (w.a_capture_id, w.b_capture_id))
	AND (:flow IS NULL OR :flow IN (w.a_flow_id, w.b_flow_id))
	AND (:host IS NULL OR ip_in(w.client, :host) OR ip_in(w.server, :host))
ORDER BY w.comparison_id, v.lost_ns DESC, w.hop_flow_id, w.place = 'none', w.total_ns DESC
LIMIT ifnull(:limit, -1);
