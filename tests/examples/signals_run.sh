#!/bin/sh
# SPDX-License-Identifier: MIT
# signals_run.sh <text8> [short]
# SIGINT and SIGTERM at random times: the exit code tells which, the checkpoint can be gone on with, and the end is the same, byte for
# byte, as that of a training that nobody interrupted. A second signal acts at once. REPEATS is how often (20, or with the word
# short 4), SEED another beginning of the random times.
set -u
# shellcheck source=tests/examples/helpers.sh disable=SC2034,SC2154
program=$1
repeats=20
[ "${2-}" != short ] || repeats=4
repeats=${REPEATS-$repeats}
random=${SEED-1}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

head -c 1500 "$0" >"$work/text"
training="--data $work/text --epochs 60 --seed 5 --streams 10 --window 10 --modules 2 --features 10 --context 4 --segments 1 \
--input-dropout 0.1 --average 0.9 --no-test"
checkpoint=checkpoint.safetensors

# shellcheck disable=SC2086
run 0 "whole" $training --out "$work/whole"

# draw <below>: the next random number, into $drawn
draw() {
  random=$(((random * 1103515245 + 12345) % 2147483648))
  drawn=$((random / 65536 % $1))
}

# until_there <file>: waits for it as long as the program runs
until_there() {
  while [ ! -e "$1" ] && kill -0 "$child" 2>"$work/gone"; do sleep 0.01; done
}

interrupted=0
repeat=1
while [ "$repeat" -le "$repeats" ]; do
  what="repeat $repeat of SEED ${SEED-1}"
  rm -rf "$work/parts"
  resume=
  parts=0
  while :; do # again and again, until one part reaches the end
    : >"$out"
    # shellcheck disable=SC2086
    "$program" $training --out "$work/parts" $resume --threads $((1 + parts % 3)) >"$out" 2>"$err" &
    child=$!
    draw 3
    [ "$drawn" -eq 0 ] || until_there "$work/parts/$checkpoint"
    draw 400
    sleep "$(printf '0.%03d' "$drawn")"
    draw 2
    signal=INT wanted=130
    [ "$drawn" -eq 0 ] || signal=TERM wanted=143
    if [ $parts -le $((repeat % 2)) ]; then kill "-$signal" "$child" 2>"$work/gone"; fi
    wait "$child" 2>"$work/gone"
    code=$?
    [ $code -ne 0 ] || break
    [ $code -eq $wanted ] || failed "$what: exit code $code, not $wanted"
    [ $code -eq $wanted ] || break
    [ ! -s "$err" ] || failed "$what: something on stderr"
    if grep -q '^interrupted' "$out"; then # else it had not begun to listen
      interrupted=$((interrupted + 1))
      [ -s "$work/parts/$checkpoint" ] || failed "$what: no checkpoint"
    fi
    grep -q '^result' "$out" && failed "$what: a result"
    resume=--resume
    parts=$((parts + 1))
  done
  for file in $checkpoint model.safetensors development.csv; do
    cmp -s "$work/whole/$file" "$work/parts/$file" || failed "$what: another $file after $parts signals"
  done
  [ ! -e "$work/parts/$checkpoint.tmp" ] || failed "$what: a temporary file is left"
  repeat=$((repeat + 1))
done
[ $interrupted -gt 0 ] || [ "$repeats" -eq 0 ] || failed "no signal met a training"

# twice <first signal> <second> <exit code>: a step of minutes is not waited for. Which signals a process catches is told by Linux.
caught() { sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$child/status" 2>"$work/gone"; }
listens() { [ $((0x$(caught) & 0x4002)) -eq $((0x4002)) ]; }
twice() {
  what="$1, then $2"
  rm -rf "$work/parts"
  head -c 400000 /dev/zero | tr '\000' 'a' >"$work/text"
  printf 'another letter' >>"$work/text"
  "$program" --data "$work/text" --streams 300 --window 1000 --modules 4 --features 200 --context 200 --no-test --threads 1 \
    --out "$work/parts" >"$out" 2>"$err" &
  child=$!
  tries=0
  until listens || [ $tries -ge 3000 ]; do
    kill -0 "$child" 2>"$work/gone" || break
    sleep 0.02
    tries=$((tries + 1))
  done
  kill "-$1" "$child"
  while listens; do sleep 0.01; done
  kill "-$2" "$child"
  wait "$child" 2>"$work/gone"
  code=$?
  [ $code -eq "$3" ] || failed "$what: exit code $code, not $3"
  grep -q '^interrupted' "$out" && failed "$what: the second one was waited with"
  [ ! -e "$work/parts/$checkpoint" ] || failed "$what: a checkpoint"
}
if grep -q '^SigCgt' "/proc/$$/status" 2>"$work/gone"; then
  twice INT INT 130
  twice INT TERM 143
  twice TERM INT 130
fi

[ $failures -eq 0 ] && echo "$repeats trainings were interrupted, $interrupted times, and came to their end"
exit "$((failures > 0))"
