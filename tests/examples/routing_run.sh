#!/bin/sh
# SPDX-License-Identifier: MIT
# routing_run.sh <routing> [short]
# Networks that pmnist trains, and what the program says of them: text, files, pictures where cairo and Graphviz are there.
set -u
program=$1
readers='linear weight_norm softmax gaussian'
[ "${2-}" != short ] || readers='linear gaussian'
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/helpers.sh"
pmnist=$(dirname "$program")/pmnist

# files <folder> <what> <names>...: they are there, and not empty
files() {
  folder=$1
  what=$2
  shift 2
  for name in "$@"; do
    [ -s "$folder/$name" ] || failed "$what: no $name"
  done
}

models=''
for reader in $readers; do
  "$pmnist" --preset paper --reader "$reader" --features 12 --context 8 --images 1000 --epochs 2 --batch 50 --no-test \
    --quiet --out "$work/$reader" >"$out" 2>"$err" || failed "pmnist: $reader"
  files "$work/$reader" "pmnist" graph.dot graph.json graph.csv causes.csv
  [ ! -s "$err" ] || failed "pmnist: something on stderr"
  models="$models,$work/$reader/model.safetensors"
done
models=${models#,}

run 0 "one model" --models "$work/linear/model.safetensors"
grep -q '4 modules around 48 features' "$out" || failed "one model: its size"
grep -q '^  rows  *-> module0 ' "$out" || failed "one model: the edge from the input"
grep -q '^  module3  *-> digit ' "$out" || failed "one model: the edge to the output"
grep -Eq '^strongest path: rows -> module0 -> .*module3 -> digit \(share 0\.[0-9]+\)$' "$out" ||
  failed "one model: the path"
grep -Eq '^chains [0-9]+, skips [0-9]+, lateral' "$out" || failed "one model: the summary"
cp "$out" "$work/first"
run 0 "again" --models "$work/linear/model.safetensors"
cmp -s "$out" "$work/first" || failed "again: another answer"
run 0 "other inputs" --models "$work/linear/model.safetensors" --seed 1 --sequences 8 --frames 5
cmp -s "$out" "$work/first" && failed "other inputs: the same shares"

run 0 "all models" --models "$models" --out "$work/pictures"
files "$work/pictures" "all models" graph.dot graph.json graph.csv
[ "$(wc -l <"$work/pictures/graph.csv")" -ge 5 ] || failed "all models: edges in graph.csv"
if command -v dot >/dev/null; then files "$work/pictures" "Graphviz" graph.svg graph.png; fi
if [ -e "$work/pictures/routing.svg" ]; then
  for picture in routing activity readers; do
    files "$work/pictures" "cairo" "$picture.svg" "$picture.png"
    grep -q '<svg' "$work/pictures/$picture.svg" || failed "cairo: $picture.svg is no SVG file"
    head -c 4 "$work/pictures/$picture.png" | grep -q PNG || failed "cairo: $picture.png is no PNG file"
  done
fi

# The same network is like itself; networks of other sizes are neither compared nor drawn side by side.
run 0 "similarity" --models "$work/linear/model.safetensors,$work/linear/model.safetensors"
grep -Eq '^similarity of .*: 1\.000; as numbered 1\.000$' "$out" || failed "similarity: with itself"

"$pmnist" --modules 3 --features 12 --context 8 --images 500 --epochs 1 --no-test --quiet --out "$work/three" \
  >"$out" 2>"$err" || failed "pmnist: three modules"
run 0 "other sizes" --models "$work/three/model.safetensors,$work/linear/model.safetensors" --out "$work/sizes"
grep -q 'they have different numbers of modules' "$out" || failed "other sizes: compared"
[ ! -e "$work/sizes/readers.svg" ] || failed "other sizes: side by side"
run 0 "long sequences" --models "$work/three/model.safetensors" --sequences 1 --frames 5000 --out "$work/long"

refused "no model" 'models is missing'
run 1 "nothing there" --models "$work/nothing"
grep -q "$work/nothing" "$err" || failed "nothing there: not named"
run 1 "no model file" --models "$work/first"
run 1 "too many" --models a,b,c,d,e,f,g,h,i
grep -q 'at most 8' "$err" || failed "too many: why"

[ "$failures" -eq 0 ] && echo "all runs as expected"
exit "$failures"
