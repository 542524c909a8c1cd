-- The hosts that sent and received the most bytes.
--
-- topic: traffic
--
-- With several captures in the case, a host is counted in each: its packets may have passed several capture points.
--
-- param :capture
-- param :host        Only this address, or those of this prefix.
-- param :limit = 20
--
-- column address            IP address, or MAC address where there is no IP.
-- column bytes              Bytes on the wire, sent and received.
-- column percent            Share of the capture's bytes, percent. A packet counts for both of its ends.
-- column bytes_sent         Bytes sent.
-- column bytes_received     Bytes received.
-- column packets_sent       Packets sent.
-- column packets_received   Packets received.
-- column flows              Conversations it took part in.
-- column capture            Name of the capture.
SELECT
	h.address,
	h.bytes_sent + h.bytes_received AS bytes,
	round(100.0 * (h.bytes_sent + h.bytes_received) / c.bytes, 2) AS percent,
	h.bytes_sent,
	h.bytes_received,
	h.packets_sent,
	h.packets_received,
	h.flows,
	c.name AS capture
FROM hosts h
JOIN captures c USING (capture_id)
WHERE (:capture IS NULL OR h.capture_id = :capture)
	AND (:host IS NULL OR ip_in(h.address, :host))
ORDER BY h.bytes_sent + h.bytes_received DESC, h.host_id
LIMIT :limit;
