/* SPDX-License-Identifier: MIT */
/* Whatever can be loaded can be computed with: trained for a step, run live, looked at. Any status is fine. */
#include <stdlib.h>
#include <string.h>

#include "../load.h"

enum { SEQUENCES = 2, FRAMES = 2 };

static void train(thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_dropout_options dropout = THALNET_DROPOUT_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  options.average = 0.9;
  dropout.contexts = dropout.features = 0.25f;
  FUZZ_OK(thalnet_batch_set_dropout(batch, &dropout));
  FUZZ_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  if (FUZZ_CALL(thalnet_forward_backward(net, batch, state)) == THALNET_OK) FUZZ_CALL(thalnet_step(optimizer, net));
  if (FUZZ_CALL(thalnet_forward(net, batch, state)) == THALNET_OK) FUZZ_CALL(thalnet_backward(net, batch));
  for (int32_t o = 0; o < thalnet_center_output_count(net); o++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    FUZZ_CALL(thalnet_batch_measure(batch, o, &measure));
  }
  thalnet_optimizer_free(optimizer);
}

static void feed(const thalnet_center *net, thalnet_state *state, int32_t input) {
  const size_t frames = SEQUENCES * (size_t)thalnet_center_input_frames(net, input),
               count = frames * thalnet_center_input_size(net, input);
  if (thalnet_center_input_is_tokens(net, input)) {
    int32_t *tokens = calloc(frames, sizeof *tokens);
    FUZZ_OK(thalnet_state_set_tokens(state, input, tokens, frames));
    free(tokens);
  } else {
    float *values = malloc(count * sizeof *values);
    support_randoms(values, count, 2);
    FUZZ_OK(thalnet_state_set_input(state, input, values, count));
    free(values);
  }
}

static void draw(const thalnet_center *net, const float *wiring, size_t count) {
  thalnet_graph *graph = NULL;
  if (FUZZ_CALL(thalnet_graph_create(net, wiring, count, NULL, &graph)) != THALNET_OK) return;
  for (int32_t form = THALNET_GRAPH_DOT; form <= THALNET_GRAPH_CSV; form++) {
    char text[512];
    size_t length = 0;
    FUZZ_OK(thalnet_graph_write(graph, form, text, sizeof text, &length));
    if (strlen(text) != (length < sizeof text ? length : sizeof text - 1))
      fuzz_fail("a graph's text of another length");
  }
  thalnet_graph_free(graph);
}

static void look(thalnet_center *net, thalnet_batch *batch) {
  const size_t nodes = (size_t)thalnet_center_input_count(net) + (size_t)thalnet_center_module_count(net) +
                       (size_t)thalnet_center_output_count(net),
               count = nodes * nodes;
  float *wiring = calloc(count, sizeof *wiring);
  unsigned char *cut = calloc(count, 1);
  for (size_t i = 0; i < count; i += 3) cut[i] = 1;
  for (int32_t measure = THALNET_ROUTING_WEIGHT; measure <= THALNET_ROUTING_SHARE; measure++)
    if (FUZZ_CALL(thalnet_center_wiring(net, batch, measure, wiring, count)) == THALNET_OK) draw(net, wiring, count);
  FUZZ_CALL(thalnet_center_ablate(net, batch, cut, count));
  free(wiring);
  free(cut);
}

static void compute(thalnet_center *net) {
  thalnet_batch *batch = NULL;
  thalnet_state *state = NULL;
  FUZZ_OK(thalnet_batch_create(net, SEQUENCES, FRAMES, NULL, &batch));
  FUZZ_OK(thalnet_state_create(net, SEQUENCES, NULL, &state));
  FUZZ_OK(support_try_fill(net, batch, SEQUENCES, FRAMES, 1));
  train(net, batch, state);
  for (int32_t i = 0; i < thalnet_center_input_count(net); i++) feed(net, state, i);
  FUZZ_CALL(thalnet_state_advance(net, state, SEQUENCES));
  look(net, batch);
  thalnet_batch_free(batch);
  thalnet_state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const struct fuzz_load load = {.allow_nonfinite = 1, .layers = FUZZ_LAYERS};
  struct fuzz_memory memory;
  thalnet_center *net = fuzz_load(bytes, size, &load, &memory);
  if (net != NULL && fuzz_is_small(net, SEQUENCES, FRAMES)) compute(net);
  thalnet_center_free(net);
  fuzz_memory_end(&memory, "a center that was trained");
  return 0;
}
