/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <stdlib.h>
#include <string.h>

#include "common/system.h"
#include "pairs.h"

/* The row whose command and seed a record is of, or NULL. */
static const struct row *find_row(const struct group *group, const struct record *record) {
  size_t place = table_find_row(group, record->row, strlen(record->row));
  if (place == group->row_count || strcmp(record->group, group->name) != 0) return NULL;
  const struct row *row = &group->rows[place];
  size_t seed = 0;
  while (seed < row->seed_count && row->seeds[seed] != record->seed) seed++;
  char *command = table_command(group, row);
  int same = seed < row->seed_count && strcmp(command, record->command) == 0;
  free(command);
  return same ? row : NULL;
}

/* Moves what the table has from one store into the other; returns how many runs it has not. */
static size_t take_known(struct store *store, struct store *from, const struct group *group) {
  size_t left_out = 0;
  for (size_t i = 0; i < from->count; i++) {
    if (find_row(group, &from->records[i]))
      store_put(store, &from->records[i]);
    else
      left_out++;
  }
  for (size_t i = 0; i < from->pair_count; i++)
    if (strcmp(from->pairs[i].group, group->name) == 0) store_put_pair(store, &from->pairs[i]);
  return left_out;
}

/* store_put takes records over and leaves zeros behind, which are fine to free. */
int results_read_recorded(struct store *store, const struct table *table, const char *folder, size_t *left_out,
                          struct example_error *error) {
  int status = 0;
  for (size_t i = 0; i < table->group_count && status >= 0; i++) {
    struct store found = {NULL, 0, NULL, 0};
    char *path = words_print("%s/%s.txt", folder, table->groups[i].name);
    status = store_read(&found, path, error);
    if (status == 0) *left_out += take_known(store, &found, &table->groups[i]);
    store_free(&found);
    free(path);
  }
  return status < 0 ? -1 : 0;
}

int results_read_run(struct store *store, const struct launch *launch, const struct group *group, const struct row *row,
                     long seed, struct example_error *error) {
  struct store found = {NULL, 0, NULL, 0};
  char *path = child_path(launch, group, row, seed, ".run");
  int status = store_read(&found, path, error);
  if (status == 0) {
    const struct record *record = store_find(&found, group->name, row->name, seed);
    if (!record || found.count != 1)
      status = example_fail(error, "%.700s: another run is in it", path);
    else if (take_known(store, &found, group))
      status = 1;
  }
  store_free(&found);
  free(path);
  return status;
}

int results_read_runs(struct store *store, const struct table *table, const struct launch *launch,
                      struct example_error *error) {
  for (size_t g = 0; g < table->group_count; g++)
    for (size_t r = 0; r < table->groups[g].row_count; r++) {
      const struct row *row = &table->groups[g].rows[r];
      for (size_t i = 0; i < row->seed_count; i++)
        if (results_read_run(store, launch, &table->groups[g], row, row->seeds[i], error) < 0) return -1;
    }
  return 0;
}

void results_count_pairs(struct store *store, const struct table *table, const struct launch *launch) {
  for (size_t g = 0; g < table->group_count; g++)
    for (size_t i = 0; i < table->groups[g].comparison_count; i++) {
      struct example_error error = {""};
      struct pair pair;
      int status = pairs_count(&pair, launch, store, &table->groups[g], &table->groups[g].comparisons[i], &error);
      if (status == 0) store_put_pair(store, &pair);
      if (status < 0) example_complain("experiments", "%s", error.text);
    }
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

static void print_group(struct words *text, const struct store *store, const struct group *group) {
  for (size_t r = 0; r < group->row_count; r++)
    for (size_t i = 0; i < group->rows[r].seed_count; i++) {
      const struct record *found = store_find(store, group->name, group->rows[r].name, group->rows[r].seeds[i]);
      if (!found) continue;
      struct record record = *found;
      if (group->tunes) record.curve = NULL;
      record_print(text, &record);
    }
  for (size_t i = 0; i < group->comparison_count; i++) {
    const struct comparison *comparison = &group->comparisons[i];
    const struct pair *pair = store_find_pair(store, group->name, comparison->names[0], comparison->names[1]);
    if (pair && pairs_fit(pair, store, group, comparison)) pair_print(text, pair);
  }
}

int results_write(const struct store *store, const struct table *table, const char *folder,
                  struct example_error *error) {
  int status = example_make_folder(folder, error);
  for (size_t g = 0; g < table->group_count && !status; g++) {
    struct words text = {NULL, 0, 0};
    print_group(&text, store, &table->groups[g]);
    if (text.length > 0) {
      struct words file = {NULL, 0, 0};
      char *path = words_print("%s/%s.txt", folder, table->groups[g].name);
      words_add(&file, "%s\n", record_first_line);
      words_add_bytes(&file, text.bytes, text.length);
      status = words_write_file(path, &file, error);
      words_free(&file);
      free(path);
    }
    words_free(&text);
  }
  return status;
}
