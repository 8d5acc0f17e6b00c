/* SPDX-License-Identifier: MIT */
/* Where finished runs are: in the runs' folder of this machine, and in the folder beside the page, FOLDER/GROUP.txt, which
 * belongs to the repository. Only runs of the commands that the table has now count. */
#ifndef EXPERIMENTS_RESULTS_H
#define EXPERIMENTS_RESULTS_H

#include "child.h"

/* What the repository has. Adds how many runs were left out, because the table does not have them or has another command for
 * them. Returns 0, or -1 with the error's text. */
int results_read_recorded(struct store *store, const struct table *table, const char *folder, size_t *left_out,
                          struct example_error *error);

/* The run that is in the runs' folder: 0; 1 where there is none, or one with another command; -1 where its file cannot be
 * read. */
int results_read_run(struct store *store, const struct launch *launch, const struct group *group, const struct row *row,
                     long seed, struct example_error *error);

/* All runs of the runs' folder, in place of those that the store has. */
int results_read_runs(struct store *store, const struct table *table, const struct launch *launch,
                      struct example_error *error);

/* Counts the images of all comparisons, where labels and predictions are there. Otherwise what is recorded stays, if it is
 * about these runs. What contradicts itself is told on stderr. */
void results_count_pairs(struct store *store, const struct table *table, const struct launch *launch);

/* Writes FOLDER/GROUP.txt of all groups that have runs. Tuning leaves its curves out. */
int results_write(const struct store *store, const struct table *table, const char *folder,
                  struct example_error *error);

#endif
