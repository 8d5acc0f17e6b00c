/* SPDX-License-Identifier: MIT */
#include "core/floating.h"

#include <errno.h>

#if defined(__SSE__) || defined(__x86_64__)

#include <xmmintrin.h>

/* Exceptions masked, nearest rounding, FTZ (0x8000) and DAZ (0x0040). */
enum { THALNET__MXCSR = 0x1f80 | 0x8000 | 0x0040 };

static uint64_t thalnet__set_our_mode(void) {
  const uint64_t before = _mm_getcsr();
  _mm_setcsr(THALNET__MXCSR);
  return before;
}

static void thalnet__set_mode(uint64_t mode) { _mm_setcsr((unsigned int)mode); }

#elif defined(__aarch64__)

static uint64_t thalnet__set_our_mode(void) {
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  uint64_t flush = (uint64_t)1 << 24; /* FZ; rounding bits zero: to nearest */
  __asm__ volatile("msr fpcr, %0" : : "r"(flush));
  return before;
}

static void thalnet__set_mode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }

#else

#include <fenv.h>

static uint64_t thalnet__set_our_mode(void) {
  const uint64_t before = (uint64_t)fegetround();
  fesetround(FE_TONEAREST);
  return before;
}

static void thalnet__set_mode(uint64_t mode) { fesetround((int)mode); }

#endif

thalnet__floating thalnet__floating_enter(void) {
  const int error = errno;
  return (thalnet__floating){thalnet__set_our_mode(), error};
}

void thalnet__floating_leave(thalnet__floating mode) {
  thalnet__set_mode(mode.saved);
  errno = mode.error;
}
