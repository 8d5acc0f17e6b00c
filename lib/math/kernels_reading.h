/* SPDX-License-Identifier: MIT */
/* Reading weights of the dynamic readers and softmaxes; part of kernels_body.h. */

static void THALNET__KERNEL(softmax)(size_t n, const real *logits, real *w) {
  const real largest = THALNET__KERNEL(largest)(n, logits);
  for (size_t i = 0; i < n; i++) w[i] = thalnet__exp(logits[i] - largest);
  const real scale = 1 / THALNET__KERNEL(sum)(n, w);
  for (size_t i = 0; i < n; i++) w[i] *= scale;
}

static void THALNET__KERNEL(softmax_gradient)(size_t n, const real *restrict w, const real *restrict dw,
                                              real *restrict dlogits) {
  const real mean = THALNET__KERNEL(dot)(n, w, dw);
  for (size_t i = 0; i < n; i++) dlogits[i] = w[i] * (dw[i] - mean);
}

static double THALNET__KERNEL(log_sum_exp)(size_t n, const real *logits) {
  const real largest = THALNET__KERNEL(largest)(n, logits);
  real lanes[THALNET__LANES] = {0};
  size_t i = 0;
  for (; i + THALNET__LANES <= n; i += THALNET__LANES)
    for (size_t lane = 0; lane < THALNET__LANES; lane++) lanes[lane] += thalnet__exp(logits[i + lane] - largest);
  for (size_t lane = 0; i < n; i++, lane++) lanes[lane] += thalnet__exp(logits[i] - largest);
  return (double)largest + log((double)THALNET__KERNEL(sum_lanes)(lanes));
}

/* The exponent is held above -80, so that weights far from the mean stay normal numbers; their derivative is then 0. The
 * normalised weights are a softmax of the exponents, which needs neither the factor nor the bound. */
static void THALNET__KERNEL(gaussian)(size_t n, real mean, real variance, int normalize, real *restrict w) {
  const real half = (real)-0.5 / variance;
  const int32_t count = (int32_t)n; /* 32 bits: vectors convert them to real at full width */
  if (normalize) {
    for (int32_t k = 0; k < count; k++) {
      const real away = (real)(k + 1) - mean;
      w[k] = half * away * away;
    }
    THALNET__KERNEL(softmax)(n, w, w);
    return;
  }
  const real factor = (real)0.3989422804014327 / thalnet__sqrt(variance); /* 1 / sqrt(2 pi variance) */
  for (int32_t k = 0; k < count; k++) {
    const real away = (real)(k + 1) - mean, exponent = half * away * away;
    w[k] = factor * thalnet__exp(exponent < -80 ? -80 : exponent);
  }
}

static void THALNET__KERNEL(gaussian_gradient)(size_t n, real mean, real variance, int normalize,
                                               const real *restrict w, const real *restrict dw, real *restrict dmean,
                                               real *restrict dvariance) {
  const real inverse = 1 / variance;
  const real centre = normalize ? THALNET__KERNEL(dot)(n, w, dw) : 0; /* the softmax's own term */
  const real one = normalize ? 0 : 1;                                 /* d factor / d variance */
  real means[THALNET__LANES] = {0}, variances[THALNET__LANES] = {0};
  const real bound = normalize ? (real)1e30 : 160; /* twice the exponent's */
  for (int32_t k = 0; k < (int32_t)n; k += THALNET__LANES) {
    const int32_t lanes = (int32_t)n - k < THALNET__LANES ? (int32_t)n - k : THALNET__LANES;
    for (int32_t lane = 0; lane < lanes; lane++) {
      const real away = (real)(k + lane + 1) - mean, square = away * away * inverse;
      const real term = w[k + lane] * (dw[k + lane] - centre);
      means[lane] += square > bound ? 0 : term * away;
      variances[lane] += square > bound ? -term : term * (square - one);
    }
  }
  *dmean = THALNET__KERNEL(sum_lanes)(means) * inverse;
  *dvariance = THALNET__KERNEL(sum_lanes)(variances) * inverse / 2;
}
