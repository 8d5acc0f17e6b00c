/* SPDX-License-Identifier: MIT */
#ifndef EXPERIMENTS_COMPARE_H
#define EXPERIMENTS_COMPARE_H

#include "record.h"
#include "table.h"

/* The difference of two rows, first minus second in the measure's own unit, over the seeds that both have. *images_out is the
 * number of test images it takes as sampled, 0 where single images are not known. */
struct interval compare_rows(const struct store *store, const struct group *group, const struct comparison *comparison,
                             size_t *seeds_out, long *images_out);

/* Adds it in plain words. */
void compare_print(struct words *text, const struct store *store, const struct group *group,
                   const struct comparison *comparison);

#endif
