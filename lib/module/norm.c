/* SPDX-License-Identifier: MIT */
#include "module/norm.h"

#include <string.h>

#include "core/fault.h"

size_t thalnet__norm_blocks(const thalnet__layer *layer) {
  const thalnet__layer_kind *kind = layer->kind;
  return layer->norm ? kind->gates * (kind->recurrent ? 2 : 1) + (kind->cell ? 1 : 0) : 0;
}

size_t thalnet__hidden_width(const thalnet__layer *layer) {
  if (layer->kind->host != NULL) return 0; /* they are among the gates */
  return layer->hidden.outputs + (layer->norm ? layer->candidate.outputs : 0);
}

size_t thalnet__norm_prepared(const thalnet__layer *layer) {
  return (thalnet__norm_blocks(layer) + (layer->kind->cell ? 1 : 0)) * layer->units;
}

void thalnet__norm_prepare(const thalnet__layer *layer, const real *parameters, real *prepared) {
  const size_t n = layer->units, gates = layer->kind->gates * n;
  real *gains = prepared + layer->gains;
  thalnet__block_rows blocks[2];
  if (!layer->norm) return;
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++)
    memcpy(gains + blocks[b].column, parameters + layer->norm_ih + blocks[b].row, blocks[b].count * sizeof *gains);
  if (layer->kind->recurrent) memcpy(gains + gates, parameters + layer->norm_hh, gates * sizeof *gains);
  if (layer->kind->cell) memcpy(gains + 2 * gates, parameters + layer->norm_cell, 2 * n * sizeof *gains);
}

/* Blocks [block, block + blocks) of the rows; an array that is not there stays so. */
static thalnet__rows thalnet__norm_cut(thalnet__rows all, thalnet__range rows, size_t column) {
  return all.at == NULL ? all : thalnet__cut(all, rows, column);
}

static void thalnet__norm_forward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block,
                                  size_t blocks, thalnet__const_rows base, thalnet__const_rows from, thalnet__rows to,
                                  thalnet__range rows) {
  const size_t n = layer->units;
  const thalnet__norm norm = {.rows = rows.count,
                              .units = n,
                              .blocks = blocks,
                              .base = base.at == NULL ? base : thalnet__const_cut(base, rows, 0),
                              .from = thalnet__const_cut(from, rows, 0),
                              .to = thalnet__cut(to, rows, 0),
                              .gain = step->prepared + layer->gains + block * n,
                              .normed = thalnet__norm_cut(step->normed, rows, block * n),
                              .inverse = thalnet__norm_cut(step->inverse, rows, block)};
  step->kernels->normalize(&norm);
}

static void thalnet__norm_backward(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block,
                                   size_t blocks, thalnet__const_rows dy, thalnet__rows dx, thalnet__range rows) {
  const size_t n = layer->units;
  const thalnet__norm_gradient norm = {.rows = rows.count,
                                       .units = n,
                                       .blocks = blocks,
                                       .dy = thalnet__const_cut(dy, rows, 0),
                                       .normed = thalnet__const_cut(thalnet__const_view(step->normed), rows, block * n),
                                       .inverse = thalnet__const_cut(thalnet__const_view(step->inverse), rows, block),
                                       .gain = step->prepared + layer->gains + block * n,
                                       .dx = thalnet__cut(dx, rows, 0)};
  step->kernels->normalize_gradient(&norm);
}

/* --- products --- */

void thalnet__norm_input(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__rows products,
                         thalnet__range rows) {
  if (!layer->norm) return;
  thalnet__norm_forward(layer, step, 0, layer->kind->gates, step->projected, thalnet__const_view(products), products,
                        rows);
}

void thalnet__norm_hidden(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block, size_t blocks,
                          thalnet__range rows) {
  if (!layer->norm) return;
  const thalnet__const_rows none = {NULL, 0};
  const thalnet__rows products = {step->hidden.at + block * layer->units, step->hidden.ld};
  thalnet__norm_forward(layer, step, layer->kind->gates + block, blocks, none, thalnet__const_view(products), products,
                        rows);
}

void thalnet__norm_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows) {
  if (!layer->norm) return;
  thalnet__norm_backward(layer, step, 0, layer->kind->gates, thalnet__const_view(step->gates), step->input_side, rows);
}

void thalnet__norm_hidden_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, size_t block,
                                   size_t blocks, thalnet__const_rows dy, thalnet__range rows) {
  if (!layer->norm) return;
  const thalnet__rows side = {step->hidden_side.at + block * layer->units, step->hidden_side.ld};
  thalnet__norm_backward(layer, step, layer->kind->gates + block, blocks, dy, side, rows);
}

/* --- an LSTM's cell --- */

const real *thalnet__norm_cell(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows) {
  const size_t n = layer->units, block = 2 * layer->kind->gates;
  const thalnet__const_rows none = {NULL, 0};
  const thalnet__rows to = {step->gates.at + layer->kind->gates * n, step->gates.ld};
  thalnet__norm_forward(layer, step, block, 1, none, thalnet__const_view(step->cell), to, rows);
  return step->prepared + layer->gains + (block + 1) * n;
}

thalnet__rows thalnet__norm_cell_side(const thalnet__layer *layer, const thalnet__layer_step *step,
                                      thalnet__range rows) {
  return thalnet__cut(step->d_normed, rows, 2 * layer->kind->gates * layer->units);
}

void thalnet__norm_cell_gradient(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__range rows) {
  const size_t n = layer->units, block = 2 * layer->kind->gates;
  const thalnet__const_rows dy = {step->d_normed.at + block * n, step->d_normed.ld};
  const thalnet__rows dx = {step->gates.at + layer->kind->gates * n, step->gates.ld};
  thalnet__norm_backward(layer, step, block, 1, dy, dx, rows);
}

/* --- gradients of gains --- */

/* gain [count] += the sum of dy normed over all rows; the part's columns of it */
static void thalnet__gain_sums(const thalnet__layer_sum *sum, thalnet__const_rows dy, size_t column, size_t count,
                               real *gain, thalnet__part part) {
  const thalnet__range own = thalnet__part_of(part, count, 16);
  if (own.count == 0 || THALNET__FAULT(GAINS)) return;
  sum->kernels->add_row_products(sum->rows, own.count, (thalnet__const_rows){dy.at + own.first, dy.ld},
                                 (thalnet__const_rows){sum->normed.at + column + own.first, sum->normed.ld},
                                 gain + own.first);
}

/* The hidden side's gradients lie in the gates too: r, z and the fourth block, or all of them as they stand. */
static void thalnet__hidden_gain_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum,
                                           thalnet__part part) {
  const size_t n = layer->units, gates = layer->kind->gates * n;
  real *gain = sum->gradients + layer->norm_hh;
  thalnet__block_rows blocks[2];
  if (thalnet__resets_after(layer)) {
    const thalnet__const_rows dy = {sum->gates.at + n, sum->gates.ld};
    thalnet__gain_sums(sum, dy, gates, gates, gain, part);
    return;
  }
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++) {
    const thalnet__const_rows dy = {sum->gates.at + blocks[b].column, sum->gates.ld};
    thalnet__gain_sums(sum, dy, gates + blocks[b].row, blocks[b].count, gain + blocks[b].row, part);
  }
}

void thalnet__norm_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part) {
  const size_t n = layer->units, cell = 2 * layer->kind->gates * n;
  thalnet__block_rows blocks[2];
  if (!layer->norm) return;
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++) {
    const thalnet__const_rows dy = {sum->gates.at + blocks[b].column, sum->gates.ld};
    thalnet__gain_sums(sum, dy, blocks[b].column, blocks[b].count, sum->gradients + layer->norm_ih + blocks[b].row,
                       part);
  }
  if (layer->kind->recurrent) thalnet__hidden_gain_gradients(layer, sum, part);
  if (!layer->kind->cell) return;
  const thalnet__const_rows d_cell = {sum->d_normed.at + cell, sum->d_normed.ld};
  thalnet__gain_sums(sum, d_cell, cell, n, sum->gradients + layer->norm_cell, part);
  if (part.index == 0) sum->kernels->add_rows(sum->rows, n, d_cell, sum->gradients + layer->norm_cell + n);
}
