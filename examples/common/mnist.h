/* SPDX-License-Identifier: MIT */
/* Handwritten digits: MNIST, or those that a program draws. */
#ifndef EXAMPLE_MNIST_H
#define EXAMPLE_MNIST_H

#include "error.h"
#include "images.h"

enum { EXAMPLE_SIDE = 28, EXAMPLE_PIXELS = EXAMPLE_SIDE * EXAMPLE_SIDE, EXAMPLE_DIGITS = 10 }; /* 0 is black */

/* Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte, with or without .gz, from a folder.
 * Returns 0, or -1 with the error's text; call example_image_data_free in either case. */
int example_load_mnist(const char *folder, struct example_image_data *data, struct example_error *error);

/* Draws 10,000 digits for training and validation, and 2,000 for the test; always the same. */
int example_draw_digits(struct example_image_data *data, struct example_error *error);

#endif
