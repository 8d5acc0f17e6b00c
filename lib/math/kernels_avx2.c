/* SPDX-License-Identifier: MIT */
#define THALNET__KERNEL(name) thalnet__##name##_avx2
#include "math/kernels_body.h"
