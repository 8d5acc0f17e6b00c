/* SPDX-License-Identifier: MIT */
/* How alike two networks are wired. A renaming changes neither mean nor variance of the shares, so the best correlation is the
 * largest sum over i, j of A[i][j] B[order i][order j]: a quadratic assignment. Up to a million renamings all are tried; above
 * that modules change places in pairs, from many beginnings, as long as that helps. */
#include "analysis/similarity.h"

#include <math.h>
#include <string.h>

#include "analysis/graph.h"
#include "core/checked.h"
#include "core/random.h"
#include "module/host_layer.h"

enum { THALNET__ALL_ORDERS = 1000000, THALNET__BEGINNINGS = 64 };

typedef struct thalnet__match {
  const thalnet_center *a, *b;
  size_t modules;
  double *shares_a, *shares_b; /* [module][module] */
  size_t *order, *best;        /* [module] */
  uint8_t *taken;              /* [module]: of b */
  double best_sum;
  int found;
} thalnet__match;

/* --- roles --- */

static int thalnet__same_connections(const thalnet__connection *one, size_t count, const thalnet__connection *other,
                                     size_t other_count) {
  size_t same = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < other_count; j++) same += one[i].number == other[j].number;
  return count == other_count && same == count;
}

static int thalnet__same_layer(const thalnet__layer *one, const thalnet__layer *other) {
  return thalnet__same_kind(one->kind, other->kind) && one->units == other->units && one->variant == other->variant &&
         one->norm == other->norm;
}

/* Modules with the same inputs, outputs, layers and reader play one role. */
static int thalnet__same_role(const thalnet_module *one, const thalnet_module *other) {
  const thalnet__reader *reader = &one->reader.reading, *other_reader = &other->reader.reading;
  if (one->layer_count != other->layer_count) return 0;
  for (size_t j = 0; j < one->layer_count; j++)
    if (!thalnet__same_layer(&one->layers[j].layer, &other->layers[j].layer)) return 0;
  return reader->kind == other_reader->kind && reader->context == other_reader->context &&
         reader->skip_own == other_reader->skip_own &&
         thalnet__same_connections(one->inputs, one->input_count, other->inputs, other->input_count) &&
         thalnet__same_connections(one->outputs, one->output_count, other->outputs, other->output_count);
}

/* Whether module i of a may be called j in b. */
static int thalnet__may_be(const thalnet__match *match, size_t i, size_t j) {
  return thalnet__same_role(match->a->modules[i], match->b->modules[j]);
}

/* Every module of a gets a counterpart in b, the first that is free. *orders: how many ways there are, at most ALL_ORDERS + 1. */
static thalnet_status thalnet__first_order(thalnet__match *match, double *orders) {
  *orders = 1;
  for (size_t i = 0; i < match->modules; i++) {
    size_t found = match->modules, choices = 0;
    for (size_t j = 0; j < match->modules; j++) {
      if (match->taken[j] || !thalnet__may_be(match, i, j)) continue;
      if (found == match->modules) found = j;
      choices++;
    }
    if (found == match->modules)
      return thalnet__fail(THALNET_ERROR_MISMATCH, "module '%s' of a has no counterpart in b",
                           match->a->modules[i]->name);
    match->order[i] = found;
    match->taken[found] = 1;
    *orders = fmin(*orders * (double)choices, THALNET__ALL_ORDERS + 1);
  }
  memset(match->taken, 0, match->modules);
  return THALNET_OK;
}

/* --- sums --- */

/* The terms that have module i and one of the first `count` modules, or i itself. */
static double thalnet__terms(const thalnet__match *match, size_t i, size_t count) {
  const size_t n = match->modules, to = match->order[i];
  double sum = match->shares_a[i * n + i] * match->shares_b[to * n + to];
  for (size_t j = 0; j < count; j++) {
    if (j == i) continue;
    const size_t other = match->order[j];
    sum += match->shares_a[i * n + j] * match->shares_b[to * n + other] +
           match->shares_a[j * n + i] * match->shares_b[other * n + to];
  }
  return sum;
}

static double thalnet__sum(const thalnet__match *match) {
  double sum = 0;
  for (size_t i = 0; i < match->modules; i++) sum += thalnet__terms(match, i, i);
  return sum;
}

static void thalnet__keep_best(thalnet__match *match, double sum) {
  if (match->found && sum <= match->best_sum) return;
  match->found = 1;
  match->best_sum = sum;
  memcpy(match->best, match->order, match->modules * sizeof *match->best);
}

/* --- all orders: modules of a take a counterpart each, the last one is taken back first --- */

static void thalnet__try_all(thalnet__match *match, double *sums, size_t *next) {
  const size_t n = match->modules;
  size_t depth = 0;
  next[0] = 0;
  for (;;) {
    size_t j = next[depth];
    while (j < n && (match->taken[j] || !thalnet__may_be(match, depth, j))) j++;
    if (j == n) {
      if (depth == 0) return;
      match->taken[match->order[--depth]] = 0;
      continue;
    }
    next[depth] = j + 1;
    match->order[depth] = j;
    const double sum = (depth > 0 ? sums[depth - 1] : 0) + thalnet__terms(match, depth, depth);
    if (depth + 1 == n) {
      thalnet__keep_best(match, sum);
      continue;
    }
    sums[depth] = sum;
    match->taken[j] = 1;
    next[++depth] = 0;
  }
}

/* --- a search --- */

static void thalnet__exchange(size_t *order, size_t i, size_t j) {
  const size_t kept = order[i];
  order[i] = order[j];
  order[j] = kept;
}

/* The terms that have module i or j: what an exchange of the two changes. */
static double thalnet__terms_of_two(const thalnet__match *match, size_t i, size_t j) {
  const size_t n = match->modules, a = match->order[i], b = match->order[j];
  const double twice =
      match->shares_a[i * n + j] * match->shares_b[a * n + b] + match->shares_a[j * n + i] * match->shares_b[b * n + a];
  return thalnet__terms(match, i, n) + thalnet__terms(match, j, n) - twice;
}

/* Exchanges the two where that makes the sum larger. */
static int thalnet__try_exchange(thalnet__match *match, size_t i, size_t j) {
  if (!thalnet__may_be(match, i, match->order[j]) || !thalnet__may_be(match, j, match->order[i])) return 0;
  const double before = thalnet__terms_of_two(match, i, j);
  thalnet__exchange(match->order, i, j);
  if (thalnet__terms_of_two(match, i, j) > before * (1 + 1e-12) + 1e-300) return 1;
  thalnet__exchange(match->order, i, j);
  return 0;
}

static void thalnet__climb(thalnet__match *match) {
  for (int better = 1; better;) {
    better = 0;
    for (size_t i = 0; i < match->modules; i++)
      for (size_t j = i + 1; j < match->modules; j++) better |= thalnet__try_exchange(match, i, j);
  }
  thalnet__keep_best(match, thalnet__sum(match));
}

/* Random numbers of a fixed seed: the same networks give the same answer. */
static void thalnet__shuffle(thalnet__match *match, uint64_t round) {
  const thalnet__random random = thalnet__random_make(round, THALNET__STREAM_SEARCH, 0, 0);
  for (size_t i = match->modules; i-- > 1;) {
    real part;
    thalnet__random_uniform(&random, 0, i, 1, &part);
    const size_t j = thalnet__min(i, (size_t)((double)part * (double)(i + 1)));
    if (thalnet__may_be(match, i, match->order[j]) && thalnet__may_be(match, j, match->order[i]))
      thalnet__exchange(match->order, i, j);
  }
}

static void thalnet__try_many(thalnet__match *match) {
  for (uint64_t round = 0; round < THALNET__BEGINNINGS; round++) {
    thalnet__climb(match);
    thalnet__shuffle(match, round);
  }
}

/* --- the answer --- */

/* Sums over the rows of those that read, whose shares add up to one. */
static double thalnet__correlation(const thalnet__match *match, double sum) {
  const size_t n = match->modules;
  double rows = 0, squares_a = 0, squares_b = 0;
  for (size_t i = 0; i < n; i++) rows += thalnet__has_reader(match->a->modules[i]);
  for (size_t i = 0; i < n * n; i++) {
    squares_a += match->shares_a[i] * match->shares_a[i];
    squares_b += match->shares_b[i] * match->shares_b[i];
  }
  double total_a = 0, total_b = 0;
  for (size_t i = 0; i < n * n; i++) total_a += match->shares_a[i], total_b += match->shares_b[i];
  const double count = rows * (double)n;
  if (count == 0) return 0;
  const double a = squares_a - total_a * total_a / count, b = squares_b - total_b * total_b / count;
  if (a <= 1e-12 * squares_a || b <= 1e-12 * squares_b) return 0; /* all alike, but for rounding */
  return fmin(1, fmax(-1, (sum - total_a * total_b / count) / sqrt(a * b)));
}

static double thalnet__as_numbered(thalnet__match *match) {
  for (size_t i = 0; i < match->modules; i++) {
    if (!thalnet__may_be(match, i, i)) return 0;
    match->order[i] = i;
  }
  return thalnet__correlation(match, thalnet__sum(match));
}

static void thalnet__shares_of(const real *values, size_t modules, double *shares) {
  for (size_t i = 0; i < modules * modules; i++) shares[i] = (double)values[i];
  for (size_t i = 0; i < modules; i++) thalnet__share_out(shares + i * modules, modules, shares + i * modules);
}

static thalnet_status thalnet__run_match(thalnet__match *match, double *sums, size_t *next,
                                         thalnet_similarity *result) {
  double orders;
  THALNET__TRY(thalnet__first_order(match, &orders));
  result->exact = orders <= THALNET__ALL_ORDERS;
  if (result->exact)
    thalnet__try_all(match, sums, next);
  else
    thalnet__try_many(match);
  result->similarity = thalnet__correlation(match, match->best_sum);
  result->as_numbered = thalnet__as_numbered(match);
  return THALNET_OK;
}

thalnet_status thalnet__similarity(const thalnet_center *a, const real *a_values, const thalnet_center *b,
                                   const real *b_values, int32_t *order, thalnet_similarity *result) {
  const size_t n = a->module_count, row = 2 * sizeof(double) * n + sizeof(double) + 3 * sizeof(size_t) + 1;
  thalnet__match match = {.a = a, .b = b, .modules = n};
  void *block;
  THALNET__TRY(thalnet__check_strengths(a_values, n, thalnet__module_reads, a, "a_values"));
  THALNET__TRY(thalnet__check_strengths(b_values, n, thalnet__module_reads, b, "b_values"));
  THALNET__TRY(thalnet__allocate(&a->memory, n, row, &block));
  match.shares_a = block;
  match.shares_b = match.shares_a + n * n;
  double *sums = match.shares_b + n * n;
  size_t *next = (size_t *)(sums + n);
  match.order = next + n;
  match.best = match.order + n;
  match.taken = (uint8_t *)(match.best + n);
  thalnet__shares_of(a_values, n, match.shares_a);
  thalnet__shares_of(b_values, n, match.shares_b);
  const thalnet_status status = thalnet__run_match(&match, sums, next, result);
  for (size_t i = 0; i < n && status == THALNET_OK && order != NULL; i++) order[i] = (int32_t)match.best[i];
  thalnet__release(&a->memory, block, n, row);
  return status;
}
