/* SPDX-License-Identifier: MIT */
/* A loss of the host's own: policy gradient with a value head. Episodes end inside windows; gradients are also
 * wanted for the inputs and for the memory at the start. */
#include "host.h"

enum { B = 16, T = 8, D = 4, A = 3, UPDATES = 100 };

static thalnet_center *build(void) {
  thalnet_center *net;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "observation", D, NULL, NULL);
  thalnet_center_add_output(net, "policy", A, THALNET_HOST_LOSS, NULL, NULL);
  thalnet_center_add_output(net, "value", 1, THALNET_HOST_LOSS, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 10, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 6, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
    thalnet_module_connect_output(module, 1);
  }
  DO(thalnet_center_build(net, 11));
  return net;
}

struct window {
  float observation[B * T * D], reward[B * T];
  int32_t right[B * T];
  uint8_t done[B * T];
};

/* A bandit with a clue: the first of D numbers says which action pays. */
static void next_window(struct window *w, uint32_t *random) {
  for (int i = 0; i < B * T; i++) {
    for (int d = 0; d < D; d++) {
      w->observation[i * D + d] = 0.2f * host_random(random);
    }
    w->right[i] = host_below(random, A);
    w->observation[i * D] = (float)w->right[i] - 1.0f;
    w->done[i] = host_below(random, 5) == 0;
  }
}

/* One update; returns the mean reward. */
static double update(thalnet_center *net, thalnet_batch *batch, thalnet_state *state, thalnet_optimizer *optimizer,
                     const struct window *w, uint32_t *random) {
  float policy[B * T * A], value[B * T], policy_gradient[B * T * A], value_gradient[B * T];
  double rewards = 0;
  DO(thalnet_batch_begin(batch, B, T));
  DO(thalnet_batch_set_inputs(batch, 0, w->observation, B * T * D));
  DO(thalnet_batch_set_resets(batch, w->done, B * T));
  DO(thalnet_forward(net, batch, state));
  DO(thalnet_batch_read_output(batch, 0, policy, B * T * A));
  DO(thalnet_batch_read_output(batch, 1, value, B * T));
  for (int k = 0; k < B * T; k++) {
    float *p = policy + k * A, chosen = (host_random(random) + 1.0f) / 2.0f;
    int act = 0;
    DO(thalnet_softmax(p, A));
    while (act < A - 1 && chosen > p[act]) {
      chosen -= p[act++];
    }
    float reward = act == w->right[k] ? 1.0f : 0.0f, advantage = reward - value[k];
    for (int a = 0; a < A; a++) {
      policy_gradient[k * A + a] = advantage * (p[a] - (a == act ? 1.0f : 0.0f)) / (B * T);
    }
    value_gradient[k] = (value[k] - reward) / (B * T);
    rewards += (double)reward;
  }
  DO(thalnet_batch_write_output_gradient(batch, 0, policy_gradient, B * T * A));
  DO(thalnet_batch_write_output_gradient(batch, 1, value_gradient, B * T));
  DO(thalnet_backward(net, batch));
  DO(thalnet_step(optimizer, net));
  return rewards / (B * T);
}

/* Evolution writes parameters itself: the block is lent, and what is derived from it is renewed. */
static void mutate(thalnet_center *net, float size, uint32_t *random) {
  float *values;
  size_t count;
  DO(thalnet_center_begin_write(net, &values, &count));
  for (size_t i = 0; i < count; i++) {
    values[i] += size * host_random(random);
  }
  DO(thalnet_center_end_write(net));
}

int main(void) {
  static struct window w;
  thalnet_center *net = build();
  thalnet_batch *batch;
  thalnet_state *state;
  thalnet_optimizer *optimizer;
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_optimizer_options adam = THALNET_OPTIMIZER_OPTIONS_INIT;
  uint32_t random = 2;
  double first = 0, last = 0;
  options.input_gradients = options.state_gradients = 1;
  adam.rate = 2e-2;
  DO(thalnet_batch_create(net, B, T, &options, &batch));
  DO(thalnet_state_create(net, B, NULL, &state));
  DO(thalnet_optimizer_create(net, THALNET_ADAM, &adam, &optimizer));
  for (int k = 0; k < UPDATES; k++) {
    next_window(&w, &random);
    double reward = update(net, batch, state, optimizer, &w, &random);
    if (k < 10) {
      first += reward / 10;
    }
    if (k >= UPDATES - 10) {
      last += reward / 10;
    }
  }
  CHECK(first < 0.6 && last > 0.8);

  /* A frame's gradient does not cross an end: with an end at every frame, only memory at the start of row 0 counts. */
  float inputs[B * T * D], *memory = malloc(B * thalnet_state_values(state) * sizeof *memory);
  DO(thalnet_batch_read_input_gradient(batch, 0, inputs, B * T * D));
  DO(thalnet_batch_read_state_gradient(batch, memory, B * thalnet_state_values(state)));
  for (size_t b = 0; b < B; b++) {
    float largest = 0;
    for (size_t i = 0; i < thalnet_state_values(state); i++) {
      largest = fmaxf(largest, fabsf(memory[b * thalnet_state_values(state) + i]));
    }
    CHECK((largest == 0.0f) == (w.done[b * T] == 1));
  }
  CHECK(inputs[0] != 0.0f);
  mutate(net, 0.01f, &random);
  next_window(&w, &random);
  CHECK(update(net, batch, state, optimizer, &w, &random) > 0.6);
  free(memory);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
