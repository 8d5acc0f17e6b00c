/* SPDX-License-Identifier: MIT */
/* With the vectors that every processor of the kind has: on 64-bit ARM that is NEON, and our products are good ones; elsewhere
 * CBLAS knows better, where there is one. */
#if defined(__aarch64__) || !defined(THALNET_BLAS_CBLAS)
#define THALNET__TILES 1
#endif
#define THALNET__KERNEL(name) thalnet__##name##_portable
#include "math/kernels_body.h"
