/* SPDX-License-Identifier: MIT */
/* Calls into the C library that fail on demand. The linker puts the test's own __wrap_read before read, where wrap_calls in
 * tests/CMakeLists.txt asks for it; that one fails, or hands on to __real_read. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>

static struct fault {
  const char *call; /* which call fails; NULL: none, "": any */
  int error;        /* what it leaves in errno */
  int after, times; /* so many calls work, then so many fail, then they work again */
  int calls;        /* how many there were */
} fault;

static int fails(const char *call) {
  if (fault.call == NULL || (*fault.call != 0 && strcmp(fault.call, call) != 0)) {
    return 0;
  }
  const int number = fault.calls++;
  if (number < fault.after || number - fault.after >= fault.times) {
    return 0;
  }
  errno = fault.error;
  return 1;
}

#define WRAPPED(type, name, failure, parameters, arguments)                                                            \
  type __real_##name parameters;                                                                                       \
  type __wrap_##name parameters;                                                                                       \
  type __wrap_##name parameters { return fails(#name) ? (failure) : __real_##name arguments; }

/* open has another name where files may be larger than a pointer; both fail as "open". */
#define WRAPPED_OPEN(name)                                                                                             \
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
    return fails("open") ? -1 : __real_##name(path, flags, mode);                                                      \
  }

#endif
