/* SPDX-License-Identifier: MIT */
/* Zoneout (Krueger et al. 2017, section 3): in training a unit keeps its value of the step before with probability `rate`, drawn
 * afresh at every step; evaluation takes the expectation.
 *
 *   training     x_t = d * x_{t-1} + (1 - d) * x~_t        d: 1 with probability rate, else 0
 *   evaluation   x_t = rate * x_{t-1} + (1 - rate) * x~_t
 *
 * It goes over a layer's new values in place after its gates, and over their gradients before them, so that the gates know
 * nothing of it. The factors are drawn again on the way back, so that none are kept. */
#ifndef THALNET_MODULE_ZONEOUT_H
#define THALNET_MODULE_ZONEOUT_H

#include "core/random.h"
#include "math/kernels.h"
#include "math/matrix.h"

/* The smallest rate but 0. */
#define THALNET__ZONEOUT_LEAST 1e-6

/* A layer's hidden state, or its cell, at a step. */
typedef struct thalnet__zoneout {
  real rate; /* 0: nothing is kept, and nothing below has a meaning */
  thalnet__random random;
  const uint64_t *ids;    /* [rows]: of the sequences; NULL: evaluation */
  const int32_t *lengths; /* [rows]: NULL, or what is added to `step`, in frames */
  size_t frame_steps;     /* of a frame */
  size_t step;            /* of the sequences; a row's factors are the numbers step * units + unit */
} thalnet__zoneout;

/* values = keep * before + (1 - keep) * values, in those rows */
void thalnet__zoneout_forward(const thalnet__zoneout *zoneout, const thalnet__kernels *kernels, thalnet__range rows,
                              size_t units, thalnet__const_rows before, thalnet__rows values);
/* Of a gradient d what goes to the new values, (1 - keep) * d, and to those before, keep * d. */
void thalnet__zoneout_backward(const thalnet__zoneout *zoneout, const thalnet__kernels *kernels, thalnet__range rows,
                               size_t units, thalnet__const_rows d, thalnet__rows d_new, thalnet__rows d_before);

#endif
