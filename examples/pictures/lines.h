/* SPDX-License-Identifier: MIT */
/* A picture of curves: mean lines over bands from the lowest to the highest value. */
#ifndef PICTURES_LINES_H
#define PICTURES_LINES_H

#include <stddef.h>

#include "common/error.h"

struct curve {
  char *label;
  int colour; /* 0..3, all told apart by colour-blind people too, and in grey */
  int dashed;
  size_t count;
  double *x, *mean, *low, *high;
};

struct line_picture {
  const char *title, *x_label, *y_label;
  double x_low, x_high, y_low, y_high; /* what lies outside is cut off */
  const struct curve *curves;
  size_t curve_count;
};

/* Writes an SVG file. Returns 0, or -1 with the error's text. */
int line_picture_write(const struct line_picture *picture, const char *path, struct example_error *error);

#endif
