/* SPDX-License-Identifier: MIT */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#define _FILE_OFFSET_BITS 64 /* models above 2 GiB on machines with a 32-bit off_t */
#include "io/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/options.h"
#include "core/status.h"

/* --- reasons --- */

/* The usual words of strerror, which itself is neither safe among threads nor independent of the locale. */
static const char *thalnet__io_reason(int32_t error) {
  switch (error) {
  case EACCES: return "Permission denied";
  case EBADF: return "Bad file descriptor";
  case EDQUOT: return "Disk quota exceeded";
  case EEXIST: return "File exists";
  case EFBIG: return "File too large";
  case EINTR: return "Interrupted system call";
  case EINVAL: return "Invalid argument";
  case EIO: return "Input/output error";
  case EISDIR: return "Is a directory";
  case ELOOP: return "Too many levels of symbolic links";
  case EMFILE: return "Too many open files";
  case ENAMETOOLONG: return "File name too long";
  case ENFILE: return "Too many open files in system";
  case ENOENT: return "No such file or directory";
  case ENOMEM: return "Cannot allocate memory";
  case ENOSPC: return "No space left on device";
  case ENOTDIR: return "Not a directory";
  case ENXIO: return "Not a regular file";
  case EPERM: return "Operation not permitted";
  case EROFS: return "Read-only file system";
  case ETXTBSY: return "Text file busy";
  default: return "error";
  }
}

thalnet_status thalnet__io_fail(const char *what, int32_t error) {
  return thalnet__fail(THALNET_ERROR_IO, "%s: %s (errno %d)", what, thalnet__io_reason(error), (int)error);
}

/* --- POSIX files: the callbacks' file is the descriptor plus one, so that it is never NULL --- */

static int thalnet__descriptor(const void *file) { return (int)((intptr_t)file - 1); }

/* A call that a signal interrupts is made again. Not close: the descriptor is gone after EINTR too. */
#define THALNET__RETRY(result, call)                                                                                   \
  do (result) = (call);                                                                                                \
  while ((result) == -1 && errno == EINTR)

/* Opens without waiting for anybody: a FIFO or a device would block a reader or a writer, or never end. */
static int32_t thalnet__posix_open(const char *path, int flags, void **file_out, uint64_t *size_out) {
  struct stat status = {0}; /* sanitizers of older compilers do not see fstat write it */
  int descriptor;
  THALNET__RETRY(descriptor, open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, (mode_t)0666));
  if (descriptor == -1) return errno;
  int32_t error = 0;
  if (fstat(descriptor, &status) != 0) {
    error = errno;
    if (flags & O_CREAT) unlink(path); /* nobody else will: who opens it is told that it is not there */
  } else if (S_ISDIR(status.st_mode))
    error = EISDIR;
  else if (!S_ISREG(status.st_mode))
    error = ENXIO;
  if (error != 0) {
    close(descriptor);
    return error;
  }
  *file_out = (void *)((intptr_t)descriptor + 1);
  *size_out = (uint64_t)status.st_size;
  return 0;
}

static int32_t thalnet__posix_open_read(void *user, const char *path, void **file_out, uint64_t *size_out) {
  const int before = errno;
  (void)user;
  const int32_t error = thalnet__posix_open(path, O_RDONLY, file_out, size_out);
  errno = before;
  return error;
}

/* Not through a symbolic link: the name is a made-up one, and whoever put a link there means harm. */
static int32_t thalnet__posix_open_write(void *user, const char *path, void **file_out) {
  const int before = errno;
  uint64_t size;
  (void)user;
  const int32_t error = thalnet__posix_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, file_out, &size);
  errno = before;
  return error;
}

static int32_t thalnet__posix_read(void *user, void *file, void *bytes, size_t size, size_t *done_out) {
  const int before = errno;
  ssize_t done;
  (void)user;
  THALNET__RETRY(done, read(thalnet__descriptor(file), bytes, size));
  const int32_t error = done == -1 ? errno : 0;
  *done_out = done == -1 ? 0 : (size_t)done;
  errno = before;
  return error;
}

static int32_t thalnet__posix_write(void *user, void *file, const void *bytes, size_t size, size_t *done_out) {
  const int before = errno;
  ssize_t done;
  (void)user;
  THALNET__RETRY(done, write(thalnet__descriptor(file), bytes, size));
  const int32_t error = done == -1 ? errno : 0;
  *done_out = done == -1 ? 0 : (size_t)done;
  errno = before;
  return error;
}

static int32_t thalnet__posix_sync(void *user, void *file) {
  const int before = errno;
  int result;
  (void)user;
  THALNET__RETRY(result, fsync(thalnet__descriptor(file)));
  const int32_t error = result == -1 ? errno : 0;
  errno = before;
  return error;
}

static int32_t thalnet__posix_close(void *user, void *file) {
  const int before = errno;
  (void)user;
  const int32_t error = close(thalnet__descriptor(file)) == -1 && errno != EINTR ? errno : 0;
  errno = before;
  return error;
}

/* What may stand at the place of a file: nothing, a file, or a link, which a rename replaces. For one who may do anything it would
 * replace a device too. */
static int32_t thalnet__check_place(const char *path) {
  struct stat status = {0}; /* as above */
  if (lstat(path, &status) != 0) return errno == ENOENT ? 0 : errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return S_ISREG(status.st_mode) || S_ISLNK(status.st_mode) ? 0 : ENXIO;
}

static int32_t thalnet__posix_rename(void *user, const char *from, const char *to) {
  const int before = errno;
  (void)user;
  int32_t error = thalnet__check_place(to);
  if (error == 0 && rename(from, to) == -1) error = errno;
  errno = before;
  return error;
}

static int32_t thalnet__posix_remove(void *user, const char *path) {
  const int before = errno;
  (void)user;
  const int32_t error = unlink(path) == -1 ? errno : 0;
  errno = before;
  return error;
}

enum { THALNET__PATH_SIZE = 4096 };

static int32_t thalnet__sync_folder_of(const char *path) {
  char folder[THALNET__PATH_SIZE] = ".";
  const char *slash = strrchr(path, '/');
  int descriptor, result;
  if (slash != NULL) {
    const size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder) return ENAMETOOLONG;
    memcpy(folder, path, length);
    folder[length] = 0;
  }
  THALNET__RETRY(descriptor, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor == -1) return errno == EACCES ? 0 : errno; /* one may write to a folder without reading it */
  THALNET__RETRY(result, fsync(descriptor));
  const int32_t error = result == -1 && errno != EINVAL ? errno : 0; /* EINVAL: this file system syncs no folders */
  close(descriptor);
  return error;
}

static int32_t thalnet__posix_sync_folder(void *user, const char *path) {
  const int before = errno;
  (void)user;
  const int32_t error = thalnet__sync_folder_of(path);
  errno = before;
  return error;
}

/* --- guards --- */

/* Locks what was opened. 0: it lost its name meanwhile, to whoever had the lock before. */
static int thalnet__lock(int descriptor, const char *path, int32_t *error) {
  struct stat mine = {0}, named = {0}; /* as above */
  int result;
  if (fstat(descriptor, &mine) != 0) {
    *error = errno;
    unlink(path);
    return 1;
  }
  if (!S_ISREG(mine.st_mode)) {
    *error = ENXIO;
    return 1;
  }
  THALNET__RETRY(result, flock(descriptor, LOCK_EX | LOCK_NB));
  if (result == -1 && errno == EWOULDBLOCK) { /* others: there are no locks here */
    *error = EWOULDBLOCK;
    return 1;
  }
  if (lstat(path, &named) != 0) {
    if (errno == ENOENT) return 0;
    *error = errno;
    unlink(path);
    return 1;
  }
  return named.st_dev == mine.st_dev && named.st_ino == mine.st_ino;
}

int32_t thalnet__guard_file(const thalnet_io *io, const char *path, int *guard_out) {
  const int before = errno;
  int32_t error = 0;
  *guard_out = -1;
  while (io->open_write == thalnet__posix_open_write && *guard_out == -1 && error == 0) {
    int descriptor;
    THALNET__RETRY(descriptor, open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666));
    if (descriptor == -1)
      error = errno;
    else if (thalnet__lock(descriptor, path, &error) && error == 0)
      *guard_out = descriptor;
    else
      close(descriptor);
  }
  errno = before;
  return error;
}

void thalnet__release_guard(int guard) {
  const int before = errno;
  if (guard != -1) {
    flock(guard, LOCK_UN); /* a child that was forked meanwhile has the descriptor, too */
    close(guard);
  }
  errno = before;
}

/* --- the option --- */

thalnet_status thalnet__io_init(thalnet_io *io, const thalnet_io *given) {
  *io = (thalnet_io){.struct_size = sizeof *io,
                     .open_read = thalnet__posix_open_read,
                     .open_write = thalnet__posix_open_write,
                     .read = thalnet__posix_read,
                     .write = thalnet__posix_write,
                     .sync = thalnet__posix_sync,
                     .close = thalnet__posix_close,
                     .rename = thalnet__posix_rename,
                     .remove = thalnet__posix_remove,
                     .sync_folder = thalnet__posix_sync_folder};
  THALNET__TRY(thalnet__read_options(io, sizeof *io, sizeof *io, given, "thalnet_io"));
  if (io->open_read == NULL || io->open_write == NULL || io->read == NULL || io->write == NULL || io->sync == NULL ||
      io->close == NULL || io->rename == NULL || io->remove == NULL || io->sync_folder == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_io: every callback must be set");
  return THALNET_OK;
}
