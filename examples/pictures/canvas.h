/* SPDX-License-Identifier: MIT */
/* A picture in the making, for the other files of this folder: cairo, and what all pictures have in common. */
#ifndef PICTURES_CANVAS_H
#define PICTURES_CANVAS_H

#include <cairo.h>

#include "common/error.h"

struct canvas {
  cairo_t *cr;
  cairo_surface_t *surface;
  struct canvas_bytes *bytes; /* of an SVG file; NULL: it is to be a PNG file */
};

/* Opens a white canvas in points, for the kind of file that the path's ending says, .png or .svg; text is black sans-serif of
 * 12.5 points. PNG files have twice as many dots a side. */
void canvas_open(struct canvas *canvas, const char *path, double width, double height);

/* Writes the file. Returns 0, or -1 with the error's text. */
int canvas_close(struct canvas *canvas, const char *path, struct example_error *error);

/* Gives a canvas up that nobody wants to see: the widths of texts were asked of it. */
void canvas_drop(struct canvas *canvas);

/* Text with its left end (0), middle (0.5) or right end (1) at this place. */
void canvas_text(cairo_t *cr, double x, double y, double part, const char *text);
double canvas_text_width(cairo_t *cr, const char *text);
/* The same, turned to be read from below. */
void canvas_text_upright(cairo_t *cr, double x, double y, double part, const char *text);

/* Black, or a grey between 0 (black) and 1 (white). */
void canvas_grey(cairo_t *cr, double grey);

#endif
