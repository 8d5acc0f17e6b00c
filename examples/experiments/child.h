/* SPDX-License-Identifier: MIT */
/* One training as a child process: RUNS/GROUP/ROW/SEED.log and .err get what it prints, and when it has succeeded
 * SEED.predictions is what it predicted. */
#ifndef EXPERIMENTS_CHILD_H
#define EXPERIMENTS_CHILD_H

#include <sys/types.h>

#include "record.h"
#include "table.h"

/* Where things are, for all runs. */
struct launch {
  const char *programs, *data, *runs; /* folders */
  const char *machine;
  long threads, jobs;
};

struct child {
  pid_t pid; /* 0: none */
  const struct group *group;
  const struct row *row;
  long seed;
  double started;
};

/* RUNS/GROUP/ROW/SEED and an ending; free it. */
char *child_path(const struct launch *launch, const struct group *group, const struct row *row, long seed,
                 const char *ending);

/* A word or path of the table with the data's folder in it; free it. */
char *child_expand(const struct launch *launch, const char *word, size_t length);

/* Starts it. Returns 0, or -1 with the error's text. A program that cannot be started is a child that fails with 127. */
int child_start(struct child *child, const struct launch *launch, struct example_error *error);

/* Whether it has ended: 0 or 1, and then its exit code, or 128 and the number of the signal that ended it. */
int child_ended(struct child *child, int *status_out);

/* What became of it, from its files. A child that ended well without all that it should have left behind has failed.
 * Returns 0, or -1 with the error's text where the runs' folder cannot be read or written. */
int child_collect(const struct child *child, const struct launch *launch, int status, struct record *record,
                  struct example_error *error);

#endif
