/* SPDX-License-Identifier: MIT */
#include "math/tables.h"

#include <math.h>
#include <string.h>

static const uint32_t guard = 0x7fc0beefu; /* a NaN of its own */

size_t math_tables(struct table tables[MOST_TABLES]) {
  size_t count = 0;
  tables[count++] = (struct table){"portable", &thalnet__kernels_portable};
#ifdef THALNET_KERNELS_X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    tables[count++] = (struct table){"AVX2", &thalnet__kernels_avx2};
  }
  if (thalnet__kernels_get() == &thalnet__kernels_avx512) {
    tables[count++] = (struct table){"AVX-512", &thalnet__kernels_avx512};
  }
#endif
  return count;
}

int math_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

float math_draw(double low, double high) {
  static unsigned long long state = 5;
  return (float)(low + (high - low) * io_draw(&state, 1u << 30) / (1u << 30));
}

float *array_begin(struct array *array, size_t count, double low, double high) {
  ck_assert_uint_le(count, MATH_MOST);
  array->count = count;
  for (size_t i = 0; i < count + 2 * MATH_GUARDS; i++) {
    memcpy(&array->all[i], &guard, sizeof guard);
  }
  for (size_t i = 0; i < count; i++) {
    array->all[MATH_GUARDS + i] = math_draw(low, high);
  }
  return array->all + MATH_GUARDS;
}

void array_check(const struct array *array, const struct table *table, const char *what) {
  for (size_t i = 0; i < MATH_GUARDS; i++) {
    const float *const ends[] = {&array->all[i], &array->all[MATH_GUARDS + array->count + i]};
    for (int end = 0; end < 2; end++) {
      if (memcmp(ends[end], &guard, sizeof guard) != 0) {
        ck_abort_msg("%s, %s of %zu: written beyond the end", table->name, what, array->count);
      }
    }
  }
}

void math_near(double got, double expected, double size, double tolerance, const struct table *table,
               const char *what) {
  if (!(fabs(got - expected) <= tolerance * size + 1e-12)) {
    ck_abort_msg("%s, %s: %.9g, expected %.9g within %.2g", table->name, what, got, expected, tolerance * size);
  }
}
