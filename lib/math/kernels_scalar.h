/* SPDX-License-Identifier: MIT */
/* exp, tanh and the logistic function as straight-line code, which compilers turn into vector instructions inside loops. In
 * float within 4 units in the last place; in double (the gradient tests) libm's own. */
#ifndef THALNET_MATH_KERNELS_SCALAR_H
#define THALNET_MATH_KERNELS_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/real.h"

#ifdef THALNET_DOUBLE

static inline real thalnet__exp(real x) { return exp(x); }
static inline real thalnet__tanh(real x) { return tanh(x); }
static inline real thalnet__sqrt(real x) { return sqrt(x); }

#else

/* exp(x) = 2^n exp(r), |r| <= ln 2 / 2. Below -87 the result is that of -87, above 88 that of 88: finite and normal, which is
 * all that gates and softmaxes ask. NaN stays NaN. */
static inline real thalnet__exp(real x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
  float shifted = x * 1.44269504f + shift;
  float n = shifted - shift;
  float r = x - n * 0.693359375f; /* ln 2 in two parts, the first exact in few bits */
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  uint32_t
      bits; /* the integer is in the low bits of the shifted number; NaN gives some scale, and NaN times it is NaN */
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3f800000u;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/* Near zero an odd polynomial, elsewhere 1 - 2 / (exp(2|x|) + 1); both are computed, one is chosen. */
static inline real thalnet__tanh(real x) {
  float size = fabsf(x), square = x * x;
  float p = -5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  float near = p * square * x + x;
  float far = 1.0f - 2.0f / (thalnet__exp(2.0f * size) + 1.0f);
  far = x < 0.0f ? -far : far;
  return size < 0.625f ? near : far;
}

static inline real thalnet__sqrt(real x) { return sqrtf(x); }

#endif

static inline real thalnet__sigmoid(real x) { return 1 / (1 + thalnet__exp(-x)); }

#endif
