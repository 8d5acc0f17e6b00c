/* SPDX-License-Identifier: MIT */
/* Comparing what the library computed with the golden values, array by array, in relative L2 norms. */
#ifndef TESTS_GOLDEN_COMPARE_H
#define TESTS_GOLDEN_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "golden/fixture.h"
#include "golden/network.h"

/* One network under comparison. */
typedef struct comparison {
  fixture *golden;
  const thalnet_center *net;
  const char *stage; /* which calls, for the messages */
  bool quiet;        /* disagreement is what is hoped for: print nothing */
  double forward;    /* relative tolerance of what is computed forward */
  double backward;   /* of gradients */
  double worst[2];   /* the largest part of a tolerance that was used: forward, backward */
  size_t arrays;     /* compared */
  size_t failures;   /* of them */
} comparison;

/* Tolerances: 1e-10 in double precision; in float 8 ceil(log2(columns * steps)) 1.19e-7 forward and twice that
 * backward, at most 5e-5 and 2e-4. Columns are those of the widest product. */
comparison comparison_start(fixture *golden, const thalnet_center *net);

/* Everything the batch computed forward; gradients, those of the parameters after so many equal passes; the state's
 * rows after their last frames. */
void compare_forward(comparison *with, const thalnet_batch *batch);
void compare_gradients(comparison *with, const thalnet_batch *batch, int passes);
void compare_state(comparison *with, const thalnet_state *state);

/* `got` with that many of the array's values from `offset` on. */
void compare_reals(comparison *with, fixture_array *array, size_t offset, const real *got, size_t count, bool gradient);

#endif
