/* SPDX-License-Identifier: MIT */
/* Which runs there are to do, and doing them. */
#ifndef EXPERIMENTS_RUNNER_H
#define EXPERIMENTS_RUNNER_H

#include "child.h"

struct selection {
  const char *only; /* GROUP or GROUP/ROW, several with commas between them; NULL: all groups, with or without `tune` */
  int tune;         /* the groups that tune, in place of those with a test */
  long seeds;       /* the first so many of each row; 0: all */
  int retry;        /* also runs that failed */
};

enum planned { PLANNED_TO_DO, PLANNED_DONE, PLANNED_FAILED };

struct planned_run {
  const struct group *group;
  const struct row *row;
  long seed;
  enum planned state;
};

struct plan {
  struct planned_run *runs; /* every row with its first seed, then every row with its second, and so on */
  size_t count, to_do;
};

/* Returns 0, or -1 with the error's text: a name in `only` that the table does not have. What is known of the runs is
 * in the store. */
int plan_make(struct plan *plan, const struct table *table, const struct selection *selection,
              const struct store *store, struct example_error *error);

/* Runs what there is to do, launch->jobs at a time, and calls `finished` with each record after it was put into the store.
 * SIGINT and SIGTERM end the children, whose runs are then as if they had never begun. Returns the exit code: 0, 1 where
 * runs failed, 128 and the signal's number, or after a complaint whatever fits it. */
int plan_run(const struct plan *plan, const struct launch *launch, struct store *store,
             void (*finished)(void *context, const struct record *record), void *context);

#endif
