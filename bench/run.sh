#!/bin/sh
# Measures pcapdex beside its peers on two large captures that it makes from small ones, in one run; and comparing each with
# what a second capture point would have of it.
#
#   bench/run.sh [mixed|bulk] ...     both without a word
#
# PACKETS=1000000   size of the captures
# INPUTS="a.pcap"   what they are made from; the captures of examples/ without it
# ROUNDS=3          runs of each, in turn; the median counts
set -eu
cd "$(dirname "$0")/.."
: "${PACKETS:=1000000}"
mkdir -p build/bench
make --no-print-directory all > build/bench/make.log

libraries="libpcap sqlite3 zlib libzstd liblz4 libxxhash libcrypto"
# shellcheck disable=SC2046,SC2086 # words are meant to split
compile() {
	cc -std=c11 -D_DEFAULT_SOURCE -O2 -o "build/bench/$1" "bench/$1.c" $2 \
		$(pkg-config --cflags --libs $libraries) -pthread -lm
}
objects=$(find build/release/common build/release/ingest build/release/query build/release/build -name '*.o')
compile multiply ''
compile measure ''
compile libpcap_read ''
compile read_only "$objects"

# Not tunnels: what is in them would have the same endpoints in all copies.
: "${INPUTS:=$(find examples \( -name '*.pcap' -o -name '*.pcapng' \) ! -name 'tunnels*' | sort)}"
[ $# -gt 0 ] || set -- mixed bulk
for kind; do
	case $kind in
	mixed) shape="-f $((PACKETS / 10))" ;;
	bulk) shape="-f 8 -m 100" ;;
	*) echo "bench: mixed or bulk?" >&2 && exit 2 ;;
	esac
	# shellcheck disable=SC2086
	build/bench/multiply -p "$PACKETS" $shape -2 "build/bench/$kind-far.pcap" "build/bench/$kind.pcap" $INPUTS
	# shellcheck disable=SC2086
	[ $kind = bulk ] && shape="-f 8 -m 100" || shape="-f $((PACKETS / 100))"
	# shellcheck disable=SC2086
	build/bench/multiply -p $((PACKETS / 10)) $shape "build/bench/$kind-tenth.pcap" $INPUTS
	python3 bench/compare.py "$kind"
done
