/* SPDX-License-Identifier: MIT */
/* Sizes that do not fit, and memory: from within, as hosts cannot ask for so much. */
#include "core/arena.h"
#include "core/checked.h"
#include "core/memory.h"
#include "core/status.h"
#include "core/text.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(sums_and_products_do_not_wrap) {
  size_t out = 77;
  ck_assert_int_eq(thalnet__add(SIZE_MAX - 5, 6, &out), -1);
  ck_assert_int_eq(thalnet__times(SIZE_MAX / 3 + 1, 3, &out), -1);
  ck_assert_uint_eq(out, 77);
  ck_assert_int_eq(thalnet__add(SIZE_MAX - 5, 5, &out), 0);
  ck_assert_uint_eq(out, SIZE_MAX);
  ck_assert_int_eq(thalnet__times(SIZE_MAX / 3, 3, &out), 0);
  ck_assert_uint_eq(out, SIZE_MAX / 3 * 3);
  ck_assert_int_eq(thalnet__times(SIZE_MAX, 0, &out), 0);
  ck_assert_uint_eq(out, 0);
}
END_TEST

START_TEST(the_most_stays_the_most) {
  ck_assert_uint_eq(thalnet__sum_or_most(3, 4), 7);
  ck_assert_uint_eq(thalnet__sum_or_most(SIZE_MAX - 4, 4), SIZE_MAX);
  ck_assert_uint_eq(thalnet__sum_or_most(SIZE_MAX - 4, 5), SIZE_MAX);
  ck_assert_uint_eq(thalnet__sum_or_most(SIZE_MAX, SIZE_MAX), SIZE_MAX);
  ck_assert_uint_eq(thalnet__times_or_most(3, 4), 12);
  ck_assert_uint_eq(thalnet__times_or_most(SIZE_MAX, 1), SIZE_MAX);
  ck_assert_uint_eq(thalnet__times_or_most(SIZE_MAX / 2 + 1, 2), SIZE_MAX);
  ck_assert_uint_eq(thalnet__times_or_most(SIZE_MAX, 0), 0);
  ck_assert_uint_eq(thalnet__round_or_most(0, 64), 0);
  ck_assert_uint_eq(thalnet__round_or_most(1, 64), 64);
  ck_assert_uint_eq(thalnet__round_or_most(128, 64), 128);
  ck_assert_uint_eq(thalnet__round_or_most(SIZE_MAX - 63, 64), SIZE_MAX);
  ck_assert_uint_eq(thalnet__round_or_most(SIZE_MAX, 16), SIZE_MAX);
}
END_TEST

/* One array that does not fit, and all of it does not; wherever it comes. */
START_TEST(arenas_remember_what_did_not_fit) {
  static const size_t sizes[][3] = {
      {SIZE_MAX, 1, 1}, {SIZE_MAX, SIZE_MAX, 1}, {SIZE_MAX / 8, 2, 8}, {SIZE_MAX - 70, 1, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    thalnet__arena arena = {0};
    ck_assert_ptr_null(thalnet__take(&arena, 10, 8));
    ck_assert_uint_eq(arena.used, 128);
    ck_assert_ptr_null(thalnet__take2(&arena, sizes[i][0], sizes[i][1], sizes[i][2]));
    ck_assert_ptr_null(thalnet__take(&arena, 0, 4));
    ck_assert_ptr_null(thalnet__take(&arena, 3, 4));
    ck_assert_uint_eq(arena.used, SIZE_MAX);
  }
  char room[256];
  thalnet__arena arena = {.base = room};
  ck_assert_ptr_eq(thalnet__take(&arena, 3, 4), room);
  ck_assert_ptr_null(thalnet__take2(&arena, 0, 5, 4));
  ck_assert_ptr_eq(thalnet__take2(&arena, 5, 3, 4), room + 64);
  ck_assert_uint_eq(arena.used, 128);
}
END_TEST

START_TEST(absurd_memory_is_refused) {
  thalnet_memory memory;
  void *block = &memory;
  ck_assert_int_eq(thalnet__memory_init(&memory, NULL), THALNET_OK);
  ck_assert_int_eq(thalnet__allocate(&memory, SIZE_MAX, 2, &block), THALNET_ERROR_OVERFLOW);
  ck_assert_ptr_null(block);
  block = &memory;
  ck_assert_int_eq(thalnet__allocate(&memory, SIZE_MAX - 3, 1, &block), THALNET_ERROR_MEMORY);
  ck_assert_ptr_null(block);
  ck_assert_int_eq(thalnet__allocate(&memory, 0, 8, &block), THALNET_OK);
  ck_assert_ptr_null(block);
  ck_assert_int_eq(thalnet__allocate(&memory, 3, 5, &block), THALNET_OK);
  ck_assert_uint_eq((uintptr_t)block % THALNET__ALIGNMENT, 0);
  thalnet__release(&memory, block, 3, 5);
}
END_TEST

static const char *spelled(char *room, double number, void (*spell)(thalnet__text *text, double number)) {
  thalnet__text text = {.bytes = room, .capacity = 64};
  spell(&text, number);
  return thalnet__text_end(&text);
}

START_TEST(numbers_are_spelled) {
  char room[64];
  ck_assert_str_eq(spelled(room, (double)NAN, thalnet__text_real), "0"); /* the formats know no other words */
  ck_assert_str_eq(spelled(room, 1e-301, thalnet__text_real), "0");
  ck_assert_str_eq(spelled(room, 1.5e308, thalnet__text_real), "0");
  ck_assert_str_eq(spelled(room, -0.25, thalnet__text_real), "-0.25");
  ck_assert_str_eq(spelled(room, 1e307, thalnet__text_real), "1e307");
  ck_assert_str_eq(spelled(room, 0.5, thalnet__text_fraction), "0.5");
  /* below what it is for: it ends with the digits that there are */
  ck_assert_uint_eq(strlen(spelled(room, 1e-25, thalnet__text_fraction)), 17);
}
END_TEST

START_TEST(words_are_escaped) {
  char room[64];
  thalnet__text text = {.bytes = room, .capacity = sizeof room};
  thalnet__text_escaped(&text, "a\"b\\c\x1f\n~");
  ck_assert_str_eq(thalnet__text_end(&text), "a\\\"b\\\\c\\u001f\\u000a~");
  thalnet__text tight = {.bytes = room, .capacity = 4};
  thalnet__text_escaped(&tight, "longer");
  ck_assert_uint_lt(strlen(thalnet__text_end(&tight)), 4); /* cut, and it ends */
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      sums_and_products_do_not_wrap, the_most_stays_the_most, arenas_remember_what_did_not_fit,
      absurd_memory_is_refused,      numbers_are_spelled,     words_are_escaped};
  Suite *suite = suite_create("sizes");
  TCase *tcase = tcase_create("sizes");
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
    tcase_add_test(tcase, tests[i]);
  }
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
