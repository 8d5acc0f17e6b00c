/* SPDX-License-Identifier: MIT */
#ifndef TESTS_IO_RUN_H
#define TESTS_IO_RUN_H

#include <check.h>
#include <stdlib.h>

#if defined(__GNUC__)
#define IO_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define IO_PRINTF(text, first)
#endif

/* Runs tests, each between setup and teardown, which may be NULL, and returns what main should. */
static inline int io_run(const char *name, const TTest *const *tests, size_t count, void (*setup)(void),
                         void (*teardown)(void)) {
  Suite *suite = suite_create(name);
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, setup, teardown);
  for (size_t i = 0; i < count; i++) {
    tcase_add_test(tcase, tests[i]);
  }
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
#define IO_RUN(name, tests) io_run((name), (tests), sizeof(tests) / sizeof(tests)[0], NULL, NULL)
#define IO_RUN_BETWEEN(name, tests, setup, teardown)                                                                   \
  io_run((name), (tests), sizeof(tests) / sizeof(tests)[0], (setup), (teardown))

/* How much longer things may take than a release build takes: more than once under a sanitizer. */
static inline double io_patience(void) {
  const char *multiplier = getenv("CK_TIMEOUT_MULTIPLIER");
  return multiplier ? strtod(multiplier, NULL) : 1;
}

/* Pseudo-random numbers, the same in every run. */
static inline unsigned io_draw(unsigned long long *state, unsigned below) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(*state >> 33) % below;
}

#endif
