#!/bin/sh
# SPDX-License-Identifier: MIT
# hardening.sh <libthalnet.so> [nm] [readelf]
# The shared library is what THALNET_HARDENING promises: its relocations become read-only before anything of it runs, and its
# functions guard their stack and call the checking forms of memcpy and its kind.
set -u
shared=$1
nm=${2:-nm}
readelf=${3:-readelf}
status=0
lacks() {
  echo "$shared lacks $1"
  status=1
}
"$readelf" -lW "$shared" | grep -q GNU_RELRO || lacks "relocations that become read-only (-z relro)"
"$readelf" -dW "$shared" | grep -q 'BIND_NOW\|FLAGS.*NOW' || lacks "binding at the start (-z now)"
"$nm" -D -u "$shared" | grep -q ' __stack_chk_fail' || lacks "guards of the stack (-fstack-protector-strong)"
"$nm" -D -u "$shared" | grep -q ' __[a-z]*_chk\(@.*\)\{0,1\}$' || lacks "checked forms of library calls (_FORTIFY_SOURCE)"
[ "$status" -ne 0 ] || echo "hardened"
exit "$status"
