-- Packets by the number that people look them up with.

-- The packet number; of a case with several captures with the capture's name behind it: "12 of web-client".
CREATE VIEW packet_labels (
	packet_id, -- the packet
	label -- its number
) AS
SELECT
	p.packet_id,
	iif((SELECT count(*) FROM captures) = 1, p.number, p.number || ' of ' || c.name)
FROM packets p
JOIN captures c USING (capture_id);
