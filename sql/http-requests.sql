-- HTTP requests and their responses, in time order.
--
-- topic: applications
--
-- param :name           Only where host or target contains this text, in any case.
-- param :method         Only this method.
-- param :status integer   Only this status.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s            Time of the request, seconds since the capture's first packet; of a response without one, its own.
-- column method            GET, POST ...; NULL: the request is not in the capture.
-- column name              Host header.
-- column target            Path or URI.
-- column status            Status of the response; NULL: none.
-- column first_byte_ms     Request to the first byte of the response, milliseconds.
-- column last_byte_ms      Request to the last byte of the response, milliseconds; NULL: it did not end.
-- column bytes             Bytes of the response's body, as sent.
-- column content_type      Content-Type of the response.
-- column client            Address that asked.
-- column client_port       Its port.
-- column server            Address that was asked.
-- column server_port       Its port.
-- column request_number    Packet number of the request's end.
-- column response_number   Packet number of the response's end.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
SELECT
	time_s,
	method,
	host AS name,
	target,
	status,
	first_byte_ms,
	last_byte_ms,
	response_body_bytes AS bytes,
	content_type,
	client,
	client_port,
	server,
	server_port,
	request_number,
	response_number,
	flow_id,
	capture
FROM http_list
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND (:name IS NULL OR instr(lower(ifnull(host, '') || ifnull(target, '')), lower(:name)) > 0)
	AND (:method IS NULL OR method = upper(:method))
	AND (:status IS NULL OR status = :status)
ORDER BY ts_ns, http_id
LIMIT ifnull(:limit, -1);
