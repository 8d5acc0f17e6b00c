/* SPDX-License-Identifier: MIT */
/* Labelled images in three parts: for training, for choosing between settings, and for one final test. */
#ifndef EXAMPLE_IMAGES_H
#define EXAMPLE_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct example_images {
  size_t count, size; /* size: bytes an image has */
  uint8_t *pixels;    /* [count][size] */
  uint8_t *labels;    /* [count] */
};

struct example_image_data {
  struct example_images train, validation, test;
  struct example_images stored; /* train and validation are parts of this */
};

/* Makes room. Returns 0, or -1 with the error's text. */
int example_allocate_images(struct example_images *images, size_t count, size_t size, struct example_error *error);

/* The last `held_out` of what is stored are for validation: training never sees them. 0: the last tenth, at most 5,000. */
void example_split_images(struct example_image_data *data, size_t held_out);

/* Rearranges the bytes of every image in the order of permutation `number`; 0: as they are. */
int example_permute_pixels(struct example_image_data *data, uint32_t number, struct example_error *error);

void example_image_data_free(struct example_image_data *data);

#endif
