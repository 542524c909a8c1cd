-- Server ports by their conversations: how many, with whom, how much.
--
-- topic: traffic
--
-- The server is the side that did not open the conversation: that did not send the SYN, or the first packet.
--
-- param :protocol    Only flows of this protocol, or that were found to carry it: tcp, udp, http ...
-- param :capture
-- param :host
-- param :since       Only flows with packets from this time on.
-- param :until       Only flows with packets before this time.
-- param :limit
--
-- column protocol           Protocol.
-- column port               Port of the server.
-- column flows              Conversations with it.
-- column clients            Different addresses that opened them.
-- column servers            Different addresses that have the port.
-- column packets            Packets both ways.
-- column bytes              Bytes on the wire both ways.
-- column client_bytes       Bytes on the wire that the clients sent.
-- column server_bytes       Bytes on the wire that the servers sent.
-- column refused            TCP: conversations that the server answered with nothing but a RST.
-- column unanswered         Conversations in which the server sent nothing.
SELECT
	protocol,
	dst_port AS port,
	count(*) AS flows,
	count(DISTINCT src) AS clients,
	count(DISTINCT dst) AS servers,
	sum(src_packets + dst_packets) AS packets,
	sum(src_bytes + dst_bytes) AS bytes,
	sum(src_bytes) AS client_bytes,
	sum(dst_bytes) AS server_bytes,
	sum(dst_packets > 0 AND dst_rsts = dst_packets) AS refused,
	sum(dst_packets = 0) AS unanswered
FROM flows
WHERE dst_port IS NOT NULL
	AND (:protocol IS NULL OR :protocol IN (protocol, application))
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
	AND (:since IS NULL OR last_ts_ns >= :since)
	AND (:until IS NULL OR first_ts_ns < :until)
GROUP BY protocol, dst_port
ORDER BY flows DESC, bytes DESC, protocol, port
LIMIT ifnull(:limit, -1);
