/* SPDX-License-Identifier: MIT */
/* Records and pairs as lines of a file. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum { FILE_LIMIT = 64 << 20 };

const char *const record_first_line = "thalnet-experiments 1";

/* --- reading --------------------------------------------------------------------------------------------------------- */

struct reader {
  struct store *store;
  struct record record; /* begun, where `group` is set */
  struct pair pair;     /* the same */
  int has_status;
  const char *wrong; /* what is wrong with the line */
};

static int fail(struct reader *r, const char *what) {
  r->wrong = what;
  return -1;
}

static int set_once(struct reader *r, char **place, const char *value) {
  if (*place || !*value) return fail(r, "it is there twice, or empty");
  *place = words_copy(value, strlen(value));
  return 0;
}

static int read_long(struct reader *r, const char *value, long *place) {
  char *end;
  errno = 0;
  *place = strtol(value, &end, 10);
  return errno || end == value || *end || *place < 0 ? fail(r, "a number is needed") : 0;
}

static int begin_run(struct reader *r, const char *value) {
  const char *slash = strchr(value, '/'), *blank = slash ? strchr(slash, ' ') : NULL;
  if (!blank || slash == value || blank == slash + 1) return fail(r, "GROUP/ROW and a seed are needed");
  r->record.group = words_copy(value, (size_t)(slash - value));
  r->record.row = words_copy(slash + 1, (size_t)(blank - slash) - 1);
  r->has_status = 0;
  return read_long(r, blank + 1, &r->record.seed);
}

static int begin_pair(struct reader *r, const char *value) {
  char group[80], first[80], second[80], more;
  if (sscanf(value, "%79s %79s %79s %c", group, first, second, &more) != 3)
    return fail(r, "a group and two rows are needed");
  r->pair.group = words_copy(group, strlen(group));
  r->pair.rows[0] = words_copy(first, strlen(first));
  r->pair.rows[1] = words_copy(second, strlen(second));
  return 0;
}

static int read_counts(struct reader *r, const char *value) {
  struct pair_counts c;
  char more;
  if (sscanf(value, "%ld %ld %ld %ld %ld %c", &c.seed, &c.both, &c.first, &c.second, &c.neither, &more) != 5 ||
      c.both < 0 || c.first < 0 || c.second < 0 || c.neither < 0 || c.both > INT_MAX || c.first > INT_MAX ||
      c.second > INT_MAX || c.neither > INT_MAX)
    return fail(r, "a seed and four counts are needed");
  r->pair.counts = array_grow(r->pair.counts, r->pair.count, sizeof c);
  r->pair.counts[r->pair.count++] = c;
  return 0;
}

static int read_variance(struct reader *r, const char *value) {
  struct image_variance *v = &r->pair.variance;
  char more;
  if (sscanf(value, "%lf %lf %c", &v->images, &v->both, &more) != 2 || !isfinite(v->images) || !isfinite(v->both) ||
      v->images < 0.0 || v->both < 0.0)
    return fail(r, "two numbers are needed");
  return 0;
}

static int end_record(struct reader *r) {
  struct record *record = &r->record;
  if (record->group) {
    if (!record->command || !record->machine || !r->has_status)
      return fail(r, "a run without command, machine or status");
    if (record->status == 0 ? !record->result : !record->error) return fail(r, "a run without result or error");
    store_put(r->store, record);
    return 0;
  }
  if (!r->pair.group || r->pair.count == 0) return fail(r, "nothing was begun");
  store_put_pair(r->store, &r->pair);
  return 0;
}

static int read_run_line(struct reader *r, const char *key, const char *value) {
  struct record *record = &r->record;
  long number = 0;
  if (strcmp(key, "command") == 0) return set_once(r, &record->command, value);
  if (strcmp(key, "machine") == 0) return set_once(r, &record->machine, value);
  if (strcmp(key, "threads") == 0) return read_long(r, value, &record->threads);
  if (strcmp(key, "jobs") == 0) return read_long(r, value, &record->jobs);
  if (strcmp(key, "result") == 0) return set_once(r, &record->result, value);
  if (strcmp(key, "error") == 0) return set_once(r, &record->error, value);
  if (strcmp(key, "status") == 0) {
    if (read_long(r, value, &number)) return -1;
    record->status = (int)(number & 255);
    r->has_status = 1;
    return 0;
  }
  if (strcmp(key, "curve") != 0) return fail(r, "this is not known in a run");
  char *longer = words_print("%s%s\n", record->curve ? record->curve : "", value);
  free(record->curve);
  record->curve = longer;
  return 0;
}

static int read_line(struct reader *r, char *line) {
  char *value = line + strcspn(line, " ");
  if (*value) *value++ = '\0';
  int begun = r->record.group || r->pair.group;
  if (strcmp(line, "end") == 0) return end_record(r);
  if (strcmp(line, "run") == 0) return begun ? fail(r, "end is missing before it") : begin_run(r, value);
  if (strcmp(line, "pair") == 0) return begun ? fail(r, "end is missing before it") : begin_pair(r, value);
  if (r->record.group) return read_run_line(r, line, value);
  if (r->pair.group && strcmp(line, "counts") == 0) return read_counts(r, value);
  if (r->pair.group && strcmp(line, "variance") == 0) return read_variance(r, value);
  return fail(r, "this is not known here");
}

static int read_lines(struct reader *r, const char *path, char *at, struct example_error *error) {
  int line = 1;
  for (; at && *at; line++) {
    char *stop = strchr(at, '\n');
    if (!stop) return example_fail(error, "%.300s:%d: the file ends in the middle of a line", path, line);
    *stop = '\0';
    if (line == 1 && strcmp(at, record_first_line) != 0)
      return example_fail(error, "%.300s:1: '%.60s' is not '%s'", path, at, record_first_line);
    if (line > 1 && read_line(r, at)) return example_fail(error, "%.300s:%d: %.60s: %s", path, line, at, r->wrong);
    at = stop + 1;
  }
  if (line == 1 || r->record.group || r->pair.group)
    return example_fail(error, "%.300s:%d: the file ends too early", path, line);
  return 0;
}

int store_read(struct store *store, const char *path, struct example_error *error) {
  struct words text = {NULL, 0, 0};
  struct reader r;
  memset(&r, 0, sizeof r);
  r.store = store;
  int status = words_read_file(&text, path, FILE_LIMIT, error);
  if (!status) status = read_lines(&r, path, text.bytes, error);
  record_free(&r.record);
  pair_free(&r.pair);
  words_free(&text);
  return status;
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

void record_print(struct words *text, const struct record *r) {
  words_add(text, "run %s/%s %ld\ncommand %s\nmachine %s\n", r->group, r->row, r->seed, r->command, r->machine);
  words_add(text, "threads %ld\njobs %ld\nstatus %d\n", r->threads, r->jobs, r->status);
  if (r->result) words_add(text, "result %s\n", r->result);
  if (r->error) words_add(text, "error %s\n", r->error);
  for (const char *at = r->curve; at && *at;) {
    size_t length = strcspn(at, "\n");
    words_add(text, "curve %.*s\n", (int)length, at);
    at += length + (at[length] == '\n');
  }
  words_add(text, "end\n");
}

void pair_print(struct words *text, const struct pair *p) {
  words_add(text, "pair %s %s %s\n", p->group, p->rows[0], p->rows[1]);
  for (size_t i = 0; i < p->count; i++)
    words_add(text, "counts %ld %ld %ld %ld %ld\n", p->counts[i].seed, p->counts[i].both, p->counts[i].first,
              p->counts[i].second, p->counts[i].neither);
  words_add(text, "variance %.9e %.9e\nend\n", p->variance.images, p->variance.both);
}
