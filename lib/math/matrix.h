/* SPDX-License-Identifier: MIT */
/* A weight matrix W [outputs, inputs] of the recurrence, kept the way its products want it, and renewed whenever the parameters
 * change.
 *
 * The rule. With kernels that have products of their own (AVX-512, AVX2, NEON) a matrix is kept in two sets of packed panels, one
 * for each direction, and all products of a network are ours: an element's bits then depend on nothing but its row and column, no
 * library's threads get in the way, and of the sizes measured (docs/performance.md) most are faster and none is slower by more than
 * a twentieth. Otherwise it is a plain copy and the products are CBLAS' (or, without one, the built-in loops). */
#ifndef THALNET_MATH_MATRIX_H
#define THALNET_MATH_MATRIX_H

#include "math/kernels.h"

typedef struct thalnet__matrix {
  size_t outputs, inputs;
  size_t place; /* of what is kept, in the block of all such */
  size_t back;  /* of the panels for the way back; 0: right behind the others */
} thalnet__matrix;

/* A part of a matrix, from somewhere in the parameters: rows [output, output + outputs), columns [input, input + inputs). */
typedef struct thalnet__piece {
  size_t output, outputs, input, inputs;
  const real *weight;
  size_t ld;
  double scale;
} thalnet__piece;

/* One of `count` equal parts of the work; 0 of 1: all of it. */
typedef struct thalnet__part {
  size_t index, count;
} thalnet__part;

typedef struct thalnet__range {
  size_t first, count;
} thalnet__range;

/* The part's share of `size` elements; begins at a multiple of `unit`. */
thalnet__range thalnet__part_of(thalnet__part part, size_t size, size_t unit);
/* As many parts as make columns of a product, or rows of a gradient, worth a thread's while. */
size_t thalnet__column_parts(size_t columns);
size_t thalnet__row_parts(size_t rows);

/* Numbers to keep it in, multiples of 16: in one piece, or those for either way (all of a plain copy are for the way forward);
 * SIZE_MAX where they cannot be counted. */
size_t thalnet__matrix_size(const thalnet__kernels *kernels, const thalnet__matrix *matrix);
void thalnet__matrix_sizes(const thalnet__kernels *kernels, const thalnet__matrix *matrix, size_t *forward,
                           size_t *backward);
/* Puts the part's rows of a piece into their place; what no piece fills stays zero. */
void thalnet__matrix_put(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const thalnet__piece *piece,
                         real *kept, thalnet__part part);

/* C [rows, outputs] = A [rows, inputs] W^T, or C += it; the part's columns of it. */
void thalnet__matrix_forward(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const real *kept,
                             size_t rows, thalnet__const_rows a, int accumulate, thalnet__rows c, thalnet__part part);
/* C [rows, inputs] = A [rows, outputs] W, or C += it; the part's columns of it. */
void thalnet__matrix_backward(const thalnet__kernels *kernels, const thalnet__matrix *matrix, const real *kept,
                              size_t rows, thalnet__const_rows a, int accumulate, thalnet__rows c, thalnet__part part);
/* C [outputs, inputs] += A [rows, outputs]^T B [rows, inputs]: the gradient of weights; the part's rows of it. scratch: as in
 * thalnet__product. */
void thalnet__multiply_gradient(const thalnet__kernels *kernels, size_t outputs, size_t inputs, size_t rows,
                                thalnet__const_rows a, thalnet__const_rows b, real *c, size_t c_row, real *scratch,
                                thalnet__part part);

#endif
