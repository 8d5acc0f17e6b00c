/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/words.h"
#include "table_keys.h"

enum { FILE_LIMIT = 1 << 20 };

static void append_line(char **place, const char *line) {
  char *longer = *place ? words_print("%s\n%s", *place, line) : words_copy(line, strlen(line));
  free(*place);
  *place = longer;
}

/* --- lines ----------------------------------------------------------------------------------------------------------- */

static int read_line(struct reader *r, char *line) {
  char *value = line + strspn(line, " \t");
  for (size_t end = strlen(value); end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t');) value[--end] = '\0';
  if (!*value || *value == '#') return 0;
  if (*value == '|' || *value == '>') { /* prose: what follows one blank, as it is */
    if (value[1] && value[1] != ' ') return table_fail(r, "a blank is needed behind %c", *value);
    if (*value == '>' && !r->group)
      return table_fail(r, "> is what a group ends with: it does not stand before the first");
    append_line(*value == '>' ? &r->group->conclusion
                : r->group    ? &r->group->introduction
                              : &r->table->introduction,
                value[1] ? value + 2 : "");
    return 0;
  }
  const char *name = table_next_word(&value);
  for (size_t i = 0; i < table_key_count; i++) {
    const struct key *key = &table_keys[i];
    if (strcmp(key->name, name) != 0) continue;
    if (!(r->row ? key->in_row : r->group ? key->in_group : key->in_table))
      return table_fail(r, "%s does not stand here: %s", name,
                        r->group ? "it belongs before the group's rows" : "no group yet");
    return key->read(r, value);
  }
  return table_fail(r, "there is no '%.100s'", name);
}

static int read_lines(struct reader *r, char *at, size_t length) {
  char *end = at + length;
  for (r->line = 1; at < end; r->line++) {
    char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end; /* the text ends with a zero */
    *stop = '\0';
    for (const char *c = at; c < stop; c++)
      if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127) return table_fail(r, "a character that is not text");
    if (read_line(r, at)) return -1;
    at = stop + 1;
  }
  return 0;
}

/* --- what only the whole file tells ------------------------------------------------------------------------------------ */

static int check_row(struct reader *r, struct group *group, struct row *row, const struct group *tuned) {
  r->line = row->line;
  if (!row->seeds) {
    if (!group->seeds) return table_fail(r, "row %s: neither it nor its group says with which seeds", row->name);
    for (; row->seed_count < group->seed_count; row->seed_count++) {
      row->seeds = array_grow(row->seeds, row->seed_count, sizeof *row->seeds);
      row->seeds[row->seed_count] = group->seeds[row->seed_count];
    }
  }
  if (!tuned && row->tunes) return table_fail(r, "row %s: tunes belongs into groups that tune another", row->name);
  if (!tuned) return 0;
  if (!row->tunes) return table_fail(r, "row %s: tunes is missing: which row of %s?", row->name, tuned->name);
  if (table_find_row(tuned, row->tunes, strlen(row->tunes)) == tuned->row_count)
    return table_fail(r, "row %s: group %s has no row %s", row->name, tuned->name, row->tunes);
  return 0;
}

static int check_group(struct reader *r, struct group *group) {
  const struct group *tuned = NULL;
  r->line = group->line;
  if (!group->title || !group->program || !group->measure)
    return table_fail(r, "group %s: %s is missing", group->name,
                      !group->title     ? "title"
                      : !group->program ? "program"
                                        : "measure");
  if (group->row_count == 0) return table_fail(r, "group %s has no rows", group->name);
  if (group->tunes) {
    size_t place = table_find_group(r->table, group->tunes, strlen(group->tunes));
    tuned = place < r->table->group_count ? &r->table->groups[place] : NULL;
    if (!tuned || tuned->untested)
      return table_fail(r, "group %s tunes %s, which is no group with a test", group->name, group->tunes);
    if (strcmp(tuned->measure ? tuned->measure : "", group->measure) != 0)
      return table_fail(r, "group %s tunes %s, which has another measure", group->name, group->tunes);
  }
  if (group->untested && (group->labels || group->comparison_count))
    return table_fail(r, "group %s: labels and compare are for groups with a test", group->name);
  for (size_t i = 0; i < group->row_count; i++)
    if (check_row(r, group, &group->rows[i], tuned)) return -1;
  for (size_t i = 0; i < group->comparison_count; i++)
    for (int side = 0; side < 2; side++) {
      struct comparison *comparison = &group->comparisons[i];
      const char *name = comparison->names[side];
      comparison->rows[side] = table_find_row(group, name, strlen(name));
      r->line = comparison->line;
      if (comparison->rows[side] == group->row_count)
        return table_fail(r, "compare: group %s has no row %s", group->name, name);
    }
  return 0;
}

/* --- the table ------------------------------------------------------------------------------------------------------- */

int table_read(struct table *table, const char *path, struct example_error *error) {
  struct words text = {NULL, 0, 0};
  struct reader r = {path, 0, table, NULL, NULL, error};
  memset(table, 0, sizeof *table);
  int status = words_read_file(&text, path, FILE_LIMIT, error);
  if (status > 0) status = example_fail(error, "%.700s: %s", path, strerror(ENOENT));
  if (!status && text.bytes) status = read_lines(&r, text.bytes, text.length);
  for (size_t i = 0; i < table->group_count && !status; i++) status = check_group(&r, &table->groups[i]);
  if (!status && table->group_count == 0) status = example_fail(error, "%.700s: no group is in it", path);
  words_free(&text);
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
  return words_print("%s%s%s%s%s", group->program, group->options ? " " : "", group->options ? group->options : "",
                     row->options ? " " : "", row->options ? row->options : "");
}
