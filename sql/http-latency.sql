-- How fast HTTP servers answer, for each host, target or server; the slowest first.
--
-- topic: applications
--
-- First byte: end of the request to the first byte of the response, what the server needs to think. Last byte: end of the
-- request to the end of the response, which the network and the response's size make longer.
--
-- param :by one of name|target|server = name   A row for each Host header, host and target, or server address.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column name           Host header, host and target, or server address and port.
-- column requests       Requests.
-- column responses      Those with a response.
-- column errors         Those with a status of 400 or above.
-- column bytes          Bytes of the responses' bodies.
-- column first_p50_ms   Median time from the request to the first byte of the response, milliseconds.
-- column first_p90_ms   90th percentile of it, milliseconds.
-- column first_p99_ms   99th percentile of it, milliseconds.
-- column first_max_ms   The slowest, milliseconds.
-- column last_p50_ms    Median time from the request to the last byte of the response, milliseconds.
-- column last_p90_ms    90th percentile of it, milliseconds.
-- column last_p99_ms    99th percentile of it, milliseconds.
-- column last_max_ms    The slowest, milliseconds.
-- column slowest        Packet number of the request whose first byte took longest.
-- column capture        Name of the capture.
WITH requests AS ( -- requests asked for; key: host, target or server that they count for
	SELECT *, CASE :by
		WHEN 'server' THEN iif(instr(server, ':'), '[' || server || ']', server) || ':' || server_port
		WHEN 'target' THEN ifnull(host, server) || ' ' || ifnull(target, '')
		ELSE ifnull(host, server)
	END AS key
	FROM http_list
	WHERE (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
		AND (:since IS NULL OR ts_ns >= :since)
		AND (:until IS NULL OR ts_ns < :until)
		AND method IS NOT NULL
),
ranked AS ( -- place: of one key, the slowest first
	SELECT
		*,
		row_number() OVER (PARTITION BY capture_id, key ORDER BY first_byte_ms DESC, http_id) AS place
	FROM requests
)
SELECT
	r.key AS name,
	count(*) AS requests,
	count(r.status) AS responses,
	sum(ifnull(r.status, 0) >= 400) AS errors,
	sum(r.response_body_bytes) AS bytes,
	percentile(r.first_byte_ms, 50) AS first_p50_ms,
	percentile(r.first_byte_ms, 90) AS first_p90_ms,
	percentile(r.first_byte_ms, 99) AS first_p99_ms,
	max(r.first_byte_ms) AS first_max_ms,
	percentile(r.last_byte_ms, 50) AS last_p50_ms,
	percentile(r.last_byte_ms, 90) AS last_p90_ms,
	percentile(r.last_byte_ms, 99) AS last_p99_ms,
	max(r.last_byte_ms) AS last_max_ms,
	max(iif(r.place = 1, r.request_number, NULL)) AS slowest,
	r.capture
FROM ranked r
GROUP BY r.capture_id, r.key
ORDER BY max(r.first_byte_ms) DESC, r.key
LIMIT ifnull(:limit, -1);
