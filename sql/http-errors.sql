-- HTTP requests that went wrong: status 4xx or 5xx, no response, or one that did not end; in time order.
--
-- topic: applications
--
-- Where the capture lost bytes (missing_bytes), a response may have been among them.
--
-- param :error one of client_error|server_error|unanswered|incomplete   Only this one.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s            Time of the request, seconds since the capture's first packet.
-- column error             client_error (4xx), server_error (5xx), unanswered, incomplete (the response ends before its length says).
-- column status            Status of the response.
-- column reason            The words behind it.
-- column method            GET, POST ...; NULL: the request is not in the capture.
-- column name              Host header.
-- column target            Path or URI.
-- column first_byte_ms     Request to the first byte of the response, milliseconds.
-- column last_byte_ms      Request to its last byte, milliseconds.
-- column bytes             Bytes of the response's body that came.
-- column missing_bytes     Bytes that the capture lacks of request and response, or where the response may have been.
-- column connection        How the connection ended: flows.status.
-- column client            Address that asked.
-- column client_port       Its port.
-- column server            Address that was asked.
-- column server_port       Its port.
-- column request_number    Packet number of the request's end.
-- column response_number   Packet number of the response's end.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
WITH errors AS ( -- all requests; error NULL: nothing went wrong
	SELECT *, CASE
		WHEN status >= 500 THEN 'server_error'
		WHEN status >= 400 THEN 'client_error'
		WHEN status IS NULL THEN 'unanswered'
		WHEN NOT response_complete THEN 'incomplete'
	END AS error
	FROM http_list
)
SELECT
	time_s,
	error,
	status,
	reason,
	method,
	host AS name,
	target,
	first_byte_ms,
	last_byte_ms,
	response_body_bytes AS bytes,
	missing_bytes,
	(SELECT f.status FROM flows f WHERE f.flow_id = errors.flow_id) AS connection,
	client,
	client_port,
	server,
	server_port,
	request_number,
	response_number,
	flow_id,
	capture
FROM errors
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND error IS NOT NULL
	AND (:error IS NULL OR error = :error)
ORDER BY ts_ns, http_id
LIMIT ifnull(:limit, -1);
