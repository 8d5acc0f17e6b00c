/* SPDX-License-Identifier: MIT */
/* The machine's own file calls and allocations, which fail on demand. What is linked with system_calls_link of
 * tests/CMakeLists.txt comes through here: the static libraries, and the test itself. */
#ifndef TESTS_IO_SYSTEM_CALLS_H
#define TESTS_IO_SYSTEM_CALLS_H

#include <stddef.h>

/* In place of an errno value: a read or write that moves one byte, and no error. */
enum { SYSTEM_CALLS_SHORT = -1 };

struct system_calls {
  int watching;      /* 0: everything goes its usual way and nothing is counted */
  int fail_at;       /* the number of the call that fails, counted from 1; 0: none */
  int times;         /* so many calls in a row from there on; 0: all */
  int error;         /* errno, or SYSTEM_CALLS_SHORT */
  int allocation_at; /* the number of the allocation that fails, as above; 0: none */
  int calls, allocations;
  int failures;  /* of both */
  int open;      /* descriptors opened and not closed while watching */
  char log[400]; /* a letter a call: o open, t fstat, l lstat, r read, w write, s fsync, c close, n rename, u unlink */
};
extern struct system_calls system_calls;

/* Watches from now on; fails nothing unless told. */
void system_calls_watch(int fail_at, int times, int error);
/* The same, where allocations fail once. */
void system_calls_watch_memory(int allocation_at);
void system_calls_rest(void);

#endif
