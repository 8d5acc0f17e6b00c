/* SPDX-License-Identifier: MIT */
/* Calls of the library that have to succeed. */
#ifndef GRADIENT_CHECK_CALL_H
#define GRADIENT_CHECK_CALL_H

#include <check.h>
#include <thalnet/status.h>

#define CALL(call)                                                                                                     \
  do {                                                                                                                 \
    thalnet_status status_ = (call);                                                                                   \
    ck_assert_msg(status_ == THALNET_OK, "%s: %s: %s", #call, thalnet_status_name(status_), thalnet_error_text());     \
  } while (0)

#endif
