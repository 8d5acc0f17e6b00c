/* SPDX-License-Identifier: MIT */
/* Ways to write the ten digits. */
#ifndef EXAMPLE_STROKES_H
#define EXAMPLE_STROKES_H

#include <stddef.h>
#include <stdint.h>

enum { EXAMPLE_STROKE_POINTS = 12, EXAMPLE_FORM_STROKES = 3 };

/* What a point of a stroke is. The pen runs smoothly through all points but corners. */
enum { EXAMPLE_END = 0, EXAMPLE_SMOOTH = 1, EXAMPLE_CORNER = 2 };

struct example_stroke_point {
  float x, y; /* 0..1 from left to right and from top to bottom */
  int kind;   /* EXAMPLE_END: there is no such point, the stroke is over */
};

/* One way to write a digit. A stroke without points is not there. */
struct example_form {
  struct example_stroke_point strokes[EXAMPLE_FORM_STROKES][EXAMPLE_STROKE_POINTS + 1];
};

/* The forms of a digit; those that are written more often come more than once. */
const struct example_form *example_digit_forms(uint8_t digit, size_t *count_out);

#endif
