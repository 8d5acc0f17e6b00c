#!/bin/sh
# SPDX-License-Identifier: MIT
# format.sh <root of the tree> [clang-format]
# The tree is formatted as .clang-format says. Ends with 77 (left out) unless clang-format is version 14: others differ.
set -u
cd "$1" || exit 2
tool=${2:-}
if [ -z "$tool" ]; then
  tool=clang-format
  if command -v clang-format-14 >/dev/null 2>&1; then tool=clang-format-14; fi
fi
if ! "$tool" --version 2>/dev/null | grep -q 'version 14\.'; then
  echo "clang-format 14 is not installed: left out"
  exit 77
fi
files=$(find include lib tests examples -name '*.[ch]' -o -name '*.cpp' | LC_ALL=C sort)
[ -n "$files" ] || { echo "no files found"; exit 1; }
# shellcheck disable=SC2086
if ! "$tool" --dry-run --Werror $files; then
  echo "Repair with: $tool -i \$(find include lib tests examples -name '*.[ch]' -o -name '*.cpp')"
  exit 1
fi
echo "$(echo "$files" | wc -l) files are formatted"
