-- What is wrong in the case, worst first.
--
-- topic: overview
--
-- Each issue was found by a detector; what was seen stands in symptoms. `issue --id N` shows one with its evidence. Of
-- issues of one severity, those that another one explains come last.
--
-- param :severity one of low|medium|high|critical   Only issues of this severity and above.
-- param :category one of connectivity|performance|configuration|security|compliance|compatibility
--                                                    Only issues of this category.
-- param :protocol                                    Only issues of this protocol.
-- param :detector                                    Only issues of this detector.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column severity   low, medium, high or critical.
-- column issue_id   Number of the issue.
-- column title      In a few words.
-- column symptoms   What was seen.
-- column src        Who is affected.
-- column dst        The other end.
-- column time_s     Seconds since the capture's first packet.
-- column number     First packet of the evidence.
-- column packets    Packets of the evidence.
-- column cause      Most likely cause.
-- column category   Kind of trouble.
-- column protocol   Protocol.
-- column detector   Who found it.
-- column flow_id    The flow; NULL: several, or none.
-- column capture    Name of the capture.
SELECT
	i.severity,
	i.issue_id,
	i.title,
	i.symptoms,
	i.src,
	i.dst,
	(i.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	(
		SELECT min(packet_id) - c.first_packet_id + 1 FROM issue_packets ip WHERE ip.issue_id = i.issue_id
	) AS number,
	(SELECT count(*) FROM issue_packets ip WHERE ip.issue_id = i.issue_id) AS packets,
	i.cause,
	i.category,
	i.protocol,
	i.detector,
	i.flow_id,
	c.name AS capture
FROM issues i
JOIN captures c ON c.capture_id = i.capture_id
WHERE (:severity IS NULL
		OR i.rank >= CASE :severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END)
	AND (:category IS NULL OR i.category = :category)
	AND (:protocol IS NULL OR i.protocol = :protocol)
	AND (:detector IS NULL OR i.detector = :detector)
	AND (:flow IS NULL OR i.flow_id = :flow)
	AND (:capture IS NULL OR i.capture_id = :capture)
	AND (:host IS NULL OR ip_in(i.src, :host) OR ip_in(i.dst, :host))
	AND (:since IS NULL OR i.ts_ns >= :since)
	AND (:until IS NULL OR i.ts_ns < :until)
ORDER BY
	i.rank DESC,
	EXISTS (SELECT 1 FROM issue_links l WHERE l.issue_id = i.issue_id AND l.confidence >= 0.5),
	i.ts_ns,
	i.issue_id
LIMIT ifnull(:limit, -1);
