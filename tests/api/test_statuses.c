/* SPDX-License-Identifier: MIT */
/* Documented statuses that no other test sees; tests/statuses/statuses.py finds out which. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host_layers.h"
#include "model_file.h"

enum { S = 3, K = 2 };

/* --- files and checkpoints by their path -------------------------------------------------------------------------- */

static struct support_io io;
static thalnet_io hooks;

static void put(const struct model *model) {
  support_io_clear(&io);
  hooks = support_io_hooks(&io);
  support_io_put(&io, "m", model->bytes, model->size);
}

static thalnet_status load(const struct model *model, const thalnet_layer *layer) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  put(model);
  options.io = &hooks;
  options.layers = &layer;
  options.layer_count = layer != NULL;
  const thalnet_status status = thalnet_center_load("m", &options, &net);
  thalnet_center_free(net);
  return status;
}

static thalnet_center *layer_net(const thalnet_layer *layer) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_layer(module, 5, layer));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  EXPECT(thalnet_module_add_layer(thalnet_center_get_module(net, 0), 5, layer), THALNET_ERROR_STATE);
  return net;
}

START_TEST(models_by_path) {
  thalnet_center *net = layer_net(&host_gru);
  struct model model = model_of(net);
  thalnet_layer other = host_gru;
  other.vectors = 1;
  EXPECT_OK(load(&model, &host_gru));
  EXPECT(load(&model, NULL), THALNET_ERROR_UNSUPPORTED);
  EXPECT(load(&model, &other), THALNET_ERROR_MISMATCH);
  const float infinite = INFINITY;
  memcpy(model_tensor(&model, "outputs.0.bias"), &infinite, sizeof infinite);
  model_seal(&model);
  EXPECT(load(&model, &host_gru), THALNET_ERROR_NONFINITE);
  model_free(&model);
  support_io_clear(&io);
  thalnet_center_free(net);
}
END_TEST

static thalnet_status restore(const struct model *model, thalnet_center *net) {
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint *checkpoint = NULL;
  put(model);
  options.io = &hooks;
  contents.net = net;
  const thalnet_status status = thalnet_checkpoint_load("m", &contents, &options, &checkpoint);
  ck_assert_int_eq(checkpoint != NULL, status == THALNET_OK);
  thalnet_checkpoint_free(checkpoint);
  return status;
}

static thalnet_status save(thalnet_center *net) {
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  options.io = &hooks;
  contents.net = net;
  return thalnet_checkpoint_save("m", &contents, &options);
}

START_TEST(checkpoints_by_path) {
  struct support_memory memory = {0};
  const thalnet_memory counting = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *draft = NULL;
  options.memory = &counting;
  thalnet_center *net = support_net(SUPPORT_SMALL, &options);
  unsigned char byte = 0;
  const struct model nothing = {&byte, 0};
  put(&nothing);
  EXPECT_OK(save(net));
  const struct support_file *file = support_io_find(&io, "m");
  struct model model = {malloc(file->size), file->size};
  memcpy(model.bytes, file->bytes, file->size);
  memory.fail_at = atomic_load(&memory.calls) + 1;
  EXPECT(save(net), THALNET_ERROR_MEMORY);
  memory.fail_at = atomic_load(&memory.calls) + 1;
  EXPECT(restore(&model, net), THALNET_ERROR_MEMORY);
  EXPECT_OK(restore(&model, net));
  EXPECT_OK(thalnet_center_create(NULL, &draft));
  EXPECT(restore(&model, draft), THALNET_ERROR_STATE);
  thalnet_center_free(draft);
  model.size -= 1;
  EXPECT(restore(&model, net), THALNET_ERROR_TRUNCATED);
  model.size += 1;
  model.bytes[model.size - 1] ^= 1;
  EXPECT(restore(&model, net), THALNET_ERROR_CHECKSUM);
  const float infinite = INFINITY;
  memcpy(model_tensor(&model, "outputs.0.bias"), &infinite, sizeof infinite);
  model_seal(&model);
  EXPECT(restore(&model, net), THALNET_ERROR_NONFINITE);
  support_io_clear(&io);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* --- edits -------------------------------------------------------------------------------------------------------- */

START_TEST(edits) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *draft = NULL;
  thalnet_module *module = thalnet_center_get_module(net, 0), *second = NULL;
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.1), *moved = NULL;
  thalnet_state *state = support_state(net, 1), *continued = NULL;
  EXPECT(thalnet_module_disconnect_input(module, 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_disconnect_output(module, 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_remove_input(net, 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_remove_output(net, 0), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  EXPECT(thalnet_optimizer_move(optimizer, draft, &moved), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_move(state, draft, &continued), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_split(thalnet_center_get_module(draft, 0), "No", &second), THALNET_ERROR_DATA);
  thalnet_center_free(draft);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  while (thalnet_center_module_count(draft) < THALNET_COUNT_LIMIT) {
    EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &second));
  }
  EXPECT(thalnet_module_split(thalnet_center_get_module(draft, 0), NULL, &second), THALNET_ERROR_LIMIT);
  thalnet_center_free(draft);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  EXPECT_OK(thalnet_center_build(draft, 1));
  EXPECT(thalnet_optimizer_move(optimizer, draft, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_move(state, draft, NULL), THALNET_ERROR_ARGUMENT);
  thalnet_center_free(draft);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* --- calls that look at a batch ----------------------------------------------------------------------------------- */

struct looks {
  thalnet_center *net;
  float *values;
  size_t modules, nodes, features;
};

static struct looks looks_at(thalnet_center *net) {
  struct looks l = {net, calloc(10000, sizeof(float)), (size_t)thalnet_center_module_count(net), 0, 0};
  l.nodes = l.modules + (size_t)(thalnet_center_input_count(net) + thalnet_center_output_count(net));
  l.features = thalnet_center_features(net);
  return l;
}

/* Each of the calls that compute a batch of S sequences and K frames fails in this way. */
static void all_fail(const struct looks *l, thalnet_center *net, thalnet_batch *batch, thalnet_status status) {
  static const unsigned char nothing[100];
  const size_t m = l->modules;
  EXPECT(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, l->values, m * m), status);
  EXPECT(thalnet_center_wiring(net, batch, THALNET_ROUTING_SHARE, l->values, l->nodes * l->nodes), status);
  EXPECT(thalnet_center_trace_routing(net, batch, 0, THALNET_ROUTING_SHARE, l->values, K * m * m), status);
  EXPECT(thalnet_center_trace_features(net, batch, 0, l->values, K * l->features), status);
  EXPECT(thalnet_center_ablate(net, batch, nothing, l->nodes * l->nodes), status);
}

START_TEST(looks_that_fail) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL), *draft = NULL;
  thalnet_batch *batch = support_batch(net, S, K);
  const struct looks l = looks_at(net);
  const int32_t lengths[S] = {1, 2, 2}, labels[S * K] = {0, 1, 2, 3, 0, 1};
  float x[S * K * 3] = {NAN};
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  all_fail(&l, net, batch, THALNET_ERROR_STATE); /* before begin */
  support_fill(net, batch, S, K, 1);
  all_fail(&l, other, batch, THALNET_ERROR_MISMATCH);
  float *block = NULL;
  size_t count = 0;
  EXPECT_OK(thalnet_center_begin_write(net, &block, &count));
  all_fail(&l, net, batch, THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_write_gradient(net, NULL, l.values, count), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_center_end_write(net));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  all_fail(&l, net, batch, THALNET_ERROR_NONFINITE);
  x[0] = 0;
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  all_fail(&l, net, batch, THALNET_ERROR_DATA); /* a label beyond the end of the first sequence */
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_DATA);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  thalnet_graph *graph = NULL;
  thalnet_similarity similarity = THALNET_SIMILARITY_INIT;
  EXPECT(thalnet_graph_create(draft, l.values, l.nodes * l.nodes, NULL, &graph), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_similarity(net, l.values, draft, l.values, l.modules * l.modules, NULL, 0, &similarity),
         THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_graph_create(net, l.values, l.nodes * l.nodes, NULL, &graph));
  EXPECT(thalnet_graph_summarize(graph, NULL), THALNET_ERROR_ARGUMENT);
  thalnet_graph_free(graph);
  free(l.values);
  thalnet_batch_free(batch);
  thalnet_center_free(draft);
  thalnet_center_free(other);
  thalnet_center_free(net);
}
END_TEST

START_TEST(traces_without_memory) {
  struct support_memory memory = {0};
  const thalnet_memory counting = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = &counting;
  thalnet_center *net = support_net(SUPPORT_SMALL, &options);
  thalnet_batch *batch = support_batch(net, S, K);
  const struct looks l = looks_at(net);
  support_fill(net, batch, S, K, 1);
  memory.fail_at = atomic_load(&memory.calls) + 1;
  EXPECT(thalnet_center_trace_features(net, batch, 0, l.values, K * l.features), THALNET_ERROR_MEMORY);
  EXPECT_OK(thalnet_center_trace_features(net, batch, 0, l.values, K * l.features));
  free(l.values);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

START_TEST(layers_of_the_host_that_fail) {
  struct host_failing failing = {.inner = &host_gru};
  const thalnet_layer layer = host_failing_layer(&failing);
  thalnet_center *net = layer_net(&layer);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, 1);
  const struct looks l = looks_at(net);
  support_fill(net, batch, S, K, 1);
  failing.fail_at[0] = 1;
  all_fail(&l, net, batch, THALNET_ERROR_HOST);
  EXPECT_OK(thalnet_state_set_input(state, 0, (float[3]){1, 2, 3}, 3));
  EXPECT(thalnet_state_advance(net, state, 1), THALNET_ERROR_HOST);
  free(l.values);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {models_by_path,  checkpoints_by_path,   edits,
                                looks_that_fail, traces_without_memory, layers_of_the_host_that_fail};
  return SUPPORT_RUN("statuses", tests);
}
