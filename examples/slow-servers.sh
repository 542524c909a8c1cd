#!/bin/sh
# Which connections waited long for the server, and did the network or the server make them wait?
#
#   examples/slow-servers.sh        PCAPDEX names the program, if it is not ./pcapdex
set -eu

PCAPDEX=${PCAPDEX:-./pcapdex}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$PCAPDEX" ingest -q "$here/slow-handshakes.pcapng" -o "$work/handshakes.db"

echo "Connections whose SYN-ACK took more than 300 ms:"
"$PCAPDEX" query "$work/handshakes.db" slow-handshakes --min-ms 300

# A slow handshake speaks of the network (or of a server too busy to accept). Here the handshakes are fast, and
# recorded at both ends: what is slow at the server too is not the network's doing.
"$PCAPDEX" ingest -q "$here/slow-answers-client.pcapng" "$here/slow-answers-server.pcap" -o "$work/answers.db"

cat >"$work/answers.sql" <<'SQL'
WITH answers AS (
	SELECT c.name AS capture, f.flow_id, f.syn_rtt_ns,
		min(p.ts_ns) FILTER (WHERE p.direction = 0) AS asked_ns,
		min(p.ts_ns) FILTER (WHERE p.direction = 1) AS answered_ns
	FROM flows AS f
	JOIN captures AS c USING (capture_id)
	JOIN packets AS p USING (flow_id)
	WHERE f.protocol = 'tcp' AND p.payload_len > 0
	GROUP BY f.flow_id
)
SELECT capture, count(*) AS connections,
	sum(answered_ns - asked_ns > 300000000) AS slow_answers,
	sum(syn_rtt_ns > 300000000) AS slow_handshakes
FROM answers
GROUP BY capture
ORDER BY capture
SQL

echo "Answers that took more than 300 ms, seen by the client and by the server:"
"$PCAPDEX" query "$work/answers.db" -f "$work/answers.sql" | tee "$work/answers.txt"

# Both ends saw the same three slow answers: the server was slow, the network was not.
test "$(grep -c '12 *3 *0 *$' "$work/answers.txt")" -eq 2
