#!/bin/sh
# Runs every test against one or more builds, and ends with one line: N passed, N failed, N skipped.
#
#   tests/run.sh [VARIANT ...]         release and sanitize without a word; `make VARIANT=...` built them before
#   tests/run.sh --accept NAME ...     renews the expected output of text cases
#
# A suite is an executable tests/*.sh, tests/*.py or tests/oracle/*.py, a unit test program, an example's script, or
# a fuzz target. It prints TAP: "ok N - name", "not ok N - name", "# SKIP why". Output is kept in build/tests/.
#
# ONLY="cases kill"   only these suites
# JOBS=2              suites at a time; without a word one more than there are processors, since some of them wait
# FUZZ_SECONDS=10     time for each fuzz target; 0 leaves them out
# RANDOM_SECONDS=20   time for random TCP conversations, of the seed RANDOM_SEED=1; 0 leaves them out
# PCAPDEX_CORPUS      a folder of more captures; ../shared/corpus where it is there
set -u
cd "$(dirname "$0")/.." || exit 2

if [ "${1:-}" = --accept ]; then
	shift
	PCAPDEX=$PWD/pcapdex exec tests/case.py --accept "$@"
fi

logs=$PWD/build/tests
rm -rf "$logs"
mkdir -p "$logs"
: "${JOBS:=$(($(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 1) + 1))}"
: "${FUZZ_SECONDS:=10}"
export CMOCKA_MESSAGE_OUTPUT=TAP
# The program runs thousands of times for a moment each, in which the sanitizer takes longest. So it holds back 4 MB of
# freed memory to find its use after that, and not more; and leaks, for which it reads all memory in the end, are looked
# for in the unit tests and in some of the text cases, which are of every command.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:quarantine_size_mb=4:malloc_context_size=8:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1:exitcode=99

# wanted SUITE: whether ONLY leaves it in.
wanted() {
	case " ${ONLY:-$1} " in *" $1 "*) return 0 ;; esac
	return 1
}

# tally NAME LOG CODE SECONDS: counts the TAP in a log, says what failed and what was skipped. A suite that fails without
# saying "not ok" (it crashed) counts as one failure. (cmocka says "not ok N # SKIP".)
tally() {
	skips=$(grep -Eci '^(not )?ok .*# *skip' "$2")
	ok=$(grep -E '^ok ' "$2" | grep -Evic '# *skip')
	wrong=$(grep -E '^not ok' "$2" | grep -Evic '# *skip')
	[ "$3" -eq 0 ] || [ "$wrong" -gt 0 ] || wrong=1
	echo "$ok $wrong $skips" > "${2%.tap}.count"
	printf '%-32s %4d passed %4d failed %4d skipped %5d s\n' "$1" "$ok" "$wrong" "$skips" "$4"
	if [ "$wrong" -gt 0 ]; then
		awk '/^(not )?ok / { shown = /^not/ && !/# *[Ss][Kk][Ii][Pp]/ } shown { print "    " $0 }' "$2" | head -60
		grep -q '^not ok' "$2" || tail -20 "$2" | sed 's/^/    /'
		echo "    all of it: ${2#"$PWD"/}"
	fi
	sed -nE 's/^(not )?ok [0-9]+ *-? *(.*)# *[Ss][Kk][Ii][Pp] *(.*)/    skipped: \2\3/p' "$2" |
		awk 'NR <= 5 { print } END { if (NR > 5) print "    skipped: " NR - 5 " more" }'
}

# suite NAME COMMAND...: runs and tallies one, unless it is not wanted or another worker has it.
suite() {
	wanted "${1%% *}" || return 0
	name=$1 log=$logs/$(printf '%s' "$1" | tr -c 'A-Za-z0-9\n' '-').tap
	mkdir "$log.taken" 2> /dev/null || return 0
	shift
	began=$(date +%s)
	"$@" > "$log" 2>&1
	told=$(tally "$name" "$log" $? $(($(date +%s) - began)))
	printf '%s\n' "$told"
}

# workers COMMAND...: that many times at once as suites may run.
workers() {
	worker=0
	while [ $((worker += 1)) -le "$JOBS" ]; do
		"$@" &
	done
	wait
}

# Everything for one build.
run_variant() {
	build=build/$1
	case $1 in
	release) PCAPDEX=$PWD/pcapdex ;;
	*) PCAPDEX=$PWD/$build/pcapdex ;;
	esac
	export PCAPDEX VARIANT="$1"
	for script in tests/*.sh tests/*.py tests/oracle/*.py; do
		case $script in tests/run.sh) continue ;; esac
		[ -x "$script" ] || continue
		name=${script##*/} leaks=1
		[ "$name" = case.py ] || leaks=0
		suite "${name%.*} ($1)" env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=$leaks" "$script"
	done
	for program in "$build"/tests/unit/test_*; do
		case $program in *.o | *.d | *'*') continue ;; esac
		suite "${program##*/test_} ($1)" "$program"
	done
	for script in examples/*.sh; do
		grep -q '^# *needs root' "$script" && continue # makes the captures
		name=${script##*/}
		suite "${name%.sh} ($1)" example_as_tap "$script"
	done
}

there_is_no_program() {
	echo "not ok 1 - there is no program for the variant $1; make VARIANT=$1"
	return 1
}

# An example's script is one test: it passes when it ends with 0.
example_as_tap() {
	if PATH=$(dirname "$PCAPDEX"):$PATH "$1" < /dev/null; then
		echo "ok 1 - $1"
	else
		echo "not ok 1 - $1 ended with $?"
		return 1
	fi
}

fuzz_target() {
	program=build/fuzz/tests/fuzz/$1
	found=build/fuzz/found/$1
	mkdir -p "$found" "tests/fuzz/corpus/$1"
	if "$program" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/crashes-" \
		"$found" "tests/fuzz/corpus/$1"; then
		echo "ok 1 - $1"
	else
		echo "not ok 1 - $1: the input is in $found"
		return 1
	fi
}

can_fuzz() {
	printf '%s\n' '#include <stddef.h>' 'int LLVMFuzzerTestOneInput(const char *a, size_t n);' \
		'int LLVMFuzzerTestOneInput(const char *a, size_t n) { return a && n > 1e9; }' > "$logs/probe.c"
	clang -fsanitize=fuzzer -o "$logs/probe" "$logs/probe.c" 2> /dev/null
}

run_fuzz() {
	[ "$FUZZ_SECONDS" -gt 0 ] && wanted fuzz || return 0
	if ! can_fuzz; then
		suite fuzz echo "ok 1 - fuzz # SKIP clang with libFuzzer is not installed"
		return
	fi
	suite "fuzz targets" env MAKEFLAGS= make --no-print-directory -j"$JOBS" fuzz-programs VARIANT=fuzz CC=clang
	workers each_fuzz_target
}

each_fuzz_target() {
	for source in tests/fuzz/fuzz_*.c; do
		target=${source##*/}
		suite "fuzz ${target%.c}" fuzz_target "${target%.c}"
	done
}

[ $# -gt 0 ] || set -- release sanitize
for variant; do
	if [ -x "$([ "$variant" = release ] || echo "build/$variant/")pcapdex" ]; then
		workers run_variant "$variant"
	else
		suite "$variant" there_is_no_program "$variant"
	fi
done
run_fuzz
cat "$logs"/*.count | awk '
	{ passed += $1; failed += $2; skipped += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }'
