/* SPDX-License-Identifier: MIT */
/* The rule for products (lib/math/matrix.h): our products of every table of kernels against BLAS by shape; medians of eleven,
 * as rows of a Markdown table. BLAS takes the better of two layouts of the weights; for gradients there is one. Which kernels
 * OpenBLAS uses is chosen by OPENBLAS_CORETYPE. */
#include <stdio.h>
#include <stdlib.h>

#include "contender.h"
#include "math/matrix.h"
#include "math/multiply.h"

enum { ROUNDS = 11, TABLES = 2 };

struct shape {
  size_t rows, columns, depth;
  int gradient;
};

static const struct shape shapes[] = {{25, 96, 32, 0},  {25, 128, 128, 0},   {13, 32, 32, 0},
                                      {1, 128, 128, 0}, {100, 1800, 400, 0}, {100, 1600, 2400, 0},
                                      {96, 32, 700, 1}, {1800, 400, 1000, 1}};

struct operands {
  struct shape shape;
  float *a, *b, *c, *kept, *scratch;
};

static void ours(const thalnet__kernels *kernels, const struct operands *o) {
  const struct shape s = o->shape;
  const thalnet__matrix matrix = {.outputs = s.columns, .inputs = s.depth};
  const thalnet__part all = {0, 1};
  if (s.gradient)
    thalnet__multiply_gradient(kernels, s.rows, s.columns, s.depth, (thalnet__const_rows){o->a, s.rows},
                               (thalnet__const_rows){o->b, s.columns}, o->c, s.columns, o->scratch, all);
  else
    thalnet__matrix_forward(kernels, &matrix, o->kept, s.rows, (thalnet__const_rows){o->a, s.depth}, 0,
                            (thalnet__rows){o->c, s.columns}, all);
}

static void blas(int layout, const struct operands *o) {
  const struct shape s = o->shape;
  if (s.gradient)
    thalnet__multiply_tn(s.rows, s.columns, s.depth, o->a, s.rows, o->b, s.columns, 1, o->c, s.columns);
  else if (layout == 0)
    thalnet__multiply_nt(s.rows, s.columns, s.depth, o->a, s.depth, o->b, s.depth, 0, o->c, s.columns);
  else
    thalnet__multiply_nn(s.rows, s.columns, s.depth, o->a, s.depth, o->b, s.columns, 0, o->c, s.columns);
}

/* GF/s of one contender: 0 and 1 are ours, 2 and 3 BLAS' layouts. */
static double measure(const thalnet__kernels *const *tables, int contender, const struct operands *o) {
  const double operations = 2.0 * (double)o->shape.rows * (double)o->shape.columns * (double)o->shape.depth;
  const size_t calls = (size_t)(1e9 / operations) + 1;
  const double start = bench_seconds();
  for (size_t i = 0; i < calls; i++)
    if (contender < TABLES)
      ours(tables[contender], o);
    else
      blas(contender - TABLES, o);
  return operations * (double)calls / (bench_seconds() - start) / 1e9;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void compare(const thalnet__kernels *const *tables, struct shape shape) {
  enum { CONTENDERS = TABLES + 2 };
  double speeds[CONTENDERS][ROUNDS], medians[CONTENDERS] = {0};
  const thalnet__matrix matrix = {.outputs = shape.columns, .inputs = shape.depth};
  struct operands o = {shape,
                       bench_allocate(shape.rows * shape.depth, sizeof(float)),
                       bench_allocate(shape.depth * shape.columns, sizeof(float)),
                       bench_allocate(shape.rows * shape.columns, sizeof(float)),
                       NULL,
                       bench_allocate(THALNET__PRODUCT_SCRATCH, sizeof(float))};
  bench_fill(o.a, shape.rows * shape.depth, -1, 1);
  bench_fill(o.b, shape.depth * shape.columns, -1, 1);
  for (int contender = 0; contender < CONTENDERS; contender++) {
    const thalnet__piece piece = {
        .outputs = shape.columns, .inputs = shape.depth, .weight = o.b, .ld = shape.depth, .scale = 1};
    if (contender < TABLES && tables[contender] == NULL) continue;
    if (contender < TABLES && !shape.gradient) {
      o.kept = bench_allocate(thalnet__matrix_size(tables[contender], &matrix), sizeof(float));
      thalnet__matrix_put(tables[contender], &matrix, &piece, o.kept, (thalnet__part){0, 1});
    }
    for (int round = 0; round < ROUNDS; round++) speeds[contender][round] = measure(tables, contender, &o);
    qsort(speeds[contender], ROUNDS, sizeof speeds[0][0], by_size);
    medians[contender] = speeds[contender][ROUNDS / 2];
    if (contender < TABLES) free(o.kept), o.kept = NULL;
  }
  printf("| %s%zu x %zu x %zu | %.0f | %.0f | %.0f |\n", shape.gradient ? "gradient " : "", shape.rows, shape.columns,
         shape.depth, medians[0], medians[1], medians[2] > medians[3] ? medians[2] : medians[3]);
  fflush(stdout);
  free(o.a), free(o.b), free(o.c), free(o.scratch);
}

int main(void) {
  const thalnet__kernels *tables[TABLES] = {NULL, NULL};
#ifdef THALNET_KERNELS_X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables[0] = &thalnet__kernels_avx2;
  if (thalnet__kernels_get() == &thalnet__kernels_avx512) tables[1] = &thalnet__kernels_avx512;
#endif
  thalnet__blas_set_threads(1);
  printf("| rows x columns x depth | ours AVX2 | ours AVX-512 | %s |\n|---|---:|---:|---:|\n", thalnet__blas_vendor());
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) compare(tables, shapes[i]);
  return 0;
}
