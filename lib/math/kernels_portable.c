/* SPDX-License-Identifier: MIT */
#define THALNET__KERNEL(name) thalnet__##name##_portable
#include "math/kernels_body.h"
