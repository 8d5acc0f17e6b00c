/* SPDX-License-Identifier: MIT */
/* tanh, the logistic function and softplus of every table of kernels, against long double: at most 4 units in the last place,
 * over all magnitudes of a float. exp is seen through the logistic function, which far below 0 is nothing else. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <thalnet/module.h>

#include "math/tables.h"

enum { BLOCK = 1000, STRIDE = 1021, DENSE = 1000000 };
static const double most_ulps = 4;

/* How far `got` is from the exact value, in units of its last place. */
static double ulps(float got, long double exact) {
  if (isnan(exact) || isnan(got)) {
    return isnan(exact) && isnan(got) ? 0 : INFINITY;
  }
  if (isinf(exact) || isinf(got)) {
    return (long double)got == exact ? 0 : INFINITY;
  }
  int exponent = 0;
  frexpl(exact, &exponent);
  const long double unit = ldexpl(1, (exponent < FLT_MIN_EXP ? FLT_MIN_EXP : exponent) - FLT_MANT_DIG);
  return (double)(fabsl((long double)got - exact) / unit);
}

START_TEST(the_judge_sees_six_units) {
  const long double exact[] = {1.0L / 3, -0.7L, 1e-30L, 12345.678L, 2.0L / 3 - 1};
  for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
    float near = (float)exact[i];
    ck_assert_double_le(ulps(near, exact[i]), 0.5);
    for (int step = 0; step < 3; step++) {
      near = nextafterf(near, INFINITY);
    }
    ck_assert_double_le(ulps(near, exact[i]), most_ulps);
    for (int step = 0; step < 3; step++) {
      near = nextafterf(near, INFINITY);
    }
    ck_assert_double_gt(ulps(near, exact[i]), most_ulps);
  }
  ck_assert_double_gt(ulps(NAN, 1), most_ulps);
  ck_assert_double_gt(ulps(1, NAN), most_ulps);
  ck_assert_double_gt(ulps(INFINITY, 1e38L), most_ulps);
}
END_TEST

/* --- the functions, and what they should be --- */

struct function {
  const char *name;
  double low, high; /* where its accuracy is promised */
  void (*of)(const thalnet__kernels *kernels, size_t n, float *x);
  long double (*exact)(long double x);
};

static void activate(const thalnet__kernels *kernels, int32_t activation, size_t n, float *x) {
  float none[BLOCK];
  for (size_t i = 0; i < n; i++) {
    none[i] = -0.0f; /* leaves what it is added to as it is */
  }
  kernels->activate(activation, 1, n, (thalnet__const_rows){none, 0}, (thalnet__rows){x, n});
}

static void of_tanh(const thalnet__kernels *kernels, size_t n, float *x) { activate(kernels, THALNET_TANH, n, x); }

static void of_sigmoid(const thalnet__kernels *kernels, size_t n, float *x) {
  activate(kernels, THALNET_SIGMOID, n, x);
}

static long double exact_sigmoid(long double x) { return 1 / (1 + expl(-x)); }

/* variance = unit^2 softplus + 1/4: with a large unit the last term hardly matters, and the exact value has it too */
static const float unit = 0x1p60f;

static void of_softplus(const thalnet__kernels *kernels, size_t n, float *x) {
  float mean[BLOCK], slope[BLOCK], none[BLOCK];
  for (size_t i = 0; i < n; i++) {
    none[i] = -0.0f;
    mean[i] = 0;
  }
  const thalnet__gaussians gaussians = {
      .rows = 1, .contexts = n, .center = 1, .unit = unit, .mean = mean, .variance = x, .slope = slope, .ld = n};
  kernels->gaussian_shapes(&gaussians, none, none);
}

static long double exact_softplus(long double x) {
  return (long double)unit * (long double)unit * (fmaxl(x, 0) + log1pl(expl(-fabsl(x)))) + 0.25L;
}

static const struct function functions[] = {
    {"tanh", -INFINITY, INFINITY, of_tanh, tanhl},
    {"sigmoid", -87, INFINITY, of_sigmoid, exact_sigmoid},
    {"softplus", -87, 80, of_softplus, exact_softplus},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* --- points --- */

static struct table tables[MOST_TABLES];
static size_t table_count;

static void check_block(const struct function *function, size_t n, const float *x) {
  long double exact[BLOCK];
  for (size_t i = 0; i < n; i++) {
    exact[i] = function->exact((long double)x[i]);
  }
  for (size_t t = 0; t < table_count; t++) {
    float y[BLOCK];
    memcpy(y, x, n * sizeof *y);
    function->of(tables[t].kernels, n, y);
    for (size_t i = 0; i < n; i++) {
      const double apart = ulps(y[i], exact[i]);
      if (apart > most_ulps) {
        ck_abort_msg("%s: %s(%a) is %a, %.2f units from %.9Lg", tables[t].name, function->name, (double)x[i],
                     (double)y[i], apart, exact[i]);
      }
    }
  }
}

/* Every STRIDEth float there is, of both signs: zero, denormal and normal ones, infinity and a few NaN. */
START_TEST(all_magnitudes) {
  const struct function *function = &functions[_i];
  float x[BLOCK];
  size_t n = 0;
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += STRIDE) {
    const uint32_t word = (uint32_t)bits;
    memcpy(&x[n], &word, sizeof word);
    n += (double)x[n] >= function->low && (double)x[n] <= function->high;
    if (n == BLOCK) {
      check_block(function, n, x);
      n = 0;
    }
  }
  check_block(function, n, x);
}
END_TEST

START_TEST(where_the_work_is) {
  float x[BLOCK];
  for (size_t at = 0; at < DENSE; at += BLOCK) {
    const double width = at % 3 == 0 ? 1 : at % 3 == 1 ? 10 : 80;
    for (size_t i = 0; i < BLOCK; i++) {
      x[i] = math_draw(-width, width);
    }
    check_block(&functions[_i], BLOCK, x);
  }
}
END_TEST

START_TEST(special_values) {
  const float x[] = {0.0f, -0.0f, FLT_MIN, -FLT_MIN, FLT_TRUE_MIN, -FLT_TRUE_MIN, 0.625f, -0.625f, NAN, INFINITY};
  const size_t n = sizeof x / sizeof x[0] - (functions[_i].high < INFINITY);
  check_block(&functions[_i], n, x);
}
END_TEST

/* Below -87 a float's exp leaves the normal numbers: nothing is promised but that next to nothing is left. */
START_TEST(far_below_zero) {
  for (size_t t = 0; t < table_count; t++) {
    float x[] = {-87.5f, -89, -100, -1e4f, -FLT_MAX, -INFINITY};
    of_sigmoid(tables[t].kernels, sizeof x / sizeof x[0], x);
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
      ck_assert_msg(x[i] >= 0 && x[i] < 1.7e-38f, "%s: %a", tables[t].name, (double)x[i]);
    }
  }
}
END_TEST

int main(void) {
  table_count = math_tables(tables);
  Suite *suite = suite_create("math_functions");
  TCase *tcase = tcase_create("math_functions");
  tcase_add_test(tcase, the_judge_sees_six_units);
  tcase_add_loop_test(tcase, all_magnitudes, 0, FUNCTIONS);
  tcase_add_loop_test(tcase, where_the_work_is, 0, FUNCTIONS);
  tcase_add_loop_test(tcase, special_values, 0, FUNCTIONS);
  tcase_add_test(tcase, far_below_zero);
  suite_add_tcase(suite, tcase);
  return math_run(suite);
}
