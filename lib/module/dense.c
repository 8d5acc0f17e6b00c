/* SPDX-License-Identifier: MIT */
/* y = activation(W u + b) */
#include "module/layer.h"

static void thalnet__dense_forward(const thalnet__layer *layer, const thalnet__layer_step *step) {
  const size_t n = layer->units;
  real *product = step->scratch;
  thalnet__layer_multiply_input(layer, step, product);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->activate(layer->variant, n, step->base.at + r * step->base.ld, product + r * n,
                            step->output.at + r * step->output.ld);
}

static void thalnet__dense_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                    const thalnet__layer_gradient *gradient) {
  const size_t n = layer->units;
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->activation_gradient(layer->variant, n, step->output.at + r * step->output.ld,
                                       gradient->d_output.at + r * gradient->d_output.ld, gradient->dgi + r * n);
  thalnet__layer_multiply_input_gradient(layer, step, gradient);
}

static void thalnet__dense_hidden_gradients(const thalnet__layer *layer, size_t rows, const real *dgh,
                                            thalnet__const_rows hidden_before, const real *kept, real *gradients) {
  (void)layer, (void)rows, (void)dgh, (void)hidden_before, (void)kept, (void)gradients; /* it has no hidden state */
}

const thalnet__layer_kind thalnet__dense = {
    .name = "dense",
    .gates = 1,
    .forward = thalnet__dense_forward,
    .backward = thalnet__dense_backward,
    .hidden_gradients = thalnet__dense_hidden_gradients,
};
