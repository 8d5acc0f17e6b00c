/* SPDX-License-Identifier: MIT */
/* The page: what people wrote in the table, and what the runs gave. */
#ifndef EXPERIMENTS_PAGE_H
#define EXPERIMENTS_PAGE_H

#include "record.h"
#include "table.h"

/* The folder that belongs to a page: docs/results for docs/results.md. NULL: its name does not end in .md. Free it. */
char *page_folder(const char *path);

/* Writes the page, the pictures, and FOLDER/GROUP.txt. Returns 0, or -1 with the error's text. */
int page_write(const struct store *store, const struct table *table, const char *path, struct example_error *error);

/* Adds the page to a text; `folder` is what the pictures' names begin with, `pictures` says for each group whether it has one. */
void page_print(struct words *text, const struct store *store, const struct table *table, const char *folder,
                const int *pictures);

#endif
