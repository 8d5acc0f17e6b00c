/* SPDX-License-Identifier: MIT */
/* Truncated back-propagation over text: tokens, two steps a byte, carried state, a run that is interrupted; then bits per
 * character over a long stream, in segments that are each warmed up on the text before them. */
#include "host.h"

enum { STREAMS = 8, WINDOW = 12, LETTERS = 6, LENGTH = 4000, WARM = 20 };

/* Text with memory: each letter follows from the two before it, mostly. */
static void write_text(int32_t *text, size_t n) {
  uint32_t random = 3;
  for (size_t i = 0; i < n; i++) {
    text[i] = i < 2 || host_below(&random, 20) == 0 ? host_below(&random, LETTERS)
                                                    : (text[i - 1] + 2 * text[i - 2] + 1) % LETTERS;
  }
}

static thalnet_center *build(void) {
  thalnet_center *net;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  input.tokens = 1;
  input.steps_per_frame = output.steps_per_frame = 2;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "letter", LETTERS, &input, NULL);
  thalnet_center_add_output(net, "next", LETTERS, THALNET_CROSS_ENTROPY, &output, NULL);
  for (int i = 0; i < 3; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 12, NULL);
    thalnet_module_add_reader(module, THALNET_LINEAR, 8, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 5));
  return net;
}

static thalnet_optimizer *make_optimizer(const thalnet_center *net) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer;
  options.rate = 1e-2;
  DO(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  return optimizer;
}

static thalnet_state *make_state(const thalnet_center *net) {
  thalnet_state_options carried = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *state;
  carried.live = 0; /* only carried by batches */
  DO(thalnet_state_create(net, STREAMS, &carried, &state));
  return state;
}

/* The run is interrupted: everything goes into a file, and comes back out of it into a new optimizer and state. */
static size_t stop_and_go_on(thalnet_center *net, thalnet_optimizer **optimizer, thalnet_state **state, size_t at) {
  static const char path[] = "a2_text.ckpt";
  char position[24];
  const thalnet_checkpoint_pair pairs[] = {{"position", position}};
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint *checkpoint;
  snprintf(position, sizeof position, "%zu", at);
  contents.net = net;
  contents.optimizer = *optimizer;
  contents.states = state;
  contents.state_count = 1;
  contents.pairs = pairs;
  contents.pair_count = 1;
  DO(thalnet_checkpoint_save(path, &contents, NULL));
  thalnet_optimizer_free(*optimizer);
  thalnet_state_free(*state);
  contents.optimizer = *optimizer = make_optimizer(net);
  *state = make_state(net);
  DO(thalnet_checkpoint_load(path, &contents, NULL, &checkpoint));
  at = (size_t)strtoul(thalnet_checkpoint_find(checkpoint, "position"), NULL, 10);
  thalnet_checkpoint_free(checkpoint);
  remove(path);
  return at;
}

static void train(thalnet_center *net, const int32_t *text) {
  size_t part = LENGTH / STREAMS;
  int32_t in[STREAMS * WINDOW], out[STREAMS * WINDOW];
  thalnet_batch *batch;
  thalnet_state *state = make_state(net);
  thalnet_optimizer *optimizer = make_optimizer(net);
  DO(thalnet_batch_create(net, STREAMS, WINDOW, NULL, &batch));
  for (int epoch = 0; epoch < 3; epoch++) {
    DO(thalnet_state_reset(state, NULL, 0));
    for (size_t p = 0; p + WINDOW < part; p += WINDOW) {
      for (size_t b = 0; b < STREAMS; b++) {
        memcpy(in + b * WINDOW, text + b * part + p, WINDOW * sizeof *in);
        memcpy(out + b * WINDOW, text + b * part + p + 1, WINDOW * sizeof *out);
      }
      DO(thalnet_batch_begin(batch, STREAMS, WINDOW));
      DO(thalnet_batch_set_tokens(batch, 0, in, STREAMS * WINDOW));
      DO(thalnet_batch_set_labels(batch, 0, out, STREAMS * WINDOW));
      DO(thalnet_forward_backward(net, batch, state)); /* a window that is not finite would leave the state alone */
      DO(thalnet_step(optimizer, net));
      if (epoch == 1 && p == 10 * WINDOW) p = stop_and_go_on(net, &optimizer, &state, p);
    }
  }
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
}

/* Bits per character of text[1..n-1], cut into `segments`; every character is counted once. */
static double evaluate(const thalnet_center *net, const int32_t *text, size_t n, size_t segments) {
  size_t part = (n - 1 + segments - 1) / segments, frames = WARM + part, characters = 0;
  int32_t *in = malloc(segments * frames * sizeof *in), *out = malloc(segments * frames * sizeof *out);
  int32_t *lengths = malloc(segments * sizeof *lengths);
  thalnet_batch_options inference = THALNET_BATCH_OPTIONS_INIT;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  thalnet_batch *batch;
  inference.for_backward = 0;
  DO(thalnet_batch_create(net, segments, frames, &inference, &batch));
  for (size_t s = 0; s < segments; s++) {
    size_t start = s * part, end = start + part < n - 1 ? start + part : n - 1;
    size_t first = start > WARM ? start - WARM : 0;
    lengths[s] = end > first ? (int32_t)(end - first) : 0;
    for (size_t k = 0; k < frames; k++) {
      in[s * frames + k] = first + k < end ? text[first + k] : -1;
      out[s * frames + k] = first + k >= start && first + k < end ? text[first + k + 1] : -1;
    }
  }
  DO(thalnet_batch_begin(batch, segments, frames));
  DO(thalnet_batch_set_lengths(batch, lengths, segments));
  DO(thalnet_batch_set_tokens(batch, 0, in, segments * frames));
  DO(thalnet_batch_set_labels(batch, 0, out, segments * frames));
  DO(thalnet_forward(net, batch, NULL));
  DO(thalnet_batch_measure(batch, 0, &measure));
  characters = measure.labels;
  CHECK(characters == n - 1);
  thalnet_batch_free(batch);
  free(in);
  free(out);
  free(lengths);
  return measure.loss_sum / measure.weight_sum / log(2.0);
}

/* The same over one stream, window by window; the last window is short. */
static double evaluate_stream(const thalnet_center *net, const int32_t *text, size_t n) {
  double nats = 0, characters = 0;
  thalnet_batch *batch;
  thalnet_state *state;
  DO(thalnet_batch_create(net, 1, 100, NULL, &batch));
  DO(thalnet_state_create(net, 1, NULL, &state));
  for (size_t p = 0; p + 1 < n; p += 100) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    size_t frames = n - 1 - p < 100 ? n - 1 - p : 100;
    DO(thalnet_batch_begin(batch, 1, frames));
    DO(thalnet_batch_set_tokens(batch, 0, text + p, frames));
    DO(thalnet_batch_set_labels(batch, 0, text + p + 1, frames));
    DO(thalnet_forward(net, batch, state));
    DO(thalnet_batch_measure(batch, 0, &measure));
    nats += measure.loss_sum;
    characters += measure.weight_sum;
  }
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  return nats / characters / log(2.0);
}

int main(void) {
  static int32_t text[LENGTH];
  const int32_t *held_out = text + LENGTH - 777;
  thalnet_center *net = build();
  write_text(text, LENGTH);
  double before = evaluate_stream(net, held_out, 777);
  train(net, text);
  double stream = evaluate_stream(net, held_out, 777), segments = evaluate(net, held_out, 777, 8);
  CHECK(before > 2.3 && stream < 0.7 * before);
  CHECK(fabs(stream - segments) < 0.02);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
