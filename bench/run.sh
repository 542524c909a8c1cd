#!/bin/sh
# Measures pcapdex beside its peers on large captures that it makes from small ones, in one run; and comparing each with
# what a second capture point would have of it.
#
#   bench/run.sh [mixed|bulk|flows] ...     all without a word
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

# make_captures KIND PACKETS FILE...: options and names for multiply
make_captures() {
	case $1 in
	mixed) shape="-f $(($2 / 10))" ;;
	bulk) shape="-f 8 -m 100" ;;
	flows) shape="-f $(($2 / 2))" ;;
	*) echo "bench: mixed, bulk or flows?" >&2 && exit 2 ;;
	esac
	packets=$2
	shift 2
	# shellcheck disable=SC2086
	build/bench/multiply -p "$packets" $shape "$@" $INPUTS
}

[ $# -gt 0 ] || set -- mixed bulk flows
for kind; do
	make_captures "$kind" "$PACKETS" -2 "build/bench/$kind-far.pcap" "build/bench/$kind.pcap"
	make_captures "$kind" $((PACKETS / 10)) "build/bench/$kind-tenth.pcap"
	python3 bench/compare.py "$kind"
done
