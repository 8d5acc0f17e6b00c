#!/bin/sh
# SPDX-License-Identifier: MIT
set -eu

usage() {
  cat <<'TEXT'
usage: fetch_data.sh [DIR [mnist|cifar10|text8]...]

Downloads the public data sets that the examples train on, and verifies them.
  mnist    handwritten digits, 11 MB            DIR/mnist
  cifar10  small photographs, 163 MB            DIR/cifar-10-batches-bin
  text8    100 million characters, 30 MB packed DIR/text8/text8
DIR is ./data unless given; without names all three are fetched. What is there and intact is not
fetched again, and a file gets its name only once it is complete and verified.

MNIST_URL, CIFAR10_URL and TEXT8_URL in the environment name other places that have the same bytes.
Needs curl or wget, gzip, tar, one of md5sum, md5 or openssl, and unzip for text8.
TEXT
}

mnist_url=${MNIST_URL:-https://ossci-datasets.s3.amazonaws.com/mnist}
cifar10_url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}
text8_url=${TEXT8_URL:-http://mattmahoney.net/dc/text8.zip}

say() { printf 'fetch_data: %s\n' "$*"; }
complain() { printf 'fetch_data: %s\n' "$*" >&2; }
fail() {
  complain "$@"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The MD5 sum of standard input.
sum_of_input() {
  if have md5sum; then md5sum | cut -d' ' -f1
  elif have md5; then md5 -q
  else openssl md5 -r | cut -d' ' -f1
  fi
}

# verified <MD5 sum> <command>...: the command succeeds, and what it prints has that sum.
verified() {
  wanted=$1
  shift
  found=$({ "$@" 2>/dev/null || echo failed; } | sum_of_input)
  [ "$found" = "$wanted" ] && return
  complain "'$*' gives MD5 $found, not $wanted"
  return 1
}

# download <url> <file>
download() {
  say "fetching $1"
  if have curl; then curl --fail --location --show-error --silent --retry 3 --output "$2" "$1"
  elif have wget; then wget --no-verbose --tries=3 --output-document="$2" "$1"
  else fail "needs curl or wget"
  fi || fail "$1 could not be fetched"
}

# The sums are those of the unpacked files, however they are packed.
fetch_mnist() {
  mkdir -p "$directory/mnist"
  while read -r name sum; do
    file=$directory/mnist/$name.gz
    if [ -f "$file" ] && verified "$sum" gzip -dc "$file"; then
      say "$file is there"
      continue
    fi
    download "$mnist_url/$name.gz" "$file.part"
    verified "$sum" gzip -dc "$file.part" || fail "$mnist_url/$name.gz is not what it should be"
    mv "$file.part" "$file"
  done <<'LIST'
train-images-idx3-ubyte 6bbc9ace898e44ae57da46a324031adb
train-labels-idx1-ubyte a25bea736e30d166cdddb491f175f624
t10k-images-idx3-ubyte 2646ac647ad5339dbf082846283269ea
t10k-labels-idx1-ubyte 27ae3e4e09519cfbb04c329615203637
LIST
  say "MNIST is in $directory/mnist: pmnist --data $directory/mnist"
}

fetch_cifar10() {
  folder=$directory/cifar-10-batches-bin
  part=$directory/cifar10.part
  if [ -f "$folder/verified" ]; then
    say "$folder is there"
    return
  fi
  [ ! -e "$folder" ] || fail "$folder is there, but not from this script: move it away"
  mkdir -p "$part"
  download "$cifar10_url" "$part/archive"
  verified c32a1d4ab5d03f1284b67883e8d87530 cat "$part/archive" || fail "$cifar10_url is not what it should be"
  gzip -dc "$part/archive" | tar -xf - -C "$part"
  for name in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    [ -s "$part/cifar-10-batches-bin/$name.bin" ] || fail "$cifar10_url does not hold $name.bin"
  done
  : >"$part/cifar-10-batches-bin/verified"
  mv "$part/cifar-10-batches-bin" "$folder"
  rm -rf "$part"
  say "CIFAR-10 is in $folder"
}

fetch_text8() {
  file=$directory/text8/text8
  sum=3bea1919949baf155f99411df5fada7e
  if [ -f "$file" ] && verified "$sum" cat "$file"; then
    say "$file is there"
    return
  fi
  have unzip || fail "needs unzip for text8"
  mkdir -p "$directory/text8"
  download "$text8_url" "$file.zip.part"
  verified "$sum" unzip -p "$file.zip.part" text8 || fail "$text8_url is not what it should be"
  unzip -p "$file.zip.part" text8 >"$file.part"
  mv "$file.part" "$file"
  rm -f "$file.zip.part"
  say "text8 is $file"
}

case ${1:-} in
-h | --help)
  usage
  exit 0
  ;;
-*)
  usage >&2
  exit 2
  ;;
esac
directory=${1:-data}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- mnist cifar10 text8
for name in "$@"; do
  case $name in
  mnist | cifar10 | text8) ;;
  *)
    complain "there is no data set '$name'; try --help"
    exit 2
    ;;
  esac
done
for name in "$@"; do "fetch_$name"; done
