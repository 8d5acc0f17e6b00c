/* SPDX-License-Identifier: MIT */
/* Reading the table: the keys that a line can begin with. */
#ifndef EXPERIMENTS_TABLE_KEYS_H
#define EXPERIMENTS_TABLE_KEYS_H

#include "table.h"

/* What is being read. Keys belong to the row that was begun last, else to the group, else to the table. */
struct reader {
  const char *path;
  int line;
  struct table *table;
  struct group *group; /* NULL: none yet */
  struct row *row;
  struct example_error *error;
};

/* A key and what reads its value: 0, or -1 with the error's text. */
struct key {
  const char *name;
  int in_table, in_group, in_row; /* where it may stand */
  int (*read)(struct reader *r, char *value);
};
extern const struct key table_keys[];
extern const size_t table_key_count;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int table_fail(struct reader *r, const char *format, ...); /* names the file and the line; returns -1 */

/* Cuts the first word off: ends it with a zero and moves *rest behind it. NULL: there is none. */
char *table_next_word(char **rest);

#endif
