/* SPDX-License-Identifier: MIT */
/* Disks that take no more, as the machine plays them: the limit on a file's size, with its signal ignored and deadly, and /dev/full. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"

enum { STEP = 4096, STEPS = 12, INPUTS = 1200 };

#define FOLDER "thalnet_limits_XXXXXX"
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

/* A file of number 1, and a training of number 2 that is to be saved over it. */
struct trial {
  struct known known;
  struct model old, own;
};

static void trial_start(struct trial *trial, int32_t kind) {
  trial->known = known_create(kind, INPUTS, NULL);
  known_set(&trial->known, 1);
  trial->old = known_bytes(&trial->known);
  EXPECT_OK(known_save(&trial->known, path, NULL));
  known_set(&trial->known, 2);
  trial->own = known_bytes(&trial->known);
}

static void trial_end(struct trial *trial) {
  known_free(&trial->known);
  model_free(&trial->old);
  model_free(&trial->own);
}

static void expect_loads(struct trial *trial, const struct model *bytes) {
  EXPECT_OK(known_load(&trial->known, path, NULL));
  ck_assert(known_is(&trial->known, bytes));
  known_set(&trial->known, 2);
}

/* Sets the limit; no assertion while it holds: the test runner writes to a file of its own at each. */
static int limit_files(size_t size, struct rlimit *before) {
  if (getrlimit(RLIMIT_FSIZE, before) != 0) {
    return -1;
  }
  struct rlimit limit = *before;
  limit.rlim_cur = size;
  return setrlimit(RLIMIT_FSIZE, &limit);
}

/* --- the signal is ignored ---------------------------------------------------------------------------------------- */

/* Fails as long as the file is larger than the limit, and only then. */
static void limit_everywhere(int32_t kind) {
  struct trial trial;
  int failed = 0, saved = 0;
  trial_start(&trial, kind);
  for (size_t step = 0; step < STEPS; step++) {
    struct rlimit before;
    const int limited = limit_files(step * STEP, &before);
    const thalnet_status status = known_save(&trial.known, path, NULL);
    const int restored = setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(limited == 0 && restored == 0);
    if (trial.own.size > step * STEP) {
      ck_assert_int_eq(status, THALNET_ERROR_IO);
      ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "File too large"));
      failed++;
    } else {
      ck_assert_int_eq(status, THALNET_OK);
      saved++;
    }
    ck_assert_int_ne(access(temporary, F_OK), 0);
    expect_loads(&trial, saved ? &trial.own : &trial.old);
  }
  ck_assert(failed > 0 && saved > 0);
  trial_end(&trial);
}

START_TEST(an_ignored_signal_is_an_error) {
  ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    limit_everywhere(kind);
  }
}
END_TEST

/* --- the signal kills --------------------------------------------------------------------------------------------- */

static void die_everywhere(int32_t kind) {
  struct trial trial;
  struct rlimit before;
  int died = 0, saved = 0;
  trial_start(&trial, kind);
  for (size_t step = 0; step < STEPS; step++) {
    int status = 0;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
      const struct rlimit no_core = {0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      signal(SIGXFSZ, SIG_DFL);
      _exit(limit_files(step * STEP, &before) != 0 || known_save(&trial.known, path, NULL) != THALNET_OK);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (trial.own.size > step * STEP) {
      ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
      ck_assert_int_eq(access(temporary, F_OK), 0); /* of the dead: the next save gets over it */
      died++;
    } else {
      ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
      ck_assert_int_ne(access(temporary, F_OK), 0);
      saved++;
    }
    expect_loads(&trial, saved ? &trial.own : &trial.old);
  }
  ck_assert(died > 0 && saved > 0);
  trial_end(&trial);
}

START_TEST(a_deadly_signal_leaves_the_old_file) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    die_everywhere(kind);
  }
}
END_TEST

/* --- /dev/full ---------------------------------------------------------------------------------------------------- */

/* A host's files: what is written goes to /dev/full, at once or through a buffer, where the error comes as late as in sync or close. */
struct full {
  thalnet_io real; /* for everything else */
  struct support_io files;
  size_t buffer; /* 0: none */
  int synced;    /* 1: sync empties the buffer; else close does */
};

static int32_t full_open(void *user, const char *name, void **file_out) {
  static char buffer[1 << 20];
  const struct full *full = user;
  FILE *file = fopen("/dev/full", "wb");
  (void)name;
  if (!file) {
    return errno;
  }
  setvbuf(file, full->buffer ? buffer : NULL, full->buffer ? _IOFBF : _IONBF, full->buffer);
  *file_out = file;
  return 0;
}

static int32_t full_write(void *user, void *file, const void *bytes, size_t size, size_t *done_out) {
  (void)user;
  *done_out = fwrite(bytes, 1, size, file);
  return *done_out < size ? errno : 0;
}

static int32_t full_sync(void *user, void *file) {
  const struct full *full = user;
  return full->synced && fflush(file) != 0 ? errno : 0;
}

static int32_t full_close(void *user, void *file) {
  (void)user;
  return fclose(file) != 0 ? errno : 0;
}

static int32_t full_rename(void *user, const char *from, const char *to) {
  struct full *full = user;
  return full->real.rename(&full->files, from, to);
}

static int32_t full_remove(void *user, const char *name) {
  struct full *full = user;
  return full->real.remove(&full->files, name);
}

static void fill(int32_t kind, size_t buffer, int synced, const char *says) {
  struct trial trial;
  struct full full = {.buffer = buffer, .synced = synced};
  trial_start(&trial, kind);
  full.real = support_io_hooks(&full.files);
  thalnet_io io = full.real;
  io.user = &full;
  io.open_write = full_open;
  io.write = full_write;
  io.sync = full_sync;
  io.close = full_close;
  io.rename = full_rename;
  io.remove = full_remove;
  support_io_put(&full.files, "m", trial.old.bytes, trial.old.size);
  EXPECT(known_save(&trial.known, "m", &io), THALNET_ERROR_IO);
  ck_assert_msg(strstr(thalnet_error_text(), "No space left on device") && strstr(thalnet_error_text(), says), "%s: %s",
                says, thalnet_error_text());
  const struct support_file *file = support_io_find(&full.files, "m");
  ck_assert(file->size == trial.old.size && memcmp(file->bytes, trial.old.bytes, file->size) == 0);
  ck_assert_int_eq(strcspn(full.files.log, "nf"), strlen(full.files.log)); /* nothing was renamed */
  support_io_clear(&full.files);
  trial_end(&trial);
}

START_TEST(a_full_device_is_told_by_the_last_call_too) {
  if (access("/dev/full", W_OK) != 0) {
    return; /* this system has none */
  }
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    fill(kind, 0, 0, "writing");
    fill(kind, 1000, 0, "writing");
    fill(kind, 1 << 20, 1, "durable");
    fill(kind, 1 << 20, 0, "closing");
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {an_ignored_signal_is_an_error, a_deadly_signal_leaves_the_old_file,
                                a_full_device_is_told_by_the_last_call_too};
  return IO_RUN_BETWEEN("disk_limits", tests, setup, teardown);
}
