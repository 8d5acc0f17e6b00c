/* SPDX-License-Identifier: MIT */
/* Every call of the host's files fails, while models and checkpoints are saved and loaded, with and without memory: what was there
 * before is there afterwards, and the next try succeeds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"

enum { INPUTS = 100, CHUNK = 300 };

static const int errors[] = {ENOSPC, EIO, EINTR, EDQUOT, EFBIG, SUPPORT_IO_SHORT};
enum { ERRORS = sizeof errors / sizeof errors[0] };

/* A file of number 1 and a training of number 2, whose save or load goes wrong. */
struct trial {
  int saving;
  struct support_memory memory;
  thalnet_memory memory_hooks;
  struct known known;
  struct model old, own;
  long blocks; /* allocated while nothing goes on */
  struct support_io io;
  thalnet_io io_hooks;
};

static void trial_start(struct trial *trial, int32_t kind, int saving) {
  memset(trial, 0, sizeof *trial);
  trial->saving = saving;
  trial->memory_hooks = support_memory_hooks(&trial->memory);
  trial->known = known_create(kind, INPUTS, &trial->memory_hooks);
  known_set(&trial->known, 1);
  trial->old = known_bytes(&trial->known);
  known_set(&trial->known, 2);
  trial->own = known_bytes(&trial->known);
  trial->blocks = atomic_load(&trial->memory.live);
}

static void trial_end(struct trial *trial) {
  known_free(&trial->known);
  ck_assert(atomic_load(&trial->memory.live) == 0 && atomic_load(&trial->memory.wrong) == 0);
  model_free(&trial->old);
  model_free(&trial->own);
}

static thalnet_status trial_do(struct trial *trial) {
  return trial->saving ? known_save(&trial->known, "m", &trial->io_hooks)
                       : known_load(&trial->known, "m", &trial->io_hooks);
}

static int holds(const struct support_file *file, const struct model *model) {
  return file != NULL && file->size == model->size && memcmp(file->bytes, model->bytes, model->size) == 0;
}

/* 1 when the first call that went wrong did so in a way that must not matter. */
static int is_harmless(const struct trial *trial) {
  const struct support_io *io = &trial->io;
  if (io->failures == 0 || io->error == SUPPORT_IO_SHORT) {
    return 1;
  }
  return !trial->saving && io->log[io->fail_at - 1] == 'c'; /* what was read is read */
}

/* What must hold after a save or load, however it ended. */
static void expect_whole(struct trial *trial, thalnet_status status) {
  const struct support_io *io = &trial->io;
  const struct support_file *file = support_io_find(&trial->io, "m");
  ck_assert_int_eq(io->open, 0);
  ck_assert_int_eq(atomic_load(&trial->memory.live), trial->blocks);
  ck_assert_int_eq(atomic_load(&trial->memory.wrong), 0);
  if (trial->saving) {
    const int renamed = status == THALNET_OK || (io->failures > 0 && io->log[io->fail_at - 1] == 'f');
    ck_assert_msg(holds(file, renamed ? &trial->own : &trial->old), "calls %s, the %d-th fails", io->log, io->fail_at);
    ck_assert(io->persistent || !support_io_find(&trial->io, "m.tmp"));
    ck_assert(known_is(&trial->known, &trial->own));
  } else {
    ck_assert(holds(file, &trial->old));
    ck_assert(known_is(&trial->known, status == THALNET_OK ? &trial->old : &trial->own));
  }
}

/* With nothing in the way. */
static void try_again(struct trial *trial) {
  trial->io.fail_at = 0;
  EXPECT_OK(trial_do(trial));
  ck_assert(!support_io_find(&trial->io, "m.tmp"));
  ck_assert(holds(support_io_find(&trial->io, "m"), trial->saving ? &trial->own : &trial->old));
  EXPECT_OK(known_load(&trial->known, "m", &trial->io_hooks));
  ck_assert(known_is(&trial->known, trial->saving ? &trial->own : &trial->old));
  known_set(&trial->known, 2);
}

/* Another set of files, where the given call fails. */
static void files_start(struct trial *trial, int fail_at, int persistent, int error) {
  memset(&trial->io, 0, sizeof trial->io);
  trial->io.chunk = CHUNK;
  trial->io.error = error;
  trial->io.fail_at = fail_at;
  trial->io.persistent = persistent;
  trial->io_hooks = support_io_hooks(&trial->io);
  support_io_put(&trial->io, "m", trial->old.bytes, trial->old.size);
}

/* --- files that fail ------------------------------------------------------------------------------------------------ */

/* 0: there were fewer calls. */
static int fail_call(struct trial *trial, int fail_at, int persistent, int error) {
  files_start(trial, fail_at, persistent, error);
  const thalnet_status status = trial_do(trial);
  const int failures = trial->io.failures;
  ck_assert_msg((status == THALNET_OK) == is_harmless(trial), "calls %s, the %d-th gives %d: %s", trial->io.log,
                fail_at, error, thalnet_status_name(status));
  if (status != THALNET_OK) {
    ck_assert_int_eq(status, THALNET_ERROR_IO);
    ck_assert_msg(strstr(thalnet_error_text(), strerror(error)) && strstr(thalnet_error_text(), "m"), "%s",
                  thalnet_error_text());
  }
  expect_whole(trial, status);
  try_again(trial);
  support_io_clear(&trial->io);
  return failures;
}

static void fail_every_call(int32_t kind, int saving) {
  struct trial trial;
  int runs = 0;
  trial_start(&trial, kind, saving);
  for (int e = 0; e < ERRORS; e++) {
    for (int persistent = 0; persistent < 2; persistent++) {
      int fail_at = 1;
      while (fail_call(&trial, fail_at, persistent, errors[e])) {
        fail_at++;
      }
      runs += fail_at - 1;
      ck_assert_int_gt(fail_at, 8);
    }
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

/* --- files and memory that fail ------------------------------------------------------------------------------------- */

/* 0: there were fewer allocations. */
static int fail_both(struct trial *trial, int call, int persistent, long allocation, int for_good, int *called) {
  files_start(trial, call, persistent, EIO);
  atomic_store(&trial->memory.failures, 0);
  trial->memory.persistent = for_good;
  trial->memory.fail_at = atomic_load(&trial->memory.calls) + allocation;
  const thalnet_status status = trial_do(trial);
  trial->memory.fail_at = 0;
  const int failures = (int)atomic_load(&trial->memory.failures);
  *called = trial->io.failures > 0;
  ck_assert(status == THALNET_OK ? failures == 0 && is_harmless(trial)
                                 : status == (failures > 0 ? THALNET_ERROR_MEMORY : THALNET_ERROR_IO) ||
                                       (status == THALNET_ERROR_IO && *called));
  expect_whole(trial, status);
  if (status != THALNET_OK) {
    try_again(trial);
  }
  known_set(&trial->known, 2);
  support_io_clear(&trial->io);
  return failures;
}

/* Every call of a file with every allocation, before it or while it is being recovered from. */
static void fail_in_pairs(int32_t kind, int saving) {
  struct trial trial;
  int pairs = 0, called = 1;
  trial_start(&trial, kind, saving);
  for (int call = 1; called; call++) {
    for (int k = 0; k < 4; k++) {
      long allocation = 1;
      while (fail_both(&trial, call, k / 2, allocation, k % 2, &called)) {
        allocation++;
      }
      pairs += (int)allocation - 1;
    }
  }
  ck_assert_int_gt(pairs, 50);
  trial_end(&trial);
  printf("%s %s: %d pairs of faults\n", saving ? "saving a" : "loading a", known_names[kind], pairs);
}

START_TEST(memory_is_missing_when_saving_fails) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fail_in_pairs(kind, 1);
  }
}
END_TEST

START_TEST(memory_is_missing_when_loading_fails) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fail_in_pairs(kind, 0);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_call_of_saving_fails, every_call_of_loading_fails,
                                memory_is_missing_when_saving_fails, memory_is_missing_when_loading_fails};
  return IO_RUN("faults", tests);
}
