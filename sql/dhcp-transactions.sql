-- DHCP: what clients asked for and got: discover, offer, request and answer of a transaction, with their times.
--
-- topic: network
--
-- A row for each transaction of a client: the messages with one number and hardware address. Those of relays are
-- counted and not told apart.
--
-- param :outcome one of leased|informed|refused|declined|released|offered|unanswered|bootp   Only with this outcome.
-- param :capture
-- param :host        Only where this address, or one of this prefix, is leased, offered or the server's.
-- param :since       Only transactions with messages from this time on.
-- param :until       Only transactions that began before this time.
-- param :limit
--
-- column time_s        First message, seconds since the capture's first packet.
-- column client_mac    Client's hardware address.
-- column host_name     What the client calls itself.
-- column outcome       leased (ACK to a request), informed (ACK to an inform), refused (NAK), declined, released,
--                      offered (an offer and no more), unanswered (nothing from a server), bootp.
-- column address       Address leased, else the one offered last, else asked for.
-- column server        Server that leased it, else the one that answered last.
-- column relay         Relay agent; NULL none.
-- column offer_ms      First discover to first offer, milliseconds.
-- column answer_ms     First request or inform to the first ACK or NAK, milliseconds.
-- column whole_ms      The client's first message to the first ACK or NAK, milliseconds.
-- column lease_s       Lease time, seconds.
-- column messages      Messages.
-- column repeats       Discovers and requests beyond the first of each.
-- column error         What the server or client says went wrong.
-- column capture       Name of the capture.
WITH
ordered AS ( -- of either side's messages, the one that counts first: an ACK, else the latest
	SELECT
		*,
		coalesce(requested_address, client_address) AS asked_address,
		row_number() OVER (
			PARTITION BY capture_id, transaction_id, client_mac, from_server
			ORDER BY message = 'ack' DESC, ts_ns DESC, dhcp_id DESC
		) AS answer_place,
		row_number() OVER (
			PARTITION BY capture_id, transaction_id, client_mac, from_server
			ORDER BY coalesce(requested_address, client_address) IS NULL, ts_ns DESC, dhcp_id DESC
		) AS question_place
	FROM dhcp
),
transactions AS MATERIALIZED (
	SELECT
		capture_id,
		transaction_id,
		client_mac,
		min(ts_ns) AS first_ts_ns,
		max(ts_ns) AS last_ts_ns,
		count(*) AS messages,
		max(host_name) AS host_name,
		max(iif(from_server AND answer_place = 1 AND message IN ('ack', 'offer'), your_address, NULL)) AS your_address,
		max(iif(NOT from_server AND question_place = 1, asked_address, NULL)) AS asked_address,
		max(iif(from_server AND answer_place = 1, server_id, NULL)) AS server,
		max(relay) AS relay,
		max(iif(answer_place = 1 AND message = 'ack', lease_s, NULL)) AS lease_s,
		max(error) AS error,
		min(iif(message = 'discover', ts_ns, NULL)) AS discover_ts_ns,
		min(iif(message = 'offer', ts_ns, NULL)) AS offer_ts_ns,
		min(iif(message = 'request', ts_ns, NULL)) AS request_ts_ns,
		min(iif(message = 'inform', ts_ns, NULL)) AS inform_ts_ns,
		min(iif(message = 'ack', ts_ns, NULL)) AS ack_ts_ns,
		min(iif(message = 'nak', ts_ns, NULL)) AS nak_ts_ns,
		sum(message = 'discover') AS discovers,
		sum(message = 'request') AS requests,
		max(message = 'decline') AS declined,
		max(message = 'release') AS released,
		max(message = 'bootp') AS bootp
	FROM ordered
	GROUP BY capture_id, transaction_id, client_mac
),
told AS ( -- answer_ts_ns: the first ACK or NAK
	SELECT
		*,
		min(ifnull(ack_ts_ns, nak_ts_ns), ifnull(nak_ts_ns, ack_ts_ns)) AS answer_ts_ns,
		CASE
			WHEN declined THEN 'declined'
			WHEN ack_ts_ns IS NOT NULL AND inform_ts_ns IS NOT NULL THEN 'informed'
			WHEN ack_ts_ns IS NOT NULL THEN 'leased'
			WHEN nak_ts_ns IS NOT NULL THEN 'refused'
			WHEN released THEN 'released'
			WHEN offer_ts_ns IS NOT NULL THEN 'offered'
			WHEN bootp THEN 'bootp'
			ELSE 'unanswered'
		END AS outcome
	FROM transactions
)
SELECT
	(t.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	t.client_mac,
	t.host_name,
	t.outcome,
	coalesce(t.your_address, t.asked_address) AS address,
	t.server,
	t.relay,
	(t.offer_ts_ns - t.discover_ts_ns) / 1e6 AS offer_ms,
	(t.answer_ts_ns - coalesce(t.request_ts_ns, t.inform_ts_ns)) / 1e6 AS answer_ms,
	(t.answer_ts_ns - coalesce(t.discover_ts_ns, t.request_ts_ns, t.inform_ts_ns)) / 1e6 AS whole_ms,
	t.lease_s,
	t.messages,
	max(t.discovers - 1, 0) + max(t.requests - 1, 0) AS repeats,
	t.error,
	c.name AS capture
FROM told t
JOIN captures c USING (capture_id)
WHERE (:outcome IS NULL OR t.outcome = :outcome)
	AND (:capture IS NULL OR t.capture_id = :capture)
	AND (
		:host IS NULL
		OR ip_in(coalesce(t.your_address, t.asked_address), :host)
		OR ip_in(t.server, :host)
	)
	AND (:since IS NULL OR t.last_ts_ns >= :since)
	AND (:until IS NULL OR t.first_ts_ns < :until)
ORDER BY t.first_ts_ns, t.transaction_id, t.client_mac
LIMIT ifnull(:limit, -1);
