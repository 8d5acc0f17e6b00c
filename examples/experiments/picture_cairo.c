/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Where things are, in points. */
enum { WIDTH = 860, HEIGHT = 420, LEFT = 74, RIGHT = 620, TOP = 46, BOTTOM = 364, TICKS = 6 };

static const double pi = 3.14159265358979323846;

/* Okabe and Ito's blue, vermilion, green and purple: their greys differ as well. */
static const double colours[4][3] = {
    {0.000, 0.447, 0.698}, {0.835, 0.369, 0.000}, {0.000, 0.620, 0.451}, {0.800, 0.475, 0.655}};

int picture_available(void) { return 1; }

static double place_x(const struct picture *p, double x) {
  return LEFT + (x - p->x_low) / (p->x_high - p->x_low) * (RIGHT - LEFT);
}

static double place_y(const struct picture *p, double y) {
  return BOTTOM - (y - p->y_low) / (p->y_high - p->y_low) * (BOTTOM - TOP);
}

/* Text with its left end (0), middle (0.5) or right end (1) at this place. */
static void draw_text(cairo_t *cr, double x, double y, double part, const char *text) {
  cairo_text_extents_t size;
  cairo_text_extents(cr, text, &size);
  cairo_move_to(cr, x - part * size.x_advance, y);
  cairo_show_text(cr, text);
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
  draw_text(cr, x, y, part, text);
}

static void draw_axes(cairo_t *cr, const struct picture *p) {
  double step = tick_step(p->y_high - p->y_low);
  cairo_set_line_width(cr, 0.8);
  for (double k = ceil(p->y_low / step - 1e-9); k * step <= p->y_high + 1e-9 * step; k++) {
    double y = place_y(p, k * step);
    cairo_set_source_rgb(cr, 0.85, 0.85, 0.85);
    cairo_move_to(cr, LEFT, y);
    cairo_line_to(cr, RIGHT, y);
    cairo_stroke(cr);
    cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
    draw_tick_text(cr, LEFT - 8, y + 4, 1.0, k * step, step);
  }
  step = fmax(1.0, tick_step(p->x_high - p->x_low)); /* epochs are whole */
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
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
  draw_text(cr, 0.5 * (LEFT + RIGHT), BOTTOM + 42, 0.5, p->x_label);
  cairo_save(cr);
  cairo_translate(cr, 22, 0.5 * (TOP + BOTTOM));
  cairo_rotate(cr, -0.5 * pi);
  draw_text(cr, 0, 0, 0.5, p->y_label);
  cairo_restore(cr);
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

static void draw_curve(cairo_t *cr, const struct picture *p, const struct curve *curve) {
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

static void draw_legend(cairo_t *cr, const struct picture *p) {
  for (size_t i = 0; i < p->curve_count; i++) {
    double y = TOP + 12 + 24.0 * (double)i;
    set_stroke(cr, &p->curves[i]);
    cairo_move_to(cr, RIGHT + 20, y);
    cairo_line_to(cr, RIGHT + 54, y);
    cairo_stroke(cr);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    draw_text(cr, RIGHT + 64, y + 4, 0.0, p->curves[i].label);
  }
}

static void draw(cairo_t *cr, const struct picture *p) {
  cairo_set_source_rgb(cr, 1.0, 1.0, 1.0); /* also on dark pages */
  cairo_paint(cr);
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, 15.0);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  draw_text(cr, LEFT, 28, 0.0, p->title);
  cairo_set_font_size(cr, 12.5);
  draw_axes(cr, p);
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
  cairo_clip(cr);
  for (size_t i = 0; i < p->curve_count; i++) draw_curve(cr, p, &p->curves[i]);
  cairo_restore(cr);
  draw_legend(cr, p);
}

static cairo_status_t take_bytes(void *text, const unsigned char *bytes, unsigned int count) {
  text_add_bytes(text, (const char *)bytes, count);
  return CAIRO_STATUS_SUCCESS;
}

/* Cairo counts the surfaces of a process, and writes the number down though nothing refers to it: the same picture would be
 * another file. */
static void forget_number(struct text *text) {
  static const char mark[] = "<g id=\"surface";
  char *at = text->bytes ? strstr(text->bytes, mark) : NULL;
  if (!at || strstr(text->bytes, "#surface")) return;
  at += strlen(mark);
  size_t digits = strspn(at, "0123456789");
  memmove(at, at + digits, strlen(at + digits) + 1);
  text->length -= digits;
}

int picture_write(const struct picture *picture, const char *path, struct example_error *error) {
  struct text text = {NULL, 0, 0};
  cairo_surface_t *surface = cairo_svg_surface_create_for_stream(take_bytes, &text, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create(surface);
  draw(cr, picture);
  cairo_status_t status = cairo_status(cr);
  cairo_destroy(cr);
  cairo_surface_finish(surface);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
  cairo_surface_destroy(surface);
  forget_number(&text);
  int result = status == CAIRO_STATUS_SUCCESS
                   ? text_write_file(path, &text, error)
                   : example_fail(error, "%.700s: cairo: %s", path, cairo_status_to_string(status));
  text_free(&text);
  return result;
}
