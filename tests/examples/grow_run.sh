#!/bin/sh
# SPDX-License-Identifier: MIT
# grow_run.sh <grow> [short]
# Runs the program as its users do: each way of growing keeps the function and ends with the size it says, modules that nobody
# reads go, the same seed gives the same result; wrong options, Ctrl-C. With the word short it leaves out repetitions.
set -u
program=$1
policies='units modules split'
[ "${2-}" != short ] || policies='modules'
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

# Networks that learn in a second or two.
small="--images 1500 --modules 4 --features 12 --context 8 --passes 2 --epochs 10 --permutation 0 --threads 1"
full=$((4 * (3 * 12 * (28 + 8 + 12) + 6 * 12) + 4 * (8 * 48 + 1) + 4 * 120 + 10))

changes() { grep 'outputs differ by' "$out"; }
result() { tail -n 1 "$out" | sed 's/ seconds=.*//'; }

# grew <what>: what is true of every result
grew() {
  grep -c 'outputs differ by' "$out" | grep -qx "$(($(value changes) + $(grep -c 'nobody reads' "$out")))" ||
    failed "$1: a line for each change"
  changes | grep -v 'nobody reads' | awk '{ if ($(NF - 3) > 1e-6) exit 1 }' || failed "$1: growing changes the outputs"
  holds "$(value kept) <= 1e-6" || failed "$1: $(value kept) is not kept"
  [ "$(value parameters_grown)" -eq $full ] || failed "$1: $(value parameters_grown) parameters, not $full"
  [ "$(value parameters_fixed)" -eq $full ] || failed "$1: $(value parameters_fixed) parameters of the fixed one"
  changes | tail -n 1 | grep -q ": 4 modules of 12 units, $full parameters;" || failed "$1: the last size it tells"
  holds "$(value work_grown) <= 1 && $(value work_grown) > 0.95" || failed "$1: work $(value work_grown)"
  holds "$(value work_fixed) <= 1 && $(value work_fixed) > 0.95" || failed "$1: work of the fixed one"
  [ ! -s "$err" ] || failed "$1: something on stderr"
}

for policy in $policies; do
  # shellcheck disable=SC2086
  run 0 "$policy" $small --grow $policy --start $([ "$policy" = units ] && echo 3 || echo 1) --step $([ "$policy" = units ] && echo 3 || echo 1)
  grew "$policy"
  [ "$(value changes)" -eq 3 ] || failed "$policy: $(value changes) changes, not 3"
  holds "$(value updates_grown) > $(value updates_fixed)" || failed "$policy: small networks get no more updates"
  holds "$(value test_accuracy_grown) > 0.3 && $(value validation_accuracy_grown) > 0.3" || failed "$policy: accuracy"
  holds "$(value test_accuracy_fixed) > 0.3 && $(value validation_accuracy_fixed) > 0.3" || failed "$policy: fixed accuracy"
  [ "$(grep -c '^epoch.*validation' "$out")" -eq 20 ] || failed "$policy: one line an epoch"
  grep -Eq "^grown +$full +[0-9]+ " "$out" || failed "$policy: the table"
done
result >"$work/first"

# The same seed gives the same result, for any number of threads; another seed another.
# shellcheck disable=SC2086
run 0 "again, three threads" $small --grow "$policy" --threads 3 --quiet
result | cmp -s - "$work/first" || failed "again: another result"
[ "$(wc -l <"$out")" -eq 1 ] || failed "quiet: more than the result"
if [ "${2-}" != short ]; then
  # shellcheck disable=SC2086
  run 0 "another seed" $small --grow "$policy" --seed 5 --quiet --no-test
  result | cmp -s - "$work/first" && failed "another seed: the same result"
  grep -q test_ "$out" && failed "no test: it was looked at"
fi

# With so high a threshold modules are removed while it grows, which the outputs show; it has its full size all the same.
# shellcheck disable=SC2086
run 0 "removing" $small --grow modules --start 3 --unread 4 --stall 0 --until 0.6
grew "removing"
[ "$(value removed)" -gt 0 ] || failed "removing: none was"
changes | grep 'removed, which nobody reads' | awk '{ if ($(NF - 3) <= 1e-6) exit 1 }' || failed "removing: outputs do not differ"
# Where learning never stalls it grows in time.
# shellcheck disable=SC2086
run 0 "in time" $small --grow units --start 3 --step 3 --stall 0 --until 0.3 --grown-lr 0.003
grew "in time"
changes | tail -n 1 | grep -Eq '^epoch +[1-4]/10 ' || failed "in time: too late"
# shellcheck disable=SC2086
run 0 "nothing to grow" $small --epochs 2 --start 12 --grown-lr 0.005
[ "$(value changes)" -eq 0 ] || failed "nothing to grow: it did"
[ "$(value test_accuracy_grown)" = "$(value test_accuracy_fixed)" ] && failed "nothing to grow: --grown-lr has no effect"
# shellcheck disable=SC2086
run 0 "nothing to grow, one rate" $small --epochs 2 --start 12 --lr 0.01 --grown-lr 0.01
[ "$(value test_accuracy_grown)" = "$(value test_accuracy_fixed)" ] || failed "nothing to grow: they differ"

run 0 "help" --help
for option in data permutation images modules features context reader grow start step stall until unread grown-lr passes \
  epochs batch lr seed threads no-test quiet; do
  grep -q -e "--$option " "$out" || failed "help: --$option"
done
refused "unknown policy" "grow" --grow sideways
refused "larger than full" "--start 99" --start 99
refused "too few epochs" "at least 4" --epochs 3
refused "several splits" "split" --grow split --step 2
refused "no folder" "No such file" --data "$work/nowhere"
refused "drawn images held out" "held-out 10: it is for the images of --data" --held-out 10
run 3 "a rate far too high" --images 500 --threads 1 --grown-lr 1e5 --lr 1e300
[ -s "$err" ] || failed "a rate far too high: nothing on stderr"
# shellcheck disable=SC2086
interrupt INT "Ctrl-C" $small --passes 1000 --epochs 1000

[ "$failures" -eq 0 ] && echo "all runs as expected"
exit "$failures"
