/* SPDX-License-Identifier: MIT */
#include "core/floating.h"

#if defined(__SSE__) || defined(__x86_64__)

#include <xmmintrin.h>

/* Exceptions masked, nearest rounding, FTZ (0x8000) and DAZ (0x0040). */
enum { THALNET__MXCSR = 0x1f80 | 0x8000 | 0x0040 };

thalnet__floating thalnet__floating_enter(void) {
  thalnet__floating mode = {_mm_getcsr()};
  _mm_setcsr(THALNET__MXCSR);
  return mode;
}

void thalnet__floating_leave(thalnet__floating mode) { _mm_setcsr((unsigned int)mode.saved); }

#elif defined(__aarch64__)

thalnet__floating thalnet__floating_enter(void) {
  thalnet__floating mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode.saved));
  uint64_t flush = (uint64_t)1 << 24; /* FZ; rounding bits zero: to nearest */
  __asm__ volatile("msr fpcr, %0" : : "r"(flush));
  return mode;
}

void thalnet__floating_leave(thalnet__floating mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode.saved)); }

#else

#include <fenv.h>

thalnet__floating thalnet__floating_enter(void) {
  thalnet__floating mode = {(uint64_t)fegetround()};
  fesetround(FE_TONEAREST);
  return mode;
}

void thalnet__floating_leave(thalnet__floating mode) { fesetround((int)mode.saved); }

#endif
