/* SPDX-License-Identifier: MIT */
/* Central differences of the loss, and their comparison with a gradient, array by array.
 *
 * Every element of an array belongs to exactly one of its probes. A probe moves its elements together, each up or
 * down by a random sign; its derivative is the signed sum of their gradients. An array of up to `cap` elements has a
 * probe for each; in a larger one the signs keep the norm of any error in the mean, wherever in the array it is. */
#ifndef GRADIENT_DIFFERENCES_H
#define GRADIENT_DIFFERENCES_H

#include "gradient/problem.h"

enum { PROBES_MAX = 32 };

typedef struct differences {
  size_t probes[ARRAYS_MAX];
  double derivative[ARRAYS_MAX][PROBES_MAX];
} differences;

typedef struct comparison {
  size_t arrays, failed;
  double worst_share;    /* largest |a - n| / (1e-6 |n| + 1e-10) */
  double worst_relative; /* largest |a - n| / |n| where |n| is above 1e-3 */
  size_t first;          /* the array with the largest share */
} comparison;

/* Differences of fourth order, from the loss at -2h, -h, h and 2h. */
void differences_compute(problem *p, differences *d);

/* An array passes when |a - n| <= 1e-6 |n| + 1e-10 in Euclidean norms over its probes. */
comparison differences_compare(const problem *p, const differences *d, const double *gradient);

/* The largest |one - other| of an array, of all of its elements. */
double differences_distance(const problem *p, const double *one, const double *other);

/* The same over the probes, in units of what passes: |one - other| / (1e-6 |other| + 1e-10). */
double differences_share(const problem *p, const differences *d, const double *one, const double *other);

#endif
