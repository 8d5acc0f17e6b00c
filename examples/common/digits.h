/* SPDX-License-Identifier: MIT */
/* Digits that look handwritten, drawn by a program: a few ways to write each digit as strokes of a pen, bent, slanted,
 * stretched and shifted at random, with a pen of random width and pressure, and some noise. The same number gives the same
 * picture on every machine: nothing but sums, products, quotients and square roots is used. */
#ifndef EXAMPLE_DIGITS_H
#define EXAMPLE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#include "mnist.h"

/* Which digit picture `number` shows. Each ten pictures 10 n .. 10 n + 9 have every digit once, in a random order. */
uint8_t example_digit_label(size_t number);

/* Draws picture `number` of digit `label` (0..9), white on black. */
void example_digit_draw(size_t number, uint8_t label, uint8_t pixels[EXAMPLE_PIXELS]);

#endif
