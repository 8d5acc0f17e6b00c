#!/bin/sh
# SPDX-License-Identifier: MIT
# unchanged.sh <recorded include> <recorded map> <include> <map> <C compiler> [abidiff]
# Programs that were compiled with the recorded headers run with a library of these ones: functions, structures, constants and
# versions of symbols are as they were, or there are more of them. A structure that begins with struct_size may have grown at its
# end, and a member called reserved may have become something else of its size.
#
# Both sides are compiled to libraries of functions that do nothing. That the true ones have the parameters of the headers is
# seen to by the compiler, and that they are exported by structure/exports.sh; so what is compared holds nothing private, and
# depends on no build. Ends with 77 (left out) without abidiff.
set -u
old=$1
old_map=$2
new=$3
new_map=$4
compiler=$5
abidiff=${6:-abidiff}
command -v "$abidiff" >/dev/null 2>&1 || { echo "abidiff (Debian: abigail-tools) is not installed: left out"; exit 77; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# The headers on one line, without directives and comments.
plain() {
  cat "$1"/thalnet/*.h | sed 's/^[[:space:]]*#.*//' | tr '\n' ' ' | sed 's|/\*[^*]*\*\**\([^/*][^*]*\*\**\)*/| |g'
}

# library <include> <map> <name>: every declaration becomes a definition
library() {
  {
    echo '#include <thalnet/thalnet.h>'
    plain "$1" | tr ';{}' '\n\n\n' | sed -n 's/^.*THALNET_API[[:space:]]\(.*)\)[[:space:]]*$/\1 {}/p'
  } >"$work/$3.c"
  "$compiler" -w -std=c11 -O0 -g -fPIC -shared "-Wl,--version-script=$2" -I"$1" -o "$work/$3.so" "$work/$3.c"
}

# Names of structures that begin with struct_size, a bar around each.
growing() {
  plain "$1" | grep -o 'typedef struct [a-z_]* {  *size_t struct_size' | sed 's/typedef struct \([a-z_]*\).*/|\1|/' |
    LC_ALL=C sort | tr -d '\n'
}

# Numbers that programs have compiled in.
constants() {
  echo '#include <thalnet/thalnet.h>'
  {
    plain "$1" | grep -o 'THALNET_[A-Z0-9_]* = *[0-9][0-9]*' | tr -d '='
    sed -n 's/^#define \(THALNET_[A-Z_]*_LIMIT\) \([0-9]*\).*/\1 \2/p' "$1"/thalnet/*.h
    sed -n 's/^  X(\([A-Z_]*\), \(-\{0,1\}[0-9]*\),.*/THALNET_\1 \2/p' "$1/thalnet/status.h"
  } | sed 's/\([A-Z0-9_]*\)  *\(-*[0-9]*\)/_Static_assert(\1 == \2, "\1 was \2");/'
}

# What abidiff tells of changed types, line by line: what is not known to be harmless is printed.
harmful() {
  awk -v growing="$1" '
    /^$|^Leaf changes summary|^Removed\/Changed\/Added|^Changed leaf types summary/ { next }
    /^.struct .* changed:$/ {
      name = $2
      gsub("\x27", "", name)
      size = ""
      taken = 0
      if (index(growing, "|" name "|")) next
    }
    /^ *type size changed from [0-9]* to [0-9]* \(in bits\)$/ && !taken { size = $5; next }
    /^ *type size hasn.t changed$/ { next }
    /^ *[0-9]* data member insertions?:$/ { next }
    /, at offset [0-9]* \(in bits\)$/ && size != "" && $(NF - 2) + 0 >= size + 0 { next }
    /^ *there are data member changes:$/ { next }
    /^ *(and )?name of .*::reserved. changed to / { next }
    /^ *type .* of / { taken = $0 ~ /::reserved. changed:$/; if (taken) next }
    /^ *entity changed from .* to compatible type/ && taken { next }
    { print }'
}

library "$old" "$old_map" old && library "$new" "$new_map" new || { echo "the headers do not compile"; exit 1; }
count=$(grep -c '{}$' "$work/old.c")
structures=$(growing "$old" | grep -o '||' | wc -l)
[ "$count" -gt 100 ] && [ "$structures" -gt 20 ] || { echo "hardly anything was found in $old"; exit 1; }

constants "$old" >"$work/constants.c"
if ! "$compiler" -std=c11 -fsyntax-only -I"$new" "$work/constants.c"; then
  echo "older programs have other numbers compiled in"
  exit 1
fi
"$abidiff" --harmless --leaf-changes-only --no-added-syms --no-show-locs "$work/old.so" "$work/new.so" >"$work/output"
[ $(($? & 3)) -eq 0 ] || { cat "$work/output"; echo "abidiff failed"; exit 1; }
harmful "$(growing "$old")" <"$work/output" >"$work/harmful"
if [ -s "$work/harmful" ]; then
  cat "$work/output"
  echo "older programs would not run with this library; what harms them:"
  cat "$work/harmful"
  exit 1
fi
echo "$count functions, $((structures + 1)) structures that may grow, $(grep -c assert "$work/constants.c") constants as before," \
  "$(($(grep -c '{}$' "$work/new.c") - count)) functions more"
