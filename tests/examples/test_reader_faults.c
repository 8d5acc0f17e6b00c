/* SPDX-License-Identifier: MIT */
/* The readers of the examples while every system call fails, is interrupted or moves one byte only, and without memory: everything
 * that is in the file, or an error that says what went wrong, and nothing is left. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../io/run.h"
#include "../io/system_calls.h"
#include "data_files.h"

static int load(int kind, struct data *data, struct example_error *error) {
  data_is_read = system_calls_rest;
  const int status = data_load(kind, data, error);
  ck_assert_int_eq(system_calls.open, 0);
  return status;
}

/* 1 when a call that failed matters: an interrupted read goes on, and closing what was read loses nothing. Opening is not tried again: no
 * signal interrupts it where the file is a regular one. */
static int must_fail(void) {
  for (int i = 0; i < system_calls.failures && system_calls.error != SYSTEM_CALLS_SHORT; i++) {
    const char call = system_calls.log[system_calls.fail_at - 1 + i];
    if (call != 'c' && !(call == 'r' && system_calls.error == EINTR)) {
      return 1;
    }
  }
  return 0;
}

/* 0: there were fewer calls. */
static int fail_call(int kind, const struct data *whole, int fail_at, int times, int errno_value) {
  struct data data;
  struct example_error error;
  system_calls_watch(fail_at, times, errno_value);
  const int status = load(kind, &data, &error);
  ck_assert_msg((status != 0) == must_fail(), "%s, calls %s, the %d-th gives %d: %s", data_names[kind],
                system_calls.log, fail_at, errno_value, error.text);
  ck_assert_msg(status == 0 || strstr(error.text, strerror(errno_value)), "%s", error.text);
  ck_assert(status == 0 ? data_same(&data, whole) : data.size == 0);
  data_free(&data);
  return system_calls.failures;
}

static int fail_every_call(int kind) {
  static const struct {
    int error, times;
  } list[] = {{EIO, 1}, {EIO, 0}, {EINTR, 1}, {EINTR, 99}, {ENOMEM, 1}, {SYSTEM_CALLS_SHORT, 1}, {EACCES, 1}};
  struct data whole;
  struct example_error error;
  int runs = 0;
  data_write(kind);
  ck_assert_int_eq(data_load(kind, &whole, &error), 0);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    for (int fail_at = 1; fail_call(kind, &whole, fail_at, list[i].times, list[i].error); fail_at++) {
      runs++;
    }
  }
  ck_assert_int_gt(fail_call(kind, &whole, 1, 0, SYSTEM_CALLS_SHORT), 40); /* byte by byte */
  data_free(&whole);
  return runs;
}

START_TEST(every_call_fails) {
  int runs = 0;
  for (int kind = 0; kind < DATA_KINDS; kind++) {
    runs += fail_every_call(kind);
  }
  ck_assert_int_gt(runs, 200);
  printf("reading: %d faults\n", runs);
}
END_TEST

START_TEST(every_allocation_fails) {
  for (int kind = 0; kind < DATA_KINDS; kind++) {
    struct example_error error;
    struct data data;
    int failures = 1;
    data_write(kind);
    for (int allocation = 1; failures > 0; allocation++) {
      system_calls_watch_memory(allocation);
      const int status = load(kind, &data, &error);
      failures = system_calls.failures;
      ck_assert_int_eq(status, failures > 0 ? -1 : 0);
      ck_assert_msg(status == 0 || strstr(error.text, "no memory"), "%s", error.text);
      ck_assert(failures > 0 || allocation > 2);
      data_free(&data);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_call_fails, every_allocation_fails};
  return IO_RUN_BETWEEN("reader_faults", tests, data_begin, data_end);
}
