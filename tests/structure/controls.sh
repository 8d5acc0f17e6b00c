#!/bin/sh
# SPDX-License-Identifier: MIT
# controls.sh <C compiler> [nm]
# Proves that the other scripts of this folder fail when they should: each one gets a good tree, then bad ones.
set -u
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1
nm=${2:-nm}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
status=0
count=0

# expect <good|bad> <what> <command>...
expect() {
  wanted=$1
  what=$2
  shift 2
  count=$((count + 1))
  if "$@" >"$work/output" 2>&1; then found=good; else found=bad; fi
  if [ "$found" != "$wanted" ]; then
    echo "$what: expected $wanted, found $found"
    sed 's/^/    /' "$work/output"
    status=1
  fi
}

spdx='/* SPDX-License-Identifier: MIT */'

# put <file> <line>...
put() {
  file=$work/tree/$1
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >"$file"
}

good_tree() {
  rm -rf "$work/tree"
  mkdir -p "$work/tree"
  for folder in core math module center network train analysis io api; do
    put "lib/$folder/a.h" "$spdx"
  done
  put lib/core/a.c "$spdx" '#include "core/a.h"'
  put lib/math/multiply_cblas.c "$spdx" '#include <cblas.h>' '#include "core/a.h"'
  put lib/module/a.c "$spdx" '#include "math/a.h"' 'void thalnet_layer_one(void) {}'
  put lib/network/a.c "$spdx" '#include "center/a.h"' '#include "module/a.h"'
  put lib/api/a.c "$spdx" '#include "io/a.h"' 'void thalnet_one(void) {}'
  put include/thalnet/a.h "$spdx" 'THALNET_API void thalnet_one(void);' 'THALNET_API const char *' \
    'thalnet_two(int a,' '            int b);'
  put lib/libthalnet.map '# SPDX-License-Identifier: MIT' 'THALNET_0.1 {' 'global:' '    thalnet_one;' \
    '    thalnet_two;' 'local:' '    *;' '};'
  mkdir -p "$work/tree/tests" "$work/tree/examples" "$work/tree/cmake" "$work/tree/.ci"
  put CMakeLists.txt '# SPDX-License-Identifier: MIT'
  printf 'thalnet_one\nthalnet_two\n' >"$work/names"
}

rules() { sh "$here/include_rules.sh" "$work/tree" "$work/names"; }

good_tree
expect good "include rules on a good tree" rules
expect good "licences on a good tree" sh "$here/licenses.sh" "$work/tree"

breach() {
  good_tree
  what=$1
  shift
  put "$@"
  expect bad "$what" rules
}
breach "module includes center" lib/module/b.c "$spdx" '#include "center/a.h"'
breach "center includes module" lib/center/b.h "$spdx" '#  include  "module/a.h"'
breach "core includes math" lib/core/b.c "$spdx" '#include "math/a.h"'
breach "math includes network" lib/math/b.c "$spdx" '#include "network/a.h"'
breach "network includes train" lib/network/b.c "$spdx" '#include "train/a.h"'
breach "io includes api" lib/io/b.c "$spdx" '#include "api/a.h"'
breach "cblas.h elsewhere" lib/math/b.c "$spdx" '#include <cblas.h>'
breach "a path with .." lib/module/b.c "$spdx" '#include "../center/a.h"'
breach "an include without folder" lib/module/b.c "$spdx" '#include "a.h"'
breach "an unknown folder" lib/other/b.c "$spdx"
breach "a file beside the folders" lib/b.c "$spdx"
breach "an exported function outside api" lib/network/b.c "$spdx" 'void thalnet_one(void) {' '}'
good_tree
yes "$spdx" | head -n 701 >"$work/tree/lib/core/long.c"
expect bad "a file of 701 lines" rules

lists_of() {
  good_tree
  put lib/CMakeLists.txt '# lib/core/other.c' 'set(core core/a.c)' \
    'set(rest math/multiply_cblas.c module/a.c network/a.c api/a.c)'
  put tests/CMakeLists.txt 'add_test(a)'
  put tests/fuzz/CMakeLists.txt 'add_executable(a a.c ../one.c)'
  put tests/fuzz/a.c "$spdx"
  put examples/CMakeLists.txt 'add_executable(a a.c)'
  put examples/a.c "$spdx"
}
lists_of
expect good "lists that are complete" sh "$here/lists.sh" "$work/tree"
put lib/core/b.c "$spdx"
expect bad "a source that is not listed" sh "$here/lists.sh" "$work/tree"
lists_of
put tests/fuzz/b.c "$spdx"
expect bad "a source of the fuzz targets that is not listed" sh "$here/lists.sh" "$work/tree"
lists_of
rm "$work/tree/tests/fuzz/a.c"
expect bad "a listed source of the fuzz targets that is not there" sh "$here/lists.sh" "$work/tree"
lists_of
rm "$work/tree/examples/a.c"
expect bad "a listed source that is not there" sh "$here/lists.sh" "$work/tree"

good_tree
put lib/core/b.c 'int b;'
expect bad "a source without licence" sh "$here/licenses.sh" "$work/tree"

good_tree
expect good "headers and map agree" sh "$here/exports.sh" "$work/tree" - - "$nm"
sed -i '/thalnet_two/d' "$work/tree/lib/libthalnet.map"
expect bad "a name is missing in the map" sh "$here/exports.sh" "$work/tree" - - "$nm"

# archive <name> <line>...
archive() {
  put "$@"
  "$compiler" -O1 -fPIC -c "$work/tree/$1" -o "$work/$1.o" && rm -f "$work/$1.a" && ar rc "$work/$1.a" "$work/$1.o"
}
good_tree
both='int helper(int x); int thalnet_one(void) { return 1; } int thalnet_two(void) { return helper(2); }'
archive good.c "$both"
expect good "an archive with the prefix" sh "$here/exports.sh" "$work/tree" - "$work/good.c.a" "$nm"
expect good "an archive that is silent" sh "$here/forbidden.sh" "$work/good.c.a" 0 "$nm"
archive prefix.c "$both int stray;"
expect bad "a global without the prefix" sh "$here/exports.sh" "$work/tree" - "$work/prefix.c.a" "$nm"
archive half.c 'int thalnet_one(void) { return 1; }'
expect bad "an archive that lacks a function" sh "$here/exports.sh" "$work/tree" - "$work/half.c.a" "$nm"
archive print.c '#include <stdio.h>' 'void thalnet_one(int x) { printf("%d", x); }'
expect bad "a source that prints" sh "$here/forbidden.sh" "$work/print.c.a" 0 "$nm"
archive environment.c '#include <stdlib.h>' 'char *thalnet_one(void) { return getenv("HOME"); }'
expect bad "a source that reads the environment" sh "$here/forbidden.sh" "$work/environment.c.a" 0 "$nm"
archive asserts.c '#undef NDEBUG' '#include <assert.h>' 'void thalnet_one(int x) { assert(x); }'
expect bad "an assertion in a release" sh "$here/forbidden.sh" "$work/asserts.c.a" 0 "$nm"
expect good "an assertion in a debug build" sh "$here/forbidden.sh" "$work/asserts.c.a" 1 "$nm"

shared() { "$compiler" -shared -o "$work/$1.so" "$work/good.c.o" $2; }
mapped="-Wl,--version-script=$work/tree/lib/libthalnet.map"
if shared mapped "$mapped" 2>"$work/output"; then
  expect good "a shared library after the map" sh "$here/exports.sh" "$work/tree" "$work/mapped.so" - "$nm"
  expect bad "a shared library that is not hardened" sh "$here/hardening.sh" "$work/mapped.so" "$nm"
  archive fast.c "$both static __attribute__((constructor, used)) void set_fast_math(void) {}"
  "$compiler" -shared -o "$work/fast.so" "$work/fast.c.o" "$mapped"
  expect bad "a shared library with another floating-point mode" sh "$here/exports.sh" "$work/tree" "$work/fast.so" - "$nm"
  shared bare ""
  expect bad "a shared library without versions" sh "$here/exports.sh" "$work/tree" "$work/bare.so" - "$nm"
fi

put include/thalnet/a.h "$spdx" 'size_t thalnet_one(void);'
expect bad "a header that lacks an include" sh "$here/headers.sh" "$work/tree/include" c c11 "$compiler"
put include/thalnet/a.h "$spdx" 'int thalnet_one(void);'
expect good "a header that stands alone" sh "$here/headers.sh" "$work/tree/include" c c11 "$compiler"

[ "$status" -ne 0 ] || echo "$count controls behave"
exit "$status"
