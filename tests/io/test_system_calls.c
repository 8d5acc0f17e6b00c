/* SPDX-License-Identifier: MIT */
/* The machine's own files, whose every system call fails, is interrupted or moves one byte only, while models and checkpoints are
 * saved and loaded; and the machine's own memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"
#include "system_calls.h"

enum { INPUTS = 9000 };

#define FOLDER "thalnet_calls_XXXXXX"
static char folder[] = FOLDER;
static char path[100], temporary[100];

static void setup(void) {
  memcpy(folder, FOLDER, sizeof folder);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/file", folder);
  snprintf(temporary, sizeof temporary, "%s/file.tmp", folder);
}

static void teardown(void) {
  unlink(path);
  unlink(temporary);
  ck_assert_int_eq(rmdir(folder), 0);
}

/* A file of number 1 and a training of number 2, whose save or load goes wrong. */
struct trial {
  int saving;
  struct known known;
  struct model old, own;
};

static void put_file(const struct model *bytes) {
  unlink(path); /* some file systems wait for the disk when a file is written over */
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes->bytes, 1, bytes->size, file), bytes->size);
  ck_assert_int_eq(fclose(file), 0);
}

static void trial_start(struct trial *trial, int32_t kind, int saving) {
  trial->saving = saving;
  trial->known = known_create(kind, INPUTS, NULL);
  known_set(&trial->known, 1);
  trial->old = known_bytes(&trial->known);
  put_file(&trial->old);
  known_set(&trial->known, 2);
  trial->own = known_bytes(&trial->known);
}

static void trial_end(struct trial *trial) {
  known_free(&trial->known);
  model_free(&trial->old);
  model_free(&trial->own);
}

/* The host's errno is its own, whatever happens to files. */
static thalnet_status trial_do(struct trial *trial) {
  errno = ENOTTY;
  const thalnet_status status =
      trial->saving ? known_save(&trial->known, path, NULL) : known_load(&trial->known, path, NULL);
  const int left = errno;
  system_calls_rest();
  ck_assert(left == ENOTTY || status == THALNET_ERROR_MEMORY);
  ck_assert_int_eq(system_calls.open, 0);
  return status;
}

static void expect_file(const struct model *bytes) {
  struct model found = {malloc(bytes->size + 1), 0};
  FILE *file = fopen(path, "rb");
  ck_assert_ptr_nonnull(file);
  found.size = fread(found.bytes, 1, bytes->size + 1, file);
  fclose(file);
  ck_assert_msg(found.size == bytes->size && memcmp(found.bytes, bytes->bytes, bytes->size) == 0,
                "calls %s, the %d-th fails: another file", system_calls.log, system_calls.fail_at);
  model_free(&found);
}

/* The number of the first call whose failure matters; 0: none. An interrupted call is made again, and closing what was read loses
 * nothing. */
static int culprit(const struct trial *trial) {
  const char *rename = strchr(system_calls.log, 'n');
  for (int i = 0; i < system_calls.failures; i++) {
    const char *call = system_calls.log + system_calls.fail_at - 1 + i;
    const int again = system_calls.error == EINTR && strchr("orwsc", *call) != NULL;
    const int nothing_lost = *call == 'c' && (!trial->saving || (rename != NULL && call > rename));
    if (system_calls.error != SYSTEM_CALLS_SHORT && !again && !nothing_lost) {
      return system_calls.fail_at + i;
    }
  }
  return 0;
}

/* 1 when what failed came after the rename. */
static int was_renamed(const struct trial *trial) {
  const char *rename = strchr(system_calls.log, 'n');
  return rename != NULL && culprit(trial) > rename - system_calls.log + 1;
}

static void expect_whole(struct trial *trial, thalnet_status status) {
  if (trial->saving) {
    expect_file(status == THALNET_OK || was_renamed(trial) ? &trial->own : &trial->old);
    ck_assert(known_is(&trial->known, &trial->own));
  } else {
    expect_file(&trial->old);
    ck_assert(known_is(&trial->known, status == THALNET_OK ? &trial->old : &trial->own));
  }
}

/* With nothing in the way; then everything as it was at first. */
static void try_again(struct trial *trial) {
  system_calls_watch(0, 0, 0);
  EXPECT_OK(trial_do(trial));
  expect_whole(trial, THALNET_OK);
  ck_assert_int_ne(access(temporary, F_OK), 0);
  known_set(&trial->known, 2);
  put_file(&trial->old);
}

/* 0: there were fewer calls. */
static int fail_call(struct trial *trial, int fail_at, int times, int error) {
  system_calls_watch(fail_at, times, error);
  const thalnet_status status = trial_do(trial);
  const int failures = system_calls.failures;
  ck_assert_msg((status == THALNET_OK) == (culprit(trial) == 0), "calls %s, the %d-th gives %d: %s (%s)",
                system_calls.log, fail_at, error, thalnet_status_name(status), thalnet_error_text());
  if (status != THALNET_OK) {
    ck_assert_int_eq(status, THALNET_ERROR_IO);
    ck_assert_msg(strstr(thalnet_error_text(), strerror(error)) && strstr(thalnet_error_text(), path), "%s",
                  thalnet_error_text());
  }
  expect_whole(trial, status);
  ck_assert_msg(times != 1 || access(temporary, F_OK) != 0, "calls %s, the %d-th fails: %s is left", system_calls.log,
                fail_at, temporary);
  try_again(trial);
  return failures;
}

static void fail_every_call(int32_t kind, int saving) {
  static const struct {
    int error, times;
  } list[] = {{ENOSPC, 1},
              {ENOSPC, 0},
              {EIO, 1},
              {EIO, 0},
              {EDQUOT, 1},
              {EDQUOT, 0},
              {EFBIG, 1},
              {EFBIG, 0},
              {EINTR, 1},
              {EINTR, 99},
              {SYSTEM_CALLS_SHORT, 1},
              {SYSTEM_CALLS_SHORT, 25},
              {EMFILE, 1},
              {EACCES, 1},
              {EACCES, 0}};
  struct trial trial;
  int runs = 0;
  trial_start(&trial, kind, saving);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    if (list[i].error == EACCES && saving) {
      continue; /* which is no error of folders: one may write to them without reading them */
    }
    int fail_at = 1;
    while (fail_call(&trial, fail_at, list[i].times, list[i].error)) {
      fail_at++;
    }
    runs += fail_at - 1;
    ck_assert_int_gt(fail_at, 6);
  }
  trial_end(&trial);
  printf("%s %s: %d faults\n", saving ? "saving a" : "loading a", known_names[kind], runs);
}

START_TEST(every_call_of_saving_fails) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fail_every_call(kind, 1);
  }
}
END_TEST

START_TEST(every_call_of_loading_fails) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fail_every_call(kind, 0);
  }
}
END_TEST

/* Folders that may not be read, and file systems that sync no folders. */
START_TEST(folders_that_cannot_be_synced) {
  struct trial trial;
  trial_start(&trial, KNOWN_MODEL, 1);
  system_calls_watch(0, 0, 0);
  EXPECT_OK(trial_do(&trial));
  const int renamed = (int)(strchr(system_calls.log, 'n') - system_calls.log) + 1;
  ck_assert_str_eq(system_calls.log + renamed, "oscc"); /* the last one gives the lock up */
  for (int call = 1; call <= 2; call++) {
    system_calls_watch(renamed + call, 1, call == 1 ? EACCES : EINVAL);
    EXPECT_OK(trial_do(&trial));
    ck_assert_int_eq(system_calls.failures, 1);
    expect_whole(&trial, THALNET_OK);
    system_calls_watch(renamed + call, 1, call == 1 ? EINVAL : EACCES);
    EXPECT(trial_do(&trial), THALNET_ERROR_IO);
  }
  trial_end(&trial);
}
END_TEST

/* The allocator that the library brings along. */
static void fail_every_allocation(int32_t kind, int saving) {
  struct trial trial;
  int allocation = 1, failures = 1;
  trial_start(&trial, kind, saving);
  for (; failures > 0; allocation++) {
    system_calls_watch_memory(allocation);
    const thalnet_status status = trial_do(&trial);
    failures = system_calls.failures;
    ck_assert_int_eq(status, failures > 0 ? THALNET_ERROR_MEMORY : THALNET_OK);
    expect_whole(&trial, status);
  }
  ck_assert_int_gt(allocation, 3);
  trial_end(&trial);
}

START_TEST(every_allocation_fails) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fail_every_allocation(kind, 0);
    fail_every_allocation(kind, 1);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_call_of_saving_fails, every_call_of_loading_fails, folders_that_cannot_be_synced,
                                every_allocation_fails};
  return IO_RUN_BETWEEN("system_calls", tests, setup, teardown);
}
