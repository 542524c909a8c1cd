-- Which protocols are in the packets, as a tree: each with the packets and bytes that it, or what it carries, is in.
--
-- topic: traffic
--
-- As `tshark -z io,phs` has it, down to the protocols above TCP and UDP that have tables of their own; what those carry
-- (data-text-lines, x509sat) is left out. Bytes are those of whole packets on the wire.
--
-- param :capture
WITH RECURSIVE
stacks AS (
	SELECT s.stack, count(*) AS packets, sum(p.wire_len) AS bytes
	FROM packets p
	JOIN protocol_stacks s USING (stack_id)
	WHERE :capture IS NULL OR p.capture_id = :capture
	GROUP BY p.stack_id
),
parts AS ( -- every stack, cut behind each of its protocols
	SELECT '' AS path, '' AS protocol, stack || ':' AS rest, -1 AS depth, packets, bytes
	FROM stacks
	UNION ALL
	SELECT
		path || substr(rest, 1, instr(rest, ':')),
		substr(rest, 1, instr(rest, ':') - 1),
		substr(rest, instr(rest, ':') + 1),
		depth + (rest NOT LIKE 'ethertype:%'),
		packets,
		bytes
	FROM parts
	WHERE rest <> ''
)

-- section[table,text]: Protocol hierarchy
SELECT
	printf(
		'%-40s frames:%d bytes:%d',
		printf('%*s', 2 * depth, '') || protocol,
		sum(packets),
		sum(bytes)
	) AS line
FROM parts
WHERE depth >= 0 AND protocol <> 'ethertype'
GROUP BY path
ORDER BY replace(path, ':', char(1));

-- section: Protocol hierarchy
-- column protocol   Name of the protocol, as Wireshark has it.
-- column stack      The protocols it is carried in, and itself: the beginning of frame.protocols.
-- column depth      How deep it is in the tree, from 0.
-- column packets    Packets.
-- column bytes      Their bytes on the wire.
-- column percent    Share of all packets, percent.
SELECT
	protocol,
	rtrim(path, ':') AS stack,
	depth,
	sum(packets) AS packets,
	sum(bytes) AS bytes,
	round(100.0 * sum(packets) / (SELECT sum(packets) FROM stacks), 2) AS percent
FROM parts
WHERE depth >= 0 AND protocol <> 'ethertype'
GROUP BY path
ORDER BY replace(path, ':', char(1));
