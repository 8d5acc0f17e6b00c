/* SPDX-License-Identifier: MIT */
/* A disk of 64 KiB of its own: saves of all sizes around that, over an old file that must survive. Exits with 77, which skips the
 * test, where a program may not mount such a disk for itself. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* unshare */
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"

enum { CAPACITY = 64 * 1024, STEP = 4096, SKIPPED = 77 };

#define FOLDER "thalnet_full_XXXXXX"
static char folder[] = FOLDER;
static char path[100], temporary[100], filler[100];

/* --- the disk ------------------------------------------------------------------------------------------------------ */

static void write_text(const char *name, const char *text) {
  const int file = open(name, O_WRONLY);
  if (file >= 0) {
    if (write(file, text, strlen(text)) < 0) {
      perror(name); /* mounting will tell */
    }
    close(file);
  }
}

/* Mounts of this process alone: as root, or as who is root in a world of its own. */
static int leave_the_world(void) {
  char user[40], group[40];
  snprintf(user, sizeof user, "0 %ld 1", (long)getuid());
  snprintf(group, sizeof group, "0 %ld 1", (long)getgid());
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0) {
      return -1;
    }
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", user);
    write_text("/proc/self/gid_map", group);
  }
  return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int mount_disk(void) {
  char options[40];
  snprintf(options, sizeof options, "size=%d", CAPACITY);
  return leave_the_world() != 0 ? -1 : mount("none", folder, "tmpfs", 0, options);
}

static size_t room(void) {
  struct statvfs status;
  ck_assert_int_eq(statvfs(folder, &status), 0);
  return (size_t)status.f_bfree * status.f_bsize;
}

static void leave_nothing(void) {
  unlink(path);
  unlink(temporary);
  unlink(filler);
  ck_assert_uint_eq(room(), CAPACITY);
}

/* --- saves --------------------------------------------------------------------------------------------------------- */

/* Saves number 2 over number 1 of another size, which is there afterwards unless all went well. 1: it did. */
static int save_over(struct known *old, struct known *new, const struct model *old_bytes) {
  const size_t before = room();
  const thalnet_status status = known_save(new, path, NULL);
  ck_assert_int_ne(access(temporary, F_OK), 0);
  if (status == THALNET_OK) {
    struct model bytes = known_bytes(new);
    EXPECT_OK(known_load(new, path, NULL));
    ck_assert(known_is(new, &bytes));
    model_free(&bytes);
    return 1;
  }
  ck_assert_int_eq(status, THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "No space left on device"));
  ck_assert_uint_eq(room(), before);
  known_set(old, 7);
  EXPECT_OK(known_load(old, path, NULL));
  ck_assert(known_is(old, old_bytes));
  return 0;
}

/* As many inputs as make a file of about that size: a checkpoint has three numbers for each. */
static struct known of_size(int32_t kind, size_t size) {
  return known_create(kind, size / (kind == KNOWN_MODEL ? 4 : 12) + 1, NULL);
}

static void all_sizes(int32_t kind) {
  struct known old = of_size(kind, 0);
  struct model bytes = known_bytes(&old);
  size_t largest = 0, smallest_failed = SIZE_MAX;
  for (size_t size = 0; size <= 2 * (size_t)CAPACITY; size += STEP) {
    struct known new = of_size(kind, size);
    known_set(&old, 0);
    EXPECT_OK(known_save(&old, path, NULL));
    struct model file = known_bytes(&new);
    if (save_over(&old, &new, &bytes)) {
      largest = file.size > largest ? file.size : largest;
    } else if (file.size < smallest_failed) {
      smallest_failed = file.size;
    }
    model_free(&file);
    known_free(&new);
    leave_nothing();
  }
  ck_assert_msg(largest > CAPACITY / 2 && largest < smallest_failed && smallest_failed < CAPACITY + STEP,
                "%zu bytes were saved, %zu were not", largest, smallest_failed);
  model_free(&bytes);
  known_free(&old);
}

START_TEST(files_of_all_sizes) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    all_sizes(kind);
  }
}
END_TEST

/* Something else takes the room, more and more of it; when it has gone, the same save succeeds. */
static void less_and_less_room(int32_t kind) {
  struct known old = of_size(kind, 0), new = of_size(kind, CAPACITY / 2);
  struct model bytes = known_bytes(&old);
  static const char block[STEP];
  int saved = 0, failed = 0;
  EXPECT_OK(known_save(&old, path, NULL));
  FILE *file = fopen(filler, "wb");
  ck_assert_ptr_nonnull(file);
  setvbuf(file, NULL, _IONBF, 0);
  while (room() > 0) {
    ck_assert_uint_eq(fwrite(block, 1, STEP, file), STEP);
    if (save_over(&old, &new, &bytes)) {
      known_set(&old, 0); /* there is no room for both of it and the new one */
      unlink(path);
      EXPECT_OK(known_save(&old, path, NULL));
      saved++;
    } else {
      failed++;
    }
  }
  fclose(file);
  ck_assert(saved > 2 && failed > 2);
  unlink(filler);
  ck_assert_int_eq(save_over(&old, &new, &bytes), 1);
  leave_nothing();
  model_free(&bytes);
  known_free(&old);
  known_free(&new);
}

START_TEST(less_room_from_time_to_time) {
  for (int32_t kind = 0; kind < KNOWN_KINDS; kind++) {
    less_and_less_room(kind);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {files_of_all_sizes, less_room_from_time_to_time};
  if (mkdtemp(folder) == NULL || mount_disk() != 0) {
    printf("no disk can be mounted here: %s\n", strerror(errno));
    rmdir(folder);
    return SKIPPED;
  }
  snprintf(path, sizeof path, "%s/file", folder);
  snprintf(temporary, sizeof temporary, "%s/file.tmp", folder);
  snprintf(filler, sizeof filler, "%s/filler", folder);
  const int failed = IO_RUN("full_disk", tests);
  if (umount2(folder, MNT_DETACH) != 0 || rmdir(folder) != 0) {
    perror(folder);
  }
  return failed;
}
