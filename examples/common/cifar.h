/* SPDX-License-Identifier: MIT */
/* CIFAR-10 in its binary version, or coloured shapes that a program draws: images of 32 x 32 pixels in three colours. Here
 * they lie row by row, [row][column][red, green, blue], so that a row, and a slice of columns of it, is in one piece. */
#ifndef EXAMPLE_CIFAR_H
#define EXAMPLE_CIFAR_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "images.h"

enum {
  EXAMPLE_CIFAR_SIDE = 32,
  EXAMPLE_CIFAR_COLOURS = 3,
  EXAMPLE_CIFAR_ROW = EXAMPLE_CIFAR_SIDE * EXAMPLE_CIFAR_COLOURS, /* values */
  EXAMPLE_CIFAR_VALUES = EXAMPLE_CIFAR_SIDE * EXAMPLE_CIFAR_ROW
};

/* Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin, with or without .gz, from a folder. Each has up to 10,000
 * records of a label (0..9) and 3,072 bytes: the red, the green and the blue plane.
 * Returns 0, or -1 with the error's text; call example_image_data_free in either case. */
int example_load_cifar(const char *folder, struct example_image_data *data, struct example_error *error);

/* Draws 10,000 images for training and validation, and 2,000 for the test; always the same (see shapes.h). */
int example_draw_shapes(struct example_image_data *data, struct example_error *error);

/* What makes every colour of these images have mean 0 and variance 1: (value - mean) * scale, value in 0..255. */
struct example_normalization {
  float mean[EXAMPLE_CIFAR_COLOURS], scale[EXAMPLE_CIFAR_COLOURS];
};
struct example_normalization example_normalize(const struct example_images *images);

/* How an image is changed before it is shown. */
struct example_change {
  int mirrored;     /* left and right are exchanged, before the shift */
  long down, right; /* shift in pixels */
};

/* What happens to an image in an epoch: a mirror in half of all cases, shifts from -most to most. It follows from these
 * numbers alone, in whatever order images come. */
struct example_change example_draw_change(uint64_t seed, size_t epoch, size_t image, long most);

/* Normalises an image, and changes it where `change` is not NULL. What moves in from beyond the edge is 0, the mean
 * colour. values: EXAMPLE_CIFAR_VALUES. */
void example_show_image(const uint8_t *pixels, const struct example_normalization *normalization,
                        const struct example_change *change, float *values);

#endif
