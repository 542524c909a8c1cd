#!/bin/sh
# Writes the list of all decoders as C, from the lines "const struct decoder decoder_NAME" in the files given:
#
#   sh ingest/proto/registry.sh ingest/proto/*.c > build/decoders.c
set -eu

names=$(sed -n 's/^const struct decoder \(decoder_[A-Za-z0-9_]*\).*/\1/p' "$@" | LC_ALL=C sort)

echo '// Written by ingest/proto/registry.sh.'
echo '#include "ingest/decoder.h"'
echo
for name in $names; do
	echo "extern const struct decoder $name;"
done
echo
echo 'const struct decoder *const decoders[] = {'
for name in $names; do
	echo "	&$name,"
done
echo '	NULL,'
echo '};'
