#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh <root of the tree> <libthalnet.so or -> <libthalnet.a or -> [nm]
# Headers, map and shared library name the same functions; the static library defines nothing outside its prefix.
set -u
root=$1
shared=$2
static=$3
nm=${4:-nm}
names=$(dirname "$0")/names.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
status=0

sh "$names" headers "$root/include/thalnet" >"$work/headers"
sh "$names" map "$root/lib/libthalnet.map" >"$work/map"
[ -s "$work/headers" ] || { echo "the headers declare no function"; status=1; }
[ -z "$(uniq -d "$work/map")" ] || { echo "named twice in the map: $(uniq -d "$work/map")"; status=1; }
if ! diff "$work/headers" "$work/map" >"$work/difference"; then
  echo "headers (<) and lib/libthalnet.map (>) differ:"
  cat "$work/difference"
  status=1
fi

if [ "$shared" != - ]; then
  # Nodes of the version script show up as absolute symbols: A.
  "$nm" -D --defined-only "$shared" | sed -n 's/^[0-9a-f]* [B-Zb-z] \([^@]*\).*/\1/p' | LC_ALL=C sort >"$work/shared"
  if ! diff "$work/map" "$work/shared" >"$work/difference"; then
    echo "lib/libthalnet.map (<) and $shared (>) differ:"
    cat "$work/difference"
    status=1
  fi
  if "$nm" -D --defined-only "$shared" | grep -v ' A ' | grep -v '@@\{0,1\}THALNET_'; then
    echo "$shared: the symbols above have no version"
    status=1
  fi
  if "$nm" -D --defined-only "$shared" | grep ' [BDRSGV] '; then
    echo "$shared: the symbols above are data, only functions may be exported"
    status=1
  fi
  if "$nm" "$shared" | grep 'set_fast_math'; then
    echo "$shared was linked with -ffast-math: loading it would change the floating-point mode of its host"
    status=1
  fi
fi

if [ "$static" != - ]; then
  "$nm" -g --defined-only "$static" | sed -n 's/^[0-9a-f]* [A-Z] \(.*\)/\1/p' | LC_ALL=C sort -u >"$work/static"
  if grep -v '^thalnet_' "$work/static"; then
    echo "$static: the symbols above do not start with thalnet_"
    status=1
  fi
  if [ -n "$(LC_ALL=C comm -23 "$work/map" "$work/static")" ]; then
    echo "$static lacks: $(LC_ALL=C comm -23 "$work/map" "$work/static")"
    status=1
  fi
fi
[ "$status" -ne 0 ] || echo "$(wc -l <"$work/map") functions, the same everywhere"
exit "$status"
