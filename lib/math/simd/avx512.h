/* SPDX-License-Identifier: MIT */
/* AVX-512: 16 floats; parts of a vector by mask registers. */
#include <immintrin.h>

#define THALNET__V_WIDTH 16
#define THALNET__V_ROWS 14 /* of a product's tile: 14 x 2 sums, 2 weights and a broadcast value in 32 registers */

typedef __m512 thalnet__v;
typedef __mmask16 thalnet__v_part;

static inline thalnet__v_part thalnet__v_first(size_t count) {
  return (__mmask16)(count >= 16 ? 0xffffu : (1u << count) - 1);
}
static inline thalnet__v thalnet__v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void thalnet__v_store(float *p, thalnet__v x) { _mm512_storeu_ps(p, x); }
static inline thalnet__v thalnet__v_load_part(const float *p, thalnet__v_part part) {
  return _mm512_maskz_loadu_ps(part, p);
}
static inline void thalnet__v_store_part(float *p, thalnet__v x, thalnet__v_part part) {
  _mm512_mask_storeu_ps(p, part, x);
}
/* x in the part, `other` in the other lanes */
static inline thalnet__v thalnet__v_keep(thalnet__v x, thalnet__v_part part, thalnet__v other) {
  return _mm512_mask_blend_ps(part, other, x);
}
static inline thalnet__v thalnet__v_set(float x) { return _mm512_set1_ps(x); }
/* a b + c, rounded once. Where bits must not depend on the code around it: whether a compiler fuses a product and a sum does. */
static inline thalnet__v thalnet__v_fused(thalnet__v a, thalnet__v b, thalnet__v c) { return _mm512_fmadd_ps(a, b, c); }
static inline thalnet__v thalnet__v_count(void) {
  return _mm512_set_ps(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}
/* x where it is above low (or is not a number), else low; and the same from above */
static inline thalnet__v thalnet__v_at_least(thalnet__v x, thalnet__v low) { return _mm512_max_ps(low, x); }
static inline thalnet__v thalnet__v_at_most(thalnet__v x, thalnet__v high) { return _mm512_min_ps(high, x); }
/* 1 / x, for normal results: an estimate and one step of Newton's, several times faster than a division */
static inline thalnet__v thalnet__v_inverse(thalnet__v x) {
  const thalnet__v estimate = _mm512_rcp14_ps(x);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(x, estimate, _mm512_set1_ps(1)), estimate, estimate);
}
static inline thalnet__v thalnet__v_sqrt(thalnet__v x) { return _mm512_sqrt_ps(x); }
static inline thalnet__v thalnet__v_abs(thalnet__v x) { return _mm512_abs_ps(x); }
/* a < b ? yes : no */
static inline thalnet__v thalnet__v_below(thalnet__v a, thalnet__v b, thalnet__v yes, thalnet__v no) {
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
/* the size of one and the sign of the other */
static inline thalnet__v thalnet__v_sign(thalnet__v size, thalnet__v sign) {
  const __m512i bit = _mm512_set1_epi32((int)0x80000000u);
  return _mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(bit, _mm512_castps_si512(sign), _mm512_castps_si512(size), 0xca));
}
#define THALNET__V_SCALES 1
static inline thalnet__v thalnet__v_round(thalnet__v x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT); }
static inline thalnet__v thalnet__v_scale(thalnet__v p, thalnet__v n) { return _mm512_scalef_ps(p, n); }
/* 2^n from a number whose low bits hold n */
static inline thalnet__v thalnet__v_power(thalnet__v shifted) {
  const __m512i bits = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
  return _mm512_castsi512_ps(_mm512_add_epi32(bits, _mm512_set1_epi32(0x3f800000)));
}
/* of all lanes, in a fixed order */
static inline float thalnet__v_sum(thalnet__v x) { return _mm512_reduce_add_ps(x); }
static inline float thalnet__v_largest(thalnet__v x) { return _mm512_reduce_max_ps(x); }

/* 8 numbers of 64 bits. */
#define THALNET__W_WIDTH 8
typedef unsigned long long thalnet__w __attribute__((vector_size(64)));
static inline thalnet__w thalnet__w_set(uint64_t x) { return (thalnet__w)_mm512_set1_epi64((long long)x); }
static inline thalnet__w thalnet__w_count(void) { return (thalnet__w)_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0); }
static inline thalnet__w thalnet__w_multiply(thalnet__w a, thalnet__w b) {
  return (thalnet__w)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}
static inline void thalnet__w_store(uint32_t *to, thalnet__w a, thalnet__w b, thalnet__w c, thalnet__w d) {
  const __m512i ab = (__m512i)(a | b << 32), cd = (__m512i)(c | d << 32);
  const __m512i near = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), far = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
  _mm512_storeu_si512(to, _mm512_permutex2var_epi64(ab, near, cd));
  _mm512_storeu_si512(to + 16, _mm512_permutex2var_epi64(ab, far, cd));
}
