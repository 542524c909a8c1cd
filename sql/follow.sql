-- What the two sides of a flow said to each other, in order.
--
-- topic: traffic
--
-- TCP segments are put in order: bytes that were sent again or twice are shown once, and what the capture lacks as
-- [12 bytes missing]. Before each run of bytes stand the packet that carries them, who sent them, and where they are
-- in that direction. Text is escaped (\xHH), but for line ends. The capture file must be as it was ingested.
--
--   pcapdex query trace.db follow --flow 3 --as hex
--   pcapdex query trace.db follow --flow 3 --direction dst --format raw > answers.bin
--
-- param :flow required
-- param :direction one of src|dst|both = both   Only what this side of the flow sent.
-- param :as one of text|hex = text   How text and table show the bytes; other formats have hex digits, raw the bytes.
-- param :limit   Runs of bytes shown.
--
-- section[table,text]: The flow
WITH
chunks AS MATERIALIZED ( -- runs of bytes, and of bytes that are missing, in order
	SELECT b.*, p.number, iif(b.direction, f.dst, f.src) AS sender, row_number() OVER () AS place
	FROM flow_bytes(:flow) b
	JOIN packets p ON p.packet_id = b.packet_id
	JOIN flows f ON f.flow_id = b.flow_id
	WHERE :direction = 'both' OR b.direction = (:direction = 'dst')
	LIMIT ifnull(:limit, -1)
)
SELECT iif(
	missing,
	printf('%s, packet %d, %s at %d: [%d bytes missing]', iif(direction, 'dst', 'src'), number, sender, offset, missing),
	printf(
		'%s, packet %d, %s at %d: %d bytes%s%s',
		iif(direction, 'dst', 'src'),
		number,
		sender,
		offset,
		length(bytes),
		char(10),
		iif(
			:as = 'hex',
			hex_dump(bytes),
			replace(
				replace(
					replace(replace(escape_bytes(bytes), '\\', char(1)), '\r\n', char(10)),
					'\n',
					char(10)
				),
				char(1),
				'\\'
			)
		)
	)
) AS line
FROM chunks
ORDER BY place;

-- section[raw]: The bytes
-- column bytes   What was sent, one run behind the other; what is missing is left out.
SELECT bytes
FROM flow_bytes(:flow)
WHERE :direction = 'both' OR direction = (:direction = 'dst')
LIMIT ifnull(:limit, -1);

-- section[csv,tsv,json,jsonl,markdown]: The flow
-- column side       src or dst: which side of the flow sent it.
-- column number     Packet number: it carries the bytes, or is the next one behind those missing.
-- column offset     Of the first byte in its direction, from 0.
-- column length     Bytes.
-- column missing    Bytes that the capture lacks here; 0 none.
-- column bytes      The bytes, as hex digits; NULL where they are missing.
SELECT
	iif(b.direction, 'dst', 'src') AS side,
	p.number,
	b.offset,
	ifnull(length(b.bytes), 0) AS length,
	b.missing,
	lower(hex(b.bytes)) AS bytes
FROM flow_bytes(:flow) b
JOIN packets p ON p.packet_id = b.packet_id
WHERE :direction = 'both' OR b.direction = (:direction = 'dst')
LIMIT ifnull(:limit, -1);
