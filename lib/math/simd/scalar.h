/* SPDX-License-Identifier: MIT */
/* One number at a time: the double-precision build of the tests, and compilers without GNU vectors. */
#include <math.h>

#define THALNET__V_WIDTH 1
#define THALNET__V_ROWS 4

typedef real thalnet__v;
typedef int thalnet__v_part;

static inline thalnet__v_part thalnet__v_first(size_t count) { return count > 0; }
static inline thalnet__v thalnet__v_load(const real *p) { return *p; }
static inline void thalnet__v_store(real *p, thalnet__v x) { *p = x; }
static inline thalnet__v thalnet__v_load_part(const real *p, thalnet__v_part part) { return part ? *p : 0; }
static inline void thalnet__v_store_part(real *p, thalnet__v x, thalnet__v_part part) {
  if (part) *p = x;
}
static inline thalnet__v thalnet__v_keep(thalnet__v x, thalnet__v_part part, thalnet__v other) {
  return part ? x : other;
}
static inline thalnet__v thalnet__v_set(real x) { return x; }
static inline thalnet__v thalnet__v_fused(thalnet__v a, thalnet__v b, thalnet__v c) { return a * b + c; }
static inline thalnet__v thalnet__v_count(void) { return 0; }
static inline thalnet__v thalnet__v_below(thalnet__v a, thalnet__v b, thalnet__v yes, thalnet__v no) {
  return a < b ? yes : no;
}
static inline thalnet__v thalnet__v_at_least(thalnet__v x, thalnet__v low) { return x < low ? low : x; }
static inline thalnet__v thalnet__v_at_most(thalnet__v x, thalnet__v high) { return x > high ? high : x; }
static inline thalnet__v thalnet__v_inverse(thalnet__v x) { return thalnet__v_set(1) / x; }
static inline thalnet__v thalnet__v_sqrt(thalnet__v x) { return (real)sqrt((double)x); }
static inline thalnet__v thalnet__v_abs(thalnet__v x) { return x < 0 ? -x : x; }
static inline thalnet__v thalnet__v_sign(thalnet__v size, thalnet__v sign) {
  return (real)copysign((double)size, (double)sign);
}
static inline real thalnet__v_sum(thalnet__v x) { return x; }
static inline real thalnet__v_largest(thalnet__v x) { return x; }
