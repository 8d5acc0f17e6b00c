/* SPDX-License-Identifier: MIT */
/* Softmaxes: of the softmax reader, fused with what is read, and of the cross entropy; part of kernels_body.h. */

/* exp of numbers up to 0: its relative error grows with their size, as weights do not matter any more. */
static inline thalnet__v THALNET__KERNEL(exp_below)(thalnet__v x) {
  return thalnet__v_exp2(x * thalnet__v_set((real)1.4426950408889634));
}

/* The sum of exp(w - largest) over one distribution, which is kept in w where it is wanted, without being divided by the sum;
 * *read = the same sum times phi. Whole vectors in fours: a loop that is unrolled. */
THALNET__INLINE real THALNET__KERNEL(exponentials)(const int keep, size_t n, real largest, const real *phi, real *w,
                                                   real *read) {
  enum { STEP = 4 * THALNET__V_WIDTH };
  const thalnet__v shift = thalnet__v_set(largest);
  thalnet__v sum = thalnet__v_set(0), reading = thalnet__v_set(0);
  size_t k = 0;
  for (; k + STEP <= n; k += STEP) {
    thalnet__v e[4];
    for (size_t i = 0; i < 4; i++)
      e[i] = THALNET__KERNEL(exp_below)(thalnet__v_load(w + k + i * THALNET__V_WIDTH) - shift);
    for (size_t i = 0; i < 4; i++) {
      sum += e[i];
      reading += e[i] * thalnet__v_load(phi + k + i * THALNET__V_WIDTH);
      if (keep) thalnet__v_store(w + k + i * THALNET__V_WIDTH, e[i]);
    }
  }
  for (; k < n; k += THALNET__V_WIDTH) {
    thalnet__v e = THALNET__KERNEL(exp_below)(THALNET__KERNEL(load)(w + k, n - k) - shift);
    e = THALNET__KERNEL(only)(e, n - k, 0);
    sum += e;
    reading += e * THALNET__KERNEL(load)(phi + k, n - k);
    if (keep) THALNET__KERNEL(store)(w + k, e, n - k);
  }
  *read = thalnet__v_sum(reading);
  return thalnet__v_sum(sum);
}

/* logits += bias; the largest of them */
static inline real THALNET__KERNEL(add_bias)(size_t n, const real *bias, real *logits) {
  enum { STEP = 4 * THALNET__V_WIDTH };
  const thalnet__v lowest = thalnet__v_set((real)-INFINITY);
  thalnet__v largest[4] = {lowest, lowest, lowest, lowest};
  size_t k = 0;
  for (; k + STEP <= n; k += STEP)
    for (size_t i = 0; i < 4; i++) {
      real *at = logits + k + i * THALNET__V_WIDTH;
      const thalnet__v x = thalnet__v_load(at) + thalnet__v_load(bias + k + i * THALNET__V_WIDTH);
      largest[i] = thalnet__v_at_least(x, largest[i]);
      thalnet__v_store(at, x);
    }
  for (; k < n; k += THALNET__V_WIDTH) {
    const thalnet__v x = THALNET__KERNEL(load)(logits + k, n - k) + THALNET__KERNEL(load)(bias + k, n - k);
    THALNET__KERNEL(store)(logits + k, x, n - k);
    largest[0] = thalnet__v_at_least(THALNET__KERNEL(only)(x, n - k, (real)-INFINITY), largest[0]);
  }
  largest[0] = thalnet__v_at_least(largest[0], largest[1]);
  largest[2] = thalnet__v_at_least(largest[2], largest[3]);
  return thalnet__v_largest(thalnet__v_at_least(largest[0], largest[2]));
}

/* The largest logits of a few contexts are found before the first exponential: none waits for its own maximum. */
enum { THALNET__FEW = 8 };

static inline void THALNET__KERNEL(begin_softmaxes)(const thalnet__softmaxes *s, size_t row, size_t j, size_t count,
                                                    real *largest) {
  const size_t n = s->center;
  for (size_t i = 0; i < count; i++)
    largest[i] = THALNET__KERNEL(add_bias)(n, s->bias + (j + i) * n, s->logits + (row * s->contexts + j + i) * n);
}

static void THALNET__KERNEL(softmax_read)(const thalnet__softmaxes *s, thalnet__rows context) {
  const size_t n = s->center;
  real largest[THALNET__FEW], read;
  for (size_t row = 0; row < s->rows; row++)
    for (size_t j = 0, few; j < s->contexts; j += few) {
      few = s->contexts - j < THALNET__FEW ? s->contexts - j : THALNET__FEW;
      THALNET__KERNEL(begin_softmaxes)(s, row, j, few, largest);
      for (size_t i = 0; i < few; i++) {
        real *w = s->logits + (row * s->contexts + j + i) * n;
        const real sum = THALNET__KERNEL(exponentials)(0, n, largest[i], s->phi + row * n, w, &read);
        context.at[row * context.ld + j + i] = read / sum;
      }
    }
}

/* With dc the gradient of the context c: d_phi += dc w, d_logits = dc w (phi - c). */
static inline void THALNET__KERNEL(softmax_row_gradient)(size_t n, real scale, real context, const real *phi,
                                                         real *d_phi, real *w) {
  const thalnet__v factor = thalnet__v_set(scale), centre = thalnet__v_set(context);
  for (size_t k = 0; k < n; k += THALNET__V_WIDTH) {
    const thalnet__v dw = factor * THALNET__KERNEL(load)(w + k, n - k);
    THALNET__KERNEL(store)(d_phi + k, THALNET__KERNEL(load)(d_phi + k, n - k) + dw, n - k);
    THALNET__KERNEL(store)(w + k, dw * (THALNET__KERNEL(load)(phi + k, n - k) - centre), n - k);
  }
}

static void THALNET__KERNEL(softmax_read_gradient)(const thalnet__softmaxes *s, thalnet__const_rows d_context,
                                                   real *d_phi) {
  const size_t n = s->center;
  real largest[THALNET__FEW], sum[THALNET__FEW], read[THALNET__FEW];
  for (size_t row = 0; row < s->rows; row++)
    for (size_t j = 0, few; j < s->contexts; j += few) {
      const real *phi = s->phi + row * n;
      real *w = s->logits + (row * s->contexts + j) * n;
      few = s->contexts - j < THALNET__FEW ? s->contexts - j : THALNET__FEW;
      THALNET__KERNEL(begin_softmaxes)(s, row, j, few, largest);
      for (size_t i = 0; i < few; i++)
        sum[i] = THALNET__KERNEL(exponentials)(1, n, largest[i], phi, w + i * n, &read[i]);
      for (size_t i = 0; i < few; i++) THALNET__KERNEL(softmax_row_gradient)
      (n, d_context.at[row * d_context.ld + j + i] / sum[i], read[i] / sum[i], phi, d_phi + row * n, w + i * n);
    }
}

static real THALNET__KERNEL(largest)(size_t n, const real *x) {
  thalnet__v largest = thalnet__v_set((real)-INFINITY);
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH)
    largest = thalnet__v_at_least(THALNET__KERNEL(only)(THALNET__KERNEL(load)(x + i, n - i), n - i, (real)-INFINITY),
                                  largest);
  return thalnet__v_largest(largest);
}

/* exp(x - shift) and their sum; to NULL: the sum alone */
static inline real THALNET__KERNEL(exp_sum)(size_t n, const real *x, real shift, real *to) {
  thalnet__v sum = thalnet__v_set(0);
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v e = THALNET__KERNEL(exp_below)(THALNET__KERNEL(load)(x + i, n - i) - thalnet__v_set(shift));
    if (to != NULL) THALNET__KERNEL(store)(to + i, e, n - i);
    sum += THALNET__KERNEL(only)(e, n - i, 0);
  }
  return thalnet__v_sum(sum);
}

static void THALNET__KERNEL(softmax)(size_t n, const real *logits, real *w) {
  const real sum = THALNET__KERNEL(exp_sum)(n, logits, THALNET__KERNEL(largest)(n, logits), w);
  THALNET__KERNEL(multiply_by)(n, 1 / sum, w);
}

/* Sum of x - shift. */
static inline real THALNET__KERNEL(sum_below)(size_t n, const real *x, real shift) {
  thalnet__v sum = thalnet__v_set(0);
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH)
    sum += THALNET__KERNEL(only)(THALNET__KERNEL(load)(x + i, n - i) - thalnet__v_set(shift), n - i, 0);
  return thalnet__v_sum(sum);
}

/* x = factor x - less */
static inline void THALNET__KERNEL(scale_and_lower)(size_t n, real factor, real less, real *x) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) THALNET__KERNEL(store)
  (x + i, thalnet__v_set(factor) * THALNET__KERNEL(load)(x + i, n - i) - thalnet__v_set(less), n - i);
}

static double THALNET__KERNEL(cross_entropy)(size_t n, const real *values, const thalnet__label *label, real *gradient,
                                             int *correct) {
  const size_t at = label->number;
  const real scale = label->scale, smoothing = label->smoothing;
  const real before = THALNET__KERNEL(largest)(at, values), own = values[at];
  const real after = THALNET__KERNEL(largest)(n - at - 1, values + at + 1);
  const real others = before > after ? before : after, largest = own > others ? own : others;
  const real sum = THALNET__KERNEL(exp_sum)(n, values, largest, gradient);
  *correct = own > before && own >= after; /* of equal ones, the first is the answer */
  if (smoothing > 0) {
    if (gradient != NULL) {
      THALNET__KERNEL(scale_and_lower)(n, scale / sum, scale * smoothing / (real)n, gradient);
      gradient[at] -= scale * (1 - smoothing);
    }
    /* counted from the largest value: no term is negative, none cancels another */
    const double uniform = (double)THALNET__KERNEL(sum_below)(n, values, largest) / (double)n;
    return log((double)sum) + (1 - (double)smoothing) * ((double)largest - (double)own) - (double)smoothing * uniform;
  }
  if (gradient != NULL) {
    THALNET__KERNEL(multiply_by)(n, scale / sum, gradient);
    gradient[at] -= scale;
  }
  return (double)largest + log((double)sum) - (double)own;
}
