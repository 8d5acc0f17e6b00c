/* SPDX-License-Identifier: MIT */
/* The bits of an element depend on its row of A and its column of B alone: not on the rows and columns beside it, not
 * on how the work is split. And what is not finite stays in its row. */
#include "products.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct table tables[MOST_TABLES];
static size_t table_count;

static const thalnet__part whole = {0, 1};

static void compute(const struct operands *o, int call, size_t first, size_t rows, struct result *result) {
  result_begin(result, rows, o->columns);
  result_fill(result, call, 0);
  products_run(o, call, first, 0, result, whole);
}

/* --- rows and columns --------------------------------------------------------------------------------------------- */

static void rows_alone(const struct table *table, size_t columns, size_t depth) {
  static const size_t firsts[] = {0, 1, 69};
  struct operands operands;
  operands_begin(&operands, table, columns, depth);
  operands_rows(&operands, 100);
  for (int call = 0; call < CALLS; call++) {
    struct result many, few;
    compute(&operands, call, 0, 100, &many);
    products_expect(&operands, call, 0, &many);
    for (size_t rows = 1; rows <= 30; rows++) {
      for (size_t f = 0; f < sizeof firsts / sizeof firsts[0]; f++) {
        compute(&operands, call, firsts[f], rows, &few);
        if (!products_same(&few, &many, firsts[f])) {
          ck_abort_msg("%s %s, %zu columns, depth %zu: rows %zu + %zu", table->name, products_calls[call], columns,
                       depth, firsts[f], rows);
        }
        result_end(&few);
      }
    }
    result_end(&many);
  }
  operands_end(&operands);
}

START_TEST(rows_do_not_see_each_other) {
  for (size_t t = 0; t < table_count; t++) {
    if (tables[t].repeats) {
      rows_alone(&tables[t], 70, 45);
      rows_alone(&tables[t], 135, 33);
      rows_alone(&tables[t], 17, 513);
    }
  }
}
END_TEST

/* The product of all columns begins with that of some; with many rows a gradient goes another way. */
static void columns_alone(const struct table *table, size_t rows, size_t depth, size_t most, size_t step) {
  struct operands all, some;
  operands_begin(&all, table, most, depth);
  operands_rows(&all, rows);
  for (int call = 0; call < CALLS; call++) {
    struct result many, few;
    compute(&all, call, 0, rows, &many);
    for (size_t columns = 1; columns < most; columns += step) {
      operands_begin(&some, table, columns, depth);
      operands_rows(&some, rows);
      compute(&some, call, 0, rows, &few);
      if (!products_same(&few, &many, 0)) {
        ck_abort_msg("%s %s, %zu rows, depth %zu: columns %zu of %zu", table->name, products_calls[call], rows, depth,
                     columns, most);
      }
      result_end(&few);
      operands_end(&some);
    }
    result_end(&many);
  }
  operands_end(&all);
}

START_TEST(columns_do_not_see_each_other) {
  for (size_t t = 0; t < table_count; t++) {
    if (tables[t].repeats) {
      columns_alone(&tables[t], 1, 45, 140, 3);
      columns_alone(&tables[t], 3, 33, 140, 3);
      columns_alone(&tables[t], 25, 2, 135, 1);
      columns_alone(&tables[t], MOST_ROWS, 513, 290, 97);
    }
  }
}
END_TEST

START_TEST(copies_change_nothing) {
  for (size_t t = 0; t < table_count; t++) {
    struct operands operands;
    struct result with, without;
    operands_begin(&operands, &tables[t], 290, 513);
    operands_rows(&operands, MOST_ROWS);
    compute(&operands, GRADIENT, 0, MOST_ROWS, &with);
    free(operands.scratch);
    operands.scratch = NULL;
    compute(&operands, GRADIENT, 0, MOST_ROWS, &without);
    ck_assert_msg(products_same(&with, &without, 0), "%s", tables[t].name);
    result_end(&with);
    result_end(&without);
    operands_end(&operands);
  }
}
END_TEST

/* --- parts -------------------------------------------------------------------------------------------------------- */

START_TEST(parts_cover_everything_once) {
  for (size_t count = 1; count <= 9; count++) {
    for (size_t size = 0; size <= 700; size += size < 140 ? 1 : 37) {
      size_t next = 0;
      for (size_t index = 0; index < count; index++) {
        const thalnet__range range = thalnet__part_of((thalnet__part){index, count}, size, 64);
        ck_assert(range.first == next && (range.first % 64 == 0 || range.count == 0));
        next = range.first + range.count;
      }
      ck_assert_uint_eq(next, size);
    }
  }
}
END_TEST

/* Elements whose bits change from one result to the next. */
static void count_changes(const struct result *before, const struct result *after, uint8_t *changes) {
  for (size_t i = 0; i < (after->rows + 2) * after->ld; i++) {
    changes[i] += memcmp(before->all + i, after->all + i, sizeof(real)) != 0;
  }
}

static void split(const struct operands *o, int call, size_t count) {
  struct result once, parts, before;
  compute(o, call, 0, o->rows, &once);
  result_begin(&parts, o->rows, o->columns);
  result_begin(&before, o->rows, o->columns);
  result_fill(&parts, call, 0);
  const size_t size = (parts.rows + 2) * parts.ld;
  uint8_t *changes = calloc(size, 1);
  for (size_t index = count; index > 0; index--) { /* their order does not matter */
    memcpy(before.all, parts.all, size * sizeof *parts.all);
    products_run(o, call, 0, 0, &parts, (thalnet__part){index - 1, count});
    count_changes(&before, &parts, changes);
  }
  products_expect(o, call, 0, &parts);
  if (o->table->repeats && !products_same(&parts, &once, 0)) {
    ck_abort_msg("%s %s %zu x %zu x %zu: other bits in %zu parts", o->table->name, products_calls[call], o->rows,
                 o->columns, o->depth, count);
  }
  for (size_t i = 0; i < o->rows; i++) {
    for (size_t j = 0; j < o->columns; j++) {
      const size_t times = changes[(i + 1) * parts.ld + GUARDS + j];
      if (times != 1) {
        ck_abort_msg("%s %s, %zu parts: row %zu column %zu was written %zu times", o->table->name, products_calls[call],
                     count, i, j, times);
      }
    }
  }
  free(changes);
  result_end(&once);
  result_end(&parts);
  result_end(&before);
}

START_TEST(parts_make_the_whole) {
  static const size_t counts[] = {1, 2, 3, 7}, columns[] = {1, 63, 64, 65, 135, 600}, rows[] = {1, 2, 14, 25, 230};
  for (size_t t = 0; t < table_count; t++) {
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
      struct operands operands;
      operands_begin(&operands, &tables[t], columns[c], 33);
      for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        operands_rows(&operands, rows[r]);
        for (int call = 0; call < CALLS; call++) {
          for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
            split(&operands, call, counts[n]);
          }
        }
      }
      operands_end(&operands);
    }
  }
}
END_TEST

/* --- what is not finite ------------------------------------------------------------------------------------------- */

/* Only row `row` (or, of a B that is not finite, column `column`) differs, and all of it. */
static void expect_spoilt(const struct operands *o, int call, const struct result *clean, const struct result *spoilt,
                          size_t row, size_t column) {
  for (size_t i = 0; i < clean->rows; i++) {
    for (size_t j = 0; j < clean->columns; j++) {
      const real *was = clean->c + i * clean->ld + j, *is = spoilt->c + i * spoilt->ld + j;
      const int expected = i == row || j == column;
      if (expected ? isfinite(*is) : memcmp(was, is, sizeof *is) != 0) {
        ck_abort_msg("%s %s %zu x %zu x %zu, spoilt %zu, %zu: %.9g at %zu, %zu", o->table->name, products_calls[call],
                     clean->rows, clean->columns, o->depth, row, column, (double)*is, i, j);
      }
    }
  }
}

static void spoil(const struct table *table, size_t rows, size_t columns, size_t depth, real value) {
  const size_t places[] = {0, rows / 2, rows - 1};
  struct operands operands;
  operands_begin(&operands, table, columns, depth);
  operands_rows(&operands, rows);
  for (int call = 0; call < CALLS; call++) {
    struct result clean, spoilt;
    compute(&operands, call, 0, rows, &clean);
    for (size_t p = 0; p < 3; p++) {
      const size_t k = p * (depth - 1) / 2, j = p * (columns - 1) / 2;
      real *a = call == GRADIENT ? &operands.a_columns[k * (rows + PADDING) + places[p]]
                                 : &operands.a[places[p] * (depth + PADDING) + k];
      real *b = &operands.b[k * (columns + PADDING) + j], keep = *a;
      *a = value;
      compute(&operands, call, 0, rows, &spoilt);
      expect_spoilt(&operands, call, &clean, &spoilt, places[p], SIZE_MAX);
      result_end(&spoilt);
      *a = keep;
      if (call == GRADIENT) {
        keep = *b;
        *b = value;
        compute(&operands, call, 0, rows, &spoilt);
        expect_spoilt(&operands, call, &clean, &spoilt, SIZE_MAX, j);
        result_end(&spoilt);
        *b = keep;
      }
    }
    result_end(&clean);
  }
  operands_end(&operands);
}

START_TEST(what_is_not_finite_stays_in_its_row) {
  static const size_t shapes[][3] = {{1, 17, 33}, {3, 135, 45}, {13, 70, 2}, {25, 33, 513}, {230, 290, 45}};
  for (size_t t = 0; t < table_count; t++) {
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      spoil(&tables[t], shapes[s][0], shapes[s][1], shapes[s][2], NAN);
      spoil(&tables[t], shapes[s][0], shapes[s][1], shapes[s][2], INFINITY);
      spoil(&tables[t], shapes[s][0], shapes[s][1], shapes[s][2], -INFINITY);
    }
  }
}
END_TEST

/* --- the comparison sees a bit ------------------------------------------------------------------------------------ */

START_TEST(one_bit_is_seen) {
  struct operands operands;
  struct result one, other;
  operands_begin(&operands, &tables[0], 35, 45);
  operands_rows(&operands, 9);
  compute(&operands, FORWARD, 0, 9, &one);
  compute(&operands, FORWARD, 2, 7, &other);
  ck_assert(products_same(&other, &one, 2));
  ck_assert(!products_same(&other, &one, 1));
  for (size_t i = 0; i < 7; i++) {
    for (size_t j = 0; j < 35; j++) {
      real *at = other.c + i * other.ld + j, keep = *at;
      *at = nextafterf(*at, 0);
      ck_assert(!products_same(&other, &one, 2));
      *at = keep;
    }
  }
  ck_assert(products_same(&other, &one, 2));
  result_end(&one);
  result_end(&other);
  operands_end(&operands);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {rows_do_not_see_each_other,
                                columns_do_not_see_each_other,
                                copies_change_nothing,
                                parts_cover_everything_once,
                                parts_make_the_whole,
                                what_is_not_finite_stays_in_its_row,
                                one_bit_is_seen};
  table_count = products_tables(tables);
  return products_main("products_bits", tests, sizeof tests / sizeof tests[0]);
}
