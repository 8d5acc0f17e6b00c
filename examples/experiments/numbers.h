/* SPDX-License-Identifier: MIT */
/* What a row's runs gave, over its seeds. */
#ifndef EXPERIMENTS_NUMBERS_H
#define EXPERIMENTS_NUMBERS_H

#include "record.h"
#include "table.h"

struct numbers {
  size_t count; /* of runs that succeeded */
  struct summary parameters, validation, test, train;
  struct summary gap; /* how much worse the test is than the training data */
  struct summary seconds, speed;
  char *speed_unit; /* "sequences" a second, or NULL */
};

struct numbers numbers_collect(const struct store *store, const struct group *group, const struct row *row);
void numbers_free(struct numbers *numbers);

#endif
