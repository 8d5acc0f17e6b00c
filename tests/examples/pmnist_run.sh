#!/bin/sh
# SPDX-License-Identifier: MIT
# pmnist_run.sh <pmnist> [short]
# Runs the program as its users do: a short training on drawn digits, wrong options, wrong data, Ctrl-C. With the word short
# it leaves out repetitions, for sanitizers under which every run takes long.
set -u
program=$1
readers='linear weight_norm softmax gaussian gaussian_normalized'
presets='default paper w1 w2'
[ "${2-}" != short ] || readers='softmax gaussian' presets='paper'
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

# A network that learns in a second or two.
small="--images 3000 --modules 2 --features 24 --context 16 --batch 50 --lr 0.02 --input-dropout 0 --permutation 0"

# shellcheck disable=SC2086
run 0 "training" $small --epochs 4 --out "$work/saved/here"
number='[0-9]+(\.[0-9]+)?'
tail -n 1 "$out" | grep -Eqx "result test_accuracy=0\.[0-9]{4} validation_accuracy=0\.[0-9]{4} \
train_accuracy=0\.[0-9]{4} parameters=[0-9]+ \
train_sequences_per_second=[0-9]+ seconds=$number" || failed "training: the result line"
[ "$(value parameters)" = "$((2 * (3 * 24 * (28 + 16 + 24) + 6 * 24) + 2 * (16 * 48 + 1) + 2 * 240 + 10))" ] ||
  failed "training: the number of parameters"
holds "$(value test_accuracy) > 0.5" || failed "training: test accuracy"
holds "$(value validation_accuracy) > 0.5" || failed "training: validation accuracy"
[ ! -s "$err" ] || failed "training: something on stderr"
grep -q 'drawn by this program' "$out" || failed "training: does not say which data it uses"
grep -q '^ *module1 .*[0-9]' "$out" || failed "training: the routing table"
[ "$(grep -c '^epoch' "$out")" -eq 4 ] || failed "training: one line an epoch"
if LC_ALL=C grep -q "$(printf '[\r\033]')" "$out"; then failed "training: a bar in a pipe"; fi
grep '^epoch' "$out" | awk '{ for (i = 1; i < NF; i++) if ($i == "loss") print $(i + 1) }' >"$work/losses"
sort -c -g -r "$work/losses" 2>"$work/unsorted" || failed "training: the loss does not fall"
[ -s "$work/saved/here/model.safetensors" ] || failed "training: no model"
[ "$(wc -l <"$work/saved/here/development.csv")" -eq "$((1 + 4 * 2 * 2))" ] || failed "training: epochs of the wiring"
[ "$(grep -c module "$work/saved/here/routing.txt")" -ge 6 ] || failed "training: no routing table in its file"
[ "$(find "$work/saved" -type f ! -name "*.svg" ! -name "*.png" | wc -l)" -eq 9 ] || failed "training: files are left over"
epochs "$work/first"

# The same seed gives the same numbers, for any number of threads; another seed others.
if [ "${2-}" != short ]; then
  # shellcheck disable=SC2086
  run 0 "again, three threads" $small --epochs 4 --threads 3
  epochs "$work/second"
  cmp -s "$work/first" "$work/second" || failed "again: other numbers"
  # shellcheck disable=SC2086
  run 0 "another seed" $small --epochs 1 --seed 5
  grep '^epoch' "$out" | grep -qF "$(sed -n 's/.*\(loss [0-9.]*\).*/\1/p' "$work/first" | head -n 1)" &&
    failed "another seed: the same numbers"
fi

# Everything that can be chosen runs.
for reader in $readers; do
  run 0 "reader $reader" --images 300 --epochs 1 --reader $reader
  holds "$(value parameters) <= 50000" || failed "reader $reader: too many parameters"
done
for preset in $presets; do
  run 0 "preset $preset" --images 300 --epochs 1 --preset $preset
  case $preset in default) size=46606 ;; w1) size=47845 ;; *) size=47182 ;; esac
  [ "$(value parameters)" = $size ] || failed "preset $preset: $(value parameters) parameters, not $size"
done
run 0 "plain GRU" --images 300 --epochs 1 --model gru
[ "$(value parameters)" = 47310 ] || failed "plain GRU: $(value parameters) parameters"
run 0 "softmax with given features" --images 100 --epochs 1 --reader softmax --features 20 --context 24
holds "$(value parameters) > 50000" || failed "softmax: given features were changed"
run 0 "turns" --images 300 --epochs 1 --modules 3 --features 20 --context 8 --turns 3 --reader linear --out "$work/turns"
grep -q ", rows in turn to each" "$out" || failed "turns: does not say so"
[ "$(value parameters)" = "$((3 * (3 * 20 * (28 + 8 + 20) + 6 * 20) + 3 * 8 * 60 + 3 * 200 + 10))" ] ||
  failed "turns: $(value parameters) parameters"
run 0 "turns, loaded" --images 300 --turns 3 --load "$work/turns/model.safetensors"
refused "a rate to load with" "does not train" --turns 3 --load "$work/turns/model.safetensors" --lr 0.1
refused "turns, loaded wrongly" "3 inputs" --images 300 --load "$work/turns/model.safetensors"
run 0 "turns of a GRU" --images 300 --epochs 1 --model gru --units 20 --turns 3
[ "$(value parameters)" = "$((3 * 20 * (3 * 28 + 20) + 6 * 20 + 200 + 10))" ] ||
  failed "turns of a GRU: $(value parameters) parameters"
refused "more turns than modules" "as many --modules" --turns 5
run 0 "no readers" --images 300 --epochs 1 --reader none --modules 3 --features 20
grep -q ", no readers, input to all" "$out" || failed "no readers: does not say so"
[ "$(value parameters)" = "$((3 * (3 * 20 * (28 + 20) + 6 * 20) + 3 * 200 + 10))" ] ||
  failed "no readers: $(value parameters) parameters"
refused "contexts without readers" "readers" --reader none --context-dropout 0.1
refused "contexts of a plain GRU" "readers" --model gru --context-dropout 0.1
run 0 "help" --help
for option in data permutation images model preset reader modules features context connect output stack cell layers units \
  dense budget readout readout-frames predictions epochs max-seconds batch lr warmup clip weight-decay input-dropout \
  train-share seed threads out load curve checkpoint-every stop-after resume; do
  grep -q -e "--$option " "$out" || failed "help: --$option"
done

# Mistakes on the command line
refused "unknown option" "nonsense" --nonsense
refused "no value" "epochs" --epochs
refused "not a number" "epochs" --epochs many
refused "below its range" "epochs" --epochs 0
refused "above its range" "dropout" --input-dropout 1
refused "not a number at all" "lr" --lr nan
refused "unknown reader" "reader" --reader telepathy
refused "stray word" "stray" stray
refused "contradiction" "model" --preset w1 --model thalnet
refused "no effect" "plain GRU" --model gru --reader linear
refused "nothing to read" "none" --reader none --context 5
refused "nothing to see" "none" --reader none --connect ends
refused "unusable folder" "Not a directory" --out "$0/here"

# Data that is missing, damaged or mixed up
data=$work/data
mkdir "$data"
refused "no folder" "No such file" --data "$work/nowhere"
refused "no files" "train-images-idx3-ubyte" --data "$data"
image_header='\000\000\010\003\000\000\000\012\000\000\000\034\000\000\000\034'
label_header='\000\000\010\001\000\000\000\012'
# shellcheck disable=SC2059
images() { { printf "$image_header" && head -c 7840 /dev/zero | tr '\000' "$1"; } >"$data/$2-images-idx3-ubyte"; }
# shellcheck disable=SC2059
labels() { { printf "$label_header" && printf "$1"; } >"$data/$2-labels-idx1-ubyte"; }
ten='\000\001\002\003\004\005\006\007\010\011'
images a train && labels "$ten" train && images b t10k && labels "$ten" t10k
run 0 "ten images" --data "$data" --epochs 1
grep -q "images in $data" "$out" || failed "ten images: does not say which data it uses"
run 0 "four held out" --data "$data" --epochs 1 --held-out 4
grep -q "6 for training, 4 for validation, 10 for the test" "$out" || failed "four held out: the data"
refused "all held out" "held-out 10: none would be left" --data "$data" --held-out 10
refused "drawn images held out" "held-out 10: it is for the images of --data" --held-out 10
labels '\000\001\002\003\004\005\006\007\010\012' train
refused "wrong label" "label 9 is 10" --data "$data"
labels '\000\001\002\003\004\005\006\007\010' train
refused "truncated labels" "ends too early" --data "$data"
cp "$data/train-images-idx3-ubyte" "$data/train-labels-idx1-ubyte"
refused "images for labels" "mixed up" --data "$data"
labels "$ten" train
cp "$data/train-images-idx3-ubyte" "$data/t10k-images-idx3-ubyte"
refused "training images for test images" "mixed up" --data "$data"
images b t10k
gzip -c "$data/t10k-images-idx3-ubyte" | head -c 30 >"$data/t10k-images-idx3-ubyte.gz"
refused "truncated gzip" "ends too early" --data "$data"

# A training that diverges
run 3 "a rate far too high" --images 500 --epochs 2 --lr 1e300
diverged "a rate far too high" "step 1 of epoch 1, .*rate .*e+.*, loss 2\..* not be finite .*there is no checkpoint"
# shellcheck disable=SC2086
run 3 "a rate too high" $small --epochs 10 --lr 2 --warmup 300 --out "$work/diverged"
# which of the two is first depends on the last bits
diverged "a rate too high" "of epoch [2-9], with rate [0-9.]*, loss [0-9.]* and gradient norm [0-9.e+]*: .* is far above [0-9.]*, .*last \
good checkpoint: step 60 of epoch 1 in $work/diverged;"
LC_ALL=C grep -aq '"host.epoch":"1"' "$work/diverged/checkpoint.safetensors" || failed "a rate too high: another checkpoint"
# shellcheck disable=SC2086
run 0 "back to a rate that is none" $small --epochs 10 --lr 2 --warmup 300 --out "$work/diverged" --resume --stop-after 65
refused "a stop without checkpoints" "stop-after needs --out" --stop-after 10

# Ctrl-C: the step is finished and the model saved
interrupt INT "Ctrl-C" --epochs 1000 --images 1000 --out "$work/interrupted"
[ -s "$work/interrupted/model.safetensors" ] || failed "Ctrl-C: no model"

# A run that is killed goes on from its last checkpoint; so does one that is over, or has not begun.
resumes KILL "killed" --images 400 --epochs 40 --input-dropout 0.1 --average 0.99
run 0 "over" --images 400 --epochs 40 --input-dropout 0.1 --average 0.99 --out "$work/parts" --resume
grep -q '^epoch' "$out" && failed "over: it trains"
tail -n 1 "$out" | sed 's/ [a-z_]*_per_second.*//' | cmp -s - "$work/whole.result" || failed "over: another result"
run 0 "not begun" --images 100 --epochs 1 --out "$work/new" --resume
grep -q 'starting from the beginning' "$out" || failed "not begun: does not say so"
refused "another rate" "saved with --lr 0.01, not 0.02" --images 100 --epochs 1 --out "$work/new" --resume --lr 0.02
refused "other images" "saved with --images 100, not 90" --images 90 --epochs 1 --out "$work/new" --resume
refused "a test in the curve" "curve-test" --images 100 --epochs 1 --out "$work/new" --resume --curve "$work/c" --curve-test
refused "another network" "modules" --images 100 --epochs 1 --out "$work/new" --resume --modules 3
rm "$data/t10k-images-idx3-ubyte.gz"
images b t10k
run 0 "ten images, saved" --data "$data" --epochs 1 --out "$work/ten"
labels '\001\000\002\003\004\005\006\007\010\011' train
refused "other data" "other training data" --data "$data" --epochs 1 --out "$work/ten" --resume
head -c 3000 "$work/new/checkpoint.safetensors" >"$work/cut" && mv "$work/cut" "$work/new/checkpoint.safetensors"
refused "a truncated checkpoint" "truncated\|ends\|bytes" --images 100 --epochs 1 --out "$work/new" --resume
cp "$work/new/model.safetensors" "$work/new/checkpoint.safetensors"
refused "a model file" "checkpoint" --images 100 --epochs 1 --out "$work/new" --resume
refused "resume from nowhere" "needs --out" --resume
refused "checkpoints to nowhere" "needs --out" --checkpoint-every 2

[ $failures -eq 0 ] && echo "pmnist does what it should"
exit "$((failures > 0))"
