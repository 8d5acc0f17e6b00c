/* SPDX-License-Identifier: MIT */
/* Training inside and beside the parallel regions of a host that uses OpenMP. */
#include "trainings.h"

#include <stdlib.h>

#include <omp.h>

enum { TEAM = 3, FEW = 4 };

static thalnet_center_options two_threads(void) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = 2;
  return options;
}

static void expect_same(const struct training *training, struct record *one, struct record *other) {
  const char *difference = record_difference(one, other);
  ck_assert_msg(difference == NULL, "%s: %s", training->name, difference);
  record_free(other);
}

/* Every thread of the team trains a network of its own. */
START_TEST(inside_a_region) {
  const int plain[] = {0, SMALL_TRAININGS};
  for (size_t i = 0; i < 2; i++) {
    const struct training *training = &trainings[plain[i]];
    const thalnet_center_options options = two_threads();
    struct record alone = training_run(training, &options, FEW), team[TEAM];
    int threads = 0;
#pragma omp parallel num_threads(TEAM)
    {
#pragma omp single
      threads = omp_get_num_threads();
#pragma omp for schedule(static, 1)
      for (int t = 0; t < TEAM; t++) {
        team[t] = training_run(training, &options, FEW);
      }
    }
    ck_assert_int_eq(threads, TEAM);
    for (int t = 0; t < TEAM; t++) {
      expect_same(training, &alone, &team[t]);
    }
    record_free(&alone);
  }
}
END_TEST

/* One thread trains while the others compute for the host. */
START_TEST(beside_a_region) {
  const int plain[] = {0, SMALL_TRAININGS};
  for (size_t i = 0; i < 2; i++) {
    const struct training *training = &trainings[plain[i]];
    const thalnet_center_options options = two_threads();
    struct record alone = training_run(training, &options, FEW), beside = {.losses = {0}};
    atomic_int done;
    double sums[TEAM] = {0};
    atomic_init(&done, 0);
#pragma omp parallel num_threads(TEAM)
    {
      const int thread = omp_get_thread_num();
      if (thread == 0) {
        beside = training_run(training, &options, FEW);
        atomic_store(&done, 1);
      }
      for (double k = 1; !atomic_load(&done); k++) {
        sums[thread] += 1 / k;
      }
    }
    ck_assert_double_gt(sums[1], 1);
    expect_same(training, &alone, &beside);
    record_free(&alone);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {inside_a_region, beside_a_region};
  return SUPPORT_RUN("same_bits_openmp", tests);
}
