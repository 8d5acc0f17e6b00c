#!/bin/sh
# SPDX-License-Identifier: MIT
# multitask_run.sh <multitask> [short]
# Runs the program as its users do: a short training on drawn images, files in place of them, wrong options, Ctrl-C. With the word
# short it leaves out repetitions.
set -u
program=$1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

small="--images 2000 --epochs 4 --features 16 --context 8 --permutation 0 --threads 1 --lr 0.02"
# module <inputs> <features>: parameters of a GRU with a context of 8
module() { echo "$((3 * $2 * ($1 + 8 + $2) + 6 * $2))"; }
# network <inputs> <features>: of 2 modules with input, 1 without, their readers and an output
network() { echo "$((2 * $(module "$1" "$2") + $(module 0 "$2") + 3 * (8 * 3 * $2 + 1) + 3 * 10 * $2 + 10))"; }
# both <features>: two such networks around one center, with one output more at each of the 2 side modules
both() {
  echo "$((2 * $(module 28 "$1") + 2 * $(module 96 "$1") + 2 * $(module 0 "$1") + 6 * (8 * 6 * $1 + 1) + 8 * 10 * $1 + 20))"
}
result() { tail -n 1 "$out" | sed 's/ seconds=.*//'; }

# shellcheck disable=SC2086
run 0 "training" $small
tail -n 1 "$out" | tr ' ' '\n' | cut -d= -f1 | tr '\n' ' ' >"$work/names"
fields() { for k in digit shape; do echo "test_${k}_$1 validation_${k}_$1"; done; }
[ "$(cat "$work/names")" = "result $(fields alone | tr '\n' ' ')parameters_alone $(fields together |
  tr '\n' ' ')parameters_together seconds " ] || failed "training: the result line"
alone=$(($(network 28 16) + $(network 96 16)))
[ "$(value parameters_alone)" -eq $alone ] || failed "training: $(value parameters_alone) parameters alone, not $alone"
features=$(sed -n 's/^together: 6 modules of \([0-9]*\) features.*/\1/p' "$out")
[ "$(value parameters_together)" -eq "$(both "$features")" ] || failed "training: parameters together"
[ "$(both "$features")" -le $alone ] || failed "training: more parameters together than alone"
[ "$(both $((features + 1)))" -gt $alone ] || failed "training: one feature more would fit"
for way in alone together; do
  holds "$(value test_digit_$way) > 0.4 && $(value validation_digit_$way) > 0.4" || failed "training: digits $way"
  holds "$(value test_shape_$way) > 0.15 && $(value validation_shape_$way) > 0.15" || failed "training: shapes $way"
done
[ ! -s "$err" ] || failed "training: something on stderr"
[ "$(grep -c '^epoch.*validation' "$out")" -eq 12 ] || failed "training: one line an epoch"
difference=$(awk "BEGIN { printf \"%+.4f\", $(value test_digit_together) - $(value test_digit_alone) }")
grep -q "^digit .*$(value test_digit_alone) .*$(value test_digit_together) .*$difference$" "$out" ||
  failed "training: the table"
# Who reads whom: parts add up to one, and an output has nothing of modules that are not connected to it.
grep -E '^(digit|shape) +((digit|shape|side) modules|output) ' "$out" >"$work/wiring"
[ "$(wc -l <"$work/wiring")" -eq 8 ] || failed "wiring: eight rows"
awk '{ s = $NF + $(NF - 1) + $(NF - 2); if (s < 0.997 || s > 1.003) exit 1 }' "$work/wiring" || failed "wiring: parts"
grep -Eq '^digit +output +[0-9.]+ +0.000 ' "$work/wiring" || failed "wiring: the digits' output hears shapes' modules"
grep -Eq '^shape +output +0.000 ' "$work/wiring" || failed "wiring: the shapes' output hears digits' modules"
result >"$work/first"

# The same seed gives the same result, for any number of threads; another seed another.
# shellcheck disable=SC2086
run 0 "again, three threads" $small --threads 3 --quiet
result | cmp -s - "$work/first" || failed "again: another result"
[ "$(wc -l <"$out")" -eq 1 ] || failed "quiet: more than the result"
if [ "${2-}" != short ]; then
  # shellcheck disable=SC2086
  run 0 "another seed" $small --seed 5 --quiet --no-test --epochs 1
  grep -q test_ "$out" && failed "no test: it was looked at"
  result | cmp -s - "$work/first" && failed "another seed: the same result"
  # shellcheck disable=SC2086
  run 0 "averages, no side modules" $small --epochs 1 --side 0 --average 0.9 --weight-decay 0.1
  [ "$(grep -Ec '^(digit|shape) +(digit|shape|side) modules ' "$out")" -eq 4 ] || failed "no side modules: rows"
fi

# Files in place of drawn images, of different numbers: ten digits, twenty pictures in five files.
data=$work/data
mkdir -p "$data/mnist" "$data/cifar-10-batches-bin"
# shellcheck disable=SC2059
digits() {
  { printf '\000\000\010\003\000\000\000\012\000\000\000\034\000\000\000\034' && head -c 7840 /dev/zero | tr '\000' "$1"; } \
    >"$data/mnist/$2-images-idx3-ubyte"
  printf '\000\000\010\001\000\000\000\012\000\001\002\003\004\005\006\007\010\011' >"$data/mnist/$2-labels-idx1-ubyte"
}
# shellcheck disable=SC2059
pictures() {
  for label in 1 2 3 4; do printf "\\00$label" && head -c 3072 /dev/zero | tr '\000' "$1"; done \
    >"$data/cifar-10-batches-bin/$2.bin"
}
digits a train && digits b t10k
for k in 1 2 3 4 5; do pictures $k data_batch_$k; done
refused "one file missing" "test_batch.bin" --data "$data"
pictures 6 test_batch
run 0 "files" --data "$data" --epochs 2 --batch 3 --threads 1
grep -q '^data: digits in .*/mnist; 9 for training, 1 for validation, 10 for the test' "$out" || failed "files: digits"
grep -q '^data: photographs in .*; 18 for training, 2 for validation, 4 for the test' "$out" || failed "files: pictures"
run 0 "files, three held out" --data "$data" --epochs 1 --held-out 3 --threads 1
grep -q '7 for training, 3 for validation' "$out" && grep -q '17 for training, 3 for validation' "$out" ||
  failed "held out: the data"

run 0 "help" --help
for option in data permutation images held-out modules side features context reader own epochs batch lr average seed \
  threads no-test quiet; do
  grep -q -e "--$option " "$out" || failed "help: --$option"
done
refused "no folder" "No such file" --data "$work/nowhere"
refused "drawn images held out" "held-out 10: it is for the images of --data" --held-out 10
refused "not a number" "side" --side many
run 3 "a rate far too high" --images 500 --lr 1e300 --threads 1
[ -s "$err" ] || failed "a rate far too high: nothing on stderr"
interrupt INT "Ctrl-C" --epochs 1000 --images 1000 --threads 1

[ "$failures" -eq 0 ] && echo "all runs as expected"
exit "$failures"
