/* SPDX-License-Identifier: MIT */
#include "canvas.h"

#include <cairo-svg.h>
#include <stdlib.h>
#include <string.h>

#include "available.h"
#include "common/words.h"

struct canvas_bytes {
  struct words words;
};

enum { PNG_DOTS = 2 };

int pictures_available(void) { return 1; }

static cairo_status_t take_bytes(void *words, const unsigned char *bytes, unsigned int count) {
  words_add_bytes(words, (const char *)bytes, count);
  return CAIRO_STATUS_SUCCESS;
}

static int ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), most = strlen(ending);
  return length >= most && strcmp(path + length - most, ending) == 0;
}

void canvas_open(struct canvas *canvas, const char *path, double width, double height) {
  canvas->bytes = NULL;
  if (ends_in(path, ".png")) {
    canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(PNG_DOTS * width), (int)(PNG_DOTS * height));
    cairo_surface_set_device_scale(canvas->surface, PNG_DOTS, PNG_DOTS);
  } else {
    canvas->bytes = array_grow(NULL, 0, sizeof *canvas->bytes);
    canvas->surface = cairo_svg_surface_create_for_stream(take_bytes, &canvas->bytes->words, width, height);
  }
  canvas->cr = cairo_create(canvas->surface);
  cairo_set_source_rgb(canvas->cr, 1.0, 1.0, 1.0); /* also on dark pages */
  cairo_paint(canvas->cr);
  cairo_select_font_face(canvas->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(canvas->cr, 12.5);
  canvas_grey(canvas->cr, 0.1);
}

/* Cairo counts the surfaces of a process, and writes the number down though nothing refers to it: the same picture would be
 * another file. */
static void forget_number(struct words *words) {
  static const char mark[] = "<g id=\"surface";
  char *at = words->bytes ? strstr(words->bytes, mark) : NULL;
  if (!at || strstr(words->bytes, "#surface")) return;
  at += strlen(mark);
  size_t digits = strspn(at, "0123456789");
  memmove(at, at + digits, strlen(at + digits) + 1);
  words->length -= digits;
}

int canvas_close(struct canvas *canvas, const char *path, struct example_error *error) {
  struct words png = {NULL, 0, 0}, *words = canvas->bytes ? &canvas->bytes->words : &png;
  cairo_status_t status = cairo_status(canvas->cr);
  cairo_destroy(canvas->cr);
  if (status == CAIRO_STATUS_SUCCESS && !canvas->bytes)
    status = cairo_surface_write_to_png_stream(canvas->surface, take_bytes, &png);
  cairo_surface_finish(canvas->surface);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(canvas->surface);
  cairo_surface_destroy(canvas->surface);
  if (canvas->bytes) forget_number(words);
  int result = status == CAIRO_STATUS_SUCCESS
                   ? words_write_file(path, words, error)
                   : example_fail(error, "%.700s: cairo: %s", path, cairo_status_to_string(status));
  words_free(words);
  free(canvas->bytes);
  return result;
}

void canvas_drop(struct canvas *canvas) {
  cairo_destroy(canvas->cr);
  cairo_surface_finish(canvas->surface);
  cairo_surface_destroy(canvas->surface);
  if (canvas->bytes) words_free(&canvas->bytes->words);
  free(canvas->bytes);
}

double canvas_text_width(cairo_t *cr, const char *text) {
  cairo_text_extents_t size;
  cairo_text_extents(cr, text, &size);
  return size.x_advance;
}

void canvas_text(cairo_t *cr, double x, double y, double part, const char *text) {
  cairo_move_to(cr, x - part * canvas_text_width(cr, text), y);
  cairo_show_text(cr, text);
}

void canvas_text_upright(cairo_t *cr, double x, double y, double part, const char *text) {
  static const double quarter = 1.57079632679489662;
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_rotate(cr, -quarter);
  canvas_text(cr, 0, 0, part, text);
  cairo_restore(cr);
}

void canvas_grey(cairo_t *cr, double grey) { cairo_set_source_rgb(cr, grey, grey, grey); }
