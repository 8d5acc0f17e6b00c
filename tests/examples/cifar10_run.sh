#!/bin/sh
# SPDX-License-Identifier: MIT
# cifar10_run.sh <cifar10> [short]
# Runs the program as its users do: short trainings on drawn shapes, the options that all programs have, wrong ones, wrong
# data, SIGTERM. With the word short it leaves out repetitions, for sanitizers under which every run takes long.
set -u
# shellcheck source=tests/examples/helpers.sh disable=SC2034,SC2154
program=$1
short=${2-}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

# A network that learns in a second or two.
small="--images 2500 --modules 2 --features 24 --context 16 --batch 50 --lr 0.01"

# shellcheck disable=SC2086
run 0 "training" $small --epochs 5 --input slices --overlap 3 --out "$work/saved" --curve "$work/curve" \
  --predictions "$work/predictions"
tail -n 1 "$out" | grep -Eqx "result test_accuracy=0\.[0-9]{4} validation_accuracy=0\.[0-9]{4} \
train_accuracy=0\.[0-9]{4} parameters=[0-9]+ train_sequences_per_second=[0-9]+ seconds=[0-9]+" ||
  failed "training: the result line"
[ "$(value parameters)" = "$((2 * (3 * 24 * (19 * 3 + 16 + 24) + 6 * 24) + 2 * (16 * 48 + 1) + 2 * 240 + 10))" ] ||
  failed "training: the number of parameters"
holds "$(value test_accuracy) > 0.25" || failed "training: test accuracy"
[ ! -s "$err" ] || failed "training: something on stderr"
grep -q 'drawn by this program' "$out" || failed "training: does not say which data it uses"
[ -s "$work/saved/model.safetensors" ] || failed "training: no model"
[ "$(wc -l <"$work/curve")" -eq 6 ] || failed "training: one line an epoch in the curve"
head -n 1 "$work/curve" | grep -qx 'epoch,seconds,train_loss,train_accuracy,validation_accuracy' ||
  failed "training: the curve's first line"
[ "$(tail -n 1 "$work/curve" | awk -F, '{ printf "%.4f", $5 }')" = "$(value validation_accuracy)" ] ||
  failed "training: the curve's last line"
[ "$(wc -c <"$work/predictions")" -eq 2000 ] || failed "training: a prediction for each test image"
epochs "$work/first"
accuracy=$(value test_accuracy)

# The saved network gives the same answers.
run 0 "load" --load "$work/saved/model.safetensors" --modules 2 --input slices --overlap 3 --predictions "$work/again"
[ "$(value test_accuracy)" = "$accuracy" ] || failed "load: $(value test_accuracy), not $accuracy"
cmp -s "$work/predictions" "$work/again" || failed "load: other predictions"
refused "load with other inputs" "inputs" --load "$work/saved/model.safetensors"
refused "load with other slices" "size" --load "$work/saved/model.safetensors" --modules 2 --input slices
refused "load nothing" "No such file" --load "$work/nowhere"
refused "load and train" "does not train" --load "$work/saved/model.safetensors" --epochs 3

# The same seed gives the same numbers for any number of threads, augmented too; another seed others.
# shellcheck disable=SC2086
run 0 "again, three threads" $small --epochs 5 --input slices --overlap 3 --threads 3
epochs "$work/second"
cmp -s "$work/first" "$work/second" || failed "again: other numbers"
augmented="$small --images 500 --epochs 2 --augment"
# shellcheck disable=SC2086
run 0 "augmented" $augmented --threads 1
epochs "$work/first"
[ "$short" ] || {
  # shellcheck disable=SC2086
  run 0 "augmented, three threads" $augmented --threads 3
  epochs "$work/second"
  cmp -s "$work/first" "$work/second" || failed "augmented: other numbers with more threads"
}
# shellcheck disable=SC2086
run 0 "augmented, shift 1" $augmented --shift 1
epochs "$work/second"
cmp -s "$work/first" "$work/second" && failed "augmented: --shift has no effect"

# Fifty images for training and ten for the test, each of one colour, in CIFAR-10's files
data=$work/data
mkdir "$data"
# batch <name> <colour> <first label>
batch() {
  for label in "$3" 1 2 3 4 5 6 7 10 11; do
    # shellcheck disable=SC2059
    printf "\\$label"
    head -c 3072 /dev/zero | tr '\000' "$2"
  done >"$data/$1.bin"
}
fill() {
  for i in 1 2 3 4 5; do batch data_batch_$i $i 0; done
  batch test_batch t 0
}

# Everything that can be chosen runs, and changes something.
fill
few="--data $data --epochs 2 --batch 5 --input row --modules 2 --features 8 --context 8"
# shellcheck disable=SC2086
run 0 "plain" $few
epochs "$work/first"
value parameters >>"$work/first"
changes() {
  what=$1
  shift
  # shellcheck disable=SC2086
  run 0 "$what" $few "$@"
  epochs "$work/second"
  value parameters >>"$work/second"
  cmp -s "$work/first" "$work/second" && failed "$what: no effect"
}
changes "output each" --output each
changes "readout mean" --readout mean
changes "both" --output each --readout mean --readout-frames 4
changes "ends" --connect ends
changes "lstm" --cell lstm
for stack in dense-gru gru-dense dense-gru-dense dense; do changes "stack $stack" --stack $stack; done
[ "$short" ] || {
  changes "units" --stack gru-dense --units 12
  changes "layers" --layers 2
  changes "weight decay" --weight-decay 0.1
  changes "input dropout" --input-dropout 0.2
  changes "clip" --clip 0.01
  changes "label smoothing" --smoothing 0.2
  changes "variational input dropout" --variational-input-dropout 0.2
  changes "context dropout" --context-dropout 0.2
  changes "feature dropout" --feature-dropout 0.2
  changes "module dropout" --module-dropout 0.2
  changes "skip own" --own skip
  changes "in order" --in-order
  changes "reader gain" --reader-gain 0.5
  changes "learned start" --learned-start
  changes "layer norm" --layer-norm
  changes "layer norm, dense" --layer-norm --stack dense-gru
  changes "zoneout" --zoneout 0.2
  changes "cell zoneout" --cell lstm --cell-zoneout 0.2
  changes "gate bias" --gate-bias 1
  changes "time scale" --time-scale 20
  changes "time scales" --time-scale 3,30
  cp "$work/second" "$work/scales"
  changes "time scales, exchanged" --time-scale 30,3
  cmp -s "$work/scales" "$work/second" && failed "time scales: their order does not matter"
  # shellcheck disable=SC2086
  run 0 "no averages" $few --out "$work/last"
  # shellcheck disable=SC2086
  run 0 "averages" $few --average 0.9 --out "$work/averaged"
  average=$(value test_accuracy)
  cmp -s "$work/last/model.safetensors" "$work/averaged/model.safetensors" && failed "averages: no effect"
  run 0 "averages, loaded" --data "$data" --input row --load "$work/averaged/model.safetensors"
  [ "$(value test_accuracy)" = "$average" ] || failed "averages: $(value test_accuracy) when loaded, not $average"
  changes "warm-up" --warmup 8
  changes "share" --train-share 0.5
}
budgets="3000 20000"
[ "$short" ] && budgets=3000
for budget in $budgets; do
  for more in "--model gru" "--model thalnet --stack dense-gru-dense" "--model thalnet --modules 4 --reader softmax"; do
    # shellcheck disable=SC2086
    run 0 "budget $budget $more" --data "$data" --epochs 1 --budget $budget $more
    holds "$(value parameters) <= $budget && $(value parameters) > 0.7 * $budget" ||
      failed "budget $budget $more: $(value parameters) parameters"
  done
done
# shellcheck disable=SC2086
run 0 "no test" $few --no-test --quiet
if [ "$(wc -l <"$out")" -ne 1 ] || grep -q test_ "$out"; then failed "no test, quiet: what is printed"; fi
# shellcheck disable=SC2086
run 0 "held out" $few --held-out 10
grep -q "40 for training, 10 for validation" "$out" || failed "held out: the data"
# shellcheck disable=SC2086
run 0 "curve with test" $few --curve "$work/curve" --curve-test
[ "$(tail -n 1 "$work/curve" | tr -dc , | wc -c)" -eq 5 ] || failed "curve with test: the test's column"
run 0 "limited time" --images 1000 --epochs 100000 --max-seconds 1 --no-test
holds "$(value seconds) < 30" || failed "limited time: $(value seconds) seconds"
run 0 "help" --help
for option in input overlap augment shift budget curve-test no-test quiet; do
  grep -q -e "--$option" "$out" || failed "help: --$option"
done

# Mistakes on the command line
refused "shift alone" "needs --augment" --shift 3
refused "overlap alone" "needs --input slices" --overlap 3
refused "slices of a plain GRU" "slices" --input slices --model gru
refused "slices at the ends" "slices" --input slices --connect ends
refused "one slice" "2 to 32" --input slices --modules 1
refused "more slices than columns" "2 to 32" --input slices --modules 33
refused "each at the ends" "only the last" --output each --connect ends
refused "budget and size" "budget" --budget 1000 --features 10
refused "budget and size of a GRU" "budget" --budget 1000 --model gru --units 10
refused "features of a GRU" "units" --model gru --features 10
refused "units without dense" "units" --units 10
refused "dense without its layer" "dense" --stack gru --dense 10
refused "no dense" "dense" --stack dense-gru --dense 0
refused "layers of a dense module" "recurrent" --stack dense --layers 2
refused "curve-test alone" "needs --curve" --curve-test
refused "curve-test without test" "no-test" --curve "$work/curve" --curve-test --no-test
refused "predictions without test" "no-test" --predictions "$work/predictions" --no-test
refused "curve in nowhere" "No such file" --curve "$work/nowhere/curve"
refused "readout-frames alone" "readout" --readout-frames 3
refused "too many frames" "so many frames" --readout mean --readout-frames 33
refused "a flag with a value" "augment" --augment=yes
refused "no share" "train-share" --train-share 0

refused "fewer time scales" "fewer numbers for 3 modules" --modules 3 --time-scale 3,4
refused "more time scales" "more numbers for 2 modules" --modules 2 --time-scale 3,4,5
refused "a short time scale" "time-scale" --time-scale 1
refused "half a time scale" "time-scale" --time-scale 3,
refused "two starts" "gate-bias" --time-scale 3 --gate-bias 1
refused "cells of a GRU" "lstm" --cell-zoneout 0.1
refused "zoneout without memory" "recurrent" --stack dense --zoneout 0.1
refused "two input dropouts" "takes the place" --input-dropout 0.1 --variational-input-dropout 0.1
refused "nothing to read" "nothing to read" --modules 1 --own skip
refused "an order of one" "second module" --modules 1 --in-order
refused "an order of nobody's reading" "in-order" --reader none --in-order
refused "a GRU in order" "in-order" --model gru --in-order
refused "a gain of shares" "reader-gain" --reader softmax --reader-gain 0.5
refused "a GRU with a gain" "reader-gain" --model gru --reader-gain 0.5

# Data that is missing, damaged or mixed up
rm "$data"/*
refused "no folder" "No such file" --data "$work/nowhere"
refused "no files" "data_batch_1.bin" --data "$data"
fill
run 0 "fifty images" --data "$data" --epochs 1
grep -q "images in $data; 45 for training, 5 for validation, 10 for the test" "$out" || failed "fifty images: the data"
gzip "$data/data_batch_3.bin"
run 0 "a packed file" --data "$data" --epochs 1
rm "$data/data_batch_3.bin.gz"
refused "a missing file" "no data_batch_3.bin" --data "$data"
fill
batch data_batch_2 2 12
refused "wrong label" "label 0 is 10" --data "$data"
fill
head -c 6000 "$data/data_batch_4.bin" >"$data/cut" && mv "$data/cut" "$data/data_batch_4.bin"
refused "truncated" "ends inside image 1" --data "$data"
fill
cp "$data/data_batch_1.bin" "$data/test_batch.bin"
refused "training images for test images" "mixed up" --data "$data"
fill
cp "$data/data_batch_1.bin" "$data/data_batch_5.bin"
refused "a file twice" "mixed up" --data "$data"
fill
: >"$data/data_batch_5.bin"
refused "an empty file" "empty" --data "$data"
printf '\200\002' >"$data/data_batch_5.bin"
refused "a short file" "ends inside" --data "$data"
fill
for i in 1 2 3 4 5 6 7 8 9 10; do cat "$data/data_batch_5.bin"; done >"$data/more"
for i in 1 2 3 4 5 6 7 8 9 10; do cat "$data/more"; done >"$data/most" && rm "$data/more"
for i in 1 2 3 4 5 6 7 8 9 10; do cat "$data/most"; done >"$data/data_batch_5.bin" && rm "$data/most"
run 0 "the largest file" --data "$data" --epochs 1 --images 10 --no-test
batch data_batch_6 6 0 && cat "$data/data_batch_6.bin" >>"$data/data_batch_5.bin"
refused "a file that is too large" "more than 10000" --data "$data"

# A training that diverges
run 3 "a rate far too high" --images 500 --epochs 2 --lr 1e300
[ -s "$err" ] || failed "a rate far too high: nothing on stderr"

interrupt TERM "SIGTERM" --epochs 1000 --images 500 --out "$work/interrupted"
[ -s "$work/interrupted/model.safetensors" ] || failed "SIGTERM: no model"

# Interrupted within an epoch, with images that change
resumes INT "resumed" --images 600 --epochs 12 --batch 20 --augment --input slices --output each --no-test

[ $failures -eq 0 ] && echo "cifar10 does what it should"
exit "$((failures > 0))"
