#!/bin/sh
# SPDX-License-Identifier: MIT
# Plays the role of an example for experiments_run.sh: leaves behind what an example does, made of --quality and the seed.
# Every start is noted in $FAKE_LOG. --fail makes it fail, --wait waits (for $FAKE_GO), --silent leaves the result out.
quality=0
measure=accuracy
silent=
dir=
no_test=
predictions=
[ -z "${FAKE_LOG-}" ] || echo "$*" >>"$FAKE_LOG"
while [ $# -gt 0 ]; do
  case $1 in
    --seed) seed=$2 && shift ;;
    --threads) threads=$2 && shift ;;
    --curve) curve=$2 && shift ;;
    --predictions) predictions=$2 && shift ;;
    --quality) quality=$2 && shift ;;
    --measure) measure=$2 && shift ;;
    --data) dir=$2 && shift ;;
    --curve-test) ;;
    --no-test) no_test=1 ;;
    --silent) silent=1 ;;
    --fail)
      echo "fake: first words" >&2
      echo "fake: it went wrong with $dir/x" >&2
      exit 3
      ;;
    --die) kill -SEGV $$ ;;
    --wait) while [ ! -e "$FAKE_GO" ]; do sleep 0.05; done ;;
    *)
      echo "fake: what is $1?" >&2
      exit 2
      ;;
  esac
  shift
done
[ "$threads" -ge 1 ] || exit 2
[ -z "$dir" ] || [ -d "$dir" ] || exit 2

# Of 100 images, whose class is the last digit of their number, the first 60 + 10 x quality + seed are named rightly.
right=$((60 + 10 * quality + seed))
[ -z "$predictions" ] || awk -v right=$right 'BEGIN { for (i = 0; i < 100; i++) printf "%c", i < right ? 65 + i % 10 : 90 }' >"$predictions"
awk -v right=$right -v measure="$measure" -v test="$no_test" 'BEGIN {
  printf "epoch,seconds,train_loss,train_%s,validation_%s%s\n", measure, measure, test ? "" : ",test_" measure
  for (e = 1; e <= 5; e++)
    printf "%d,%d,%f,%f,%f%s\n", e, e, 1 / e, right / 100 - 0.1 / e, right / 100 - 0.2 / e, test ? "" : "," right / 100 - 0.3 / e
}' >"$curve"
echo "some words"
[ -z "$silent" ] || exit 0
printf 'result '
[ -n "$no_test" ] || printf 'test_%s=0.%d00 ' "$measure" $right
echo "validation_$measure=0.${right}50 train_$measure=0.${right}99 parameters=46606 train_sequences_per_second=8000 seconds=95"
