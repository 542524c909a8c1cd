-- What addresses are called, as the capture itself tells: from DNS answers, TLS and HTTP requests, DHCP leases.
--
-- topic: traffic
--
-- param :capture
-- param :host        Only this address, or those of this prefix.
-- param :name        Only names that hold this text.
-- param :limit
--
-- column address   IP address.
-- column name      Name, in lower case.
-- column sources   Who says so: dns, tls, http, dhcp, separated by blanks.
-- column count     How often.
-- column first_s   First time, seconds since the capture's first packet.
-- column flows     Flows that the address takes part in.
-- column bytes     Bytes on the wire that it sent and received.
-- column capture   Name of the capture.
WITH
named AS ( -- a name of an address, whatever tells it
	SELECT
		capture_id,
		address,
		name,
		sum(count) AS count,
		min(first_packet_id) AS first_packet_id,
		max(source = 'dns') AS dns,
		max(source = 'tls') AS tls,
		max(source = 'http') AS http,
		max(source = 'dhcp') AS dhcp
	FROM host_names
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(address, :host))
		AND (:name IS NULL OR instr(name, lower(:name)) > 0)
	GROUP BY capture_id, address, name
),
owners AS MATERIALIZED ( -- hosts with these addresses
	SELECT capture_id, address, address_bytes, flows, bytes_sent + bytes_received AS bytes
	FROM hosts
	WHERE address IN (SELECT address FROM named)
)
SELECT
	n.address,
	n.name,
	trim(
		iif(n.dns, 'dns ', '') || iif(n.tls, 'tls ', '') || iif(n.http, 'http ', '')
			|| iif(n.dhcp, 'dhcp', '')
	) AS sources,
	n.count,
	(p.ts_ns - c.first_ts_ns) / 1e9 AS first_s,
	h.flows,
	h.bytes,
	c.name AS capture
FROM named n
JOIN captures c USING (capture_id)
JOIN packets p ON p.packet_id = n.first_packet_id
LEFT JOIN owners h ON h.capture_id = n.capture_id AND h.address = n.address
ORDER BY n.capture_id, h.address_bytes IS NULL, h.address_bytes, n.address, n.name
LIMIT ifnull(:limit, -1);
