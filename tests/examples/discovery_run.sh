#!/bin/sh
# SPDX-License-Identifier: MIT
# discovery_run.sh <discovery> [short]
# Networks that learned the same task are alike, and the strongest path is worth something; files, and the same answer again.
set -u
program=$1
seeds=2
epochs=2
[ "${2-}" != short ] || epochs=1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

run 0 "small" --seeds $seeds --epochs $epochs --modules 2 --out "$work/pictures"
[ ! -s "$err" ] || failed "small: something on stderr"
[ "$(grep -c '^left, seed .* test accuracy ' "$out")" -eq $seeds ] || failed "small: networks of the left task"
[ "$(grep -c '^right, seed .* test accuracy ' "$out")" -eq $seeds ] || failed "small: networks of the right task"
holds "$(value test_accuracy) > 0.5 && $(value test_accuracy) < 1" || failed "small: accuracy"
holds "$(value paths) >= 1 && $(value points) > 0 && $(value milder) <= 1" || failed "small: paths"
for task in left right; do
  among=$(sed -n "s/^$task .*among themselves \(-*[0-9.]*\) .*/\1/p" "$out" | head -n 1)
  others=$(sed -n "s/^$task .*with \(left\|right\) *\(-*[0-9.]*\) .*/\2/p" "$out")
  holds "$among > $others + 0.2" || failed "small: $task is not more like itself ($among, $others)"
  for file in model.safetensors routing.txt graph.csv causes.csv; do
    [ -s "$work/pictures/$task/$file" ] || failed "small: no $task/$file"
  done
  awk -F, -v eye="eye_$task" -v task="$task" '$1 == task && $2 == eye && $6 < -0.2 { found = 1 } END { exit !found }' \
    "$work/pictures/$task/causes.csv" || failed "small: blind, and nothing lost"
done
# All ways to choose as many networks as there are seeds out of twice as many.
grep -q "p = [01]\.[0-9]* (6 ways)" "$out" || failed "small: ways"

if [ "${2-}" != short ]; then
  cp "$out" "$work/first"
  run 0 "again" --seeds $seeds --epochs $epochs --modules 2 --threads 3 --out "$work/pictures"
  cmp -s "$out" "$work/first" || failed "again: another answer"
fi

refused "seeds" 'seeds' --seeds 1
run 1 "no data" --data "$work/nowhere"
grep -q "$work/nowhere" "$err" || failed "no data: not named"

[ "$failures" -eq 0 ] && echo "all runs as expected"
exit "$failures"
