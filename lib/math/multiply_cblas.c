/* SPDX-License-Identifier: MIT */
/* Products by CBLAS. The enumerators are passed as they are: their type's name differs between BLAS libraries. */
#include "math/multiply.h"

#ifdef THALNET_BLAS_CBLAS

#include <cblas.h>
#include <string.h>

/* Nothing to add up: BLAS libraries differ in what they take for leading dimensions then. */
static int thalnet__is_empty(size_t m, size_t n, size_t k, real beta, real *c, size_t ldc) {
  if (m != 0 && n != 0 && k != 0) return 0;
  for (size_t i = 0; i < m && n > 0; i++)
    if (beta == 0) memset(c + i * ldc, 0, n * sizeof *c);
  return 1;
}

void thalnet__multiply_nt(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  if (thalnet__is_empty(m, n, k, beta, c, ldc)) return;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c,
              (int)ldc);
}

void thalnet__multiply_nn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  if (thalnet__is_empty(m, n, k, beta, c, ldc)) return;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c,
              (int)ldc);
}

void thalnet__multiply_tn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc) {
  if (thalnet__is_empty(m, n, k, beta, c, ldc)) return;
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, beta, c,
              (int)ldc);
}

#else

/* ISO C wants something in every file; the products are in multiply_reference.c. */
typedef int thalnet__no_cblas;

#endif
