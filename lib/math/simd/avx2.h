/* SPDX-License-Identifier: MIT */
/* AVX2 with FMA: 8 floats. Masked stores are slow on some processors: only parts of a vector use them. */
#include <immintrin.h>

#define THALNET__V_WIDTH 8
#define THALNET__V_ROWS 6 /* of a product's tile: 6 x 2 sums, 2 weights and a broadcast value in 16 registers */

typedef __m256 thalnet__v;
typedef struct thalnet__v_part {
  __m256i mask;
  int full;
} thalnet__v_part;

static inline thalnet__v_part thalnet__v_first(size_t count) {
  const __m256i lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  const int full = count >= 8;
  return (thalnet__v_part){_mm256_cmpgt_epi32(_mm256_set1_epi32(full ? 8 : (int)count), lanes), full};
}
static inline thalnet__v thalnet__v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void thalnet__v_store(float *p, thalnet__v x) { _mm256_storeu_ps(p, x); }
static inline thalnet__v thalnet__v_load_part(const float *p, thalnet__v_part part) {
  return part.full ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, part.mask);
}
static inline void thalnet__v_store_part(float *p, thalnet__v x, thalnet__v_part part) {
  if (part.full)
    _mm256_storeu_ps(p, x);
  else
    _mm256_maskstore_ps(p, part.mask, x);
}
static inline thalnet__v thalnet__v_keep(thalnet__v x, thalnet__v_part part, thalnet__v other) {
  return _mm256_blendv_ps(other, x, _mm256_castsi256_ps(part.mask));
}
static inline thalnet__v thalnet__v_set(float x) { return _mm256_set1_ps(x); }
static inline thalnet__v thalnet__v_fused(thalnet__v a, thalnet__v b, thalnet__v c) { return _mm256_fmadd_ps(a, b, c); }
static inline thalnet__v thalnet__v_count(void) { return _mm256_set_ps(7, 6, 5, 4, 3, 2, 1, 0); }
static inline thalnet__v thalnet__v_at_least(thalnet__v x, thalnet__v low) { return _mm256_max_ps(low, x); }
static inline thalnet__v thalnet__v_at_most(thalnet__v x, thalnet__v high) { return _mm256_min_ps(high, x); }
static inline thalnet__v thalnet__v_inverse(thalnet__v x) { return _mm256_div_ps(_mm256_set1_ps(1), x); }
static inline thalnet__v thalnet__v_sqrt(thalnet__v x) { return _mm256_sqrt_ps(x); }
static inline thalnet__v thalnet__v_abs(thalnet__v x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline thalnet__v thalnet__v_below(thalnet__v a, thalnet__v b, thalnet__v yes, thalnet__v no) {
  return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
static inline thalnet__v thalnet__v_sign(thalnet__v size, thalnet__v sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return _mm256_or_ps(_mm256_andnot_ps(bit, size), _mm256_and_ps(bit, sign));
}
static inline thalnet__v thalnet__v_power(thalnet__v shifted) {
  const __m256i bits = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(bits, _mm256_set1_epi32(0x3f800000)));
}
static inline float thalnet__v_sum(thalnet__v x) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}
static inline float thalnet__v_largest(thalnet__v x) {
  __m128 largest = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  largest = _mm_max_ps(largest, _mm_movehl_ps(largest, largest));
  return _mm_cvtss_f32(_mm_max_ss(largest, _mm_movehdup_ps(largest)));
}

/* 4 numbers of 64 bits. */
#define THALNET__W_WIDTH 4
typedef unsigned long long thalnet__w __attribute__((vector_size(32)));
static inline thalnet__w thalnet__w_set(uint64_t x) { return (thalnet__w)_mm256_set1_epi64x((long long)x); }
static inline thalnet__w thalnet__w_count(void) { return (thalnet__w)_mm256_set_epi64x(3, 2, 1, 0); }
static inline thalnet__w thalnet__w_multiply(thalnet__w a, thalnet__w b) {
  return (thalnet__w)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
static inline void thalnet__w_store(uint32_t *to, thalnet__w a, thalnet__w b, thalnet__w c, thalnet__w d) {
  const __m256i ab = (__m256i)(a | b << 32), cd = (__m256i)(c | d << 32);
  const __m256i even = _mm256_unpacklo_epi64(ab, cd), odd = _mm256_unpackhi_epi64(ab, cd);
  _mm256_storeu_si256((__m256i *)(void *)to, _mm256_permute2x128_si256(even, odd, 0x20));
  _mm256_storeu_si256((__m256i *)(void *)(to + 8), _mm256_permute2x128_si256(even, odd, 0x31));
}
