/* SPDX-License-Identifier: MIT */
/* How failures are reported: the text goes into thread-local storage, the status travels up. */
#ifndef THALNET_CORE_STATUS_H
#define THALNET_CORE_STATUS_H

#include <thalnet/status.h>

#if defined(__GNUC__)
#define THALNET__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define THALNET__PRINTF(text, first)
#endif

/* Sets this thread's error text and returns status. Formats use %s, %d, %zu and the like only: nothing that depends on the
 * locale. */
thalnet_status thalnet__fail(thalnet_status status, const char *format, ...) THALNET__PRINTF(2, 3);

/* Puts a remembered text back as this thread's error text. */
thalnet_status thalnet__fail_again(thalnet_status status, const char *text);

/* Puts `prefix: ` before this thread's error text, where a caller knows more (a path, a name) than the callee did. */
thalnet_status thalnet__fail_within(thalnet_status status, const char *prefix);

const char *thalnet__error_text(void);

#define THALNET__TRY(call)                                                                                             \
  do {                                                                                                                 \
    thalnet_status thalnet__try_status = (call);                                                                       \
    if (thalnet__try_status != THALNET_OK) return thalnet__try_status;                                                 \
  } while (0)

enum { THALNET__ERROR_TEXT_SIZE = 320 };

#endif
