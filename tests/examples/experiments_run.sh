#!/bin/sh
# SPDX-License-Identifier: MIT
# experiments_run.sh <the program experiments> <the repository's table> [short]
# Runs tables of a fake program and one of a real one: what is run, kept, run again, told and written.
set -u
program=$1
table=$2
length=${3-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "$here/helpers.sh"
cd "$work" || exit 2
mkdir programs data
cp "$here/experiments_fake.sh" programs/fake
chmod +x programs/fake
FAKE_LOG=$work/started
FAKE_GO=$work/go
export FAKE_LOG FAKE_GO
: >"$FAKE_LOG"
# 16 bytes of header, then images A..J in turn
{ printf '0123456789abcdef' && for _ in 1 2 3 4 5 6 7 8 9 10; do printf ABCDEFGHIJ; done; } >data/labels
fake="--table runs.txt --programs programs --data data"

# began <what> <number>: so many children were started since the last time
began() {
  found=$(wc -l <"$FAKE_LOG")
  [ "$found" -eq "$2" ] || failed "$1: $found children, not $2"
  : >"$FAKE_LOG"
}
says() { grep -qF -e "$2" "$out" || failed "$1: no '$2' on stdout"; }
has() { grep -qF -e "$2" page.md || { failed "$1: no '$2' on the page" && cat page.md; }; }
# same <what>: the page is the one before, but for the machines' lines
same() {
  grep -v '^- [0-9]* runs: ' before.md >wanted
  grep -v '^- [0-9]* runs: ' page.md | cmp -s - wanted || failed "$1: another page"
}
has_not() { grep -qF -e "$2" page.md && failed "$1: '$2' on the page"; }

cat >runs.txt <<'TABLE'
| The introduction.
group g
title The group
program fake
options --data {data}
measure accuracy higher percent
train measured
labels {data}/labels 16 1
seeds 0-2
compare good poor
compare poor good
| Before the table.
> What we conclude.
row good  Good one
options --quality 2
row poor  Poor one
row late  Late one
options --fail
seeds 1
group choice
tunes g
title The choice
program fake
measure accuracy higher percent
seeds 0
row one First trial
tunes good
options --quality 1
row two Second trial
tunes good
options --quality 3
row lucky Trial with more seeds
tunes good
seeds 0 18 19
options --quality 2
row three Third trial
tunes poor
group designs
title Designs
program fake
test none
measure accuracy higher percent
seeds 0-1
row plain Plain one
options --quality 1
group bits
title Bits
program fake
options --measure bpc
measure bpc lower bits a character
train measured
seeds 0 1
compare a b
row a A
row b B
options --quality 1
TABLE

# The command line
run 0 help --help
for option in table only tune seeds retry list data programs jobs threads runs page page-only; do
  grep -q -e "--$option " "$out" || failed "help: --$option"
done
refused "a page of another kind" ".md" $fake --page page.html
refused "page only without a page" "needs --page" $fake --page-only
refused "an unknown group" "no such group" $fake --only h
refused "an unknown row" "no such row" $fake --only g/x
refused "no table" "No such file" --table nowhere.txt
printf 'group g\nnonsense\n' >wrong.txt
refused "a mistake in the table" "wrong.txt:2: there is no 'nonsense'" --table wrong.txt
run 0 list $fake --list
[ "$(grep -c '^to do' "$out")" -eq 13 ] || failed "list: not 13 runs"
says list "g/good 0: fake --data {data} --quality 2"
began "until here" 0

# A page about nothing
run 0 "nothing yet" $fake --page page.md --page-only
has "nothing yet" 'Not run yet: `good`, `poor`, `late`.'
has "nothing yet" "Nothing has been run yet"
has_not "nothing yet" "| row |"

# Some seeds, in parallel; one fails
run 1 "two seeds" $fake --only g --seeds 2 --jobs 3 --page page.md
grep -c -e "--data data .*--curve-test --predictions" "$FAKE_LOG" >/dev/null || failed "two seeds: the children's options"
began "two seeds" 5
says "two seeds" "g/good seed 1: test 81.00, validation 81.50"
says "two seeds" "g/late seed 1: failed with exit code 3: fake: it went wrong with {data}/x"
has "two seeds" '| `good` | Good one | 46,606 | 81.00 ± 0.71 | **80.50 ± 0.71** | 81.49 ± 0.71 | 0.99 ± 0.00 | 2 | 95 | 8,000 | `--quality 2` |'
has "two seeds" 'Not run yet: `good` seed 2, `poor` seed 2.'
has "two seeds" '`late` seed 1, exit code 3: `fake: it went wrong with {data}/x`'
has "two seeds" "Each run is \`fake --data {data}\`"

# The others; what failed is left alone, then tried again
run 1 "third seed" $fake --only g --page page.md
began "third seed" 2
says "third seed" "1 failed before"
mv page.md before.md
run 1 "again" $fake --only g --page page.md
began "again" 0
cmp -s page.md before.md || failed "again: no page, or another"
run 1 "retry" $fake --only g --retry
began "retry" 1
# In a seed, good is right for 20 images more than poor, but not always the same; the interval is numpy's.
has "third seed" '**`good` is above `poor`**: on the test, the difference `good` - `poor` is +20.00 points, 95 % interval +3.19 to +36.81'
has "third seed" "(3 seeds and 100 test images, both taken as sampled)"
has "third seed" 'Of 100 test images both name 61 rightly, only `good` 20, only `poor` 0, neither 19 (mean over the seeds).'
has "third seed" '**`poor` is below `good`**'
has "third seed" "The introduction."
has "third seed" "Before the table."
has "third seed" "What we conclude."

# Tuning leaves the test alone
run 0 "tuning" $fake --tune --page page.md
grep -q -e "--no-test" "$FAKE_LOG" || failed "tuning: --no-test was not given"
grep -q -e "--curve-test\|--predictions" "$FAKE_LOG" && failed "tuning: the test was asked for"
began "tuning" 6
has "tuning" "Trials, which leave the test data alone: 3 for \`good\`, 1 for \`poor\`."
has "tuning" '| `two` | `good` | Second trial | 46,606 | **90.50** | 90.99 | 1 | `--quality 3` |'
has "tuning" '| `one` | `good` | First trial | 46,606 | 70.50 |'
has "tuning" '| `lucky` | `good` | Trial with more seeds | 46,606 | 92.83 ±' # but 80.50 with the seed that all have
grep -q curve page/choice.txt && failed "tuning: its curves are recorded"

# Where less is better, and nothing is known about images
run 0 "bits" $fake --only bits --page page.md
began "bits" 4
has "bits" '**`a` is below `b`**, which is better: on the test, the difference `a` - `b` is -0.1000 bits a character'
has "bits" "(2 seeds, the test data taken as given)"
has "bits" "test - train"

# A group of its own that leaves the test data alone
run 0 "designs" $fake --only designs --page page.md
grep -q -e "--no-test" "$FAKE_LOG" || failed "designs: --no-test was not given"
began "designs" 2
has "designs" "Train is counted while the last epoch trains"
has "designs" '| row | | parameters | validation | train | seeds | seconds | sequences/s | options |'
has "designs" '| `plain` | Plain one | 46,606 | **71.00 ± 0.71** | 71.49 ± 0.71 | 2 | 95 | 8,000 | `--quality 1` |'

# The page again: from the folder beside it alone, and the same. Pictures too.
cp page.md before.md
cp -r page before
mv runs runs.away
run 0 "page from what is recorded" $fake --page page.md --page-only
cmp -s page.md before.md || failed "page from what is recorded: it is another"
diff -r page before >"$out" || failed "page from what is recorded: other results or pictures"
grep -q 'predictions' page/*.txt && failed "predictions are recorded"
if ldd "$program" 2>/dev/null | grep -q libcairo; then
  has "pictures" "](page/g.svg)"
  grep -q "<svg" page/g.svg || failed "pictures: no picture"
  has "pictures" 'by epoch, on the validation and on the training data](page/designs.svg)'
  grep -q "<svg" page/designs.svg || failed "pictures: none of a group that leaves the test data alone"
fi
mv runs.away runs

# Who runs a row again is told what the repository has
mkdir docs && cp page.md docs/results.md && cp -r page docs/results
run 0 "compared" $fake --only g/good --seeds 1 --runs elsewhere
began "compared" 1
says "compared" "g/good seed 0: test 80.00, validation 80.50; recorded in the repository: test 80.00, validation 80.50"

# A changed command makes its row run again, and no other; recorded runs of the old one are left out
sed 's/--quality 2/--quality 1/' runs.txt >changed.txt
run 1 "changed" --table changed.txt --programs programs --data data --only g --page page.md
began "changed" 3
has "changed" '`--quality 1`'
has "changed" "+10.00 points"
run 0 "changed back" $fake --page page.md --page-only
says "changed back" "3 recorded runs were left out"
has "changed back" 'Not run yet: `good`.'
run 1 "as it was" $fake --only g --page page.md
began "as it was" 3
same "as it was"

# Labels of other data, predictions of another length
cp data/labels kept
tr ABC BCA <kept >data/labels
run 0 "wrong labels" $fake --page page.md --page-only
grep -q "are the labels those of" "$err" || failed "wrong labels: nothing on stderr"
printf x >>data/labels
run 0 "one label more" $fake --page page.md --page-only
grep -q "100 predictions, but there are 101 labels" "$err" || failed "one label more: nothing on stderr"
gzip -c kept >data/labels.gz && rm data/labels
run 0 "packed labels" $fake --page page.md --page-only
[ -s "$err" ] && failed "packed labels: words on stderr"
same "packed labels"
mv kept data/labels

# Results that cannot be read, and files in place of folders
cp -r runs good.runs
echo nonsense >>runs/g/good/1.run
refused "a damaged run" "runs/g/good/1.run:" $fake --only g
cp good.runs/g/good/0.run runs/g/good/1.run
refused "another run's file" "another run" $fake --only g
rm -r runs && mv good.runs runs
cp page/g.txt kept && echo "<<<<<<< ours" >>page/g.txt
refused "a merge conflict" "page/g.txt:" $fake --page page.md --page-only
mv kept page/g.txt
refused "a file as folder" "Not a directory" $fake --runs runs.txt/x

# Children that end strangely
cat >strange.txt <<'TABLE'
group s
title Strange ones
program fake
measure accuracy higher percent
seeds 0
row silent Says nothing
options --silent
row dead Dies
options --die
row other Another measure
options --measure bpc
row none Takes no such option
options --nonsense
group n
title Not there
program nobody
measure accuracy higher percent
seeds 0
row r R
TABLE
run 1 "strange children" --table strange.txt --programs programs --runs strange
says "strange children" "s/silent seed 0: failed with exit code 1: it ended well, but without a line 'result ...'"
says "strange children" "s/dead seed 0: failed with exit code 139: ended by signal 11"
says "strange children" "s/other seed 0: failed with exit code 1: its result has no validation_accuracy"
says "strange children" "s/none seed 0: failed with exit code 2: fake: what is --nonsense?"
says "strange children" "n/r seed 0: failed with exit code 127: programs/nobody: No such file"
: >"$FAKE_LOG"

# Stopped by a signal, and killed: what was finished stays, the rest is run by the next
cat >long.txt <<'TABLE'
group l
title Long ones
program fake
measure accuracy higher percent
seeds 0
row quick Quick
row slow Slow
options --wait
row last Last
TABLE
# wait_for <what> <words>: in the output of the program in the background
wait_for() {
  for _ in $(seq 400); do
    grep -qF -e "$2" "$out" && return
    sleep 0.05
  done
  failed "$1: no '$2' in time"
}
children_gone() {
  for _ in $(seq 200); do
    ps -eo args 2>/dev/null | grep -F -e "$work/there/programs/fake" | grep -v grep >/dev/null || return 0
    sleep 0.05
  done
  failed "$1: its child is still there"
}
mkdir there && cp -r programs there/programs
for signal in INT TERM KILL; do
  rm -rf long && : >"$out" && : >"$FAKE_LOG"
  "$program" --table long.txt --programs "$work/there/programs" --runs long >"$out" 2>"$err" &
  pid=$!
  wait_for "$signal" "l/slow seed 0: started"
  refused "$signal: two at a time" "another experiments" --table long.txt --programs programs --runs long
  kill "-$signal" $pid
  wait $pid 2>/dev/null
  code=$?
  case $signal in INT) wanted=130 ;; TERM) wanted=143 ;; KILL) wanted=137 ;; esac
  [ $code -eq $wanted ] || failed "$signal: exit code $code, not $wanted"
  children_gone "$signal"
  [ -e long/l/quick/0.run ] || failed "$signal: the finished run is lost"
  [ ! -e long/l/slow/0.run ] || failed "$signal: the stopped run is recorded"
  : >"$FAKE_LOG" && : >"$FAKE_GO"
  run 0 "after $signal" --table long.txt --programs programs --runs long
  began "after $signal" 2
  says "after $signal" "3 runs, 2 to do"
  rm -f "$FAKE_GO"
done

# A real program
if [ "$length" != short ]; then
  cat >real.txt <<'TABLE'
group real
title Drawn digits
program pmnist
options --images 300 --epochs 2
measure accuracy higher percent
seeds 0 1
compare thalnet gru
row thalnet ThalNet
row gru GRU
options --model gru
TABLE
  run 0 "a real program" --table real.txt --jobs 2 --threads 1 --runs real --page page.md
  has "a real program" '| `gru` | GRU | 47,310 |'
  has "a real program" "95 % interval"
  has "a real program" "1 thread a run, 2 runs at a time"
  grep -q "^curve 2," page/real.txt || failed "a real program: no curve"
fi

# The table of the repository: every command has options that its program takes, up to the data that are not here. Only
# programs that are there are asked.
folder=$(dirname "$program")
run 0 "the table" --table "$table" --list
run 0 "the table of trials" --table "$table" --list --tune
run 0 "the table" --table "$table" --list
{ cat "$out" && "$program" --table "$table" --list --tune; } | sed 's/^[^:]*: //' | LC_ALL=C sort -u >commands
[ -s commands ] || failed "the table: no commands"
while read -r name options; do
  [ -x "$folder/$name" ] || continue
  # shellcheck disable=SC2086
  "$folder/$name" $options --seed 0 --threads 1 --curve x --curve-test >"$out" 2>"$err"
  [ $? -eq 2 ] && grep -q "{data}.*: No such file" "$err" || failed "the table: $name $options"
done <commands

# The repository's page is the one that its table and its results give.
docs=$(dirname "$table")/../../docs
rm -rf docs && mkdir docs && cp "$docs/results.md" docs
[ ! -d "$docs/results" ] || cp -r "$docs/results" docs
run 0 "the page" --table "$table" --runs none --data none --page docs/results.md --page-only
diff "$docs/results.md" docs/results.md >"$out" || failed "docs/results.md: experiments --page docs/results.md --page-only"

[ $failures -eq 0 ] && echo "experiments does what it should"
exit "$((failures > 0))"
