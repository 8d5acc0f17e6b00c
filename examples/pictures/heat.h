/* SPDX-License-Identifier: MIT */
/* Matrices as coloured squares: several maps of one scale side by side, or one long map of numbers of both signs. */
#ifndef PICTURES_HEAT_H
#define PICTURES_HEAT_H

#include <stddef.h>

#include "common/error.h"

struct heat_map {
  const char *title;
  size_t rows, columns;
  const double *values; /* [row][column], not negative */
};

struct heat_picture {
  const char *title, *row_label, *column_label, *unit;
  const struct heat_map *maps;
  size_t count;
  const char *const *row_names; /* of all maps; NULL: numbers from 0 */
  const char *const *column_names;
};

/* Writes an SVG or PNG file, by the path's ending. Returns 0, or -1 with the error's text. */
int heat_picture_write(const struct heat_picture *picture, const char *path, struct example_error *error);

/* Rows of numbers from -1 to 1 (beyond: cut off) over time, in groups one above the other. */
struct activity_picture {
  const char *title, *time_label;
  size_t steps, rows;
  const double *values; /* [step][row] */
  size_t groups;
  const size_t *group_rows; /* add up to rows */
  const char *const *group_names;
  const char *const *step_names; /* below every step, short; NULL: none */
};

int activity_picture_write(const struct activity_picture *picture, const char *path, struct example_error *error);

#endif
