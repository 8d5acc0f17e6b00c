/* SPDX-License-Identifier: MIT */
#include "products.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const products_calls[CALLS] = {"forward", "backward", "gradient"};

/* --- tables ------------------------------------------------------------------------------------------------------- */

static void add_table(struct table *tables, size_t *count, const char *name, const thalnet__kernels *kernels) {
  if (kernels->multiply != NULL) {
    tables[(*count)++] = (struct table){name, *kernels, 1};
  }
}

size_t products_tables(struct table tables[MOST_TABLES]) {
  size_t count = 0;
#ifdef THALNET_KERNELS_X86
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    add_table(tables, &count, "avx512", &thalnet__kernels_avx512);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    add_table(tables, &count, "avx2", &thalnet__kernels_avx2);
  }
#endif
  add_table(tables, &count, "portable", &thalnet__kernels_portable);
  struct table *library = &tables[count++];
  *library = (struct table){"library", thalnet__kernels_portable, 0};
  library->kernels.multiply = library->kernels.multiply_transposed = NULL;
  library->kernels.panel = 0;
#ifndef PRODUCTS_CBLAS
  library->repeats = 1;
#endif
  return count;
}

/* --- what is drawn ------------------------------------------------------------------------------------------------ */

/* B is put together of pieces; a number in it is one of `drawn` times its piece's scale. Borders lie within panels. */
enum { EDGE_DEPTH = 20, EDGE_COLUMN = 37 };
static const double scales[2][2] = {{1, 0.7}, {-1.9, 1}};

static struct {
  float a[MOST_ROWS][MOST_DEPTH], drawn[MOST_DEPTH][MOST_COLUMNS], c[MOST_ROWS][MOST_COLUMNS];
  double b[MOST_DEPTH][MOST_COLUMNS];
  double sums[PRODUCTS_DEPTHS][MOST_ROWS][MOST_COLUMNS], sizes[PRODUCTS_DEPTHS][MOST_ROWS][MOST_COLUMNS];
} * drawn;

static float draw(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (float)(*seed >> 40) / 8388608.0f - 1.0f;
}

static void *take(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  if (memory == NULL) {
    abort();
  }
  return memory;
}

static void add_up(size_t row) {
  double sums[MOST_COLUMNS] = {0}, sizes[MOST_COLUMNS] = {0};
  for (size_t k = 0, known = 0; known < PRODUCTS_DEPTHS; k++) {
    if (k == products_depths[known]) {
      memcpy(drawn->sums[known][row], sums, sizeof sums);
      memcpy(drawn->sizes[known++][row], sizes, sizeof sizes);
    }
    if (k < MOST_DEPTH) {
      const double a = (double)drawn->a[row][k], *b = drawn->b[k];
      for (size_t j = 0; j < MOST_COLUMNS; j++) {
        const double term = a * b[j];
        sums[j] += term;
        sizes[j] += fabs(term);
      }
    }
  }
}

void products_begin(void) {
  uint64_t seed = 1;
  drawn = take(1, sizeof *drawn);
  for (size_t i = 0; i < MOST_ROWS; i++) {
    for (size_t k = 0; k < MOST_DEPTH; k++) {
      drawn->a[i][k] = draw(&seed);
    }
    for (size_t j = 0; j < MOST_COLUMNS; j++) {
      drawn->c[i][j] = draw(&seed);
    }
  }
  for (size_t k = 0; k < MOST_DEPTH; k++) {
    for (size_t j = 0; j < MOST_COLUMNS; j++) {
      drawn->drawn[k][j] = draw(&seed);
      drawn->b[k][j] = scales[k >= EDGE_DEPTH][j >= EDGE_COLUMN] * (double)drawn->drawn[k][j];
    }
  }
  for (size_t i = 0; i < MOST_ROWS; i++) {
    add_up(i);
  }
}

static size_t known_depth(size_t depth) {
  size_t at = 0;
  while (products_depths[at] != depth) {
    at++;
  }
  return at;
}

double products_size(size_t row, size_t column, size_t depth, int accumulate) {
  return drawn->sizes[known_depth(depth)][row][column] + (accumulate ? fabs((double)drawn->c[row][column]) : 0);
}

double products_term(size_t row, size_t column, size_t k) { return (double)drawn->a[row][k] * drawn->b[k][column]; }

/* --- operands ----------------------------------------------------------------------------------------------------- */

/* rows x columns numbers at a distance of columns + PADDING; the last row ends where the memory does. */
static real *padded(size_t rows, size_t columns) {
  const size_t count = rows > 0 ? rows * (columns + PADDING) - PADDING : 0;
  real *numbers = take(count, sizeof *numbers);
  for (size_t i = 0; i < count; i++) {
    numbers[i] = NAN;
  }
  return numbers;
}

/* The weights of the way forward are B transposed. */
static void put_piece(struct operands *o, int call, int deep, int right) {
  const size_t k = deep ? EDGE_DEPTH : 0, depth = (deep || o->depth < EDGE_DEPTH ? o->depth : EDGE_DEPTH) - k;
  const size_t j = right ? EDGE_COLUMN : 0,
               columns = (right || o->columns < EDGE_COLUMN ? o->columns : EDGE_COLUMN) - j;
  const size_t outputs = call == FORWARD ? columns : depth, inputs = call == FORWARD ? depth : columns;
  real *weight = padded(outputs, inputs);
  for (size_t p = 0; p < depth; p++) {
    for (size_t q = 0; q < columns; q++) {
      weight[call == FORWARD ? q * (inputs + PADDING) + p : p * (inputs + PADDING) + q] = drawn->drawn[k + p][j + q];
    }
  }
  const thalnet__piece piece = {.output = call == FORWARD ? j : k,
                                .outputs = outputs,
                                .input = call == FORWARD ? k : j,
                                .inputs = inputs,
                                .weight = weight,
                                .ld = inputs + PADDING,
                                .scale = scales[deep][right]};
  for (size_t i = 0; i < 3; i++) /* as threads share it */
    thalnet__matrix_put(&o->table->kernels, &o->w[call], &piece, o->kept[call], (thalnet__part){i, 3});
  free(weight);
}

void operands_begin(struct operands *o, const struct table *table, size_t columns, size_t depth) {
  *o = (struct operands){.table = table, .columns = columns, .depth = depth};
  o->w[FORWARD] = (thalnet__matrix){.outputs = columns, .inputs = depth, .place = 16};
  o->w[BACKWARD] = (thalnet__matrix){.outputs = depth, .inputs = columns};
  for (int call = FORWARD; call <= BACKWARD; call++) {
    const size_t size = thalnet__matrix_size(&table->kernels, &o->w[call]);
    ck_assert_uint_eq(size % 16, 0);
    o->kept[call] = take(size + o->w[call].place, sizeof(real));
    for (int piece = 0; piece < 4; piece++) {
      if ((piece < 2 || depth > EDGE_DEPTH) && (piece % 2 == 0 || columns > EDGE_COLUMN)) {
        put_piece(o, call, piece / 2, piece % 2);
      }
    }
  }
  o->b = padded(depth, columns);
  for (size_t k = 0; k < depth; k++) {
    for (size_t j = 0; j < columns; j++) {
      o->b[k * (columns + PADDING) + j] = (real)drawn->b[k][j];
    }
  }
  o->scratch = take(THALNET__PRODUCT_SCRATCH, sizeof *o->scratch);
}

void operands_rows(struct operands *o, size_t rows) {
  free(o->a);
  free(o->a_columns);
  o->rows = rows;
  o->a = padded(rows, o->depth);
  o->a_columns = padded(o->depth, rows);
  for (size_t i = 0; i < rows; i++) {
    for (size_t k = 0; k < o->depth; k++) {
      o->a[i * (o->depth + PADDING) + k] = o->a_columns[k * (rows + PADDING) + i] = drawn->a[i][k];
    }
  }
}

void operands_end(struct operands *o) {
  free(o->a);
  free(o->a_columns);
  free(o->b);
  free(o->kept[FORWARD]);
  free(o->kept[BACKWARD]);
  free(o->scratch);
}

/* --- results ------------------------------------------------------------------------------------------------------ */

/* A not-a-number that no computation gives. */
static const uint32_t guard = 0x7fc0beef;

static int is_guard(const real *at) { return memcmp(at, &guard, sizeof guard) == 0; }

void result_begin(struct result *result, size_t rows, size_t columns) {
  *result = (struct result){.rows = rows, .columns = columns, .ld = columns + 2 * GUARDS};
  result->all = take((rows + 2) * result->ld, sizeof *result->all);
  result->c = result->all + result->ld + GUARDS;
}

void result_fill(struct result *result, int call, int accumulate) {
  for (size_t i = 0; i < (result->rows + 2) * result->ld; i++) {
    memcpy(result->all + i, &guard, sizeof guard);
  }
  for (size_t i = 0; i < result->rows && (accumulate || call == GRADIENT); i++) {
    if (accumulate) {
      memcpy(result->c + i * result->ld, drawn->c[i], result->columns * sizeof *result->c);
    } else {
      memset(result->c + i * result->ld, 0, result->columns * sizeof *result->c);
    }
  }
}

void result_end(struct result *result) { free(result->all); }

void products_run(const struct operands *o, int call, size_t first, int accumulate, struct result *result,
                  thalnet__part part) {
  const thalnet__kernels *kernels = &o->table->kernels;
  const thalnet__const_rows a = {o->a + first * (o->depth + PADDING), o->depth + PADDING};
  const thalnet__const_rows a_columns = {o->a_columns + first, o->rows + PADDING};
  const thalnet__const_rows b = {o->b, o->columns + PADDING};
  const thalnet__rows c = {result->c, result->ld};
  if (call == FORWARD) {
    thalnet__matrix_forward(kernels, &o->w[call], o->kept[call], result->rows, a, accumulate, c, part);
  } else if (call == BACKWARD) {
    thalnet__matrix_backward(kernels, &o->w[call], o->kept[call], result->rows, a, accumulate, c, part);
  } else {
    thalnet__multiply_gradient(kernels, result->rows, o->columns, o->depth, a_columns, b, result->c, result->ld,
                               o->scratch, part);
  }
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

static void judge_guard(const struct result *result, size_t at, struct verdict *verdict) {
  if (!is_guard(result->all + at) && verdict->guards++ == 0) {
    snprintf(verdict->text, sizeof verdict->text, "a guard value was written, in row %ld at %ld",
             (long)(at / result->ld) - 1, (long)(at % result->ld) - GUARDS);
  }
}

/* The rounding errors of a sum of random numbers grow slower than its size; a not-a-number is never near enough. */
struct verdict products_judge(const struct result *result, size_t depth, int accumulate) {
  struct verdict verdict = {.wrong = 0};
  const size_t known = known_depth(depth), ld = result->ld, end = (result->rows + 1) * ld;
  for (size_t at = 0; at < ld; at++) {
    judge_guard(result, at, &verdict);
    judge_guard(result, end + at, &verdict);
  }
  for (size_t i = 0; i < result->rows; i++) {
    const real *c = result->c + i * ld;
    for (size_t side = 0; side < GUARDS; side++) {
      judge_guard(result, (i + 1) * ld + side, &verdict);
      judge_guard(result, (i + 2) * ld - 1 - side, &verdict);
    }
    for (size_t j = 0; j < result->columns; j++) {
      const double before = accumulate ? (double)drawn->c[i][j] : 0, want = drawn->sums[known][i][j] + before;
      const double error = fabs((double)c[j] - want);
      if (!(error <= 4 * (double)FLT_EPSILON * (drawn->sizes[known][i][j] + fabs(before))) && verdict.wrong++ == 0) {
        snprintf(verdict.text, sizeof verdict.text, "row %zu column %zu is %.9g, not %.9g", i, j, (double)c[j], want);
      }
    }
  }
  return verdict;
}

void products_expect(const struct operands *o, int call, int accumulate, const struct result *result) {
  const struct verdict verdict = products_judge(result, o->depth, accumulate);
  if (verdict.wrong + verdict.guards > 0) {
    ck_abort_msg("%s %s, %zu x %zu x %zu, accumulate %d: %zu wrong, %zu guards; %s", o->table->name,
                 products_calls[call], result->rows, result->columns, o->depth, accumulate, verdict.wrong,
                 verdict.guards, verdict.text);
  }
}

int products_same(const struct result *few, const struct result *many, size_t first) {
  for (size_t i = 0; i < few->rows; i++) {
    if (memcmp(few->c + i * few->ld, many->c + (first + i) * many->ld, few->columns * sizeof *few->c) != 0) {
      return 0;
    }
  }
  return 1;
}

int products_main(const char *name, const TTest *const *tests, size_t count) {
  Suite *suite = suite_create(name);
  TCase *tcase = tcase_create(name);
  products_begin();
  for (size_t i = 0; i < count; i++) {
    tcase_add_test(tcase, tests[i]);
  }
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  free(drawn);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
