/* SPDX-License-Identifier: MIT */
/* Single against double precision, outputs and gradients, on networks of the size that people train. The same
 * program is built twice: with the double library it writes its results to the file argv[1], with the library itself
 * it reads them and compares.
 *
 * Bounds on the relative error |a - b| / |b| of each array, with the longest sum n of the network and T frames:
 * forward 8 ceil(log2(n T)) 2^-23, at most 5e-5; backward twice that, at most 2e-4. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <thalnet/thalnet.h>

#include "gradient/random.h"

#ifdef THALNET_DOUBLE
typedef double real;
#else
typedef float real;
#endif

enum { FRAMES = 28, SEQUENCES = 10, INPUT = 28, TOKENS = 50, CLASSES = 10 };
enum { PARAMETERS, FORWARD, BACKWARD };

static const struct {
  const char *name;
  size_t modules, dense, gru, lstm; /* units; 0: no such layer */
  int32_t activation, reset, reader, normalize;
  size_t context;
  int tokens, final;
} cases[] = {
    {"dense and GRU, weight norm", 4, 32, 32, 0, THALNET_TANH, 0, THALNET_WEIGHT_NORM, 0, 24, 0, 1},
    {"GRU with reset before, linear", 4, 0, 32, 0, 0, 1, THALNET_LINEAR, 0, 24, 0, 0},
    {"dense and LSTM, linear, tokens", 4, 32, 0, 32, THALNET_SIGMOID, 0, THALNET_LINEAR, 0, 24, 1, 0},
    {"GRU, softmax", 4, 0, 12, 0, 0, 0, THALNET_SOFTMAX, 0, 8, 0, 0},
    {"dense and GRU, Gaussian", 4, 32, 32, 0, THALNET_TANH, 0, THALNET_GAUSSIAN, 0, 16, 0, 1},
    {"GRU, normalised Gaussian, tokens", 3, 0, 32, 0, 0, 0, THALNET_GAUSSIAN, 1, 16, 1, 0},
    {"no reader, GRU and LSTM", 2, 0, 48, 48, 0, 0, -1, 0, 0, 0, 0},
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static FILE *file;
static int failures;
static struct {
  double error[3], share[3];
  size_t arrays;
} worst;

static void fail(const char *what) {
  fprintf(stderr, "precision: %s\n", what);
  exit(EXIT_FAILURE);
}

#define CALL(call)                                                                                                     \
  do {                                                                                                                 \
    if ((call) != THALNET_OK) fail(thalnet_error_text());                                                              \
  } while (0)

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) fail("no memory");
  return memory;
}

#ifdef THALNET_DOUBLE

static void exchange(size_t number, int kind, const char *name, real *values, size_t count) {
  (void)number, (void)kind, (void)name;
  if (fwrite(values, sizeof(*values), count, file) != count) fail("the results cannot be written");
}

#else

/* The largest number of terms in one sum: of a product, or over the rows of a bias. */
static double longest_sum(size_t number) {
  size_t center = cases[number].modules * (cases[number].lstm ? cases[number].lstm : cases[number].gru);
  size_t sums[] = {cases[number].gru * 3, cases[number].lstm * 4, INPUT + cases[number].context, center, SEQUENCES};
  size_t longest = 0;
  for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++) longest = sums[i] > longest ? sums[i] : longest;
  return (double)longest;
}

static double bound_of(size_t number, int kind) {
  double steps = ceil(log2(longest_sum(number) * FRAMES)) * 1.1920928955078125e-7;
  return kind == FORWARD ? fmin(8 * steps, 5e-5) : fmin(16 * steps, 2e-4);
}

static void compare(size_t number, int kind, const char *name, const float *values, const double *expected,
                    size_t count) {
  double error = 0, norm = 0, bound = bound_of(number, kind);
  for (size_t i = 0; i < count; i++) {
    error += ((double)values[i] - expected[i]) * ((double)values[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  error = norm > 0 ? sqrt(error / norm) : error;
  if (!(error <= bound)) {
    printf("%s: %s: relative error %.3g, bound %.3g\n", cases[number].name, name, error, bound);
    failures++;
  }
  worst.error[kind] = fmax(worst.error[kind], error);
  worst.share[kind] = fmax(worst.share[kind], error / bound);
  worst.arrays++;
}

/* Takes parameters over from the file, compares everything else with it. */
static void exchange(size_t number, int kind, const char *name, float *values, size_t count) {
  double *expected = allocate(count, sizeof(double));
  if (fread(expected, sizeof(*expected), count, file) != count) fail("the results cannot be read");
  if (kind != PARAMETERS) compare(number, kind, name, values, expected, count);
  for (size_t i = 0; kind == PARAMETERS && i < count; i++) values[i] = (float)expected[i];
  free(expected);
}

#endif

static void add_module(thalnet_center *net, size_t number) {
  thalnet_module *module;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  gru.reset = cases[number].reset;
  reader.normalize = cases[number].normalize;
  CALL(thalnet_center_add_module(net, NULL, NULL, &module));
  if (cases[number].dense) CALL(thalnet_module_add_dense(module, cases[number].dense, cases[number].activation, NULL));
  if (cases[number].gru) CALL(thalnet_module_add_gru(module, cases[number].gru, &gru));
  if (cases[number].lstm) CALL(thalnet_module_add_lstm(module, cases[number].lstm, NULL));
  if (cases[number].context) {
    CALL(thalnet_module_add_reader(module, cases[number].reader, cases[number].context, &reader, NULL));
  }
  CALL(thalnet_module_connect_input(module, 0));
  CALL(thalnet_module_connect_output(module, 0));
}

/* Initial values as the library draws them, rounded to float by the double program and handed over through the file. */
static thalnet_center *build(size_t number) {
  thalnet_center *net;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  input.tokens = cases[number].tokens;
  CALL(thalnet_center_create(NULL, &net));
  CALL(thalnet_center_add_input(net, "in", input.tokens ? TOKENS : INPUT, &input, NULL));
  CALL(thalnet_center_add_output(net, "out", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (size_t i = 0; i < cases[number].modules; i++) add_module(net, number);
  CALL(thalnet_center_build(net, 7 + number));
  size_t count = thalnet_center_parameter_count(net);
  real *values = allocate(count, sizeof(real));
  CALL(thalnet_center_read(net, NULL, values, count));
  for (size_t i = 0; i < count; i++) values[i] = (float)values[i];
  exchange(number, PARAMETERS, "parameters", values, count);
  CALL(thalnet_center_write(net, NULL, values, count));
  free(values);
  return net;
}

static void fill(thalnet_batch *batch, size_t number, uint64_t *random) {
  static real inputs[SEQUENCES * FRAMES * INPUT];
  int32_t tokens[SEQUENCES * FRAMES], labels[SEQUENCES * FRAMES];
  for (size_t i = 0; i < SEQUENCES * FRAMES * INPUT; i++) inputs[i] = (float)random_uniform(random, -1, 1);
  for (size_t i = 0; i < SEQUENCES * FRAMES; i++) tokens[i] = (int32_t)random_pick(random, TOKENS);
  for (size_t i = 0; i < SEQUENCES * FRAMES; i++) labels[i] = (int32_t)random_pick(random, CLASSES);
  CALL(thalnet_batch_begin(batch, SEQUENCES, FRAMES));
  if (cases[number].tokens)
    CALL(thalnet_batch_set_tokens(batch, 0, tokens, SEQUENCES * FRAMES));
  else
    CALL(thalnet_batch_set_inputs(batch, 0, inputs, SEQUENCES * FRAMES * INPUT));
  if (cases[number].final)
    CALL(thalnet_batch_set_final_labels(batch, 0, labels, SEQUENCES));
  else
    CALL(thalnet_batch_set_labels(batch, 0, labels, SEQUENCES * FRAMES));
}

static void start(thalnet_state *state, uint64_t *random) {
  size_t count = thalnet_state_values(state);
  real *row = allocate(count, sizeof(real));
  for (size_t s = 0; s < SEQUENCES; s++) {
    for (size_t i = 0; i < count; i++) row[i] = (float)random_uniform(random, -0.8, 0.8);
    CALL(thalnet_state_write(state, s, row, count));
  }
  free(row);
}

static void exchange_forward(size_t number, const thalnet_batch *batch, const thalnet_state *state) {
  real y[SEQUENCES * FRAMES * CLASSES], loss;
  size_t values = thalnet_state_values(state), count = SEQUENCES * (cases[number].final ? 1 : FRAMES) * CLASSES;
  real *rows = allocate(SEQUENCES * values, sizeof(real));
  thalnet_measure measure = THALNET_MEASURE_INIT;
  if (cases[number].final)
    CALL(thalnet_batch_read_final_output(batch, 0, y, count));
  else
    CALL(thalnet_batch_read_output(batch, 0, y, count));
  exchange(number, FORWARD, "outputs", y, count);
  CALL(thalnet_batch_measure(batch, 0, &measure));
  loss = (real)(measure.loss_sum / measure.weight_sum);
  exchange(number, FORWARD, "loss", &loss, 1);
  for (size_t s = 0; s < SEQUENCES; s++) CALL(thalnet_state_read(state, s, rows + s * values, values));
  exchange(number, FORWARD, "state", rows, SEQUENCES * values);
  free(rows);
}

static void exchange_backward(size_t number, const thalnet_center *net, const thalnet_batch *batch, size_t row) {
  size_t dimensions[3], count = SEQUENCES * FRAMES * INPUT;
  real *values = allocate(count, sizeof(real));
  if (!cases[number].tokens) {
    CALL(thalnet_batch_read_input_gradient(batch, 0, values, count));
    exchange(number, BACKWARD, "gradient of the inputs", values, count);
  }
  free(values);
  values = allocate(SEQUENCES * row, sizeof(real));
  CALL(thalnet_batch_read_state_gradient(batch, values, SEQUENCES * row));
  exchange(number, BACKWARD, "gradient of the state", values, SEQUENCES * row);
  free(values);
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    thalnet_center_tensor_shape(net, name, dimensions);
    count = dimensions[0] * dimensions[1] * dimensions[2];
    values = allocate(count, sizeof(real));
    CALL(thalnet_center_read_gradient(net, name, values, count));
    exchange(number, BACKWARD, name, values, count);
    free(values);
  }
}

static void run(size_t number) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_center *net = build(number);
  thalnet_batch *batch;
  thalnet_state *state;
  uint64_t random = 100 + number;
  options.input_gradients = options.state_gradients = 1;
  CALL(thalnet_batch_create(net, SEQUENCES, FRAMES, &options, &batch));
  CALL(thalnet_state_create(net, SEQUENCES, NULL, &state));
  fill(batch, number, &random);
  start(state, &random);
  CALL(thalnet_forward_backward(net, batch, state));
  exchange_forward(number, batch, state);
  exchange_backward(number, net, batch, thalnet_state_values(state));
  thalnet_batch_free(batch);
  thalnet_state_free(state);
  thalnet_center_free(net);
}

int main(int argc, char **argv) {
  int writes = sizeof(real) == sizeof(double);
  if (argc != 2) fail("usage: precision <file>");
  file = fopen(argv[1], writes ? "wb" : "rb");
  if (!file) fail("the file cannot be opened");
  for (size_t i = 0; i < CASES; i++) run(i);
  if (fclose(file) != 0) fail("the file cannot be closed");
  if (writes) return EXIT_SUCCESS;
  printf("precision: %d networks, %zu arrays; worst relative error forward %.2g (%.2g of its bound), backward %.2g "
         "(%.2g of its bound); %d failed\n",
         CASES, worst.arrays, worst.error[FORWARD], worst.share[FORWARD], worst.error[BACKWARD], worst.share[BACKWARD],
         failures);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
