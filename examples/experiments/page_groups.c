/* SPDX-License-Identifier: MIT */
#include "page_groups.h"

#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "numbers.h"

/* --- cells ------------------------------------------------------------------------------------------------------------- */

void page_print_value(struct words *text, const struct group *group, double value) {
  if (group->percent)
    words_add(text, "%.2f", 100.0 * value);
  else
    words_add(text, "%.4f", value);
}

static void print_cell(struct words *text, const struct group *group, const struct summary *summary, int bold) {
  words_add(text, bold ? " **" : " ");
  if (summary->count > 0) page_print_value(text, group, summary->mean);
  if (summary->count > 1) {
    words_add(text, " ± ");
    page_print_value(text, group, summary->deviation);
  }
  words_add(text, bold ? "** |" : " |");
}

/* 46606 as 46,606 */
static void print_whole(struct words *text, size_t count, double value) {
  char digits[32];
  if (count > 0) {
    int length = snprintf(digits, sizeof digits, "%.0f", value);
    words_add(text, " ");
    for (int i = 0; i < length; i++)
      words_add(text, "%s%c", i > 0 && digits[0] != '-' && (length - i) % 3 == 0 ? "," : "", digits[i]);
  }
  words_add(text, " |");
}

static void print_options(struct words *text, const struct row *row) {
  if (row->options)
    words_add(text, " `%s` |\n", row->options);
  else
    words_add(text, " |\n");
}

static void print_command(struct words *text, const struct group *group) {
  words_add(text, "Each run is `%s%s%s`, the row's options and `--seed N`.", group->program, group->options ? " " : "",
            group->options ? group->options : "");
}

/* --- what is not there --------------------------------------------------------------------------------------------------- */

static void print_seeds(struct words *text, const struct store *store, const struct group *group,
                        const struct row *row) {
  size_t missing = 0;
  for (size_t i = 0; i < row->seed_count; i++)
    missing += store_find(store, group->name, row->name, row->seeds[i]) == NULL;
  words_add(text, " `%s`", row->name);
  if (missing == row->seed_count) return;
  words_add(text, " seed");
  for (size_t i = 0; i < row->seed_count; i++)
    if (!store_find(store, group->name, row->name, row->seeds[i])) words_add(text, " %ld", row->seeds[i]);
}

/* Rows and seeds that are not run yet, and runs that failed. */
static void print_missing(struct words *text, const struct store *store, const struct group *group) {
  const char *separator = "\nNot run yet:";
  for (size_t r = 0; r < group->row_count; r++) {
    const struct row *row = &group->rows[r];
    size_t there = 0;
    for (size_t i = 0; i < row->seed_count; i++)
      there += store_find(store, group->name, row->name, row->seeds[i]) != NULL;
    if (there == row->seed_count) continue;
    words_add(text, "%s", separator);
    print_seeds(text, store, group, row);
    separator = ",";
  }
  if (*separator == ',') words_add(text, ".\n");
  separator = "\nFailed:\n\n";
  for (size_t r = 0; r < group->row_count; r++)
    for (size_t i = 0; i < group->rows[r].seed_count; i++) {
      const struct row *row = &group->rows[r];
      const struct record *record = store_find(store, group->name, row->name, row->seeds[i]);
      if (!record || record->status == 0) continue;
      words_add(text, "%s- `%s` seed %ld, exit code %d: `%s`\n", separator, row->name, record->seed, record->status,
                record->error);
      separator = "";
    }
}

/* --- groups -------------------------------------------------------------------------------------------------------------- */

/* How much worse the test is than the training data, where that is measured. */
static int has_gap(const struct group *group) { return group->measured && !group->untested; }

static void print_row(struct words *text, const struct group *group, const struct row *row, const struct numbers *n) {
  words_add(text, "| `%s` | %s |", row->name, row->title);
  print_whole(text, n->parameters.count, n->parameters.mean);
  print_cell(text, group, &n->validation, group->untested);
  if (!group->untested) print_cell(text, group, &n->test, 1);
  print_cell(text, group, &n->train, 0);
  if (has_gap(group)) print_cell(text, group, &n->gap, 0);
  words_add(text, " %zu |", n->count);
  print_whole(text, n->seconds.count, n->seconds.low); /* other programs of the machine only make it slower */
  print_whole(text, n->speed.count, n->speed.high);
  print_options(text, row);
}

static void print_heading(struct words *text, const struct group *group, const char *speed_unit) {
  const char *gap = group->higher_is_better ? " train - test |" : " test - train |";
  words_add(text, "\n| row | | parameters | validation |%s train |%s seeds | seconds | %s/s | options |\n",
            group->untested ? "" : " test |", has_gap(group) ? gap : "", speed_unit);
  words_add(text, "|---|---|---|---|---|---|---|---|---|%s%s\n", group->untested ? "" : "---|",
            has_gap(group) ? "---|" : "");
}

/* Returns how many rows have numbers. */
static size_t print_table(struct words *text, const struct store *store, const struct group *group) {
  size_t printed = 0;
  for (size_t r = 0; r < group->row_count; r++) {
    struct numbers n = numbers_collect(store, group, &group->rows[r]);
    if (n.count > 0 && printed++ == 0) print_heading(text, group, n.speed_unit ? n.speed_unit : "steps");
    if (n.count > 0) print_row(text, group, &group->rows[r], &n);
    numbers_free(&n);
  }
  if (printed > 0) {
    words_add(text, "\nIn %s, mean ± standard deviation over the seeds; seconds and speed of the fastest run. ",
              group->unit);
    if (!group->measured)
      words_add(text, "Train is counted while the last epoch trains: with its dropout or changed images, and without "
                      "averages of the weights. ");
    print_command(text, group);
    words_add(text, "\n");
  }
  return printed;
}

/* The place of the tuning row with the best mean validation among those for the same row, or the count. Rows with more seeds
 * are compared by the group's: those that all have. */
static size_t find_best(const struct store *store, const struct group *group, const char *tunes) {
  size_t best = group->row_count;
  double best_value = 0.0;
  for (size_t r = 0; r < group->row_count; r++) {
    if (strcmp(group->rows[r].tunes, tunes) != 0) continue;
    struct row row = group->rows[r];
    if (group->seed_count > 0) row.seeds = group->seeds, row.seed_count = group->seed_count;
    struct numbers n = numbers_collect(store, group, &row);
    double value = group->higher_is_better ? n.validation.mean : -n.validation.mean;
    if (n.count > 0 && (best == group->row_count || value > best_value)) {
      best = r;
      best_value = value;
    }
    numbers_free(&n);
  }
  return best;
}

static int is_compared(const struct group *group, size_t row) {
  for (size_t i = 0; i < group->comparison_count; i++)
    if (group->comparisons[i].rows[0] == row || group->comparisons[i].rows[1] == row) return 1;
  return 0;
}

/* How many rows tried something for each row of the tuned group: a fair comparison needs as many for both. */
static void print_trials(struct words *text, const struct store *store, const struct group *group,
                         const struct group *tuned) {
  const char *separator = "\nTrials, which leave the test data alone:";
  for (size_t t = 0; t < tuned->row_count; t++) {
    size_t planned = 0, done = 0;
    for (size_t r = 0; r < group->row_count; r++) {
      if (strcmp(group->rows[r].tunes, tuned->rows[t].name) != 0) continue;
      struct numbers n = numbers_collect(store, group, &group->rows[r]);
      planned++;
      done += n.count > 0;
      numbers_free(&n);
    }
    if (planned == 0 && !is_compared(tuned, t)) continue;
    words_add(text, "%s %zu for `%s`", separator, done, tuned->rows[t].name);
    if (done < planned) words_add(text, " of %zu planned", planned);
    separator = ",";
  }
  words_add(text, ".\n");
}

static void print_tuning(struct words *text, const struct store *store, const struct group *group,
                         const struct group *tuned) {
  size_t printed = 0;
  words_add(text, "\n### What was tried: %s\n", group->title);
  if (group->introduction) words_add(text, "\n%s\n", group->introduction);
  print_trials(text, store, group, tuned);
  for (size_t r = 0; r < group->row_count; r++) {
    const struct row *row = &group->rows[r];
    struct numbers n = numbers_collect(store, group, row);
    if (n.count > 0 && printed++ == 0)
      words_add(text, "\n| row | for | | parameters | validation | train | seeds | options |\n"
                      "|---|---|---|---|---|---|---|---|\n");
    if (n.count > 0) {
      words_add(text, "| `%s` | `%s` | %s |", row->name, row->tunes, row->title);
      print_whole(text, n.parameters.count, n.parameters.mean);
      print_cell(text, group, &n.validation, find_best(store, group, row->tunes) == r);
      print_cell(text, group, &n.train, 0);
      words_add(text, " %zu |", n.count);
      print_options(text, row);
    }
    numbers_free(&n);
  }
  if (printed > 0) {
    words_add(text, "\nIn %s; bold: the best for its row, by the seeds that all have. ", group->unit);
    print_command(text, group);
    words_add(text, "\n");
  }
  print_missing(text, store, group);
  if (group->conclusion) words_add(text, "\n%s\n", group->conclusion);
}

void page_print_group(struct words *text, const struct store *store, const struct table *table,
                      const struct group *group, const char *folder, int picture) {
  words_add(text, "\n## %s\n", group->title);
  if (group->introduction) words_add(text, "\n%s\n", group->introduction);
  size_t printed = print_table(text, store, group);
  print_missing(text, store, group);
  for (size_t i = 0; i < group->comparison_count && printed > 0; i++) {
    words_add(text, "\n");
    compare_print(text, store, group, &group->comparisons[i]);
  }
  if (picture && printed > 0)
    words_add(text, "\n![%s: %s by epoch, on the %s and on the training data](%s/%s.svg)\n", group->title,
              group->measure, group->untested ? "validation" : "test", folder, group->name);
  if (group->conclusion) words_add(text, "\n%s\n", group->conclusion);
  for (size_t i = 0; i < table->group_count; i++)
    if (table->groups[i].tunes && strcmp(table->groups[i].tunes, group->name) == 0)
      print_tuning(text, store, &table->groups[i], group);
}
