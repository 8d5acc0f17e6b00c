/* SPDX-License-Identifier: MIT */
#include "curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures/lines.h"

enum { ROW_LIMIT = 4, EPOCH_LIMIT = 1000000 };

char *curves_path(const char *folder, const struct group *group) {
  return words_print("%s/%s.svg", folder, group->name);
}

/* --- a run's curve ----------------------------------------------------------------------------------------------------- */

/* The number of the column with this name in a line of comma-separated names, or -1. */
static int find_column(const char *line, const char *name) {
  for (int column = 0;; column++) {
    size_t length = strcspn(line, ",\n");
    if (length == strlen(name) && strncmp(line, name, length) == 0) return column;
    if (line[length] != ',') return -1;
    line += length + 1;
  }
}

/* The number in a column of a line; NAN: there is none. */
static double read_column(const char *line, int column) {
  for (; column > 0; column--) {
    line += strcspn(line, ",\n");
    if (*line != ',') return NAN;
    line++;
  }
  char *end;
  double value = strtod(line, &end);
  return end == line ? NAN : value;
}

static const char *next_line(const char *line) {
  line += strcspn(line, "\n");
  return *line ? line + 1 : line;
}

/* Values at an epoch, of as many seeds as came to it. */
struct epoch {
  double *values;
  size_t count;
};

struct epochs {
  struct epoch *list; /* 0 is epoch 1 */
  size_t count;
};

static void add_run(struct epochs *epochs, const char *curve, const char *name, double scale) {
  int epoch_column = find_column(curve, "epoch"), column = find_column(curve, name);
  if (epoch_column < 0 || column < 0) return;
  for (const char *line = next_line(curve); *line; line = next_line(line)) {
    double epoch = read_column(line, epoch_column), value = read_column(line, column);
    if (!(epoch >= 1.0 && epoch <= EPOCH_LIMIT) || !isfinite(value)) continue;
    while (epochs->count < (size_t)epoch)
      epochs->list = array_grow(epochs->list, epochs->count++, sizeof *epochs->list);
    struct epoch *e = &epochs->list[(size_t)epoch - 1];
    e->values = array_grow(e->values, e->count, sizeof *e->values);
    e->values[e->count++] = scale * value;
  }
}

/* --- a row's curves ---------------------------------------------------------------------------------------------------- */

static void put(struct curve *curve, double x, const struct summary *summary) {
  size_t n = curve->count++;
  curve->x = array_grow(curve->x, n, sizeof(double));
  curve->mean = array_grow(curve->mean, n, sizeof(double));
  curve->low = array_grow(curve->low, n, sizeof(double));
  curve->high = array_grow(curve->high, n, sizeof(double));
  curve->x[n] = x;
  curve->mean[n] = summary->mean;
  curve->low[n] = summary->low;
  curve->high[n] = summary->high;
}

/* Where some seeds went on longer than others, the mean would jump: it ends where the first one does. */
static struct curve make_curve(const struct store *store, const struct group *group, const struct row *row,
                               const char *part) {
  struct curve curve;
  struct epochs epochs = {NULL, 0};
  char *name = words_print("%s_%s", part, group->measure);
  memset(&curve, 0, sizeof curve);
  for (size_t i = 0; i < row->seed_count; i++) {
    const struct record *record = store_find(store, group->name, row->name, row->seeds[i]);
    if (record && record->curve) add_run(&epochs, record->curve, name, group->percent ? 100.0 : 1.0);
  }
  for (size_t i = 0; i < epochs.count; i++) {
    struct summary summary = statistics_summary(epochs.list[i].values, epochs.list[i].count);
    if (epochs.list[i].count == epochs.list[0].count && curve.count == i && summary.count > 0)
      put(&curve, (double)i + 1.0, &summary);
    free(epochs.list[i].values);
  }
  free(epochs.list);
  free(name);
  return curve;
}

static void free_curve(struct curve *curve) {
  free(curve->x), free(curve->mean), free(curve->low), free(curve->high);
  free(curve->label);
}

/* --- the picture ------------------------------------------------------------------------------------------------------- */

/* The first epochs would take most of the height: values count from the second fifth on. */
static void choose_range(struct line_picture *p) {
  int none = 1;
  p->x_low = 1.0;
  p->x_high = 2.0;
  for (size_t i = 0; i < p->curve_count; i++)
    if (p->curves[i].count > 0) p->x_high = fmax(p->x_high, p->curves[i].x[p->curves[i].count - 1]);
  for (size_t i = 0; i < p->curve_count; i++)
    for (size_t k = 0; k < p->curves[i].count; k++) {
      const struct curve *curve = &p->curves[i];
      if (curve->x[k] < 1.0 + 0.2 * (p->x_high - 1.0) && k + 1 < curve->count) continue;
      p->y_low = none ? curve->low[k] : fmin(p->y_low, curve->low[k]);
      p->y_high = none ? curve->high[k] : fmax(p->y_high, curve->high[k]);
      none = 0;
    }
  double margin = fmax(0.05 * (p->y_high - p->y_low), 1e-6 + 1e-6 * fabs(p->y_high));
  p->y_low -= margin;
  p->y_high += margin;
}

/* Those that are compared; where nothing is, all, if that can be looked at. */
static size_t choose_rows(const struct group *group, size_t rows[ROW_LIMIT]) {
  size_t count = 0, all = group->comparison_count == 0 && group->row_count <= ROW_LIMIT ? group->row_count : 0;
  for (size_t i = 0; i < 2 * group->comparison_count && count < ROW_LIMIT; i++) {
    size_t row = group->comparisons[i / 2].rows[i % 2], known = 0;
    while (known < count && rows[known] != row) known++;
    if (known == count) rows[count++] = row;
  }
  while (count < all) {
    rows[count] = count;
    count++;
  }
  return count;
}

int curves_draw(const struct store *store, const struct group *group, const char *folder, struct example_error *error) {
  const char *const parts[2] = {group->untested ? "validation" : "test", "train"};
  struct curve curves[2 * ROW_LIMIT];
  size_t rows[ROW_LIMIT], row_count = choose_rows(group, rows), count = 0;
  int status = 1;
  for (size_t i = 0; i < row_count; i++)
    for (int part = 0; part < 2; part++) {
      const struct row *row = &group->rows[rows[i]];
      struct curve *curve = &curves[count];
      *curve = make_curve(store, group, row, parts[part]);
      curve->label = words_print("%s, %s", row->name, parts[part]);
      curve->colour = (int)i;
      curve->dashed = part == 1;
      if (curve->count > 0)
        count++;
      else
        free_curve(curve);
    }
  if (count > 0) {
    char *path = curves_path(folder, group), *y_label = words_print("%s, %s", group->measure, group->unit);
    struct line_picture picture = {group->title, "epoch", y_label, 0, 0, 0, 0, curves, count};
    choose_range(&picture);
    status = line_picture_write(&picture, path, error);
    free(path);
    free(y_label);
  }
  for (size_t i = 0; i < count; i++) free_curve(&curves[i]);
  return status;
}
