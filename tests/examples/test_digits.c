/* SPDX-License-Identifier: MIT */
/* The digits that the examples draw: always the same, equally many of each, no two alike, and told apart by their looks. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/digits.h"
#include "common/mnist.h"

enum { SAMPLE = 2000 };

static struct example_image_data data;

static void draw(void) {
  struct example_error error;
  ck_assert_int_eq(example_draw_digits(&data, &error), 0);
}

static void erase(void) { example_image_data_free(&data); }

START_TEST(sets_have_their_sizes_and_do_not_overlap) {
  ck_assert_uint_eq(data.train.count, 9000);
  ck_assert_uint_eq(data.validation.count, 1000);
  ck_assert_uint_eq(data.test.count, 2000);
  ck_assert_ptr_eq(data.validation.pixels, data.train.pixels + 9000 * EXAMPLE_PIXELS);
  for (size_t i = 0; i < 10000; i++) {
    const uint8_t *pixels = data.stored.pixels + i * EXAMPLE_PIXELS;
    ck_assert_mem_ne(pixels, data.test.pixels + i % 2000 * EXAMPLE_PIXELS, EXAMPLE_PIXELS);
  }
}
END_TEST

START_TEST(pictures_do_not_depend_on_what_was_drawn_before) {
  uint8_t again[EXAMPLE_PIXELS];
  for (size_t i = SAMPLE; i-- > 0;) {
    ck_assert_uint_eq(example_digit_label(i), data.stored.labels[i]);
    memset(again, 0xa5, sizeof again);
    example_digit_draw(i, data.stored.labels[i], again);
    ck_assert_mem_eq(again, data.stored.pixels + i * EXAMPLE_PIXELS, EXAMPLE_PIXELS);
  }
}
END_TEST

/* Results are compared between machines and versions: a change of the pictures must not go unnoticed. */
START_TEST(pictures_are_the_same_everywhere) {
#if FLT_EVAL_METHOD == 0
  uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */
  for (size_t i = 0; i < data.stored.count * EXAMPLE_PIXELS; i++)
    sum = (sum ^ data.stored.pixels[i]) * UINT64_C(1099511628211);
  for (size_t i = 0; i < data.stored.count; i++) sum = (sum ^ data.stored.labels[i]) * UINT64_C(1099511628211);
  ck_assert_uint_eq(sum, UINT64_C(6272761749192151683));
#endif
}
END_TEST

START_TEST(classes_are_balanced) {
  const struct example_images *sets[] = {&data.train, &data.validation, &data.test};
  for (size_t s = 0; s < 3; s++) {
    size_t counts[EXAMPLE_DIGITS] = {0}, in_order = 0;
    for (size_t i = 0; i < sets[s]->count; i++) {
      ck_assert_uint_lt(sets[s]->labels[i], EXAMPLE_DIGITS);
      counts[sets[s]->labels[i]]++;
      in_order += sets[s]->labels[i] == i % EXAMPLE_DIGITS;
    }
    for (int digit = 0; digit < EXAMPLE_DIGITS; digit++) ck_assert_uint_eq(counts[digit], sets[s]->count / 10);
    ck_assert_uint_lt(in_order, sets[s]->count / 5); /* a tenth by chance */
  }
}
END_TEST

START_TEST(ink_is_where_a_digit_would_be) {
  for (size_t i = 0; i < SAMPLE; i++) {
    const uint8_t *pixels = data.stored.pixels + i * EXAMPLE_PIXELS;
    double ink = 0.0, across = 0.0, down = 0.0;
    int brightest = 0;
    for (int k = 0; k < EXAMPLE_PIXELS; k++) {
      ink += pixels[k];
      across += pixels[k] * (k % EXAMPLE_SIDE);
      down += pixels[k] * (k / EXAMPLE_SIDE);
      if (pixels[k] > brightest) brightest = pixels[k];
    }
    ck_assert_int_gt(brightest, 150);
    ck_assert_double_gt(ink / 255.0, 10.0); /* pixels */
    ck_assert_double_lt(ink / 255.0, 300.0);
    ck_assert_double_lt(fabs(across / ink - 13.5), 6.0);
    ck_assert_double_lt(fabs(down / ink - 13.5), 6.0);
  }
}
END_TEST

START_TEST(pixels_vary) {
  for (size_t k = 0; k < EXAMPLE_PIXELS; k++) {
    int x = (int)(k % EXAMPLE_SIDE), y = (int)(k / EXAMPLE_SIDE), dark = 0, bright = 0;
    if (x < 7 || x > 20 || y < 5 || y > 22) continue;
    for (size_t i = 0; i < SAMPLE; i++) {
      dark += data.stored.pixels[i * EXAMPLE_PIXELS + k] < 50;
      bright += data.stored.pixels[i * EXAMPLE_PIXELS + k] > 150;
    }
    ck_assert_int_gt(dark, SAMPLE / 50);
    ck_assert_int_gt(bright, SAMPLE / 50);
  }
}
END_TEST

static double distance(const uint8_t *pixels, const double *mean) {
  double sum = 0.0;
  for (int k = 0; k < EXAMPLE_PIXELS; k++) sum += (pixels[k] - mean[k]) * (pixels[k] - mean[k]);
  return sum;
}

/* Digits are worth learning: the nearest class mean names most of them, but far from all. */
START_TEST(classes_look_different_but_not_too_different) {
  static double means[EXAMPLE_DIGITS][EXAMPLE_PIXELS];
  memset(means, 0, sizeof means);
  for (size_t i = 0; i < data.train.count; i++)
    for (size_t k = 0; k < EXAMPLE_PIXELS; k++)
      means[data.train.labels[i]][k] += data.train.pixels[i * EXAMPLE_PIXELS + k] / (data.train.count / 10.0);
  size_t right[EXAMPLE_DIGITS] = {0}, all = 0;
  for (size_t i = 0; i < data.test.count; i++) {
    uint8_t best = 0;
    const uint8_t *pixels = data.test.pixels + i * EXAMPLE_PIXELS;
    for (uint8_t digit = 1; digit < EXAMPLE_DIGITS; digit++)
      if (distance(pixels, means[digit]) < distance(pixels, means[best])) best = digit;
    right[data.test.labels[i]] += best == data.test.labels[i];
    all += best == data.test.labels[i];
  }
  for (int digit = 0; digit < EXAMPLE_DIGITS; digit++) ck_assert_uint_gt(right[digit], data.test.count / 10 * 3 / 10);
  ck_assert_uint_gt(all, data.test.count * 60 / 100);
  ck_assert_uint_lt(all, data.test.count * 90 / 100);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("digits");
  TCase *cases = tcase_create("digits");
  tcase_add_checked_fixture(cases, draw, erase);
  tcase_add_test(cases, sets_have_their_sizes_and_do_not_overlap);
  tcase_add_test(cases, pictures_do_not_depend_on_what_was_drawn_before);
  tcase_add_test(cases, pictures_are_the_same_everywhere);
  tcase_add_test(cases, classes_are_balanced);
  tcase_add_test(cases, ink_is_where_a_digit_would_be);
  tcase_add_test(cases, pixels_vary);
  tcase_add_test(cases, classes_look_different_but_not_too_different);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
