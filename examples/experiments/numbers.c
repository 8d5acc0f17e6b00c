/* SPDX-License-Identifier: MIT */
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

/* Values of one kind over the seeds that have it. */
struct values {
  double *list;
  size_t count;
};

static void put(struct values *values, double value) {
  values->list = array_grow(values->list, values->count, sizeof *values->list);
  values->list[values->count++] = value;
}

static struct summary sum_up(struct values *values) {
  struct summary summary = statistics_summary(values->list, values->count);
  free(values->list);
  return summary;
}

/* "train_sequences_per_second=8000": the unit is sequences. */
static int read_speed(const struct record *record, double *value, char **unit) {
  static const char ending[] = "_per_second=";
  const char *end = strstr(record->result, ending);
  if (!end) return -1;
  const char *word = end;
  while (word > record->result && word[-1] != ' ') word--;
  if (strncmp(word, "train_", strlen("train_")) == 0) word += strlen("train_");
  if (!*unit) *unit = words_copy(word, (size_t)(end - word));
  *value = strtod(end + strlen(ending), NULL);
  return 0;
}

struct numbers numbers_collect(const struct store *store, const struct group *group, const struct row *row) {
  struct values parameters = {NULL, 0}, validation = {NULL, 0}, test = {NULL, 0}, train = {NULL, 0}, gap = {NULL, 0},
                seconds = {NULL, 0}, speed = {NULL, 0};
  struct numbers n;
  double value, other;
  memset(&n, 0, sizeof n);
  for (size_t i = 0; i < row->seed_count; i++) {
    const struct record *record = store_find(store, group->name, row->name, row->seeds[i]);
    if (!record || record->status) continue;
    n.count++;
    if (record_value(record, "parameters", &value) == 0) put(&parameters, value);
    if (record_value(record, "seconds", &value) == 0) put(&seconds, value);
    if (read_speed(record, &value, &n.speed_unit) == 0) put(&speed, value);
    if (record_measure(record, "validation", group->measure, &value) == 0) put(&validation, value);
    int tested = record_measure(record, "test", group->measure, &value) == 0;
    int trained = record_measure(record, "train", group->measure, &other) == 0;
    if (tested) put(&test, value);
    if (trained) put(&train, other);
    if (tested && trained) put(&gap, group->higher_is_better ? other - value : value - other);
  }
  n.parameters = sum_up(&parameters);
  n.validation = sum_up(&validation);
  n.test = sum_up(&test);
  n.train = sum_up(&train);
  n.gap = sum_up(&gap);
  n.seconds = sum_up(&seconds);
  n.speed = sum_up(&speed);
  return n;
}

void numbers_free(struct numbers *numbers) {
  free(numbers->speed_unit);
  numbers->speed_unit = NULL;
}
