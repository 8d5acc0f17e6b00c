/* SPDX-License-Identifier: MIT */
#include "system_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct system_calls system_calls;

void system_calls_watch(int fail_at, int times, int error) {
  memset(&system_calls, 0, sizeof system_calls);
  system_calls.fail_at = fail_at;
  system_calls.times = times;
  system_calls.error = error;
  system_calls.watching = 1;
}

void system_calls_watch_memory(int allocation_at) {
  system_calls_watch(0, 0, 0);
  system_calls.allocation_at = allocation_at;
}

void system_calls_rest(void) { system_calls.watching = 0; }

/* Counts a call; gives what it fails with, or 0. */
static int count(char letter) {
  struct system_calls *s = &system_calls;
  if (!s->watching) {
    return 0;
  }
  if (s->calls + 1 < (int)sizeof s->log) {
    s->log[s->calls] = letter;
  }
  s->calls++;
  if (s->fail_at == 0 || s->calls < s->fail_at || (s->times > 0 && s->calls >= s->fail_at + s->times)) {
    return 0;
  }
  s->failures++;
  return s->error;
}

/* The same for calls that cannot be short: 1 when it fails, with errno set. */
static int fails(char letter) {
  const int error = count(letter);
  if (error > 0) {
    errno = error;
  }
  return error > 0;
}

static size_t part(int error, size_t size) { return error == SYSTEM_CALLS_SHORT && size > 1 ? 1 : size; }

static int opened(int descriptor) {
  system_calls.open += system_calls.watching && descriptor >= 0;
  return descriptor;
}

/* --- what the linker puts in place of the calls --------------------------------------------------------------------- */

/* Names of 64-bit files are those of the GNU library, where they are calls of their own. */
#define SYSTEM_OPEN(name)                                                                                              \
  int __real_##name(const char *path, int flags, ...);                                                                 \
  int __wrap_##name(const char *path, int flags, ...);                                                                 \
  int __wrap_##name(const char *path, int flags, ...) {                                                                \
    mode_t mode = 0;                                                                                                   \
    if (flags & O_CREAT) {                                                                                             \
      va_list arguments;                                                                                               \
      va_start(arguments, flags);                                                                                      \
      mode = va_arg(arguments, mode_t);                                                                                \
      va_end(arguments);                                                                                               \
    }                                                                                                                  \
    return fails('o') ? -1 : opened(__real_##name(path, flags, mode));                                                 \
  }
#define SYSTEM_FSTAT(name)                                                                                             \
  int __real_##name(int descriptor, struct stat *status);                                                              \
  int __wrap_##name(int descriptor, struct stat *status);                                                              \
  int __wrap_##name(int descriptor, struct stat *status) { return fails('t') ? -1 : __real_##name(descriptor, status); }

#define SYSTEM_LSTAT(name)                                                                                             \
  int __real_##name(const char *path, struct stat *status);                                                            \
  int __wrap_##name(const char *path, struct stat *status);                                                            \
  int __wrap_##name(const char *path, struct stat *status) { return fails('l') ? -1 : __real_##name(path, status); }

SYSTEM_OPEN(open)
SYSTEM_FSTAT(fstat)
SYSTEM_LSTAT(lstat)
#if defined(__GLIBC__)
SYSTEM_OPEN(open64)
SYSTEM_FSTAT(fstat64)
SYSTEM_LSTAT(lstat64)
#endif

ssize_t __real_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size) {
  const int error = count('r');
  if (error > 0) {
    errno = error;
    return -1;
  }
  return __real_read(descriptor, bytes, part(error, size));
}

ssize_t __real_write(int descriptor, const void *bytes, size_t size);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t size);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t size) {
  const int error = count('w');
  if (error > 0) {
    errno = error;
    return -1;
  }
  return __real_write(descriptor, bytes, part(error, size));
}

/* Nobody pulls the plug here, and a real one takes its time. */
int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor) {
  if (fails('s')) {
    return -1;
  }
  return system_calls.watching ? 0 : __real_fsync(descriptor);
}

/* The descriptor is gone, whatever it says. */
int __real_close(int descriptor);
int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
  const int result = __real_close(descriptor);
  system_calls.open -= system_calls.watching;
  return fails('c') ? -1 : result;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) { return fails('n') ? -1 : __real_rename(from, to); }

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path) { return fails('u') ? -1 : __real_unlink(path); }

/* --- memory ---------------------------------------------------------------------------------------------------------- */

static int refused(void) {
  struct system_calls *s = &system_calls;
  if (!s->watching || ++s->allocations != s->allocation_at) {
    return 0;
  }
  s->failures++;
  errno = ENOMEM;
  return 1;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return refused() ? NULL : __real_malloc(size); }

void *__real_calloc(size_t number, size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_calloc(size_t number, size_t size) { return refused() ? NULL : __real_calloc(number, size); }

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size) { return refused() ? NULL : __real_realloc(block, size); }

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : __real_aligned_alloc(alignment, size);
}
