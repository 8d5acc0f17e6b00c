/* SPDX-License-Identifier: MIT */
/* y = activation(W u + b) */
#include "module/layer.h"
#include "module/norm.h"

enum { FORWARD_PRODUCT, FORWARD_ACTIVATION, FORWARD_PHASES };
enum { BACKWARD_ACTIVATION, BACKWARD_PRODUCT, BACKWARD_PHASES };

static void thalnet__dense_forward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t phase,
                                   thalnet__part part) {
  if (phase == FORWARD_PRODUCT) {
    thalnet__layer_multiply_input(layer, step, step->output, part);
    return;
  }
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  thalnet__norm_input(layer, step, step->output, rows);
  step->kernels->activate(layer->variant, rows.count, layer->units, thalnet__const_cut(step->base, rows, 0),
                          thalnet__cut(step->output, rows, 0));
}

static void thalnet__dense_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                    const thalnet__layer_gradient *gradient, size_t phase, thalnet__part part) {
  if (phase == BACKWARD_PRODUCT) {
    thalnet__layer_multiply_input_gradient(layer, step, gradient, part);
    return;
  }
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  step->kernels->activation_gradient(
      layer->variant, rows.count, layer->units, thalnet__const_cut(thalnet__const_view(step->output), rows, 0),
      thalnet__const_cut(gradient->d_output, rows, 0), thalnet__cut(step->gates, rows, 0));
  thalnet__norm_input_gradient(layer, step, rows);
}

const thalnet__layer_kind thalnet__dense = {
    .name = "dense",
    .gates = 1,
    .blocks = 1,
    .forward_phases = FORWARD_PHASES,
    .backward_phases = BACKWARD_PHASES,
    .forward = thalnet__dense_forward,
    .backward = thalnet__dense_backward,
};
