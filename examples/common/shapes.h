/* SPDX-License-Identifier: MIT */
/* Coloured shapes and textures drawn by a program, in ten classes: disc, square, triangle, ring, upright cross, slanting
 * cross, crescent, level stripes, upright stripes, chequers. Place, size, tilt and colours are random, and some clutter
 * and noise is added. The same number gives the same picture on every machine: nothing but sums, products, quotients and
 * square roots is used. */
#ifndef EXAMPLE_SHAPES_H
#define EXAMPLE_SHAPES_H

#include <stddef.h>
#include <stdint.h>

#include "cifar.h"

/* The class of picture `number`. Each ten pictures 10 n .. 10 n + 9 have every class once, in a random order. */
uint8_t example_shape_label(size_t number);

/* Draws picture `number` of class `label` (0..9): [row][column][red, green, blue]. */
void example_shape_draw(size_t number, uint8_t label, uint8_t pixels[EXAMPLE_CIFAR_VALUES]);

#endif
