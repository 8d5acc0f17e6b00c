/* SPDX-License-Identifier: MIT */
/* Matrix products, row-major, for one caller's thread: the only way to BLAS. All sizes are at most INT32_MAX (checked where
 * networks and batches are made); 0 is fine. Beta is 0 or 1; with 0 the old C is not read.
 *
 *   nt:  C[m, n] = beta C + A[m, k] B[n, k]^T       outputs from inputs with weights [out, in]
 *   nn:  C[m, n] = beta C + A[m, k] B[k, n]         gradients of inputs
 *   tn:  C[m, n] = beta C + A[k, m]^T B[k, n]       gradients of weights
 *
 * lda, ldb, ldc: elements from one row to the next. */
#ifndef THALNET_MATH_MULTIPLY_H
#define THALNET_MATH_MULTIPLY_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"
#include "core/status.h"

void thalnet__multiply_nt(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc);
void thalnet__multiply_nn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc);
void thalnet__multiply_tn(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, real beta,
                          real *c, size_t ldc);

/* Which library it is; set by the build. */
#ifndef THALNET_BLAS_VENDOR
#define THALNET_BLAS_VENDOR "reference"
#endif

/* BLAS' own threads: see thalnet/host.h. */
const char *thalnet__blas_vendor(void);
thalnet_status thalnet__blas_set_threads(int threads); /* UNSUPPORTED where there is no such call */
int thalnet__blas_get_threads(void);                   /* 0 where it cannot be asked */

#endif
