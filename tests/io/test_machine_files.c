/* SPDX-License-Identifier: MIT */
/* Saving to and loading from the files of the machine: what stands in the way, and what is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"
#include "zoo.h"

#define FOLDER "thalnet_io_test_XXXXXX"

static char folder[] = FOLDER;
static char path[100], temporary[100];
static thalnet_center *net;
static struct model model;

static void setup(void) {
  memcpy(folder, FOLDER, sizeof folder);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/model", folder);
  snprintf(temporary, sizeof temporary, "%s/model.tmp", folder);
  net = zoo_all();
  model = model_of(net);
}

static void teardown(void) {
  unlink(path);
  unlink(temporary);
  ck_assert_int_eq(rmdir(folder), 0); /* nothing else is left in it */
  thalnet_center_free(net);
  model_free(&model);
}

static void write_file(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(name, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

static void expect_file(const char *name, const void *bytes, size_t size) {
  unsigned char *found = malloc(size + 1);
  FILE *file = fopen(name, "rb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fread(found, 1, size + 1, file), size);
  ck_assert_mem_eq(found, bytes, size);
  fclose(file);
  free(found);
}

static thalnet_status load_it(void) {
  thalnet_center *copy = net;
  thalnet_status status = thalnet_center_load(path, NULL, &copy);
  ck_assert_int_eq(copy != NULL, status == THALNET_OK);
  if (copy) {
    zoo_same(net, copy);
  }
  thalnet_center_free(copy);
  return status;
}

/* The bytes of save_memory, the host's umask, errno as it was. */
START_TEST(saves_and_loads) {
  struct stat status;
  mode_t mask = umask(027);
  errno = ENOTTY;
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  ck_assert_int_eq(errno, ENOTTY);
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  umask(mask);
  expect_file(path, model.bytes, model.size);
  ck_assert_int_eq(stat(path, &status), 0);
  ck_assert_int_eq(status.st_mode & 0777, 0640);
  errno = ENOTTY;
  EXPECT_OK(load_it());
  ck_assert_int_eq(errno, ENOTTY);
  ck_assert_int_ne(access(temporary, F_OK), 0);
}
END_TEST

/* In the working folder, whose name is in no path. */
START_TEST(paths_without_folder) {
  char before[4096];
  ck_assert_ptr_nonnull(getcwd(before, sizeof before));
  ck_assert_int_eq(chdir(folder), 0);
  EXPECT_OK(thalnet_center_save(net, "model", NULL));
  ck_assert_int_eq(chdir(before), 0);
  expect_file(path, model.bytes, model.size);
}
END_TEST

/* What a save that was killed left is written over, longer or shorter than it. */
START_TEST(leftovers_are_replaced) {
  char *longer = calloc(1, 3 * model.size);
  write_file(temporary, longer, 3 * model.size);
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  expect_file(path, model.bytes, model.size);
  free(longer);
}
END_TEST

/* Someone put a link, a pipe or a folder where the temporary file would be: nothing is written through it, nothing hangs. */
START_TEST(traps_are_not_entered) {
  char victim[120];
  snprintf(victim, sizeof victim, "%s/victim", folder);
  write_file(victim, "precious", 8);
  write_file(path, "old", 3);
  ck_assert_int_eq(symlink("victim", temporary), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_IO);
  expect_file(victim, "precious", 8);
  expect_file(path, "old", 3);
  ck_assert_int_eq(unlink(temporary), 0);
  ck_assert_int_eq(mkfifo(temporary, 0600), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "Not a regular file"));
  ck_assert_int_eq(unlink(temporary), 0);
  ck_assert_int_eq(mkdir(temporary, 0700), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_IO);
  expect_file(path, "old", 3);
  ck_assert_int_eq(rmdir(temporary), 0);
  ck_assert_int_eq(unlink(victim), 0);
}
END_TEST

/* A pipe, as a device, or a folder at the place of the file itself stays what it is; a link, and no longer what it points to, becomes the
 * file. */
START_TEST(what_is_no_file_is_not_replaced) {
  struct stat status;
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "Not a regular file"));
  ck_assert(lstat(path, &status) == 0 && S_ISFIFO(status.st_mode));
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "Is a directory"));
  ck_assert_int_eq(rmdir(path), 0);
  ck_assert_int_eq(symlink("/dev/null", path), 0);
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  ck_assert(lstat(path, &status) == 0 && S_ISREG(status.st_mode));
  ck_assert_int_ne(access(temporary, F_OK), 0);
}
END_TEST

/* Somebody else is saving to the path, as a lock on the temporary file tells. */
START_TEST(busy_paths) {
  write_file(path, "old", 3);
  write_file(temporary, "half", 4);
  const int other = open(temporary, O_RDWR);
  ck_assert_int_ge(other, 0);
  ck_assert_int_eq(flock(other, LOCK_EX), 0);
  EXPECT(thalnet_center_save(net, path, NULL), THALNET_ERROR_BUSY);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "somebody else is saving to it"));
  expect_file(path, "old", 3);
  expect_file(temporary, "half", 4);
  close(other);
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  expect_file(path, model.bytes, model.size);
}
END_TEST

/* The disk is full after some bytes, as the limit on a file's size plays it. */
START_TEST(full_disks) {
  struct rlimit limit, before;
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  write_file(path, "old", 3);
  for (size_t size = 0; size < model.size; size += model.size / 7) {
    limit = before;
    limit.rlim_cur = size;
    /* no assertion while the limit holds: the test runner writes to a file of its own at each */
    const int limited = setrlimit(RLIMIT_FSIZE, &limit);
    thalnet_status status = thalnet_center_save(net, path, NULL);
    const int restored = setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(limited, 0);
    ck_assert_int_eq(restored, 0);
    ck_assert_int_eq(status, THALNET_ERROR_IO);
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "File too large"));
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), temporary));
    expect_file(path, "old", 3);
    ck_assert_int_ne(access(temporary, F_OK), 0);
  }
}
END_TEST

START_TEST(nothing_to_load) {
  EXPECT(load_it(), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "No such file"));
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  EXPECT(load_it(), THALNET_ERROR_IO);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(symlink("model", path), 0); /* a link to itself */
  EXPECT(load_it(), THALNET_ERROR_IO);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(symlink("/dev/zero", path), 0);
  EXPECT(load_it(), THALNET_ERROR_IO);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(mkdir(path, 0700), 0);
  EXPECT(load_it(), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "Is a directory"));
  ck_assert_int_eq(rmdir(path), 0);
  write_file(path, "", 0);
  EXPECT(load_it(), THALNET_ERROR_TRUNCATED);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), path));
}
END_TEST

/* Links to a model are followed when it is loaded. */
START_TEST(links_are_followed) {
  write_file(temporary, model.bytes, model.size);
  ck_assert_int_eq(symlink("model.tmp", path), 0);
  EXPECT_OK(load_it());
}
END_TEST

/* A file that is nothing but a hole: consistent headers that ask for a terabyte are refused without asking for memory. */
START_TEST(sparse_files) {
  static const char header[] =
      "{\"__metadata__\":{\"thalnet.format\":\"1\",\"thalnet.checksum\":\"00000000\",\"thalnet.inputs\":\"x:524288:"
      "dense:1\","
      "\"thalnet.outputs\":\"\",\"thalnet.settle_steps\":\"0\",\"thalnet.modules\":\"1\",\"thalnet.module.0.name\":"
      "\"m\","
      "\"thalnet.module.0.layers\":\"dense:524288:relu\",\"thalnet.module.0.inputs\":\"0\"},"
      "\"modules.0.layers.0.weight\":{\"dtype\":\"F32\",\"shape\":[524288,524288],\"data_offsets\":[0,1099511627776]},"
      "\"modules.0.layers.0.bias\":{\"dtype\":\"F32\",\"shape\":[524288],\"data_offsets\":[1099511627776,1099513724928]"
      "}}";
  unsigned char length[8] = {(unsigned char)((sizeof header - 1) & 255), (unsigned char)((sizeof header - 1) >> 8)};
  struct rusage before, after;
  FILE *file = fopen(path, "wb");
  ck_assert_uint_eq(fwrite(length, 1, 8, file), 8);
  ck_assert_uint_eq(fwrite(header, 1, sizeof header - 1, file), sizeof header - 1);
  ck_assert_int_eq(fclose(file), 0);
  if (truncate(path, (off_t)(8 + sizeof header - 1 + 1099513724928)) != 0) {
    return;
  } /* no holes here */
  getrusage(RUSAGE_SELF, &before);
  EXPECT(load_it(), THALNET_ERROR_LIMIT);
  getrusage(RUSAGE_SELF, &after);
  ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 4096);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "274878431232"));
  ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
  EXPECT(load_it(), THALNET_ERROR_TRUNCATED);
  write_file(path, "", 0);
  ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0); /* nothing but zeros */
  EXPECT(load_it(), THALNET_ERROR_FORMAT);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {saves_and_loads,
                                paths_without_folder,
                                leftovers_are_replaced,
                                traps_are_not_entered,
                                what_is_no_file_is_not_replaced,
                                busy_paths,
                                full_disks,
                                nothing_to_load,
                                links_are_followed,
                                sparse_files};
  return IO_RUN_BETWEEN("machine_files", tests, setup, teardown);
}
