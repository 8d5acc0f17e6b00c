/* SPDX-License-Identifier: MIT */
/* The statistics of the experiments against numbers by hand, and from numpy 1.24 and scipy 1.10 (but for
 * the quantile at 0.9, which scipy has right to eight digits only: it is from a table). */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "experiments/statistics.h"

static void near(double found, double wanted, double tolerance) {
  ck_assert_msg(fabs(found - wanted) <= tolerance * fmax(1e-12, fabs(wanted)), "%.17g is not %.17g", found, wanted);
}

START_TEST(summaries) {
  const double values[] = {0.9776, 0.9781, 0.9769, 0.9790, 0.9772};
  struct summary summary = statistics_summary(values, 5);
  ck_assert_uint_eq(summary.count, 5);
  near(summary.mean, 0.97776, 1e-14);
  near(summary.deviation, 0.0008264381404557737, 1e-10);
  ck_assert(summary.low == 0.9769 && summary.high == 0.9790);
  summary = statistics_summary(values, 1);
  ck_assert(summary.mean == 0.9776 && summary.deviation == 0.0);
  ck_assert_uint_eq(statistics_summary(NULL, 0).count, 0);
}
END_TEST

START_TEST(quantiles_of_t) {
  static const struct {
    double p;
    size_t degrees;
    double wanted;
  } cases[] = {
      {0.975, 1, 12.7062047364321}, {0.975, 2, 4.30265272991127},  {0.975, 4, 2.7764451051978},
      {0.975, 9, 2.26215716274099}, {0.975, 30, 2.04227245630124}, {0.975, 1000, 1.96233908082641},
      {0.9, 3, 1.63774435369621},   {0.05, 7, -1.89457860506131},  {0.9995, 4, 8.6103015813799},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    near(statistics_t_quantile(cases[i].p, cases[i].degrees), cases[i].wanted, 1e-9);
  ck_assert(fabs(statistics_t_quantile(0.5, 5)) < 1e-12);
}
END_TEST

START_TEST(paired_interval) {
  const double differences[] = {0.0012, -0.0003, 0.0021, 0.0008};
  struct interval interval = statistics_paired(differences, 4);
  ck_assert_int_eq(interval.known, 1);
  near(interval.mean, 0.00095, 1e-12);
  near(interval.low, -0.00063324704651211, 1e-9);
  near(interval.high, 0.00253324704651211, 1e-9);
  near(interval.variance, 2.475e-07, 1e-12);
  interval = statistics_paired(differences, 1);
  ck_assert(interval.known == 0 && interval.mean == 0.0012);
  ck_assert_int_eq(statistics_paired(NULL, 0).known, 0);
}
END_TEST

/* Two seeds, two images. */
START_TEST(two_by_two_by_hand) {
  const int8_t sums[] = {1, 0, 0, -1}; /* the sum of a seed's and an image's part: nothing is left for both */
  const double of_sums[] = {0.5, -0.5};
  struct image_variance variance = statistics_image_variance(sums, 2, 2);
  ck_assert(variance.images == 0.25 && variance.both == 0.0);
  struct interval interval = statistics_crossed(of_sums, 2, &variance);
  near(interval.variance, 0.5, 1e-15);
  near(interval.high, 12.7062047364321 * sqrt(0.5), 1e-9);

  const int8_t both[] = {1, -1, -1, 1}; /* neither seeds nor images alone: what is expected to be 0 is not below it */
  const double of_both[] = {0.0, 0.0};
  variance = statistics_image_variance(both, 2, 2);
  ck_assert(variance.images == 0.0 && variance.both == 1.0);
  ck_assert(statistics_crossed(of_both, 2, &variance).variance == 0.0);

  variance = statistics_image_variance(sums, 1, 4);
  ck_assert(variance.images == 0.0 && variance.both == 0.0);
}
END_TEST

/* Two clusterings of a drawn matrix. The generator is also in the numpy program that the wanted numbers are from. */
START_TEST(crossed_interval) {
  static const struct {
    size_t seeds, images;
    double mean, of_seeds, of_images, of_both, low, high;
  } cases[] = {
      {5, 200, 0.126, 0.001111, 0.000442834170854271, 0.000424065326633166, 0.0326780321217951, 0.219321967878205},
      {2, 3, -0.166666666666667, 0.0277777777777778, 0.111111111111111, 0.111111111111111, -4.40206824547737,
       4.06873491214403},
      {3, 50, 0.0466666666666667, 0.00751111111111111, 0.00217777777777778, 0.00261315192743764, -0.326229903258977,
       0.41956323659231},
  };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    size_t seeds = cases[c].seeds, images = cases[c].images;
    int8_t *matrix = calloc(seeds * images, 1);
    double means[5] = {0.0};
    uint64_t x = 12345;
    ck_assert_ptr_nonnull(matrix);
    for (size_t s = 0; s < seeds; s++)
      for (size_t i = 0; i < images; i++) {
        x = (1103515245 * x + 12345) % (UINT64_C(1) << 31);
        uint64_t a = (x >> 16) % 100;
        int8_t d = a < 10 + i % 7 * 4 + s * 3 ? 1 : a >= 85 ? -1 : 0;
        matrix[s * images + i] = d;
        means[s] += (double)d / (double)images;
      }
    struct image_variance variance = statistics_image_variance(matrix, seeds, images);
    struct interval interval = statistics_crossed(means, seeds, &variance);
    struct interval paired = statistics_paired(means, seeds);
    free(matrix);
    near(paired.variance, cases[c].of_seeds, 1e-9);
    near(variance.images, cases[c].of_images, 1e-9);
    near(variance.both, cases[c].of_both, 1e-9);
    near(interval.mean, cases[c].mean, 1e-9);
    near(interval.low, cases[c].low, 1e-9);
    near(interval.high, cases[c].high, 1e-9);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("experiments_statistics");
  TCase *cases = tcase_create("statistics");
  tcase_add_test(cases, summaries);
  tcase_add_test(cases, quantiles_of_t);
  tcase_add_test(cases, paired_interval);
  tcase_add_test(cases, two_by_two_by_hand);
  tcase_add_test(cases, crossed_interval);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
