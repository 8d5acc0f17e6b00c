/* SPDX-License-Identifier: MIT */
#include "table_keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/words.h"

enum { NAME_LIMIT = 63, SEED_LIMIT = 1000 };

int table_fail(struct reader *r, const char *format, ...) {
  char what[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return example_fail(r->error, "%.300s:%d: %s", r->path, r->line, what);
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

static char *skip_blanks(char *at) { return at + strspn(at, " \t"); }

char *table_next_word(char **rest) {
  char *word = skip_blanks(*rest);
  char *end = word + strcspn(word, " \t");
  *rest = end;
  if (end == word) return NULL;
  if (*end) *rest = skip_blanks(end + 1);
  *end = '\0';
  return word;
}

/* Names become names of files and of anchors. */
static int is_name(const char *word) {
  size_t length = word ? strlen(word) : 0;
  return length > 0 && length <= NAME_LIMIT && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length &&
         word[0] != '-';
}

static int set_once(struct reader *r, char **place, const char *key, const char *value) {
  if (*place) return table_fail(r, "%s is given twice", key);
  if (!*value) return table_fail(r, "%s: nothing is given", key);
  *place = words_copy(value, strlen(value));
  return 0;
}

/* --- keys ------------------------------------------------------------------------------------------------------------ */

static int read_group(struct reader *r, char *value) {
  const char *name = table_next_word(&value);
  if (!is_name(name) || *value) return table_fail(r, "group: one name of a-z, 0-9, _ and - is needed");
  if (table_find_group(r->table, name, strlen(name)) < r->table->group_count)
    return table_fail(r, "group %s is there already", name);
  r->table->groups = array_grow(r->table->groups, r->table->group_count, sizeof *r->table->groups);
  r->group = &r->table->groups[r->table->group_count++];
  r->row = NULL;
  r->group->line = r->line;
  r->group->name = words_copy(name, strlen(name));
  return 0;
}

static int is_title(const char *title) { return *title && !strchr(title, '|'); } /* it is a cell of a table */

static int read_row(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *name = table_next_word(&value);
  if (!is_name(name) || !is_title(value))
    return table_fail(r, "row: a name of a-z, 0-9, _ and - is needed, and a title without |");
  if (table_find_row(group, name, strlen(name)) < group->row_count)
    return table_fail(r, "row %s is in group %s already", name, group->name);
  group->rows = array_grow(group->rows, group->row_count, sizeof *group->rows);
  r->row = &group->rows[group->row_count++];
  r->row->line = r->line;
  r->row->name = words_copy(name, strlen(name));
  r->row->title = words_copy(value, strlen(value));
  return 0;
}

static int read_title(struct reader *r, char *value) {
  if (!is_title(value)) return table_fail(r, "title: a text without | is needed");
  return set_once(r, &r->group->title, "title", value);
}

static int read_program(struct reader *r, char *value) {
  if (!is_name(value)) return table_fail(r, "program: one name of a-z, 0-9, _ and - is needed");
  return set_once(r, &r->group->program, "program", value);
}

/* Options that say where a run leaves its files, or that every run gets. */
static int is_ours(const char *word, size_t length) {
  static const char *const ours[] = {"--seed",    "--threads", "--curve", "--curve-test", "--predictions",
                                     "--no-test", "--quiet",   "--out",   "--load",       "--help"};
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
    if (strlen(ours[i]) == length && strncmp(ours[i], word, length) == 0) return 1;
  return 0;
}

static int read_options(struct reader *r, char *value) {
  char **place = r->row ? &r->row->options : &r->group->options, *word;
  if (!*value) return table_fail(r, "options: nothing is given");
  while ((word = table_next_word(&value))) {
    if (is_ours(word, strcspn(word, "=")))
      return table_fail(r, "options: every run gets its %s from this program", word);
    if (strpbrk(word, "'\"\\`|"))
      return table_fail(r, "options: %s: words are taken as they are, there are no quotes", word);
    for (const char *at = word; (at = strpbrk(at, "{}")); at += strlen("{data}"))
      if (strncmp(at, "{data}", strlen("{data}")) != 0) return table_fail(r, "options: %s: there is {data} only", word);
    char *longer = *place ? words_print("%s %s", *place, word) : words_copy(word, strlen(word));
    free(*place);
    *place = longer;
  }
  return 0;
}

static int read_number(const char **at, long *value) {
  char *end;
  errno = 0;
  if (**at < '0' || **at > '9') return -1;
  *value = strtol(*at, &end, 10);
  *at = end;
  return errno || *value > INT32_MAX ? -1 : 0;
}

static int add_seed(struct reader *r, long **seeds, size_t *count, long seed) {
  for (size_t i = 0; i < *count; i++)
    if ((*seeds)[i] == seed) return table_fail(r, "seeds: %ld is there twice", seed);
  if (*count == SEED_LIMIT) return table_fail(r, "seeds: more than %d", SEED_LIMIT);
  *seeds = array_grow(*seeds, *count, sizeof **seeds);
  (*seeds)[(*count)++] = seed;
  return 0;
}

static int read_seeds(struct reader *r, char *value) {
  long **seeds = r->row ? &r->row->seeds : &r->group->seeds;
  size_t *count = r->row ? &r->row->seed_count : &r->group->seed_count;
  if (*seeds) return table_fail(r, "seeds is given twice");
  char *word;
  while ((word = table_next_word(&value))) {
    const char *at = word;
    long first, last;
    int wrong = read_number(&at, &first);
    last = first;
    if (!wrong && *at == '-') {
      at++;
      wrong = read_number(&at, &last);
    }
    if (wrong || *at || last < first)
      return table_fail(r, "seeds: '%s' is neither a number nor a range such as 0-4", word);
    for (long seed = first; seed <= last; seed++)
      if (add_seed(r, seeds, count, seed)) return -1;
  }
  return *count ? 0 : table_fail(r, "seeds: nothing is given");
}

static int read_measure(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *name = table_next_word(&value), *better = table_next_word(&value);
  if (!is_name(name) || !better || (strcmp(better, "higher") != 0 && strcmp(better, "lower") != 0) || !is_title(value))
    return table_fail(r, "measure: a name, what is better (higher or lower), and a unit are needed");
  if (set_once(r, &group->measure, "measure", name)) return -1;
  group->higher_is_better = strcmp(better, "higher") == 0;
  group->percent = strcmp(value, "percent") == 0;
  return set_once(r, &group->unit, "measure", value);
}

static int read_labels(struct reader *r, char *value) {
  const char *path = table_next_word(&value), *at = value;
  if (!path || read_number(&at, &r->group->labels_offset) || *at != ' ') goto mistake;
  at += strspn(at, " ");
  if (read_number(&at, &r->group->labels_stride) || *at || r->group->labels_stride < 1) goto mistake;
  return set_once(r, &r->group->labels, "labels", path);
mistake:
  return table_fail(r, "labels: a file, the place of its first label, and the distance to the next are needed");
}

static int read_compare(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *first = table_next_word(&value), *second = table_next_word(&value);
  if (!first || !second || *value || strcmp(first, second) == 0)
    return table_fail(r, "compare: two rows' names are needed");
  group->comparisons = array_grow(group->comparisons, group->comparison_count, sizeof *group->comparisons);
  struct comparison *comparison = &group->comparisons[group->comparison_count++];
  comparison->line = r->line;
  comparison->names[0] = words_copy(first, strlen(first));
  comparison->names[1] = words_copy(second, strlen(second));
  return 0;
}

static int read_tunes(struct reader *r, char *value) {
  if (!is_name(value)) return table_fail(r, "tunes: one name is needed");
  if (!r->row) r->group->untested = 1;
  return set_once(r, r->row ? &r->row->tunes : &r->group->tunes, "tunes", value);
}

static int read_test(struct reader *r, char *value) {
  if (strcmp(value, "none") != 0)
    return table_fail(r, "test: there is none only, for groups that leave the test data alone");
  r->group->untested = 1;
  return 0;
}

static int read_train(struct reader *r, char *value) {
  if (strcmp(value, "measured") != 0)
    return table_fail(r, "train: there is measured only, where it is measured as the test is");
  r->group->measured = 1;
  return 0;
}

const struct key table_keys[] = {
    {"group", 1, 1, 1, read_group},     {"row", 0, 1, 1, read_row},         {"title", 0, 1, 0, read_title},
    {"program", 0, 1, 0, read_program}, {"options", 0, 1, 1, read_options}, {"seeds", 0, 1, 1, read_seeds},
    {"measure", 0, 1, 0, read_measure}, {"labels", 0, 1, 0, read_labels},   {"compare", 0, 1, 0, read_compare},
    {"tunes", 0, 1, 1, read_tunes},     {"test", 0, 1, 0, read_test},       {"train", 0, 1, 0, read_train},
};
const size_t table_key_count = sizeof table_keys / sizeof table_keys[0];
