/* SPDX-License-Identifier: MIT */
/* Sums, softmaxes and optimizers of every table of kernels against plain loops in double, at every length around whole vectors,
 * between guard values. */
#include <math.h>
#include <string.h>

#include <thalnet/optimizer.h>

#include "math/tables.h"

enum { LONGEST = 67 };

static struct table tables[MOST_TABLES];
static size_t table_count;
static struct array a, b, c, d, e;

static void add_and_dot(const struct table *table, size_t n) {
  float *x = array_begin(&a, n, -1, 1), *y = array_begin(&b, n, -1, 1), before[LONGEST];
  double sum = 0;
  memcpy(before, y, n * sizeof *y);
  for (size_t i = 0; i < n; i++) {
    sum += (double)x[i] * (double)y[i];
  }
  math_near((double)table->kernels->dot(n, x, y), sum, (double)n, 2e-7, table, "dot");
  math_near(table->kernels->dot_double(n, x, y), sum, (double)n, 1e-15, table, "dot_double");
  table->kernels->add(n, x, y);
  for (size_t i = 0; i < n; i++) {
    math_near((double)y[i], (double)(before[i] + x[i]), 0, 0, table, "add");
  }
  array_check(&b, table, "add");
}

static void masks(const struct table *table, size_t n) {
  float *x = array_begin(&a, n, -1, 1), *y = array_begin(&b, n, -1, 1), *factors = array_begin(&c, n, 0, 2);
  float before[LONGEST];
  memcpy(before, y, n * sizeof *y);
  table->kernels->mask(n, factors, x, y);
  for (size_t i = 0; i < n; i++) {
    math_near((double)y[i], (double)(factors[i] * x[i]), 0, 0, table, "mask");
  }
  array_check(&b, table, "mask");
  memcpy(y, before, n * sizeof *y);
  table->kernels->mask(n, factors, y, y); /* in place */
  for (size_t i = 0; i < n; i++) {
    math_near((double)y[i], (double)(factors[i] * before[i]), 0, 0, table, "mask in place");
  }
  memcpy(y, before, n * sizeof *y);
  float masked[LONGEST];
  memcpy(masked, x, n * sizeof *x);
  table->kernels->add_masked(n, factors, x, y);
  for (size_t i = 0; i < n; i++) {
    const double exact = (double)before[i] + (double)factors[i] * (double)masked[i];
    math_near((double)y[i], exact, 3, 1e-7, table, "add_masked");
    math_near((double)x[i], 0, 0, 0, table, "add_masked leaves zeros");
  }
  array_check(&a, table, "add_masked");
  array_check(&b, table, "add_masked");
}

static void add_rows(const struct table *table, size_t n) {
  const size_t rows = 1 + n % 9, ld = n + n % 4;
  float *x = array_begin(&a, rows * ld, -1, 1), *y = array_begin(&b, n, -1, 1), before[LONGEST];
  memcpy(before, y, n * sizeof *y);
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = n; i < ld; i++) {
      x[row * ld + i] = NAN;
    }
  }
  table->kernels->add_rows(rows, n, (thalnet__const_rows){x, ld}, y);
  for (size_t i = 0; i < n; i++) {
    double sum = (double)before[i];
    for (size_t row = 0; row < rows; row++) {
      sum += (double)x[row * ld + i];
    }
    math_near((double)y[i], sum, (double)rows + 1, 2e-7, table, "add_rows");
  }
  array_check(&b, table, "add_rows");
}

/* In double; returns the log of the sum. */
static double exact_softmax(size_t n, const float *x, double *w) {
  double largest = (double)x[0], sum = 0;
  for (size_t i = 0; i < n; i++) {
    largest = fmax(largest, (double)x[i]);
  }
  for (size_t i = 0; i < n; i++) {
    sum += w[i] = exp((double)x[i] - largest);
  }
  for (size_t i = 0; i < n; i++) {
    w[i] /= sum;
  }
  return largest + log(sum);
}

static void softmax(const struct table *table, size_t n) {
  float *x = array_begin(&a, n, -9, 9), *w = array_begin(&b, n, 0, 0);
  double exact[LONGEST];
  if (n % 5 == 0) {
    for (size_t i = 0; i < n; i++) {
      x[i] -= 300; /* all far below zero: lanes beyond the end must not count as logits of 0 */
    }
  }
  exact_softmax(n, x, exact);
  table->kernels->softmax(n, x, w);
  for (size_t i = 0; i < n; i++) {
    math_near((double)w[i], exact[i], exact[i], 1e-5, table, "softmax");
  }
  array_check(&b, table, "softmax");
  table->kernels->softmax(n, x, x);
  ck_assert_int_eq(memcmp(x, w, n * sizeof *x), 0); /* in place */
}

static void cross_entropy(const struct table *table, size_t n) {
  for (size_t label = 0; label < n; label += 1 + n / 5) {
    float *x = array_begin(&a, n, -9, 9), *gradient = array_begin(&b, n, 0, 0);
    const float scale = math_draw(0.1, 2);
    const thalnet__label wanted = {label, 0, scale};
    double exact[LONGEST];
    size_t best = 0;
    int correct = -1;
    x[n / 2] = x[n - 1] = label % 2 ? 9 : -9; /* often two that are equal */
    for (size_t i = 1; i < n; i++) {
      best = x[i] > x[best] ? i : best;
    }
    const double loss = exact_softmax(n, x, exact) - (double)x[label];
    math_near(table->kernels->cross_entropy(n, x, &wanted, gradient, &correct), loss, 1 + fabs(loss), 1e-6, table,
              "cross_entropy");
    ck_assert_int_eq(correct, best == label);
    math_near(table->kernels->cross_entropy(n, x, &(thalnet__label){best, 0, scale}, NULL, &correct),
              loss + (double)x[label] - (double)x[best], 1 + fabs(loss), 1e-6, table, "cross_entropy without gradient");
    ck_assert_int_eq(correct, 1);
    for (size_t i = 0; i < n; i++) {
      math_near((double)gradient[i], (double)scale * (exact[i] - (i == label)), (double)scale, 1e-6, table,
                "cross_entropy's gradient");
    }
    array_check(&b, table, "cross_entropy");
  }
}

/* With the target written down in full. */
static void smoothed_cross_entropy(const struct table *table, size_t n) {
  static const float amounts[] = {0, 1e-3f, 0.1f, 0.5f, 0.999f};
  for (size_t k = 0; k < sizeof amounts / sizeof amounts[0]; k++) {
    float *x = array_begin(&a, n, -9, 9), *gradient = array_begin(&b, n, 0, 0);
    const thalnet__label label = {n * k / 5, amounts[k], math_draw(0.1, 2)};
    double exact[LONGEST], loss = 0;
    int correct = -1, again = -1;
    if (n % 5 == 0) {
      for (size_t i = 0; i < n; i++) {
        x[i] -= 300; /* as for softmax */
      }
    }
    const double sum = exact_softmax(n, x, exact);
    for (size_t i = 0; i < n; i++) {
      loss += ((1 - (double)amounts[k]) * (i == label.number) + (double)amounts[k] / (double)n) * (sum - (double)x[i]);
    }
    const double made = table->kernels->cross_entropy(n, x, &label, gradient, &correct);
    math_near(made, loss, 1 + fabs(loss), 1e-6, table, "smoothed cross_entropy");
    for (size_t i = 0; i < n; i++) {
      const double target = (1 - (double)amounts[k]) * (i == label.number) + (double)amounts[k] / (double)n;
      math_near((double)gradient[i], (double)label.scale * (exact[i] - target), (double)label.scale, 1e-6, table,
                "smoothed cross_entropy's gradient");
    }
    array_check(&b, table, "smoothed cross_entropy");
    ck_assert(made == table->kernels->cross_entropy(n, x, &label, NULL, &again));
    ck_assert_int_eq(correct, again);
  }
}

/* --- optimizers --- */

static const thalnet__update update = {.scale = 0.5f,
                                       .rate = 0.01f,
                                       .decay = 0.1f,
                                       .decoupled = 0.001f,
                                       .momentum = 0.9f,
                                       .beta1 = 0.8f,
                                       .beta2 = 0.95f,
                                       .epsilon = 1e-8f,
                                       .correction1 = 1.25f,
                                       .correction2 = 2,
                                       .average = 0.3f};

/* The rules of thalnet/optimizer.h. */
static void exact_step(int32_t kind, double g, double *m, double *v, double *w) {
  const double gradient = (double)update.scale * g + (double)update.decay * *w, rate = (double)update.rate;
  if (kind == THALNET_SGD) {
    *m = (double)update.momentum * *m + gradient;
    *w -= rate * *m;
    return;
  }
  *v = (double)update.beta2 * *v + (1 - (double)update.beta2) * gradient * gradient;
  if (kind == THALNET_RMSPROP) {
    *m = (double)update.momentum * *m + gradient / (sqrt(*v) + (double)update.epsilon);
    *w -= rate * *m;
    return;
  }
  *m = (double)update.beta1 * *m + (1 - (double)update.beta1) * gradient;
  *w -= (double)update.decoupled * *w +
        rate * *m * (double)update.correction1 / (sqrt(*v * (double)update.correction2) + (double)update.epsilon);
}

static void optimizer(const struct table *table, int32_t kind, int averages, size_t n) {
  float *g = array_begin(&a, n, -2, 2), *m = array_begin(&b, n, -1, 1), *v = array_begin(&c, n, 0.1, 1);
  float *w = array_begin(&d, n, -1, 1), *average = array_begin(&e, n, -1, 1), before[4][LONGEST];
  const thalnet__moments moments = {g, m, kind == THALNET_SGD ? NULL : v, w, averages ? average : NULL};
  memcpy(before[0], m, n * sizeof *m);
  memcpy(before[1], v, n * sizeof *v);
  memcpy(before[2], w, n * sizeof *w);
  memcpy(before[3], average, n * sizeof *average);
  const float largest = table->kernels->try_update(kind, n, &update, &moments);
  ck_assert(!memcmp(before[0], m, n * sizeof *m) && !memcmp(before[1], v, n * sizeof *v) &&
            !memcmp(before[2], w, n * sizeof *w) && !memcmp(before[3], average, n * sizeof *average));
  table->kernels->update(kind, n, &update, &moments);
  double most = 0;
  for (size_t i = 0; i < n; i++) {
    double em = (double)before[0][i], ev = (double)before[1][i], ew = (double)before[2][i];
    exact_step(kind, (double)g[i], &em, &ev, &ew);
    math_near((double)m[i], em, 4, 3e-7, table, "the first moment");
    math_near((double)v[i], ev, 1, 3e-7, table, "the second moment");
    math_near((double)w[i], ew, 1, 3e-7, table, "the parameter");
    const double share = averages ? (double)update.average : 0;
    math_near((double)average[i], (1 - share) * (double)before[3][i] + share * ew, 1, 3e-7, table, "the average");
    most = fmax(most, fabs((double)w[i]));
  }
  math_near((double)largest, most, 1, 3e-7, table, "the largest parameter");
  array_check(&b, table, "the first moment");
  array_check(&c, table, "the second moment");
  array_check(&d, table, "the parameter");
  array_check(&e, table, "the average");
}

/* Anything that would not be finite is seen, wherever it is. */
static void optimizer_refuses(const struct table *table, int32_t kind, size_t n) {
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t at = 0; at < n; at++) {
    float *g = array_begin(&a, n, -2, 2), *m = array_begin(&b, n, -1, 1), *v = array_begin(&c, n, 0.1, 1);
    float *w = array_begin(&d, n, -1, 1), *average = array_begin(&e, n, -1, 1), *const all[] = {g, m, w, average};
    const thalnet__moments moments = {g, m, kind == THALNET_SGD ? NULL : v, w, average};
    ck_assert(isfinite(table->kernels->try_update(kind, n, &update, &moments)));
    all[at % 4][at] = bad[(at + n) % 3];
    ck_assert_msg(!isfinite(table->kernels->try_update(kind, n, &update, &moments)), "%s: kind %d, %zu of %zu",
                  table->name, (int)kind, at, n);
  }
}

START_TEST(sums) {
  for (size_t n = 1; n <= LONGEST; n++) {
    add_and_dot(&tables[_i], n);
    masks(&tables[_i], n);
    add_rows(&tables[_i], n);
  }
}
END_TEST

START_TEST(softmaxes) {
  for (size_t n = 1; n <= LONGEST; n++) {
    softmax(&tables[_i], n);
    cross_entropy(&tables[_i], n);
    smoothed_cross_entropy(&tables[_i], n);
  }
}
END_TEST

START_TEST(optimizers) {
  for (size_t n = 1; n <= LONGEST; n++) {
    for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
      optimizer(&tables[_i], kind, 0, n);
      optimizer(&tables[_i], kind, 1, n);
      optimizer_refuses(&tables[_i], kind, n);
    }
  }
}
END_TEST

int main(void) {
  table_count = math_tables(tables);
  Suite *suite = suite_create("math_sums");
  TCase *tcase = tcase_create("math_sums");
  tcase_add_loop_test(tcase, sums, 0, (int)table_count);
  tcase_add_loop_test(tcase, softmaxes, 0, (int)table_count);
  tcase_add_loop_test(tcase, optimizers, 0, (int)table_count);
  suite_add_tcase(suite, tcase);
  return math_run(suite);
}
