/* SPDX-License-Identifier: MIT */
/* What the tests of kernels share: every table that this processor can run, arrays between guard values, and their run. */
#ifndef TESTS_MATH_TABLES_H
#define TESTS_MATH_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include <check.h>

#include "io/run.h"
#include "math/kernels.h"

struct table {
  const char *name;
  const thalnet__kernels *kernels;
};
enum { MOST_TABLES = 3 };
/* Returns how many. */
size_t math_tables(struct table tables[MOST_TABLES]);

/* Runs all of it; returns what main returns. */
int math_run(Suite *suite);

/* In [low, high), the same in every run. */
float math_draw(double low, double high);

/* `count` numbers with guards around them that are not numbers: a result that has read one of them is not a number either. */
enum { MATH_MOST = 4096, MATH_GUARDS = 40 };
struct array {
  size_t count;
  float all[MATH_MOST + 2 * MATH_GUARDS];
};
/* Returns the first number; drawn from [low, high). */
float *array_begin(struct array *array, size_t count, double low, double high);
void array_check(const struct array *array, const struct table *table, const char *what);

/* |got - expected| within tolerance times the size of what was added up, else the test fails. (Check writes a note at every
 * assertion, so these are asserted only where they are wrong.) */
void math_near(double got, double expected, double size, double tolerance, const struct table *table, const char *what);

#endif
