/* SPDX-License-Identifier: MIT */
/* Outputs of a workplace that has gone through its steps: forward, losses, gradients. */
#ifndef THALNET_NETWORK_OUTPUTS_H
#define THALNET_NETWORK_OUTPUTS_H

#include "network/work.h"

struct thalnet_batch;

/* All frames of one output, into work->outputs. */
void thalnet__output_forward(thalnet__work *work, size_t output);
/* All outputs whose frames are wanted, also into the batch. */
void thalnet__outputs_forward(thalnet__work *work, const struct thalnet_batch *batch);
void thalnet__outputs_final_forward(thalnet__work *work, const struct thalnet_batch *batch);
void thalnet__outputs_losses(thalnet__work *work, struct thalnet_batch *batch, int gradients);
void thalnet__outputs_final_losses(thalnet__work *work, struct thalnet_batch *batch, int gradients);
/* Adds the host's gradients to those of the losses. */
void thalnet__outputs_host_gradients(thalnet__work *work, const struct thalnet_batch *batch);
/* Gradient of the center after `step` from the outputs taken there, added to d. */
void thalnet__outputs_step_gradient(const thalnet__work *work, const struct thalnet_batch *batch, size_t step, real *d);
/* The same from the final outputs, with their weights' gradients. */
void thalnet__outputs_final_gradient(const thalnet__work *work, const struct thalnet_batch *batch, real *d,
                                     real *gradients);
void thalnet__outputs_weight_gradients(const thalnet__work *work, const struct thalnet_batch *batch, real *gradients);

#endif
