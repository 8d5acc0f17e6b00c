/* SPDX-License-Identifier: MIT */
#include "module/layer.h"

#include "core/fault.h"
#include "math/multiply.h"

void thalnet__layer_multiply_input(const thalnet__layer *layer, const thalnet__layer_step *step, real *gi) {
  const size_t gates = layer->kind->gates * layer->units;
  thalnet__multiply_nt(step->rows, gates, layer->inputs - layer->task_columns, step->input.at, step->input.ld,
                       step->parameters + layer->weight_ih + layer->task_columns, layer->inputs, 0, gi, gates);
}

void thalnet__layer_multiply_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step,
                                            const thalnet__layer_gradient *gradient) {
  const size_t gates = layer->kind->gates * layer->units;
  thalnet__multiply_nn(step->rows, layer->inputs - layer->task_columns, gates, gradient->dgi, gates,
                       step->parameters + layer->weight_ih + layer->task_columns, layer->inputs, 0,
                       gradient->d_input.at, gradient->d_input.ld);
}

void thalnet__layer_bias_gradient(size_t rows, size_t columns, const real *dg, real *gradient) {
  const thalnet__kernels *kernels = thalnet__kernels_get();
  if (THALNET__FAULT(DROP_BIAS)) return;
  for (size_t r = 0; r < rows; r++) kernels->add(columns, dg + r * columns, gradient);
}
