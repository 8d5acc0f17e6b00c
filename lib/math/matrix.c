/* SPDX-License-Identifier: MIT */
#include "math/matrix.h"

#include <string.h>

#include "core/checked.h"
#include "math/multiply.h"

enum { THALNET__PART_COLUMNS = 64, THALNET__PART_ROWS = 224, THALNET__PLACE_UNIT = 16 };

static size_t thalnet__units(size_t size, size_t unit) { return size / unit + (size % unit != 0); }

thalnet__range thalnet__part_of(thalnet__part part, size_t size, size_t unit) {
  if (part.count == 1) return (thalnet__range){0, size};
  const size_t units = thalnet__units(size, unit);
  const size_t from = units / part.count * part.index + thalnet__min(part.index, units % part.count);
  const size_t count = units / part.count + (part.index < units % part.count);
  const size_t first = thalnet__min(from * unit, size);
  return (thalnet__range){first, thalnet__min(count * unit, size - first)};
}

size_t thalnet__column_parts(size_t columns) { return thalnet__units(columns, THALNET__PART_COLUMNS); }
size_t thalnet__row_parts(size_t rows) { return thalnet__units(rows, THALNET__PART_ROWS); }

/* --- what is kept --- */

/* A matrix of few columns is one panel of one vector. */
static size_t thalnet__panel(const thalnet__kernels *kernels, size_t columns) {
  return columns <= kernels->panel / 2 ? kernels->panel / 2 : kernels->panel;
}

/* Numbers of the panels of one direction. */
static size_t thalnet__panels_size(const thalnet__kernels *kernels, size_t columns, size_t depth) {
  const size_t panels = thalnet__round_or_most(columns, thalnet__panel(kernels, columns));
  return thalnet__round_or_most(thalnet__times_or_most(panels, depth), THALNET__PLACE_UNIT);
}

void thalnet__matrix_sizes(const thalnet__kernels *kernels, const thalnet__matrix *matrix, size_t *forward,
                           size_t *backward) {
  const int plain = kernels->multiply == NULL;
  *forward = plain
                 ? thalnet__round_or_most(thalnet__times_or_most(matrix->outputs, matrix->inputs), THALNET__PLACE_UNIT)
                 : thalnet__panels_size(kernels, matrix->outputs, matrix->inputs);
  *backward = plain ? 0 : thalnet__panels_size(kernels, matrix->inputs, matrix->outputs);
}

size_t thalnet__matrix_size(const thalnet__kernels *kernels, const thalnet__matrix *matrix) {
  size_t forward, backward;
  thalnet__matrix_sizes(kernels, matrix, &forward, &backward);
  return thalnet__sum_or_most(forward, backward);
}

/* Where the panels for the way back are. */
static size_t thalnet__back(const thalnet__kernels *kernels, const thalnet__matrix *matrix) {
  size_t forward = 0, backward = 0;
  if (matrix->back != 0) return matrix->back;
  thalnet__matrix_sizes(kernels, matrix, &forward, &backward); /* was counted before */
  return matrix->place + forward;
}

/* A block of weights, at most so many columns wide; its rows lie within one panel over the outputs. */
enum { THALNET__PUT_ROWS = 4, THALNET__PUT_COLUMNS = 128 };

static void thalnet__put_plain(const thalnet__matrix *matrix, const thalnet__piece *block, real *kept) {
  for (size_t o = 0; o < block->outputs; o++)
    memcpy(kept + (block->output + o) * matrix->inputs + block->input, block->weight + o * block->ld,
           block->inputs * sizeof *kept);
}

#if defined(__GNUC__) && defined(__has_builtin) && !defined(THALNET_DOUBLE)
#if __has_builtin(__builtin_shufflevector)
#define THALNET__TRANSPOSE 1
#endif
#endif

#ifdef THALNET__TRANSPOSE
/* to[i][o] = from[o][i] for 4 x 4 numbers */
static void thalnet__transpose_4(const float *from, size_t ld, float *to, size_t to_ld) {
  typedef float four __attribute__((vector_size(16)));
  four a, b, c, d;
  memcpy(&a, from, sizeof a);
  memcpy(&b, from + ld, sizeof b);
  memcpy(&c, from + 2 * ld, sizeof c);
  memcpy(&d, from + 3 * ld, sizeof d);
  const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  memcpy(to, &a, sizeof a);
  memcpy(to + to_ld, &b, sizeof b);
  memcpy(to + 2 * to_ld, &c, sizeof c);
  memcpy(to + 3 * to_ld, &d, sizeof d);
}
#endif

/* Panels over the outputs, for the way forward: [panel][input][output within the panel] */
static void thalnet__put_forward(size_t panel, const thalnet__matrix *matrix, const thalnet__piece *block, real *kept) {
  const size_t within = block->output % panel;
  real *to = kept + (block->output - within) * matrix->inputs + block->input * panel + within;
  size_t i = 0;
#ifdef THALNET__TRANSPOSE
  for (; block->outputs == 4 && i + 4 <= block->inputs; i += 4)
    thalnet__transpose_4(block->weight + i, block->ld, to + i * panel, panel);
#endif
  for (; i < block->inputs; i++)
    for (size_t o = 0; o < block->outputs; o++) to[i * panel + o] = block->weight[o * block->ld + i];
}

/* Panels over the inputs, for the way back: [panel][output][input within the panel] */
static void thalnet__put_backward(size_t panel, const thalnet__matrix *matrix, const thalnet__piece *block,
                                  real *kept) {
  for (size_t i = 0, run; i < block->inputs; i += run) {
    const size_t input = block->input + i, within = input % panel;
    real *to = kept + (input - within) * matrix->outputs + block->output * panel + within;
    run = thalnet__min(panel - within, block->inputs - i);
    for (size_t o = 0; o < block->outputs; o++)
      memcpy(to + o * panel, block->weight + o * block->ld + i, run * sizeof *to);
  }
}

static void thalnet__put_block(const thalnet__kernels *kernels, const thalnet__matrix *matrix, thalnet__piece block,
                               real *kept) {
  real scaled[THALNET__PUT_ROWS * THALNET__PUT_COLUMNS];
  if (block.scale != 1) { /* in double: the scale may be too large for a float where no element is */
    for (size_t o = 0; o < block.outputs; o++)
      for (size_t i = 0; i < block.inputs; i++)
        scaled[o * block.inputs + i] = (real)(block.scale * (double)block.weight[o * block.ld + i]);
    block.weight = scaled;
    block.ld = block.inputs;
  }
  if (kernels->multiply == NULL) {
    thalnet__put_plain(matrix, &block, kept + matrix->place);
    return;
  }
  thalnet__put_forward(thalnet__panel(kernels, matrix->outputs), matrix, &block, kept + matrix->place);
  thalnet__put_backward(thalnet__panel(kernels, matrix->inputs), matrix, &block, kept + thalnet__back(kernels, matrix));
}

void thalnet__matrix_put(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const thalnet__piece *piece,
                         real *kept, thalnet__part part) {
  const thalnet__range range = thalnet__part_of(part, piece->outputs, THALNET__PART_COLUMNS);
  const size_t end = range.first + range.count;
  for (size_t o = range.first, rows; o < end; o += rows) {
    const size_t within = (piece->output + o) % THALNET__PUT_ROWS; /* panels are multiples of it */
    rows = thalnet__min(THALNET__PUT_ROWS - within, end - o);
    for (size_t i = 0; i < piece->inputs; i += THALNET__PUT_COLUMNS) {
      const thalnet__piece block = {.output = piece->output + o,
                                    .outputs = rows,
                                    .input = piece->input + i,
                                    .inputs = thalnet__min(THALNET__PUT_COLUMNS, piece->inputs - i),
                                    .weight = piece->weight + o * piece->ld + i,
                                    .ld = piece->ld,
                                    .scale = piece->scale};
      thalnet__put_block(kernels, matrix, block, kept);
    }
  }
}

/* --- products --- */

static void thalnet__multiply_panels(const thalnet__kernels *kernels, size_t rows, size_t depth, thalnet__const_rows a,
                                     const real *panels, size_t panel, int accumulate, thalnet__rows c,
                                     thalnet__range columns) {
  if (depth == 0) { /* and there may be no A */
    for (size_t r = 0; r < rows && columns.count > 0 && !accumulate; r++)
      memset(c.at + r * c.ld + columns.first, 0, columns.count * sizeof *c.at);
    return;
  }
  const thalnet__product product = {
      .rows = rows,
      .columns = columns.count,
      .depth = depth,
      .a = a.at,
      .a_row = a.ld,
      .a_step = 1,
      .b = panels + columns.first * depth, /* a multiple of the panel */
      .b_step = panel,
      .b_panel = panel * depth,
      .c = c.at + columns.first,
      .c_row = c.ld,
      .accumulate = accumulate,
  };
  if (rows > 0 && columns.count > 0) kernels->multiply(&product);
}

void thalnet__matrix_forward(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const real *kept,
                             size_t rows, thalnet__const_rows a, int accumulate, thalnet__rows c, thalnet__part part) {
  const thalnet__range columns = thalnet__part_of(part, matrix->outputs, THALNET__PART_COLUMNS);
  kept += matrix->place;
  if (kernels->multiply != NULL)
    thalnet__multiply_panels(kernels, rows, matrix->inputs, a, kept, thalnet__panel(kernels, matrix->outputs),
                             accumulate, c, columns);
  else
    thalnet__multiply_nt(rows, columns.count, matrix->inputs, a.at, a.ld, kept + columns.first * matrix->inputs,
                         matrix->inputs, (real)accumulate, c.at + columns.first, c.ld);
}

void thalnet__matrix_backward(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const real *kept,
                              size_t rows, thalnet__const_rows a, int accumulate, thalnet__rows c, thalnet__part part) {
  const thalnet__range columns = thalnet__part_of(part, matrix->inputs, THALNET__PART_COLUMNS);
  if (kernels->multiply != NULL)
    thalnet__multiply_panels(kernels, rows, matrix->outputs, a, kept + thalnet__back(kernels, matrix),
                             thalnet__panel(kernels, matrix->inputs), accumulate, c, columns);
  else
    thalnet__multiply_nn(rows, columns.count, matrix->outputs, a.at, a.ld, kept + matrix->place + columns.first,
                         matrix->inputs, (real)accumulate, c.at + columns.first, c.ld);
}

void thalnet__multiply_gradient(const thalnet__kernels *kernels, size_t outputs, size_t inputs, size_t rows,
                                thalnet__const_rows a, thalnet__const_rows b, real *c, size_t c_row, real *scratch,
                                thalnet__part part) {
  const thalnet__range range = thalnet__part_of(part, outputs, THALNET__PART_ROWS);
  if (range.count == 0 || inputs == 0 || rows == 0) return;
  if (kernels->multiply_transposed == NULL) {
    thalnet__multiply_tn(range.count, inputs, rows, a.at + range.first, a.ld, b.at, b.ld, 1, c + range.first * c_row,
                         c_row);
    return;
  }
  const thalnet__product product = {
      .rows = range.count,
      .columns = inputs,
      .depth = rows,
      .a = a.at + range.first,
      .a_row = 1,
      .a_step = a.ld,
      .b = b.at,
      .b_step = b.ld,
      .c = c + range.first * c_row,
      .c_row = c_row,
      .accumulate = 1,
      .scratch = scratch,
  };
  kernels->multiply_transposed(&product);
}
