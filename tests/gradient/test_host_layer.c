/* SPDX-License-Identifier: MIT */
/* Layers of the host in double precision: gradients of all parameters against differences of the loss, which find every
 * mistake of a layer's backward, a factor of 1.001 too; and the library's own layers, spelled as the host's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <thalnet/thalnet.h>

#include "api/host_layers.h"
#include "gradient/check_call.h"
#include "gradient/random.h"

enum { SEQUENCES = 5, FRAMES = 4, INPUT = 3, TOKENS = 4, CLASSES = 3, VALUES = 2 };

typedef struct net {
  thalnet_center *center;
  thalnet_batch *batch;
  size_t count;
  double *values;
} net;

typedef struct variant {
  const thalnet_layer *layer;                         /* NULL: own */
  int own;                                            /* 0: GRU, 1: LSTM, of the library */
  int reader, in_order, learned_start, tokens, below; /* below: a dense layer below, and one of the layer above it */
} variant;

static void add_cell(const variant *v, thalnet_module *module, size_t units) {
  if (v->layer != NULL)
    CALL(thalnet_module_add_layer(module, units, v->layer));
  else if (v->own)
    CALL(thalnet_module_add_lstm(module, units, NULL));
  else
    CALL(thalnet_module_add_gru(module, units, NULL));
}

static void fill(const net *n, const variant *v) {
  uint64_t random = 11;
  double x[SEQUENCES * FRAMES * INPUT], targets[SEQUENCES * VALUES];
  int32_t tokens[SEQUENCES * FRAMES], labels[SEQUENCES * FRAMES], lengths[SEQUENCES];
  uint8_t resets[SEQUENCES * FRAMES];
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = random_uniform(&random, -1, 1);
  for (size_t i = 0; i < SEQUENCES * VALUES; i++) targets[i] = random_uniform(&random, -1, 1);
  for (size_t s = 0; s < SEQUENCES; s++) {
    lengths[s] = 1 + (int32_t)((s * 2 + 1) % FRAMES);
    for (size_t k = 0; k < FRAMES; k++) {
      tokens[s * FRAMES + k] = (int32_t)random_pick(&random, TOKENS);
      labels[s * FRAMES + k] = k < (size_t)lengths[s] ? (int32_t)random_pick(&random, CLASSES) : -1;
      resets[s * FRAMES + k] = (uint8_t)random_chance(&random, 25);
    }
  }
  CALL(thalnet_batch_begin(n->batch, SEQUENCES, FRAMES));
  if (v->tokens)
    CALL(thalnet_batch_set_tokens(n->batch, 0, tokens, SEQUENCES * FRAMES));
  else
    CALL(thalnet_batch_set_inputs(n->batch, 0, x, SEQUENCES * FRAMES * INPUT));
  CALL(thalnet_batch_set_lengths(n->batch, lengths, SEQUENCES));
  CALL(thalnet_batch_set_resets(n->batch, resets, SEQUENCES * FRAMES));
  CALL(thalnet_batch_set_labels(n->batch, 0, labels, SEQUENCES * FRAMES));
  CALL(thalnet_batch_set_final_targets(n->batch, 1, targets, SEQUENCES * VALUES));
}

static net make(const variant *v) {
  net n = {NULL, NULL, 0, NULL};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  options.chunk_sequences = 2;
  options.settle_steps = v->learned_start;
  options.in_order = v->in_order;
  options.learned_start = v->learned_start;
  input.tokens = v->tokens;
  CALL(thalnet_center_create(&options, &n.center));
  CALL(thalnet_center_add_input(n.center, "x", v->tokens ? TOKENS : INPUT, &input, NULL));
  CALL(thalnet_center_add_output(n.center, "y", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL));
  CALL(thalnet_center_add_output(n.center, "z", VALUES, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    CALL(thalnet_center_add_module(n.center, NULL, NULL, &module));
    if (v->below) {
      CALL(thalnet_module_add_dense(module, 3, THALNET_TANH, NULL));
      add_cell(v, module, 4);
    }
    add_cell(v, module, i ? 3 : 4);
    CALL(thalnet_module_add_reader(module, v->reader, 3, NULL, NULL));
    if (i == 0) CALL(thalnet_module_connect_input(module, 0));
    CALL(thalnet_module_connect_output(module, 0));
    if (i == 1) CALL(thalnet_module_connect_output(module, 1));
  }
  CALL(thalnet_center_build(n.center, 3));
  CALL(thalnet_batch_create(n.center, SEQUENCES, FRAMES, NULL, &n.batch));
  fill(&n, v);
  n.count = thalnet_center_parameter_count(n.center);
  n.values = calloc(n.count, sizeof *n.values);
  CALL(thalnet_center_read(n.center, NULL, n.values, n.count));
  return n;
}

static void end(net *n) {
  free(n->values);
  thalnet_batch_free(n->batch);
  thalnet_center_free(n->center);
}

static double loss(const net *n) {
  double sum = 0;
  CALL(thalnet_center_write(n->center, NULL, n->values, n->count));
  CALL(thalnet_forward(n->center, n->batch, NULL));
  for (int32_t o = 0; o < 2; o++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    CALL(thalnet_batch_measure(n->batch, o, &measure));
    sum += measure.loss_sum / measure.weight_sum;
  }
  return sum;
}

static double *gradient(const net *n) {
  double *values = calloc(n->count, sizeof *values);
  CALL(thalnet_center_clear_gradients(n->center));
  CALL(thalnet_forward_backward(n->center, n->batch, NULL));
  CALL(thalnet_center_read_gradient(n->center, NULL, values, n->count));
  return values;
}

static double *differences(const net *n) {
  const double step = 1e-5;
  double *values = calloc(n->count, sizeof *values);
  for (size_t i = 0; i < n->count; i++) {
    const double value = n->values[i];
    n->values[i] = value + step;
    values[i] = loss(n);
    n->values[i] = value - step;
    values[i] = (values[i] - loss(n)) / (2 * step);
    n->values[i] = value;
  }
  CALL(thalnet_center_write(n->center, NULL, n->values, n->count));
  return values;
}

/* What a difference cannot tell from zero. */
#define FAINT 1e-3

/* The largest relative distance of a tensor's gradients, and which tensor's it is. */
static double worst(const net *n, const double *one, const double *other, const char **name) {
  double most = 0;
  for (size_t t = 0, place = 0; t < thalnet_center_tensor_count(n->center); t++) {
    size_t shape[3];
    double norm = 0, distance = 0;
    const char *mine = thalnet_center_tensor_name(n->center, t);
    ck_assert_int_gt(thalnet_center_tensor_shape(n->center, mine, shape), 0);
    const size_t size = shape[0] * shape[1] * shape[2];
    for (size_t i = place; i < place + size; i++) {
      norm += one[i] * one[i];
      distance += (one[i] - other[i]) * (one[i] - other[i]);
    }
    place += size;
    ck_assert_msg(norm > 0, "%s has no gradient", mine);
    const double share = sqrt(distance) / (sqrt(norm) + FAINT);
    if (share <= most) continue;
    most = share;
    *name = mine;
  }
  return most;
}

static double check(const variant *v, char *text, size_t size) {
  net n = make(v);
  double *d = differences(&n), *g = gradient(&n);
  const char *name = "";
  const double most = worst(&n, d, g, &name);
  snprintf(text, size, "%s: %s, reader %d, in order %d, start %d, tokens %d, below %d: %g",
           v->layer ? v->layer->name : "own", name, v->reader, v->in_order, v->learned_start, v->tokens, v->below,
           most);
  free(d);
  free(g);
  end(&n);
  return most;
}

enum { VARIANTS = 12 };
static variant make_variant(int number) {
  static const int readers[] = {THALNET_LINEAR, THALNET_WEIGHT_NORM, THALNET_GAUSSIAN, THALNET_SOFTMAX};
  return (variant){.reader = readers[number % 4],
                   .in_order = number % 2,
                   .learned_start = number % 3 > 0,
                   .tokens = number / 4 == 1,
                   .below = number / 4 == 2};
}

static double worst_seen;

START_TEST(gradients_are_the_differences) {
  static const thalnet_layer *const layers[] = {&host_gru, &host_lstm, &host_peeps, &host_leaky, NULL};
  for (size_t k = 0; k < sizeof layers / sizeof layers[0]; k++)
    for (int number = 0; number < VARIANTS; number++) {
      variant v = make_variant(number);
      char text[300];
      v.layer = layers[k];
      const double most = check(&v, text, sizeof text);
      worst_seen = fmax(worst_seen, most);
      ck_assert_msg(most < 1e-6, "%s", text);
    }
}
END_TEST

/* Negative controls: each mistake is found in every network. */
START_TEST(mistakes_are_found) {
  for (int mistake = 1; mistake < WRONG_KINDS; mistake++)
    for (int number = 0; number < VARIANTS; number++) {
      const thalnet_layer layer = host_wrong(mistake);
      variant v = make_variant(number);
      char text[300];
      v.layer = &layer;
      const double most = check(&v, text, sizeof text);
      ck_assert_msg(most > 1e-5, "mistake %d: %s", mistake, text);
    }
}
END_TEST

/* Of the same numbers to the last digits; biases are added in another order. */
START_TEST(own_layers_spelled_by_the_host) {
  for (int number = 0; number < VARIANTS; number++)
    for (int lstm = 0; lstm < 2; lstm++) {
      variant v = make_variant(number), own = v;
      const char *name = "";
      v.layer = lstm ? &host_lstm : &host_gru;
      own.own = lstm;
      net one = make(&own), other = make(&v);
      ck_assert_uint_eq(one.count, other.count);
      ck_assert_int_eq(memcmp(one.values, other.values, one.count * sizeof(double)), 0);
      double *a = gradient(&one), *b = gradient(&other);
      const double most = worst(&one, a, b, &name), apart = fabs(loss(&one) - loss(&other));
      ck_assert_msg(most < 1e-12 && apart < 1e-14, "%s: %g, loss %g", name, most, apart);
      free(a);
      free(b);
      end(&one);
      end(&other);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("host_layer");
  TCase *tcase = tcase_create("host_layer");
  tcase_add_test(tcase, gradients_are_the_differences);
  tcase_add_test(tcase, mistakes_are_found);
  tcase_add_test(tcase, own_layers_spelled_by_the_host);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK);
  srunner_run_all(runner, CK_NORMAL);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  printf("worst distance of a tensor's gradient to the differences: %.2g\n", worst_seen);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
