/* SPDX-License-Identifier: MIT */
/* Optimizers: moments and counters beside a center's parameters. The rules are in thalnet/optimizer.h, their loops in
 * math/kernels_optimizer.h. */
#ifndef THALNET_TRAIN_OPTIMIZER_H
#define THALNET_TRAIN_OPTIMIZER_H

#include <stdatomic.h>

#include <thalnet/optimizer.h>

#include "network/network.h"

/* Some parameters of one tensor: the unit of a step's work, whoever does it. */
typedef struct thalnet__step_piece {
  size_t tensor, place, count;
  thalnet__update update;
  double squares; /* of the gradient, summed up */
  real largest;   /* |parameter| after the step; NaN: something would not be finite */
} thalnet__step_piece;

struct thalnet_optimizer {
  uint32_t magic;
  atomic_int busy;
  const thalnet_center *net;
  int32_t kind;
  thalnet_optimizer_options options;
  uint64_t steps;
  uint64_t skipped, skipped_in_a_row; /* left out: THALNET_NONFINITE_SKIP */
  double gradient_norm;
  real *first, *second;   /* moments [parameters]; second: all but SGD */
  real *averages;         /* [parameters], of tensors with an update; NULL: none are kept */
  int swapped;            /* they are in the center, and the weights are here */
  uint64_t *tensor_steps; /* [tensor]: updates done */
  thalnet__step_piece *pieces;
  size_t piece_count;
};

thalnet_status thalnet__check_optimizer_options(int32_t kind, const thalnet_optimizer_options *options);
thalnet_status thalnet__optimizer_create(const thalnet_center *net, int32_t kind,
                                         const thalnet_optimizer_options *options, thalnet_optimizer **optimizer_out);
void thalnet__optimizer_free(thalnet_optimizer *optimizer);
/* Applies the center's gradients and zeroes them. */
thalnet_status thalnet__optimizer_step(thalnet_optimizer *optimizer, thalnet_center *net);

/* The numbers of an optimizer and its center from `place` on. */
thalnet__moments thalnet__moments_at(const thalnet_optimizer *optimizer, const thalnet_center *net, size_t place);

/* THALNET_ERROR_NONFINITE, with the elements of the gradient that are not finite, or of what the step that was tried would make so. */
thalnet_status thalnet__tell_gradient(const thalnet_optimizer *optimizer, const thalnet_center *net);
thalnet_status thalnet__tell_update(const thalnet_optimizer *optimizer, const thalnet_center *net);
/* Counts a step that was refused as left out; THALNET_ERROR_NONFINITE where too many were. */
thalnet_status thalnet__leave_out(thalnet_optimizer *optimizer);

/* Exchanges the center's weights and the averages; renews what is derived from them. */
thalnet_status thalnet__swap_averages(thalnet_optimizer *optimizer, thalnet_center *net);

/* The rate after `steps` steps. */
double thalnet__schedule_rate(const thalnet_optimizer_options *options, uint64_t steps);

#endif
