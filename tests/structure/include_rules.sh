#!/bin/sh
# SPDX-License-Identifier: MIT
# include_rules.sh <root of the tree> <file that lists the exported names>
# The layers of lib/ and what each may include; sizes of files; where exported functions are defined.
set -u
root=$1
names=$2
failures=0

fail() {
  echo "$1"
  failures=$((failures + 1))
}

# What a folder of lib/ may include from the others.
allowed() {
  case $1 in
    core) echo "core" ;;
    math) echo "core math" ;;
    module) echo "core math module" ;;
    center) echo "core math center" ;;
    network) echo "core math module center network" ;;
    train | analysis | io) echo "core math module center network train analysis io" ;;
    api) echo "core math module center network train analysis io api" ;;
    *) echo "" ;;
  esac
}

cd "$root" || exit 2
files=$(find lib -name '*.[ch]' | LC_ALL=C sort)
[ -n "$files" ] || fail "lib: no sources at all"

for file in $files; do
  path=${file#lib/}
  layer=${path%%/*}
  may=$(allowed "$layer")
  if [ "$layer" = "$path" ] || [ -z "$may" ]; then
    fail "$file: not in a known folder of lib/"
    continue
  fi

  includes=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\([<"][^>"]*[>"]\).*/\1/p' "$file")
  for include in $includes; do
    name=${include#?}
    name=${name%?}
    case $include in
      '<thalnet/'*) ;;
      '<cblas.h>' | '<blis.h>' | '<cblas'*)
        [ "$path" = math/multiply_cblas.c ] || fail "$file: includes $include; only lib/math/multiply_cblas.c may"
        ;;
      '<'*) ;;
      *cblas.h* | *blis.h*)
        [ "$path" = math/multiply_cblas.c ] || fail "$file: includes $include; only lib/math/multiply_cblas.c may"
        ;;
      *..*) fail "$file: includes $include; name it from lib/" ;;
      */*)
        case " $may " in
          *" ${name%%/*} "*) ;;
          *) fail "$file: $layer may not include $include" ;;
        esac
        [ -f "lib/$name" ] || fail "$file: includes $include, which is not in lib/"
        ;;
      *) fail "$file: includes $include; name it from lib/, as \"$layer/$name\"" ;;
    esac
  done

  # A line that starts in the first column with an exported name before a parenthesis defines or declares it.
  if [ "$layer" != api ]; then
    defined=$(grep -n '^[A-Za-z_].*(' "$file" | grep -wF -f "$names" |
      sed -n 's/^\([0-9]*\):[^(]*[^A-Za-z0-9_]\(thalnet_[a-z0-9_]*\)(.*/\1 \2/p
        s/^\([0-9]*\):\(thalnet_[a-z0-9_]*\)(.*/\1 \2/p' |
      while read -r line symbol; do
        if grep -qxF "$symbol" "$names"; then echo "$line:$symbol"; fi
      done)
    for one in $defined; do
      fail "$file:$one is exported: it belongs to lib/api"
    done
  fi
done

for file in $files $(find include examples tests -name '*.[ch]' -o -name '*.cpp' | LC_ALL=C sort); do
  lines=$(wc -l <"$file")
  [ "$lines" -le 700 ] || fail "$file: $lines lines, at most 700 are allowed"
done

[ "$failures" -eq 0 ] || { echo "$failures breaches of the rules"; exit 1; }
echo "the rules hold in $(echo "$files" | wc -l) files of lib/"
