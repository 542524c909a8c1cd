#!/bin/sh
# Is it the network? Two captures of the same traffic, taken at two places, answer that.
#
#   examples/is-it-the-network.sh [CAPTURE CAPTURE]    the nearer to the client first; recordings of three troubles without
#                                                      them; PCAPDEX names the program, if it is not ./pcapdex
set -eu

PCAPDEX=${PCAPDEX:-./pcapdex}
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# investigate CAPTURE CAPTURE: the way between them, its losses, and where each connection lost time.
investigate() {
	rm -f "$work/case.db"
	"$PCAPDEX" ingest -q -o "$work/case.db" "$1" "$2"
	"$PCAPDEX" compare "$work/case.db" 1 2
	for report in hop-summary hop-loss hop-changes; do
		echo "== $report"
		"$PCAPDEX" query "$work/case.db" "$report"
	done
	echo "== hop-verdict"
	"$PCAPDEX" query "$work/case.db" hop-verdict --format text | tee "$work/verdict.txt"
}

# found VERDICT COUNT: so many connections have it.
found() {
	test "$(grep -c "^verdict: $1\$" "$work/verdict.txt")" -eq "$2"
}

if [ $# = 2 ]; then
	investigate "$1" "$2"
	exit
fi

echo "A slow server on a good network:"
investigate "$here/slow-server-client.pcapng" "$here/slow-server-server.pcapng"
found "it is not the network" 2

echo "A fast server on a network that loses packets:"
investigate "$here/bad-network-client.pcapng" "$here/bad-network-server.pcapng"
found "it is the network" 3
# The wire between kept a log, and lost as many packets.
lost=$("$PCAPDEX" query "$work/case.db" --format tsv --no-header "SELECT forward_lost + back_lost FROM hop_comparisons")
test "$lost" -eq "$(grep -c "$(printf '\tlost\t')" "$here/bad-network-wire.tsv")"

echo "One of each, behind a translator of addresses:"
investigate "$here/behind-nat-client.pcapng" "$here/behind-nat-server.pcapng"
found "it is the network" 1
found "it is not the network" 1
"$PCAPDEX" query "$work/case.db" hop-flows --mapping nat
