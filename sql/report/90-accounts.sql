-- What became of each packet.
--
-- Every packet is exactly one of decoded, truncated, malformed and unsupported.
--
-- param :capture
--
-- section: Accounts
-- column capture       Name of the capture.
-- column packets       Packets in the case: the four columns behind it together.
-- column decoded       Decoded down to the transport layer.
-- column truncated     The snap length cut their headers.
-- column malformed     Their headers contradict themselves or the packet's length.
-- column unsupported   Of a link type or protocol that pcapdex does not know.
-- column duplicates    Copies of others, made by the capture or the network.
-- column left_out      Read, but not in the case, because of options of ingest.
-- column dropped       Dropped by the capturing interfaces; empty where the file does not tell.
SELECT
	c.name AS capture,
	c.packets,
	c.decoded,
	c.truncated,
	c.malformed,
	c.unsupported,
	c.duplicates,
	c.left_out,
	(
		SELECT sum(i.dropped)
		FROM capture_files f
		JOIN interfaces i USING (capture_file_id)
		WHERE f.capture_id = c.capture_id
	) AS dropped
FROM captures c
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id;

-- section: What was wrong with packets, where not all were decoded
-- column error          What it is.
-- column packets        Packets with it.
-- column first_number   The first of them.
WITH
wrong AS (
	SELECT packet_id, errors
	FROM packets
	WHERE errors <> 0
		AND EXISTS (SELECT 1 FROM captures WHERE decoded < packets)
		AND (:capture IS NULL OR capture_id = :capture)
),
found AS ( -- packets with one kind of error
	SELECT
		e.meaning AS error,
		count(*) AS packets,
		min(w.packet_id) AS packet_id
	FROM wrong w
	JOIN packet_errors e ON w.errors >> e.bit & 1
	GROUP BY e.bit
)
SELECT
	error,
	packets,
	(SELECT label FROM packet_labels l WHERE l.packet_id = found.packet_id) AS first_number
FROM found
ORDER BY packets DESC, error;
