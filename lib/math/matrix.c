/* SPDX-License-Identifier: MIT */
#include "math/matrix.h"

#include <string.h>

#include "core/checked.h"
#include "math/multiply.h"

enum { THALNET__PART_COLUMNS = 64, THALNET__PART_ROWS = 224, THALNET__PLACE_UNIT = 16 };

static size_t thalnet__units(size_t size, size_t unit) { return size / unit + (size % unit != 0); }

thalnet__range thalnet__part_of(thalnet__part part, size_t size, size_t unit) {
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
static int thalnet__panels_size(const thalnet__kernels *kernels, size_t columns, size_t depth, size_t *size) {
  const size_t panel = thalnet__panel(kernels, columns);
  return thalnet__times(thalnet__units(columns, panel), panel, size) || thalnet__times(*size, depth, size);
}

int thalnet__matrix_size(const thalnet__kernels *kernels, const thalnet__matrix *matrix, size_t *size) {
  size_t other = 0;
  if (kernels->multiply == NULL) {
    if (thalnet__times(matrix->outputs, matrix->inputs, size)) return -1;
  } else if (thalnet__panels_size(kernels, matrix->outputs, matrix->inputs, size) ||
             thalnet__panels_size(kernels, matrix->inputs, matrix->outputs, &other) ||
             thalnet__add(*size, other, size)) {
    return -1;
  }
  if (thalnet__add(*size, THALNET__PLACE_UNIT - 1, size)) return -1;
  *size = *size / THALNET__PLACE_UNIT * THALNET__PLACE_UNIT;
  return 0;
}

/* Where the panels for the way back start. */
static size_t thalnet__backward_panels(const thalnet__kernels *kernels, const thalnet__matrix *matrix) {
  const size_t panel = thalnet__panel(kernels, matrix->outputs);
  return thalnet__units(matrix->outputs, panel) * panel * matrix->inputs;
}

static void thalnet__copy_scaled(size_t count, const real *from, double scale, real *to) {
  if (scale == 1)
    memcpy(to, from, count * sizeof *to);
  else /* in double: the scale may be too large for a float where no element is */
    for (size_t i = 0; i < count; i++) to[i] = (real)(scale * (double)from[i]);
}

static void thalnet__put_plain(const thalnet__matrix *matrix, const thalnet__piece *piece, real *kept) {
  for (size_t o = 0; o < piece->outputs; o++)
    thalnet__copy_scaled(piece->inputs, piece->weight + o * piece->ld, piece->scale,
                         kept + (piece->output + o) * matrix->inputs + piece->input);
}

/* Panels over the outputs, for the way forward: [panel][input][output within the panel] */
static void thalnet__put_forward(size_t panel, const thalnet__matrix *matrix, const thalnet__piece *piece, real *kept) {
  for (size_t o = 0, run; o < piece->outputs; o += run) {
    const size_t output = piece->output + o, within = output % panel;
    real *to = kept + (output - within) * matrix->inputs + piece->input * panel + within;
    run = thalnet__min(panel - within, piece->outputs - o);
    const real *from = piece->weight + o * piece->ld;
    for (size_t i = 0; i < piece->inputs; i++, to += panel, from++)
      if (piece->scale == 1)
        for (size_t lane = 0; lane < run; lane++) to[lane] = from[lane * piece->ld];
      else
        for (size_t lane = 0; lane < run; lane++) to[lane] = (real)(piece->scale * (double)from[lane * piece->ld]);
  }
}

/* Panels over the inputs, for the way back: [panel][output][input within the panel] */
static void thalnet__put_backward(size_t panel, const thalnet__matrix *matrix, const thalnet__piece *piece,
                                  real *kept) {
  for (size_t i = 0, run; i < piece->inputs; i += run) {
    const size_t input = piece->input + i, within = input % panel;
    real *to = kept + (input - within) * matrix->outputs + piece->output * panel + within;
    run = thalnet__min(panel - within, piece->inputs - i);
    for (size_t o = 0; o < piece->outputs; o++, to += panel)
      thalnet__copy_scaled(run, piece->weight + o * piece->ld + i, piece->scale, to);
  }
}

void thalnet__matrix_put(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const thalnet__piece *piece,
                         real *kept) {
  kept += matrix->place;
  if (kernels->multiply == NULL) {
    thalnet__put_plain(matrix, piece, kept);
    return;
  }
  thalnet__put_forward(thalnet__panel(kernels, matrix->outputs), matrix, piece, kept);
  thalnet__put_backward(thalnet__panel(kernels, matrix->inputs), matrix, piece,
                        kept + thalnet__backward_panels(kernels, matrix));
}

/* --- products --- */

static void thalnet__multiply_panels(const thalnet__kernels *kernels, size_t rows, size_t depth, thalnet__const_rows a,
                                     const real *panels, size_t panel, int accumulate, thalnet__rows c,
                                     thalnet__range columns) {
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
  kept += matrix->place;
  if (kernels->multiply != NULL)
    thalnet__multiply_panels(kernels, rows, matrix->outputs, a, kept + thalnet__backward_panels(kernels, matrix),
                             thalnet__panel(kernels, matrix->inputs), accumulate, c, columns);
  else
    thalnet__multiply_nn(rows, columns.count, matrix->outputs, a.at, a.ld, kept + columns.first, matrix->inputs,
                         (real)accumulate, c.at + columns.first, c.ld);
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
