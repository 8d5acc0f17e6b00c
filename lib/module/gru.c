/* SPDX-License-Identifier: MIT */
/* Gated recurrent unit (Cho et al. 2014), gates in the order r, z, n:
 *
 *   r = s(W_ir u + b_ir + W_hr h + b_hr)      z = s(W_iz u + b_iz + W_hz h + b_hz)
 *   reset after:   n = tanh(W_in u + b_in + r * (W_hn h + b_hn))
 *   reset before:  n = tanh(W_in u + b_in + W_hn (r * h) + b_hn)
 *   h' = (1 - z) * n + z * h
 */
#include <thalnet/module.h>

#include "core/fault.h"
#include "math/multiply.h"
#include "module/layer.h"

/* The parts of one step's rows that both directions share. */
#define BASE(r) (step->base.at + (r)*step->base.ld)
#define HIDDEN(r) (step->hidden_before.at + (r)*step->hidden_before.ld)
#define OUTPUT(r) (step->output.at + (r)*step->output.ld)
#define KEPT(r) (step->kept + (r)*4 * n)

static void thalnet__gru_forward_after(const thalnet__layer *layer, const thalnet__layer_step *step) {
  const size_t n = layer->units;
  const real *bias_hh = step->parameters + layer->bias_hh;
  real *gi = step->scratch, *gh = step->scratch + step->rows * 3 * n;
  thalnet__layer_multiply_input(layer, step, gi);
  thalnet__multiply_nt(step->rows, 3 * n, n, step->hidden_before.at, step->hidden_before.ld,
                       step->parameters + layer->weight_hh, n, 0, gh, 3 * n);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_after(n, BASE(r), gi + r * 3 * n, gh + r * 3 * n, bias_hh, HIDDEN(r), KEPT(r), OUTPUT(r));
}

static void thalnet__gru_backward_after(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        const thalnet__layer_gradient *gradient) {
  const size_t n = layer->units;
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_after_gradient(n, KEPT(r), HIDDEN(r), gradient->d_output.at + r * gradient->d_output.ld,
                                      gradient->dgi + r * 3 * n, gradient->dgh + r * 3 * n,
                                      gradient->d_hidden_before.at + r * gradient->d_hidden_before.ld);
  if (!THALNET__FAULT(DROP_RECURRENT))
    thalnet__multiply_nn(step->rows, n, 3 * n, gradient->dgh, 3 * n, step->parameters + layer->weight_hh, n, 1,
                         gradient->d_hidden_before.at, gradient->d_hidden_before.ld);
}

static void thalnet__gru_forward_before(const thalnet__layer *layer, const thalnet__layer_step *step) {
  const size_t n = layer->units;
  const real *weight_hh = step->parameters + layer->weight_hh, *bias_hh = step->parameters + layer->bias_hh;
  real *gi = step->scratch, *gh = step->scratch + step->rows * 3 * n;
  thalnet__layer_multiply_input(layer, step, gi);
  thalnet__multiply_nt(step->rows, 2 * n, n, step->hidden_before.at, step->hidden_before.ld, weight_hh, n, 0, gh,
                       2 * n);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_before_gates(n, BASE(r), gi + r * 3 * n, gh + r * 2 * n, bias_hh, HIDDEN(r), KEPT(r));
  thalnet__multiply_nt(step->rows, n, n, step->kept + 3 * n, 4 * n, weight_hh + 2 * n * n, n, 0, gh, n);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_before_output(n, BASE(r), gi + r * 3 * n, gh + r * n, bias_hh, HIDDEN(r), KEPT(r), OUTPUT(r));
}

static void thalnet__gru_backward_before(const thalnet__layer *layer, const thalnet__layer_step *step,
                                         const thalnet__layer_gradient *gradient) {
  const size_t n = layer->units;
  const real *weight_hh = step->parameters + layer->weight_hh;
  real *drh = step->scratch;
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_before_gradient(n, KEPT(r), HIDDEN(r), gradient->d_output.at + r * gradient->d_output.ld,
                                       gradient->dgi + r * 3 * n,
                                       gradient->d_hidden_before.at + r * gradient->d_hidden_before.ld);
  thalnet__multiply_nn(step->rows, n, n, gradient->dgi + 2 * n, 3 * n, weight_hh + 2 * n * n, n, 0, drh, n);
  for (size_t r = 0; r < step->rows; r++)
    step->kernels->gru_before_gradient_reset(n, KEPT(r), HIDDEN(r), drh + r * n, gradient->dgi + r * 3 * n,
                                             gradient->d_hidden_before.at + r * gradient->d_hidden_before.ld);
  if (!THALNET__FAULT(DROP_RECURRENT))
    thalnet__multiply_nn(step->rows, n, 2 * n, gradient->dgi, 3 * n, weight_hh, n, 1, gradient->d_hidden_before.at,
                         gradient->d_hidden_before.ld);
}

static void thalnet__gru_forward(const thalnet__layer *layer, const thalnet__layer_step *step) {
  if (layer->variant == THALNET_RESET_AFTER)
    thalnet__gru_forward_after(layer, step);
  else
    thalnet__gru_forward_before(layer, step);
}

static void thalnet__gru_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                  const thalnet__layer_gradient *gradient) {
  if (layer->variant == THALNET_RESET_AFTER) {
    thalnet__gru_backward_after(layer, step, gradient);
  } else {
    thalnet__gru_backward_before(layer, step, gradient);
    /* both sides are the same here, but the stores are two */
    for (size_t i = 0; i < step->rows * 3 * layer->units; i++) gradient->dgh[i] = gradient->dgi[i];
  }
  thalnet__layer_multiply_input_gradient(layer, step, gradient);
}

static void thalnet__gru_hidden_gradients(const thalnet__layer *layer, size_t rows, const real *dgh,
                                          thalnet__const_rows hidden_before, const real *kept, real *gradients) {
  const size_t n = layer->units;
  real *weight_hh = gradients + layer->weight_hh;
  thalnet__layer_bias_gradient(rows, 3 * n, dgh, gradients + layer->bias_hh);
  if (layer->variant == THALNET_RESET_AFTER) {
    thalnet__multiply_tn(3 * n, n, rows, dgh, 3 * n, hidden_before.at, hidden_before.ld, 1, weight_hh, n);
    return;
  }
  thalnet__multiply_tn(2 * n, n, rows, dgh, 3 * n, hidden_before.at, hidden_before.ld, 1, weight_hh, n);
  thalnet__multiply_tn(n, n, rows, dgh + 2 * n, 3 * n, kept + 3 * n, 4 * n, 1, weight_hh + 2 * n * n, n);
}

const thalnet__layer_kind thalnet__gru = {
    .name = "gru",
    .gates = 3,
    .kept = 4,
    .recurrent = 1,
    .two_sided = 1,
    .forward = thalnet__gru_forward,
    .backward = thalnet__gru_backward,
    .hidden_gradients = thalnet__gru_hidden_gradients,
};
