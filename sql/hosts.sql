-- Every address, in the order of addresses: conversations, packets and bytes, when it was seen.
--
-- topic: traffic
--
-- param :capture
-- param :host        Only this address, or those of this prefix.
-- param :since       Only hosts with packets from this time on.
-- param :until       Only hosts with packets before this time.
-- param :limit
--
-- column address            IP address, or MAC address where there is no IP.
-- column flows              Conversations it took part in.
-- column packets_sent       Packets sent.
-- column packets_received   Packets received.
-- column bytes_sent         Bytes on the wire sent.
-- column bytes_received     Bytes on the wire received.
-- column first_s            First packet of its conversations, seconds since the capture's first packet.
-- column last_s             Last packet of its conversations, seconds since the capture's first packet.
-- column capture            Name of the capture.
SELECT
	h.address,
	h.flows,
	h.packets_sent,
	h.packets_received,
	h.bytes_sent,
	h.bytes_received,
	(h.first_ts_ns - c.first_ts_ns) / 1e9 AS first_s,
	(h.last_ts_ns - c.first_ts_ns) / 1e9 AS last_s,
	c.name AS capture
FROM hosts h
JOIN captures c USING (capture_id)
WHERE (:capture IS NULL OR h.capture_id = :capture)
	AND (:host IS NULL OR ip_in(h.address, :host))
	AND (:since IS NULL OR h.last_ts_ns >= :since)
	AND (:until IS NULL OR h.first_ts_ns < :until)
ORDER BY h.capture_id, h.ip_version IS NULL, h.address_bytes
LIMIT ifnull(:limit, -1);
