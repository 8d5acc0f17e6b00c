#!/bin/sh
# SPDX-License-Identifier: MIT
# names.sh headers <folder of public headers>   the functions that the headers declare, one a line, sorted
# names.sh map <file.map>                       the names that the map exports
# names.sh write <folder> <node>                a whole map for these headers, on standard output
set -eu

from_headers() {
  # One declaration may span lines: join everything, cut at semicolons and braces.
  cat "$1"/*.h | sed 's/^[[:space:]]*#.*//' | tr '\n' ' ' | tr ';{}' '\n\n\n' |
    sed -n 's/.*THALNET_API[[:space:]][^(]*[^A-Za-z0-9_]\(thalnet_[a-z0-9_]*\)[[:space:]]*(.*/\1/p' | LC_ALL=C sort -u
}

case $1 in
  headers) from_headers "$2" ;;
  map) sed -n 's/^[[:space:]]*\(thalnet_[a-z0-9_]*\);.*/\1/p' "$2" | LC_ALL=C sort ;;
  write)
    echo "# SPDX-License-Identifier: MIT"
    echo "# One node a release; a name never leaves the node it came with."
    echo "$3 {"
    echo "global:"
    from_headers "$2" | sed 's/.*/    &;/'
    echo "local:"
    echo "    *;"
    echo "};"
    ;;
  *)
    echo "names.sh: unknown word $1" >&2
    exit 2
    ;;
esac
