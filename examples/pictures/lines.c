/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <math.h>
#include <stdio.h>

#include "canvas.h"

/* Where things are, in points. */
enum { WIDTH = 860, HEIGHT = 420, LEFT = 74, RIGHT = 620, TOP = 46, BOTTOM = 364, TICKS = 6 };

/* Okabe and Ito's blue, vermilion, green and purple: their greys differ as well. */
static const double colours[4][3] = {
    {0.000, 0.447, 0.698}, {0.835, 0.369, 0.000}, {0.000, 0.620, 0.451}, {0.800, 0.475, 0.655}};

static double place_x(const struct line_picture *p, double x) {
  return LEFT + (x - p->x_low) / (p->x_high - p->x_low) * (RIGHT - LEFT);
}

static double place_y(const struct line_picture *p, double y) {
  return BOTTOM - (y - p->y_low) / (p->y_high - p->y_low) * (BOTTOM - TOP);
}

/* 1, 2 or 5 times a power of ten, so that there are about TICKS of them. */
static double tick_step(double range) {
  double step = pow(10.0, floor(log10(range / TICKS)));
  if (range / step > 5.0 * TICKS) return 10.0 * step;
  if (range / step > 2.0 * TICKS) return 5.0 * step;
  return range / step > TICKS ? 2.0 * step : step;
}

static void draw_tick_text(cairo_t *cr, double x, double y, double part, double value, double step) {
  char text[32];
  int decimals = step >= 1.0 ? 0 : (int)ceil(-log10(step) - 1e-9);
  snprintf(text, sizeof text, "%.*f", decimals, value);
  canvas_text(cr, x, y, part, text);
}

static void draw_axes(cairo_t *cr, const struct line_picture *p) {
  double step = tick_step(p->y_high - p->y_low);
  cairo_set_line_width(cr, 0.8);
  for (double k = ceil(p->y_low / step - 1e-9); k * step <= p->y_high + 1e-9 * step; k++) {
    double y = place_y(p, k * step);
    canvas_grey(cr, 0.85);
    cairo_move_to(cr, LEFT, y);
    cairo_line_to(cr, RIGHT, y);
    cairo_stroke(cr);
    canvas_grey(cr, 0.2);
    draw_tick_text(cr, LEFT - 8, y + 4, 1.0, k * step, step);
  }
  step = fmax(1.0, tick_step(p->x_high - p->x_low)); /* epochs are whole */
  canvas_grey(cr, 0.2);
  for (double k = ceil(p->x_low / step - 1e-9); k * step <= p->x_high + 1e-9 * step; k++) {
    double x = place_x(p, k * step);
    cairo_move_to(cr, x, BOTTOM);
    cairo_line_to(cr, x, BOTTOM + 5);
    cairo_stroke(cr);
    draw_tick_text(cr, x, BOTTOM + 20, 0.5, k * step, step);
  }
  cairo_move_to(cr, LEFT, BOTTOM);
  cairo_line_to(cr, RIGHT, BOTTOM);
  cairo_stroke(cr);
  canvas_text(cr, 0.5 * (LEFT + RIGHT), BOTTOM + 42, 0.5, p->x_label);
  canvas_text_upright(cr, 22, 0.5 * (TOP + BOTTOM), 0.5, p->y_label);
}

static void set_colour(cairo_t *cr, const struct curve *curve, double opacity) {
  const double *c = colours[curve->colour & 3];
  cairo_set_source_rgba(cr, c[0], c[1], c[2], opacity);
}

static void set_stroke(cairo_t *cr, const struct curve *curve) {
  const double dashes[2] = {6.0, 4.0};
  set_colour(cr, curve, 1.0);
  cairo_set_line_width(cr, 2.0);
  cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash(cr, dashes, curve->dashed ? 2 : 0, 0.0);
}

static void draw_curve(cairo_t *cr, const struct line_picture *p, const struct curve *curve) {
  if (curve->count == 0) return;
  for (size_t i = 0; i < curve->count; i++) cairo_line_to(cr, place_x(p, curve->x[i]), place_y(p, curve->high[i]));
  for (size_t i = curve->count; i-- > 0;) cairo_line_to(cr, place_x(p, curve->x[i]), place_y(p, curve->low[i]));
  cairo_close_path(cr);
  set_colour(cr, curve, 0.18);
  cairo_fill(cr);
  for (size_t i = 0; i < curve->count; i++) cairo_line_to(cr, place_x(p, curve->x[i]), place_y(p, curve->mean[i]));
  set_stroke(cr, curve);
  cairo_stroke(cr);
}

static void draw_legend(cairo_t *cr, const struct line_picture *p) {
  for (size_t i = 0; i < p->curve_count; i++) {
    double y = TOP + 12 + 24.0 * (double)i;
    set_stroke(cr, &p->curves[i]);
    cairo_move_to(cr, RIGHT + 20, y);
    cairo_line_to(cr, RIGHT + 54, y);
    cairo_stroke(cr);
    canvas_grey(cr, 0.1);
    canvas_text(cr, RIGHT + 64, y + 4, 0.0, p->curves[i].label);
  }
}

static void draw(cairo_t *cr, const struct line_picture *p) {
  cairo_set_font_size(cr, 15.0);
  canvas_text(cr, LEFT, 28, 0.0, p->title);
  cairo_set_font_size(cr, 12.5);
  draw_axes(cr, p);
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
  cairo_clip(cr);
  for (size_t i = 0; i < p->curve_count; i++) draw_curve(cr, p, &p->curves[i]);
  cairo_restore(cr);
  draw_legend(cr, p);
}

int line_picture_write(const struct line_picture *picture, const char *path, struct example_error *error) {
  struct canvas canvas;
  canvas_open(&canvas, path, WIDTH, HEIGHT);
  draw(canvas.cr, picture);
  return canvas_close(&canvas, path, error);
}
