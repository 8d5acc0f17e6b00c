/* SPDX-License-Identifier: MIT */
#include "math/kernels.h"

/* Asking the CPU is a few instructions without side effects: no state, no race, always the same answer. */
const thalnet__kernels *thalnet__kernels_get(void) {
#ifdef THALNET_KERNELS_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return &thalnet__kernels_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &thalnet__kernels_avx2;
#endif
  return &thalnet__kernels_portable;
}
