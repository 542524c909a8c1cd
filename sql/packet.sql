-- One packet, field by field and byte by byte, dissected afresh from the capture file.
--
-- topic: traffic
--
--   tcp, 20 bytes at 34
--       34  tcp.srcport   50182
--
-- In front of each field's name stands where it begins in the frame. Names and values of fields are Wireshark's; a TCP
-- sequence number is as in the header. Of protocols that pcapdex only knows by name, and of what they carry, only the
-- length is shown. The capture file must be as it was ingested; --source-dir DIR says where else to look for it.
--
-- In a case with several captures, the packets with this number of all of them are shown, unless --capture names one.
--
-- param :number integer 1..9e15 required   Number of the packet in the capture: Wireshark's frame.number.
-- param :capture
--
-- section[table,text]: Packet
WITH
chosen AS MATERIALIZED (
	SELECT
		p.*,
		c.name AS capture,
		i.link_type,
		i.fcs_len,
		packet_bytes(p.packet_id) AS bytes
	FROM captures c
	JOIN packets p ON p.packet_id = c.first_packet_id + :number - 1 AND p.capture_id = c.capture_id
	JOIN interfaces i USING (interface_id)
	WHERE :capture IS NULL OR c.capture_id = :capture
),
lines(packet_id, part, place, line) AS (
	SELECT
		packet_id,
		1,
		0,
		printf(
			'packet %d of %s: %s, %d bytes on the wire, %d captured',
			number,
			replace(capture, char(10), '\n'),
			iso_time(ts_ns),
			wire_len,
			captured_len
		)
	FROM chosen
	UNION ALL
	SELECT
		c.packet_id,
		2,
		f.key,
		iif(
			f.value ->> 'field' IS NULL,
			printf(
				'%s, %d bytes at %d%s',
				f.value ->> 'layer',
				f.value ->> 'length',
				f.value ->> 'offset',
				ifnull(' (' || (f.value ->> 'meaning') || ')', '')
			),
			printf(
				'  %6d  %-28s  %s%s',
				f.value ->> 'offset',
				f.value ->> 'field',
				f.value ->> 'value',
				ifnull(' (' || (f.value ->> 'meaning') || ')', '')
			)
		)
	FROM chosen c, json_each(packet_fields(c.bytes, c.link_type, c.wire_len, c.fcs_len)) f
	UNION ALL
	SELECT packet_id, 3, 0, char(10) || hex_dump(bytes)
	FROM chosen
	WHERE captured_len > 0
	UNION ALL
	SELECT 0, 0, 0, printf('there is no packet %d', :number)
	WHERE NOT EXISTS (SELECT 1 FROM chosen)
)
SELECT line
FROM lines
ORDER BY packet_id, part, place;

-- section: Packet
-- column capture   Name of the capture.
-- column number    Packet number in the capture.
-- column layer     Protocol, as in the packet's stack; first frame, last payload and trailer.
-- column field     Name of the field; empty: the row is the layer.
-- column value     Its value.
-- column meaning   What the value means, in words, where there is one; of a layer: what is wrong with it.
-- column offset    Where it begins in the frame, bytes.
-- column length    Bytes that it is in.
-- column bytes     These bytes, as hex digits.
WITH
chosen AS MATERIALIZED (
	SELECT
		p.*,
		c.name AS capture,
		i.link_type,
		i.fcs_len,
		packet_bytes(p.packet_id) AS bytes
	FROM captures c
	JOIN packets p ON p.packet_id = c.first_packet_id + :number - 1 AND p.capture_id = c.capture_id
	JOIN interfaces i USING (interface_id)
	WHERE :capture IS NULL OR c.capture_id = :capture
),
fields AS (
	SELECT
		packet_id,
		-1 AS place,
		'frame' AS layer,
		NULL AS field,
		NULL AS value,
		NULL AS meaning,
		0 AS offset,
		captured_len AS length
	FROM chosen
	UNION ALL
	SELECT
		c.packet_id,
		f.key,
		f.value ->> 'layer',
		f.value ->> 'field',
		f.value ->> 'value',
		f.value ->> 'meaning',
		f.value ->> 'offset',
		f.value ->> 'length'
	FROM chosen c, json_each(packet_fields(c.bytes, c.link_type, c.wire_len, c.fcs_len)) f
)
SELECT
	c.capture,
	c.number,
	f.layer,
	f.field,
	f.value,
	f.meaning,
	f.offset,
	f.length,
	lower(hex(substr(c.bytes, f.offset + 1, f.length))) AS bytes
FROM chosen c
JOIN fields f USING (packet_id)
ORDER BY packet_id, f.place;
