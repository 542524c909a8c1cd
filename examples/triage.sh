#!/bin/sh
# The first look at a capture: what is in it, who talks, what is wrong.
#
#   examples/triage.sh [CAPTURE]    a capture with losses without CAPTURE;
#                                   PCAPDEX names the program, if it is not ./pcapdex
set -eu

PCAPDEX=${PCAPDEX:-./pcapdex}
here=$(dirname "$0")
capture=${1:-$here/lossy-client.pcapng.zst}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$PCAPDEX" ingest -q "$capture" -o "$work/case.db"

for report in captures protocol-hierarchy top-talkers tcp-connections handshakes; do
	echo "== $report"
	"$PCAPDEX" query "$work/case.db" "$report"
done

echo "== throughput, in steps of 100 ms"
"$PCAPDEX" query "$work/case.db" throughput --bucket-ms 100

echo "== what TCP had trouble with, and the first packet that shows it"
"$PCAPDEX" query "$work/case.db" "
	SELECT e.kind, count(*) AS packets, min(p.number) AS first_number
	FROM tcp_events AS e
	JOIN packets AS p USING (packet_id)
	WHERE e.kind NOT IN ('syn', 'syn_ack', 'established', 'fin')
	GROUP BY e.kind
	ORDER BY packets DESC, e.kind"
