/* SPDX-License-Identifier: MIT */
/* Labelled grey images in three parts: for training, for choosing between settings, and for one final test. */
#ifndef EXAMPLE_IMAGES_H
#define EXAMPLE_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { EXAMPLE_SIDE = 28, EXAMPLE_PIXELS = EXAMPLE_SIDE * EXAMPLE_SIDE, EXAMPLE_DIGITS = 10 };

struct example_images {
  size_t count;
  uint8_t *pixels; /* [count][EXAMPLE_PIXELS], 0 is black */
  uint8_t *labels; /* [count], 0..9 */
};

struct example_image_data {
  struct example_images train, validation, test;
  struct example_images stored; /* train and validation are parts of this */
};

/* Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte, with or without .gz, from a folder. The last tenth of the training
 * images, at most 5,000, is for validation.
 * Returns 0, or -1 with the error's text; call example_image_data_free in either case. */
int example_load_mnist(const char *folder, struct example_image_data *data, struct example_error *error);

/* Draws 10,000 digits for training, the last 1,000 of them for validation, and 2,000 for the test; always the same. */
int example_draw_images(struct example_image_data *data, struct example_error *error);

/* Rearranges the pixels of every image in the order of permutation `number`; 0: as they are. */
void example_permute_pixels(struct example_image_data *data, uint32_t number);

void example_image_data_free(struct example_image_data *data);

#endif
