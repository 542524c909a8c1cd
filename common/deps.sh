#!/bin/sh
# Installs what is missing for each group named: build, check, lint.
#   sh common/deps.sh build check
# On Debian and Ubuntu with apt-get; elsewhere it says what is needed and changes nothing. Needs no compiler.
set -eu

build="gcc libc6-dev make pkg-config libpcap-dev libsqlite3-dev zlib1g-dev libzstd-dev liblz4-dev libxxhash-dev libssl-dev"
check="libcmocka-dev clang python3 sqlite3 tshark tcptrace tcpdump gzip zstd lz4 gnuplot-nox iproute2 iputils-ping procps man-db groff-base zsh fish"
lint="clang-format clang-tidy cppcheck"

wanted=
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	check) wanted="$wanted $check" ;;
	lint) wanted="$wanted $lint" ;;
	*) echo "deps.sh: no group $group; groups are build, check and lint" >&2; exit 2 ;;
	esac
done

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# What of "$@" is not installed.
missing() {
	for package in "$@"; do
		installed "$package" || printf ' %s' "$package"
	done
}

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
	if command -v pkg-config > /dev/null && command -v "${CC:-cc}" > /dev/null &&
		pkg-config --exists libpcap 'sqlite3 >= 3.40' zlib libzstd liblz4 libxxhash 'libcrypto >= 3'; then
		exit 0
	fi
	echo "This system has no apt-get, so install these by hand; README.md has the names of the packages for Fedora,"
	echo "Arch, Alpine and macOS. On Debian they are:"
	echo " $wanted"
	exit 0
fi

needed=$(missing $wanted)
# The fuzzers' run-time library is a package of its own on newer releases, and part of clang on older ones.
case " $* " in *" check "*)
	installed libclang-rt-dev || needed="$needed libclang-rt-dev"
	;;
esac
[ -n "$needed" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo > /dev/null; then
		echo "These packages are missing, and there is no sudo to install them with. As root, run:" >&2
		echo "  apt-get install$needed" >&2
		exit 1
	fi
	as_root=sudo
fi

echo "Installing what is missing:$needed"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
available=
for package in $needed; do
	if apt-cache show "$package" > /dev/null 2>&1; then
		available="$available $package"
	else
		echo "not in this release, left out: $package"
	fi
done
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $available > /dev/null
rm -f build/.libraries
