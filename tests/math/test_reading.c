/* SPDX-License-Identifier: MIT */
/* What the dynamic readers' kernels read, and their gradients, of every table against plain loops in double, for centers of
 * every size around whole vectors, between guard values. */
#include <math.h>
#include <string.h>

#include "math/tables.h"

enum { LONGEST = 67, ROWS = 2, MOST_CONTEXTS = 19 };

static struct table tables[MOST_TABLES];
static size_t table_count;
static struct array phi, context, d_context, d_phi, logits, bias, means, variances, slopes;

/* Of one row's context j: weights, then what is read, then the gradients of the weights' logarithms. */
struct exact {
  double w[LONGEST], read, size, d_logits[LONGEST], d_phi[LONGEST];
};

static void exact_gradient(struct exact *exact, size_t n, const float *row, double d, int normalized) {
  exact->read = exact->size = 0;
  for (size_t k = 0; k < n; k++) {
    exact->read += exact->w[k] * (double)row[k];
    exact->size += exact->w[k];
  }
  for (size_t k = 0; k < n; k++) {
    exact->d_phi[k] = d * exact->w[k];
    exact->d_logits[k] = d * exact->w[k] * ((double)row[k] - (normalized ? exact->read : 0));
  }
}

static void softmax(const struct table *table, size_t n) {
  const size_t contexts = 1 + n % MOST_CONTEXTS, all = contexts * n;
  float *p = array_begin(&phi, ROWS * n, -1, 1), *l = array_begin(&logits, ROWS * all, -4, 4);
  float *b = array_begin(&bias, all, n % 2 ? -1 : -201, n % 2 ? 1 : -200),
        *c = array_begin(&context, ROWS * contexts, 0, 0);
  float *d = array_begin(&d_context, ROWS * contexts, -1, 1), *dp = array_begin(&d_phi, ROWS * n, 0, 0);
  static float first[ROWS * MOST_CONTEXTS * LONGEST];
  static double sums[ROWS * LONGEST];
  memcpy(first, l, ROWS * all * sizeof *l);
  memset(sums, 0, sizeof sums);
  const thalnet__softmaxes softmaxes = {ROWS, contexts, n, l, b, p};
  table->kernels->softmax_read(&softmaxes, (thalnet__rows){c, contexts});
  array_check(&logits, table, "softmax_read's logits");
  memcpy(l, first, ROWS * all * sizeof *l);
  table->kernels->softmax_read_gradient(&softmaxes, (thalnet__const_rows){d, contexts}, dp);
  for (size_t i = 0; i < ROWS * contexts; i++) {
    const float *row = p + i / contexts * n;
    struct exact exact;
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
      sum += exact.w[k] = exp((double)(first[i * n + k] + b[i % contexts * n + k]) + (n % 2 ? 0 : 200));
    }
    for (size_t k = 0; k < n; k++) {
      exact.w[k] /= sum;
    }
    exact_gradient(&exact, n, row, (double)d[i], 1);
    math_near((double)c[i], exact.read, 1, 2e-6, table, "softmax_read");
    for (size_t k = 0; k < n; k++) {
      math_near((double)l[i * n + k], exact.d_logits[k], exact.w[k], 1e-5, table, "softmax_read_gradient's logits");
      sums[i / contexts * n + k] += exact.d_phi[k];
    }
  }
  for (size_t i = 0; i < ROWS * n; i++) {
    math_near((double)dp[i], sums[i], (double)contexts, 1e-6, table, "softmax_read_gradient's phi");
  }
  array_check(&context, table, "softmax_read");
  array_check(&logits, table, "softmax_read_gradient's logits");
  array_check(&d_phi, table, "softmax_read_gradient's phi");
}

/* Weights of one Gaussian; their derivatives by mean and variance follow from those of the logarithms. */
static void exact_weights(struct exact *exact, size_t n, double mean, double variance, int normalize) {
  double sum = 0, best = 0;
  for (size_t k = 0; k < n; k++) {
    const double away = (double)(k + 1) - mean;
    exact->w[k] = -0.5 * away * away / variance;
    best = k == 0 || exact->w[k] > best ? exact->w[k] : best;
  }
  for (size_t k = 0; k < n; k++) {
    sum += exact->w[k] = exp(exact->w[k] - (normalize ? best : 0));
  }
  const double factor = normalize ? 1 / sum : 1 / sqrt(6.283185307179586 * variance);
  for (size_t k = 0; k < n; k++) {
    exact->w[k] *= factor;
  }
}

static void check_gaussian(const struct table *table, const struct exact *exact, size_t n, double mean, double variance,
                           int normalize, double got_mean, double got_variance) {
  double d_mean = 0, d_variance = 0, size_mean = 0, size_variance = 0;
  for (size_t k = 0; k < n; k++) {
    const double away = (double)(k + 1) - mean, square = away * away / variance;
    d_mean += exact->d_logits[k] * away / variance;
    d_variance += exact->d_logits[k] * (square - (normalize ? 0 : 1)) / (2 * variance);
    size_mean += fabs(exact->d_logits[k] * away / variance) + exact->w[k] * fabs(away) / variance;
    size_variance += (fabs(exact->d_logits[k]) + exact->w[k]) * (square + 1) / variance;
  }
  math_near(got_mean, d_mean, size_mean, 3e-5, table, "gaussian_gradient's mean");
  math_near(got_variance, d_variance, size_variance, 3e-5, table, "gaussian_gradient's variance");
}

static void gaussian(const struct table *table, size_t n, int normalize) {
  const size_t contexts = 1 + n % MOST_CONTEXTS, count = ROWS * contexts;
  float *p = array_begin(&phi, ROWS * n, -1, 1), *c = array_begin(&context, count, 0, 0);
  float *d = array_begin(&d_context, count, -1, 1), *dp = array_begin(&d_phi, ROWS * n, 0, 0);
  float *m = array_begin(&means, count, -5, (double)n + 6), *v = array_begin(&variances, count, 0.3, 30);
  float *w = array_begin(&logits, contexts * n, 0, 0), mean[ROWS * MOST_CONTEXTS], variance[ROWS * MOST_CONTEXTS];
  static double sums[ROWS * LONGEST];
  const thalnet__gaussians gaussians = {ROWS,     contexts, n, normalize, 2, m, v, array_begin(&slopes, count, 4, 4),
                                        contexts, p};
  memcpy(mean, m, count * sizeof *m);
  memcpy(variance, v, count * sizeof *v);
  memset(sums, 0, sizeof sums);
  table->kernels->gaussian(&gaussians, (thalnet__rows){c, contexts});
  table->kernels->gaussian_weights(&gaussians, ROWS - 1, w);
  table->kernels->gaussian_gradient(&gaussians, (thalnet__const_rows){d, contexts}, dp);
  for (size_t i = 0; i < count; i++) {
    struct exact exact;
    exact_weights(&exact, n, (double)mean[i], (double)variance[i], normalize);
    exact_gradient(&exact, n, p + i / contexts * n, (double)d[i], normalize);
    math_near((double)c[i], exact.read, exact.size, 2e-5, table, "gaussian");
    check_gaussian(table, &exact, n, (double)mean[i], (double)variance[i], normalize, (double)m[i] / 2,
                   (double)v[i] / 4); /* unit 2, slope 4 */
    for (size_t k = 0; k < n; k++) {
      sums[i / contexts * n + k] += exact.d_phi[k];
      if (i >= count - contexts)
        math_near((double)w[i % contexts * n + k], exact.w[k], 1, 2e-5, table, "gaussian_weights");
    }
  }
  for (size_t i = 0; i < ROWS * n; i++) {
    math_near((double)dp[i], sums[i], (double)contexts, 1e-5, table, "gaussian_gradient's phi");
  }
  const struct array *const written[] = {&context, &d_phi, &means, &variances, &slopes, &logits};
  for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
    array_check(written[i], table, "gaussian");
  }
}

/* Means and variances that are no places in the center, and some that are not numbers: nothing outside is touched. */
static void wild_gaussian(const struct table *table, size_t n, int normalize) {
  const float wild[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e10f, -1e10f, 0.25f};
  enum { WILD = sizeof wild / sizeof wild[0] };
  float *p = array_begin(&phi, n, -1, 1), *c = array_begin(&context, WILD * WILD, 0, 0);
  float *d = array_begin(&d_context, WILD * WILD, -1, 1), *dp = array_begin(&d_phi, n, 0, 0);
  float *m = array_begin(&means, WILD * WILD, 0, 0), *v = array_begin(&variances, WILD * WILD, 0, 0);
  const thalnet__gaussians gaussians = {
      1, WILD * WILD, n, normalize, 2, m, v, array_begin(&slopes, WILD * WILD, 4, 4), WILD * WILD, p};
  for (size_t i = 0; i < WILD * WILD; i++) {
    m[i] = wild[i / WILD];
    v[i] = wild[i % WILD] < 0 ? -wild[i % WILD] : wild[i % WILD];
  }
  table->kernels->gaussian(&gaussians, (thalnet__rows){c, WILD * WILD});
  for (size_t i = 0; i < WILD * WILD; i++) {
    const int number = !isnan(m[i]) && !isnan(v[i]);
    ck_assert_msg(number || isnan(c[i]), "%s: mean %g, variance %g: %g", table->name, (double)m[i], (double)v[i],
                  (double)c[i]);
  }
  table->kernels->gaussian_gradient(&gaussians, (thalnet__const_rows){d, WILD * WILD}, dp);
  const struct array *const written[] = {&context, &d_phi, &means, &variances};
  for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
    array_check(written[i], table, "gaussian with wild shapes");
  }
}

/* Means beyond the end of the center, where lanes that are not there are nearer to them than any that is. */
static void gaussian_beyond(const struct table *table, size_t n, int normalize) {
  enum { MEANS = 48 };
  float *p = array_begin(&phi, n, -1, 1), *c = array_begin(&context, MEANS, 0, 0);
  float *m = array_begin(&means, MEANS, 0, 0), *v = array_begin(&variances, MEANS, 0, 0);
  const thalnet__gaussians gaussians = {1, MEANS, n, normalize, 2, m, v, array_begin(&slopes, MEANS, 4, 4), MEANS, p};
  struct exact exact;
  for (size_t i = 0; i < MEANS; i++) {
    m[i] = (float)n + 1 + (float)i;
    v[i] = i % 3 == 0 ? 0.3f : i % 3 == 1 ? 0.5f : 1.25f;
  }
  table->kernels->gaussian(&gaussians, (thalnet__rows){c, MEANS});
  for (size_t i = 0; i < MEANS; i++) {
    exact_weights(&exact, n, (double)m[i], (double)v[i], normalize);
    exact_gradient(&exact, n, p, 0, normalize);
    math_near((double)c[i], exact.read, 1, 5e-4, table, "gaussian beyond the center");
  }
}

START_TEST(softmaxes) {
  for (size_t n = 1; n <= LONGEST; n++) {
    softmax(&tables[_i], n);
  }
}
END_TEST

START_TEST(gaussians) {
  for (size_t n = 1; n <= LONGEST; n++) {
    for (int normalize = 0; normalize < 2; normalize++) {
      gaussian(&tables[_i], n, normalize);
      wild_gaussian(&tables[_i], n, normalize);
      gaussian_beyond(&tables[_i], n, normalize);
    }
  }
}
END_TEST

int main(void) {
  table_count = math_tables(tables);
  Suite *suite = suite_create("math_reading");
  TCase *tcase = tcase_create("math_reading");
  tcase_add_loop_test(tcase, softmaxes, 0, (int)table_count);
  tcase_add_loop_test(tcase, gaussians, 0, (int)table_count);
  suite_add_tcase(suite, tcase);
  return math_run(suite);
}
