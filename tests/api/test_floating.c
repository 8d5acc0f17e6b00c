/* SPDX-License-Identifier: MIT */
/* The host's floating-point mode: every computing call leaves it as it was, and computes the same whatever it is. */
#include "support.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#define HAVE_MXCSR 1
enum { FLAGS = 0x3f }; /* what has happened, not how it is done */
#else
#define HAVE_MXCSR 0
#endif

enum { MODES = 8 };

/* The host's modes: four directions of rounding, flushing, and exceptions that trap. */
static int set_mode(int mode) {
  static const int directions[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  fesetround(mode < 4 ? directions[mode] : FE_TONEAREST);
#if HAVE_MXCSR
  unsigned csr = _mm_getcsr() & ~(0x8040u | (unsigned)FLAGS);
  csr |= 0x1f80u;
  if (mode == 4) {
    csr |= 0x8000u;
  }
  if (mode == 5) {
    csr |= 0x8040u;
  }
  if (mode == 6) {
    csr &= ~0x0280u;
  } /* division by zero and invalid operation trap */
  if (mode == 7) {
    csr &= ~0x0e80u;
  } /* overflow and underflow too */
  _mm_setcsr(csr);
  return 1;
#else
  return mode < 4;
#endif
}

struct mode {
  int direction;
  unsigned csr;
};

static struct mode get_mode(void) {
  struct mode mode = {fegetround(), 0};
#if HAVE_MXCSR
  mode.csr = _mm_getcsr() & ~(unsigned)FLAGS;
#endif
  return mode;
}

static void normal(void) {
  fesetround(FE_TONEAREST);
#if HAVE_MXCSR
  _mm_setcsr(0x1f80u);
#endif
}

/* Runs one call under a mode and asserts that it is still there. */
#define KEEPS(mode, call)                                                                                              \
  do {                                                                                                                 \
    set_mode(mode);                                                                                                    \
    struct mode before_ = get_mode();                                                                                  \
    thalnet_status status_ = (call);                                                                                   \
    struct mode after_ = get_mode();                                                                                   \
    normal();                                                                                                          \
    ck_assert_msg(status_ == THALNET_OK, "mode %d: %s: %s", (mode), #call, thalnet_status_name(status_));              \
    ck_assert_msg(before_.direction == after_.direction && before_.csr == after_.csr, "%s turns %x, %x into %x, %x",   \
                  #call, (unsigned)before_.direction, before_.csr, (unsigned)after_.direction, after_.csr);            \
  } while (0)

enum { S = 5, K = 4, VALUES = 6000 };

/* Everything that a run gives, one after the other. */
struct results {
  float values[VALUES];
  size_t count;
};

static void keep(struct results *results, const float *values, size_t count) {
  ck_assert_uint_le(results->count + count, VALUES);
  memcpy(results->values + results->count, values, count * sizeof *values);
  results->count += count;
}

static void keep_parameters(struct results *results, const thalnet_center *net) {
  float *values = support_parameters(net);
  keep(results, values, thalnet_center_parameter_count(net));
  free(values);
}

static thalnet_status build(int mode, const thalnet_center_options *options, thalnet_center **net) {
  thalnet_status status;
  KEEPS(mode, (status = support_try_net(SUPPORT_READERS, options, net)));
  return status;
}

static void run(int mode, int32_t threads, struct results *results) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  float x[S * 3] = {0.5f, 1e-39f, -0.25f, 1e-42f}, y[S * 4], routing[25];
  options.threads = threads;
  options.chunk_sequences = 2;
  memset(results, 0, sizeof *results);
  build(mode, &options, &net);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
  keep_parameters(results, net);
  for (uint64_t step = 0; step < 3; step++) {
    support_fill(net, batch, S, K, step);
    EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.3f));
    KEEPS(mode, thalnet_forward(net, batch, NULL));
    KEEPS(mode, thalnet_backward(net, batch));
    KEEPS(mode, thalnet_forward_backward(net, batch, state));
    float *gradients = support_gradients(net);
    keep(results, gradients, thalnet_center_parameter_count(net) / 4);
    free(gradients);
    KEEPS(mode, thalnet_step(optimizer, net));
    KEEPS(mode, thalnet_state_step(net, state, x, S * 3, y, S * 4));
    keep(results, y, S * 4);
    KEEPS(mode, thalnet_state_set_input(state, 0, x, S * 3));
    KEEPS(mode, thalnet_state_advance(net, state, S));
    KEEPS(mode, thalnet_softmax(y, 4));
    keep(results, y, 4);
  }
  KEEPS(mode, thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, routing, 25));
  keep(results, routing, 25);
  float *parameters = support_parameters(net);
  KEEPS(mode, thalnet_center_write(net, NULL, parameters, thalnet_center_parameter_count(net)));
  free(parameters);
  keep_parameters(results, net);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

static void under_mode(int mode) {
  static struct results reference, results;
  for (int32_t threads = 1; threads <= 2; threads++) {
    run(0, threads, &reference);
    run(mode, threads, &results);
    ck_assert_uint_eq(reference.count, results.count);
    for (size_t i = 0; i < reference.count; i++) {
      ck_assert_msg(memcmp(&reference.values[i], &results.values[i], sizeof(float)) == 0,
                    "mode %d, %d threads, value %zu: %a is %a", mode, (int)threads, i, (double)reference.values[i],
                    (double)results.values[i]);
    }
  }
}

START_TEST(rounding_is_left_alone) {
  for (int mode = 1; mode < 4; mode++) {
    under_mode(mode);
  }
}
END_TEST

START_TEST(flushing_is_left_alone) {
  if (!HAVE_MXCSR) {
    return;
  }
  under_mode(4);
  under_mode(5);
}
END_TEST

/* A host that traps on its own mistakes is not trapped by ours. */
START_TEST(traps_are_left_alone) {
  if (!HAVE_MXCSR) {
    return;
  }
  under_mode(6);
  under_mode(7);
}
END_TEST

/* What is not finite is refused, not trapped on. */
START_TEST(bad_values_do_not_trap) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_state *state = support_state(net, 1);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_SGD, 1e30);
  thalnet_batch *batch = support_batch(net, 1, 1);
  float frame[3] = {0.0f, INFINITY, -INFINITY}, answer[4], row[100], *parameters = support_parameters(net);
  size_t all = thalnet_center_parameter_count(net), size = thalnet_state_values(state);
  support_randoms(row, size, 1);
  row[size - 1] = -INFINITY;
  parameters[all - 1] = INFINITY;
  support_fill(net, batch, 1, 1, 1);
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, frame, 3));
  for (int mode = 6; mode < MODES; mode++) {
    if (!set_mode(mode)) {
      continue;
    }
    thalnet_status one = thalnet_state_step(net, state, frame, 3, answer, 4);
    thalnet_status two = thalnet_state_write(state, 0, row, size);
    thalnet_status three = thalnet_center_write(net, NULL, parameters, all);
    thalnet_status four = thalnet_forward(net, batch, NULL);
    thalnet_status five = thalnet_softmax(frame, 3);
    frame[0] = 0.0f, frame[1] = INFINITY, frame[2] = -INFINITY;
    normal();
    ck_assert_int_eq(one, THALNET_ERROR_NONFINITE);
    ck_assert_int_eq(two, THALNET_ERROR_NONFINITE);
    ck_assert_int_eq(three, THALNET_ERROR_NONFINITE);
    ck_assert(four == THALNET_OK || four == THALNET_ERROR_NONFINITE);
    ck_assert_int_eq(five, THALNET_OK);
  }
  free(parameters);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* What a host may give a value that is none to: ERROR_ARGUMENT each, the last ERROR_DATA. */
enum { BAD_CALLS = 13 };

static void bad_options(const float *bad, thalnet_center *draft, thalnet_module *module, thalnet_batch *batch,
                        thalnet_status got[BAD_CALLS]) {
  thalnet_dropout_options dropout[3];
  thalnet_gru_options gru[3];
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  float *const places[] = {&dropout[0].contexts, &dropout[1].features, &dropout[2].modules, &gru[0].zoneout,
                           &gru[1].gate_bias,    &gru[2].time_scale,   &lstm.cell_zoneout,  &output.weight};
  for (int k = 0; k < 3; k++) {
    dropout[k] = (thalnet_dropout_options)THALNET_DROPOUT_OPTIONS_INIT;
    gru[k] = (thalnet_gru_options)THALNET_GRU_OPTIONS_INIT;
  }
  for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
    memcpy(places[p], bad, sizeof *bad);
  }
  for (int k = 0; k < 3; k++) {
    got[k] = thalnet_batch_set_dropout(batch, &dropout[k]);
    got[3 + k] = thalnet_module_add_gru(module, 2, &gru[k]);
  }
  got[6] = thalnet_module_add_lstm(module, 2, &lstm);
  got[7] = thalnet_center_add_output(draft, "y", 2, THALNET_CROSS_ENTROPY, &output, NULL);
  got[8] = thalnet_batch_set_input_dropout(batch, 0, *bad);
  got[9] = thalnet_batch_set_variational_input_dropout(batch, 0, *bad);
  got[10] = thalnet_batch_set_label_smoothing(batch, 0, *bad);
  got[11] = thalnet_batch_set_loss_weight(batch, 0, *bad);
  got[12] = thalnet_batch_set_weights(batch, 0, bad, 1);
}

/* So are options: NaN, one that signals, and infinity. */
START_TEST(bad_options_do_not_trap) {
  static const uint32_t bits[] = {0x7fc00000, 0x7f800001, 0x7f800000};
  thalnet_center *draft = NULL, *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &draft));
  EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));
  support_fill(net, batch, 1, 1, 1);
  for (int mode = 6; mode < MODES; mode++) {
    for (size_t i = 0; i < sizeof bits / sizeof bits[0] && set_mode(mode); i++) {
      thalnet_status got[BAD_CALLS];
      float bad;
      memcpy(&bad, &bits[i], sizeof bad);
      bad_options(&bad, draft, module, batch, got);
      normal();
      for (int k = 0; k < BAD_CALLS; k++) {
        ck_assert_msg(got[k] == (k < BAD_CALLS - 1 ? THALNET_ERROR_ARGUMENT : THALNET_ERROR_DATA),
                      "mode %d, value %zu, call %d: %s", mode, i, k, thalnet_status_name(got[k]));
      }
    }
    normal();
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  thalnet_center_free(draft);
}
END_TEST

/* The mode is restored on failing calls as well. */
START_TEST(failing_calls_restore_it) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  float x[3] = {NAN, 1e38f, INFINITY};
  int32_t label = 0;
  EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 3));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, &label, 1));
  for (int mode = 0; mode < MODES; mode++) {
    if (!set_mode(mode)) {
      continue;
    }
    struct mode before = get_mode();
    thalnet_status one = thalnet_forward(net, batch, NULL), two = thalnet_forward_backward(net, batch, NULL);
    thalnet_status three = thalnet_forward(net, NULL, NULL);
    struct mode after = get_mode();
    normal();
    ck_assert_int_eq(one, THALNET_ERROR_NONFINITE);
    ck_assert_int_eq(two, THALNET_ERROR_NONFINITE);
    ck_assert_int_eq(three, THALNET_ERROR_HANDLE);
    ck_assert(before.direction == after.direction && before.csr == after.csr);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* The rate that is told is the one that the next step uses. */
START_TEST(schedules_do_not_depend_on_the_mode) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.rate = 0.003;
  options.warmup_steps = 7;
  options.total_steps = 100;
  for (options.schedule = THALNET_SCHEDULE_CONSTANT; options.schedule <= THALNET_SCHEDULE_COSINE; options.schedule++) {
    thalnet_optimizer *optimizer = NULL;
    EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
    const double rate = thalnet_optimizer_rate(optimizer);
    for (int mode = 1; mode < MODES; mode++) {
      set_mode(mode);
      const double other = thalnet_optimizer_rate(optimizer);
      normal();
      ck_assert_msg(memcmp(&rate, &other, sizeof rate) == 0, "schedule %d, mode %d: %a, %a", (int)options.schedule,
                    mode, rate, other);
    }
    thalnet_optimizer_free(optimizer);
  }
  thalnet_center_free(net);
}
END_TEST

/* Rates are decimals in a file, and each direction of rounding would make something else of one of these. */
static thalnet_center *net_with_rates(void) {
  static const float rates[] = {0.1f, 0.7f, 0.012345679f, 0.33333334f, 0.99999994f, 0.0000012345678f};
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i += 2) {
    lstm.zoneout = rates[i];
    lstm.cell_zoneout = rates[i + 1];
    EXPECT_OK(thalnet_module_add_lstm(module, 2, &lstm));
  }
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  return net;
}

struct file {
  unsigned char bytes[20000];
  size_t size;
};

static void save(int mode, const thalnet_center *net, struct file *file) {
  KEEPS(mode, thalnet_center_save_memory(net, file->bytes, sizeof file->bytes, &file->size));
}

static void same_files(const struct file *one, const struct file *other, int mode, const char *what) {
  ck_assert_msg(one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0, "mode %d: %s", mode,
                what);
}

/* A network that is saved in the mode, one that is loaded in it, and one whose checkpoint is restored in it. */
static void files_under_mode(int mode, thalnet_center *net) {
  static struct file reference, file;
  thalnet_center *copy = NULL;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  save(0, net, &reference);
  save(mode, net, &file);
  same_files(&reference, &file, mode, "saved");
  KEEPS(mode, thalnet_center_load_memory(reference.bytes, reference.size, NULL, &copy));
  save(0, copy, &file);
  same_files(&reference, &file, mode, "loaded");
  thalnet_center_free(copy);
  contents.net = net;
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, file.bytes, sizeof file.bytes, &file.size));
  KEEPS(mode, thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  save(0, net, &file);
  same_files(&reference, &file, mode, "restored");
}

/* Loading and saving do not read numbers in the host's mode or locale either. */
START_TEST(files_do_not_depend_on_the_mode) {
  thalnet_center *nets[] = {support_net(SUPPORT_READERS, NULL), net_with_rates()};
  for (int mode = 1; mode < MODES; mode++) {
    const int there = set_mode(mode);
    normal();
    for (int i = 0; i < 2 && there; i++) {
      files_under_mode(mode, nets[i]);
    }
  }
  thalnet_center_free(nets[0]);
  thalnet_center_free(nets[1]);
}
END_TEST

/* --- denormal numbers --------------------------------------------------------------------------------------------- */

enum { LAYERS = 7, READERS = 5 };

static void add_layer(thalnet_module *module, int kind) {
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  dense.layer_norm = gru.layer_norm = lstm.layer_norm = kind > 3;
  gru.reset = kind == 2 ? THALNET_RESET_BEFORE : THALNET_RESET_AFTER;
  switch (kind) {
  case 0:
  case 4: EXPECT_OK(thalnet_module_add_dense(module, 5, kind ? THALNET_TANH : THALNET_SIGMOID, &dense)); break;
  case 1:
  case 2:
  case 5: EXPECT_OK(thalnet_module_add_gru(module, 5, &gru)); break;
  default: EXPECT_OK(thalnet_module_add_lstm(module, 5, &lstm));
  }
}

/* Two modules of such a layer and reader, the second with the layer twice. */
static thalnet_center *net_of(int layer, int32_t reader, int32_t threads) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_reader_options reading = THALNET_READER_OPTIONS_INIT;
  options.threads = threads;
  options.chunk_sequences = 2;
  reading.normalize = reader == 4;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    for (int j = 0; j <= i; j++) {
      add_layer(module, layer);
    }
    EXPECT_OK(thalnet_module_add_reader(module, reader < 4 ? reader : THALNET_GAUSSIAN, 3, &reading, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 7));
  return net;
}

/* Denormal numbers and zeros; a weight-norm matrix keeps a norm. */
static void make_denormal(float *values, size_t count, uint64_t seed) {
  support_randoms(values, count, seed);
  for (size_t i = 1; i < count; i++) {
    values[i] = values[i] * 1e-38f;
  }
}

static void write_denormal_weights(thalnet_center *net) {
  for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
    const char *name = thalnet_center_tensor_name(net, t);
    size_t shape[3];
    float values[500];
    thalnet_center_tensor_shape(net, name, shape);
    make_denormal(values, shape[0] * shape[1] * shape[2], t);
    EXPECT_OK(thalnet_center_write(net, name, values, shape[0] * shape[1] * shape[2]));
  }
}

static void expect_finite(const float *values, size_t count, const char *what, int layer, int32_t reader) {
  for (size_t i = 0; i < count; i++) {
    ck_assert_msg(isfinite(values[i]), "%s %zu of layer %d with reader %d: %g", what, i, layer, (int)reader,
                  (double)values[i]);
  }
}

/* mode: the host's; weights: whether they are denormal as well. */
static void with_denormals(int mode, int layer, int32_t reader, int weights) {
  thalnet_center *net = net_of(layer, reader, 1 + mode % 2);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
  float x[S * K * 3], y[S * 4];
  if (weights) {
    write_denormal_weights(net);
  }
  for (uint64_t step = 0; step < 2; step++) {
    support_fill(net, batch, S, K, step);
    make_denormal(x, S * K * 3, step);
    x[0] = 1e-45f;
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
    KEEPS(mode, thalnet_forward(net, batch, NULL));
    KEEPS(mode, thalnet_forward_backward(net, batch, state));
    float *gradients = support_gradients(net), *output = support_output(net, batch, 0, S, K);
    expect_finite(gradients, thalnet_center_parameter_count(net), "gradient", layer, reader);
    expect_finite(output, S * K * 4, "output", layer, reader);
    KEEPS(mode, thalnet_state_step(net, state, x, S * 3, y, S * 4));
    expect_finite(y, S * 4, "answer", layer, reader);
    KEEPS(mode, thalnet_step(optimizer, net));
    float *parameters = support_parameters(net);
    expect_finite(parameters, thalnet_center_parameter_count(net), "parameter", layer, reader);
    free(parameters);
    free(output);
    free(gradients);
  }
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

/* In every layer and reader, as inputs and as weights. */
START_TEST(denormals_are_nothing_special) {
  static const int modes[] = {0, 4, 5, 7};
  for (int layer = 0; layer < LAYERS; layer++) {
    for (int32_t reader = 0; reader < READERS; reader++) {
      for (int m = 0; m < (HAVE_MXCSR ? 4 : 1); m++) {
        with_denormals(modes[m], layer, reader, 0);
        with_denormals(modes[m], layer, reader, 1);
      }
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {rounding_is_left_alone,
                                flushing_is_left_alone,
                                traps_are_left_alone,
                                bad_values_do_not_trap,
                                bad_options_do_not_trap,
                                failing_calls_restore_it,
                                schedules_do_not_depend_on_the_mode,
                                files_do_not_depend_on_the_mode,
                                denormals_are_nothing_special};
  return SUPPORT_RUN("floating", tests);
}
