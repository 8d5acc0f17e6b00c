/* SPDX-License-Identifier: MIT */
/* Gradients against differences of the loss: thalnet/gradient_check.h has the definitions. */
#ifndef THALNET_TRAIN_GRADIENT_CHECK_H
#define THALNET_TRAIN_GRADIENT_CHECK_H

#include <thalnet/gradient_check.h>

#include "network/batch.h"

thalnet_status thalnet__check_gradient_options(const thalnet_gradient_check_options *options);

/* In a writer's place, in our floating-point mode. errors [tensor] or NULL; *result without its struct_size. */
thalnet_status thalnet__gradient_check(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
                                       const thalnet_gradient_check_options *options, double *errors,
                                       thalnet_gradient_check_result *result);

#endif
