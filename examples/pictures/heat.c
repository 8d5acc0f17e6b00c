/* SPDX-License-Identifier: MIT */
#include "heat.h"

#include <math.h>
#include <stdio.h>

#include "canvas.h"

/* In points. */
static const double cell_most = 34, cell_least = 1, map_side = 204, gap = 46, title_room = 56, foot_room = 52;

/* From white over blue to nearly black: its grey falls all the way, so that colour-blind eyes and printers see the same. */
static void set_heat(cairo_t *cr, double part) {
  static const double stops[5][3] = {
      {1.00, 1.00, 1.00}, {0.78, 0.86, 0.94}, {0.42, 0.68, 0.84}, {0.13, 0.44, 0.71}, {0.03, 0.19, 0.42}};
  const double at = 4 * fmin(1, fmax(0, part));
  const int below = at >= 4 ? 3 : (int)at;
  const double *a = stops[below], *b = stops[below + 1], f = at - below;
  cairo_set_source_rgb(cr, a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]));
}

/* Vermilion below zero, blue above. */
static void set_signed(cairo_t *cr, double value) {
  const double f = fmin(1, fabs(value));
  if (value < 0)
    cairo_set_source_rgb(cr, 1 - 0.165 * f, 1 - 0.631 * f, 1 - f);
  else
    cairo_set_source_rgb(cr, 1 - f, 1 - 0.553 * f, 1 - 0.302 * f);
}

static const char *name_of(const char *const *names, size_t number, char *room, size_t size) {
  if (names) return names[number];
  snprintf(room, size, "%zu", number);
  return room;
}

static double widest(cairo_t *cr, const char *const *names, size_t count) {
  double width = 0;
  char room[24];
  for (size_t i = 0; i < count; i++) width = fmax(width, canvas_text_width(cr, name_of(names, i, room, sizeof room)));
  return width;
}

static double highest(const struct heat_picture *p) {
  double high = 0;
  for (size_t m = 0; m < p->count; m++)
    for (size_t i = 0; i < p->maps[m].rows * p->maps[m].columns; i++) high = fmax(high, p->maps[m].values[i]);
  return high > 0 ? high : 1;
}

/* --- a map --- */

static void draw_map(cairo_t *cr, const struct heat_picture *p, const struct heat_map *map, double x, double y,
                     double cell, double high, int first) {
  char room[24];
  canvas_text(cr, x, y - 10, 0, map->title);
  for (size_t i = 0; i < map->rows; i++)
    for (size_t j = 0; j < map->columns; j++) {
      set_heat(cr, map->values[i * map->columns + j] / high);
      cairo_rectangle(cr, x + cell * (double)j, y + cell * (double)i, cell + 0.3, cell + 0.3);
      cairo_fill(cr);
    }
  canvas_grey(cr, 0.4);
  cairo_set_line_width(cr, 0.8);
  cairo_rectangle(cr, x, y, cell * (double)map->columns, cell * (double)map->rows);
  cairo_stroke(cr);
  canvas_grey(cr, 0.1);
  for (size_t i = 0; i < map->rows && first && cell >= 9; i++)
    canvas_text(cr, x - 6, y + cell * ((double)i + 0.5) + 4, 1, name_of(p->row_names, i, room, sizeof room));
  for (size_t j = 0; j < map->columns && cell >= 9; j++)
    canvas_text_upright(cr, x + cell * ((double)j + 0.5) + 4, y + cell * (double)map->rows + 6, 1,
                        name_of(p->column_names, j, room, sizeof room));
}

static void draw_scale(cairo_t *cr, double x, double y, double high, const char *unit) {
  char text[40];
  const double length = 160;
  for (int i = 0; i < 80; i++) {
    set_heat(cr, i / 79.0);
    cairo_rectangle(cr, x + length * i / 80, y, length / 80 + 0.3, 12);
    cairo_fill(cr);
  }
  canvas_grey(cr, 0.1);
  canvas_text(cr, x - 6, y + 10.5, 1, "0");
  snprintf(text, sizeof text, "%.3g", high);
  canvas_text(cr, x + length + 6, y + 10.5, 0, text);
  canvas_text(cr, x + length + 12 + canvas_text_width(cr, text), y + 10.5, 0, unit);
}

int heat_picture_write(const struct heat_picture *p, const char *path, struct example_error *error) {
  struct canvas canvas;
  canvas_open(&canvas, "measure.svg", 10, 10); /* names tell how wide the picture gets */
  const double names = widest(canvas.cr, p->row_names, p->maps[0].rows), high = highest(p);
  const double below = widest(canvas.cr, p->column_names, p->maps[0].columns);
  canvas_drop(&canvas);
  const double most = fmax((double)p->maps[0].rows, (double)p->maps[0].columns);
  const double cell = fmin(cell_most, fmax(cell_least, map_side / most));
  const double side = cell * (double)p->maps[0].columns, left = 34 + names;
  const double bottom = title_room + 22 + cell * (double)p->maps[0].rows;
  const double width = left + (double)p->count * (side + gap);
  canvas_open(&canvas, path, fmax(width, 420), bottom + below + 30 + foot_room);
  cairo_set_font_size(canvas.cr, 15);
  canvas_text(canvas.cr, 12, 26, 0, p->title);
  cairo_set_font_size(canvas.cr, 12.5);
  for (size_t m = 0; m < p->count; m++)
    draw_map(canvas.cr, p, &p->maps[m], left + (double)m * (side + gap), title_room + 22, cell, high, m == 0);
  canvas_text_upright(canvas.cr, 18, (title_room + 22 + bottom) / 2, 0.5, p->row_label);
  canvas_text(canvas.cr, left, bottom + below + 26, 0, p->column_label);
  draw_scale(canvas.cr, left + 14, bottom + below + 44, high, p->unit);
  return canvas_close(&canvas, path, error);
}

/* --- activity --- */

static void draw_signed_scale(cairo_t *cr, double x, double y) {
  for (int i = 0; i < 80; i++) {
    set_signed(cr, i / 39.5 - 1);
    cairo_rectangle(cr, x + 2 * i, y, 2.3, 12);
    cairo_fill(cr);
  }
  canvas_grey(cr, 0.1);
  canvas_text(cr, x - 6, y + 10.5, 1, "-1");
  canvas_text(cr, x + 166, y + 10.5, 0, "1");
}

static double group_gap(const struct activity_picture *p) { return fmin(5, 480 / (double)p->groups); }

static void draw_groups(cairo_t *cr, const struct activity_picture *p, double left, double top, double cell,
                        double row) {
  const double width = cell * (double)p->steps;
  double y = top;
  for (size_t g = 0, first = 0; g < p->groups; first += p->group_rows[g], g++) {
    const double height = row * (double)p->group_rows[g];
    for (size_t t = 0; t < p->steps; t++)
      for (size_t i = 0; i < p->group_rows[g]; i++) {
        set_signed(cr, p->values[t * p->rows + first + i]);
        cairo_rectangle(cr, left + cell * (double)t, y + row * (double)i, cell + 0.3, row + 0.3);
        cairo_fill(cr);
      }
    canvas_grey(cr, 0.4);
    cairo_rectangle(cr, left, y, width, height);
    cairo_stroke(cr);
    canvas_grey(cr, 0.1);
    canvas_text(cr, left - 8, y + height / 2 + 4, 1, p->group_names[g]);
    y += height + group_gap(p);
  }
}

int activity_picture_write(const struct activity_picture *p, const char *path, struct example_error *error) {
  struct canvas canvas;
  canvas_open(&canvas, "measure.svg", 10, 10);
  const double left = 24 + widest(canvas.cr, p->group_names, p->groups);
  canvas_drop(&canvas);
  const double cell = fmin(24, fmax(4, 640 / (double)p->steps)), row = fmin(8, 480 / (double)p->rows);
  const double bottom = title_room + row * (double)p->rows + group_gap(p) * (double)p->groups;
  canvas_open(&canvas, path, fmax(left + cell * (double)p->steps + 24, 420), bottom + 24 + foot_room);
  cairo_set_font_size(canvas.cr, 15);
  canvas_text(canvas.cr, 12, 26, 0, p->title);
  cairo_set_font_size(canvas.cr, 12.5);
  cairo_set_line_width(canvas.cr, 0.8);
  draw_groups(canvas.cr, p, left, title_room, cell, row);
  for (size_t t = 0; p->step_names && t < p->steps; t++)
    canvas_text(canvas.cr, left + cell * ((double)t + 0.5), bottom + 12, 0.5, p->step_names[t]);
  canvas_text(canvas.cr, left, bottom + 30, 0, p->time_label);
  draw_signed_scale(canvas.cr, left + 14, bottom + 44);
  return canvas_close(&canvas, path, error);
}
