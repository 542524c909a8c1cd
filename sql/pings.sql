-- Pings: every echo request with its reply and round trip, and those without; ICMP and ICMPv6.
--
-- topic: network
--
-- param :host        Only pings from or to this address, or this prefix.
-- param :kind one of answered|unanswered|duplicate|unrequested   Only this kind.
-- param :flow
-- param :capture
-- param :since
-- param :until
-- param :limit
--
-- column time_s           Time of the request, seconds since the capture's first packet; of the reply where there is
--                         no request.
-- column kind             answered; unanswered; duplicate: one more reply; unrequested: a reply without its request.
-- column src              Who asked.
-- column dst              Who was asked.
-- column ident            Identifier of the ping.
-- column seq              Sequence number.
-- column rtt_ms           Request to reply, milliseconds.
-- column request_number   Packet number of the request.
-- column reply_number     Packet number of the reply.
-- column request_bytes    Bytes of the request on the wire.
-- column reply_bytes      Bytes of the reply.
-- column request_ttl      Time to live of the request, where it was captured.
-- column reply_ttl        Time to live of the reply.
-- column flow_id          Number of the flow.
-- column capture          Name of the capture.
SELECT
	(ifnull(i.request_ts_ns, i.reply_ts_ns) - c.first_ts_ns) / 1e9 AS time_s,
	i.kind,
	i.src,
	i.dst,
	i.ident,
	i.seq,
	i.rtt_ns / 1e6 AS rtt_ms,
	i.request_packet_id - c.first_packet_id + 1 AS request_number,
	i.reply_packet_id - c.first_packet_id + 1 AS reply_number,
	i.request_bytes,
	i.reply_bytes,
	i.request_ttl,
	i.reply_ttl,
	i.flow_id,
	c.name AS capture
FROM icmp_pairs i
JOIN captures c USING (capture_id)
WHERE (:host IS NULL OR ip_in(i.src, :host) OR ip_in(i.dst, :host))
	AND (:kind IS NULL OR i.kind = :kind)
	AND (:flow IS NULL OR i.flow_id = :flow)
	AND (:capture IS NULL OR i.capture_id = :capture)
	AND (:since IS NULL OR ifnull(i.request_ts_ns, i.reply_ts_ns) >= :since)
	AND (:until IS NULL OR ifnull(i.request_ts_ns, i.reply_ts_ns) < :until)
ORDER BY ifnull(i.request_packet_id, i.reply_packet_id), i.reply_packet_id
LIMIT ifnull(:limit, -1);
