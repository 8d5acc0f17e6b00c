#!/bin/sh
# SPDX-License-Identifier: MIT
# controls.sh <C compiler>
# Proves that unchanged.sh refuses what would break older programs, and nothing else: the recorded headers are changed in one
# place each time.
set -u
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1
command -v abidiff >/dev/null 2>&1 || { echo "abidiff (Debian: abigail-tools) is not installed: left out"; exit 77; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
status=0
count=0

# change <good|bad> <what> <header> <sed expression>
change() {
  count=$((count + 1))
  rm -rf "$work/include"
  cp -R "$here/include-0.1" "$work/include"
  cp "$here/libthalnet-0.1.map" "$work/map"
  file=$work/include/thalnet/$3
  [ "$3" != map ] || file=$work/map
  sed -i "$4" "$file"
  if diff -r "$here/include-0.1" "$work/include" >/dev/null && diff "$here/libthalnet-0.1.map" "$work/map" >/dev/null; then
    echo "$2: nothing was changed"
    status=1
  fi
  sh "$here/unchanged.sh" "$here/include-0.1" "$here/libthalnet-0.1.map" "$work/include" "$work/map" "$compiler" \
    >"$work/output" 2>&1
  case $? in
    0) found=good ;;
    1) found=bad ;;
    *) found=broken ;;
  esac
  if [ "$found" != "$1" ]; then
    echo "$2: expected $1, found $found"
    sed 's/^/    /' "$work/output"
    status=1
  fi
}

change good "another comment" optimizer.h 's|/\*\* Steps done. \*/|/** Steps. */|'
change good "a member at the end" optimizer.h 's|^  double average;.*|  double average;\n  double more;|'
change good "several at the end" graph.h 's|^  double level;|  double level;\n  int32_t more, reserved2;\n  double most;|'
change good "a reserved member is taken" optimizer.h 's|^  int32_t reserved; .*|  float taken;|'
change good "that, and one at the end" optimizer.h \
  's|^  int32_t reserved; .*|  float taken;|; s|^  double average;.*|  double average;\n  double more;|'
change good "a function more" optimizer.h 's|^THALNET_API void|THALNET_API void thalnet_more(int32_t x);\n&|'
change bad "a member in the middle" optimizer.h 's|^  double momentum;|  double more;\n&|'
change bad "one in the middle of a result" center.h 's|^  uint64_t gradient_bytes;|  uint64_t more;\n&|'
change bad "a member is gone" optimizer.h '/^  double momentum;/d'
change bad "the last member is gone" optimizer.h '/^  double average;/d'
change bad "another type of the same size" optimizer.h 's|^  double momentum;|  uint64_t momentum;|'
change bad "two members in each other's place" optimizer.h \
  's|^  double beta1;|  double betax;|; s|^  double beta2;|  double beta1;|; s|^  double betax;|  double beta2;|'
change bad "a larger member for a reserved one" optimizer.h 's|^  int32_t reserved; .*|  double taken;|'
change bad "a member where the padding was" batch.h 's|^  int32_t every_step; .*|&\n  int32_t more;|;s|^  float modules;|  &|;
  s|^  float contexts;.*|  double contexts;|'
change bad "growth of elements of arrays" checkpoint.h 's|^  const char \*value;|&\n  int32_t more;|'
change bad "a callback's parameters" host.h 's|(\*allocate)(void \*user, size_t size, size_t alignment)|(*allocate)(void *user, size_t size)|'
change bad "a parameter more" optimizer.h 's|thalnet_optimizer_rate(const|thalnet_optimizer_rate(int32_t x, const|'
change bad "another parameter" optimizer.h 's|thalnet_step(thalnet_optimizer \*optimizer, thalnet_center|thalnet_step(thalnet_optimizer *optimizer, int32_t|'
change bad "another result" optimizer.h 's|^THALNET_API double thalnet_optimizer_rate|THALNET_API float thalnet_optimizer_rate|'
change bad "a function is gone" optimizer.h '/thalnet_optimizer_rate/d'
change bad "another constant" optimizer.h 's|THALNET_ADAM = 2, THALNET_ADAMW = 3|THALNET_ADAM = 3, THALNET_ADAMW = 2|'
change bad "another limit" center.h 's|^#define THALNET_NAME_LIMIT 63|#define THALNET_NAME_LIMIT 31|'
change bad "another status" status.h 's|X(ERROR_HOST, -18|X(ERROR_HOST, -19|'
change bad "another version of the symbols" map 's|^THALNET_0.1 {|THALNET_0.2 {|'
[ "$status" -ne 0 ] || echo "$count controls behave"
exit "$status"
