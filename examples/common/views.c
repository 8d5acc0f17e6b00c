/* SPDX-License-Identifier: MIT */
#include "views.h"

#include <string.h>

struct example_view example_view_turn(size_t row, size_t turn, size_t turns) {
  return (struct example_view){.first = 0, .count = row, .turn = turn, .turns = turns};
}

struct example_view example_view_slice(size_t columns, size_t values, size_t i, size_t n, size_t overlap) {
  size_t first = columns * i / n, end = columns * (i + 1) / n;
  first = first > overlap ? first - overlap : 0;
  end = columns - end > overlap ? end + overlap : columns;
  return (struct example_view){.first = first * values, .count = (end - first) * values, .turn = 0, .turns = 1};
}

void example_view_copy(const struct example_view *view, const float *images, size_t count, size_t rows, size_t row,
                       float *seen) {
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < rows; r++, images += row, seen += view->count) {
      if (r % view->turns == view->turn)
        memcpy(seen, images + view->first, view->count * sizeof *seen);
      else
        memset(seen, 0, view->count * sizeof *seen);
    }
}
