/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { FILE_LIMIT = 1 << 20, NAME_LIMIT = 63, SEED_LIMIT = 1000 };

/* What is being read. Keys belong to the row that was begun last, else to the group, else to the table. */
struct reader {
  const char *path;
  int line;
  struct table *table;
  struct group *group; /* NULL: none yet */
  struct row *row;
  struct example_error *error;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static int
fail(struct reader *r, const char *format, ...) {
  char what[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return example_fail(r->error, "%.300s:%d: %s", r->path, r->line, what);
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

static char *skip_blanks(char *at) { return at + strspn(at, " \t"); }

/* Cuts the first word off: ends it with a zero and moves *rest behind it. NULL: there is none. */
static char *next_word(char **rest) {
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
  if (*place) return fail(r, "%s is given twice", key);
  if (!*value) return fail(r, "%s: nothing is given", key);
  *place = text_copy(value, strlen(value));
  return 0;
}

static void append_line(char **place, const char *line) {
  char *longer = *place ? text_print("%s\n%s", *place, line) : text_copy(line, strlen(line));
  free(*place);
  *place = longer;
}

/* --- keys ------------------------------------------------------------------------------------------------------------ */

static int read_group(struct reader *r, char *value) {
  const char *name = next_word(&value);
  if (!is_name(name) || *value) return fail(r, "group: one name of a-z, 0-9, _ and - is needed");
  if (table_find_group(r->table, name, strlen(name)) < r->table->group_count)
    return fail(r, "group %s is there already", name);
  r->table->groups = array_grow(r->table->groups, r->table->group_count, sizeof *r->table->groups);
  r->group = &r->table->groups[r->table->group_count++];
  r->row = NULL;
  r->group->line = r->line;
  r->group->name = text_copy(name, strlen(name));
  return 0;
}

static int is_title(const char *title) { return *title && !strchr(title, '|'); } /* it is a cell of a table */

static int read_row(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *name = next_word(&value);
  if (!is_name(name) || !is_title(value))
    return fail(r, "row: a name of a-z, 0-9, _ and - is needed, and a title without |");
  if (table_find_row(group, name, strlen(name)) < group->row_count)
    return fail(r, "row %s is in group %s already", name, group->name);
  group->rows = array_grow(group->rows, group->row_count, sizeof *group->rows);
  r->row = &group->rows[group->row_count++];
  r->row->line = r->line;
  r->row->name = text_copy(name, strlen(name));
  r->row->title = text_copy(value, strlen(value));
  return 0;
}

static int read_title(struct reader *r, char *value) {
  if (!is_title(value)) return fail(r, "title: a text without | is needed");
  return set_once(r, &r->group->title, "title", value);
}

static int read_program(struct reader *r, char *value) {
  if (!is_name(value)) return fail(r, "program: one name of a-z, 0-9, _ and - is needed");
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
  if (!*value) return fail(r, "options: nothing is given");
  while ((word = next_word(&value))) {
    if (is_ours(word, strcspn(word, "="))) return fail(r, "options: every run gets its %s from this program", word);
    if (strpbrk(word, "'\"\\`|")) return fail(r, "options: %s: words are taken as they are, there are no quotes", word);
    for (const char *at = word; (at = strpbrk(at, "{}")); at += strlen("{data}"))
      if (strncmp(at, "{data}", strlen("{data}")) != 0) return fail(r, "options: %s: there is {data} only", word);
    char *longer = *place ? text_print("%s %s", *place, word) : text_copy(word, strlen(word));
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
    if ((*seeds)[i] == seed) return fail(r, "seeds: %ld is there twice", seed);
  if (*count == SEED_LIMIT) return fail(r, "seeds: more than %d", SEED_LIMIT);
  *seeds = array_grow(*seeds, *count, sizeof **seeds);
  (*seeds)[(*count)++] = seed;
  return 0;
}

static int read_seeds(struct reader *r, char *value) {
  long **seeds = r->row ? &r->row->seeds : &r->group->seeds;
  size_t *count = r->row ? &r->row->seed_count : &r->group->seed_count;
  if (*seeds) return fail(r, "seeds is given twice");
  char *word;
  while ((word = next_word(&value))) {
    const char *at = word;
    long first, last;
    int wrong = read_number(&at, &first);
    last = first;
    if (!wrong && *at == '-') {
      at++;
      wrong = read_number(&at, &last);
    }
    if (wrong || *at || last < first) return fail(r, "seeds: '%s' is neither a number nor a range such as 0-4", word);
    for (long seed = first; seed <= last; seed++)
      if (add_seed(r, seeds, count, seed)) return -1;
  }
  return *count ? 0 : fail(r, "seeds: nothing is given");
}

static int read_measure(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *name = next_word(&value), *better = next_word(&value);
  if (!is_name(name) || !better || (strcmp(better, "higher") != 0 && strcmp(better, "lower") != 0) || !is_title(value))
    return fail(r, "measure: a name, what is better (higher or lower), and a unit are needed");
  if (set_once(r, &group->measure, "measure", name)) return -1;
  group->higher_is_better = strcmp(better, "higher") == 0;
  group->percent = strcmp(value, "percent") == 0;
  return set_once(r, &group->unit, "measure", value);
}

static int read_labels(struct reader *r, char *value) {
  const char *path = next_word(&value), *at = value;
  if (!path || read_number(&at, &r->group->labels_offset) || *at != ' ') goto mistake;
  at += strspn(at, " ");
  if (read_number(&at, &r->group->labels_stride) || *at || r->group->labels_stride < 1) goto mistake;
  return set_once(r, &r->group->labels, "labels", path);
mistake:
  return fail(r, "labels: a file, the place of its first label, and the distance to the next are needed");
}

static int read_compare(struct reader *r, char *value) {
  struct group *group = r->group;
  const char *first = next_word(&value), *second = next_word(&value);
  if (!first || !second || *value || strcmp(first, second) == 0) return fail(r, "compare: two rows' names are needed");
  group->comparisons = array_grow(group->comparisons, group->comparison_count, sizeof *group->comparisons);
  struct comparison *comparison = &group->comparisons[group->comparison_count++];
  comparison->line = r->line;
  comparison->names[0] = text_copy(first, strlen(first));
  comparison->names[1] = text_copy(second, strlen(second));
  return 0;
}

static int read_tunes(struct reader *r, char *value) {
  if (!is_name(value)) return fail(r, "tunes: one name is needed");
  if (!r->row) r->group->untested = 1;
  return set_once(r, r->row ? &r->row->tunes : &r->group->tunes, "tunes", value);
}

static int read_test(struct reader *r, char *value) {
  if (strcmp(value, "none") != 0) return fail(r, "test: there is none only, for groups that leave the test data alone");
  r->group->untested = 1;
  return 0;
}

static int read_train(struct reader *r, char *value) {
  if (strcmp(value, "measured") != 0)
    return fail(r, "train: there is measured only, where it is measured as the test is");
  r->group->measured = 1;
  return 0;
}

/* --- lines ----------------------------------------------------------------------------------------------------------- */

static const struct key {
  const char *name;
  int in_table, in_group, in_row; /* where it may stand */
  int (*read)(struct reader *r, char *value);
} keys[] = {
    {"group", 1, 1, 1, read_group},     {"row", 0, 1, 1, read_row},         {"title", 0, 1, 0, read_title},
    {"program", 0, 1, 0, read_program}, {"options", 0, 1, 1, read_options}, {"seeds", 0, 1, 1, read_seeds},
    {"measure", 0, 1, 0, read_measure}, {"labels", 0, 1, 0, read_labels},   {"compare", 0, 1, 0, read_compare},
    {"tunes", 0, 1, 1, read_tunes},     {"test", 0, 1, 0, read_test},       {"train", 0, 1, 0, read_train},
};

static int read_line(struct reader *r, char *line) {
  char *value = skip_blanks(line);
  for (size_t end = strlen(value); end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t');) value[--end] = '\0';
  if (!*value || *value == '#') return 0;
  if (*value == '|' || *value == '>') { /* prose: what follows one blank, as it is */
    if (value[1] && value[1] != ' ') return fail(r, "a blank is needed behind %c", *value);
    if (*value == '>' && !r->group) return fail(r, "> is what a group ends with: it does not stand before the first");
    append_line(*value == '>' ? &r->group->conclusion
                : r->group    ? &r->group->introduction
                              : &r->table->introduction,
                value[1] ? value + 2 : "");
    return 0;
  }
  const char *name = next_word(&value);
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const struct key *key = &keys[i];
    if (strcmp(key->name, name) != 0) continue;
    if (!(r->row ? key->in_row : r->group ? key->in_group : key->in_table))
      return fail(r, "%s does not stand here: %s", name,
                  r->group ? "it belongs before the group's rows" : "no group yet");
    return key->read(r, value);
  }
  return fail(r, "there is no '%.100s'", name);
}

static int read_lines(struct reader *r, char *at, size_t length) {
  char *end = at + length;
  for (r->line = 1; at < end; r->line++) {
    char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end; /* the text ends with a zero */
    *stop = '\0';
    for (const char *c = at; c < stop; c++)
      if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127) return fail(r, "a character that is not text");
    if (read_line(r, at)) return -1;
    at = stop + 1;
  }
  return 0;
}

/* --- what only the whole file tells ------------------------------------------------------------------------------------ */

static int check_row(struct reader *r, struct group *group, struct row *row, const struct group *tuned) {
  r->line = row->line;
  if (!row->seeds) {
    if (!group->seeds) return fail(r, "row %s: neither it nor its group says with which seeds", row->name);
    for (; row->seed_count < group->seed_count; row->seed_count++) {
      row->seeds = array_grow(row->seeds, row->seed_count, sizeof *row->seeds);
      row->seeds[row->seed_count] = group->seeds[row->seed_count];
    }
  }
  if (!tuned && row->tunes) return fail(r, "row %s: tunes belongs into groups that tune another", row->name);
  if (!tuned) return 0;
  if (!row->tunes) return fail(r, "row %s: tunes is missing: which row of %s?", row->name, tuned->name);
  if (table_find_row(tuned, row->tunes, strlen(row->tunes)) == tuned->row_count)
    return fail(r, "row %s: group %s has no row %s", row->name, tuned->name, row->tunes);
  return 0;
}

static int check_group(struct reader *r, struct group *group) {
  const struct group *tuned = NULL;
  r->line = group->line;
  if (!group->title || !group->program || !group->measure)
    return fail(r, "group %s: %s is missing", group->name,
                !group->title     ? "title"
                : !group->program ? "program"
                                  : "measure");
  if (group->row_count == 0) return fail(r, "group %s has no rows", group->name);
  if (group->tunes) {
    size_t place = table_find_group(r->table, group->tunes, strlen(group->tunes));
    tuned = place < r->table->group_count ? &r->table->groups[place] : NULL;
    if (!tuned || tuned->untested)
      return fail(r, "group %s tunes %s, which is no group with a test", group->name, group->tunes);
    if (strcmp(tuned->measure ? tuned->measure : "", group->measure) != 0)
      return fail(r, "group %s tunes %s, which has another measure", group->name, group->tunes);
  }
  if (group->untested && (group->labels || group->comparison_count))
    return fail(r, "group %s: labels and compare are for groups with a test", group->name);
  for (size_t i = 0; i < group->row_count; i++)
    if (check_row(r, group, &group->rows[i], tuned)) return -1;
  for (size_t i = 0; i < group->comparison_count; i++)
    for (int side = 0; side < 2; side++) {
      struct comparison *comparison = &group->comparisons[i];
      const char *name = comparison->names[side];
      comparison->rows[side] = table_find_row(group, name, strlen(name));
      r->line = comparison->line;
      if (comparison->rows[side] == group->row_count)
        return fail(r, "compare: group %s has no row %s", group->name, name);
    }
  return 0;
}

/* --- the table ------------------------------------------------------------------------------------------------------- */

int table_read(struct table *table, const char *path, struct example_error *error) {
  struct text text = {NULL, 0, 0};
  struct reader r = {path, 0, table, NULL, NULL, error};
  memset(table, 0, sizeof *table);
  int status = text_read_file(&text, path, FILE_LIMIT, error);
  if (status > 0) status = example_fail(error, "%.700s: %s", path, strerror(ENOENT));
  if (!status && text.bytes) status = read_lines(&r, text.bytes, text.length);
  for (size_t i = 0; i < table->group_count && !status; i++) status = check_group(&r, &table->groups[i]);
  if (!status && table->group_count == 0) status = example_fail(error, "%.700s: no group is in it", path);
  text_free(&text);
  if (status) table_free(table);
  return status;
}

static void free_group(struct group *group) {
  for (size_t i = 0; i < group->row_count; i++) {
    struct row *row = &group->rows[i];
    free(row->name), free(row->title), free(row->options), free(row->tunes), free(row->seeds);
  }
  for (size_t i = 0; i < group->comparison_count; i++)
    free(group->comparisons[i].names[0]), free(group->comparisons[i].names[1]);
  free(group->name), free(group->title), free(group->program), free(group->options), free(group->tunes);
  free(group->measure), free(group->unit), free(group->labels), free(group->introduction), free(group->conclusion);
  free(group->seeds), free(group->rows), free(group->comparisons);
}

void table_free(struct table *table) {
  for (size_t i = 0; i < table->group_count; i++) free_group(&table->groups[i]);
  free(table->groups);
  free(table->introduction);
  memset(table, 0, sizeof *table);
}

static int is_called(const char *name, const char *word, size_t length) {
  return strlen(name) == length && strncmp(name, word, length) == 0;
}

size_t table_find_group(const struct table *table, const char *name, size_t length) {
  for (size_t i = 0; i < table->group_count; i++)
    if (is_called(table->groups[i].name, name, length)) return i;
  return table->group_count;
}

size_t table_find_row(const struct group *group, const char *name, size_t length) {
  for (size_t i = 0; i < group->row_count; i++)
    if (is_called(group->rows[i].name, name, length)) return i;
  return group->row_count;
}

char *table_command(const struct group *group, const struct row *row) {
  return text_print("%s%s%s%s%s", group->program, group->options ? " " : "", group->options ? group->options : "",
                    row->options ? " " : "", row->options ? row->options : "");
}
