/* SPDX-License-Identifier: MIT */
/* Running medians of losses and gradient norms, and what is far above them. The rules are in thalnet/watch.h. */
#ifndef THALNET_TRAIN_WATCH_H
#define THALNET_TRAIN_WATCH_H

#include <stdatomic.h>

#include <thalnet/watch.h>

#include "network/network.h"

/* The last values in the order in which they came, a ring, and once more by size. */
typedef struct thalnet__median {
  double *values, *sorted; /* [window] */
  size_t count, next;
} thalnet__median;

struct thalnet_watch {
  uint32_t magic;
  atomic_int busy;
  thalnet_memory memory;
  thalnet_watch_options options;
  thalnet__median losses, norms;
  uint64_t steps, high_losses;
  double *block; /* of the four arrays */
};

thalnet_status thalnet__check_watch_options(const thalnet_watch_options *options);
thalnet_status thalnet__watch_create(const thalnet_watch_options *options, thalnet_watch **watch_out);
void thalnet__watch_free(thalnet_watch *watch);
/* In our floating-point mode. */
void thalnet__watch_step(thalnet_watch *watch, double loss, double norm, thalnet_watch_event *event);

#endif
