/* SPDX-License-Identifier: MIT */
/* The files of the machine when the machine fails: this program's own open, read, write and so on stand before those of
 * the C library (tests/CMakeLists.txt asks the linker for it), and fail on demand. */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../faults.h"
#include "core/status.h"
#include "io/host_files.h"
#include "io/run.h"

/* --- calls that fail ------------------------------------------------------------------------------------------------ */

WRAPPED(int, fstat, -1, (int descriptor, struct stat *status), (descriptor, status))
WRAPPED(int, fstat64, -1, (int descriptor, struct stat *status), (descriptor, status))
WRAPPED(int, flock, -1, (int descriptor, int operation), (descriptor, operation))
WRAPPED(ssize_t, read, -1, (int descriptor, void *bytes, size_t size), (descriptor, bytes, size))
WRAPPED(ssize_t, write, -1, (int descriptor, const void *bytes, size_t size), (descriptor, bytes, size))
WRAPPED(int, fsync, -1, (int descriptor), (descriptor))
WRAPPED(int, rename, -1, (const char *from, const char *to), (from, to))
WRAPPED(int, unlink, -1, (const char *path), (path))

/* What happens between opening a file and looking whether it still has its name. */
static void (*meanwhile)(void);
static int mounted; /* once another file system has been mounted there */

#define WRAPPED_LSTAT(name)                                                                                            \
  int __real_##name(const char *file, struct stat *status);                                                            \
  int __wrap_##name(const char *file, struct stat *status);                                                            \
  int __wrap_##name(const char *file, struct stat *status) {                                                           \
    void (*now)(void) = meanwhile;                                                                                     \
    meanwhile = NULL;                                                                                                  \
    if (now) {                                                                                                         \
      now();                                                                                                           \
    }                                                                                                                  \
    const int result = fails("lstat") ? -1 : __real_##name(file, status);                                              \
    status->st_dev += (dev_t)mounted;                                                                                  \
    mounted = 0;                                                                                                       \
    return result;                                                                                                     \
  }
WRAPPED_LSTAT(lstat)
WRAPPED_LSTAT(lstat64)

WRAPPED_OPEN(open)
WRAPPED_OPEN(open64)

/* The descriptor is gone, whatever close says. */
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
  const int result = __real_close(descriptor);
  return fails("close") ? -1 : result;
}

/* --- a file --------------------------------------------------------------------------------------------------------- */

#define FOLDER "thalnet_host_files_XXXXXX"

static char folder[] = FOLDER, path[100], other[100];
static thalnet_io io;
static int descriptors; /* the lowest free one, when no file is open */

static int lowest_descriptor(void) {
  const int descriptor = dup(0);
  close(descriptor);
  return descriptor;
}

static void write_file(void) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_ge(fputs("abc", file), 0);
  ck_assert_int_eq(fclose(file), 0);
}

static void setup(void) {
  memcpy(folder, FOLDER, sizeof folder);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/file", folder);
  snprintf(other, sizeof other, "%s/other", folder);
  write_file();
  ck_assert_int_eq(thalnet__io_init(&io, NULL), THALNET_OK);
  descriptors = lowest_descriptor();
}

static void teardown(void) {
  fault = (struct fault){NULL, 0, 0, 0, 0};
  ck_assert_int_eq(lowest_descriptor(), descriptors); /* nothing stayed open */
  unlink(path);
  unlink(other);
  ck_assert_int_eq(rmdir(folder), 0);
}

/* Each callback, once or between an opening and a closing that work; its error. */
enum { OPEN_READ, OPEN_WRITE, READ, WRITE, SYNC, CLOSE, RENAME, REMOVE, SYNC_FOLDER };

static int32_t call_file(int callback, void *file) {
  char bytes[3] = "abc";
  size_t done = 77;
  const int32_t error = callback == READ    ? io.read(io.user, file, bytes, 3, &done)
                        : callback == WRITE ? io.write(io.user, file, bytes, 3, &done)
                        : callback == SYNC  ? io.sync(io.user, file)
                                            : 0;
  if (callback == READ || callback == WRITE) {
    ck_assert_uint_eq(done, (error ? 0u : 3u));
  }
  return error;
}

static int32_t call(int callback) {
  void *file = NULL;
  uint64_t size = 0;
  if (callback == RENAME) {
    return io.rename(io.user, path, other);
  }
  if (callback == REMOVE) {
    return io.remove(io.user, path);
  }
  if (callback == SYNC_FOLDER) {
    return io.sync_folder(io.user, path);
  }
  const int reads = callback == OPEN_READ || callback == READ || callback == CLOSE;
  int32_t error = reads ? io.open_read(io.user, path, &file, &size) : io.open_write(io.user, path, &file);
  if (error != 0) {
    return error;
  }
  ck_assert_uint_eq(size, (reads ? 3u : 0u));
  error = call_file(callback, file);
  const int32_t closing = io.close(io.user, file);
  return error ? error : closing;
}

/* fstat has another name where files may be larger than a pointer. */
static void make_fail(const char *name, int error, int times) { fault = (struct fault){name, error, 0, times, 0}; }

static int32_t call_with(int callback, const char *name, int error, int times) {
  write_file();
  errno = ENOTTY;
  make_fail(name, error, times);
  int32_t told = call(callback);
  if (fault.calls == 0 && strcmp(name, "fstat") == 0) {
    make_fail("fstat64", error, times);
    told = call(callback);
  }
  ck_assert_int_eq(errno, ENOTTY);
  ck_assert_int_ge(fault.calls, times);
  fault.call = NULL;
  return told;
}

START_TEST(all_is_well) {
  for (int callback = OPEN_READ; callback <= SYNC_FOLDER; callback++) {
    write_file();
    ck_assert_int_eq(call(callback), 0);
  }
}
END_TEST

/* --- what is told --------------------------------------------------------------------------------------------------- */

START_TEST(failing_calls_are_told) {
  static const struct {
    int callback;
    const char *name;
    int error, told;
  } list[] = {
      {OPEN_READ, "open", EMFILE, EMFILE},
      {OPEN_READ, "open", EACCES, EACCES},
      {OPEN_READ, "fstat", EIO, EIO},
      {OPEN_WRITE, "open", EROFS, EROFS},
      {OPEN_WRITE, "fstat", EIO, EIO},
      {READ, "read", EIO, EIO},
      {WRITE, "write", ENOSPC, ENOSPC},
      {WRITE, "write", EDQUOT, EDQUOT},
      {SYNC, "fsync", EIO, EIO},
      {SYNC, "fsync", EINVAL, EINVAL},
      {CLOSE, "close", EIO, EIO},
      {CLOSE, "close", EINTR, 0}, /* it is closed all the same */
      {RENAME, "rename", EXDEV, EXDEV},
      {REMOVE, "unlink", EPERM, EPERM},
      {SYNC_FOLDER, "open", EMFILE, EMFILE},
      {SYNC_FOLDER, "open", EACCES, 0}, /* one may write to a folder without reading it */
      {SYNC_FOLDER, "fsync", EIO, EIO},
      {SYNC_FOLDER, "fsync", EINVAL, 0}, /* this file system syncs no folders */
  };
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    const int32_t told = call_with(list[i].callback, list[i].name, list[i].error, 1);
    ck_assert_msg(told == list[i].told, "%s with %d: %d", list[i].name, list[i].error, (int)told);
    ck_assert_int_eq(fault.calls, 1);
    ck_assert_int_eq(lowest_descriptor(), descriptors);
  }
}
END_TEST

START_TEST(interrupted_calls_are_made_again) {
  static const struct {
    int callback;
    const char *name;
  } list[] = {{OPEN_READ, "open"}, {OPEN_WRITE, "open"},  {READ, "read"},        {WRITE, "write"},
              {SYNC, "fsync"},     {SYNC_FOLDER, "open"}, {SYNC_FOLDER, "fsync"}};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    ck_assert_int_eq(call_with(list[i].callback, list[i].name, EINTR, 3), 0);
    ck_assert_int_eq(fault.calls, 4);
  }
}
END_TEST

/* --- folders -------------------------------------------------------------------------------------------------------- */

START_TEST(folders_of_paths) {
  static char deep[5000];
  errno = ENOTTY;
  ck_assert_int_eq(io.sync_folder(io.user, "file"), 0); /* of the working folder */
  ck_assert_int_eq(io.sync_folder(io.user, "/file"), 0);
  snprintf(deep, sizeof deep, "%s/nowhere/file", folder);
  ck_assert_int_eq(io.sync_folder(io.user, deep), ENOENT);
  snprintf(deep, sizeof deep, "%s/file/file", folder);
  ck_assert_int_eq(io.sync_folder(io.user, deep), ENOTDIR);
  for (size_t length = 4095; length <= 4096; length++) { /* of the folder's name */
    memset(deep, '/', length);
    memcpy(deep + length, "/file", 6);
    ck_assert_int_eq(io.sync_folder(io.user, deep), (length == 4095 ? 0 : ENAMETOOLONG));
  }
  ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

/* A program that the host starts does not inherit them. */
START_TEST(files_are_closed_on_exec) {
  void *file = NULL;
  uint64_t size;
  for (int writes = 0; writes < 2; writes++) {
    ck_assert_int_eq(writes ? io.open_write(io.user, path, &file) : io.open_read(io.user, path, &file, &size), 0);
    ck_assert_int_ne(fcntl(descriptors, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_eq(io.close(io.user, file), 0);
  }
}
END_TEST

/* --- guards --------------------------------------------------------------------------------------------------------- */

/* The error; what was locked is released. */
static int32_t guard(void) {
  int descriptor = -2;
  errno = ENOTTY;
  const int32_t error = thalnet__guard_file(&io, path, &descriptor);
  ck_assert_int_eq(errno, ENOTTY);
  ck_assert_int_eq(descriptor >= 0, error == 0);
  thalnet__release_guard(descriptor);
  ck_assert_int_eq(errno, ENOTTY);
  fault.call = NULL;
  return error;
}

START_TEST(guards_keep_others_away) {
  int first = -2, second = -2;
  ck_assert_int_eq(unlink(path), 0); /* it is made */
  ck_assert_int_eq(thalnet__guard_file(&io, path, &first), 0);
  ck_assert_int_ge(first, 0);
  ck_assert_int_ne(fcntl(first, F_GETFD) & FD_CLOEXEC, 0);
  ck_assert_int_eq(thalnet__guard_file(&io, path, &second), EWOULDBLOCK);
  ck_assert_int_eq(second, -1);
  ck_assert_int_eq(access(path, F_OK), 0); /* it is not the second's to remove */
  thalnet__release_guard(first);
  ck_assert_int_eq(guard(), 0);
  io.open_write = NULL; /* files of the host: nothing is locked */
  ck_assert_int_eq(thalnet__guard_file(&io, path, &first), 0);
  ck_assert_int_eq(first, -1);
  thalnet__release_guard(first);
}
END_TEST

static void make_fault(const char *call, int error, int times) { fault = (struct fault){call, error, 0, times, 0}; }

START_TEST(guards_that_fail) {
  make_fault("open", EROFS, 1);
  ck_assert_int_eq(guard(), EROFS);
  make_fault("open", EINTR, 3);
  ck_assert_int_eq(guard(), 0);
  make_fault("flock", EINTR, 3);
  ck_assert_int_eq(guard(), 0);
  make_fault("flock", ENOLCK, 1); /* a file system without locks: saving goes on */
  ck_assert_int_eq(guard(), 0);
  make_fault("lstat", EIO, 1);
  ck_assert_int_eq(guard(), EIO);
  ck_assert_int_ne(access(path, F_OK), 0); /* nobody else would remove it */
  ck_assert_int_eq(guard(), 0);
  for (int i = 0; i < 2; i++) {
    make_fault(i ? "fstat64" : "fstat", EIO, 1);
    const int32_t error = guard();
    ck_assert_int_eq(error, (fault.calls ? EIO : 0));
    ck_assert_int_eq(access(path, F_OK) != 0, error != 0);
  }
}
END_TEST

static void remove_it(void) { unlink(path); }
static void replace_it(void) { rename(other, path); }

/* Whoever had the lock before gave the file its other name, and perhaps somebody made a new one since. */
START_TEST(guards_are_for_the_file_of_that_name) {
  struct stat locked, named;
  int descriptor = -2;
  for (int replaced = 0; replaced < 2; replaced++) {
    if (replaced) {
      ck_assert_int_eq(rename(path, other), 0); /* while it is there, another one is not taken for it */
    }
    write_file();
    meanwhile = replaced ? replace_it : remove_it;
    ck_assert_int_eq(thalnet__guard_file(&io, path, &descriptor), 0);
    ck_assert(meanwhile == NULL);
    ck_assert(fstat(descriptor, &locked) == 0 && stat(path, &named) == 0);
    ck_assert(locked.st_ino == named.st_ino && locked.st_dev == named.st_dev);
    thalnet__release_guard(descriptor);
  }
  mounted = 1; /* the same number, by chance */
  fault = (struct fault){"lstat", 0, 0, 0, 0};
  ck_assert_int_eq(guard(), 0);
  ck_assert_int_eq(mounted, 0);
  ck_assert_int_eq(fault.calls, 2);
}
END_TEST

/* With somebody at its other end a pipe can be opened. */
START_TEST(pipes_are_not_guarded) {
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  ck_assert_int_eq(guard(), ENXIO);
  const int reader = open(path, O_RDONLY | O_NONBLOCK);
  ck_assert_int_ge(reader, 0);
  ck_assert_int_eq(guard(), ENXIO);
  ck_assert_int_eq(access(path, F_OK), 0);
  close(reader);
}
END_TEST

/* --- words ---------------------------------------------------------------------------------------------------------- */

START_TEST(reasons_are_the_usual_words) {
  static const int errors[] = {EACCES, EBADF,  EDQUOT,       EEXIST, EFBIG,  EINTR,  EINVAL,  EIO,   EISDIR, ELOOP,
                               EMFILE, ENFILE, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR, EPERM, EROFS,  ETXTBSY};
  char wanted[200];
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    snprintf(wanted, sizeof wanted, "reading: %s (errno %d)", strerror(errors[i]), errors[i]);
    ck_assert_int_eq(thalnet__io_fail("reading", errors[i]), THALNET_ERROR_IO);
    ck_assert_str_eq(thalnet__error_text(), wanted);
  }
  snprintf(wanted, sizeof wanted, "opening: Not a regular file (errno %d)", ENXIO);
  ck_assert_int_eq(thalnet__io_fail("opening", ENXIO), THALNET_ERROR_IO);
  ck_assert_str_eq(thalnet__error_text(), wanted);
  ck_assert_int_eq(thalnet__io_fail("opening", 4711), THALNET_ERROR_IO); /* a host's own number */
  ck_assert_str_eq(thalnet__error_text(), "opening: error (errno 4711)");
}
END_TEST

/* --- the option ----------------------------------------------------------------------------------------------------- */

#define WITHOUT(callback)                                                                                              \
  thalnet__io_init(&io, NULL);                                                                                         \
  given = io;                                                                                                          \
  given.callback = NULL;                                                                                               \
  ck_assert_int_eq(thalnet__io_init(&io, &given), THALNET_ERROR_ARGUMENT)

START_TEST(every_callback_is_needed) {
  thalnet_io given;
  WITHOUT(open_read);
  WITHOUT(open_write);
  WITHOUT(read);
  WITHOUT(write);
  WITHOUT(sync);
  WITHOUT(close);
  WITHOUT(rename);
  WITHOUT(remove);
  WITHOUT(sync_folder);
  thalnet__io_init(&io, NULL);
  given = io;
  given.user = &given;
  ck_assert_int_eq(thalnet__io_init(&io, &given), THALNET_OK);
  ck_assert_ptr_eq(io.user, &given);
  given.struct_size--;
  ck_assert_int_eq(thalnet__io_init(&io, &given), THALNET_ERROR_VERSION);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {all_is_well,
                                failing_calls_are_told,
                                interrupted_calls_are_made_again,
                                folders_of_paths,
                                files_are_closed_on_exec,
                                reasons_are_the_usual_words,
                                every_callback_is_needed,
                                guards_keep_others_away,
                                guards_that_fail,
                                guards_are_for_the_file_of_that_name,
                                pipes_are_not_guarded};
  return IO_RUN_BETWEEN("host_files", tests, setup, teardown);
}
