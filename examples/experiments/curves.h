/* SPDX-License-Identifier: MIT */
#ifndef EXPERIMENTS_CURVES_H
#define EXPERIMENTS_CURVES_H

#include "record.h"
#include "table.h"

/* The place of a group's picture beside the page's file of results; free it. */
char *curves_path(const char *folder, const struct group *group);

/* Draws the learning curves of the rows that a group compares, or of all where it compares none and they are few: on the
 * training data and on the test (in groups without one on the validation data), mean and range over the seeds. Returns 0; 1
 * where there is nothing to draw; -1 with the error's text. */
int curves_draw(const struct store *store, const struct group *group, const char *folder, struct example_error *error);

#endif
