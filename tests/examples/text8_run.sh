#!/bin/sh
# SPDX-License-Identifier: MIT
# text8_run.sh <text8> [short]
# Runs the program as its users do: short trainings on written sentences, samples, wrong options, wrong texts, Ctrl-C. With
# the word short it leaves out repetitions, for sanitizers under which every run takes long.
set -u
# shellcheck source=tests/examples/helpers.sh disable=SC2034,SC2154
program=$1
short=${2-}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

# Networks that learn in a second or two.
small="--train-share 0.2 --epochs 2 --features 20 --context 12 --modules 2 --window 25 --streams 20 --lr 0.02"

# shellcheck disable=SC2086
run 0 "training" $small --out "$work/saved" --curve "$work/curve" --sample 200 --prompt "the " --temperature 0.5
tail -n 1 "$out" | grep -Eqx "result test_bpc=[0-9]\.[0-9]{4} validation_bpc=[0-9]\.[0-9]{4} train_bpc=[0-9]\.[0-9]{4} \
parameters=[0-9]+ train_characters_per_second=[0-9]+ seconds=[0-9]+" || failed "training: the result line"
for part in test validation train; do # letters that are guessed by how often they come cost more than 4 bits
  holds "$(value ${part}_bpc) < 3.2 && $(value ${part}_bpc) > 0.8" || failed "training: $part"
done
[ ! -s "$err" ] || failed "training: something on stderr"
grep -q 'written by this program' "$out" || failed "training: does not say which data it uses"
[ -s "$work/saved/model.safetensors" ] || failed "training: no model"
[ "$(tail -n 1 "$work/curve" | awk -F, '{ printf "%.4f", $5 }')" = "$(value validation_bpc)" ] ||
  failed "training: the curve"
head -n 1 "$work/curve" | grep -qx 'epoch,seconds,train_loss,train_bpc,validation_bpc' || failed "training: its first line"
sed -n '/^the /,/^result/p' "$out" >"$work/sample"
[ "$(wc -c <"$work/sample")" -gt 300 ] || failed "training: the sample"
epochs "$work/first"
bits=$(value test_bpc)
sed -i '$d' "$work/sample"

# The saved network gives the same bits and the same text; another seed another text, no temperature the likeliest.
run 0 "load" --load "$work/saved/model.safetensors" --sample 200 --prompt "the " --temperature 0.5
[ "$(value test_bpc)" = "$bits" ] || failed "load: $(value test_bpc) bits, not $bits"
sed -n '/^the /,/^result/p' "$out" | sed '$d' | cmp -s - "$work/sample" || failed "load: another sample"
run 0 "another sample" --load "$work/saved/model.safetensors" --sample 200 --prompt "the " --temperature 0.5 --seed 3
sed -n '/^the /,/^result/p' "$out" | sed '$d' | cmp -s - "$work/sample" && failed "another sample: the same"
run 0 "likeliest" --load "$work/saved/model.safetensors" --sample 100 --temperature 0 --quiet --no-test
sed '$d' "$out" >"$work/sample"
run 0 "likeliest again" --load "$work/saved/model.safetensors" --sample 100 --temperature 0 --quiet --no-test --seed 3
sed '$d' "$out" | cmp -s - "$work/sample" || failed "likeliest: it depends on the seed"
# cuts cost next to nothing after a warm-up, and something without
run 0 "one segment" --load "$work/saved/model.safetensors" --segments 1
holds "$(value test_bpc) - $bits < 0.002 && $bits - $(value test_bpc) < 0.002" || failed "one segment: $(value test_bpc)"
run 0 "cold segments" --load "$work/saved/model.safetensors" --segments 500 --warmup-characters 0
holds "$(value test_bpc) > $bits + 0.005" || failed "cold segments: $(value test_bpc), not more than $bits"

# The same seed gives the same numbers for any number of threads; another seed others.
# shellcheck disable=SC2086
run 0 "again, three threads" $small --threads 3
epochs "$work/second"
cmp -s "$work/first" "$work/second" || failed "again: other numbers"
few="--train-share 0.05 --epochs 1 --streams 10 --window 20"
# shellcheck disable=SC2086
run 0 "a seed" $few
epochs "$work/first"
# shellcheck disable=SC2086
run 0 "another seed" $few --seed 1
epochs "$work/second"
cmp -s "$work/first" "$work/second" && failed "another seed: the same numbers"

# An epoch may be a part of a pass through the text, 90 windows of 10 streams here: the next one goes on behind it, and the
# network is the same. What a fourth part does begins a new pass.
passes() { echo "$few --out $work/$1" | sed "s/--epochs 1/--epochs $2/"; }
# shellcheck disable=SC2046
run 0 "a pass" $(passes pass 1)
# shellcheck disable=SC2046
run 0 "a pass in three epochs" $(passes thirds 3) --epoch-characters 6000 --curve "$work/curve"
cmp -s "$work/pass/model.safetensors" "$work/thirds/model.safetensors" || failed "a pass in three epochs: another network"
[ "$(wc -l <"$work/curve")" -eq 4 ] || failed "a pass in three epochs: one line an epoch in the curve"
[ "$short" ] || {
  # shellcheck disable=SC2046
  run 0 "two passes" $(passes pass 2)
  # shellcheck disable=SC2046
  run 0 "two passes in four epochs" $(passes parts 4) --epoch-characters 9100
  cmp -s "$work/pass/model.safetensors" "$work/parts/model.safetensors" || failed "two passes in four epochs: another network"
  # shellcheck disable=SC2046
  run 0 "less than two passes" $(passes parts 4) --epoch-characters 6000
  cmp -s "$work/pass/model.safetensors" "$work/parts/model.safetensors" && failed "less than two passes: the same network"
}
refused "resumed with other segments" "segments" --out "$work/thirds" --resume --segments 10 --epoch-characters 6000 \
  --train-share 0.05 --epochs 3 --streams 10 --window 20

# Everything that can be chosen runs.
# shellcheck disable=SC2086
run 0 "plain GRU" $few --model gru --layers 2 --units 30 --sample 10
# shellcheck disable=SC2086
run 0 "outputs for each" $few --output each --sample 10
[ "$short" ] || {
  # shellcheck disable=SC2086
  run 0 "three steps" $few --steps-per-frame 3 --reader linear
  # shellcheck disable=SC2086
  run 0 "in order" $few --in-order --reader-gain 0.5 --quiet
  value validation_bpc >"$work/one"
  # shellcheck disable=SC2086
  run 0 "in order, one step" $few --in-order --reader-gain 0.5 --steps-per-frame 1 --quiet
  [ "$(value validation_bpc)" = "$(cat "$work/one")" ] || failed "in order: not one step"
  # shellcheck disable=SC2086
  run 0 "input dropout" $few --input-dropout 0.1 --stack dense-gru --budget 20000 --learned-start --zoneout 0.1
  holds "$(value parameters) > 15000 && $(value parameters) <= 20000" || failed "budget: $(value parameters)"
}
run 0 "limited time" --epochs 100000 --max-seconds 1 --no-test --quiet
[ "$(wc -l <"$out")" -eq 1 ] || failed "quiet: more than the result"
grep -q test_ "$out" && failed "no test: a test"
run 0 "help" --help
for option in data bytes preset steps-per-frame window epoch-characters segments warmup-characters streams sample prompt temperature; do
  grep -q -e "--$option " "$out" || failed "help: --$option"
done

# Mistakes on the command line
refused "prompt alone" "need --sample" --prompt the
refused "temperature alone" "need --sample" --temperature 1
refused "no characters" "sample" --sample 0
refused "a prompt in other letters" "'Q' (81) does not occur" --sample 5 --prompt Quick
refused "negative temperature" "temperature" --sample 5 --temperature -1
refused "too many streams" "too few for 90000 streams" --streams 90000
refused "a long window" "too few for 32 streams" --window 100000
refused "images' options" "unrecognized" --readout mean
refused "batch" "unrecognized" --batch 20

# Texts that are missing, too short, damaged
text=$work/text
refused "bytes of no file" "--bytes needs --data" --bytes 1000
refused "no file" "No such file" --data "$text"
refused "a folder" "not a regular file" --data "$work"
: >"$text"
refused "an empty text" "empty" --data "$text"
printf 'too short' >"$text"
refused "a short text" "too short" --data "$text"
head -c 5000 /dev/zero >"$text"
refused "more than there is" "are asked for" --data "$text" --bytes 1000000
refused "one kind of character" "one kind" --data "$text"
head -c 4000 "$0" >"$text"
run 0 "this script" --data "$text" --epochs 1 --streams 4 --features 8 --context 4 --sample 20
grep -q "data: $text; 3600 characters for training, 200 for validation, 200 for the test" "$out" ||
  failed "this script: the data"
[ "$short" ] || {
  head -c 600 "$0" >"$work/little"
  run 0 "as in the paper" --data "$work/little" --preset paper --epochs 1 --streams 1 --segments 1 --warmup-characters 0
  holds "$(value parameters) > 11700000 && $(value parameters) < 12000000" || failed "as in the paper: the size"
  grep -q "a dense layer of 400 and 1 GRU layer of 600" "$out" || failed "as in the paper: another network"
  head -c 3000 "$0" >"$work/little"
  run 0 "tuned" --data "$work/little" --preset tuned --window 10 --segments 1 --warmup-characters 0
  grep -q "2 modules of 1 LSTM layer of .*reader gain 0.2, in order, layer norm, gate bias 1" "$out" ||
    failed "tuned: another network"
  holds "$(value parameters) > 950000 && $(value parameters) <= 1000000" || failed "tuned: the size"
  run 0 "tuned, otherwise" --data "$work/little" --preset tuned --window 10 --segments 1 --warmup-characters 0 \
    --reader softmax --modules 1 --budget 20000
  grep -q "1 modules of 1 LSTM layer of .*softmax readers.*, layer norm, gate bias 1" "$out" ||
    failed "tuned, otherwise: another network"
  run 0 "tuned GRU" --data "$work/little" --preset tuned --model gru --window 10 --segments 1 --warmup-characters 0
  grep -q "plain GRU, 2 GRU layers of .*, layer norm;" "$out" || failed "tuned GRU: another network"
}
refused "a network for other letters" "input 0 has the size" --data "$text" --load "$work/saved/model.safetensors"
gzip -c "$text" | head -c 500 >"$work/text.gz"
refused "truncated gzip" "ends too early" --data "$work/text.gz"

# A training that diverges
# shellcheck disable=SC2086
run 3 "a rate far too high" $few --lr 1e300
diverged "a rate far too high" "step 1 of epoch 1"
# shellcheck disable=SC2086
run 3 "a rate too high" $few --lr 1e4
diverged "a rate too high" " is far above "

interrupt INT "Ctrl-C" --epochs 1000 --train-share 0.05 --streams 10 --out "$work/interrupted"
[ -s "$work/interrupted/model.safetensors" ] || failed "Ctrl-C: no model"

# Interrupted within an epoch, with memory that is carried on
resumes TERM "resumed" --train-share 0.1 --epochs 40 --streams 10 --features 16 --context 8 --input-dropout 0.1 \
  --epoch-characters 27000

[ $failures -eq 0 ] && echo "text8 does what it should"
exit "$((failures > 0))"
