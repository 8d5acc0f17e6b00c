/* SPDX-License-Identifier: MIT */
/* The Gaussian reader: weights are made in registers where they are used, and never stored; part of kernels_body.h.
 *
 * A weight is factor * 2^(base - u^2) at k + 1 = mean + u / scale, with scale^2 = log2(e) / (2 variance): one number that goes up by
 * the same step from k to k, and an exponential without bounds to check. Weights below exp(-32) are not looked at, in blocks of
 * whole vectors: a float's sum does not see them. In double (the gradient tests) all are. Normalised weights are a softmax of the
 * exponents, which needs no factor; their exponents are relative to that of the place in the center nearest to the mean. */

/* Times the deviation: how far from the mean weights count. */
#ifdef THALNET_DOUBLE
#define THALNET__REACH 1e150
#else
#define THALNET__REACH 8
#endif

/* One vector of contexts. */
typedef struct thalnet__bells {
  real start[THALNET__V_WIDTH], scale[THALNET__V_WIDTH]; /* u of k = 0, and its step */
  real base[THALNET__V_WIDTH], factor[THALNET__V_WIDTH];
  real first[THALNET__V_WIDTH], end[THALNET__V_WIDTH]; /* k of those that count, before rounding */
} thalnet__bells;

/* max(x, 0) + log(1 + exp(-|x|)) */
static inline thalnet__v THALNET__KERNEL(softplus)(thalnet__v x) {
  const thalnet__v zero = thalnet__v_set(0), e = thalnet__v_exp(zero - thalnet__v_abs(x));
#ifdef THALNET_DOUBLE
  const thalnet__v log = log1p(e);
#else
  /* log(1 + e) = 2 atanh(s), s = e / (2 + e) <= 1/3 */
  const thalnet__v s = e / (thalnet__v_set(2) + e), square = s * s;
  thalnet__v p = thalnet__v_set(2.0f / 15);
  for (int i = 13; i > 1; i -= 2) p = p * square + thalnet__v_set(2.0f / (float)i);
  const thalnet__v log = s * thalnet__v_set(2) + s * square * p;
#endif
  return thalnet__v_at_least(x, zero) + log;
}

static void THALNET__KERNEL(gaussian_shapes)(const thalnet__gaussians *g, const real *mean_bias,
                                             const real *variance_bias) {
  const thalnet__v unit = thalnet__v_set(g->unit);
  for (size_t row = 0; row < g->rows; row++)
    for (size_t j = 0; j < g->contexts; j += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(g->contexts - j);
      real *mean = g->mean + row * g->ld + j, *variance = g->variance + row * g->ld + j;
      const thalnet__v x = thalnet__v_load_part(variance, part) + thalnet__v_load_part(variance_bias + j, part);
      const thalnet__v slope = unit * unit * thalnet__v_sigmoid(x);
      thalnet__v_store_part(g->slope + row * g->ld + j, slope, part);
      thalnet__v_store_part(variance, unit * unit * THALNET__KERNEL(softplus)(x) + thalnet__v_set((real)0.25), part);
      thalnet__v_store_part(mean, unit * (thalnet__v_load_part(mean, part) + thalnet__v_load_part(mean_bias + j, part)),
                            part);
    }
}

static inline void THALNET__KERNEL(bells)(const thalnet__gaussians *g, size_t row, size_t j, thalnet__bells *bells) {
  const thalnet__v_part part = thalnet__v_first(g->contexts - j);
  const thalnet__v mean = thalnet__v_load_part(g->mean + row * g->ld + j, part), one = thalnet__v_set(1);
  const thalnet__v variance = thalnet__v_load_part(g->variance + row * g->ld + j, part);
  thalnet__v nearest = thalnet__v_set(0);
  if (g->normalize)
    nearest = thalnet__v_at_most(thalnet__v_at_least(mean, one), thalnet__v_set((real)g->center)) - mean;
  const thalnet__v range = thalnet__v_set((real)THALNET__REACH * (real)THALNET__REACH) * variance;
  const thalnet__v reach = thalnet__v_sqrt(range + nearest * nearest);
  const thalnet__v scale = thalnet__v_sqrt(thalnet__v_set((real)0.7213475204444817) / variance); /* log2(e) / 2 */
  const thalnet__v root = scale * nearest;
  thalnet__v_store(bells->start, (one - mean) * scale);
  thalnet__v_store(bells->scale, scale);
  thalnet__v_store(bells->base, root * root);
  thalnet__v_store(bells->factor,
                   thalnet__v_set((real)0.3989422804014327) / thalnet__v_sqrt(variance)); /* 1/sqrt(2 pi) */
  thalnet__v_store(bells->first, mean - one - reach);
  thalnet__v_store(bells->end, mean + reach);
}

/* The first of the weights that count, at a whole vector, and where they end; NaN: all of them. */
static inline size_t THALNET__KERNEL(bell_first)(real first, size_t n) {
  if (!(first > 0)) return 0;
  return first < (real)n ? (size_t)first / THALNET__V_WIDTH * THALNET__V_WIDTH : n;
}
static inline size_t THALNET__KERNEL(bell_end)(real end, size_t n) {
  if (!(end < (real)n)) return n;
  return end > 0 ? (size_t)end : 0;
}

/* Contexts of neighbouring means go together: their weights lie about the same places, and none waits for another. */
enum { THALNET__BELLS = THALNET__V_WIDTH < 4 ? 1 : 4 };

/* The weights of some contexts in registers, without their factors. */
typedef struct thalnet__bell {
  thalnet__v start[THALNET__BELLS], scale[THALNET__BELLS], base[THALNET__BELLS];
  size_t first, end;
} thalnet__bell;

THALNET__INLINE thalnet__bell THALNET__KERNEL(bell)(const size_t count, const thalnet__gaussians *g,
                                                    const thalnet__bells *bells, size_t lane) {
  thalnet__bell bell = {.first = g->center, .end = 0};
  for (size_t i = 0; i < count; i++) {
    const size_t first = THALNET__KERNEL(bell_first)(bells->first[lane + i], g->center);
    const size_t end = THALNET__KERNEL(bell_end)(bells->end[lane + i], g->center);
    bell.first = first < bell.first ? first : bell.first;
    bell.end = end > bell.end ? end : bell.end;
  }
  for (size_t i = 0; i < count; i++) {
    bell.start[i] = thalnet__v_set(bells->start[lane + i]);
    bell.scale[i] = thalnet__v_set(bells->scale[lane + i]);
    bell.base[i] = thalnet__v_set(bells->base[lane + i]);
  }
  return bell;
}

/* The weight at u, where places beyond the center may be nearer to the mean than any in it: they count as the nearest, until
 * they are left out. */
static inline thalnet__v THALNET__KERNEL(weight)(thalnet__v base, thalnet__v u) {
  return thalnet__v_exp2(thalnet__v_at_most(base - u * u, thalnet__v_set(0)));
}

/* Sums of exponentials times phi, and where they are wanted of exponentials. */
THALNET__INLINE void THALNET__KERNEL(bell_read)(const size_t count, thalnet__bell bell, size_t n, const real *phi,
                                                real *reads, real *sums) {
  thalnet__v sum[THALNET__BELLS], read[THALNET__BELLS];
  thalnet__v at = thalnet__v_count() + thalnet__v_set((real)bell.first);
  for (size_t i = 0; i < count; i++) sum[i] = read[i] = thalnet__v_set(0);
  for (size_t k = bell.first; k < bell.end; k += THALNET__V_WIDTH, at += thalnet__v_set(THALNET__V_WIDTH)) {
    const thalnet__v from = THALNET__KERNEL(load)(phi + k, n - k);
    THALNET__UNROLL
    for (size_t i = 0; i < count; i++) {
      const thalnet__v u = bell.start[i] + at * bell.scale[i];
      const thalnet__v e = THALNET__KERNEL(only)(THALNET__KERNEL(weight)(bell.base[i], u), n - k, 0);
      if (sums != NULL) sum[i] += e;
      read[i] += e * from;
    }
  }
  for (size_t i = 0; i < count; i++) reads[i] = thalnet__v_sum(read[i]);
  for (size_t i = 0; i < count && sums != NULL; i++) sums[i] = thalnet__v_sum(sum[i]);
}

THALNET__INLINE void THALNET__KERNEL(read_some)(const size_t count, const thalnet__gaussians *g,
                                                const thalnet__bells *bells, size_t row, size_t lane, real *context) {
  const thalnet__bell bell = THALNET__KERNEL(bell)(count, g, bells, lane);
  const real *phi = g->phi + row * g->center;
  real sums[THALNET__BELLS];
  THALNET__KERNEL(bell_read)(count, bell, g->center, phi, context, g->normalize ? sums : NULL);
  for (size_t i = 0; i < count; i++)
    context[i] = g->normalize ? context[i] / sums[i] : bells->factor[lane + i] * context[i];
}

static void THALNET__KERNEL(gaussian)(const thalnet__gaussians *g, thalnet__rows context) {
  thalnet__bells bells;
  for (size_t row = 0; row < g->rows; row++)
    for (size_t j = 0, count; j < g->contexts; j += count) {
      const size_t lane = j % THALNET__V_WIDTH;
      real *to = context.at + row * context.ld + j;
      if (lane == 0) THALNET__KERNEL(bells)(g, row, j, &bells);
      count = j + THALNET__BELLS <= g->contexts ? THALNET__BELLS : 1;
      if (count == 1)
        THALNET__KERNEL(read_some)(1, g, &bells, row, lane, to);
      else
        THALNET__KERNEL(read_some)(THALNET__BELLS, g, &bells, row, lane, to);
    }
}

/* d_phi += scale e, and sums for mean and variance: of e (phi - centre) times u, and times 2 / log2(e) u^2 - one. */
THALNET__INLINE void THALNET__KERNEL(bell_gradient)(const size_t count, thalnet__bell bell, size_t n, const real *scale,
                                                    const real *centre, real one, const real *phi, real *d_phi,
                                                    real *mean, real *variance) {
  thalnet__v sum[THALNET__BELLS], means[THALNET__BELLS], squares[THALNET__BELLS];
  thalnet__v at = thalnet__v_count() + thalnet__v_set((real)bell.first);
  for (size_t i = 0; i < count; i++) sum[i] = means[i] = squares[i] = thalnet__v_set(0);
  for (size_t k = bell.first; k < bell.end; k += THALNET__V_WIDTH, at += thalnet__v_set(THALNET__V_WIDTH)) {
    const thalnet__v from = THALNET__KERNEL(load)(phi + k, n - k);
    thalnet__v d = THALNET__KERNEL(load)(d_phi + k, n - k);
    THALNET__UNROLL
    for (size_t i = 0; i < count; i++) {
      const thalnet__v u = bell.start[i] + at * bell.scale[i];
      const thalnet__v e = THALNET__KERNEL(only)(THALNET__KERNEL(weight)(bell.base[i], u), n - k, 0);
      const thalnet__v term = e * (from - thalnet__v_set(centre[i])), moment = term * u;
      d += thalnet__v_set(scale[i]) * e;
      sum[i] += term;
      means[i] += moment;
      squares[i] += moment * u;
    }
    THALNET__KERNEL(store)(d_phi + k, d, n - k);
  }
  for (size_t i = 0; i < count; i++) {
    mean[i] = thalnet__v_sum(means[i]);
    variance[i] = thalnet__v_sum(thalnet__v_set((real)1.3862943611198906) * squares[i] - thalnet__v_set(one) * sum[i]);
  }
}

/* Some contexts' gradients, still without what is the same for all. */
THALNET__INLINE void THALNET__KERNEL(gradient_some)(const size_t count, const thalnet__gaussians *g,
                                                    const thalnet__bells *bells, size_t row, size_t lane,
                                                    const real *d_context, real *d_phi, real *means, real *variances) {
  const thalnet__bell bell = THALNET__KERNEL(bell)(count, g, bells, lane);
  const real *phi = g->phi + row * g->center;
  real scale[THALNET__BELLS], centre[THALNET__BELLS] = {0}, sums[THALNET__BELLS];
  if (g->normalize) THALNET__KERNEL(bell_read)(count, bell, g->center, phi, centre, sums);
  for (size_t i = 0; i < count; i++) {
    scale[i] = d_context[i] * (g->normalize ? 1 / sums[i] : bells->factor[lane + i]);
    if (g->normalize) centre[i] /= sums[i];
  }
  THALNET__KERNEL(bell_gradient)
  (count, bell, g->center, scale, centre, g->normalize ? 0 : 1, phi, d_phi + row * g->center, means, variances);
  for (size_t i = 0; i < count; i++) {
    means[i] *= scale[i] / bells->scale[lane + i];
    variances[i] *= scale[i];
  }
}

/* Means and variances become the gradients of what gaussian_shapes got. */
static inline void THALNET__KERNEL(bells_gradient)(const thalnet__gaussians *g, size_t row, size_t j, const real *mean,
                                                   const real *variance) {
  const thalnet__v_part part = thalnet__v_first(g->contexts - j);
  real *to_mean = g->mean + row * g->ld + j, *to_variance = g->variance + row * g->ld + j;
  const thalnet__v inverse = thalnet__v_set(1) / thalnet__v_load_part(to_variance, part);
  const thalnet__v slope = thalnet__v_load_part(g->slope + row * g->ld + j, part);
  thalnet__v_store_part(to_mean, thalnet__v_set(g->unit) * inverse * thalnet__v_load_part(mean, part), part);
  thalnet__v_store_part(to_variance, thalnet__v_set((real)0.5) * slope * inverse * thalnet__v_load_part(variance, part),
                        part);
}

static void THALNET__KERNEL(gaussian_gradient)(const thalnet__gaussians *g, thalnet__const_rows d_context,
                                               real *d_phi) {
  thalnet__bells bells;
  real means[THALNET__V_WIDTH], variances[THALNET__V_WIDTH];
  for (size_t row = 0; row < g->rows; row++)
    for (size_t j = 0, count; j < g->contexts; j += count) {
      const size_t lane = j % THALNET__V_WIDTH;
      const real *d = d_context.at + row * d_context.ld + j;
      if (lane == 0) THALNET__KERNEL(bells)(g, row, j, &bells);
      count = j + THALNET__BELLS <= g->contexts ? THALNET__BELLS : 1;
      if (count == 1)
        THALNET__KERNEL(gradient_some)(1, g, &bells, row, lane, d, d_phi, means + lane, variances + lane);
      else
        THALNET__KERNEL(gradient_some)(THALNET__BELLS, g, &bells, row, lane, d, d_phi, means + lane, variances + lane);
      if (lane + count == THALNET__V_WIDTH || j + count == g->contexts)
        THALNET__KERNEL(bells_gradient)(g, row, j - lane, means, variances);
    }
}

/* All weights [contexts, center] of one row. */
static void THALNET__KERNEL(gaussian_weights)(const thalnet__gaussians *g, size_t row, real *w) {
  thalnet__bells bells;
  for (size_t j = 0; j < g->contexts; j++, w += g->center) {
    const size_t lane = j % THALNET__V_WIDTH;
    if (lane == 0) THALNET__KERNEL(bells)(g, row, j, &bells);
    real sum = 0;
    for (size_t k = 0; k < g->center; k += THALNET__V_WIDTH) {
      const thalnet__v at = thalnet__v_count() + thalnet__v_set((real)k);
      const thalnet__v u = thalnet__v_set(bells.start[lane]) + at * thalnet__v_set(bells.scale[lane]);
      const thalnet__v e =
          THALNET__KERNEL(only)(THALNET__KERNEL(weight)(thalnet__v_set(bells.base[lane]), u), g->center - k, 0);
      THALNET__KERNEL(store)(w + k, e, g->center - k);
      sum += thalnet__v_sum(e);
    }
    THALNET__KERNEL(multiply_by)(g->center, g->normalize ? 1 / sum : bells.factor[lane], w);
  }
}
