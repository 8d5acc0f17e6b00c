/* SPDX-License-Identifier: MIT */
/* Calls with a batch take it once, and check and copy inside; new contents make what was computed stale. */
#ifndef THALNET_API_CONTENTS_H
#define THALNET_API_CONTENTS_H

#include "network/batch.h"

thalnet_status thalnet__check_begun(const thalnet_batch *batch, const char *call);
thalnet_status thalnet__check_input(const thalnet_batch *batch, int32_t input, const char *call);
thalnet_status thalnet__check_output(const thalnet_batch *batch, int32_t output, const char *call);
/* The count is right, and values are there when any are needed. */
thalnet_status thalnet__check_values(const void *values, size_t count, size_t expected, const char *call);
void thalnet__copy_in(thalnet_batch *batch, void *to, const void *from, size_t bytes);

/* The whole body of an exported function: `inner` runs while no other thread is in a call with the batch. */
#define THALNET__HOLD(batch, call, inner)                                                                              \
  THALNET__TRY(thalnet__check_batch(batch, call));                                                                     \
  THALNET__TRY(thalnet__enter(&(batch)->busy, call));                                                                  \
  const thalnet_status thalnet__held_status = (inner);                                                                 \
  thalnet__leave(&(batch)->busy);                                                                                      \
  return thalnet__held_status

#endif
