/* SPDX-License-Identifier: MIT */
/* A group of the table on the page: its rows, its comparisons, and the trials that chose its settings. */
#ifndef EXPERIMENTS_PAGE_GROUPS_H
#define EXPERIMENTS_PAGE_GROUPS_H

#include "common/words.h"
#include "record.h"
#include "table.h"

/* Adds a group that tunes no other, with those that tune it; `folder` is what the picture's name begins with. */
void page_print_group(struct words *text, const struct store *store, const struct table *table,
                      const struct group *group, const char *folder, int picture);

/* A measure's value as people read it: "97.76" percent, "1.4123" bits. */
void page_print_value(struct words *text, const struct group *group, double value);

#endif
