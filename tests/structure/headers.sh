#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh <folder that holds thalnet/> c|c++ <standard> <compiler>
# Every public header compiles alone, and twice in a row, without a warning.
set -u
include=$1
language=$2
standard=$3
compiler=$4
warnings='-pedantic -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-qual -Werror'
case $language in
  c) warnings="$warnings -Wstrict-prototypes" ;;
  c++) warnings="$warnings -Wold-style-cast -Wzero-as-null-pointer-constant" ;;
esac
status=0
count=0
for header in "$include"/thalnet/*.h; do
  [ -f "$header" ] || break
  name=thalnet/$(basename "$header")
  count=$((count + 1))
  # The second line uses nothing: a file with includes alone would be empty, which -pedantic minds.
  if ! printf '#include <%s>\n#include <%s>\ntypedef int not_empty;\n' "$name" "$name" |
    "$compiler" -x "$language" "-std=$standard" $warnings -fsyntax-only -I"$include" -; then
    echo "$name does not compile alone as $standard"
    status=1
  fi
done
[ "$count" -gt 0 ] || { echo "$include/thalnet holds no headers"; exit 1; }
[ "$status" -ne 0 ] || echo "$count headers compile alone as $standard"
exit "$status"
