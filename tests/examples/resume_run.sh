#!/bin/sh
# SPDX-License-Identifier: MIT
# resume_run.sh <program> [short]
# N steps are k steps, a checkpoint, and the other N - k in a new process: the last checkpoints are the same file, byte for byte, for k
# within an epoch and at both of its ends, with one thread and with four, before and after. The file says everything that a training
# depends on. With the word short it leaves out repetitions, for sanitizers under which every run takes long.
set -u
# shellcheck source=tests/examples/helpers.sh disable=SC2034,SC2154
program=$1
name=$(basename "$program")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"

# Images of one colour each, as files: drawing some takes longer than to train with them. CIFAR-10 has five files of them.
data=$work/data
mkdir "$data"
image() { printf "\\$(printf %03o "$1")" && head -c "$2" /dev/zero | tr '\000' "\\$(printf %03o "$3")"; }
cifar() {
  for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    for i in 0 1 2 3 4 5 6 7 8 9; do
      image $i 3072 $((16 * i + colour))
      colour=$((colour + 1))
    done >"$data/$file.bin"
  done
}
# digits <part> <colour>: fifty of them
digits() {
  printf '\000\000\010\003\000\000\000\062\000\000\000\034\000\000\000\034' >"$data/$1-images-idx3-ubyte"
  printf '\000\000\010\001\000\000\000\062' >"$data/$1-labels-idx1-ubyte"
  i=0
  while [ $i -lt 50 ]; do
    image $((i % 10)) 784 $((i + $2)) >"$work/digit"
    head -c 1 "$work/digit" >>"$data/$1-labels-idx1-ubyte"
    tail -c 784 "$work/digit" >>"$data/$1-images-idx3-ubyte"
    i=$((i + 1))
  done
}
colour=1

# Three epochs of six steps, with everything on that draws random numbers or is carried along.
rest="--epochs 3 --seed 7 --average 0.9 --input-dropout 0.1 --module-dropout 0.1 --modules 2 --features 12 --context 6 --no-test"
case $name in
pmnist)
  digits train 1 && digits t10k 100
  rest="$rest --data $data --held-out 2 --batch 8 --smoothing 0.1"
  ;;
cifar10)
  cifar
  rest="$rest --data $data --held-out 2 --batch 8 --augment --output each"
  ;;
text8)
  head -c 3000 "$0" >"$work/text"
  rest="$rest --data $work/text --streams 9 --window 10 --segments 3 --epoch-characters 540"
  ;;
*) exit 2 ;;
esac
steps=6
cuts="0 1 9 11 12"
threads="1,1 1,4 4,1"
[ "${2-}" != short ] || cuts="1 11" threads="1,4"
checkpoint=checkpoint.safetensors

# shellcheck disable=SC2086
run 0 "whole" $rest --threads 1 --out "$work/whole"
first=$(grep -c '^epoch' "$out")
[ "$first" -eq 3 ] || failed "whole: $first epochs"
for cut in $cuts; do
  for pair in $threads; do
    rm -rf "$work/parts"
    # shellcheck disable=SC2086
    run 0 "$cut steps" $rest --threads "${pair%,*}" --out "$work/parts" --stop-after "$cut"
    grep -q "^stopped after $cut steps" "$out" || failed "$cut steps: it does not say that it stopped"
    grep -q '^result' "$out" && failed "$cut steps: a result"
    cmp -s "$work/whole/$checkpoint" "$work/parts/$checkpoint" && failed "$cut steps: the last checkpoint already"
    # shellcheck disable=SC2086
    run 0 "$cut steps and the others" $rest --threads "${pair#*,}" --out "$work/parts" --resume
    grep -q "^going on after step $((cut - (cut > 0 ? (cut - 1) / steps * steps : 0))) of epoch" "$out" ||
      failed "$cut steps and the others: it goes on elsewhere"
    for file in $checkpoint model.safetensors development.csv; do
      cmp -s "$work/whole/$file" "$work/parts/$file" || failed "$cut steps and the others, threads $pair: another $file"
    done
  done
done

# Stopped after every step: the same as well.
[ "${2-}" = short ] || {
  rm -rf "$work/parts"
  cut=0
  while [ $cut -le $((3 * steps)) ]; do
    # shellcheck disable=SC2086
    run 0 "step by step, $cut" $rest --out "$work/parts" --resume --stop-after $cut
    cut=$((cut + 1))
  done
  cmp -s "$work/whole/$checkpoint" "$work/parts/$checkpoint" || failed "step by step: another checkpoint"
}

# Another seed is another file: the comparison can fail.
# shellcheck disable=SC2086
run 0 "another seed" $rest --seed 8 --out "$work/parts8"
cmp -s "$work/whole/$checkpoint" "$work/parts8/$checkpoint" && failed "another seed: the same file"

# What the file says beside numbers; no time is in it.
tr ',' '\n' <"$work/whole/$checkpoint" | LC_ALL=C grep -a '^"' >"$work/header"
for pair in 'host.option.seed":"7"' 'host.epoch":"3"' "host.step\":\"$steps\"" 'host.option.epochs":"3"' 'host.option.lr":"' \
  'host.option.warmup":"' 'host.option.clip":"1"' 'host.data":"' "host.program\":\"$name\"" \
  'thalnet.checkpoint.steps":"18"' 'thalnet.checkpoint.build":"[0-9.]* blas=.* products=.* threads=.* kernel=.* real=float"'; do
  grep -q "^\"$pair" "$work/header" || failed "the file does not say $pair"
done
grep -q 'seconds\|threads":' "$work/header" && failed "the file depends on time or threads"

# A library built otherwise, or another processor: training goes on, and says so.
if command -v python3 >"$work/python"; then
  cp -r "$work/whole" "$work/other"
  python3 - "$work/other/$checkpoint" <<'END'
import sys, zlib
path = sys.argv[1]
content = bytearray(open(path, "rb").read().replace(b" kernel=", b" kernet=", 1))
place = content.index(b'"thalnet.checksum":"') + 20
content[place:place + 8] = b"00000000"
content[place:place + 8] = b"%08x" % zlib.crc32(content)
open(path, "wb").write(content)
END
  # shellcheck disable=SC2086
  run 0 "another build" $rest --out "$work/other" --resume
  grep -q "another build of the library.* kernet=" "$out" || failed "another build: it does not say so"
  # shellcheck disable=SC2086
  run 0 "the same build" $rest --out "$work/whole" --resume
  grep -q "another build of the library" "$out" && failed "the same build: it says that it is another"
fi

[ $failures -eq 0 ] && echo "$name goes on where it stopped"
exit "$((failures > 0))"
