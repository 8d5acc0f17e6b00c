/* SPDX-License-Identifier: MIT */
/* Gated recurrent unit (Cho et al. 2014), gates in the tensors' order r, z, n:
 *
 *   r = s(W_ir u + b_ir + W_hr h + b_hr)      z = s(W_iz u + b_iz + W_hz h + b_hz)
 *   reset after:   n = tanh(W_in u + b_in + r * (W_hn h + b_hn))
 *   reset before:  n = tanh(W_in u + b_in + W_hn (r * h) + b_hn)
 *   h' = (1 - z) * n + z * h
 *
 * With zoneout this is h~, and h' = d * h + (1 - d) * h~ (module/zoneout.h).
 *
 * Blocks of a step: n, r, z, and the fourth: W_hn h + b_hn with reset after, r h with reset before.
 * With layer norm every product is normalised by itself before its biases are added.
 */
#include <thalnet/module.h>

#include "core/fault.h"
#include "module/layer.h"
#include "module/norm.h"

/* Reset before has all of the phases, reset after those without RESET in their names, one after the other. */
enum { FORWARD_PRODUCTS, FORWARD_GATES, FORWARD_RESET_CANDIDATE, FORWARD_RESET_OUTPUT, FORWARD_PHASES };
enum { BACKWARD_GATES, BACKWARD_RESET_CANDIDATE, BACKWARD_RESET, BACKWARD_PRODUCTS, BACKWARD_PHASES };

static thalnet__rows thalnet__block(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block) {
  return (thalnet__rows){step->gates.at + block * layer->units, step->gates.ld};
}

static thalnet__const_rows thalnet__const_block(const thalnet__layer *layer, const thalnet__layer_step *step,
                                                size_t block) {
  return thalnet__const_view(thalnet__block(layer, step, block));
}

/* --- forward --- */

static thalnet__gates thalnet__gru_rows(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        thalnet__part part) {
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  return (thalnet__gates){.rows = rows.count,
                          .units = layer->units,
                          .gates = thalnet__cut(step->gates, rows, 0),
                          .base = thalnet__const_cut(step->base, rows, 0),
                          .hidden = thalnet__const_cut(thalnet__const_view(step->hidden), rows, 0),
                          .bias = step->prepared + layer->bias + 3 * layer->units,
                          .before = thalnet__const_cut(step->hidden_before, rows, 0),
                          .output = thalnet__cut(step->output, rows, 0)};
}

static void thalnet__gru_zone_out(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__part part) {
  if (step->zoneout.rate > 0)
    thalnet__zoneout_forward(&step->zoneout, step->kernels, thalnet__part_of(part, step->rows, 1), layer->units,
                             step->hidden_before, step->output);
}

static void thalnet__gru_forward_gates(const thalnet__layer *layer, const thalnet__layer_step *step,
                                       thalnet__part part) {
  const thalnet__gates gates = thalnet__gru_rows(layer, step, part);
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  thalnet__norm_input(layer, step, step->gates, rows);
  thalnet__norm_hidden(layer, step, 0, layer->hidden.outputs / layer->units, rows);
  if (layer->variant == THALNET_RESET_BEFORE) {
    step->kernels->gru_before_gates(&gates);
    return;
  }
  step->kernels->gru_after(&gates);
  thalnet__gru_zone_out(layer, step, part);
}

/* n += W_hn (r h); with layer norm a block of its own until it is normalised. */
static void thalnet__gru_forward_candidate(const thalnet__layer *layer, const thalnet__layer_step *step,
                                           thalnet__part part) {
  const thalnet__rows own = {step->hidden.at + 2 * layer->units, step->hidden.ld};
  thalnet__matrix_forward(step->kernels, &layer->candidate, step->prepared, step->rows,
                          thalnet__const_block(layer, step, 3), !layer->norm, layer->norm ? own : step->gates, part);
}

static void thalnet__gru_forward_output(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        thalnet__part part) {
  const thalnet__gates gates = thalnet__gru_rows(layer, step, part);
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  thalnet__norm_hidden(layer, step, 2, 1, rows);
  for (size_t row = rows.first; layer->norm && row < rows.first + rows.count; row++)
    step->kernels->add(layer->units, step->hidden.at + row * step->hidden.ld + 2 * layer->units,
                       step->gates.at + row * step->gates.ld);
  step->kernels->gru_before_output(&gates);
  thalnet__gru_zone_out(layer, step, part);
}

static void thalnet__gru_forward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t phase,
                                 thalnet__part part) {
  if (phase == FORWARD_PRODUCTS) {
    thalnet__layer_multiply_input(layer, step, step->gates, part);
    thalnet__layer_multiply_hidden(layer, step, part);
  } else if (phase == FORWARD_GATES) {
    thalnet__gru_forward_gates(layer, step, part);
  } else if (phase == FORWARD_RESET_CANDIDATE) {
    thalnet__gru_forward_candidate(layer, step, part);
  } else {
    thalnet__gru_forward_output(layer, step, part);
  }
}

/* --- backward --- */

static thalnet__gate_gradients thalnet__gru_row_gradients(const thalnet__layer *layer, const thalnet__layer_step *step,
                                                          const thalnet__layer_gradient *gradient, thalnet__part part) {
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  return (thalnet__gate_gradients){.rows = rows.count,
                                   .units = layer->units,
                                   .gates = thalnet__cut(step->gates, rows, 0),
                                   .before = thalnet__const_cut(step->hidden_before, rows, 0),
                                   .d_output = thalnet__const_cut(gradient->d_output, rows, 0),
                                   .d_before = thalnet__cut(gradient->d_hidden_before, rows, 0)};
}

static void thalnet__gru_backward_products(const thalnet__layer *layer, const thalnet__layer_step *step,
                                           const thalnet__layer_gradient *gradient, thalnet__part part) {
  const thalnet__rows d_before = gradient->d_hidden_before;
  thalnet__layer_multiply_input_gradient(layer, step, gradient, part);
  if (THALNET__FAULT(DROP_RECURRENT)) return;
  thalnet__matrix_backward(step->kernels, &layer->hidden, step->prepared, step->rows,
                           thalnet__const_view(step->hidden_side), 1, d_before, part);
}

/* Up to the gates; with reset before, the part of r is still to come. */
static void thalnet__gru_backward_gates(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        const thalnet__layer_gradient *gradient, thalnet__part part) {
  const size_t n = layer->units;
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  const thalnet__rows fresh = thalnet__zoned_block(layer, gradient, 0), kept = thalnet__zoned_block(layer, gradient, 1);
  thalnet__gate_gradients gates = thalnet__gru_row_gradients(layer, step, gradient, part);
  const int zoned = step->zoneout.rate > 0;
  if (zoned) {
    thalnet__zoneout_backward(&step->zoneout, step->kernels, rows, n, gradient->d_output, fresh, kept);
    gates.d_output = thalnet__const_cut(thalnet__const_view(fresh), rows, 0);
  }
  if (layer->variant == THALNET_RESET_AFTER) {
    step->kernels->gru_after_gradient(&gates);
    thalnet__norm_input_gradient(layer, step, rows);
    thalnet__norm_hidden_gradient(layer, step, 0, 3, thalnet__const_block(layer, step, 1), rows);
  } else {
    step->kernels->gru_before_gradient(&gates);
    thalnet__norm_hidden_gradient(layer, step, 2, 1, thalnet__const_block(layer, step, 0), rows);
  }
  if (zoned) thalnet__add_kept(step, n, rows, thalnet__const_view(kept), gradient->d_hidden_before);
}

static void thalnet__gru_backward_reset(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        const thalnet__layer_gradient *gradient, thalnet__part part) {
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  thalnet__gate_gradients gates = thalnet__gru_row_gradients(layer, step, gradient, part);
  gates.d_reset = thalnet__const_cut((thalnet__const_rows){gradient->scratch, layer->units}, rows, 0);
  step->kernels->gru_before_gradient_reset(&gates);
  thalnet__norm_input_gradient(layer, step, rows);
  thalnet__norm_hidden_gradient(layer, step, 0, 2, thalnet__const_block(layer, step, 1), rows);
}

/* Of the product that the reset gate goes into. */
static thalnet__const_rows thalnet__candidate_side(const thalnet__layer *layer, thalnet__const_rows gates,
                                                   thalnet__const_rows hidden_side) {
  return layer->norm ? (thalnet__const_rows){hidden_side.at + 2 * layer->units, hidden_side.ld} : gates;
}

static void thalnet__gru_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                  const thalnet__layer_gradient *gradient, size_t phase, thalnet__part part) {
  const int after = layer->variant == THALNET_RESET_AFTER;
  if (phase == BACKWARD_PRODUCTS || (after && phase > BACKWARD_GATES)) {
    thalnet__gru_backward_products(layer, step, gradient, part);
  } else if (phase == BACKWARD_GATES) {
    thalnet__gru_backward_gates(layer, step, gradient, part);
  } else if (phase == BACKWARD_RESET_CANDIDATE) {
    const thalnet__rows d_reset = {gradient->scratch, layer->units};
    const thalnet__const_rows side =
        thalnet__candidate_side(layer, thalnet__const_block(layer, step, 0), thalnet__const_view(step->hidden_side));
    thalnet__matrix_backward(step->kernels, &layer->candidate, step->prepared, step->rows, side, 0, d_reset, part);
  } else {
    thalnet__gru_backward_reset(layer, step, gradient, part);
  }
}

static void thalnet__gru_hidden_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum,
                                          thalnet__part part) {
  const size_t n = layer->units;
  real *weight = sum->gradients + layer->weight_hh;
  if (layer->variant == THALNET_RESET_AFTER) {
    thalnet__layer_weight_gradient(sum, sum->hidden_side, 0, 3 * n, sum->hidden_before, n, weight, n, part);
    return;
  }
  const thalnet__const_rows side = thalnet__candidate_side(layer, sum->gates, sum->hidden_side);
  const thalnet__const_rows reset = {sum->gates.at + 3 * n, sum->gates.ld};
  thalnet__layer_weight_gradient(sum, sum->hidden_side, 0, 2 * n, sum->hidden_before, n, weight, n, part);
  thalnet__layer_weight_gradient(sum, side, 0, n, reset, n, weight + 2 * n * n, n, part);
}

const thalnet__layer_kind thalnet__gru = {
    .name = "gru",
    .gates = 3,
    .blocks = 4,
    .rotated = 1,
    .hidden_gates = 3,
    .hidden_block = 1,
    .recurrent = 1,
    .zoned = 2,
    .forward_phases = FORWARD_PHASES,
    .backward_phases = BACKWARD_PHASES,
    .forward = thalnet__gru_forward,
    .backward = thalnet__gru_backward,
    .hidden_gradients = thalnet__gru_hidden_gradients,
};
