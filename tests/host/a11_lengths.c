/* SPDX-License-Identifier: MIT */
/* Utterances of different lengths with a label at every fifth frame and at the last one. */
#include "host.h"

enum { B = 12, T = 30, D = 5, CLASSES = 3, STEPS = 120 };

struct data {
  float x[B * T * D];
  int32_t y[B * T], lengths[B];
};

/* Returns the longest length: rows are as wide as that. The label is which of three numbers was largest on average. */
static size_t read_utterances(struct data *data, uint32_t *random) {
  size_t frames = 0, longest = 0;
  for (int b = 0; b < B; b++) {
    data->lengths[b] = b == 3 ? 0 : 5 + host_below(random, T - 5 + 1);
    longest = longest < (size_t)data->lengths[b] ? (size_t)data->lengths[b] : longest;
  }
  for (size_t b = 0; b < B; b++) {
    int32_t class = host_below(random, CLASSES);
    for (size_t t = 0; t < longest; t++, frames++) {
      size_t length = (size_t)data->lengths[b];
      for (size_t d = 0; d < D; d++) {
        data->x[frames * D + d] = t < length ? host_random(random) + (d == (size_t) class ? 0.7f : 0.0f) : NAN;
      }
      data->y[frames] = t < length && (t % 5 == 4 || t == length - 1) ? class : -1;
    }
  }
  return longest;
}

int main(void) {
  static struct data data;
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_state *state;
  thalnet_optimizer *optimizer;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  uint32_t random = 1;
  double first = 0, last = 0, losses[B];
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "sound", D, NULL, NULL);
  thalnet_center_add_output(net, "word", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int i = 0; i < 3; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 8, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 5, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 3));
  options.rate = 1e-2;
  DO(thalnet_batch_create(net, B, T, NULL, &batch));
  DO(thalnet_state_create(net, B, NULL, &state));
  DO(thalnet_optimizer_create(net, THALNET_ADAMW, &options, &optimizer));
  for (int k = 0; k < STEPS; k++) {
    size_t frames = read_utterances(&data, &random);
    DO(thalnet_state_reset(state, NULL, 0));
    DO(thalnet_batch_begin(batch, B, frames));
    DO(thalnet_batch_set_inputs(batch, 0, data.x, B * frames * D));
    DO(thalnet_batch_set_lengths(batch, data.lengths, B));
    DO(thalnet_batch_set_labels(batch, 0, data.y, B * frames));
    DO(thalnet_forward_backward(net, batch, state));
    DO(thalnet_step(optimizer, net));
    DO(thalnet_batch_read_losses(batch, 0, losses, B));
    CHECK(losses[3] == 0);
    (k < 10 ? &first : &last)[0] += k < 10 || k >= STEPS - 10 ? host_loss(batch, 0) / 10 : 0;
  }
  CHECK(first > 0.8 && last < 0.6 * first);

  /* The host's easy mistake is found: a label behind the end of its sequence. */
  size_t frames = read_utterances(&data, &random);
  data.y[3 * frames] = 1;
  DO(thalnet_batch_begin(batch, B, frames));
  DO(thalnet_batch_set_inputs(batch, 0, data.x, B * frames * D));
  DO(thalnet_batch_set_lengths(batch, data.lengths, B));
  DO(thalnet_batch_set_labels(batch, 0, data.y, B * frames));
  CHECK(thalnet_forward_backward(net, batch, state) == THALNET_ERROR_DATA);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
