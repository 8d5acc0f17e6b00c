/* SPDX-License-Identifier: MIT */
/* Golden values: every network of fixtures/ against an independent implementation in PyTorch (reference.py),
 * torch.nn.GRU and torch.nn.LSTM among them. Forward, losses and all gradients; by every way of computing; for several
 * cuts into chunks; live, frame by frame. Every comparison carries a negative control (compare.c), and a changed
 * parameter must show.
 * The folder is the program's first argument, or GOLDEN_FIXTURES. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <thalnet/thalnet.h>

#include "golden/compare.h"
#include "golden/fixture.h"
#include "golden/network.h"
#include "golden/passes.h"
#ifdef THALNET_DOUBLE
#include "core/fault.h"
#endif

#ifndef GOLDEN_FIXTURES
#define GOLDEN_FIXTURES "fixtures"
#endif

enum { NAMES = 100 };
static const char *folder = GOLDEN_FIXTURES;
static char names[NAMES][FIXTURE_NAME];
static int name_count;

static void path_of(const char *name, const char *ending, char path[4096]) {
  ck_assert_int_lt(snprintf(path, 4096, "%s/%s%s", folder, name, ending), 4096);
}

static fixture *load(const char *name) {
  char path[4096], error[256];
  path_of(name, ".txt", path);
  fixture *golden = fixture_load(path, error);
  ck_assert_msg(golden != NULL, "%s: %s", path, error);
  ck_assert_str_eq(golden->name, name);
  return golden;
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

START_TEST(network_has_golden_values) {
  static const int32_t variants[][2] = {{1, 0}, {1, 1}, {2, 2}, {3, 1}}; /* threads, sequences of a chunk */
  fixture *golden = load(names[_i]);
  double forward = 0, backward = 0;
  size_t arrays = 0;
  for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++) {
    thalnet_center *net = network_build(golden, variants[v][0], variants[v][1]);
    comparison with = comparison_start(golden, net);
    pass_forward(&with);
    pass_forward_backward(&with, net);
    pass_forward_and_backward(&with, net);
    pass_live_frames(&with);
    thalnet_center_free(net);
    ck_assert_msg(with.failures == 0, "%s: %zu of %zu arrays disagree with %d threads, chunks of %d", golden->name,
                  with.failures, with.arrays, (int)variants[v][0], (int)variants[v][1]);
    forward = fmax(forward, with.worst[0]);
    backward = fmax(backward, with.worst[1]);
    arrays += with.arrays;
  }
  for (size_t i = 0; i < golden->array_count; i++)
    ck_assert_msg(golden->arrays[i].used, "%s: nobody asked for %s", golden->name, golden->arrays[i].name);
  printf("%-28s %5zu arrays; of the tolerance: forward %.3f, gradients %.3f\n", golden->name, arrays, forward,
         backward);
  fixture_free(golden);
}
END_TEST

/* The value of each tensor that the loss feels most, changed by one part in a thousand (double: in a million), moves
 * something out of tolerance. */
START_TEST(changed_parameter_is_noticed) {
#ifdef THALNET_DOUBLE
  const double change = 1e-6;
#else
  const double change = 1e-3;
#endif
  fixture *golden = load(names[_i]);
  thalnet_center *net = network_build(golden, 1, 0);
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    fixture_array *array = fixture_find(golden, "parameter/%s", name);
    const fixture_array *gradient = fixture_find(golden, "gradient/%s", name);
    size_t strongest = 0;
    for (size_t j = 1; j < array->count; j++)
      if (fabs(array->reals[j] * gradient->reals[j]) > fabs(array->reals[strongest] * gradient->reals[strongest]))
        strongest = j;
    const double kept = array->reals[strongest];
    array->reals[strongest] = kept * (1 + change);
    network_write_parameters(net, golden);
    array->reals[strongest] = kept;
    comparison with = comparison_start(golden, net);
    with.quiet = true;
    pass_forward_and_backward(&with, net);
    ck_assert_msg(with.failures > 0, "%s: a change of %g in %s goes unnoticed", golden->name, change, name);
  }
  thalnet_center_free(net);
  fixture_free(golden);
}
END_TEST

#ifdef THALNET_DOUBLE
/* The library's deliberate faults in the backward pass: some network's gradients must disagree. */
START_TEST(fault_is_noticed) {
  size_t noticed = 0;
  for (int i = 0; i < name_count; i++) {
    fixture *golden = load(names[i]);
    thalnet_center *net = network_build(golden, 1, 0);
    comparison with = comparison_start(golden, net);
    with.quiet = true;
    thalnet__fault = _i;
    pass_forward_and_backward(&with, net);
    thalnet__fault = THALNET__FAULT_NONE;
    noticed += with.failures > 0;
    thalnet_center_free(net);
    fixture_free(golden);
  }
  printf("fault %2d is noticed by %2zu of %d networks\n", _i, noticed, name_count);
  ck_assert_msg(noticed > 0, "fault %d goes unnoticed", _i);
}
END_TEST
#endif

/* The reader of the fixtures takes no text that is cut off, has more than it should, or a word changed. */
START_TEST(damaged_fixture_is_refused) {
  char path[4096], error[256];
  path_of(names[0], ".txt", path);
  size_t size = 0;
  char *text = fixture_read_text(path, &size);
  ck_assert_ptr_nonnull(text);
  fixture *golden = fixture_parse(text, size, error);
  ck_assert_msg(golden != NULL, "%s", error);
  fixture_free(golden);
  for (size_t cut = 0; cut + 1 < size; cut++) {
    ck_assert_ptr_null(fixture_parse(text, cut, error));
    ck_assert_str_ne(error, "");
  }
  static const char *const words[] = {"network ", "settle_steps ", "batch ", "input ",   "output ", "module\n",
                                      "layer ",   "reader ",       "real ",  "integer ", "0x",      "end\n"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    char *word = strstr(text, words[i]);
    ck_assert_msg(word != NULL, "no %s", words[i]);
    const char kept = *word;
    *word = 'q';
    ck_assert_ptr_null(fixture_parse(text, size, error));
    *word = kept;
  }
  char *longer = malloc(size + 3);
  ck_assert_ptr_nonnull(longer);
  memcpy(longer, text, size);
  memcpy(longer + size, "1 \n", 3);
  ck_assert_ptr_null(fixture_parse(longer, size + 3, error));
  free(longer);
  free(text);
}
END_TEST

static bool read_names(void) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/list.txt", folder) >= (int)sizeof path) return false;
  FILE *file = fopen(path, "r");
  if (!file) return false;
  while (name_count < NAMES && fscanf(file, "%63s", names[name_count]) == 1) name_count++;
  fclose(file);
  return true;
}

int main(int count, char **arguments) {
  if (count > 1) folder = arguments[1];
  if (!read_names() || name_count < 24) {
    fprintf(stderr, "%s/list.txt does not name at least 24 networks\n", folder);
    return EXIT_FAILURE;
  }
  Suite *suite = suite_create("golden");
  TCase *values = tcase_create("values");
  tcase_add_loop_test(values, network_has_golden_values, 0, name_count);
  tcase_add_loop_test(values, changed_parameter_is_noticed, 0, name_count);
#ifdef THALNET_DOUBLE
  tcase_add_loop_test(values, fault_is_noticed, THALNET__FAULT_NONE + 1, THALNET__FAULTS);
#endif
  tcase_add_test(values, damaged_fixture_is_refused);
  suite_add_tcase(suite, values);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  const int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
