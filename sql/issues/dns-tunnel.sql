-- DNS is used to carry data.
--
-- A client asked for at least :names different names below one domain (its last two labels), with a mean
-- length of :length characters or more, and of :label or more for each label in front of the domain. That is
-- how tunnels carry data in names; ordinary names are short and come again, and what search lists and
-- directories make long are words. value is the mean length of the names. Reverse look-ups (arpa) and multicast
-- DNS are left out.
--
-- severity: high
-- category: security
-- protocol: dns
-- cause: A tunnel through DNS (iodine, dnscat2, dns2tcp): to get around a firewall, or to take data out.
-- cause: A service that puts data into names: look-ups of reputation, antivirus and telemetry.
-- remedy: See who runs the domain, and what program on the client asks.
-- remedy: Let clients ask your own resolvers only, and log what they ask.
-- source: Farnham, Detecting DNS Tunneling (SANS 2013): names of more than 52 characters, and many
--    different ones; RFC 1035: 255 bytes at most, 63 a label, which tunnels fill. Names of Active Directory with an id
--    in them (_ldap._tcp.GUID.domains._msdcs) have 11.6 a label.
--
-- param :names integer 2..1000000 = 20   Different names below a domain from which on it is listed.
-- param :length number 1..255 = 52       Mean length of the names, characters.
-- param :label number 1..63 = 12         Mean length of the labels in front of the domain, characters.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          The client.
-- column dst          The server asked, if it is one only.
-- column value        Mean length of the names.
-- column symptoms     What was seen.
-- column packets      The first queries.
WITH
names AS ( -- queries for names of some length
	SELECT
		d.capture_id,
		d.flow_id,
		f.src,
		f.dst,
		d.name,
		d.type_name,
		d.query_packet_id,
		d.query_ts_ns,
		ifnull(d.query_bytes, 0) + ifnull(d.answer_bytes, 0) AS bytes,
		last_labels(d.name, 2) AS domain
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns' AND d.query_packet_id NOT NULL AND length(d.name) >= 20 AND d.name NOT LIKE '%.arpa'
),
frequent AS MATERIALIZED ( -- only of these it is told how many names differ
	SELECT capture_id, src, domain
	FROM names
	GROUP BY capture_id, src, domain
	HAVING count(*) >= :names
),
fronts AS ( -- queries below these domains
	SELECT *, substr(name, 1, length(name) - length(domain)) AS front -- what stands in front of the domain
	FROM (SELECT 1 FROM frequent LIMIT 1) -- if none, no more is read
	CROSS JOIN names
	WHERE (capture_id, src, domain) IN (SELECT capture_id, src, domain FROM frequent)
),
labels AS ( -- below: characters of the front, with its dots; labels: how many it has
	SELECT
		*,
		length(front) AS below,
		length(front) - length(replace(front, '.', '')) AS labels
	FROM fronts
)
SELECT
	capture_id,
	min(query_ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	src,
	only(dst) AS dst,
	avg(length(name)) AS value,
	printf('%s asked for %d different names below %s, %d characters on average, %d at most; record types %s; '
		|| '%d bytes of DNS both ways', src, count(DISTINCT name), domain, round(avg(length(name))), max(length(name)),
		replace(group_concat(DISTINCT type_name), ',', ', '), sum(bytes)) AS symptoms,
	group_concat(query_packet_id) AS packets
FROM labels
GROUP BY capture_id, src, domain
HAVING count(DISTINCT name) >= :names
	AND avg(length(name)) >= :length
	AND sum(below - labels) >= :label * sum(labels)
ORDER BY value DESC;
