/* SPDX-License-Identifier: MIT */
#define THALNET__KERNEL(name) thalnet__##name##_avx512
#include "math/kernels_body.h"
