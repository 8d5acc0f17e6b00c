/* SPDX-License-Identifier: MIT */
/** @file
 * What every call that can fail returns, and the text that says why. */
#ifndef THALNET_STATUS_H
#define THALNET_STATUS_H

#include <stdint.h>

#include <thalnet/export.h>

/** Every status with its number, which never changes, and its meaning. */
#define THALNET_STATUS_MAP(X)                                                                                          \
  X(OK, 0, "success")                                                                                                  \
  X(ERROR_ARGUMENT, -1, "an argument is NULL or outside its documented range")                                         \
  X(ERROR_HANDLE, -2, "a handle is NULL, of another type, or no longer alive")                                         \
  X(ERROR_VERSION, -3, "an options structure is of an unknown size or sets fields that this library does not know")    \
  X(ERROR_SIZE, -4, "a buffer's element count is not the expected one")                                                \
  X(ERROR_STATE, -5, "the call does not fit what was called before")                                                   \
  X(ERROR_MISMATCH, -6, "two handles do not belong together")                                                          \
  X(ERROR_BUSY, -7, "another thread is inside a call with this handle")                                                \
  X(ERROR_MEMORY, -8, "memory could not be allocated")                                                                 \
  X(ERROR_OVERFLOW, -9, "a size does not fit in memory")                                                               \
  X(ERROR_LIMIT, -10, "a size is above a limit")                                                                       \
  X(ERROR_DATA, -11, "a label, token, length or name is invalid")                                                      \
  X(ERROR_NONFINITE, -12, "a value is not a finite number")                                                            \
  X(ERROR_IO, -13, "reading or writing a file failed")                                                                 \
  X(ERROR_TRUNCATED, -14, "a file ends too early")                                                                     \
  X(ERROR_FORMAT, -15, "a file is not a valid model file")                                                             \
  X(ERROR_CHECKSUM, -16, "a file's content does not match its checksum")                                               \
  X(ERROR_UNSUPPORTED, -17, "this build or machine cannot do that")                                                    \
  X(ERROR_HOST, -18, "a function of the host reported a failure")

/** Result of a call: THALNET_OK (0) or one of the negative THALNET_ERROR_ values of THALNET_STATUS_MAP. */
typedef int32_t thalnet_status;

#define THALNET_STATUS_VALUE(name, number, text) THALNET_##name = (number),
enum { THALNET_STATUS_MAP(THALNET_STATUS_VALUE) };
#undef THALNET_STATUS_VALUE

#ifdef __cplusplus
extern "C" {
#endif

/** One line about this thread's last failing call: it names the offender and the numbers involved. Never NULL; empty
 * before the first failure; not cleared by success. Storage of the library, valid until this thread's next failure. */
THALNET_API const char *thalnet_error_text(void);

/** The name of a status, such as "ERROR_SIZE"; "unknown status" for other numbers. Constant storage. */
THALNET_API const char *thalnet_status_name(thalnet_status status);

/** What a status means, one sentence; "unknown status" for other numbers. Constant storage. */
THALNET_API const char *thalnet_status_text(thalnet_status status);

#ifdef __cplusplus
}
#endif
#endif
