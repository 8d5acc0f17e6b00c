#!/bin/sh
# SPDX-License-Identifier: MIT
# forbidden.sh <libthalnet.a> <allow assertions: 0 or 1> [nm]
# The library ends no process, prints nothing, reads no environment, touches neither locale nor signals.
set -u
archive=$1
assertions=$2
nm=${3:-nm}
exits='abort exit _exit _Exit quick_exit atexit __cxa_atexit'
prints='printf vprintf fprintf vfprintf dprintf vdprintf puts fputs putc fputc putchar perror psignal stdout stderr stdin
  __printf_chk __vprintf_chk __fprintf_chk __vfprintf_chk __dprintf_chk syslog err errx warn warnx'
surroundings='getenv secure_getenv setenv putenv unsetenv setlocale uselocale newlocale signal sigaction sigprocmask
  pthread_sigmask raise kill alarm system popen fork chdir umask setrlimit'
shared_state='rand srand random srandom drand48 strtok strerror localtime gmtime asctime ctime'
asserts=__assert_fail
[ "$assertions" = 0 ] || asserts=

undefined=$("$nm" -u "$archive" 2>/dev/null | sed -n 's/^[[:space:]]*[UvwVW] \([^@]*\).*/\1/p' | LC_ALL=C sort -u)
[ -n "$undefined" ] || { echo "$archive: nothing is undefined in it, so nothing was looked at"; exit 1; }
status=0
for name in $exits $prints $surroundings $shared_state $asserts; do
  if echo "$undefined" | grep -qx "$name"; then
    callers=$("$nm" -A -u "$archive" | grep -w "$name" | sed 's/.*:\([^:]*\):.*/\1/' | tr '\n' ' ')
    echo "$archive calls $name, in: $callers"
    status=1
  fi
done
[ "$status" -ne 0 ] || echo "none of the forbidden calls"
exit "$status"
