#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts.sh <root of the tree>
# Every shell script parses and is executable; no build file asks for unsafe arithmetic.
set -u
cd "$1" || exit 2
status=0
for file in $(find tests .ci -type f | LC_ALL=C sort); do
  case $(head -c 64 "$file" | head -n 1) in
    '#!/bin/sh') shell=sh ;;
    '#!/bin/bash' | '#!/usr/bin/env bash') shell=bash ;;
    *) continue ;;
  esac
  if ! command -v "$shell" >/dev/null 2>&1; then continue; fi
  if ! "$shell" -n "$file"; then status=1; fi
  if [ ! -x "$file" ]; then
    echo "$file is not executable"
    status=1
  fi
done
if grep -nE -e '-(ffast-math|Ofast|funsafe-math-optimizations|fassociative-math)' CMakeLists.txt CMakePresets.json \
  lib/CMakeLists.txt tests/CMakeLists.txt examples/CMakeLists.txt cmake/*; then
  echo "the lines above ask for unsafe arithmetic"
  status=1
fi
[ "$status" -ne 0 ] || echo "the scripts parse"
exit "$status"
