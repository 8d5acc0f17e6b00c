/* SPDX-License-Identifier: MIT */
/* The table of trainings, a plain text file; README.md beside this file says how it is written. */
#ifndef EXPERIMENTS_TABLE_H
#define EXPERIMENTS_TABLE_H

#include <stddef.h>

#include "common/error.h"

/* A training with some seeds. */
struct row {
  int line;
  char *name, *title;
  char *options; /* may hold {data}; NULL: none */
  char *tunes;   /* in a tuning group: the row of the tuned group whose settings it tries */
  long *seeds;   /* NULL until the end of the file: those of the group */
  size_t seed_count;
};

/* Two rows that the page compares. */
struct comparison {
  int line;
  char *names[2];
  size_t rows[2]; /* their places in the group */
};

/* One table of the page: rows with the same program and measure. */
struct group {
  int line;
  char *name, *title, *program, *options;
  char *tunes;  /* the group whose settings are chosen here; NULL: a group of its own */
  int measured; /* train_M is measured as test_M is, so that their difference means something */
  int untested; /* its runs leave the test data alone; groups that tune always do */
  char *measure, *unit;
  int higher_is_better, percent; /* percent: values are shares, shown times 100 */
  char *labels;                  /* file with the test images' classes, one byte each; NULL: no single images */
  long labels_offset, labels_stride;
  char *introduction, *conclusion; /* Markdown, or NULL */
  long *seeds;
  size_t seed_count;
  struct row *rows;
  size_t row_count;
  struct comparison *comparisons;
  size_t comparison_count;
};

struct table {
  char *introduction;
  struct group *groups;
  size_t group_count;
};

/* Returns 0, or -1 with the file's name, the line and what is wrong with it. */
int table_read(struct table *table, const char *path, struct example_error *error);
void table_free(struct table *table);

/* The place of the group or row with this name, of `length` characters, or the count where there is none. */
size_t table_find_group(const struct table *table, const char *name, size_t length);
size_t table_find_row(const struct group *group, const char *name, size_t length);

/* What is run, but for the seed and the places of files: "pmnist --data {data}/mnist --model gru". Two runs with the same
 * command and seed are the same run. Free it. */
char *table_command(const struct group *group, const struct row *row);

#endif
