/* SPDX-License-Identifier: MIT */
/* What each of a network's inputs sees of an image that is shown row by row: all of it, columns of every row, or all of the rows
 * whose turn it is. */
#ifndef EXAMPLE_VIEWS_H
#define EXAMPLE_VIEWS_H

#include <stddef.h>

struct example_view {
  size_t first, count; /* values of a row */
  size_t turn, turns;  /* row r is shown where r modulo `turns` is `turn`; the others are all zero */
};

/* All `row` values of the rows whose turn it is; with one turn, of all rows. */
struct example_view example_view_turn(size_t row, size_t turn, size_t turns);

/* Slice i of n: the columns of a row are shared out among the slices, and each sees `overlap` more on either side, as far as
 * there are any. A column has `values` values. */
struct example_view example_view_slice(size_t columns, size_t values, size_t i, size_t n, size_t overlap);

/* Copies what is seen of images [count][rows][row] to [count][rows][view->count]. */
void example_view_copy(const struct example_view *view, const float *images, size_t count, size_t rows, size_t row,
                       float *seen);

#endif
