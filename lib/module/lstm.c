/* SPDX-License-Identifier: MIT */
/* Long short-term memory (Hochreiter, Schmidhuber 1997, with the forget gate of Gers et al. 2000), gates i, f, g, o:
 *
 *   i, f, o = s(W u + b_i + W_h h + b_h)   g = tanh(W u + b_i + W_h h + b_h)   c' = f * c + i * g   h' = o * tanh(c')
 *
 * With zoneout these are c~ and h~ = o * tanh(c~), of the cell before it is zoned out (Krueger et al. 2017, section 3.2);
 * c' = d_c * c + (1 - d_c) * c~ and h' = d_h * h + (1 - d_h) * h~ (module/zoneout.h).
 *
 * Blocks of a step: i, f, g, o, tanh(c'), or with zoneout tanh(c~).
 * With layer norm both products are normalised before the biases are added, and h~ = o * tanh(LN(c~)).
 */
#include <string.h>

#include "core/fault.h"
#include "module/layer.h"
#include "module/norm.h"

enum { FORWARD_PRODUCTS, FORWARD_GATES, FORWARD_PHASES };
enum { BACKWARD_GATES, BACKWARD_PRODUCTS, BACKWARD_PHASES };

static void thalnet__lstm_forward_rows(const thalnet__layer *layer, const thalnet__layer_step *step,
                                       thalnet__range rows) {
  thalnet__gates gates = {.rows = rows.count,
                          .units = layer->units,
                          .gates = thalnet__cut(step->gates, rows, 0),
                          .base = thalnet__const_cut(step->base, rows, 0),
                          .hidden = thalnet__const_cut(thalnet__const_view(step->hidden), rows, 0),
                          .before = thalnet__const_cut(step->cell_before, rows, 0),
                          .output = thalnet__cut(step->output, rows, 0),
                          .cell = thalnet__cut(step->cell, rows, 0)};
  if (!layer->norm) {
    step->kernels->lstm(&gates);
    return;
  }
  thalnet__norm_input(layer, step, step->gates, rows);
  thalnet__norm_hidden(layer, step, 0, 4, rows);
  step->kernels->lstm_cell(&gates);
  gates.bias = thalnet__norm_cell(layer, step, rows);
  step->kernels->lstm_output(&gates);
}

static void thalnet__lstm_forward_gates(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        thalnet__part part) {
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  thalnet__lstm_forward_rows(layer, step, rows);
  if (step->zoneout.rate > 0)
    thalnet__zoneout_forward(&step->zoneout, step->kernels, rows, layer->units, step->hidden_before, step->output);
  if (step->cell_zoneout.rate > 0)
    thalnet__zoneout_forward(&step->cell_zoneout, step->kernels, rows, layer->units, step->cell_before, step->cell);
}

static void thalnet__lstm_forward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t phase,
                                  thalnet__part part) {
  if (phase == FORWARD_GATES) {
    thalnet__lstm_forward_gates(layer, step, part);
    return;
  }
  thalnet__layer_multiply_input(layer, step, step->gates, part);
  thalnet__layer_multiply_hidden(layer, step, part);
}

static void thalnet__lstm_backward_rows(const thalnet__layer *layer, const thalnet__layer_step *step,
                                        thalnet__range rows, const thalnet__gate_gradients *gates) {
  if (!layer->norm) {
    step->kernels->lstm_gradient(gates);
    return;
  }
  step->kernels->lstm_output_gradient(gates, thalnet__norm_cell_side(layer, step, rows));
  thalnet__norm_cell_gradient(layer, step, rows);
  step->kernels->lstm_cell_gradient(gates);
  thalnet__norm_input_gradient(layer, step, rows);
  thalnet__norm_hidden_gradient(layer, step, 0, 4, thalnet__const_view(step->gates), rows);
}

static void thalnet__lstm_backward_gates(const thalnet__layer *layer, const thalnet__layer_step *step,
                                         const thalnet__layer_gradient *gradient, thalnet__part part) {
  const size_t n = layer->units;
  const thalnet__range rows = thalnet__part_of(part, step->rows, 1);
  const thalnet__rows fresh = thalnet__zoned_block(layer, gradient, 0);
  const thalnet__rows fresh_cell = thalnet__zoned_block(layer, gradient, 1);
  const thalnet__rows kept_cell = thalnet__zoned_block(layer, gradient, 2);
  thalnet__gate_gradients gates = {.rows = rows.count,
                                   .units = n,
                                   .gates = thalnet__cut(step->gates, rows, 0),
                                   .before = thalnet__const_cut(step->cell_before, rows, 0),
                                   .d_output = thalnet__const_cut(gradient->d_output, rows, 0),
                                   .d_cell = thalnet__const_cut(gradient->d_cell, rows, 0),
                                   .d_before = thalnet__cut(gradient->d_cell_before, rows, 0)};
  if (step->zoneout.rate > 0) { /* the products add to what is kept */
    thalnet__zoneout_backward(&step->zoneout, step->kernels, rows, n, gradient->d_output, fresh,
                              gradient->d_hidden_before);
    gates.d_output = thalnet__const_cut(thalnet__const_view(fresh), rows, 0);
  }
  if (step->cell_zoneout.rate > 0) {
    thalnet__zoneout_backward(&step->cell_zoneout, step->kernels, rows, n, gradient->d_cell, fresh_cell, kept_cell);
    gates.d_cell = thalnet__const_cut(thalnet__const_view(fresh_cell), rows, 0);
  }
  thalnet__lstm_backward_rows(layer, step, rows, &gates);
  if (step->cell_zoneout.rate > 0)
    thalnet__add_kept(step, n, rows, thalnet__const_view(kept_cell), gradient->d_cell_before);
}

static void thalnet__lstm_backward(const thalnet__layer *layer, const thalnet__layer_step *step,
                                   const thalnet__layer_gradient *gradient, size_t phase, thalnet__part part) {
  const thalnet__rows d_before = gradient->d_hidden_before;
  if (phase == BACKWARD_GATES) {
    thalnet__lstm_backward_gates(layer, step, gradient, part);
    return;
  }
  thalnet__layer_multiply_input_gradient(layer, step, gradient, part);
  const int zoned = step->zoneout.rate > 0;
  if (!THALNET__FAULT(DROP_RECURRENT))
    thalnet__matrix_backward(step->kernels, &layer->hidden, step->prepared, step->rows,
                             thalnet__const_view(step->hidden_side), zoned, d_before, part);
  else if (!zoned)
    for (size_t r = 0; r < step->rows; r++)
      memset(d_before.at + r * d_before.ld, 0, layer->units * sizeof *d_before.at);
}

static void thalnet__lstm_hidden_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum,
                                           thalnet__part part) {
  const size_t n = layer->units;
  thalnet__layer_weight_gradient(sum, sum->hidden_side, 0, 4 * n, sum->hidden_before, n,
                                 sum->gradients + layer->weight_hh, n, part);
}

const thalnet__layer_kind thalnet__lstm = {
    .name = "lstm",
    .gates = 4,
    .blocks = 5,
    .hidden_gates = 4,
    .recurrent = 1,
    .cell = 1,
    .zoned = 3,
    .forward_phases = FORWARD_PHASES,
    .backward_phases = BACKWARD_PHASES,
    .forward = thalnet__lstm_forward,
    .backward = thalnet__lstm_backward,
    .hidden_gradients = thalnet__lstm_hidden_gradients,
};
