#!/bin/sh
# SPDX-License-Identifier: MIT
# lists.sh <root of the tree>
# The lists of sources are written by hand: no source is forgotten in them, and none is listed that is not there.
set -u
cd "$1" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
status=0
for folder in lib tests tests/fuzz examples; do
  case $folder in
    tests) others='^consumer/\|^abi/\|^fuzz/' ;; # with lists of their own
    *) others='^$' ;;
  esac
  find "$folder" -name '*.c' | sed "s|^$folder/||" | grep -v "$others" | LC_ALL=C sort >"$work/found"
  # what begins with .. is listed where it belongs
  sed 's/#.*//' "$folder/CMakeLists.txt" | grep -o '[A-Za-z0-9_./-]*\.c\>' | grep -v '^\.\./' | LC_ALL=C sort -u >"$work/listed"
  for file in $(LC_ALL=C comm -23 "$work/found" "$work/listed"); do
    echo "$folder/$file is not listed in $folder/CMakeLists.txt"
    status=1
  done
  for file in $(LC_ALL=C comm -13 "$work/found" "$work/listed"); do
    echo "$folder/CMakeLists.txt lists $file, which is not there"
    status=1
  done
done
[ "$status" -ne 0 ] || echo "every source is listed"
exit "$status"
