/* SPDX-License-Identifier: MIT */
/* Long short-term memory (Hochreiter, Schmidhuber 1997, with the forget gate of Gers et al. 2000), gates i, f, g, o:
 *
 *   i, f, o = s(W u + b_i + W_h h + b_h)   g = tanh(W u + b_i + W_h h + b_h)   c' = f * c + i * g   h' = o * tanh(c')
 */
#include "core/fault.h"
#include "math/multiply.h"
#include "module/layer.h"

static void thalnet__lstm_forward(const thalnet__layer *layer, const thalnet__layer_step *step) {
  const size_t n = layer->units;
  real *gi = step->scratch, *gh = step->scratch + step->rows * 4 * n;
  thalnet__layer_multiply_input(layer, step, gi);
  thalnet__multiply_nt(step->rows, 4 * n, n, step->hidden_before.at, step->hidden_before.ld,
                       step->parameters + layer->weight_hh, n, 0, gh, 4 * n);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->lstm(n, step->base.at + r * step->base.ld, gi + r * 4 * n, gh + r * 4 * n,
                        step->parameters + layer->bias_hh, step->cell_before.at + r * step->cell_before.ld,
                        step->kept + r * 5 * n, step->cell.at + r * step->cell.ld,
                        step->output.at + r * step->output.ld);
}

static void thalnet__lstm_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                   const thalnet__layer_gradient *gradient) {
  const size_t n = layer->units;
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->lstm_gradient(n, step->kept + r * 5 * n, step->cell_before.at + r * step->cell_before.ld,
                                 gradient->d_output.at + r * gradient->d_output.ld,
                                 gradient->d_cell.at + r * gradient->d_cell.ld, gradient->dgi + r * 4 * n,
                                 gradient->d_cell_before.at + r * gradient->d_cell_before.ld);
  if (THALNET__FAULT(DROP_RECURRENT))
    for (size_t r = 0; r < step->rows; r++)
      for (size_t j = 0; j < n; j++) gradient->d_hidden_before.at[r * gradient->d_hidden_before.ld + j] = 0;
  else
    thalnet__multiply_nn(step->rows, n, 4 * n, gradient->dgi, 4 * n, step->parameters + layer->weight_hh, n, 0,
                         gradient->d_hidden_before.at, gradient->d_hidden_before.ld);
  thalnet__layer_multiply_input_gradient(layer, step, gradient);
}

static void thalnet__lstm_hidden_gradients(const thalnet__layer *layer, size_t rows, const real *dgh,
                                           thalnet__const_rows hidden_before, const real *kept, real *gradients) {
  const size_t n = layer->units;
  (void)kept;
  thalnet__layer_bias_gradient(rows, 4 * n, dgh, gradients + layer->bias_hh);
  thalnet__multiply_tn(4 * n, n, rows, dgh, 4 * n, hidden_before.at, hidden_before.ld, 1, gradients + layer->weight_hh,
                       n);
}

const thalnet__layer_kind thalnet__lstm = {
    .name = "lstm",
    .gates = 4,
    .kept = 5,
    .recurrent = 1,
    .cell = 1,
    .forward = thalnet__lstm_forward,
    .backward = thalnet__lstm_backward,
    .hidden_gradients = thalnet__lstm_hidden_gradients,
};
