/* SPDX-License-Identifier: MIT */
/* The built-in products: no library needed, the same bits on every machine, and slow only by a small factor. Every element is
 * summed over k in rising order, whatever the number of rows. */
#include "math/multiply.h"

#ifndef THALNET_BLAS_CBLAS

#include <string.h>

static void thalnet__start(size_t m, size_t n, real beta, real *c, size_t ldc) {
  for (size_t i = 0; i < m && n > 0 && beta == 0; i++) memset(c + i * ldc, 0, n * sizeof *c);
}

/* y += scale x: the inner loop of two of the products, and what the compiler vectorises */
static void thalnet__accumulate(size_t n, real scale, const real *restrict x, real *restrict y) {
  for (size_t j = 0; j < n; j++) y[j] += scale * x[j];
}

void thalnet__multiply_nt(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  thalnet__start(m, n, beta, c, ldc);
  if (n == 0 || k == 0) return;
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < n; j++) {
      real sum = c[i * ldc + j];
      for (size_t p = 0; p < k; p++) sum += a[i * lda + p] * b[j * ldb + p];
      c[i * ldc + j] = sum;
    }
}

void thalnet__multiply_nn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  thalnet__start(m, n, beta, c, ldc);
  if (n == 0 || k == 0) return;
  for (size_t i = 0; i < m; i++)
    for (size_t p = 0; p < k; p++) thalnet__accumulate(n, a[i * lda + p], b + p * ldb, c + i * ldc);
}

void thalnet__multiply_tn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  thalnet__start(m, n, beta, c, ldc);
  if (n == 0 || k == 0) return;
  for (size_t p = 0; p < k; p++)
    for (size_t i = 0; i < m; i++) thalnet__accumulate(n, a[p * lda + i], b + p * ldb, c + i * ldc);
}

#else

/* ISO C wants something in every file; the products are in multiply_cblas.c. */
typedef int thalnet__no_reference;

#endif
