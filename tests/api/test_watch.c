/* SPDX-License-Identifier: MIT */
/* watch.h: medians against those of a sort, what is told and when, and that nothing normal is. */
#include "support.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static thalnet_watch *watch_of(const thalnet_watch_options *options) {
  thalnet_watch *watch = NULL;
  EXPECT_OK(thalnet_watch_create(options, &watch));
  return watch;
}

static thalnet_watch_event look(thalnet_watch *watch, double loss, double norm) {
  thalnet_watch_event event = THALNET_WATCH_EVENT_INIT;
  EXPECT_OK(thalnet_watch_step(watch, loss, norm, &event));
  ck_assert(memcmp(&event.loss, &loss, sizeof loss) == 0 && memcmp(&event.gradient_norm, &norm, sizeof norm) == 0);
  ck_assert_int_eq(event.reserved, 0);
  return event;
}

START_TEST(options_are_checked) {
  thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
  thalnet_watch *watch = (thalnet_watch *)(void *)&o;
  EXPECT(thalnet_watch_create(NULL, NULL), THALNET_ERROR_ARGUMENT);
#define REFUSES(field, value)                                                                                          \
  o = (thalnet_watch_options)THALNET_WATCH_OPTIONS_INIT;                                                               \
  o.field = (value);                                                                                                   \
  EXPECT(thalnet_watch_create(&o, &watch), THALNET_ERROR_ARGUMENT);                                                    \
  ck_assert_ptr_null(watch);                                                                                           \
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), #field))
  REFUSES(loss_factor, 0.999);
  REFUSES(loss_factor, (double)NAN);
  REFUSES(loss_factor, -(double)INFINITY);
  REFUSES(norm_factor, 0.0);
  REFUSES(norm_factor, (double)NAN);
  REFUSES(guess_loss, -1e-300);
  REFUSES(guess_loss, (double)NAN);
  REFUSES(guess_loss, (double)INFINITY);
  REFUSES(window, 0);
  REFUSES(window, THALNET_WATCH_WINDOW_LIMIT + 1);
  REFUSES(window, SIZE_MAX);
  REFUSES(patience, 0);
  REFUSES(patience, 251);
#undef REFUSES
  o = (thalnet_watch_options)THALNET_WATCH_OPTIONS_INIT;
  o.loss_factor = o.norm_factor = 1;
  o.window = 2;
  o.patience = 1;
  thalnet_watch_free(watch_of(&o));
  o.loss_factor = o.norm_factor = (double)INFINITY;
  o.window = THALNET_WATCH_WINDOW_LIMIT;
  o.patience = o.window / 2;
  thalnet_watch_free(watch_of(&o));
  o.struct_size = 8;
  EXPECT(thalnet_watch_create(&o, &watch), THALNET_ERROR_VERSION);
  thalnet_watch_free(NULL);
}
END_TEST

START_TEST(calls_are_checked) {
  thalnet_watch *watch = watch_of(NULL);
  thalnet_watch_event event = THALNET_WATCH_EVENT_INIT, before;
  EXPECT(thalnet_watch_step(NULL, 1, 1, &event), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_watch_step((thalnet_watch *)(void *)&event, 1, 1, &event), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_watch_step(watch, 1, 1, NULL), THALNET_ERROR_ARGUMENT);
  event.struct_size--;
  before = event;
  EXPECT(thalnet_watch_step(watch, 1, 1, &event), THALNET_ERROR_VERSION);
  ck_assert_mem_eq(&before, &event, sizeof event);
  ck_assert_uint_eq(look(watch, 1, 1).step, 1); /* those were none */
  thalnet_watch_free(watch);
}
END_TEST

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Of the last `window` of these values, those that are finite. */
static double median_of(const double *values, size_t count, size_t window, size_t least) {
  double *sorted = malloc((count + 1) * sizeof *sorted);
  size_t kept = 0;
  for (size_t i = count; i-- > 0 && kept < window;) {
    if (isfinite(values[i])) {
      sorted[kept++] = values[i];
    }
  }
  qsort(sorted, kept, sizeof *sorted, by_size);
  const double median = kept < least ? 0 : sorted[(kept - 1) / 2];
  free(sorted);
  return median;
}

START_TEST(medians_are_those_of_a_sort) {
  static const size_t windows[][2] = {{2, 1}, {3, 1}, {7, 3}, {20, 10}, {500, 50}};
  enum { COUNT = 1500 };
  static double losses[COUNT], norms[COUNT];
  for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
    thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
    uint64_t random = w + 1;
    o.window = windows[w][0];
    o.patience = windows[w][1];
    thalnet_watch *watch = watch_of(&o);
    for (size_t i = 0; i < COUNT; i++) {
      const float draw = support_random(&random);
      losses[i] = i % 3 ? (double)draw : floor((double)draw * 4); /* equal ones, negative ones, both zeros */
      if (i % 41 == 5) {
        losses[i] = draw > 0 ? (double)NAN : (double)INFINITY;
      }
      norms[i] = draw > 0.9f ? (double)INFINITY : draw < -0.95f ? (double)NAN : exp(40 * (double)draw);
      const thalnet_watch_event event = look(watch, losses[i], norms[i]);
      ck_assert(event.loss_median == median_of(losses, i, o.window, o.patience));
      ck_assert(event.gradient_norm_median == median_of(norms, i, o.window, o.patience));
      ck_assert_uint_eq(event.step, i + 1);
    }
    thalnet_watch_free(watch);
  }
}
END_TEST

/* --- what is told ------------------------------------------------------------------------------------------------- */

/* So many usual steps. */
static thalnet_watch *usual(const thalnet_watch_options *options, int steps) {
  thalnet_watch *watch = watch_of(options);
  for (int i = 0; i < steps; i++) {
    ck_assert_int_eq(look(watch, 2.0 + 0.01 * (i % 7), 1.0 + 0.1 * (i % 5)).kind, THALNET_WATCH_QUIET);
  }
  return watch;
}

/* From the 50th high loss in a row on, and not any more as soon as it falls. */
START_TEST(high_losses_are_told_after_patience) {
  thalnet_watch *watch = usual(NULL, 50);
  for (int round = 0; round < 2; round++) {
    for (uint64_t high = 1; high < 50; high++) { /* a step less than it takes */
      const thalnet_watch_event event = look(watch, 6.2, 1.0);
      ck_assert_int_eq(event.kind, THALNET_WATCH_QUIET);
      ck_assert_uint_eq(event.high_losses, high);
    }
    ck_assert_uint_eq(look(watch, 5.9, 1.0).high_losses, 0);
    for (int i = 0; i < 200; i++) {
      look(watch, 2.03, 1.0);
    }
  }
  for (uint64_t high = 1; high <= 60; high++) {
    const thalnet_watch_event event = look(watch, 6.2, 1.0);
    ck_assert_int_eq(event.kind, high < 50 ? THALNET_WATCH_QUIET : THALNET_WATCH_LOSS);
    ck_assert_uint_eq(event.high_losses, high);
    ck_assert(event.loss_median > 2.0 && event.loss_median < 2.07);
  }
  ck_assert_int_eq(look(watch, 2.0, 1.0).kind, THALNET_WATCH_QUIET);
  thalnet_watch_free(watch);
}
END_TEST

START_TEST(high_norms_are_told_at_once) {
  thalnet_watch *watch = usual(NULL, 50);
  ck_assert_int_eq(look(watch, 2.0, 1199.0).kind, THALNET_WATCH_QUIET);
  const thalnet_watch_event event = look(watch, 2.0, 1201.0);
  ck_assert_int_eq(event.kind, THALNET_WATCH_NORM);
  ck_assert(event.gradient_norm_median == 1.2);
  ck_assert_int_eq(look(watch, 2.0, 1.0).kind, THALNET_WATCH_QUIET);
  thalnet_watch_free(watch);
}
END_TEST

START_TEST(what_is_not_finite_is_told_at_once) {
  static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
  thalnet_watch *watch = watch_of(NULL);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(look(watch, bad[i], 1.0).kind, THALNET_WATCH_NONFINITE);
    ck_assert_int_eq(look(watch, 1.0, bad[i]).kind, THALNET_WATCH_NONFINITE);
    ck_assert_int_eq(look(watch, 1.0, 1.0).kind, THALNET_WATCH_QUIET);
  }
  for (uint64_t i = 1; i <= 60; i++) { /* they are high, whatever else they are, and no part of a median */
    ck_assert_uint_eq(look(watch, (double)NAN, 1.0).high_losses, i);
  }
  for (int i = 0; i < 100; i++) {
    look(watch, 1.0, 1.0);
  }
  ck_assert(look(watch, 1.0, 1.0).loss_median == 1.0);
  thalnet_watch_free(watch);
}
END_TEST

/* Nothing is compared before there is something to compare with. */
START_TEST(the_first_steps_are_quiet) {
  thalnet_watch *watch = watch_of(NULL);
  for (int i = 0; i < 49; i++) {
    const thalnet_watch_event event = look(watch, i % 2 ? 1e9 : 1.0, i % 2 ? 1e-9 : 1e9);
    ck_assert_int_eq(event.kind, THALNET_WATCH_QUIET);
    ck_assert(event.loss_median == 0.0 && event.gradient_norm_median == 0.0);
  }
  look(watch, 1.0, 1e-9);
  ck_assert_int_eq(look(watch, 1.0, 1.0).kind, THALNET_WATCH_NORM); /* 1e-9 is the usual one */
  thalnet_watch_free(watch);
}
END_TEST

/* Where all losses are high, only what guessing costs tells. */
START_TEST(guessing_is_a_bound) {
  thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
  for (int known = 0; known < 2; known++) {
    o.guess_loss = known ? 2.0 : 0.0;
    thalnet_watch *watch = watch_of(&o);
    for (int i = 1; i <= 100; i++) {
      const thalnet_watch_event event = look(watch, 100.0, 1.0);
      ck_assert_int_eq(event.kind, known && i >= 50 ? THALNET_WATCH_LOSS : THALNET_WATCH_QUIET);
      ck_assert(event.loss_median == (known ? 2.0 : i > 50 ? 100.0 : 0.0));
    }
    for (int i = 0; i < 300; i++) {
      look(watch, 0.5, 1.0);
    }
    ck_assert(look(watch, 1.6, 1.0).loss_median == 0.5); /* better than guessing */
    ck_assert_uint_eq(look(watch, 1.6, 1.0).high_losses, 2);
    thalnet_watch_free(watch);
  }
}
END_TEST

/* Three times a median of zero or below would be no bound at all. */
START_TEST(losses_of_any_sign) {
  static const double medians[] = {0.0, -0.0, -1e-9, -5.0, -1e300};
  for (size_t m = 0; m < sizeof medians / sizeof medians[0]; m++) {
    thalnet_watch *watch = watch_of(NULL);
    for (int i = 0; i < 300; i++) {
      ck_assert_int_eq(look(watch, i < 240 ? medians[m] : 1e9, 0.0).kind, THALNET_WATCH_QUIET);
    }
    thalnet_watch_free(watch);
  }
  thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
  o.loss_factor = o.norm_factor = (double)INFINITY;
  thalnet_watch *watch = usual(&o, 100);
  for (int i = 0; i < 100; i++) {
    ck_assert_int_eq(look(watch, 1e308, 1e308).kind, THALNET_WATCH_QUIET);
  }
  ck_assert_int_eq(look(watch, 1.0, (double)INFINITY).kind, THALNET_WATCH_NONFINITE);
  thalnet_watch_free(watch);
}
END_TEST

/* A loss that falls by six orders of magnitude, with noise, and norms that rise and fall: a training that goes well. */
START_TEST(learning_is_quiet) {
  thalnet_watch *watch = watch_of(NULL);
  uint64_t random = 3;
  for (int i = 0; i < 20000; i++) {
    const double noise = exp(0.5 * (double)support_random(&random));
    const double loss = 2.3 * exp(-i / 1400.0) * noise,
                 norm = noise * (i < 100 ? 0.01 * i + 1e-3 : 5.0 / (1 + i / 100));
    ck_assert_int_eq(look(watch, loss, norm).kind, THALNET_WATCH_QUIET);
  }
  thalnet_watch_free(watch);
}
END_TEST

/* Where it takes its memory from, and that a step takes none. */
START_TEST(memory_is_the_hosts) {
  struct support_memory memory;
  memset(&memory, 0, sizeof memory);
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
  o.memory = &hooks;
  thalnet_watch *watch = usual(&o, 0);
  memset(&hooks, 0xff, sizeof hooks); /* it was copied */
  thalnet_watch *none = watch;
  EXPECT(thalnet_watch_create(&o, &none), THALNET_ERROR_VERSION); /* hooks of a size that nobody has */
  ck_assert_ptr_null(none);
  const long calls = atomic_load(&memory.calls);
  ck_assert_int_eq(calls, 2);
  ck_assert_int_ge(atomic_load(&memory.bytes), 4 * 500 * 8);
  for (int i = 0; i < 1200; i++) {
    look(watch, 1.0 / (1 + i), 1.0);
  }
  ck_assert_int_eq(atomic_load(&memory.calls), calls);
  thalnet_watch_free(watch);
  ck_assert(atomic_load(&memory.live) == 0 && atomic_load(&memory.wrong) == 0);
}
END_TEST

/* What it says does not depend on how the host rounds. */
START_TEST(rounding_is_left_alone) {
  static const int directions[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  const double norm = 0.1, factor = 1.1, just = norm * factor;
  for (int d = 0; d < 4; d++) {
    thalnet_watch_options o = THALNET_WATCH_OPTIONS_INIT;
    thalnet_watch_event event = THALNET_WATCH_EVENT_INIT;
    o.norm_factor = factor;
    o.patience = 1;
    thalnet_watch *watch = watch_of(&o);
    look(watch, 1.0, norm);
    fesetround(directions[d]);
    thalnet_status status = thalnet_watch_step(watch, 1.0, just, &event);
    const int direction = fegetround();
    fesetround(FE_TONEAREST);
    ck_assert_int_eq(status, THALNET_OK);
    ck_assert_int_eq(direction, directions[d]);
    ck_assert_int_eq(event.kind, THALNET_WATCH_QUIET);
    thalnet_watch_free(watch);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {options_are_checked,         calls_are_checked,
                                medians_are_those_of_a_sort, high_losses_are_told_after_patience,
                                high_norms_are_told_at_once, what_is_not_finite_is_told_at_once,
                                the_first_steps_are_quiet,   guessing_is_a_bound,
                                losses_of_any_sign,          learning_is_quiet,
                                memory_is_the_hosts,         rounding_is_left_alone};
  return SUPPORT_RUN("watch", tests);
}
