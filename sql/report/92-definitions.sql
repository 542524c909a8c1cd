-- Definitions.
--
-- What the words of the report mean; docs/definitions.md says it at length.
--
-- section: Words of this report
-- column word      The word.
-- column meaning   What it means here.
SELECT column1 AS word, column2 AS meaning
FROM (
	VALUES
		('Packet number', 'Place in the capture file, from 1: Wireshark''s frame.number.'),
		('Time', 'Seconds since the first packet of the capture, unless it is a date.'),
		('Flow', 'Packets between the same two endpoints in the same protocol. Its client sent the SYN, or else'
			|| ' the first packet.'),
		('Round trip', 'From a segment to the first ACK of its last byte, at the capture point: the way from there to'
			|| ' the other end and back, with the time that the other end takes to acknowledge.'),
		('p50, p90, p99', 'Percentiles: half of the values (the median), 90 and 99 of 100 are at most this.'),
		('Handshake', 'From the first SYN to the SYN-ACK, unless it says more.'),
		('Retransmission', 'A segment with data, SYN or FIN that its sender sent again, as Wireshark recognises it.'
			|| ' Spurious: it had been acknowledged before.'),
		('Duplicate ACK', 'An ACK that repeats the one before it: the receiver misses a segment.'),
		('Zero window', 'A receiver that can take no more data, and makes its sender wait.'),
		('Time to first byte', 'From the last byte of a request to the first of its response.'),
		('Severity', 'critical: a service does not work or is under attack. high: it fails or is slow for many.'
			|| ' medium: worth a look. low: to be known.'),
		('Confidence', 'How sure the rule is that the cause is the one, from what the capture shows. Causes without'
			|| ' one are what usually is behind such an issue.')
);
