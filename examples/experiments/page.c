/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/system.h"
#include "curves.h"
#include "page_groups.h"
#include "pictures/available.h"
#include "results.h"

char *page_folder(const char *path) {
  size_t length = strlen(path);
  if (length < 4 || strcmp(path + length - 3, ".md") != 0 || path[length - 4] == '/') return NULL;
  return words_copy(path, length - 3);
}

/* --- the page ------------------------------------------------------------------------------------------------------------ */

static int same_machine(const struct record *a, const struct record *b) {
  return strcmp(a->machine, b->machine) == 0 && a->threads == b->threads && a->jobs == b->jobs;
}

static void print_machines(struct words *text, const struct store *store) {
  words_add(text, "\n## Machine\n\n");
  if (store->count == 0) words_add(text, "Nothing has been run yet.\n");
  for (size_t i = 0; i < store->count; i++) {
    const struct record *record = &store->records[i];
    size_t first = 0, count = 0;
    while (!same_machine(&store->records[first], record)) first++;
    for (size_t k = 0; k < store->count; k++) count += (size_t)same_machine(&store->records[k], record);
    if (first == i)
      words_add(text, "- %zu run%s: %s; %ld thread%s a run, %ld run%s at a time\n", count, count == 1 ? "" : "s",
                record->machine, record->threads, record->threads == 1 ? "" : "s", record->jobs,
                record->jobs == 1 ? "" : "s");
  }
}

void page_print(struct words *text, const struct store *store, const struct table *table, const char *folder,
                const int *pictures) {
  words_add(text, "<!-- SPDX-License-Identifier: MIT -->\n"
                  "<!-- Written by examples/experiments: change examples/experiments/runs.txt, not this page. -->\n"
                  "# Results\n");
  if (table->introduction) words_add(text, "\n%s\n", table->introduction);
  print_machines(text, store);
  for (size_t i = 0; i < table->group_count; i++)
    if (!table->groups[i].tunes) page_print_group(text, store, table, &table->groups[i], folder, pictures[i]);
}

/* Without cairo the pictures that are there stay. */
static int draw(const struct store *store, const struct group *group, const char *folder, struct example_error *error) {
  if (group->tunes) return 1;
  if (pictures_available()) return curves_draw(store, group, folder, error);
  char *path = curves_path(folder, group);
  int status = access(path, R_OK) ? 1 : 0;
  free(path);
  return status;
}

int page_write(const struct store *store, const struct table *table, const char *path, struct example_error *error) {
  struct words text = {NULL, 0, 0};
  char *folder = page_folder(path);
  int *pictures = NULL, status = results_write(store, table, folder, error);
  for (size_t i = 0; i < table->group_count && status >= 0; i++) {
    pictures = array_grow(pictures, i, sizeof *pictures);
    status = draw(store, &table->groups[i], folder, error);
    pictures[i] = status == 0;
  }
  if (status >= 0) {
    const char *slash = strrchr(folder, '/');
    page_print(&text, store, table, slash ? slash + 1 : folder, pictures);
    status = words_write_file(path, &text, error);
  }
  words_free(&text);
  free(pictures);
  free(folder);
  return status < 0 ? -1 : 0;
}
