-- What is in the case, and the accounts: what became of every packet of every file.
--
-- topic: overview
--
-- Every packet is exactly one of decoded, truncated, malformed and unsupported; all are kept with time, lengths and
-- place in the file. `damage` says why a file could not be read to its end.
--
-- param :capture
--
-- section: Captures
-- column capture       Name of the capture.
-- column packets       Packets in the case.
-- column bytes         Their bytes on the wire.
-- column start         Time of the earliest packet, UTC.
-- column duration_s    Seconds from the earliest packet to the latest.
-- column flows         Conversations.
-- column decoded       Packets decoded down to the transport layer.
-- column truncated     Packets whose headers the snap length cut.
-- column malformed     Packets whose headers contradict themselves or the packet's length.
-- column unsupported   Packets of a link type or protocol that pcapdex does not know.
-- column left_out      Packets of the files that --filter, --since or --until of ingest left out.
-- column duplicates    Packets that are copies of others in the capture; the report duplicates has more.
-- column dropped       Packets the interfaces lost, as the files tell; empty: not told.
-- column filter        The capture filter that ingest was given, --since, --until, and --count, behind which it read no
--                      further.
SELECT
	c.name AS capture,
	c.packets,
	c.bytes,
	iso_time(c.first_ts_ns) AS start,
	(c.last_ts_ns - c.first_ts_ns) / 1e9 AS duration_s,
	(SELECT count(*) FROM flows f WHERE f.capture_id = c.capture_id) AS flows,
	c.decoded,
	c.truncated,
	c.malformed,
	c.unsupported,
	c.left_out,
	c.duplicates,
	(
		SELECT sum(i.dropped)
		FROM interfaces i
		JOIN capture_files f USING (capture_file_id)
		WHERE f.capture_id = c.capture_id
	) AS dropped,
	nullif(
		ltrim(
			ifnull(c.filter, '')
				|| ifnull('; since ' || iso_time(c.since_ts_ns), '')
				|| ifnull('; until ' || iso_time(c.until_ts_ns), '')
				|| ifnull('; count ' || c.packet_limit, ''),
			'; '
		),
		''
	) AS filter
FROM captures c
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id;

-- section: Files
-- column capture        Name of the capture.
-- column path           Where the file was; - is standard input.
-- column format         pcap or pcapng.
-- column compression    none, gzip, zstd or lz4.
-- column size           Bytes on disk; empty for standard input.
-- column packets        Packets of the file that are in the case.
-- column first_number   Number of its first packet in the capture.
-- column last_number    Number of its last packet.
-- column bytes_unread   Bytes behind the damage that were not read; 0 for a whole file.
-- column damage         What was wrong and where; empty: nothing.
-- column comment        Comment in the file.
SELECT
	c.name AS capture,
	f.path,
	f.format,
	f.compression,
	f.size,
	f.packets,
	f.first_packet_id - c.first_packet_id + 1 AS first_number,
	f.last_packet_id - c.first_packet_id + 1 AS last_number,
	f.bytes_unread,
	f.damage,
	f.comment
FROM capture_files f
JOIN captures c USING (capture_id)
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY f.capture_id, f.capture_file_id;

-- section: Interfaces
-- column capture        Name of the capture.
-- column file           Number of the file in its capture, from 1, in the order above.
-- column interface      Number of the interface in its file, from 0.
-- column name           Name, as the file tells.
-- column link_type      Link type: LINKTYPE_ number.
-- column link           The same in words; empty: not a common one.
-- column snaplen        Bytes captured of a packet at most; empty: no limit.
-- column resolution_s   Resolution of time stamps, seconds.
-- column filter         Filter it was captured with.
-- column received       Packets the interface received; empty: not told.
-- column dropped        Packets it lost; empty: not told.
-- column description    Description, operating system and hardware, as the file tells.
SELECT
	c.name AS capture,
	dense_rank() OVER (PARTITION BY c.capture_id ORDER BY f.capture_file_id) AS file,
	i.number AS interface,
	i.name,
	i.link_type,
	l.column2 AS link,
	i.snaplen,
	1.0 / i.ts_units AS resolution_s,
	i.filter,
	i.received,
	i.dropped,
	nullif(i.told, '') AS description
FROM (
	SELECT
		*,
		trim(
			ifnull(description || ' ', '') || ifnull(os || ' ', '') || ifnull(hardware, '')
		) AS told
	FROM interfaces
) i
JOIN capture_files f USING (capture_file_id)
JOIN captures c USING (capture_id)
LEFT JOIN (
	VALUES
		(0, 'BSD loopback'),
		(1, 'Ethernet'),
		(9, 'PPP'),
		(10, 'FDDI'),
		(50, 'PPP'),
		(51, 'PPPoE'),
		(101, 'raw IP'),
		(104, 'Cisco HDLC'),
		(105, '802.11'),
		(107, 'frame relay'),
		(108, 'OpenBSD loopback'),
		(113, 'Linux cooked'),
		(127, '802.11, radiotap'),
		(192, 'PPI'),
		(228, 'IPv4'),
		(229, 'IPv6'),
		(276, 'Linux cooked, v2')
) l ON l.column1 = i.link_type
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id, f.capture_file_id, i.number;
