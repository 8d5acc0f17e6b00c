/* SPDX-License-Identifier: MIT */
/* What a child leaves behind becomes a record. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "common/system.h"

enum { LOG_LIMIT = 64 << 20, ERROR_CHARACTERS = 300 };

/* The last line that begins so and is not empty, as a line of printable characters; NULL: there is none. That --help may
 * help is no news. */
static char *last_line(const struct words *text, const char *beginning) {
  const char *found = NULL;
  size_t found_length = 0, skip = strlen(beginning);
  for (const char *at = words_string(text); *at;) {
    size_t length = strcspn(at, "\r\n");
    if (length > skip && strncmp(at, beginning, skip) == 0 && strncmp(at, "Try '", strlen("Try '")) != 0) {
      found = at + skip;
      found_length = length - skip;
    }
    at += length + (at[length] != '\0');
  }
  if (!found) return NULL;
  char *line = words_copy(found, found_length);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
  return line;
}

static int read_child_file(const struct child *child, const struct launch *launch, const char *ending,
                           struct words *text, struct example_error *error) {
  char *path = child_path(launch, child->group, child->row, child->seed, ending);
  int status = words_read_file(text, path, LOG_LIMIT, error);
  free(path);
  return status;
}

/* Reads what a run that ended well has to leave behind. Returns what is missing, or NULL. */
static char *take_result(const struct child *child, const struct launch *launch, struct record *record) {
  const struct group *group = child->group;
  struct words log = {NULL, 0, 0}, curve = {NULL, 0, 0};
  struct example_error error = {""};
  double value;
  char *missing = NULL;
  if (read_child_file(child, launch, ".log", &log, &error) == 0) record->result = last_line(&log, "result ");
  if (read_child_file(child, launch, ".curve.part", &curve, &error) == 0) record->curve = curve.bytes;
  if (!record->result)
    missing = words_print("it ended well, but without a line 'result ...'");
  else if (record_measure(record, "validation", group->measure, &value))
    missing = words_print("its result has no validation_%s", group->measure);
  else if (!group->untested && record_measure(record, "test", group->measure, &value))
    missing = words_print("its result has no test_%s", group->measure);
  else if (!record->curve)
    missing = words_print("it ended well, but without a curve");
  words_free(&log);
  return missing;
}

/* Predictions get their name; without them the pairs of the page would be without these images. */
static char *take_predictions(const struct child *child, const struct launch *launch) {
  char *part = child_path(launch, child->group, child->row, child->seed, ".predictions.part");
  char *path = child_path(launch, child->group, child->row, child->seed, ".predictions");
  char *missing = NULL;
  if (!child->group->labels)
    unlink(path);
  else if (rename(part, path))
    missing = words_print("its predictions: %s", strerror(errno));
  free(part);
  free(path);
  return missing;
}

/* The line with {data} in place of the data's folder: where that is on this machine is nobody's business. */
static char *without_folder(const char *line, const char *folder) {
  char *inside = words_print("%s/", folder);
  const char *at = strstr(line, inside);
  char *whole =
      at ? words_print("%.*s{data}%s", (int)(at - line), line, at + strlen(folder)) : words_copy(line, strlen(line));
  free(inside);
  return whole;
}

/* Why it failed: what it said last. */
static char *take_error(const struct child *child, const struct launch *launch, int status) {
  struct words err = {NULL, 0, 0};
  struct example_error error = {""};
  char *said = read_child_file(child, launch, ".err", &err, &error) == 0 ? last_line(&err, "") : NULL, *why;
  char *line = said ? without_folder(said, launch->data) : NULL;
  if (status > EXAMPLE_EXIT_SIGNAL)
    why = words_print("ended by signal %d%s%.*s", status - EXAMPLE_EXIT_SIGNAL, line ? ": " : "", ERROR_CHARACTERS,
                      line ? line : "");
  else
    why = words_print("%.*s", ERROR_CHARACTERS, line ? line : "it said nothing");
  free(said);
  free(line);
  words_free(&err);
  return why;
}

static int save(const struct child *child, const struct launch *launch, const struct record *record,
                struct example_error *error) {
  char *path = child_path(launch, child->group, child->row, child->seed, ".run");
  struct words text = {NULL, 0, 0};
  words_add(&text, "%s\n", record_first_line);
  record_print(&text, record);
  int status = words_write_file(path, &text, error);
  words_free(&text);
  free(path);
  return status;
}

int child_collect(const struct child *child, const struct launch *launch, int status, struct record *record,
                  struct example_error *error) {
  memset(record, 0, sizeof *record);
  record->group = words_copy(child->group->name, strlen(child->group->name));
  record->row = words_copy(child->row->name, strlen(child->row->name));
  record->seed = child->seed;
  record->command = table_command(child->group, child->row);
  record->machine = words_copy(launch->machine, strlen(launch->machine));
  record->threads = launch->threads;
  record->jobs = launch->jobs;
  record->status = status;
  if (status == 0) record->error = take_result(child, launch, record);
  if (status == 0 && !record->error) record->error = take_predictions(child, launch);
  if (status != 0) record->error = take_error(child, launch, status);
  if (record->error) {
    if (status == 0) record->status = EXAMPLE_EXIT_FAILURE;
    free(record->result), free(record->curve);
    record->result = record->curve = NULL;
  }
  char *curve = child_path(launch, child->group, child->row, child->seed, ".curve.part");
  unlink(curve);
  free(curve);
  return save(child, launch, record, error);
}
