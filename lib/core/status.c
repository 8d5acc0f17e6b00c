/* SPDX-License-Identifier: MIT */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/fault.h"

#ifdef THALNET_DOUBLE
int thalnet__fault = THALNET__FAULT_NONE;
#endif

static _Thread_local char thalnet__text[THALNET__ERROR_TEXT_SIZE];

/* Names and paths come from outside: whatever they hold, the text stays one line. */
static void thalnet__keep_one_line(void) {
  for (char *c = thalnet__text; *c; c++)
    if ((unsigned char)*c < 0x20 || (unsigned char)*c == 0x7f) *c = '?';
}

thalnet_status thalnet__fail(thalnet_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(thalnet__text, sizeof thalnet__text, format, arguments);
  va_end(arguments);
  thalnet__keep_one_line();
  return status;
}

thalnet_status thalnet__fail_again(thalnet_status status, const char *text) {
  return thalnet__fail(status, "%s", text);
}

thalnet_status thalnet__fail_within(thalnet_status status, const char *prefix) {
  char inner[THALNET__ERROR_TEXT_SIZE];
  memcpy(inner, thalnet__text, sizeof inner);
  return thalnet__fail(status, "%.160s: %.150s", prefix, inner);
}

const char *thalnet__error_text(void) { return thalnet__text; }
