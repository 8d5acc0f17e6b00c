/* SPDX-License-Identifier: MIT */
/** @file
 * Routing: which module reads which, the learned wiring of a ThalNet (paper section 3.2), as numbers. graph.h makes a graph of
 * them: chains, skip connections, feedback.
 *
 * Threads: as thalnet_forward: any number of calls on a center at once, each with a batch of its own. */
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
 * @retval THALNET_ERROR_DATA, THALNET_ERROR_NONFINITE, THALNET_ERROR_HOST as thalnet_forward, which it runs: the batch's
 *         results are new, and thalnet_backward needs a thalnet_forward again */
THALNET_API thalnet_status thalnet_center_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure,
                                                  float *values, size_t count);

/** The same for everything that is connected. Nodes are the inputs, the modules and the outputs, in this order and in that of
 * their numbers: N together. Fills values[to * N + from], with
 * - what module `to` reads of module `from`, as thalnet_center_routing;
 * - what input `from` does in module `to`, in the products of its first layer: by weight the Frobenius norm of the input's
 *   columns there, by share the root mean square of their product with it (of one value, steps in which it is absent counted);
 * - what module `from` does in output `to`: by weight the norm of its matrix V, by share the root mean square of V phi after
 *   every step;
 * and 0 where nothing is connected. Numbers compare within one kind of connection alone.
 * @param count N * N
 * @retval as thalnet_center_routing */
THALNET_API thalnet_status thalnet_center_wiring(const thalnet_center *net, thalnet_batch *batch, int32_t measure,
                                                 float *values, size_t count);

/** Routing step by step, in one sequence of a batch: fills values[step * modules * modules + i * modules + j]. Steps are all that
 * the batch's frames last; those beyond the sequence's length are 0. By weight, static readers read the same at every step; by
 * share it is the root of the mean square of what was read in that step, over the values of the context.
 * @param batch contents as in thalnet_center_routing; not NULL
 * @param[out] values undefined where the pass over the batch fails
 * @param count frames * thalnet_center_steps_per_frame * modules * modules
 * @retval as thalnet_center_routing; THALNET_ERROR_ARGUMENT also for a sequence that the batch does not have */
THALNET_API thalnet_status thalnet_center_trace_routing(const thalnet_center *net, thalnet_batch *batch,
                                                        size_t sequence, int32_t measure, float *values, size_t count);

/** The center after every step of one sequence: fills values[step * P + k], P = thalnet_center_features; 0 beyond its length.
 * @param[out] values as in thalnet_center_trace_routing
 * @param count frames * thalnet_center_steps_per_frame * P
 * @retval as thalnet_center_trace_routing */
THALNET_API thalnet_status thalnet_center_trace_features(const thalnet_center *net, thalnet_batch *batch,
                                                         size_t sequence, float *values, size_t count);

/** Cause, not size: thalnet_forward without some of the connections, for what a loss or an accuracy owes to them. Nodes are as
 * in thalnet_center_wiring. cut[to * N + from] = 1 cuts the connection, where there is one:
 * - module `to` reads zeros in the place of module `from`; a weight-norm reader's norm is that of its whole matrix as before, a
 *   softmax or Gaussian reader gives the slice the weight that it gives it otherwise, and still sees its own module's
 *   features when it makes its weights;
 * - input `from` is absent for module `to`;
 * - module `from` adds nothing to output `to`.
 * A whole column of ones silences a module. All else is as in thalnet_forward without a state, settle steps included, and
 * so are the batch's results (thalnet_batch_measure, _read_losses, _read_output); thalnet_backward needs a thalnet_forward again. The
 * network's function, values and everything that belongs to training are as before afterwards.
 * @param cut   N * N numbers, 0 or 1
 * @param batch of this center, with contents
 * @retval THALNET_ERROR_HANDLE, THALNET_ERROR_STATE, THALNET_ERROR_ARGUMENT, THALNET_ERROR_SIZE, THALNET_ERROR_MISMATCH
 * @retval THALNET_ERROR_BUSY also while another call writes the center
 * @retval THALNET_ERROR_MEMORY, THALNET_ERROR_OVERFLOW, THALNET_ERROR_DATA, THALNET_ERROR_NONFINITE, THALNET_ERROR_HOST as
 *         thalnet_forward; THALNET_ERROR_DATA also for a cut that is neither 0 nor 1
 * Threads: as thalnet_center_write: no other call on the center, its states or batches at the same time. */
THALNET_API thalnet_status thalnet_center_ablate(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut,
                                                 size_t count);

#ifdef __cplusplus
}
#endif
#endif
