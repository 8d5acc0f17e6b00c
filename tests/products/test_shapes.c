/* SPDX-License-Identifier: MIT */
/* Products of every shape of tile against sums in double, and a judge that is proved to see what is wrong. */
#include "products.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/multiply.h"

static struct table tables[MOST_TABLES];
static size_t table_count;

static const thalnet__part whole = {0, 1};

/* --- shapes ------------------------------------------------------------------------------------------------------- */

enum { LIST = 24 };

struct plan {
  size_t depths[5], rows[LIST], columns[LIST]; /* 0 ends a list; but the depths, which -1 ends */
  size_t rows_to, columns_to;                  /* instead of a list: 1 ... */
  int both;                                    /* 1: accumulate 0 and 1, else one of them, in turns */
};

#define END SIZE_MAX
static const struct plan plans[] = {
    {{0, 1, 2, 33, END}, {0}, {0}, 30, 70, 1},
    {{31, 32, 45, END},
     {1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 29, 30},
     {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 70},
     0,
     0,
     1},
    {{45, END}, {100}, {135, 600}, 0, 0, 1},
    {{33, END}, {0}, {135}, 30, 0, 1},
    {{2, END}, {0}, {600}, 30, 0, 0},
    {{511, 512, 513, END}, {1, 3, 6, 7, 14, 15, 30}, {1, 4, 9, 16, 17, 32, 33, 64, 70}, 0, 0, 0},
    {{513, END}, {1, 2, 3, 100}, {135}, 0, 0, 0},
    {{1100, END}, {1, 3, 13, 25}, {17, 70, 135}, 0, 0, 0},
    {{45, END}, {MOST_ROWS}, {70, 600}, 0, 0, 1},
    {{513, END}, {MOST_ROWS}, {600}, 0, 0, 0}, /* gradients of this size go through copies */
};

static void one_shape(struct operands *o, size_t rows, int both) {
  struct result result;
  const int turn = (int)(rows + o->columns + o->depth) % 2;
  operands_rows(o, rows);
  result_begin(&result, rows, o->columns);
  for (int call = 0; call < CALLS; call++) {
    for (int accumulate = both ? 0 : turn; accumulate <= (both ? 1 : turn); accumulate++) {
      result_fill(&result, call, accumulate);
      products_run(o, call, 0, accumulate, &result, whole);
      products_expect(o, call, accumulate, &result);
    }
  }
  result_end(&result);
}

static void one_plan(const struct table *table, const struct plan *plan) {
  for (const size_t *depth = plan->depths; *depth != END; depth++) {
    for (size_t c = 0; plan->columns_to > 0 ? c < plan->columns_to : plan->columns[c] > 0; c++) {
      struct operands operands;
      operands_begin(&operands, table, plan->columns_to > 0 ? c + 1 : plan->columns[c], *depth);
      for (size_t r = 0; plan->rows_to > 0 ? r < plan->rows_to : plan->rows[r] > 0; r++) {
        one_shape(&operands, plan->rows_to > 0 ? r + 1 : plan->rows[r], plan->both);
      }
      operands_end(&operands);
    }
  }
}

START_TEST(every_shape_is_right) {
  for (size_t t = 0; t < table_count; t++) {
    for (size_t p = 0; p < sizeof plans / sizeof plans[0]; p++) {
      one_plan(&tables[t], &plans[p]);
    }
  }
  ck_assert_uint_gt(table_count, 0);
}
END_TEST

/* Nothing to compute: nothing is touched, or what is asked for becomes zero. */
START_TEST(empty_products) {
  for (size_t t = 0; t < table_count; t++) {
    struct operands operands;
    struct result result;
    operands_begin(&operands, &tables[t], 40, 33);
    operands_rows(&operands, 1);
    result_begin(&result, 0, 40);
    for (int call = 0; call < CALLS; call++) {
      for (int accumulate = 0; accumulate < 2; accumulate++) {
        result_fill(&result, call, accumulate);
        products_run(&operands, call, 0, accumulate, &result, whole);
        products_expect(&operands, call, accumulate, &result);
      }
    }
    result_end(&result);
    operands_end(&operands);
  }
}
END_TEST

/* --- our products beside CBLAS ------------------------------------------------------------------------------------ */

static void beside_library(const struct table *own, size_t rows, size_t columns, size_t depth) {
  struct operands ours;
  struct result here, there;
  operands_begin(&ours, own, columns, depth);
  operands_rows(&ours, rows);
  result_begin(&here, rows, columns);
  result_begin(&there, rows, columns);
  for (int call = 0; call < CALLS; call++) {
    const size_t lda = depth + PADDING, ldb = columns + PADDING;
    result_fill(&here, call, 1);
    result_fill(&there, call, 1);
    products_run(&ours, call, 0, 1, &here, whole);
    if (call == FORWARD) { /* B^T, as plain weights are */
      real *w = calloc(columns * depth, sizeof *w);
      for (size_t j = 0; j < columns; j++) {
        for (size_t k = 0; k < depth; k++) {
          w[j * depth + k] = ours.b[k * ldb + j];
        }
      }
      thalnet__multiply_nt(rows, columns, depth, ours.a, lda, w, depth, 1, there.c, there.ld);
      free(w);
    } else if (call == BACKWARD) {
      thalnet__multiply_nn(rows, columns, depth, ours.a, lda, ours.b, ldb, 1, there.c, there.ld);
    } else {
      thalnet__multiply_tn(rows, columns, depth, ours.a_columns, rows + PADDING, ours.b, ldb, 1, there.c, there.ld);
    }
    for (size_t i = 0; i < rows; i++) {
      for (size_t j = 0; j < columns; j++) {
        const double one = (double)here.c[i * here.ld + j], other = (double)there.c[i * there.ld + j];
        if (!(fabs(one - other) <= 8 * (double)FLT_EPSILON * products_size(i, j, depth, 1))) {
          ck_abort_msg("%s %s %zu x %zu x %zu: %.9g at %zu, %zu where %s has %.9g", own->name, products_calls[call],
                       rows, columns, depth, one, i, j, thalnet__blas_vendor(), other);
        }
      }
    }
  }
  result_end(&here);
  result_end(&there);
  operands_end(&ours);
}

START_TEST(agrees_with_the_library) {
  static const size_t shapes[][3] = {{1, 1, 1},    {1, 135, 45}, {2, 70, 511},  {3, 64, 32},   {13, 32, 32},
                                     {14, 17, 33}, {25, 600, 2}, {30, 49, 512}, {100, 70, 513}};
  for (size_t t = 0; t < table_count; t++) {
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      beside_library(&tables[t], shapes[s][0], shapes[s][1], shapes[s][2]);
    }
  }
}
END_TEST

/* --- the judge is no fool ----------------------------------------------------------------------------------------- */

enum { R = 15, C = 35, D = 513 };

static void damage_term(struct result *result) { /* a sum without its largest term, in the last element */
  double largest = 0;
  for (size_t k = 0; k < D; k++) {
    const double term = products_term(R - 1, C - 1, k);
    largest = fabs(term) > fabs(largest) ? term : largest;
  }
  result->c[(R - 1) * result->ld + C - 1] -= (real)largest;
}
static void damage_columns(struct result *result) {
  for (size_t i = 0; i < R; i++) {
    real *row = result->c + i * result->ld, keep = row[16];
    row[16] = row[17];
    row[17] = keep;
  }
}
static void damage_rows(struct result *result) {
  for (size_t j = 0; j < C; j++) {
    real keep = result->c[j];
    result->c[j] = result->c[result->ld + j];
    result->c[result->ld + j] = keep;
  }
}
static void damage_untouched(struct result *result) {
  memcpy(result->c + 7 * result->ld + 20, result->all, sizeof(real));
}
static void damage_nan(struct result *result) { result->c[3] = NAN; }
static void damage_infinity(struct result *result) { result->c[3] = INFINITY; }
static void damage_twice(struct result *result) { result->c[C - 1] *= 2; }
static void damage_left(struct result *result) { result->c[-1] = 0; }
static void damage_right(struct result *result) { result->c[R / 2 * result->ld + C] = 0; }
static void damage_above(struct result *result) { result->all[result->ld / 2] = 0; }
static void damage_below(struct result *result) { result->c[R * result->ld] = NAN; }

START_TEST(damage_is_seen) {
  static const struct {
    const char *name;
    void (*damage)(struct result *result);
    size_t wrong, guards; /* at least */
  } damages[] = {
      {"a term left out", damage_term, 1, 0},   {"swapped columns", damage_columns, R, 0},
      {"swapped rows", damage_rows, C, 0},      {"an element not written", damage_untouched, 1, 0},
      {"not a number", damage_nan, 1, 0},       {"infinity", damage_infinity, 1, 0},
      {"an element twice", damage_twice, 1, 0}, {"before a row", damage_left, 0, 1},
      {"behind a row", damage_right, 0, 1},     {"above the rows", damage_above, 0, 1},
      {"below the rows", damage_below, 0, 1},
  };
  struct operands operands;
  struct result result;
  operands_begin(&operands, &tables[0], C, D);
  operands_rows(&operands, R);
  result_begin(&result, R, C);
  for (int call = 0; call < CALLS; call++) {
    for (size_t d = 0; d < sizeof damages / sizeof damages[0]; d++) {
      result_fill(&result, call, 1);
      products_run(&operands, call, 0, 1, &result, whole);
      products_expect(&operands, call, 1, &result);
      damages[d].damage(&result);
      const struct verdict verdict = products_judge(&result, D, 1);
      ck_assert_msg((verdict.wrong > 0) == (damages[d].wrong > 0) && (verdict.guards > 0) == (damages[d].guards > 0),
                    "%s, %s: %zu wrong, %zu guards", products_calls[call], damages[d].name, verdict.wrong,
                    verdict.guards);
    }
    /* the wrong question: C was added, or not */
    result_fill(&result, call, 1);
    products_run(&operands, call, 0, 1, &result, whole);
    ck_assert_uint_gt(products_judge(&result, D, 0).wrong, R * C / 2);
    ck_assert_uint_gt(products_judge(&result, D - 1, 1).wrong, R * C / 2);
  }
  result_end(&result);
  operands_end(&operands);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_shape_is_right, empty_products, agrees_with_the_library, damage_is_seen};
  table_count = products_tables(tables);
  return products_main("products", tests, sizeof tests / sizeof tests[0]);
}
