/* SPDX-License-Identifier: MIT */
/* GNU vectors of 4 floats: SSE2 on x86-64, NEON on 64-bit ARM, and what the compiler makes of them elsewhere. */
#include <math.h>
#include <string.h>
#ifdef __aarch64__
#include <arm_neon.h>
#endif

#define THALNET__V_WIDTH 4
#ifdef __aarch64__
#define THALNET__V_ROWS 12 /* of a product's tile: 12 x 2 sums, 2 weights and a broadcast value in 32 registers */
#else
#define THALNET__V_ROWS 6 /* in 16 registers */
#endif

typedef float thalnet__v __attribute__((vector_size(16)));
typedef int32_t thalnet__v_bits __attribute__((vector_size(16)));
typedef size_t thalnet__v_part; /* how many of the lanes */

static inline thalnet__v_part thalnet__v_first(size_t count) { return count < 4 ? count : 4; }
static inline thalnet__v thalnet__v_load(const float *p) {
  thalnet__v x;
  memcpy(&x, p, sizeof x);
  return x;
}
static inline void thalnet__v_store(float *p, thalnet__v x) { memcpy(p, &x, sizeof x); }
/* No loops over lanes: the compiler would call memcpy for them, and keep a product's sums in memory because of it. */
static inline thalnet__v thalnet__v_load_part(const float *p, thalnet__v_part part) {
  if (part == 4) return thalnet__v_load(p);
  return (thalnet__v){part > 0 ? p[0] : 0, part > 1 ? p[1] : 0, part > 2 ? p[2] : 0, 0};
}
static inline void thalnet__v_store_part(float *p, thalnet__v x, thalnet__v_part part) {
  if (part == 4) {
    thalnet__v_store(p, x);
    return;
  }
  if (part > 0) p[0] = x[0];
  if (part > 1) p[1] = x[1];
  if (part > 2) p[2] = x[2];
}
static inline thalnet__v thalnet__v_set(float x) { return (thalnet__v){x, x, x, x}; }
#ifdef __aarch64__
static inline thalnet__v thalnet__v_fused(thalnet__v a, thalnet__v b, thalnet__v c) { return vfmaq_f32(c, a, b); }
#else /* rounded twice: compiled without fusing */
static inline thalnet__v thalnet__v_fused(thalnet__v a, thalnet__v b, thalnet__v c) { return a * b + c; }
#endif
static inline thalnet__v thalnet__v_count(void) { return (thalnet__v){0, 1, 2, 3}; }
static inline thalnet__v thalnet__v_choose(thalnet__v_bits which, thalnet__v yes, thalnet__v no) {
  return (thalnet__v)((which & (thalnet__v_bits)yes) | (~which & (thalnet__v_bits)no));
}
static inline thalnet__v thalnet__v_keep(thalnet__v x, thalnet__v_part part, thalnet__v other) {
  const thalnet__v_bits lanes = {0, 1, 2, 3}, count = {(int32_t)part, (int32_t)part, (int32_t)part, (int32_t)part};
  return thalnet__v_choose(lanes < count, x, other);
}
static inline thalnet__v thalnet__v_below(thalnet__v a, thalnet__v b, thalnet__v yes, thalnet__v no) {
  return thalnet__v_choose(a < b, yes, no);
}
static inline thalnet__v thalnet__v_at_least(thalnet__v x, thalnet__v low) {
  return thalnet__v_choose(x < low, low, x);
}
static inline thalnet__v thalnet__v_at_most(thalnet__v x, thalnet__v high) {
  return thalnet__v_choose(x > high, high, x);
}
static inline thalnet__v thalnet__v_inverse(thalnet__v x) { return thalnet__v_set(1) / x; }
static inline thalnet__v thalnet__v_sqrt(thalnet__v x) {
  return (thalnet__v){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
}
static inline thalnet__v thalnet__v_sign(thalnet__v size, thalnet__v sign) {
  const thalnet__v_bits bit = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
  return thalnet__v_choose(bit, sign, size);
}
static inline thalnet__v thalnet__v_abs(thalnet__v x) { return thalnet__v_sign(x, thalnet__v_set(0)); }
static inline thalnet__v thalnet__v_power(thalnet__v shifted) {
  typedef uint32_t bits __attribute__((vector_size(16)));
  return (thalnet__v)(((bits)shifted << 23) + 0x3f800000u);
}
static inline float thalnet__v_sum(thalnet__v x) { return (x[0] + x[2]) + (x[1] + x[3]); }
static inline float thalnet__v_largest(thalnet__v x) {
  const float a = x[0] > x[2] ? x[0] : x[2], b = x[1] > x[3] ? x[1] : x[3];
  return a > b ? a : b;
}
