/* SPDX-License-Identifier: MIT */
/* Vectors of real numbers, one kind a file that includes this: THALNET__SIMD names it. Arithmetic is + - * /; the rest are the
 * functions thalnet__v_*. A vector at the end of a row is a part of one: the lanes beyond are 0 when loaded, and not stored.
 * thalnet__w is a vector of integers of 64 bits, with + ^ & and shifts; thalnet__w_multiply is the whole product of two that are
 * below 2^32, thalnet__w_store writes four such vectors lane by lane. exp, tanh and the logistic function: within 4 units in the last place; in double (the gradient tests) libm's own. */
#ifndef THALNET_MATH_SIMD_SIMD_H
#define THALNET_MATH_SIMD_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

/* Loops of few rounds whose numbers stay in registers, and functions that are expanded with constant arguments. */
#if defined(__clang__)
#define THALNET__UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define THALNET__UNROLL _Pragma("GCC unroll 16")
#else
#define THALNET__UNROLL
#endif
#ifdef __GNUC__
#define THALNET__INLINE static inline __attribute__((always_inline))
#else
#define THALNET__INLINE static inline
#endif

#if defined(THALNET__SIMD_AVX512)
#include "math/simd/avx512.h"
#elif defined(THALNET__SIMD_AVX2)
#include "math/simd/avx2.h"
#elif defined(__GNUC__) && !defined(THALNET_DOUBLE)
#include "math/simd/generic.h"
#else
#include "math/simd/scalar.h"
#define THALNET__V_SCALAR 1
#endif

#ifndef THALNET__W_WIDTH
#define THALNET__W_WIDTH 1
typedef uint64_t thalnet__w;
static inline thalnet__w thalnet__w_set(uint64_t x) { return x; }
static inline thalnet__w thalnet__w_count(void) { return 0; }
static inline thalnet__w thalnet__w_multiply(thalnet__w a, thalnet__w b) { return a * b; }
static inline void thalnet__w_store(uint32_t *to, thalnet__w a, thalnet__w b, thalnet__w c, thalnet__w d) {
  to[0] = (uint32_t)a;
  to[1] = (uint32_t)b;
  to[2] = (uint32_t)c;
  to[3] = (uint32_t)d;
}
#endif

#if defined(THALNET__V_SCALAR) && defined(THALNET_DOUBLE)

static inline thalnet__v thalnet__v_exp(thalnet__v x) { return exp(x); }
static inline thalnet__v thalnet__v_tanh(thalnet__v x) { return tanh(x); }
static inline thalnet__v thalnet__v_exp2(thalnet__v x) { return exp2(x); }

#else

#ifdef THALNET__V_SCALAR
#include <string.h>
static inline thalnet__v thalnet__v_power(thalnet__v shifted) {
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3f800000u;
  memcpy(&shifted, &bits, sizeof bits);
  return shifted;
}
#endif

#ifndef THALNET__V_SCALES
/* To the nearest integer, and p 2^n; |x| and |n| are far below 2^22. */
static inline thalnet__v thalnet__v_round(thalnet__v x) {
  const thalnet__v shift = thalnet__v_set(12582912.0f); /* 1.5 * 2^23 */
  return (x + shift) - shift;
}
static inline thalnet__v thalnet__v_scale(thalnet__v p, thalnet__v n) {
  return p * thalnet__v_power(thalnet__v_at_least(n, thalnet__v_set(-127.0f)) + thalnet__v_set(12582912.0f));
}
#endif

/* exp(x) = 2^n exp(r), |r| <= ln 2 / 2. Below -87 the result is that of -87, above 87 that of 87: finite and normal, which is
 * all that gates and softmaxes ask. NaN stays NaN. */
static inline thalnet__v thalnet__v_exp(thalnet__v x) {
  x = thalnet__v_at_most(thalnet__v_at_least(x, thalnet__v_set(-87.0f)), thalnet__v_set(87.0f));
  const thalnet__v shift = thalnet__v_set(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer */
  const thalnet__v shifted = x * thalnet__v_set(1.44269504f) + shift;
  const thalnet__v n = shifted - shift;
  thalnet__v r = x - n * thalnet__v_set(0.693359375f); /* ln 2 in two parts, the first exact in few bits */
  r = r + n * thalnet__v_set(2.12194440e-4f);
  thalnet__v p = thalnet__v_set(1.9875691500e-4f);
  p = p * r + thalnet__v_set(1.3981999507e-3f);
  p = p * r + thalnet__v_set(8.3334519073e-3f);
  p = p * r + thalnet__v_set(4.1665795894e-2f);
  p = p * r + thalnet__v_set(1.6666665459e-1f);
  p = p * r + thalnet__v_set(5.0000001201e-1f);
  p = p * (r * r) + (r + thalnet__v_set(1.0f));
  return p * thalnet__v_power(shifted);
}

/* 2^x for x <= 0; the error is that of a float's x. Far below -126 it is 0. */
static inline thalnet__v thalnet__v_exp2(thalnet__v x) {
  x = thalnet__v_at_least(x, thalnet__v_set(-1000.0f));
  const thalnet__v n = thalnet__v_round(x), f = x - n;
  thalnet__v p = thalnet__v_set(1.54035304e-4f);
  p = p * f + thalnet__v_set(1.33335581e-3f);
  p = p * f + thalnet__v_set(9.61812911e-3f);
  p = p * f + thalnet__v_set(5.55041087e-2f);
  p = p * f + thalnet__v_set(2.40226507e-1f);
  p = p * f + thalnet__v_set(6.93147181e-1f);
  p = p * f + thalnet__v_set(1.0f);
  return thalnet__v_scale(p, n);
}

/* Near zero an odd polynomial, elsewhere 1 - 2 / (exp(2|x|) + 1); both are computed, one is chosen. */
static inline thalnet__v thalnet__v_tanh(thalnet__v x) {
  const thalnet__v size = thalnet__v_abs(x), square = x * x, one = thalnet__v_set(1.0f);
  thalnet__v p = thalnet__v_set(-5.70498872745e-3f);
  p = p * square + thalnet__v_set(2.06390887954e-2f);
  p = p * square - thalnet__v_set(5.37397155531e-2f);
  p = p * square + thalnet__v_set(1.33314422036e-1f);
  p = p * square - thalnet__v_set(3.33332819422e-1f);
  const thalnet__v near = p * square * x + x;
  const thalnet__v far = one - thalnet__v_set(2.0f) * thalnet__v_inverse(thalnet__v_exp(size + size) + one);
  return thalnet__v_below(size, thalnet__v_set(0.625f), near, thalnet__v_sign(far, x));
}

#endif

static inline thalnet__v thalnet__v_sigmoid(thalnet__v x) {
  const thalnet__v one = thalnet__v_set(1);
  return thalnet__v_inverse(one + thalnet__v_exp(thalnet__v_set(0) - x));
}

#endif
