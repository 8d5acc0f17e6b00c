/* SPDX-License-Identifier: MIT */
/* layer.h: layers of the host against the library's own, and hosts that fail. Files with such layers: tests/io/test_host_layers.c;
 * same bits for all threads, memory, checkpoints, edited networks: the tests that have them among their networks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_layers.h"
#include "trainings.h"

/* --- as the library's own ----------------------------------------------------------------------------------------- */

/* Norm of the difference to the norm of one. */
static double apart(const float *one, const float *other, size_t count) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < count; i++) {
    difference += pow((double)one[i] - (double)other[i], 2);
    norm += pow((double)one[i], 2);
  }
  return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}

/* Not the same bits: the biases of both sides are added at different places. */
static void expect_alike(struct training training, int32_t cell, int32_t host, int32_t threads) {
  enum { STEPS = 3 };
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = threads;
  training.cell = cell;
  struct record ours = training_run(&training, &options, STEPS);
  training.cell = host;
  struct record hosts = training_run(&training, &options, STEPS);
  for (int step = 0; step < STEPS; step++) {
    ck_assert_msg(fabs(ours.losses[step] - hosts.losses[step]) <= 2e-6 * ours.losses[step], "%s, step %d: %.9g, %.9g",
                  training.name, step, ours.losses[step], hosts.losses[step]);
  }
  for (int array = 0; array < RECORD_ARRAYS; array++) {
    ck_assert_uint_eq(ours.counts[array], hosts.counts[array]);
    const double distance = apart(ours.arrays[array], hosts.arrays[array], ours.counts[array]);
    ck_assert_msg(distance <= 2e-4, "%s, cell %d, array %d: apart by %g", training.name, (int)cell, array, distance);
  }
  record_free(&ours);
  record_free(&hosts);
}

static const struct training small = {.name = "small",
                                      .modules = 3,
                                      .input = 11,
                                      .dense = 8,
                                      .cells = 2,
                                      .units = 13,
                                      .context = 9,
                                      .lengths = 1,
                                      .resets = 1,
                                      .sequences = 60,
                                      .frames = 5};
static const struct training large = {.name = "large",
                                      .large = 1,
                                      .modules = 3,
                                      .input = 30,
                                      .cells = 2,
                                      .units = 110,
                                      .context = 60,
                                      .lengths = 1,
                                      .resets = 1,
                                      .sequences = 20,
                                      .frames = 3};

START_TEST(they_are_as_the_librarys_own) {
  for (int32_t variant = 0; variant < 16; variant++) {
    struct training training = variant < 8 ? small : large;
    const int32_t threads[3] = {1, 2, 8};
    training.tokens = variant & 1;
    training.gradients = !training.tokens;
    training.slow = variant & 2;
    training.in_order = variant >> 2 & 1;
    training.readers = variant >> 2 & 1;
    training.learned_start = training.settle = variant >> 1 & 1;
    training.final = training.settle;
    training.drops = training.gradients ? 2 : 0;
    expect_alike(training, CELL_GRU, CELL_HOST_GRU, threads[variant % 3]);
    expect_alike(training, CELL_LSTM, CELL_HOST_LSTM, threads[(variant + 1) % 3]);
  }
}
END_TEST

/* The comparison above sees another unit. */
START_TEST(another_layer_is_not_alike) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  struct training training = small;
  training.cell = CELL_HOST_LSTM;
  struct record one = training_run(&training, &options, 2);
  training.cell = CELL_LSTM;
  training.zoneout = 0.01f;
  struct record other = training_run(&training, &options, 2);
  ck_assert_double_gt(apart(one.arrays[0], other.arrays[0], one.counts[0]), 2e-4);
  record_free(&one);
  record_free(&other);
}
END_TEST

/* Frame by frame as in a batch, and with the same tensors as ours. */
START_TEST(live_steps_are_those_of_a_batch) {
  enum { ROWS = 3, FRAMES = 6 };
  static const int32_t cells[] = {CELL_HOST_GRU, CELL_HOST_LSTM, CELL_HOST_PEEPS, CELL_HOST_LEAKY};
  for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
    struct training training = small;
    const thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    float x[ROWS * FRAMES * 11], frame[ROWS * 11], answer[ROWS * 10];
    training.cell = cells[c];
    thalnet_center *net = training_net(&training, &options);
    thalnet_batch *batch = support_batch(net, ROWS, FRAMES);
    thalnet_state *state = support_state(net, ROWS);
    support_randoms(x, ROWS * FRAMES * 11, 5);
    EXPECT_OK(thalnet_batch_begin(batch, ROWS, FRAMES));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, ROWS * FRAMES * 11));
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    float *said = support_output(net, batch, 0, ROWS, FRAMES);
    for (int k = 0; k < FRAMES; k++) {
      for (int r = 0; r < ROWS; r++) memcpy(frame + r * 11, x + (r * FRAMES + k) * 11, 11 * sizeof *x);
      EXPECT_OK(thalnet_state_step(net, state, frame, ROWS * 11, answer, ROWS * 10));
      for (int r = 0; r < ROWS; r++)
        ck_assert_double_le(support_distance(answer + r * 10, said + (r * FRAMES + k) * 10, 10), 1e-6);
    }
    free(said);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* --- what a layer is ---------------------------------------------------------------------------------------------- */

static thalnet_center *draft_with(thalnet_module **module) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, module));
  EXPECT_OK(thalnet_module_connect_input(*module, 0));
  EXPECT_OK(thalnet_module_connect_output(*module, 0));
  return net;
}

START_TEST(tensors_and_where_they_start) {
  thalnet_module *module = NULL;
  thalnet_center *net = draft_with(&module);
  thalnet_layer layer = host_peeps;
  float starts[4] = {0, 3, 0, -2}, vector_starts[3] = {1, 2, 3}, bounds[3] = {0, 0.5f, 0};
  char name[] = "acme.peep-hole_2";
  layer.name = name;
  layer.bias_starts = starts;
  layer.vector_starts = vector_starts;
  layer.vector_bounds = bounds;
  EXPECT_OK(thalnet_module_add_layer(module, 5, &layer));
  memset(&layer, 77, sizeof layer); /* all of it was copied */
  memset(starts, 77, sizeof starts);
  memset(vector_starts, 77, sizeof vector_starts);
  memset(bounds, 77, sizeof bounds);
  name[0] = '!';
  EXPECT_OK(thalnet_center_build(net, 3));
  static const struct {
    const char *name;
    size_t shape[2];
  } tensors[] = {
      {"weight_ih", {20, 3}}, {"weight_hh", {20, 5}}, {"bias_ih", {20}}, {"bias_hh", {20}}, {"vectors", {3, 5}}};
  for (size_t t = 0; t < 5; t++) {
    const char *full = thalnet_center_tensor_name(net, t);
    size_t shape[3] = {0};
    ck_assert_str_eq(full + strlen("modules.0.layers.0."), tensors[t].name);
    ck_assert_int_eq(thalnet_center_tensor_shape(net, full, shape), tensors[t].shape[1] > 0 ? 2 : 1);
    ck_assert_uint_eq(shape[0], tensors[t].shape[0]);
    ck_assert_uint_eq(shape[1], tensors[t].shape[1] > 0 ? tensors[t].shape[1] : 1);
  }
  float bias[20], vectors[15];
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.bias_ih", bias, 20));
  EXPECT_OK(thalnet_center_read(net, "modules.0.layers.0.vectors", vectors, 15));
  int moved = 0;
  for (int i = 0; i < 5; i++) {
    ck_assert(fabsf(bias[i]) <= 0.4473f && fabsf(bias[5 + i] - 3) <= 0.4473f);
    ck_assert(fabsf(bias[10 + i]) <= 0.4473f && fabsf(bias[15 + i] + 2) <= 0.4473f);
    ck_assert(vectors[i] == 1.0f && vectors[10 + i] == 3.0f && fabsf(vectors[5 + i] - 2) <= 0.5f);
    moved += vectors[5 + i] != 2.0f;
  }
  ck_assert_int_eq(moved, 5);
  thalnet_center_free(net);
}
END_TEST

enum { CHANGES = 20 };
static thalnet_status change(thalnet_layer *layer, int number) {
  static const float bad[4] = {0, NAN, 0, 0};
  static char longest[THALNET_NAME_LIMIT + 2];
  memset(longest, 'a', THALNET_NAME_LIMIT + 1);
  switch (number) {
  case 0: layer->struct_size = 0; return THALNET_ERROR_VERSION;
  case 1: layer->struct_size = sizeof *layer - 8; return THALNET_ERROR_VERSION;
  case 2: layer->name = NULL; return THALNET_ERROR_ARGUMENT;
  case 3: layer->name = ""; return THALNET_ERROR_DATA;
  case 4: layer->name = "a b"; return THALNET_ERROR_DATA;
  case 5: layer->name = "a:b"; return THALNET_ERROR_DATA;
  case 6: layer->name = "a\"b"; return THALNET_ERROR_DATA;
  case 7: layer->name = longest; return THALNET_ERROR_DATA;
  case 8: layer->forward = NULL; return THALNET_ERROR_ARGUMENT;
  case 9: layer->backward = NULL; return THALNET_ERROR_ARGUMENT;
  case 10: layer->gates = 0; return THALNET_ERROR_ARGUMENT;
  case 11: layer->gates = THALNET_LAYER_BLOCK_LIMIT + 1; return THALNET_ERROR_LIMIT;
  case 12: layer->hidden_gates = SIZE_MAX; return THALNET_ERROR_LIMIT;
  case 13: layer->vectors = THALNET_LAYER_BLOCK_LIMIT + 1; return THALNET_ERROR_LIMIT;
  case 14: layer->kept = THALNET_LAYER_BLOCK_LIMIT + 1; return THALNET_ERROR_LIMIT;
  case 15: layer->cell = 2; return THALNET_ERROR_ARGUMENT;
  case 16: layer->reserved = 1; return THALNET_ERROR_VERSION;
  case 17: layer->bias_starts = bad; return THALNET_ERROR_NONFINITE;
  case 18: layer->vector_starts = bad; return THALNET_ERROR_NONFINITE;
  default: layer->vector_bounds = bad; return THALNET_ERROR_NONFINITE;
  }
}

START_TEST(malformed_layers_are_refused) {
  for (int number = 0; number < CHANGES; number++) {
    thalnet_module *module = NULL;
    thalnet_center *net = draft_with(&module);
    thalnet_layer layer = host_peeps;
    const thalnet_status status = change(&layer, number);
    EXPECT(thalnet_module_add_layer(module, 5, &layer), status);
    EXPECT(thalnet_center_build(net, 3), status); /* remembered */
    thalnet_center_free(net);
  }
  thalnet_module *module = NULL;
  thalnet_center *net = draft_with(&module);
  EXPECT(thalnet_module_add_layer(NULL, 5, &host_gru), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_layer(module, 5, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_module_add_layer(module, 0, &host_gru), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_module_add_layer(module, THALNET_SIZE_LIMIT + 1, &host_gru), THALNET_ERROR_LIMIT);
  thalnet_center_free(net);
}
END_TEST

/* A name stands for one layer: files tell layers of the host apart by it. */
START_TEST(a_name_is_one_layer) {
  static int other_user;
  for (int what = 0; what < 9; what++) {
    thalnet_module *module = NULL;
    thalnet_center *net = draft_with(&module);
    thalnet_layer second = host_peeps;
    EXPECT_OK(thalnet_module_add_layer(module, 5, &host_peeps));
    if (what == 1) {
      second.user = &other_user;
    } else if (what == 2) {
      second.forward = host_gru.forward;
    } else if (what == 3) {
      second.backward = host_gru.backward;
    } else if (what == 4) {
      second.gates++, second.bias_starts = NULL;
    } else if (what == 5) {
      second.kept++;
    } else if (what == 6) { /* as many blocks, but others */
      second.hidden_gates++, second.kept--;
    } else if (what == 7) {
      second.vectors++, second.kept--, second.vector_starts = second.vector_bounds = NULL;
    } else if (what == 8) {
      second.cell = 0;
    }
    EXPECT(thalnet_module_add_layer(module, 3, &second), what == 0 ? THALNET_OK : THALNET_ERROR_DATA);
    ck_assert(what == 0 || strstr(thalnet_error_text(), host_peeps.name) != NULL);
    thalnet_center_free(net);
  }
}
END_TEST

/* Of blocks as many as there may be, and none where there may be none. */
static int copy_forward(void *user, const thalnet_layer_call *call) {
  (void)user;
  for (size_t r = 0; r < call->rows; r++)
    memcpy(call->output + r * call->output_stride, call->input + r * call->stride, call->units * sizeof(float));
  return call->hidden != NULL || call->kept != NULL || call->vectors != NULL || call->cell != NULL ||
         call->cell_before != NULL || call->d_output != NULL || call->d_hidden_before != NULL;
}
static int copy_backward(void *user, const thalnet_layer_call *call) {
  (void)user;
  for (size_t r = 0; r < call->rows; r++)
    memcpy(call->input + r * call->stride, call->d_output + r * call->d_output_stride, call->units * sizeof(float));
  return call->hidden != NULL || call->kept != NULL || call->vectors != NULL || call->cell != NULL ||
         call->d_cell != NULL || call->d_cell_before != NULL || call->d_vectors != NULL ||
         call->d_hidden_before == NULL;
}

START_TEST(a_layer_without_memory_is_a_dense_one) {
  const thalnet_layer identity = {.struct_size = sizeof identity,
                                  .name = "identity",
                                  .forward = copy_forward,
                                  .backward = copy_backward,
                                  .gates = 1};
  float *gradients[2], losses[2];
  for (int host = 0; host < 2; host++) {
    thalnet_module *module = NULL;
    thalnet_center *net = draft_with(&module);
    EXPECT_OK(host ? thalnet_module_add_layer(module, 4, &identity)
                   : thalnet_module_add_dense(module, 4, THALNET_IDENTITY, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL));
    EXPECT_OK(thalnet_center_build(net, 3));
    const size_t count = thalnet_center_parameter_count(net);
    float values[64];
    ck_assert_uint_le(count, 64);
    support_randoms(values, count, 8);
    EXPECT_OK(thalnet_center_write(net, NULL, values, count));
    thalnet_batch *batch = support_batch(net, 7, 3);
    support_fill(net, batch, 7, 3, 4);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    losses[host] = (float)support_loss(batch, 0);
    gradients[host] = support_gradients(net);
    if (host) {
      ck_assert_float_eq_tol(losses[0], losses[1], 1e-6f * losses[0]);
      ck_assert_double_le(apart(gradients[0], gradients[1], count), 1e-6);
    }
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
  free(gradients[0]);
  free(gradients[1]);
}
END_TEST

START_TEST(activations_are_those_of_the_library) {
  enum { N = 777 };
  static float values[N], copies[N];
  for (int32_t activation = THALNET_IDENTITY; activation <= THALNET_SIGMOID; activation++) {
    support_randoms(values, N, 3);
    for (int i = 0; i < N; i++) copies[i] = values[i] *= 5;
    EXPECT_OK(thalnet_activate(values, N, activation));
    for (int i = 0; i < N; i++) {
      const double x = (double)copies[i];
      const double y = activation == THALNET_RELU      ? fmax(x, 0)
                       : activation == THALNET_TANH    ? tanh(x)
                       : activation == THALNET_SIGMOID ? 1 / (1 + exp(-x))
                                                       : x;
      ck_assert_double_le(fabs(y - (double)values[i]), 1e-6 * fabs(y));
    }
  }
  EXPECT_OK(thalnet_activate(values, 0, THALNET_TANH));
  EXPECT(thalnet_activate(NULL, 3, THALNET_TANH), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_activate(values, 3, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_activate(values, 3, -1), THALNET_ERROR_ARGUMENT);
}
END_TEST

/* --- hosts that fail ---------------------------------------------------------------------------------------------- */

struct world {
  struct host_failing failing;
  struct support_executor host;
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_state *state;
};

enum { SEQUENCES = 40, FRAMES = 4 };

/* threads below 0: those of a host's executor. wide: a large network, of which threads share the layers. */
static void begin(struct world *world, int32_t threads, int wide) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  *world = (struct world){.failing = {.inner = &host_peeps}};
  const thalnet_layer layer = host_failing_layer(&world->failing);
  world->host = (struct support_executor){.threads = -threads};
  const thalnet_executor executor = support_executor_hooks(&world->host);
  options.threads = threads < 0 ? -threads : threads;
  if (threads < 0) options.executor = &executor;
  options.chunk_sequences = wide ? 0 : 4;
  EXPECT_OK(thalnet_center_create(&options, &world->net));
  EXPECT_OK(thalnet_center_add_input(world->net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(world->net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(world->net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_dense(module, 4, THALNET_TANH, NULL));
    EXPECT_OK(i == 0 ? thalnet_module_add_gru(module, 5, NULL)
                     : thalnet_module_add_layer(module, wide ? 260 : 5, &layer));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(world->net, 5));
  world->batch = support_batch(world->net, SEQUENCES, FRAMES);
  world->state = support_state(world->net, SEQUENCES);
  support_fill(world->net, world->batch, SEQUENCES, FRAMES, 6);
  EXPECT_OK(thalnet_forward(world->net, world->batch, world->state)); /* so that the state is something */
}

static void end(struct world *world) {
  thalnet_state_free(world->state);
  thalnet_batch_free(world->batch);
  thalnet_center_free(world->net);
}

static thalnet_status live_step(struct world *world) {
  float frame[SEQUENCES * 3], answer[SEQUENCES * 2];
  support_randoms(frame, SEQUENCES * 3, 9);
  return thalnet_state_step(world->net, world->state, frame, SEQUENCES * 3, answer, SEQUENCES * 2);
}

enum { FORWARD, TRAINING, BACKWARD, LIVE, ROUTING, ABLATION };
static thalnet_status do_call(struct world *world, int call) {
  static const unsigned char cut[16] = {0, 1}; /* nodes: x, two modules, y */
  float shares[4];
  switch (call) {
  case FORWARD: return thalnet_forward(world->net, world->batch, world->state);
  case TRAINING: return thalnet_forward_backward(world->net, world->batch, world->state);
  case BACKWARD: return thalnet_backward(world->net, world->batch);
  case LIVE: return live_step(world);
  case ABLATION: return thalnet_center_ablate(world->net, world->batch, cut, 16);
  default: return thalnet_center_routing(world->net, world->batch, THALNET_ROUTING_SHARE, shares, 4);
  }
}

/* Call `call` fails in the host's call number `at` of one direction; everything is as it was, and the next time it works. */
static void fail_once(int call, int backward, int at, int32_t threads, int wide, int waiting) {
  struct world world, other;
  begin(&world, threads, wide);
  begin(&other, threads, wide);
  for (int k = 0; k < (waiting ? 2 : 0); k++) { /* a gradient waits */
    struct world *mine = k == 0 ? &world : &other;
    EXPECT_OK(thalnet_forward_backward(mine->net, mine->batch, NULL));
    EXPECT_OK(thalnet_forward(mine->net, mine->batch, NULL));
  }
  world.failing.fail_at[backward] = atomic_load(&world.failing.calls[backward]) + at;
  EXPECT(do_call(&world, call), THALNET_ERROR_HOST);
  ck_assert_msg(strstr(thalnet_error_text(), "'module1'") != NULL && strstr(thalnet_error_text(), "layer 1") != NULL &&
                    strstr(thalnet_error_text(), "'lstm-peepholes'") != NULL &&
                    strstr(thalnet_error_text(), backward ? "backward" : "forward") != NULL &&
                    strstr(thalnet_error_text(), backward ? "-3" : "7") != NULL,
                "%s", thalnet_error_text());
  float *rows = support_rows(world.state), *others = support_rows(other.state);
  ck_assert(support_same(rows, others, SEQUENCES * thalnet_state_values(world.state)));
  free(rows);
  free(others);
  float *gradients = support_gradients(world.net), *kept = support_gradients(other.net);
  ck_assert(support_same(gradients, kept, thalnet_center_parameter_count(world.net)));
  free(gradients);
  free(kept);
  world.failing.fail_at[backward] = 0;
  if (call == BACKWARD) { /* half of what forward kept has become gradients */
    EXPECT(thalnet_backward(world.net, world.batch), THALNET_ERROR_STATE);
    EXPECT_OK(thalnet_forward(world.net, world.batch, NULL));
    EXPECT_OK(thalnet_forward(other.net, other.batch, NULL));
  }
  EXPECT_OK(do_call(&world, call));
  EXPECT_OK(do_call(&other, call));
  rows = support_rows(world.state), others = support_rows(other.state);
  ck_assert(support_same(rows, others, SEQUENCES * thalnet_state_values(world.state)));
  gradients = support_gradients(world.net), kept = support_gradients(other.net);
  ck_assert(support_same(gradients, kept, thalnet_center_parameter_count(world.net)));
  free(rows);
  free(others);
  free(gradients);
  free(kept);
  end(&world);
  end(&other);
}

START_TEST(failures_lose_nothing) {
  for (int wide = 0; wide < 2; wide++) {
    for (int32_t k = 0; k < 3; k++) {
      const int32_t threads = k == 0 ? 1 : k == 1 ? 4 : -3;
      for (int waiting = 0; waiting < 2; waiting++) {
        fail_once(FORWARD, 0, 3, threads, wide, waiting);
        fail_once(TRAINING, 0, 2, threads, wide, waiting);
        fail_once(TRAINING, 1, 3, threads, wide, waiting);
        fail_once(BACKWARD, 1, 1, threads, wide, waiting);
        fail_once(LIVE, 0, 1, threads, wide, waiting);
        fail_once(ROUTING, 0, 2, threads, wide, waiting);
        fail_once(ABLATION, 0, 2, threads, wide, waiting);
      }
    }
  }
}
END_TEST

/* After a failure the host is left alone: by the same thread at once, by others when they have done what they are at. */
START_TEST(a_failing_host_is_not_called_again) {
  struct world world;
  begin(&world, 1, 0);
  const int before = atomic_load(&world.failing.calls[0]);
  world.failing.fail_at[0] = before + 2;
  EXPECT(thalnet_forward(world.net, world.batch, NULL), THALNET_ERROR_HOST);
  ck_assert_int_eq(atomic_load(&world.failing.calls[0]), before + 2);
  float values[SEQUENCES * FRAMES * 2];
  EXPECT(thalnet_batch_read_output(world.batch, 0, values, SEQUENCES * FRAMES * 2), THALNET_ERROR_STATE);
  end(&world);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      they_are_as_the_librarys_own,          another_layer_is_not_alike,           live_steps_are_those_of_a_batch,
      tensors_and_where_they_start,          malformed_layers_are_refused,         a_name_is_one_layer,
      a_layer_without_memory_is_a_dense_one, activations_are_those_of_the_library, failures_lose_nothing,
      a_failing_host_is_not_called_again};
  return SUPPORT_RUN("layer", tests);
}
