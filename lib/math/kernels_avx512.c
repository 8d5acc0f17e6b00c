/* SPDX-License-Identifier: MIT */
#define THALNET__SIMD_AVX512 1
#define THALNET__TILES 1
#define THALNET__KERNEL(name) thalnet__##name##_avx512
#include "math/kernels_body.h"
