/* SPDX-License-Identifier: MIT */
/* What is derived from the parameters and used in every step: all matrices of products as math/matrix.h keeps them (layers and
 * dense inputs in the order of the gates' blocks; the static readers' effective ones stacked, [static contexts, P], with
 * zeros where one leaves its own slice out; the outputs' heads side by side, [size, span]; those of dynamic readers);
 * biases added up; columns of token inputs as rows. Renewed after every write, before the writer returns: never lazily,
 * because readers of the center are many and take no lock. */
#ifndef THALNET_NETWORK_PREPARE_H
#define THALNET_NETWORK_PREPARE_H

#include "network/network.h"

/* In our floating-point mode. THALNET_ERROR_NONFINITE naming the tensor where a weight-norm matrix is all zeros; cannot happen
 * after thalnet__check_parameters in the same mode. */
thalnet_status thalnet__prepare(thalnet_center *net);

/* Whether `count` parameters from `place` on, whole tensors, may have these values: finite, and weight-norm matrices with a
 * norm. In our floating-point mode, where denormals are zeros. */
thalnet_status thalnet__check_parameters(const thalnet_center *net, size_t place, size_t count, const real *values);

#endif
