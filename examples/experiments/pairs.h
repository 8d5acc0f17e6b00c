/* SPDX-License-Identifier: MIT */
/* Two rows' predictions for the same test images. Predictions stay in the runs' folder: what they were made from is not
 * ours to publish. The counts are. */
#ifndef EXPERIMENTS_PAIRS_H
#define EXPERIMENTS_PAIRS_H

#include "child.h"

/* The seeds with which both rows of a comparison have a result, in the first row's order; free *seeds_out. */
size_t pairs_seeds(const struct store *store, const struct group *group, const struct comparison *comparison,
                   long **seeds_out);

/* Counts a comparison's images. Returns 0; 1 where labels or predictions are not there; -1 with the error's text where they
 * contradict each other or the runs' results. */
int pairs_count(struct pair *pair, const struct launch *launch, const struct store *store, const struct group *group,
                const struct comparison *comparison, struct example_error *error);

/* Whether a pair is about these runs: the same seeds, and as many images right as the results say. */
int pairs_fit(const struct pair *pair, const struct store *store, const struct group *group,
              const struct comparison *comparison);

#endif
