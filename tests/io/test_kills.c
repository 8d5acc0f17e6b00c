/* SPDX-License-Identifier: MIT */
/* A program that saves for ever is killed at any moment: the file it leaves is one that it saved, and the last or the one before.
 * THALNET_KILLS in the environment says how many of each kind die; 25 unless told. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"

enum { INPUTS = 20000, LONGEST_MS = 200 };

#define FOLDER "thalnet_kills_XXXXXX"
static char folder[] = FOLDER;
static char path[100], temporary[100];

/* The number of the last save that returned, where the parent sees it too. */
static volatile unsigned *saved;

static void setup(void) {
  memcpy(folder, FOLDER, sizeof folder);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/file", folder);
  snprintf(temporary, sizeof temporary, "%s/file.tmp", folder);
  void *shared = mmap(NULL, sizeof *saved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert(shared != MAP_FAILED);
  saved = shared;
}

static void teardown(void) {
  unlink(path);
  unlink(temporary);
  ck_assert_int_eq(rmdir(folder), 0);
  munmap((void *)(uintptr_t)saved, sizeof *saved);
}

static int kills(void) {
  const char *text = getenv("THALNET_KILLS");
  return text ? atoi(text) : 25;
}

/* Files in the folder beside the one that is saved. */
static int orphans(void) {
  DIR *list = opendir(folder);
  int count = -1;
  ck_assert_ptr_nonnull(list);
  for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
    count += entry->d_name[0] != '.';
  }
  closedir(list);
  return count;
}

static void save_for_ever(struct known *known) {
  for (unsigned number = *saved + 1;; number++) {
    known_set(known, number);
    if (known_save(known, path, NULL) != THALNET_OK) {
      _exit(1);
    }
    *saved = number;
  }
}

/* Mostly soon, at times as late as LONGEST_MS. */
static void wait_a_while(unsigned long long *random) {
  const double part = io_draw(random, 1000) / 1000.0;
  const struct timespec while_ms = {0, (long)(part * part * part * LONGEST_MS * 1e6)};
  nanosleep(&while_ms, NULL);
}

static void kill_one(struct known *known, unsigned long long *random) {
  int status = 0;
  const unsigned before = *saved;
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    save_for_ever(known);
  }
  while (*saved == before && waitpid(child, &status, WNOHANG) == 0) { /* it has begun */
    const struct timespec moment = {0, 100000};
    nanosleep(&moment, NULL);
  }
  wait_a_while(random);
  ck_assert_int_eq(kill(child, SIGKILL), 0);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The last save that returned, or the one that was going on: a checkpoint tells by itself which. */
static unsigned expect_known(struct known *known, struct known *loaded) {
  const unsigned last = *saved;
  EXPECT_OK(known_load(loaded, path, NULL));
  struct model bytes = known_bytes(loaded);
  for (unsigned number = last; number <= last + 1; number++) {
    known_set(known, number);
    if (known_is(known, &bytes)) {
      ck_assert(loaded->kind == KNOWN_MODEL || known_number(loaded) == number);
      model_free(&bytes);
      return number;
    }
  }
  ck_abort_msg("the file is neither that of save %u nor of the next one", last);
}

static void kill_many(int32_t kind) {
  unsigned long long random = 3 + (unsigned)kind;
  struct known known = known_create(kind, INPUTS, NULL), loaded = known_create(kind, INPUTS, NULL);
  int left = 0;
  const int count = kills();
  *saved = 0;
  EXPECT_OK(known_save(&known, path, NULL));
  for (int i = 0; i < count; i++) {
    kill_one(&known, &random);
    ck_assert_int_le(orphans(), 1);
    ck_assert(orphans() == 0 || access(temporary, F_OK) == 0);
    left += orphans();
    *saved = expect_known(&known, &loaded);
    if (i % 5 == 0) { /* else the next child finds what this one left */
      known_set(&known, *saved);
      EXPECT_OK(known_save(&known, path, NULL));
      ck_assert_int_eq(orphans(), 0);
      ck_assert_uint_eq(expect_known(&known, &loaded), *saved);
    }
  }
  printf("%s: %d saves, %d kills, %d left a temporary file\n", known_names[kind], (int)*saved, count, left);
  known_free(&known);
  known_free(&loaded);
}

START_TEST(models_survive) { kill_many(KNOWN_MODEL); }
END_TEST

START_TEST(checkpoints_survive) { kill_many(KNOWN_CHECKPOINT); }
END_TEST

/* Negative control: a file that is written in place is found in pieces; so the kills do come in the middle of a save. */
START_TEST(a_file_in_pieces_is_found_out) {
  struct known known = known_create(KNOWN_MODEL, INPUTS, NULL);
  struct model bytes = known_bytes(&known);
  unsigned long long random = 9;
  int broken = 0;
  for (int i = 0; i < 200 && broken == 0; i++) {
    *saved = 0;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    while (child == 0) {
      FILE *file = fopen(path, "wb");
      setvbuf(file, NULL, _IONBF, 0);
      for (size_t at = 0; at < bytes.size; at += 100) {
        fwrite(bytes.bytes + at, 1, bytes.size - at < 100 ? bytes.size - at : 100, file);
      }
      fclose(file);
      *saved = 1;
    }
    while (*saved == 0) {
      const struct timespec moment = {0, 100000};
      nanosleep(&moment, NULL);
    }
    const struct timespec a_while = {0, (long)io_draw(&random, 2000) * 1000};
    nanosleep(&a_while, NULL);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    broken = known_load(&known, path, NULL) != THALNET_OK;
  }
  ck_assert_int_eq(broken, 1);
  model_free(&bytes);
  known_free(&known);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {models_survive, checkpoints_survive, a_file_in_pieces_is_found_out};
  return IO_RUN_BETWEEN("kills", tests, setup, teardown);
}
