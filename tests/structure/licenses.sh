#!/bin/sh
# SPDX-License-Identifier: MIT
# licenses.sh <root of the tree>
# Every source, header, script and CMake file names its licence in one of its first two lines.
set -u
cd "$1" || exit 2
failures=0
count=0
for file in $(find CMakeLists.txt include lib tests examples cmake .ci -type f \( -name '*.[ch]' -o -name '*.cpp' \
  -o -name '*.sh' -o -name '*.cmake' -o -name 'CMakeLists.txt' -o -name '*.map' -o -name '*.py' -o -path '.ci/*' \
  -o -path 'tests/*' -perm -u+x \) |
  LC_ALL=C sort); do
  count=$((count + 1))
  if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
    echo "$file: no line with SPDX-License-Identifier: MIT at its top"
    failures=$((failures + 1))
  fi
done
[ "$count" -gt 0 ] || { echo "no files found"; exit 1; }
[ "$failures" -eq 0 ] || { echo "$failures files without licence"; exit 1; }
echo "$count files name their licence"
