/* SPDX-License-Identifier: MIT */
/* What the network knows of losses: an interface. They are defined in train/losses.c. */
#ifndef THALNET_NETWORK_LOSS_H
#define THALNET_NETWORK_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"
#include "math/kernels.h"

/* One label or target. */
typedef struct thalnet__goal {
  int32_t label;      /* cross-entropy */
  real smoothing;     /* of the label */
  const real *target; /* mean squared error: [size] */
  real scale;         /* of the gradient */
} thalnet__goal;

typedef struct thalnet__loss {
  const char *name; /* as in the model file */
  int32_t number;   /* THALNET_CROSS_ENTROPY and so on */
  int labels;       /* takes labels */
  int targets;      /* takes targets */
  /* The loss of one output row; writes gradient [size] (NULL: not wanted) times goal->scale, and whether the answer is right. */
  double (*row)(const thalnet__kernels *kernels, size_t size, const real *values, const thalnet__goal *goal,
                real *gradient, int *correct);
} thalnet__loss;

/* NULL: no such loss. */
const thalnet__loss *thalnet__loss_find(int32_t number);
const thalnet__loss *thalnet__loss_find_name(const char *name, size_t length);

#endif
