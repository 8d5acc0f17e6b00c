/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <errno.h>

#include "host.h"

enum { SEQUENCES = 6, FRAMES = 4, X = 3, T = 5, Y = 4, Z = 2, MODULES = 4, NODES = 2 + MODULES + 2, MARK = 4242 };

/* Success leaves errno alone. */
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    errno = MARK;                                                                                                      \
    const thalnet_status status_ = (call);                                                                             \
    const int error_ = errno;                                                                                          \
    host_do(status_, #call, __FILE__, __LINE__);                                                                       \
    host_check(error_ == MARK, "errno is as it was after " #call, __FILE__, __LINE__);                                 \
  } while (0)
/* A failure of this kind, with a text. */
#define FAILS(call, status)                                                                                            \
  host_check((call) == (status) && life_failed(status), #call " is " #status, __FILE__, __LINE__)

static _Thread_local uint32_t kinds; /* of failures seen, a bit each */

static int life_failed(thalnet_status status) {
  const char *text = thalnet_error_text();
  kinds |= 1u << -status;
  return text[0] != 0 && strpbrk(text, "\r\n") == NULL;
}

struct world {
  const struct life *life;
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_state *state;
  thalnet_optimizer *optimizer;
  uint32_t random;
  uint64_t digest;
};

static void digest(struct world *w, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) w->digest = (w->digest ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static void digest_parameters(struct world *w, const thalnet_center *net) {
  const size_t count = thalnet_center_parameter_count(net);
  float *values = malloc(count * sizeof *values);
  OK(thalnet_center_read(net, NULL, values, count));
  digest(w, values, count * sizeof *values);
  free(values);
}

/* --- building ----------------------------------------------------------------------------------------------------- */

/* h' = (h + tanh(W u)) / 2; told to fail by what `user` points to */
static int leaky_forward(void *user, const thalnet_layer_call *call) {
  for (size_t r = 0; r < call->rows; r++) {
    float *value = call->input + r * call->stride;
    if (thalnet_activate(value, call->units, THALNET_TANH)) return 1;
    for (size_t i = 0; i < call->units; i++)
      call->output[r * call->output_stride + i] =
          0.5f * (call->hidden_before[r * call->hidden_before_stride + i] + value[i]);
  }
  return *(const int *)user;
}

static int leaky_backward(void *user, const thalnet_layer_call *call) {
  for (size_t r = 0; r < call->rows; r++)
    for (size_t i = 0; i < call->units; i++) {
      float *value = call->input + r * call->stride + i, d = 0.5f * call->d_output[r * call->d_output_stride + i];
      *value = d * (1 - *value * *value);
      call->d_hidden_before[r * call->d_hidden_before_stride + i] = d;
    }
  return *(const int *)user;
}

static int fails; /* 1: the layer does */

static const thalnet_layer leaky = {.struct_size = sizeof leaky,
                                    .name = "leaky",
                                    .user = &fails,
                                    .forward = leaky_forward,
                                    .backward = leaky_backward,
                                    .gates = 1};

static thalnet_center_options center_options(const struct world *w) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = w->life->memory;
  options.threads = w->life->threads;
  options.chunk_sequences = 2;
  options.settle_steps = 1;
  options.learned_start = 1;
  return options;
}

static void add_layers(thalnet_module *module, int which) {
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  lstm.layer_norm = dense.layer_norm = 1;
  lstm.zoneout = lstm.cell_zoneout = 0.1f;
  lstm.gate_bias = 1;
  gru.reset = THALNET_RESET_BEFORE;
  gru.time_scale = 10;
  switch (which) {
  case 0: OK(thalnet_module_add_gru(module, 6, NULL)); break;
  case 1: OK(thalnet_module_add_lstm(module, 4, &lstm)); break;
  case 2: OK(thalnet_module_add_layer(module, 5, &leaky)); break;
  default: OK(thalnet_module_add_dense(module, 5, THALNET_RELU, &dense)); OK(thalnet_module_add_gru(module, 4, &gru));
  }
}

static void build(struct world *w) {
  static const int32_t readers[] = {THALNET_WEIGHT_NORM, THALNET_SOFTMAX, THALNET_GAUSSIAN, THALNET_LINEAR};
  const thalnet_center_options options = center_options(w);
  thalnet_input_options tokens = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options half = THALNET_OUTPUT_OPTIONS_INIT;
  thalnet_module_options plain = THALNET_MODULE_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  tokens.tokens = 1;
  half.weight = 0.5f;
  reader.skip_own = 1;
  OK(thalnet_center_create(&options, &w->net));
  OK(thalnet_center_add_input(w->net, "x", X, NULL, NULL));
  OK(thalnet_center_add_input(w->net, "t", T, &tokens, NULL));
  OK(thalnet_center_add_output(w->net, "y", Y, THALNET_CROSS_ENTROPY, NULL, NULL));
  OK(thalnet_center_add_output(w->net, "z", Z, THALNET_MEAN_SQUARED_ERROR, &half, NULL));
  for (int i = 0; i < MODULES; i++) {
    thalnet_module *module;
    OK(thalnet_center_add_module(w->net, NULL, &plain, &module));
    add_layers(module, i);
    OK(thalnet_module_add_reader(module, readers[i], 5, i == 0 ? &reader : NULL, NULL));
    OK(thalnet_module_connect_input(module, i % 2));
    OK(thalnet_module_connect_output(module, i / 2));
  }
  OK(thalnet_center_build(w->net, 11));
}

/* --- training ----------------------------------------------------------------------------------------------------- */

static void fill(struct world *w, const thalnet_center *net, thalnet_batch *batch) {
  float x[SEQUENCES * FRAMES * X], z[SEQUENCES * FRAMES * Z], weights[SEQUENCES * FRAMES];
  int32_t t[SEQUENCES * FRAMES], y[SEQUENCES], lengths[SEQUENCES];
  uint8_t resets[SEQUENCES * FRAMES] = {0, 0, 1};
  for (int i = 0; i < SEQUENCES * FRAMES * X; i++) x[i] = host_random(&w->random);
  for (int i = 0; i < SEQUENCES * FRAMES * Z; i++) z[i] = host_random(&w->random);
  for (int i = 0; i < SEQUENCES * FRAMES; i++) t[i] = host_below(&w->random, T), weights[i] = 1;
  for (int i = 0; i < SEQUENCES; i++) y[i] = host_below(&w->random, Y), lengths[i] = i == 1 ? 2 : FRAMES;
  OK(thalnet_batch_begin(batch, SEQUENCES, FRAMES));
  OK(thalnet_batch_set_inputs(batch, thalnet_center_find_input(net, "x"), x, SEQUENCES * FRAMES * X));
  OK(thalnet_batch_set_tokens(batch, thalnet_center_find_input(net, "t"), t, SEQUENCES * FRAMES));
  OK(thalnet_batch_set_lengths(batch, lengths, SEQUENCES));
  OK(thalnet_batch_set_resets(batch, resets, SEQUENCES * FRAMES));
  OK(thalnet_batch_set_final_labels(batch, thalnet_center_find_output(net, "y"), y, SEQUENCES));
  OK(thalnet_batch_set_targets(batch, thalnet_center_find_output(net, "z"), z, SEQUENCES * FRAMES * Z));
  OK(thalnet_batch_set_weights(batch, thalnet_center_find_output(net, "z"), weights, SEQUENCES * FRAMES));
}

static void create_children(struct world *w) {
  thalnet_batch_options batch = THALNET_BATCH_OPTIONS_INIT;
  thalnet_state_options state = THALNET_STATE_OPTIONS_INIT;
  thalnet_optimizer_options optimizer = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  batch.seed = 3;
  optimizer.average = 0.9;
  optimizer.schedule = THALNET_SCHEDULE_STEP; /* whose power goes below the smallest number */
  optimizer.decay_factor = 1e-200;
  optimizer.decay_steps = 1;
  OK(thalnet_batch_measure_memory(w->net, SEQUENCES, FRAMES, &batch, 1, &size));
  OK(thalnet_batch_create(w->net, SEQUENCES, FRAMES, &batch, &w->batch));
  OK(thalnet_state_create(w->net, SEQUENCES, &state, &w->state));
  OK(thalnet_optimizer_create(w->net, THALNET_ADAMW, &optimizer, &w->optimizer));
}

static void train(struct world *w) {
  thalnet_dropout_options dropout = THALNET_DROPOUT_OPTIONS_INIT;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  float y[SEQUENCES * Y];
  dropout.contexts = dropout.features = 0.1f;
  OK(thalnet_batch_set_input_dropout(w->batch, 0, 0.1f));
  OK(thalnet_batch_set_variational_input_dropout(w->batch, 1, 0.1f));
  OK(thalnet_batch_set_dropout(w->batch, &dropout));
  OK(thalnet_batch_set_label_smoothing(w->batch, 0, 0.1f));
  for (uint64_t step = 0; step < 3; step++) {
    fill(w, w->net, w->batch);
    OK(thalnet_batch_set_epoch(w->batch, step));
    OK(thalnet_forward_backward(w->net, w->batch, w->state));
    OK(thalnet_step(w->optimizer, w->net));
  }
  OK(thalnet_forward(w->net, w->batch, w->state));
  OK(thalnet_backward(w->net, w->batch));
  OK(thalnet_step(w->optimizer, w->net));
  OK(thalnet_batch_measure(w->batch, 0, &measure));
  OK(thalnet_batch_read_final_output(w->batch, 0, y, SEQUENCES * Y));
  OK(thalnet_softmax(y, Y));
  digest(w, y, sizeof y);
  digest(w, &measure.loss_sum, sizeof measure.loss_sum);
  digest_parameters(w, w->net);
  OK(thalnet_optimizer_swap_averages(w->optimizer, w->net));
  OK(thalnet_optimizer_swap_averages(w->optimizer, w->net));
}

static void check_gradients(struct world *w) {
  thalnet_gradient_check_options options = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  options.directions = 1;
  fill(w, w->net, w->batch);
  OK(thalnet_gradient_check(w->net, w->batch, NULL, &options, NULL, 0, &result));
  CHECK(result.compared > 0);
}

static void step_live(struct world *w, const thalnet_center *net, thalnet_state *state) {
  for (int k = 0; k < 4; k++) {
    float x[X], y[Y];
    int32_t token = k;
    for (int i = 0; i < X; i++) x[i] = host_random(&w->random);
    OK(thalnet_state_set_input(state, thalnet_center_find_input(net, "x"), x, X));
    OK(thalnet_state_set_tokens(state, thalnet_center_find_input(net, "t"), &token, 1));
    OK(thalnet_state_advance(net, state, 1));
    OK(thalnet_state_read_output(state, thalnet_center_find_output(net, "y"), y, Y));
    digest(w, y, sizeof y);
  }
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static thalnet_load_options load_options(const thalnet_center_options *center) {
  static const thalnet_layer *const layers[] = {&leaky};
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  options.center = center;
  options.layers = layers;
  options.layer_count = 1;
  return options;
}

static void files_in_memory(struct world *w) {
  const thalnet_center_options center = center_options(w);
  const thalnet_load_options options = load_options(&center);
  thalnet_center *copy;
  size_t size;
  OK(thalnet_center_save_memory(w->net, NULL, 0, &size));
  unsigned char *bytes = malloc(size);
  OK(thalnet_center_save_memory(w->net, bytes, size, &size));
  OK(thalnet_center_load_memory(bytes, size, &options, &copy));
  digest(w, bytes, size);
  digest_parameters(w, copy);
  thalnet_center_free(copy);
  FAILS(thalnet_center_load_memory(bytes, size - 1, &options, &copy), THALNET_ERROR_TRUNCATED);
  FAILS(thalnet_center_load_memory(bytes, 4, &options, &copy), THALNET_ERROR_TRUNCATED);
  FAILS(thalnet_center_load_memory(bytes, size, NULL, &copy), THALNET_ERROR_UNSUPPORTED); /* what is leaky? */
  bytes[size - 1] ^= 1;
  FAILS(thalnet_center_load_memory(bytes, size, &options, &copy), THALNET_ERROR_CHECKSUM);
  bytes[9] = 'x';
  FAILS(thalnet_center_load_memory(bytes, size, &options, &copy), THALNET_ERROR_FORMAT);
  free(bytes);
}

static void files_on_disk(struct world *w) {
  const thalnet_center_options center = center_options(w);
  const thalnet_load_options load = load_options(&center);
  const thalnet_save_options save = THALNET_SAVE_OPTIONS_INIT;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  const thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  const thalnet_checkpoint_pair pairs[] = {{"epoch", "12"}};
  thalnet_checkpoint *checkpoint;
  thalnet_center *copy;
  char model[256], run[256], nowhere[256];
  CHECK(snprintf(model, sizeof model, "%s/model", w->life->folder) < 256);
  CHECK(snprintf(run, sizeof run, "%s/run", w->life->folder) < 256);
  CHECK(snprintf(nowhere, sizeof nowhere, "%s/no/where", w->life->folder) < 256);
  OK(thalnet_center_save(w->net, model, &save));
  OK(thalnet_center_load(model, &load, &copy));
  digest_parameters(w, copy);
  thalnet_center_free(copy);
  contents.net = w->net;
  contents.optimizer = w->optimizer;
  contents.states = &w->state;
  contents.state_count = 1;
  contents.pairs = pairs;
  contents.pair_count = 1;
  OK(thalnet_checkpoint_save(run, &contents, &options));
  OK(thalnet_checkpoint_load(run, &contents, &options, &checkpoint));
  CHECK(strcmp(thalnet_checkpoint_find(checkpoint, "epoch"), "12") == 0);
  CHECK(thalnet_checkpoint_same_build(checkpoint) == 1);
  thalnet_checkpoint_free(checkpoint);
  FAILS(thalnet_center_load(nowhere, &load, &copy), THALNET_ERROR_IO);
  FAILS(thalnet_center_save(w->net, nowhere, NULL), THALNET_ERROR_IO);
  FAILS(thalnet_checkpoint_load(model, &contents, NULL, NULL), THALNET_ERROR_FORMAT);
  remove(model);
  remove(run);
}

/* --- wiring and edits --------------------------------------------------------------------------------------------- */

static void look_at_wiring(struct world *w) {
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
  thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  thalnet_similarity similarity = THALNET_SIMILARITY_INIT;
  thalnet_graph *graph;
  unsigned char cut[NODES * NODES] = {0};
  float wiring[NODES * NODES], routing[MODULES * MODULES], trace[FRAMES * MODULES * MODULES];
  float *features = malloc(FRAMES * thalnet_center_features(w->net) * sizeof *features);
  int32_t path[NODES];
  size_t length;
  char text[200];
  OK(thalnet_center_routing(w->net, w->batch, THALNET_ROUTING_WEIGHT, routing, MODULES * MODULES));
  OK(thalnet_center_wiring(w->net, w->batch, THALNET_ROUTING_SHARE, wiring, NODES * NODES));
  OK(thalnet_center_trace_routing(w->net, w->batch, 0, THALNET_ROUTING_SHARE, trace, FRAMES * MODULES * MODULES));
  OK(thalnet_center_trace_features(w->net, w->batch, 0, features, FRAMES * thalnet_center_features(w->net)));
  OK(thalnet_graph_create(w->net, wiring, NODES * NODES, &options, &graph));
  OK(thalnet_graph_get_node(graph, 1, &node));
  OK(thalnet_graph_get_edge(graph, 0, &edge));
  OK(thalnet_graph_summarize(graph, &summary));
  OK(thalnet_graph_find_path(graph, 0, NODES - 2, path, NODES, &length, NULL));
  for (int32_t form = THALNET_GRAPH_DOT; form <= THALNET_GRAPH_CSV; form++) {
    OK(thalnet_graph_write(graph, form, text, sizeof text, &length));
    digest(w, text, strlen(text));
  }
  thalnet_graph_free(graph);
  OK(thalnet_center_similarity(w->net, routing, w->net, routing, MODULES * MODULES, NULL, 0, &similarity));
  cut[2 * NODES] = 1; /* module 0 without input x */
  OK(thalnet_center_ablate(w->net, w->batch, cut, NODES * NODES));
  digest(w, wiring, sizeof wiring);
  digest(w, trace, sizeof trace);
  free(features);
}

static void edit(struct world *w) {
  thalnet_center *draft;
  thalnet_module *module;
  thalnet_optimizer *optimizer;
  thalnet_state *state;
  OK(thalnet_center_set_frozen(w->net, "modules.3.", 1));
  OK(thalnet_center_edit(w->net, &draft));
  OK(thalnet_module_split(thalnet_center_get_module(draft, 0), NULL, &module));
  OK(thalnet_module_grow(thalnet_center_get_module(draft, 3), 0, 2));
  OK(thalnet_center_add_module(draft, "new", NULL, &module));
  OK(thalnet_module_add_gru(module, 4, NULL));
  OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
  OK(thalnet_module_connect_output(module, 0));
  OK(thalnet_module_remove(thalnet_center_get_module(draft, 4)));
  OK(thalnet_center_build(draft, 12));
  OK(thalnet_optimizer_move(w->optimizer, draft, &optimizer));
  OK(thalnet_state_move(w->state, draft, &state));
  step_live(w, draft, state);
  digest_parameters(w, draft);
  thalnet_center_free(draft);
  thalnet_state_free(state);
  thalnet_optimizer_free(optimizer);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

static void *no_memory(void *user, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  return NULL;
}

static void nothing_back(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)memory, (void)size, (void)alignment;
}

static void fail_to_create(void) {
  const thalnet_memory memory = {sizeof memory, NULL, no_memory, nothing_back};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net;
  FAILS(thalnet_center_create(NULL, NULL), THALNET_ERROR_ARGUMENT);
  options.memory = &memory;
  FAILS(thalnet_center_create(&options, &net), THALNET_ERROR_MEMORY);
  options.device = 1;
  FAILS(thalnet_center_create(&options, &net), THALNET_ERROR_UNSUPPORTED);
  options.struct_size = 3;
  FAILS(thalnet_center_create(&options, &net), THALNET_ERROR_VERSION);
  OK(thalnet_center_create(NULL, &net));
  FAILS(thalnet_center_add_input(net, "x", THALNET_SIZE_LIMIT + 1, NULL, NULL), THALNET_ERROR_LIMIT);
  FAILS(thalnet_center_add_input(net, "No", 1, NULL, NULL), THALNET_ERROR_DATA);
  thalnet_center_free(net);
}

static void fail_to_compute(struct world *w) {
  const size_t count = thalnet_center_parameter_count(w->net);
  float x[SEQUENCES * FRAMES * X] = {NAN}, *values;
  thalnet_center *other;
  thalnet_batch *batch;
  size_t lent;
  FAILS(thalnet_forward(NULL, w->batch, NULL), THALNET_ERROR_HANDLE);
  FAILS(thalnet_batch_create(w->net, SIZE_MAX / 64, SIZE_MAX / 64, NULL, &batch), THALNET_ERROR_OVERFLOW);
  FAILS(thalnet_batch_set_inputs(w->batch, 0, x, 1), THALNET_ERROR_SIZE);
  FAILS(thalnet_step(w->optimizer, w->net), THALNET_ERROR_STATE);
  OK(thalnet_center_edit(w->net, &other));
  OK(thalnet_center_build(other, 1));
  FAILS(thalnet_forward(other, w->batch, NULL), THALNET_ERROR_MISMATCH);
  thalnet_center_free(other);
  OK(thalnet_center_begin_write(w->net, &values, &lent));
  CHECK(lent == count);
  FAILS(thalnet_forward(w->net, w->batch, NULL), THALNET_ERROR_BUSY);
  OK(thalnet_center_end_write(w->net));
  fails = 1;
  FAILS(thalnet_forward_backward(w->net, w->batch, NULL), THALNET_ERROR_HOST);
  fails = 0;
  OK(thalnet_batch_set_inputs(w->batch, 0, x, SEQUENCES * FRAMES * X));
  FAILS(thalnet_forward_backward(w->net, w->batch, NULL), THALNET_ERROR_NONFINITE);
}

uint64_t life_lead(const struct life *life) {
  struct world w = {.life = life, .random = 5, .digest = 14695981039346656037u};
  kinds = 0;
  fails = 0; /* in a child that was forked in the middle of a life, too */
  build(&w);
  create_children(&w);
  train(&w);
  step_live(&w, w.net, w.state);
  files_in_memory(&w);
  if (life->folder != NULL)
    files_on_disk(&w);
  else
    kinds |= 1u << -THALNET_ERROR_IO;
  look_at_wiring(&w);
  if (!life->brief) check_gradients(&w);
  edit(&w);
  fail_to_create();
  fail_to_compute(&w);
  CHECK(kinds == (1u << (1 - THALNET_ERROR_HOST)) - 2); /* all of them */
  thalnet_center_free(w.net);
  thalnet_optimizer_free(w.optimizer);
  thalnet_batch_free(w.batch);
  thalnet_state_free(w.state);
  return w.digest;
}
