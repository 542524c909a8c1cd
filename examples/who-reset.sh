#!/bin/sh
# Which connections did the client end with a RST, and what else had it open at that moment?
#
#   examples/who-reset.sh           PCAPDEX names the program, if it is not ./pcapdex
set -eu

PCAPDEX=${PCAPDEX:-./pcapdex}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$PCAPDEX" ingest -q "$here/client-resets.pcapng" -o "$work/case.db"

echo "Connections that the client reset:"
"$PCAPDEX" query "$work/case.db" client-resets

first=$("$PCAPDEX" query "$work/case.db" --format tsv --no-header \
	"SELECT flow_id FROM tcp_events WHERE kind = 'rst' AND direction = 0 ORDER BY ts_ns LIMIT 1")
test -n "$first"

echo "The first of them, packet by packet:"
"$PCAPDEX" query "$work/case.db" packets --flow "$first"

echo "What was open when it was reset:"
"$PCAPDEX" query "$work/case.db" "
	SELECT other.src_port, other.dst, other.dst_port
	FROM tcp_events AS reset
	JOIN flows AS other ON other.first_ts_ns < reset.ts_ns AND other.last_ts_ns > reset.ts_ns
	WHERE reset.flow_id = $first AND reset.kind = 'rst'
		AND other.protocol = 'tcp' AND other.flow_id <> $first
	ORDER BY other.dst" | tee "$work/open.txt"

# It was talking to two other servers.
test "$(grep -c '203\.0\.113\.1[12] ' "$work/open.txt")" -eq 2
