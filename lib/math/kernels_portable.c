/* SPDX-License-Identifier: MIT */
#define THALNET__KERNEL(name) thalnet__##name##_portable
#define THALNET__KERNEL_NAME "portable"
#include "math/kernels_body.h"
