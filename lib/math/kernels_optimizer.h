/* SPDX-License-Identifier: MIT */
/* Update rules of the optimizers; part of kernels_body.h. The rules are written down in thalnet/optimizer.h. Each is there several
 * times: makes the step, or only looks where it would lead; with averages and without. All make the same bits: of a sum of two
 * products a compiler may fuse either, so the source says which. */
#include <thalnet/optimizer.h>

/* Numbers of some parameters, after a rule. */
typedef struct thalnet__updated {
  thalnet__v m, v, w;
} thalnet__updated;

THALNET__INLINE thalnet__updated THALNET__KERNEL(rule)(const int32_t kind, const thalnet__update *u,
                                                       thalnet__v gradient, thalnet__updated at) {
  const thalnet__v rate = thalnet__v_set(u->rate);
  if (kind == THALNET_SGD) {
    at.m = thalnet__v_set(u->momentum) * at.m + gradient;
    at.w -= rate * at.m;
    return at;
  }
  at.v = thalnet__v_fused(thalnet__v_set(u->beta2), at.v, thalnet__v_set(1 - u->beta2) * gradient * gradient);
  if (kind == THALNET_RMSPROP) {
    const thalnet__v size = thalnet__v_sqrt(at.v) + thalnet__v_set(u->epsilon);
    at.m = thalnet__v_fused(thalnet__v_set(u->momentum), at.m, gradient * thalnet__v_inverse(size));
    at.w -= rate * at.m;
  } else {
    const thalnet__v size =
        thalnet__v_sqrt(at.v) * thalnet__v_sqrt(thalnet__v_set(u->correction2)) + thalnet__v_set(u->epsilon);
    at.m = thalnet__v_fused(thalnet__v_set(u->beta1), at.m, thalnet__v_set(1 - u->beta1) * gradient);
    at.w -= thalnet__v_fused(thalnet__v_set(u->decoupled), at.w,
                             rate * (at.m * thalnet__v_set(u->correction1)) * thalnet__v_inverse(size));
  }
  return at;
}

/* One vector at number i. */
THALNET__INLINE thalnet__updated THALNET__KERNEL(update_at)(const int32_t kind, const thalnet__update *u,
                                                            const thalnet__moments *p, size_t i, size_t left) {
  const thalnet__v zero = thalnet__v_set(0);
  const thalnet__updated at = {.m = THALNET__KERNEL(load)(p->first + i, left),
                               .v = kind == THALNET_SGD ? zero : THALNET__KERNEL(load)(p->second + i, left),
                               .w = THALNET__KERNEL(load)(p->parameter + i, left)};
  const thalnet__v gradient = thalnet__v_fused(thalnet__v_set(u->scale), THALNET__KERNEL(load)(p->gradient + i, left),
                                               thalnet__v_set(u->decay) * at.w);
  return THALNET__KERNEL(rule)(kind, u, gradient, at);
}

/* The average with the weight w in it. */
static inline thalnet__v THALNET__KERNEL(average_at)(const thalnet__update *u, const thalnet__moments *p, size_t i,
                                                     size_t left, thalnet__v w) {
  const thalnet__v before = THALNET__KERNEL(load)(p->average + i, left);
  return before + thalnet__v_set(u->average) * (w - before);
}

THALNET__INLINE void THALNET__KERNEL(make_step)(const int32_t kind, const int averages, size_t n,
                                                const thalnet__update *update, const thalnet__moments *moments) {
  const thalnet__update u = *update;
  const thalnet__moments p = *moments;
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__updated made = THALNET__KERNEL(update_at)(kind, &u, &p, i, n - i);
    THALNET__KERNEL(store)(p.first + i, made.m, n - i);
    if (kind != THALNET_SGD) THALNET__KERNEL(store)(p.second + i, made.v, n - i);
    THALNET__KERNEL(store)(p.parameter + i, made.w, n - i);
    if (averages) THALNET__KERNEL(store)(p.average + i, THALNET__KERNEL(average_at)(&u, &p, i, n - i, made.w), n - i);
  }
}

/* The largest |w| that the step would lead to; NaN where anything would not be finite. */
THALNET__INLINE real THALNET__KERNEL(try_step)(const int32_t kind, const int averages, size_t n,
                                               const thalnet__update *update, const thalnet__moments *moments) {
  const thalnet__update u = *update;
  const thalnet__moments p = *moments;
  const thalnet__v zero = thalnet__v_set(0);
  thalnet__v largest = zero, wrong = zero; /* 0, or NaN as soon as anything is not finite */
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__updated made = THALNET__KERNEL(update_at)(kind, &u, &p, i, n - i);
    thalnet__v bad = made.m * zero + made.v * zero + made.w * zero;
    if (averages) bad += THALNET__KERNEL(average_at)(&u, &p, i, n - i, made.w) * zero;
    wrong += THALNET__KERNEL(only)(bad, n - i, 0);
    largest = thalnet__v_at_least(THALNET__KERNEL(only)(thalnet__v_abs(made.w), n - i, 0), largest);
  }
  return thalnet__v_largest(largest) + thalnet__v_sum(wrong);
}

/* A loop of its own for every kind, with averages and without. */
#define THALNET__BY_KIND(call, ...)                                                                                    \
  switch (kind) {                                                                                                      \
  case THALNET_SGD: call(THALNET_SGD, __VA_ARGS__); break;                                                             \
  case THALNET_RMSPROP: call(THALNET_RMSPROP, __VA_ARGS__); break;                                                     \
  default: call(THALNET_ADAM, __VA_ARGS__);                                                                            \
  }

static void THALNET__KERNEL(update)(int32_t kind, size_t n, const thalnet__update *update,
                                    const thalnet__moments *moments) {
  if (moments->average == NULL)
    THALNET__BY_KIND(THALNET__KERNEL(make_step), 0, n, update, moments)
  else
    THALNET__BY_KIND(THALNET__KERNEL(make_step), 1, n, update, moments)
}

static real THALNET__KERNEL(try_update)(int32_t kind, size_t n, const thalnet__update *update,
                                        const thalnet__moments *moments) {
  real largest;
  if (moments->average == NULL)
    THALNET__BY_KIND(largest = THALNET__KERNEL(try_step), 0, n, update, moments)
  else
    THALNET__BY_KIND(largest = THALNET__KERNEL(try_step), 1, n, update, moments)
  return largest;
}

#undef THALNET__BY_KIND
