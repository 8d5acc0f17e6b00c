/* SPDX-License-Identifier: MIT */
/* Drawing, dropout and zoneout of every table of kernels: against thalnet__random_uniform, number by number, and exact where a
 * unit is kept or not, between guard values. */
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "math/tables.h"
#include "network/dropout.h"

enum { LONGEST = 140 };

static struct table tables[MOST_TABLES];
static struct array a, b, c, d;

static void draw(const struct table *table, uint64_t id, uint64_t first, size_t n, float rate) {
  const thalnet__random random = thalnet__random_make(id + n, THALNET__STREAM_ZONEOUT, first, 3);
  float *drawn = array_begin(&a, n, -1, 1), uniform[LONGEST];
  thalnet__random_uniform(&random, id, first, n, uniform);
  table->kernels->draw(&random, id, first, n, rate, drawn);
  for (size_t i = 0; i < n; i++) {
    math_near((double)drawn[i], uniform[i] < rate ? 1 : 0, 0, 0, table, "draw");
  }
  array_check(&a, table, "draw");
}

/* First numbers at every place in a block, and where counters carry into their upper halves. */
START_TEST(drawing) {
  static const float rates[] = {0.000001f, 0.1f, 0.25f, 0.5f, 0.99999994f};
  static const uint64_t firsts[] = {0, 1, 2, 3, 70, UINT64_C(0x3ffffffe5), UINT64_C(0x3fffffff0)};
  static const uint64_t ids[] = {0, 5, UINT64_C(0x100000000), UINT64_MAX};
  for (size_t n = 1; n <= LONGEST; n++) {
    for (size_t f = 0; f < sizeof firsts / sizeof firsts[0]; f++) {
      draw(&tables[_i], ids[(n + f) % 4], firsts[f], n, rates[(n + f / 2) % 5]);
    }
  }
}
END_TEST

/* A rate is met exactly where a number is: the number itself is not below it. */
START_TEST(rates_between_numbers) {
  const thalnet__random random = thalnet__random_make(1, THALNET__STREAM_ZONEOUT, 0, 0);
  float uniform[64], drawn[64];
  thalnet__random_uniform(&random, 9, 0, 64, uniform);
  for (size_t i = 0; i < 64; i++) {
    const float rates[] = {uniform[i], nextafterf(uniform[i], 1), nextafterf(uniform[i], 0)};
    for (size_t r = 0; r < 3; r++) {
      tables[_i].kernels->draw(&random, 9, 0, 64, rates[r], drawn);
      ck_assert_msg(drawn[i] == (uniform[i] < rates[r] ? 1.0f : 0.0f), "%s: %a below %a", tables[_i].name,
                    (double)uniform[i], (double)rates[r]);
    }
  }
}
END_TEST

/* Factors of dropout are made of the same numbers, however many are drawn at once. */
START_TEST(dropping) {
  static const float rates[] = {0, 0.000001f, 0.1f, 0.25f, 0.99f};
  const struct table *table = &tables[_i];
  for (size_t n = 1; n <= LONGEST; n++) {
    const float rate = rates[n % 5], kept = 1 / (1 - rate);
    const thalnet__random random = thalnet__random_make(n, THALNET__STREAM_CONTEXT_DROPOUT, 2, 3);
    float *factors = array_begin(&a, n, -1, 1), uniform[LONGEST];
    thalnet__random_uniform(&random, 7, 3 * n, n, uniform);
    thalnet__dropout_factors(table->kernels, &random, 7, 3 * n, n, rate, factors);
    for (size_t i = 0; i < n; i++) {
      math_near((double)factors[i], uniform[i] < rate ? 0 : (double)kept, 0, 0, table, "dropout");
    }
    array_check(&a, table, "dropout");
  }
}
END_TEST

START_TEST(keeping) {
  const struct table *table = &tables[_i];
  for (size_t n = 1; n <= LONGEST; n++) {
    float *keep = array_begin(&a, n, 0, 1), *before = array_begin(&b, n, -1, 1), *y = array_begin(&c, n, -1, 1);
    float *kept = array_begin(&d, n, -1, 1), was[LONGEST];
    for (size_t i = 0; i < n; i++) {
      keep[i] = i % 3 == 2 ? keep[i] : (float)(i % 3); /* none, all, a share */
    }
    memcpy(was, y, n * sizeof *y);
    table->kernels->zoneout(n, keep, before, y);
    for (size_t i = 0; i < n; i++) {
      const double k = (double)keep[i], mean = k * (double)before[i] + (1 - k) * (double)was[i];
      math_near((double)y[i], mean, 1, i % 3 == 2 ? 2e-7 : 0, table, "zoneout");
    }
    table->kernels->zoneout_gradient(n, keep, before, y, kept);
    for (size_t i = 0; i < n; i++) {
      math_near((double)y[i], (1 - (double)keep[i]) * (double)before[i], 1, 1e-7, table, "zoneout_gradient");
      math_near((double)kept[i], (double)keep[i] * (double)before[i], 1, 1e-7, table, "zoneout_gradient");
    }
    array_check(&c, table, "zoneout");
    array_check(&d, table, "zoneout_gradient");
  }
}
END_TEST

int main(void) {
  const int count = (int)math_tables(tables);
  Suite *suite = suite_create("math_drawing");
  TCase *tcase = tcase_create("math_drawing");
  tcase_add_loop_test(tcase, drawing, 0, count);
  tcase_add_loop_test(tcase, rates_between_numbers, 0, count);
  tcase_add_loop_test(tcase, dropping, 0, count);
  tcase_add_loop_test(tcase, keeping, 0, count);
  suite_add_tcase(suite, tcase);
  return math_run(suite);
}
