-- TLS handshakes: what was negotiated, how long it took, how it ended; in time order.
--
-- topic: applications
--
-- param :name           Only server names that contain this text, in any case.
-- param :result one of finished|alert|no_answer|unfinished|partial   Only this result.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s            Time of the client hello, seconds since the capture's first packet.
-- column result            finished; alert (one in the clear before that); no_answer (no server hello); unfinished; partial: the
--                          client hello is not in the capture.
-- column server_name       What the client calls the server (SNI).
-- column version           What was negotiated; without a server hello, NULL.
-- column client_version    The highest that the client offers.
-- column cipher            Cipher suite.
-- column alpn              Application protocol that the server chose, where it can be seen.
-- column resumed           1: the session was resumed.
-- column server_hello_ms   Client hello to server hello, milliseconds.
-- column finished_ms       Client hello to the end of the handshake, milliseconds.
-- column alert             First alert in the clear.
-- column alert_by          Who sent it: client or server.
-- column client            Address of the client.
-- column client_port       Its port.
-- column server            Address of the server.
-- column server_port       Its port.
-- column hello_number      Packet number of the client hello.
-- column finished_number   Packet number of the end of the handshake.
-- column ja3               JA3 fingerprint of the client.
-- column ja4               JA4 fingerprint of the client.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
WITH handshakes AS (
	SELECT *, CASE
		WHEN client_hello_number IS NULL THEN 'partial'
		WHEN finished_number IS NOT NULL THEN 'finished'
		WHEN alert IS NOT NULL THEN 'alert'
		WHEN server_hello_number IS NULL THEN 'no_answer'
		ELSE 'unfinished'
	END AS result
	FROM tls_list
)
SELECT
	time_s,
	result,
	server_name,
	version,
	client_version,
	cipher_name AS cipher,
	alpn,
	resumed,
	server_hello_ms,
	finished_ms,
	alert,
	alert_by,
	client,
	client_port,
	server,
	server_port,
	client_hello_number AS hello_number,
	finished_number,
	ja3,
	ja4,
	flow_id,
	capture
FROM handshakes
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND (:name IS NULL OR instr(lower(server_name), lower(:name)) > 0)
	AND (:result IS NULL OR result = :result)
ORDER BY ts_ns, tls_id
LIMIT ifnull(:limit, -1);
