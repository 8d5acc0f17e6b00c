/* SPDX-License-Identifier: MIT */
/* A watch that another thread is inside of: its step is over too soon to be met there, so the flag is set from within. */
#include "train/watch.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/status.h"

START_TEST(a_busy_watch_is_left_alone) {
  thalnet_watch *watch = NULL;
  thalnet_watch_event event = THALNET_WATCH_EVENT_INIT;
  ck_assert_int_eq(thalnet_watch_create(NULL, &watch), THALNET_OK);
  const thalnet_watch_event before = event;
  atomic_store(&watch->busy, 1);
  ck_assert_int_eq(thalnet_watch_step(watch, 1.0, 1.0, &event), THALNET_ERROR_BUSY);
  ck_assert_ptr_nonnull(strstr(thalnet__error_text(), "thalnet_watch_step"));
  ck_assert_mem_eq(&before, &event, sizeof event);
  ck_assert_uint_eq(watch->steps, 0);
  atomic_store(&watch->busy, 0);
  ck_assert_int_eq(thalnet_watch_step(watch, 1.0, 1.0, &event), THALNET_OK);
  ck_assert_uint_eq(watch->steps, 1);
  thalnet_watch_free(watch);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("busy");
  TCase *tcase = tcase_create("busy");
  tcase_add_test(tcase, a_busy_watch_is_left_alone);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
