/* SPDX-License-Identifier: MIT */
/* Gradients of the library, built in double precision, against differences of its own loss: parameters, dense
 * inputs, and the memory at the start. With an argument n, or under a sanitizer, every n-th (tenth) configuration
 * only. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/config.h"
#include "gradient/controls.h"
#include "gradient/differences.h"
#include "gradient/problem.h"
#include "gradient/reference.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { EVERY = 10 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) ||          \
    __has_feature(undefined_behavior_sanitizer)
enum { EVERY = 10 };
#else
enum { EVERY = 1 };
#endif
#else
enum { EVERY = 1 };
#endif

static int every = EVERY, only = -1;
static struct {
  size_t configurations, arrays, redraws;
  double worst_share, worst_relative;
  size_t applied[CONTROLS], caught[CONTROLS], faint[CONTROLS];
} total;

/* Draws until no relu is within 1e-3 of its kink and layer norm has something to divide by, by the reference's own forward
 * pass: no gradient has a say in it. Also the reference must agree about the loss. */
static void draw_away_from_kinks(problem *p) {
  enum { ATTEMPTS = 20000 };
  double margin = 0, expected = 0;
  for (size_t attempt = 0; margin < 1e-3; attempt++) {
    ck_assert_msg(attempt < ATTEMPTS, "configuration %zu: a relu stays near its kink", p->spec.number);
    problem_draw(p, attempt);
    expected = reference_loss(p, &margin);
    total.redraws += attempt > 0;
  }
  problem_set(p, SECTION_ALL);
  double loss = problem_loss(p);
  ck_assert_msg(fabs(loss - expected) <= 1e-12 * (1 + fabs(expected)), "loss %.15g, reference %.15g", loss, expected);
}

/* Gradients add up from call to call. */
static void check_adding(const problem *p, const double *gradient) {
  double error = 0, norm = 0, *again;
  if (p->spec.separate) return;
  again = malloc(p->parameters * sizeof(double));
  ck_assert_ptr_nonnull(again);
  CALL(thalnet_forward_backward(p->net, p->training, problem_begin(p)));
  CALL(thalnet_center_read_gradient(p->net, NULL, again, p->parameters));
  for (size_t i = 0; i < p->parameters; i++) {
    error = fmax(error, fabs(again[i] - 2 * gradient[i]));
    norm = fmax(norm, fabs(gradient[i]));
  }
  free(again);
  ck_assert_msg(error <= 1e-13 * norm, "a second call adds something else: %g of %g", error, norm);
}

static void check_gradient(const problem *p, const differences *d, double *gradient) {
  char text[1024];
  double loss = problem_gradient(p, gradient), evaluated = config_draws(&p->spec) ? loss : problem_loss(p);
  comparison c = differences_compare(p, d, gradient);
  total.arrays += c.arrays;
  total.worst_share = fmax(total.worst_share, c.worst_share);
  total.worst_relative = fmax(total.worst_relative, c.worst_relative);
  config_text(&p->spec, text, sizeof(text));
  ck_assert_msg(c.failed == 0, "%zu of %zu arrays fail, most by %.3g times: %s; configuration %s", c.failed, c.arrays,
                c.worst_share, p->array[c.first].name, text);
  ck_assert_msg(fabs(loss - evaluated) <= 1e-13 * (1 + fabs(loss)), "training %.15g, evaluation %.15g; %s", loss,
                evaluated, text);
}

/* Where the configuration has the term, the fault must change the gradient, and the check must fail: decided by
 * structure, not by the numbers. Exceptions are by number: behind dead relus, and behind units that zoneout keeps, a
 * term of the structure may be exactly zero, and so may that of layer norm where dropout leaves it nothing but zeros; and
 * after many steps of a contracting network, or beside much larger terms of the same array, it may be below the tolerance,
 * which cannot tell it from zero. */
static void check_control(const problem *p, const differences *d, const double *gradient, int fault, int applies) {
  double *wrong = malloc(p->total * sizeof(double));
  char text[1024];
  ck_assert_ptr_nonnull(wrong);
  memcpy(wrong, gradient, p->total * sizeof(double));
  thalnet__fault = fault;
  problem_gradient(p, wrong);
  thalnet__fault = THALNET__FAULT_NONE;
  double change = differences_distance(p, wrong, gradient), share = differences_share(p, d, wrong, gradient);
  comparison c = differences_compare(p, d, wrong);
  free(wrong);
  config_text(&p->spec, text, sizeof(text));
  ck_assert_msg(applies || change <= 0, "%s: changes a gradient that has no such term; %s", control_names[fault], text);
  const int kept = config_has_zoneout(&p->spec) && config_draws(&p->spec);
  const int norm = fault == THALNET__FAULT_NORM || fault == THALNET__FAULT_NORM_MEAN || fault == THALNET__FAULT_GAINS;
  const int maybe = config_has_relu(&p->spec) || kept || (norm && config_has_dropout(&p->spec));
  ck_assert_msg(!applies || change > 0 || maybe, "%s: changes nothing; %s", control_names[fault], text);
  if (share <= 2) { /* less may be hidden by the gradient's own distance from the differences */
    total.faint[fault] += change > 0;
    return;
  }
  total.applied[fault]++;
  total.caught[fault] += c.failed > 0;
  ck_assert_msg(c.failed > 0, "%s: not noticed (%.3g of the bound); %s", control_names[fault], c.worst_share, text);
}

START_TEST(configuration) {
  problem p;
  config spec;
  static differences d;
  size_t number = only >= 0 ? (size_t)only : (size_t)_i * (size_t)every;
  config_make(&spec, number);
  problem_create(&p, &spec);
  draw_away_from_kinks(&p);
  differences_compute(&p, &d);
  double *gradient = calloc(p.total, sizeof(double));
  ck_assert_ptr_nonnull(gradient);
  total.configurations++;
  coverage_add(&spec);
  check_gradient(&p, &d, gradient);
  check_adding(&p, gradient);
  unsigned terms = controls_apply(&p);
  for (int fault = 1; fault < CONTROLS; fault++) check_control(&p, &d, gradient, fault, (int)(terms >> fault & 1));
  free(gradient);
  problem_free(&p);
}
END_TEST

static size_t report(void) {
  printf("gradient configurations: %zu (checked arrays: %zu)\n", total.configurations, total.arrays);
  printf("worst error: %.2g of the bound, %.2g of the norm; values drawn again: %zu\n", total.worst_share,
         total.worst_relative, total.redraws);
  for (int i = 1; i < CONTROLS; i++) {
    printf("negative control, %s: non-zero in %zu, fails as it must in %zu; below the tolerance in %zu\n",
           control_names[i], total.applied[i], total.caught[i], total.faint[i]);
  }
  printf("coverage, configurations by value:\n");
  return coverage_print();
}

int main(int argc, char **argv) {
  if (argc > 1) every = atoi(argv[1]) > 0 ? atoi(argv[1]) : 1;
  if (argc > 2) only = atoi(argv[2]);
  int count = only >= 0 ? 1 : (CONFIGS + every - 1) / every;
  Suite *suite = suite_create("gradient");
  TCase *tcase = tcase_create("configurations");
  tcase_set_timeout(tcase, 0);
  tcase_add_loop_test(tcase, configuration, 0, count);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK); /* the totals are kept here */
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  size_t missing = report();
  if (every == 1 && only < 0 && (missing > 0 || CONFIGS < 300)) {
    printf("%zu properties are in no configuration\n", missing);
    return EXIT_FAILURE;
  }
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
