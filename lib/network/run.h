/* SPDX-License-Identifier: MIT */
/* Dealing the chunks of a batch to threads. */
#ifndef THALNET_NETWORK_RUN_H
#define THALNET_NETWORK_RUN_H

#include "network/batch.h"

/* Bytes of the workplaces and gradients that a full batch needs: in one call, or in two. */
thalnet_status thalnet__run_measure(const thalnet_batch *batch, size_t reset_frames, int two_calls, size_t *bytes);

/* As thalnet_forward_backward, but the state is left as it is. */
thalnet_status thalnet__training_gradient(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state);
/* The loss that its gradient belongs to, with the same masks. The batch has labels or targets. */
thalnet_status thalnet__training_loss(thalnet_batch *batch, const thalnet_state *state, double *loss);
/* What was computed counts no more; the contents stay. */
void thalnet__forget_results(thalnet_batch *batch);

/* Forward over all chunks, one after another in this thread, without losses' gradients and from zero memory: for the analysis,
 * which looks on by batch->observe. */
thalnet_status thalnet__run_observed(thalnet_batch *batch);

#endif
