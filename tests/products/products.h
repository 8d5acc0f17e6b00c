/* SPDX-License-Identifier: MIT */
/* What the tests of matrix products share: operands between not-a-numbers, sums in double, a judge of results, and
 * every table of kernels that this processor can run. One product serves all three calls, C [rows, columns] = A [rows, depth]
 * B [depth, columns]: B is the transposed weights on the way forward, the weights on the way back, and a matrix of its
 * own in a gradient. */
#ifndef TESTS_PRODUCTS_H
#define TESTS_PRODUCTS_H

#include <stddef.h>
#include <stdint.h>

#include <check.h>

#include "math/matrix.h"

enum { MOST_ROWS = 230, MOST_COLUMNS = 600, MOST_DEPTH = 1100, GUARDS = 3, PADDING = 5 };

/* The depths whose sums are known. */
static const size_t products_depths[] = {0, 1, 2, 31, 32, 33, 45, 511, 512, 513, 1100};
enum { PRODUCTS_DEPTHS = sizeof products_depths / sizeof products_depths[0] };

enum { FORWARD, BACKWARD, GRADIENT, CALLS };
extern const char *const products_calls[CALLS];

struct table {
  const char *name;
  thalnet__kernels kernels;
  int repeats; /* its elements have the same bits whatever is computed beside them */
};
/* Returns how many; the last one has no products of its own: math/multiply.h's are used. */
enum { MOST_TABLES = 4 };
size_t products_tables(struct table tables[MOST_TABLES]);

/* Draws A, B and the first C, and sums; once, before any test. */
void products_begin(void);

/* Operands of one depth, cut out of the drawn ones for `rows` and `columns`. Beyond the end of every row are PADDING
 * not-a-numbers, and beyond the last row nothing at all. */
struct operands {
  const struct table *table;
  size_t rows, columns, depth;
  real *a;              /* [rows][depth] */
  real *a_columns;      /* [depth][rows] */
  real *b;              /* [depth][columns] */
  thalnet__matrix w[2]; /* of FORWARD and BACKWARD */
  real *kept[2];
  real *scratch; /* of gradients; NULL is fine */
};
void operands_begin(struct operands *operands, const struct table *table, size_t columns, size_t depth);
void operands_rows(struct operands *operands, size_t rows); /* before any product, and again for other rows */
void operands_end(struct operands *operands);

/* C [rows][columns] with GUARDS guard values on each side of a row, and rows of them above and below. */
struct result {
  size_t rows, columns, ld;
  real *all, *c;
};
void result_begin(struct result *result, size_t rows, size_t columns);
void result_fill(struct result *result, int call, int accumulate); /* what C holds before: C, zeros, or guard values */
void result_end(struct result *result);

/* Rows first ... first + result->rows of A. A gradient always adds. */
void products_run(const struct operands *operands, int call, size_t first, int accumulate, struct result *result,
                  thalnet__part part);

/* What is wrong: elements too far from the sums, and guard values that were written. */
struct verdict {
  size_t wrong, guards;
  char text[160]; /* about the first one */
};
struct verdict products_judge(const struct result *result, size_t depth, int accumulate);
/* Fails with the verdict where there is something wrong. */
void products_expect(const struct operands *operands, int call, int accumulate, const struct result *result);
/* |A| |B| + |C|, summed: what errors are measured by. */
double products_size(size_t row, size_t column, size_t depth, int accumulate);
/* One term of the sum. */
double products_term(size_t row, size_t column, size_t k);

/* 1 when rows first ... first + few->rows of `many` begin with the bits of `few`'s. */
int products_same(const struct result *few, const struct result *many, size_t first);

int products_main(const char *name, const TTest *const *tests, size_t count);

#endif
