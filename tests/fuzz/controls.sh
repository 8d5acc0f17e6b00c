#!/bin/sh
# SPDX-License-Identifier: MIT
# controls.sh <replay_control>
# Proves that a replay fails when it should: what targets/control.c does wrong is found, and so is a replay of nothing.
set -u
program=$1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
status=0
count=0

# expect <what stderr says, or good> <what> <argument>...
expect() {
  wanted=$1
  what=$2
  shift 2
  count=$((count + 1))
  if "$program" "$@" >"$work/output" 2>&1; then found=good; else found=bad; fi
  if [ "$wanted" = good ]; then [ "$found" = good ]; else [ "$found" = bad ] && grep -q "$wanted" "$work/output"; fi && return
  echo "$what: expected $wanted, found $found"
  sed 's/^/    /' "$work/output"
  status=1
}

mkdir "$work/empty" "$work/inputs" "$work/inputs/deeper"
for misdeed in 0 1 2 3 4 5 6; do printf "\\00$misdeed" >"$work/$misdeed"; done
cp "$work/0" "$work/inputs/0"
cp "$work/0" "$work/inputs/deeper/0"
: >"$work/inputs/nothing"
expect good "inputs without misdeeds" "$work/inputs" "$work/0"
grep -q '^4 inputs of 3 bytes together$' "$work/output" || { echo "the inputs are not counted"; status=1; }
expect 'not given back' "a block that is kept" "$work/1"
expect 'wrong size' "a block given back with another size" "$work/2"
expect 'not given back' "a center that is kept" "$work/3"
expect 'a status that' "an unknown status" "$work/4"
expect 'without a text' "an error without a text" "$work/5"
expect 'must succeed' "a call that fails" "$work/6"
cp "$work/1" "$work/inputs/deeper/1"
expect 'not given back' "a misdeed among others" "$work/inputs"
expect '0 inputs' "an empty folder" "$work/empty"
expect '0 inputs' "no argument"
expect 'No such file' "a folder that is not there" "$work/inputs/0" "$work/nowhere"

[ "$status" -ne 0 ] || echo "$count controls behave"
exit "$status"
