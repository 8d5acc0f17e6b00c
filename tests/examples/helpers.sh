# SPDX-License-Identifier: MIT
# What the scripts that run the examples share; sourced after $program, the program, and $work, a folder, are set.
failures=0
out=$work/out
err=$work/err

failed() {
  echo "FAILED: $*"
  sed 's/^/  stdout: /' "$out"
  sed 's/^/  stderr: /' "$err"
  failures=$((failures + 1))
}

# run <exit code> <what> <arguments>...
run() {
  wanted=$1
  what=$2
  shift 2
  "$program" "$@" >"$out" 2>"$err"
  code=$?
  [ "$code" -eq "$wanted" ] || failed "$what: exit code $code, not $wanted"
}

# refused <what> <words> <arguments>...: exit code 2, the words on stderr, and no result
refused() {
  what=$1
  words=$2
  shift 2
  run 2 "$what" "$@"
  grep -q -e "$words" "$err" || failed "$what: no '$words' on stderr"
  if grep -q '^result' "$out"; then failed "$what: a result"; fi
}

# diverged <what> <words>: a line on stderr with these words, and no other
diverged() {
  if [ "$(wc -l <"$err")" -ne 1 ] || ! grep -q "training diverged at .*$2" "$err"; then failed "$1: not one line with '$2'"; fi
  if grep -q '^result' "$out"; then failed "$1: a result"; fi
}

# value <field> of the last line
value() { tail -n 1 "$out" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
holds() { awk "BEGIN { exit !($1) }"; }

# interrupt <signal> <what> <arguments>...: sends the signal once the second epoch is over; whatever belongs to the first is
# then done
interrupt() {
  signal=$1
  what=$2
  shift 2
  : >"$out" # else the epochs of the run before are there until the new one has begun
  "$program" "$@" >"$out" 2>"$err" &
  child=$!
  tries=0
  until grep -q '^epoch *2/.*validation' "$out" || [ $tries -ge 1500 ]; do
    sleep 0.02
    tries=$((tries + 1))
  done
  kill "-$signal" "$child"
  wait "$child" 2>/dev/null
  code=$?
  case $signal in INT) wanted=130 ;; KILL) wanted=137 ;; *) wanted=143 ;; esac
  [ $code -eq $wanted ] || failed "$what: exit code $code, not $wanted"
  grep -q '^result' "$out" && failed "$what: a result"
}

# epochs of $out, without speeds and times, into a file
epochs() { grep '^epoch [ 0-9]*/' "$out" | grep validation | sed 's/  [0-9]* [a-z]*\/s.*//' >"$1"; }

# resumes <signal> <what> <arguments>...: a training that is interrupted and resumed, with another number of threads, ends
# with the same bits as one that is not
resumes() {
  by=$1
  resumed=$2
  shift 2
  rm -rf "$work/whole" "$work/parts"
  run 0 "$resumed, whole" "$@" --out "$work/whole" --curve "$work/whole.csv"
  tail -n 1 "$out" | sed 's/ [a-z_]*_per_second.*//' >"$work/whole.result"
  interrupt "$by" "$resumed" "$@" --out "$work/parts" --curve "$work/parts.csv"
  [ -s "$work/parts/checkpoint.safetensors" ] || failed "$resumed: no checkpoint"
  run 0 "$resumed, resumed" "$@" --out "$work/parts" --curve "$work/parts.csv" --resume --threads 3
  grep -q '^going on after step' "$out" || failed "$resumed: from the beginning"
  tail -n 1 "$out" | sed 's/ [a-z_]*_per_second.*//' | cmp -s - "$work/whole.result" || failed "$resumed: another result"
  cmp -s "$work/whole/model.safetensors" "$work/parts/model.safetensors" || failed "$resumed: another network"
  cmp -s "$work/whole/development.csv" "$work/parts/development.csv" || failed "$resumed: another development of the wiring"
  cut -d, -f1,3- "$work/whole.csv" >"$work/whole.curve"
  cut -d, -f1,3- "$work/parts.csv" | cmp -s - "$work/whole.curve" || failed "$resumed: another curve"
}
