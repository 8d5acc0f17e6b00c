/* SPDX-License-Identifier: MIT */
/* Layer normalisation of every table of kernels against plain loops in double, for rows of every length around whole vectors,
 * between guard values; and the LSTM whose cell it goes over, in two halves. */
#include <math.h>
#include <string.h>

#include "math/tables.h"

enum { LONGEST = 67, ROWS = 3, BLOCKS = 2 };

static struct table tables[MOST_TABLES];
static size_t table_count;
static struct array from, to, base, gain, normed, inverse, dy, dx, sums, gates, hidden, before, cell, output, bias;

/* x^ of n numbers; returns 1 / sqrt(variance + 1e-5). */
static double exact_norm(size_t n, const double *x, double *normalized) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < n; i++) {
    mean += x[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    variance += (x[i] - mean) * (x[i] - mean) / (double)n;
  }
  const double factor = 1 / sqrt(variance + 1e-5);
  for (size_t i = 0; i < n; i++) {
    normalized[i] = (x[i] - mean) * factor;
  }
  return factor;
}

/* In place or not, with a base or without; kept or not. The mean is far from zero, where a careless variance is lost. */
static void forward(const struct table *table, size_t n, int variant) {
  const size_t ld = BLOCKS * n, all = ROWS * ld;
  const int in_place = variant & 1, based = variant & 2, kept = variant & 4;
  float *x = array_begin(&from, all, 90, 92), *y = array_begin(&to, all, 0, 0), *b = array_begin(&base, all, -9, 9);
  float *g = array_begin(&gain, ld, -2, 2), *h = array_begin(&normed, all, 0, 0);
  float *v = array_begin(&inverse, ROWS * BLOCKS, 0, 0), first[ROWS * BLOCKS * LONGEST];
  memcpy(first, x, all * sizeof *x);
  const thalnet__norm norm = {.rows = ROWS,
                              .units = n,
                              .blocks = BLOCKS,
                              .base = {based ? b : NULL, ld},
                              .from = {x, ld},
                              .to = {in_place ? x : y, ld},
                              .gain = g,
                              .normed = {kept ? h : NULL, ld},
                              .inverse = {v, BLOCKS}};
  table->kernels->normalize(&norm);
  for (size_t block = 0; block < ROWS * BLOCKS; block++) {
    double sum[LONGEST], exact[LONGEST];
    for (size_t i = 0; i < n; i++) {
      sum[i] = (double)first[block * n + i] + (based ? (double)b[block * n + i] : 0);
    }
    const double factor = exact_norm(n, sum, exact);
    for (size_t i = 0; i < n; i++) {
      const double got = (double)(in_place ? x : y)[block * n + i], own = (double)g[block % BLOCKS * n + i];
      math_near(got, own * exact[i], fabs(own) * factor * 100, 1e-6, table, "normalize");
      math_near(kept ? (double)h[block * n + i] : exact[i], exact[i], factor * 100, 1e-6, table, "normalize's x^");
    }
    math_near(kept ? (double)v[block] : factor, factor, factor * factor, 1e-4, table, "normalize's 1 / deviation");
  }
  array_check(&from, table, "normalize in place");
  array_check(&to, table, "normalize");
  array_check(&normed, table, "normalize's x^");
  array_check(&inverse, table, "normalize's 1 / deviation");
}

static void backward(const struct table *table, size_t n) {
  const size_t ld = BLOCKS * n, all = ROWS * ld;
  float *d = array_begin(&dy, all, -1, 1), *h = array_begin(&normed, all, -2, 2), *x = array_begin(&dx, all, 0, 0);
  float *g = array_begin(&gain, ld, -2, 2), *v = array_begin(&inverse, ROWS * BLOCKS, 0.1, 3);
  float *s = array_begin(&sums, n, -1, 1), first[LONGEST];
  const thalnet__norm_gradient norm = {ROWS, n, BLOCKS, {d, ld}, {h, ld}, {v, BLOCKS}, g, {x, ld}};
  memcpy(first, s, n * sizeof *s);
  table->kernels->normalize_gradient(&norm);
  table->kernels->add_row_products(ROWS, n, (thalnet__const_rows){d, ld}, (thalnet__const_rows){h, ld}, s);
  for (size_t block = 0; block < ROWS * BLOCKS; block++) {
    double mean = 0, along = 0;
    for (size_t i = 0; i < n; i++) {
      const double part = (double)d[block * n + i] * (double)g[block % BLOCKS * n + i] / (double)n;
      mean += part;
      along += part * (double)h[block * n + i];
    }
    for (size_t i = 0; i < n; i++) {
      const size_t at = block * n + i;
      const double part = (double)d[at] * (double)g[block % BLOCKS * n + i];
      math_near((double)x[at], (double)v[block] * (part - mean - (double)h[at] * along), 30, 1e-6, table,
                "normalize_gradient");
    }
  }
  for (size_t i = 0; i < n; i++) {
    double sum = (double)first[i];
    for (size_t row = 0; row < ROWS; row++) {
      sum += (double)d[row * ld + i] * (double)h[row * ld + i];
    }
    math_near((double)s[i], sum, 8, 2e-7, table, "add_row_products");
  }
  array_check(&dx, table, "normalize_gradient");
  array_check(&sums, table, "add_row_products");
}

/* Equal numbers have no deviation: nothing is left of them but what their mean was rounded by, some units in the last place, and
 * that over sqrt(1e-5) where it is small, or over itself; nothing is infinite. */
static void equal_numbers(const struct table *table, size_t n, double each) {
  float *x = array_begin(&from, n, each, each), *g = array_begin(&gain, n, 2, 3), *h = array_begin(&normed, n, 0, 0);
  float *v = array_begin(&inverse, 1, 0, 0);
  const double away = fabs(each) < 1000 && each == (double)(int)each ? 0 : fabs(each) * (4 + (double)n / 8) * 0x1p-24;
  const double least = 1 / sqrt(away * away + 1e-5), most = sqrt(1e5);
  const thalnet__norm norm = {
      .rows = 1, .units = n, .blocks = 1, .from = {x, n}, .to = {x, n}, .gain = g, .normed = {h, n}, .inverse = {v, 1}};
  table->kernels->normalize(&norm);
  for (size_t i = 0; i < n; i++) {
    math_near((double)h[i], 0, away * least, 1.00001, table, "x^ of equal numbers");
    math_near((double)x[i], (double)g[i] * (double)h[i], 3, 1e-7, table, "normalize of equal numbers");
  }
  math_near((double)v[0], (least + most) / 2, (most - least) / 2 + 1e-6 * most, 1, table,
            "1 / deviation of equal numbers");
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void lstm(const struct table *table, size_t n) {
  const size_t all = ROWS * 5 * n, four = ROWS * 4 * n;
  float *p = array_begin(&gates, all, -2, 2), *b = array_begin(&base, 4 * n, -1, 1);
  float *h = array_begin(&hidden, four, -2, 2), *was = array_begin(&before, ROWS * n, -1, 1);
  float *c = array_begin(&cell, ROWS * n, 0, 0), *y = array_begin(&output, ROWS * n, 0, 0),
        *a = array_begin(&bias, n, -1, 1);
  float first[ROWS * 5 * LONGEST];
  memcpy(first, p, all * sizeof *p);
  const thalnet__gates made = {.rows = ROWS,
                               .units = n,
                               .gates = {p, 5 * n},
                               .base = {b, 0},
                               .hidden = {h, 4 * n},
                               .bias = a,
                               .before = {was, n},
                               .output = {y, n},
                               .cell = {c, n}};
  table->kernels->lstm_cell(&made);
  table->kernels->lstm_output(&made); /* of what was in the last block */
  for (size_t row = 0; row < ROWS; row++) {
    for (size_t i = 0; i < n; i++) {
      double gate[4];
      for (size_t k = 0; k < 4; k++) {
        gate[k] = (double)first[row * 5 * n + k * n + i] + (double)h[row * 4 * n + k * n + i] + (double)b[k * n + i];
      }
      const double now = sigmoid(gate[1]) * (double)was[row * n + i] + sigmoid(gate[0]) * tanh(gate[2]);
      const double last = tanh((double)first[row * 5 * n + 4 * n + i] + (double)a[i]);
      math_near((double)c[row * n + i], now, 2, 1e-6, table, "lstm_cell");
      math_near((double)y[row * n + i], sigmoid(gate[3]) * last, 1, 1e-6, table, "lstm_output");
    }
  }
  array_check(&gates, table, "lstm_cell and lstm_output");
  array_check(&cell, table, "lstm_cell");
  array_check(&output, table, "lstm_output");
}

static void lstm_gradient(const struct table *table, size_t n) {
  const size_t all = ROWS * 5 * n;
  float *p = array_begin(&gates, all, 0.1, 0.9), *was = array_begin(&before, ROWS * n, -1, 1);
  float *d = array_begin(&dy, ROWS * n, -1, 1), *later = array_begin(&hidden, ROWS * n, -1, 1);
  float *x = array_begin(&dx, ROWS * n, 0, 0), *c = array_begin(&cell, ROWS * n, 0, 0), first[ROWS * 5 * LONGEST];
  memcpy(first, p, all * sizeof *p);
  const thalnet__gate_gradients made = {.rows = ROWS,
                                        .units = n,
                                        .gates = {p, 5 * n},
                                        .before = {was, n},
                                        .d_output = {d, n},
                                        .d_cell = {later, n},
                                        .d_before = {c, n}};
  table->kernels->lstm_output_gradient(&made, (thalnet__rows){x, n});
  for (size_t row = 0; row < ROWS; row++) { /* what comes of it: twice as much */
    for (size_t i = 0; i < n; i++) {
      p[row * 5 * n + 4 * n + i] = 2 * x[row * n + i];
    }
  }
  table->kernels->lstm_cell_gradient(&made);
  for (size_t row = 0; row < ROWS; row++) {
    for (size_t i = 0; i < n; i++) {
      const float *g = first + row * 5 * n + i, *got = p + row * 5 * n + i;
      const double in = (double)g[0], forget = (double)g[n], candidate = (double)g[2 * n], o = (double)g[3 * n];
      const double t = (double)g[4 * n], dh = (double)d[row * n + i], was_here = (double)was[row * n + i];
      const double d_tanh = dh * o * (1 - t * t), dc = (double)later[row * n + i] + 2 * d_tanh;
      math_near((double)x[row * n + i], d_tanh, 1, 1e-6, table, "lstm_output_gradient");
      math_near((double)got[3 * n], dh * t * o * (1 - o), 1, 1e-6, table, "lstm_output_gradient's gate");
      math_near((double)got[0], dc * candidate * in * (1 - in), 3, 1e-6, table, "lstm_cell_gradient's i");
      math_near((double)got[n], dc * was_here * forget * (1 - forget), 3, 1e-6, table, "lstm_cell_gradient's f");
      math_near((double)got[2 * n], dc * in * (1 - candidate * candidate), 3, 1e-6, table, "lstm_cell_gradient's g");
      math_near((double)c[row * n + i], dc * forget, 3, 1e-6, table, "lstm_cell_gradient");
    }
  }
  array_check(&gates, table, "lstm's gradients");
  array_check(&dx, table, "lstm_output_gradient");
  array_check(&cell, table, "lstm_cell_gradient");
}

START_TEST(norms) {
  static const double equal[] = {0, 1, -3, 1e-30, 1e-3, -0.1, 3.3, -7.7, 100.1, -123456.7, 1e6, 1e12, -1e18};
  for (size_t n = 1; n <= LONGEST; n++) {
    for (int variant = 0; variant < 8; variant++) {
      forward(&tables[_i], n, variant);
    }
    backward(&tables[_i], n);
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
      equal_numbers(&tables[_i], n, equal[i]);
    }
  }
}
END_TEST

START_TEST(cells) {
  for (size_t n = 1; n <= LONGEST; n++) {
    lstm(&tables[_i], n);
    lstm_gradient(&tables[_i], n);
  }
}
END_TEST

int main(void) {
  table_count = math_tables(tables);
  Suite *suite = suite_create("math_norm");
  TCase *tcase = tcase_create("math_norm");
  tcase_add_loop_test(tcase, norms, 0, (int)table_count);
  tcase_add_loop_test(tcase, cells, 0, (int)table_count);
  suite_add_tcase(suite, tcase);
  return math_run(suite);
}
