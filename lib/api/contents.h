/* SPDX-License-Identifier: MIT */
/* Filling a batch: each call checks, then copies; new contents make what was computed stale. */
#ifndef THALNET_API_CONTENTS_H
#define THALNET_API_CONTENTS_H

#include "network/batch.h"

thalnet_status thalnet__check_begun(const thalnet_batch *batch, const char *call);
thalnet_status thalnet__check_input(const thalnet_batch *batch, int32_t input, const char *call);
thalnet_status thalnet__check_output(const thalnet_batch *batch, int32_t output, const char *call);
/* The count is right, and values are there when any are needed. */
thalnet_status thalnet__check_values(const void *values, size_t count, size_t expected, const char *call);
/* Takes the batch and copies; the caller notes what is set now, and calls thalnet__leave. */
thalnet_status thalnet__enter_copy(thalnet_batch *batch, void *to, const void *from, size_t bytes, const char *call);

#endif
