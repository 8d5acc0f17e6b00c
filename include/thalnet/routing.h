/* SPDX-License-Identifier: MIT */
/** @file
 * Routing: which module reads which, the learned wiring of a ThalNet (paper section 3.2). */
#ifndef THALNET_ROUTING_H
#define THALNET_ROUTING_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/batch.h>
#include <thalnet/center.h>
#include <thalnet/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What "how strongly" means. */
enum {
  THALNET_ROUTING_WEIGHT = 0, /**< Frobenius norm of the (normalised, scaled) reading weights over the slice; of dynamic
                                   readers, of their weights averaged over the batch's steps and sequences */
  THALNET_ROUTING_SHARE =
      1 /**< root mean square of what the slice contributes to the context, over the batch: unlike the
                                   weight it knows how loud a module is */
};

/** Fills values[i * modules + j] with how strongly module i reads module j; rows of modules without reader are 0, and so is
 * values[i * modules + i] of a reader with skip_own.
 * @param batch inputs to measure on (contents set, not computed yet or computed: it is computed again, without a state);
 *              NULL is fine for THALNET_ROUTING_WEIGHT of a network with static readers only
 * @param count modules * modules
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE, THALNET_ERROR_MISMATCH
 * @retval THALNET_ERROR_BUSY, THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW
 * @retval THALNET_ERROR_DATA, THALNET_ERROR_NONFINITE as thalnet_forward, which it runs: the batch's results are new, and
 *         thalnet_backward needs a thalnet_forward again */
THALNET_API thalnet_status thalnet_center_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure,
                                                  float *values, size_t count);

#ifdef __cplusplus
}
#endif
#endif
