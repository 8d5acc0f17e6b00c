/* SPDX-License-Identifier: MIT */
/* What every exported function does first: is the handle one, is it free, is it built. Texts start with the call's name, so
 * that the host's programmer finds the line. */
#ifndef THALNET_API_HANDLES_H
#define THALNET_API_HANDLES_H

#include "core/floating.h"
#include "network/batch.h"
#include "network/state.h"
#include "train/optimizer.h"

thalnet_status thalnet__check_center(const thalnet_center *net, const char *call);
thalnet_status thalnet__check_built(const thalnet_center *net, const char *call);
thalnet_status thalnet__check_module(const thalnet_module *module, const char *call);
thalnet_status thalnet__check_batch(const thalnet_batch *batch, const char *call);
thalnet_status thalnet__check_state(const thalnet_state *state, const char *call);
thalnet_status thalnet__check_optimizer(const thalnet_optimizer *optimizer, const char *call);
thalnet_status thalnet__check_pointer(const void *pointer, const char *call, const char *name);
thalnet_status thalnet__check_count(size_t count, size_t expected, const char *call);

/* One thread at a time in a batch, state or optimizer. */
thalnet_status thalnet__enter(const atomic_int *busy, const char *call);
void thalnet__leave(const atomic_int *busy);

#endif
