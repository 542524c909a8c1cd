#!/bin/sh
# Writes the lists of all decoders and applications as C, from the lines "const struct decoder decoder_NAME" and
# "const struct application application_NAME" in the files given:
#
#   sh ingest/proto/registry.sh ingest/proto/*.c > build/decoders.c
set -eu

# list KIND ARRAY FILE...
list() {
	kind=$1 array=$2
	shift 2
	names=$(sed -n "s/^const struct $kind \\(${kind}_[A-Za-z0-9_]*\\).*/\\1/p" "$@" | LC_ALL=C sort)
	echo
	for name in $names; do
		echo "extern const struct $kind $name;"
	done
	echo
	echo "const struct $kind *const $array[] = {"
	for name in $names; do
		echo "	&$name,"
	done
	echo '	NULL,'
	echo '};'
}

echo '// Written by ingest/proto/registry.sh.'
echo '#include "ingest/application.h"'
list decoder decoders "$@"
list application applications "$@"
echo '_Static_assert(sizeof applications / sizeof *applications <= APPLICATIONS_MAX + 1, "APPLICATIONS_MAX is too low");'
