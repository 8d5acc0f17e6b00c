/* SPDX-License-Identifier: MIT */
/* status.h, version.h and the questions of host.h: pinned numbers, names, the error text of a thread. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <thalnet/status.h>
#include <thalnet/version.h>

START_TEST(numbers_are_pinned) {
  static const struct {
    thalnet_status status;
    int32_t number;
    const char *name;
  } pinned[] = {
      {THALNET_OK, 0, "OK"},
      {THALNET_ERROR_ARGUMENT, -1, "ERROR_ARGUMENT"},
      {THALNET_ERROR_HANDLE, -2, "ERROR_HANDLE"},
      {THALNET_ERROR_VERSION, -3, "ERROR_VERSION"},
      {THALNET_ERROR_SIZE, -4, "ERROR_SIZE"},
      {THALNET_ERROR_STATE, -5, "ERROR_STATE"},
      {THALNET_ERROR_MISMATCH, -6, "ERROR_MISMATCH"},
      {THALNET_ERROR_BUSY, -7, "ERROR_BUSY"},
      {THALNET_ERROR_MEMORY, -8, "ERROR_MEMORY"},
      {THALNET_ERROR_OVERFLOW, -9, "ERROR_OVERFLOW"},
      {THALNET_ERROR_LIMIT, -10, "ERROR_LIMIT"},
      {THALNET_ERROR_DATA, -11, "ERROR_DATA"},
      {THALNET_ERROR_NONFINITE, -12, "ERROR_NONFINITE"},
      {THALNET_ERROR_IO, -13, "ERROR_IO"},
      {THALNET_ERROR_TRUNCATED, -14, "ERROR_TRUNCATED"},
      {THALNET_ERROR_FORMAT, -15, "ERROR_FORMAT"},
      {THALNET_ERROR_CHECKSUM, -16, "ERROR_CHECKSUM"},
      {THALNET_ERROR_UNSUPPORTED, -17, "ERROR_UNSUPPORTED"},
      {THALNET_ERROR_HOST, -18, "ERROR_HOST"},
  };
  for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
    ck_assert_int_eq(pinned[i].status, pinned[i].number);
    ck_assert_str_eq(thalnet_status_name(pinned[i].status), pinned[i].name);
    ck_assert(support_text_is_good(thalnet_status_text(pinned[i].status)));
    ck_assert_str_ne(thalnet_status_text(pinned[i].status), "unknown status");
    ck_assert_ptr_eq(thalnet_status_text(pinned[i].status), thalnet_status_text(pinned[i].status));
    for (size_t j = 0; j < i; j++) {
      ck_assert_str_ne(thalnet_status_text(pinned[i].status), thalnet_status_text(pinned[j].status));
    }
  }
}
END_TEST

START_TEST(unknown_numbers_have_texts) {
  static const int32_t unknown[] = {1, -19, 18, -9999, 12345, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    ck_assert_str_eq(thalnet_status_name(unknown[i]), "unknown status");
    ck_assert_str_eq(thalnet_status_text(unknown[i]), "unknown status");
  }
}
END_TEST

static void *fresh_thread(void *argument) {
  char *seen = argument;
  snprintf(seen, 200, "%s", thalnet_error_text());
  thalnet_softmax(NULL, 987654);
  return NULL;
}

START_TEST(text_is_empty_before_the_first_failure) {
  char seen[200] = "never run";
  pthread_t thread;
  EXPECT(thalnet_blas_set_threads(0), THALNET_ERROR_ARGUMENT);
  ck_assert_int_eq(pthread_create(&thread, NULL, fresh_thread, seen), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(text_belongs_to_its_thread) {
  char seen[200], mine[500];
  pthread_t thread;
  EXPECT(thalnet_blas_set_threads(-3), THALNET_ERROR_ARGUMENT);
  ck_assert_int_lt(snprintf(mine, sizeof mine, "%s", thalnet_error_text()), (int)sizeof mine);
  ck_assert_int_eq(pthread_create(&thread, NULL, fresh_thread, seen), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_str_eq(thalnet_error_text(), mine);
}
END_TEST

START_TEST(text_survives_success) {
  char mine[500];
  float values[2] = {1.0f, 2.0f};
  EXPECT(thalnet_softmax(NULL, 2), THALNET_ERROR_ARGUMENT);
  snprintf(mine, sizeof mine, "%s", thalnet_error_text());
  EXPECT_OK(thalnet_softmax(values, 2));
  ck_assert_str_eq(thalnet_error_text(), mine);
  EXPECT(thalnet_center_create(NULL, NULL), THALNET_ERROR_ARGUMENT);
  ck_assert_str_ne(thalnet_error_text(), mine);
}
END_TEST

/* A hostile name ends up in the text: it stays one line of printable characters, and is no format string. */
START_TEST(text_is_one_line_whatever_it_names) {
  static const char *const names[] = {"two\nlines",
                                      "%s%s%s%n",
                                      "\x1b[31m",
                                      "tab\there",
                                      "\xff\xfe",
                                      "",
                                      "a name that is far too long to be one, because there are more than sixty-three"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    thalnet_center *net = NULL;
    EXPECT_OK(thalnet_center_create(NULL, &net));
    EXPECT(thalnet_center_add_input(net, names[i], 3, NULL, NULL), THALNET_ERROR_DATA);
    for (const char *c = thalnet_error_text(); *c; c++) {
      ck_assert_int_ge((unsigned char)*c, ' ');
    }
    thalnet_center_free(net);
  }
}
END_TEST

/* "It names the offender and the numbers involved": both numbers of a wrong count are there. */
START_TEST(text_names_both_numbers) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 4, 6);
  float values[100] = {0};
  EXPECT_OK(thalnet_batch_begin(batch, 4, 6));
  EXPECT(thalnet_batch_set_inputs(batch, 0, values, 71), THALNET_ERROR_SIZE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "71"));
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "72"));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(version_agrees_with_the_header) {
  char text[40];
  snprintf(text, sizeof text, "%d.%d.%d", THALNET_VERSION_MAJOR, THALNET_VERSION_MINOR, THALNET_VERSION_PATCH);
  ck_assert_int_eq(thalnet_version_number(), THALNET_VERSION_NUMBER);
  ck_assert_str_eq(thalnet_version_text(), text);
  ck_assert(THALNET_AT_LEAST(0, 1, 0));
  ck_assert(!THALNET_AT_LEAST(THALNET_VERSION_MAJOR + 1, 0, 0));
  ck_assert(!THALNET_AT_LEAST(THALNET_VERSION_MAJOR, THALNET_VERSION_MINOR, THALNET_VERSION_PATCH + 1));
}
END_TEST

START_TEST(build_info_is_one_line) {
  const char *info = thalnet_build_info();
  char blas[100];
  ck_assert(support_text_is_good(info));
  snprintf(blas, sizeof blas, "blas=%s ", thalnet_blas_vendor());
  ck_assert_ptr_nonnull(strstr(info, blas));
  ck_assert_ptr_nonnull(strstr(info, "products="));
  ck_assert_ptr_nonnull(strstr(info, "kernel="));
  ck_assert_ptr_nonnull(strstr(info, "threads="));
  ck_assert_ptr_nonnull(strstr(info, "real="));
  ck_assert_ptr_eq(info, thalnet_build_info());
}
END_TEST

START_TEST(blas_threads) {
  static const char *const vendors[] = {"openblas", "blis", "generic", "reference"};
  int known = 0;
  for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++) {
    known += strcmp(thalnet_blas_vendor(), vendors[i]) == 0;
  }
  ck_assert_int_eq(known, 1);
  int32_t before = thalnet_blas_get_threads();
  ck_assert_int_ge(before, 0);
  EXPECT(thalnet_blas_set_threads(0), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_blas_set_threads(-1), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_blas_set_threads(INT32_MIN), THALNET_ERROR_ARGUMENT);
  ck_assert_int_eq(thalnet_blas_get_threads(), before);
  EXPECT_EITHER(thalnet_blas_set_threads(1), THALNET_OK, THALNET_ERROR_UNSUPPORTED);
  ck_assert_int_le(thalnet_blas_get_threads(), 1);
  if (strcmp(thalnet_blas_vendor(), "reference") == 0) {
    EXPECT(thalnet_blas_set_threads(2), THALNET_ERROR_UNSUPPORTED);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {numbers_are_pinned,
                                unknown_numbers_have_texts,
                                text_is_empty_before_the_first_failure,
                                text_belongs_to_its_thread,
                                text_survives_success,
                                text_is_one_line_whatever_it_names,
                                text_names_both_numbers,
                                version_agrees_with_the_header,
                                build_info_is_one_line,
                                blas_threads};
  return SUPPORT_RUN("status", tests);
}
