/* SPDX-License-Identifier: MIT */
/* thalnet_center_similarity: networks that are renamings of each other, and such as are not. */
#include "graph_nets.h"
#include "host_layers.h"

#include <math.h>
#include <string.h>

enum { MODULES_MAX = 14 };

/* Modules of one role, but for `special` of them, which have another context. */
static thalnet_center *side_net(size_t modules, size_t special) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (size_t i = 0; i < modules; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, i < special ? 4 : 3, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  return net;
}

struct matrix {
  size_t modules;
  float values[MODULES_MAX * MODULES_MAX];
};

static struct matrix random_matrix(size_t modules, uint64_t seed) {
  struct matrix matrix = {.modules = modules};
  uint64_t random = seed;
  for (size_t i = 0; i < modules * modules; i++) {
    matrix.values[i] = fabsf(support_random(&random));
  }
  return matrix;
}

/* to[order i][order j] = scale of the row * from[i][j] */
static struct matrix renamed(const struct matrix *from, const int32_t *order, float scale) {
  const size_t n = from->modules;
  struct matrix to = {.modules = n};
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      to.values[(size_t)order[i] * n + (size_t)order[j]] = from->values[i * n + j] * (1.0f + scale * (float)i);
    }
  }
  return to;
}

static thalnet_similarity similarity(const thalnet_center *a, const struct matrix *x, const thalnet_center *b,
                                     const struct matrix *y, int32_t *order) {
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  EXPECT_OK(thalnet_center_similarity(a, x->values, b, y->values, x->modules * x->modules, order, x->modules, &result));
  return result;
}

/* The renaming is found, and how loud a reader reads has no part in it. */
START_TEST(renamings_are_found) {
  static const int32_t orders[][MODULES_MAX] = {
      {2, 0, 1, 5, 3, 4}, {7, 6, 5, 4, 3, 2, 1, 0}, {1, 0, 2}, {3, 9, 1, 12, 0, 6, 2, 13, 4, 7, 11, 10, 5, 8}};
  static const size_t sizes[] = {6, 8, 3, 14};
  for (int k = 0; k < 4; k++) {
    thalnet_center *a = side_net(sizes[k], 0), *b = side_net(sizes[k], 0);
    const struct matrix x = random_matrix(sizes[k], (uint64_t)k + 1), y = renamed(&x, orders[k], 0.5f);
    int32_t order[MODULES_MAX];
    const thalnet_similarity found = similarity(a, &x, b, &y, order);
    ck_assert_double_eq_tol(found.similarity, 1.0, 1e-6);
    ck_assert_mem_eq(order, orders[k], sizes[k] * sizeof *order);
    ck_assert_int_eq(found.exact, sizes[k] < 14); /* 14! are too many to try */
    ck_assert_double_lt(found.as_numbered, 0.9);
    ck_assert_double_eq_tol(similarity(a, &x, a, &x, NULL).as_numbered, 1.0, 1e-6);
    thalnet_center_free(a);
    thalnet_center_free(b);
  }
}
END_TEST

/* All orders of 0..5, by the number of the order. */
static void order_of_number(int32_t number, int32_t *order) {
  int32_t left[6] = {0, 1, 2, 3, 4, 5};
  for (int32_t i = 0, size = 6; i < 6; i++, size--) {
    const int32_t at = number % size;
    number /= size;
    order[i] = left[at];
    memmove(left + at, left + at + 1, (size_t)(size - 1 - at) * sizeof *left);
  }
}

/* No renaming gives more than what was found. */
START_TEST(others_are_less_alike) {
  thalnet_center *net = side_net(6, 0);
  for (uint64_t seed = 1; seed <= 3; seed++) {
    const struct matrix x = random_matrix(6, seed), y = random_matrix(6, seed + 100);
    int32_t order[6];
    const thalnet_similarity found = similarity(net, &x, net, &y, order);
    ck_assert_double_lt(found.similarity, 0.9);
    ck_assert_double_ge(found.similarity, found.as_numbered);
    /* with the renaming undone, the best one is the numbers' own */
    int32_t back[6];
    for (int32_t i = 0; i < 6; i++) {
      back[order[i]] = i;
    }
    double best = -1;
    for (int32_t number = 0; number < 720; number++) {
      int32_t other[6];
      order_of_number(number, other);
      const struct matrix tried = renamed(&y, other, 0.0f);
      best = fmax(best, similarity(net, &x, net, &tried, NULL).as_numbered);
    }
    ck_assert_double_eq_tol(best, found.similarity, 1e-9);
    const struct matrix undone = renamed(&y, back, 0.0f);
    ck_assert_double_eq_tol(similarity(net, &x, net, &undone, NULL).as_numbered, found.similarity, 1e-9);
  }
  thalnet_center_free(net);
}
END_TEST

/* Pearson's correlation by its textbook form. */
START_TEST(the_number_is_a_correlation) {
  thalnet_center *net = side_net(5, 0);
  const struct matrix x = random_matrix(5, 3), y = random_matrix(5, 4);
  double a[25], b[25], mean = 1.0 / 5, ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < 5; i++) {
    double power_x = 0, power_y = 0;
    for (size_t j = 0; j < 5; j++) {
      power_x += pow((double)x.values[i * 5 + j], 2);
      power_y += pow((double)y.values[i * 5 + j], 2);
    }
    for (size_t j = 0; j < 5; j++) {
      a[i * 5 + j] = pow((double)x.values[i * 5 + j], 2) / power_x;
      b[i * 5 + j] = pow((double)y.values[i * 5 + j], 2) / power_y;
    }
  }
  for (size_t i = 0; i < 25; i++) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += pow(a[i] - mean, 2);
    bb += pow(b[i] - mean, 2);
  }
  ck_assert_double_eq_tol(similarity(net, &x, net, &y, NULL).as_numbered, ab / sqrt(aa * bb), 1e-9);
  thalnet_center_free(net);
}
END_TEST

/* Modules change names only within a role. */
START_TEST(roles_are_kept) {
  thalnet_center *a = side_net(5, 2), *other = side_net(5, 3), *six = side_net(6, 2);
  const struct matrix x = random_matrix(5, 1);
  static const int32_t wanted[5] = {1, 0, 4, 3, 2}, forbidden[5] = {2, 1, 0, 3, 4};
  const struct matrix y = renamed(&x, wanted, 0.0f), z = renamed(&x, forbidden, 0.0f);
  int32_t order[5];
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  ck_assert_double_eq_tol(similarity(a, &x, a, &y, order).similarity, 1.0, 1e-6);
  ck_assert_mem_eq(order, wanted, sizeof wanted);
  ck_assert_double_lt(similarity(a, &x, a, &z, NULL).similarity, 0.99);
  EXPECT(thalnet_center_similarity(a, x.values, other, x.values, 25, NULL, 0, &result), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_center_similarity(a, x.values, six, x.values, 25, NULL, 0, &result), THALNET_ERROR_MISMATCH);
  thalnet_center_free(a);
  thalnet_center_free(other);
  thalnet_center_free(six);
}
END_TEST

START_TEST(flat_wirings_are_like_nothing) {
  thalnet_center *net = side_net(4, 0);
  struct matrix flat = {.modules = 4}, x = random_matrix(4, 1), silent = {.modules = 4};
  for (int i = 0; i < 16; i++) {
    flat.values[i] = 0.3f;
  }
  ck_assert(similarity(net, &flat, net, &x, NULL).similarity == 0.0);
  ck_assert(similarity(net, &x, net, &flat, NULL).similarity == 0.0);
  ck_assert(similarity(net, &silent, net, &silent, NULL).similarity == 0.0);
  thalnet_center_free(net);
}
END_TEST

/* Rows without a reader are left out, and have to be empty; what a reader leaves out, too. */
START_TEST(modules_without_reader_have_no_part) {
  thalnet_center *net = NULL;
  thalnet_reader_options skip = THALNET_READER_OPTIONS_INIT;
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  float x[9] = {0, 0, 0, 3, 0, 1, 2, 1, 0}, y[9] = {0, 0, 0, 2, 0, 1, 3, 1, 0};
  skip.skip_own = 1;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  for (int i = 0; i < 3; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
    if (i > 0) {
      EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, &skip, NULL));
    }
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  EXPECT_OK(thalnet_center_similarity(net, x, net, y, 9, NULL, 0, &result));
  ck_assert_double_eq_tol(result.similarity, 1.0, 1e-6); /* 1 and 2 are each other */
  /* shares .9 0 .1 / .8 .2 0 against .8 0 .2 / .9 .1 0, means 1/3 */
  double a[6] = {.9, 0, .1, .8, .2, 0}, b[6] = {.8, 0, .2, .9, .1, 0}, ab = 0, aa = 0, bb = 0;
  for (int i = 0; i < 6; i++) {
    ab += (a[i] - 1.0 / 3) * (b[i] - 1.0 / 3);
    aa += (a[i] - 1.0 / 3) * (a[i] - 1.0 / 3);
    bb += (b[i] - 1.0 / 3) * (b[i] - 1.0 / 3);
  }
  ck_assert_double_eq_tol(result.as_numbered, ab / sqrt(aa * bb), 1e-6);
  x[1] = 1.0f;
  EXPECT(thalnet_center_similarity(net, x, net, y, 9, NULL, 0, &result), THALNET_ERROR_DATA);
  x[1] = 0.0f;
  x[4] = 1.0f;
  EXPECT(thalnet_center_similarity(net, y, net, x, 9, NULL, 0, &result), THALNET_ERROR_DATA);
  thalnet_center_free(net);
}
END_TEST

START_TEST(arguments_are_checked) {
  thalnet_center *net = side_net(4, 0);
  struct matrix x = random_matrix(4, 1), bad = x;
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  int32_t order[4];
  EXPECT(thalnet_center_similarity(net, x.values, net, x.values, 15, NULL, 0, &result), THALNET_ERROR_SIZE);
  EXPECT(thalnet_center_similarity(net, x.values, net, x.values, 16, order, 3, &result), THALNET_ERROR_SIZE);
  EXPECT(thalnet_center_similarity(net, x.values, net, x.values, 16, NULL, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_similarity(net, NULL, net, x.values, 16, NULL, 0, &result), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_similarity(net, x.values, NULL, x.values, 16, NULL, 0, &result), THALNET_ERROR_HANDLE);
  bad.values[5] = -1.0f;
  EXPECT(thalnet_center_similarity(net, x.values, net, bad.values, 16, NULL, 0, &result), THALNET_ERROR_DATA);
  bad.values[5] = NAN;
  EXPECT(thalnet_center_similarity(net, bad.values, net, x.values, 16, NULL, 0, &result), THALNET_ERROR_NONFINITE);
  result.struct_size = 8;
  EXPECT(thalnet_center_similarity(net, x.values, net, x.values, 16, NULL, 0, &result), THALNET_ERROR_VERSION);
  thalnet_center_free(net);
}
END_TEST

/* Two modules that differ in one thing have no part in common. */
enum { ROLES = 14 };
static thalnet_center *role_net(int role) {
  thalnet_center *net = NULL;
  thalnet_module *module;
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  thalnet_layer host = role == 12 ? host_peeps : host_leaky;
  dense.layer_norm = role == 5;
  reader.skip_own = role == 8;
  if (role == 13) {
    host.name = "another";
  }
  EXPECT_OK(thalnet_center_create(NULL, &net));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_input(net, i ? "b" : "a", 3, NULL, NULL));
    EXPECT_OK(thalnet_center_add_output(net, i ? "b" : "a", 3, THALNET_HOST_LOSS, NULL, NULL));
  }
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(role == 1 ? thalnet_module_add_gru(module, 4, NULL)
                      : thalnet_module_add_dense(module, role == 2 ? 5 : 4, role == 3 ? THALNET_RELU : THALNET_TANH,
                                                 role == 4 ? NULL : &dense));
  if (role == 4 || role >= 11) {
    EXPECT_OK(role == 4 ? thalnet_module_add_dense(module, 4, THALNET_TANH, NULL)
                        : thalnet_module_add_layer(module, 4, &host));
  }
  EXPECT_OK(thalnet_module_add_reader(module, role == 6 ? THALNET_WEIGHT_NORM : THALNET_LINEAR, role == 7 ? 4 : 3,
                                      &reader, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, role == 9));
  EXPECT_OK(thalnet_module_connect_output(module, role == 10));
  /* the other one has all that nobody else is connected to */
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 9, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_module_connect_input(module, i));
    EXPECT_OK(thalnet_module_connect_output(module, i));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  return net;
}

START_TEST(roles_are_told_apart) {
  for (int a = 0; a < ROLES; a++) {
    for (int b = 0; b < ROLES; b++) {
      thalnet_center *one = role_net(a), *other = role_net(b);
      thalnet_similarity result = THALNET_SIMILARITY_INIT;
      const float reads[4] = {a == 8 ? 0.0f : 1.0f, 2.0f}, other_reads[4] = {b == 8 ? 0.0f : 1.0f, 2.0f};
      const thalnet_status status = thalnet_center_similarity(one, reads, other, other_reads, 4, NULL, 0, &result);
      ck_assert_msg(status == (a == b ? THALNET_OK : THALNET_ERROR_MISMATCH), "roles %d and %d: %s", a, b,
                    thalnet_status_name(status));
      thalnet_center_free(one);
      thalnet_center_free(other);
    }
  }
}
END_TEST

/* Too many renamings to try all of them, of modules of two roles, which never change places. */
START_TEST(many_modules_of_two_roles) {
  enum { N = 14 };
  thalnet_center *net = side_net(N, 3);
  const struct matrix matrix = random_matrix(N, 5);
  int32_t order[N];
  const thalnet_similarity found = similarity(net, &matrix, net, &matrix, order);
  ck_assert_int_eq(found.exact, 0);
  ck_assert_double_eq_tol(found.similarity, 1.0, 1e-9);
  for (int32_t i = 0; i < N; i++) {
    ck_assert_int_eq(order[i] < 3, i < 3);
  }
  thalnet_center_free(net);
}
END_TEST

/* Networks of modules in another order are alike, but not as they are numbered; where nobody reads, nothing is. */
START_TEST(numbers_may_differ_and_readers_be_missing) {
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  thalnet_center *nets[2], *silent = NULL;
  thalnet_module *module;
  const float zeros[4] = {0}, first[4] = {0.5f, 2.0f, 0, 0}, second[4] = {0, 0, 2.0f, 0.5f};
  for (int k = 0; k < 2; k++) {
    EXPECT_OK(thalnet_center_create(NULL, &nets[k]));
    EXPECT_OK(thalnet_center_add_input(nets[k], "x", 3, NULL, NULL));
    for (int i = 0; i < 2; i++) {
      EXPECT_OK(thalnet_center_add_module(nets[k], NULL, NULL, &module));
      EXPECT_OK(thalnet_module_add_gru(module, i == k ? 4 : 3, NULL));
      EXPECT_OK(thalnet_module_connect_input(module, 0));
      if (i == k) {
        EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
      }
    }
    EXPECT_OK(thalnet_center_build(nets[k], 1));
  }
  EXPECT_OK(thalnet_center_similarity(nets[0], first, nets[1], second, 4, NULL, 0, &result));
  ck_assert_double_eq_tol(result.similarity, 1.0, 1e-9);
  ck_assert(result.as_numbered == 0.0);
  EXPECT_OK(thalnet_center_create(NULL, &silent));
  EXPECT_OK(thalnet_center_add_input(silent, "x", 3, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(silent, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  EXPECT_OK(thalnet_center_build(silent, 1));
  EXPECT_OK(thalnet_center_similarity(silent, zeros, silent, zeros, 4, NULL, 0, &result));
  ck_assert(result.similarity == 0.0 && result.as_numbered == 0.0);
  thalnet_center_free(silent);
  thalnet_center_free(nets[0]);
  thalnet_center_free(nets[1]);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {renamings_are_found,
                                others_are_less_alike,
                                the_number_is_a_correlation,
                                roles_are_kept,
                                modules_without_reader_have_no_part,
                                flat_wirings_are_like_nothing,
                                arguments_are_checked,
                                roles_are_told_apart,
                                many_modules_of_two_roles,
                                numbers_may_differ_and_readers_be_missing};
  return SUPPORT_RUN("similarity", tests);
}
