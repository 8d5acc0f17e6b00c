/* SPDX-License-Identifier: MIT */
/* Threads: the same bits however many there are and whoever runs them; one center under many. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "host_layers.h"

/* --- the same bits ------------------------------------------------------------------------------------------------ */

enum { S = 13, K = 6 };

/* What a training run leaves: losses of every step, the last gradients, parameters and memory. */
struct record {
  double losses[20];
  float *gradients, *parameters, *rows;
  size_t count, values;
};

static struct record train(thalnet_center *net, size_t sequences, int steps) {
  struct record record = {.count = thalnet_center_parameter_count(net)};
  thalnet_batch *batch = support_batch(net, sequences, K);
  thalnet_state *state = support_state(net, sequences);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.2f));
  for (int step = 0; step < steps; step++) {
    support_fill(net, batch, sequences, K, (uint64_t)step);
    EXPECT_OK(thalnet_batch_set_epoch(batch, (uint64_t)step));
    EXPECT_OK(thalnet_forward_backward(net, batch, state));
    record.losses[step] = support_loss(batch, 0);
    if (step + 1 == steps) {
      record.gradients = support_gradients(net);
    }
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  record.parameters = support_parameters(net);
  record.rows = support_rows(state);
  record.values = sequences * thalnet_state_values(state);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  return record;
}

static void release(struct record *record) {
  free(record->gradients);
  free(record->parameters);
  free(record->rows);
}

static void same(const struct record *one, const struct record *other, int32_t kind, const char *who, int32_t threads) {
  ck_assert_msg(memcmp(one->losses, other->losses, sizeof one->losses) == 0, "losses, kind %d, %s %d", (int)kind, who,
                (int)threads);
  ck_assert_msg(support_same(one->gradients, other->gradients, one->count), "gradients, kind %d, %s %d", (int)kind, who,
                (int)threads);
  ck_assert_msg(support_same(one->parameters, other->parameters, one->count), "parameters, kind %d, %s %d", (int)kind,
                who, (int)threads);
  ck_assert_msg(support_same(one->rows, other->rows, one->values), "states, kind %d, %s %d", (int)kind, who,
                (int)threads);
}

static struct record train_with(int32_t kind, int32_t threads, int32_t chunk, const thalnet_executor *executor) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = threads;
  options.chunk_sequences = chunk;
  options.executor = executor;
  thalnet_center *net = support_net(kind, &options);
  struct record record = train(net, S, 20);
  thalnet_center_free(net);
  return record;
}

static void all_ways(int32_t kind, int32_t chunk, int32_t most) {
  static const int32_t many[] = {2, 3, 4, 8};
  struct record reference = train_with(kind, 1, chunk, NULL), other;
  for (size_t i = 0; i < sizeof many / sizeof many[0] && many[i] <= most; i++) {
    other = train_with(kind, many[i], chunk, NULL);
    same(&reference, &other, kind, "built-in threads:", many[i]);
    release(&other);
  }
  for (int32_t threads = 0; threads < 4; threads++) {
    struct support_executor host = {.threads = threads};
    thalnet_executor hooks = support_executor_hooks(&host);
    other = train_with(kind, 4, chunk, &hooks);
    same(&reference, &other, kind, "threads of the host:", threads);
    if (chunk == 2) {
      ck_assert_int_gt(atomic_load(&host.runs), 0);
    }
    release(&other);
  }
  release(&reference);
}

START_TEST(same_bits_for_every_thread_count) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    all_ways(kind, 2, kind == SUPPORT_READERS ? 8 : 3);
  }
  all_ways(SUPPORT_SMALL, 0, 2);
  all_ways(SUPPORT_SMALL, 5, 4);
}
END_TEST

/* More than 1 MiB of weights: modules and slabs are dealt to threads instead of chunks. */
static struct record train_large(int32_t threads, const thalnet_executor *executor) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.threads = threads;
  options.executor = executor;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 30, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 20, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 3; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 170, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, i ? THALNET_LINEAR : THALNET_WEIGHT_NORM, 90, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_uint_gt(thalnet_center_parameter_count(net), 300000);
  struct record record = train(net, 5, 3);
  thalnet_center_free(net);
  return record;
}

START_TEST(same_bits_for_large_networks) {
  struct record reference = train_large(1, NULL), other;
  for (int32_t threads = 2; threads <= 4; threads++) {
    other = train_large(threads, NULL);
    same(&reference, &other, -1, "built-in threads:", threads);
    release(&other);
  }
  struct support_executor host = {.threads = 0};
  thalnet_executor hooks = support_executor_hooks(&host);
  other = train_large(3, &hooks);
  same(&reference, &other, -1, "threads of the host:", 0);
  release(&other);
  release(&reference);
}
END_TEST

START_TEST(same_bits_again) {
  struct record one = train_with(SUPPORT_READERS, 3, 0, NULL), two = train_with(SUPPORT_READERS, 3, 0, NULL);
  same(&one, &two, SUPPORT_READERS, "a second time", 3);
  release(&one);
  release(&two);
}
END_TEST

/* --- one center, many threads ------------------------------------------------------------------------------------- */

enum { STREAMS = 8, FRAMES = 300 };

struct stream {
  const thalnet_center *net;
  uint64_t seed;
  int32_t batches; /* 1: whole batches; 0: frame by frame */
  thalnet_status status;
  float answers[FRAMES * 4];
};

static thalnet_status run_frames(struct stream *stream) {
  thalnet_state *state = NULL;
  thalnet_status status = thalnet_state_create(stream->net, 1, NULL, &state);
  uint64_t seed = stream->seed;
  for (size_t i = 0; i < FRAMES && !status; i++) {
    float frame[3] = {support_random(&seed), support_random(&seed), support_random(&seed)};
    status = thalnet_state_step(stream->net, state, frame, 3, stream->answers + 4 * i, 4);
  }
  thalnet_state_free(state);
  return status;
}

static thalnet_status run_batches(struct stream *stream) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  options.for_backward = 0;
  thalnet_status status = thalnet_batch_create(stream->net, 5, 3, &options, &batch);
  for (size_t i = 0; i < FRAMES / 15 && !status; i++) {
    status = support_try_fill(stream->net, batch, 5, 3, stream->seed + i);
    if (!status) {
      status = thalnet_forward(stream->net, batch, NULL);
    }
    if (!status) {
      status = thalnet_batch_read_output(batch, 0, stream->answers + 60 * i, 60);
    }
  }
  thalnet_batch_free(batch);
  return status;
}

static void *run_stream(void *argument) {
  struct stream *stream = argument;
  stream->status = stream->batches ? run_batches(stream) : run_frames(stream);
  return NULL;
}

START_TEST(many_threads_on_one_center) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  for (int32_t batches = 0; batches < 2; batches++) {
    struct stream *together = calloc(STREAMS, sizeof *together), alone = {.net = net};
    pthread_t threads[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) {
      together[i].net = net;
      together[i].seed = 100 * i;
      together[i].batches = batches;
      ck_assert_int_eq(pthread_create(&threads[i], NULL, run_stream, &together[i]), 0);
    }
    for (size_t i = 0; i < STREAMS; i++) {
      pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < STREAMS; i++) {
      alone.seed = 100 * i;
      alone.batches = batches;
      run_stream(&alone);
      ck_assert_int_eq(alone.status, THALNET_OK);
      ck_assert_int_eq(together[i].status, THALNET_OK);
      ck_assert(support_same(alone.answers, together[i].answers, FRAMES * 4));
    }
    free(together);
  }
  thalnet_center_free(net);
}
END_TEST

/* Large networks: modules of one to three layers, of other kinds and sizes, that are dealt to threads in parts; and the same in
 * chunks. */
static float *large_gradients(int32_t threads, int32_t chunk, int host, size_t *count) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.threads = threads;
  options.chunk_sequences = chunk;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int32_t i = 0; i < 3; i++) {
    thalnet_gru_options before = THALNET_GRU_OPTIONS_INIT;
    thalnet_module *module;
    before.reset = THALNET_RESET_BEFORE; /* which has more phases */
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    if (i == 0 && host) {
      EXPECT_OK(thalnet_module_add_layer(module, 330, &host_gru));
    } else {
      EXPECT_OK(thalnet_module_add_gru(module, i == 0 ? 330 : 20, i == 1 ? &before : NULL));
    }
    for (int32_t k = 0; k < i; k++) {
      EXPECT_OK(thalnet_module_add_dense(module, k == 0 ? 300 : 10, THALNET_TANH, NULL));
    }
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 8, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 2));
  thalnet_batch *batch = support_batch(net, 3, 4);
  support_fill(net, batch, host ? 1 : 3, 4,
               1); /* with one row there is nothing for a second thread to do in the host's layer */
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *gradients = support_gradients(net);
  *count = thalnet_center_parameter_count(net);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return gradients;
}

START_TEST(large_networks_of_uneven_modules) {
  size_t count = 0;
  for (int host = 0; host < 2; host++) {
    float *one = large_gradients(1, 0, host, &count), *two = large_gradients(2, 0, host, &count);
    float *chunks = large_gradients(2, 1, host, &count);
    ck_assert(support_same(one, two, count));
    ck_assert(support_distance(one, chunks, count) < 1e-6);
    free(one);
    free(two);
    free(chunks);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {same_bits_for_every_thread_count, same_bits_for_large_networks, same_bits_again,
                                many_threads_on_one_center, large_networks_of_uneven_modules};
  return SUPPORT_RUN("threads", tests);
}
