/* SPDX-License-Identifier: MIT */
#include "edit_nets.h"

#include "host_layers.h"

/* --- networks ----------------------------------------------------------------------------------------------------- */

int edit_hosts;

static void add_recurrent(thalnet_module *module, int32_t i) {
  static const thalnet_layer *const hosts[3] = {&host_leaky, &host_peeps, &host_gru};
  thalnet_gru_options before = THALNET_GRU_OPTIONS_INIT;
  static const size_t units[3] = {5, 4, 3};
  before.reset = THALNET_RESET_BEFORE;
  if (edit_hosts) {
    EXPECT_OK(thalnet_module_add_layer(module, units[i], hosts[i]));
  } else if (i == 1) {
    EXPECT_OK(thalnet_module_add_lstm(module, units[i], NULL));
  } else {
    EXPECT_OK(thalnet_module_add_gru(module, units[i], i == 0 ? NULL : &before));
  }
}

thalnet_center *edit_make_paced(int32_t steps, int32_t in_order, int32_t kind, int32_t skip_own,
                                int32_t learned_start) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  thalnet_input_options tokens = THALNET_INPUT_OPTIONS_INIT, dense = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  options.in_order = in_order;
  options.learned_start = learned_start;
  reader.skip_own = skip_own;
  reader.normalize = kind == EDIT_NORMALIZED;
  tokens.tokens = 1;
  tokens.steps_per_frame = dense.steps_per_frame = output.steps_per_frame = steps;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, &dense, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "t", 5, &tokens, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, &output, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_MEAN_SQUARED_ERROR, &output, NULL));
  for (int32_t i = 0; i < 3; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    if (i == 0) {
      add_recurrent(module, 0);
    } else if (i == 1) {
      EXPECT_OK(thalnet_module_add_dense(module, 6, THALNET_TANH, NULL));
      add_recurrent(module, 1);
      EXPECT_OK(thalnet_module_add_dense(module, 3, THALNET_SIGMOID, NULL));
    } else {
      add_recurrent(module, 2);
      add_recurrent(module, 1);
    }
    EXPECT_OK(thalnet_module_add_reader(module, kind == EDIT_NORMALIZED ? THALNET_GAUSSIAN : kind, 4, &reader, NULL));
    if (i < 2) {
      EXPECT_OK(thalnet_module_connect_input(module, i));
    }
    if (i > 0) {
      EXPECT_OK(thalnet_module_connect_output(module, 0));
    }
    EXPECT_OK(thalnet_module_connect_output(module, 1));
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  return net;
}

thalnet_center *edit_make(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start) {
  return edit_make_paced(1, in_order, kind, skip_own, learned_start);
}

void edit_train(thalnet_center *net, thalnet_optimizer *optimizer, int32_t steps, uint64_t seed) {
  thalnet_batch *batch = support_batch(net, S, K);
  for (int32_t i = 0; i < steps; i++) {
    support_fill(net, batch, S, K, seed + (uint64_t)i);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  thalnet_batch_free(batch);
}

thalnet_center *edit_trained(thalnet_center *net) {
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.02);
  edit_train(net, optimizer, 10, 100);
  thalnet_optimizer_free(optimizer);
  return net;
}

thalnet_center *edit_make_trained(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start) {
  return edit_trained(edit_make(in_order, kind, skip_own, learned_start));
}

/* Sets the inputs that the old network has; those that are new are set at random. */
static void feed(const thalnet_center *net, thalnet_batch *batch) {
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  for (int32_t i = 0; i < thalnet_center_input_count(net); i++) {
    const size_t size = thalnet_center_input_size(net, i);
    int32_t tokens[S * K];
    float values[S * K * 16];
    ck_assert_uint_le(size, 16);
    for (int32_t k = 0; k < S * K; k++) {
      tokens[k] = k % 5;
    }
    support_randoms(values, S * K * size, 77 + (uint64_t)size);
    if (thalnet_center_input_is_tokens(net, i)) {
      EXPECT_OK(thalnet_batch_set_tokens(batch, i, tokens, S * K));
    } else {
      EXPECT_OK(thalnet_batch_set_inputs(batch, i, values, S * K * size));
    }
  }
}

double edit_distance(const thalnet_center *a, const thalnet_center *b, const char *output) {
  const thalnet_center *const nets[2] = {a, b};
  float values[2][S * K * 4];
  const size_t count = S * K * thalnet_center_output_size(a, thalnet_center_find_output(a, output));
  for (int k = 0; k < 2; k++) {
    thalnet_batch *batch = support_batch(nets[k], S, K);
    feed(nets[k], batch);
    EXPECT_OK(thalnet_forward(nets[k], batch, NULL));
    EXPECT_OK(thalnet_batch_read_output(batch, thalnet_center_find_output(nets[k], output), values[k], count));
    thalnet_batch_free(batch);
  }
  return support_distance(values[0], values[1], count);
}

thalnet_center *edit_start(const thalnet_center *net) {
  thalnet_center *draft = NULL;
  EXPECT_OK(thalnet_center_edit(net, &draft));
  ck_assert_int_eq(thalnet_center_is_built(draft), 0);
  return draft;
}

thalnet_module *edit_module(thalnet_center *net, const char *name) {
  thalnet_module *module = thalnet_center_get_module(net, thalnet_center_find_module(net, name));
  ck_assert_ptr_nonnull(module);
  return module;
}

/* --- what edited networks do ---------------------------------------------------------------------------------------- */

int edit_has_tensor(const thalnet_center *net, const char *name) {
  size_t shape[3];
  return thalnet_center_tensor_shape(net, name, shape) > 0;
}

void edit_same_function(const thalnet_center *a, const thalnet_center *b, double most, const char *what) {
  const char *const outputs[] = {"y", "z"};
  for (int i = 0; i < 2; i++) {
    const double distance = edit_distance(a, b, outputs[i]);
    ck_assert_msg(distance <= most, "%s: %s differs by %g", what, outputs[i], distance);
  }
}

void edit_route(const thalnet_center *net, float *values) {
  const size_t modules = (size_t)thalnet_center_module_count(net);
  thalnet_batch *batch = support_batch(net, S, K);
  support_fill(net, batch, S, K, 31);
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_WEIGHT, values, modules * modules));
  thalnet_batch_free(batch);
}

void edit_learn(thalnet_center *net, int32_t steps, uint64_t seed) {
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.02);
  edit_train(net, optimizer, steps, seed);
  thalnet_optimizer_free(optimizer);
}

thalnet_center *edit_built(thalnet_center *draft, uint64_t seed) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  EXPECT_OK(thalnet_center_measure(draft, &size)); /* a draft may be laid out as often as one likes */
  EXPECT_OK(thalnet_center_build(draft, seed));
  ck_assert_uint_eq(size.parameters, thalnet_center_parameter_count(draft));
  return draft;
}

thalnet_center *edit_grown(thalnet_center *net, void (*change)(thalnet_center *), const char *what) {
  thalnet_center *draft = edit_start(net);
  change(draft);
  edit_built(draft, 9);
  edit_same_function(net, draft, 1e-6, what);
  thalnet_center_free(net);
  edit_learn(draft, 10, 700);
  return draft;
}

/* --- edit_changes that nobody notices ---------------------------------------------------------------------------------- */

void edit_nothing(thalnet_center *draft) { (void)draft; }

void edit_attach(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "more", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 7, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_GAUSSIAN, 3, NULL, NULL)); /* a new one may read as it likes */
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 1));
}

void edit_grow_all(thalnet_center *draft) {
  for (int32_t m = 0; m < 3; m++) {
    for (size_t layer = 0; layer < (m == 0 ? 1u : m == 1 ? 3u : 2u); layer++) {
      EXPECT_OK(thalnet_module_grow(thalnet_center_get_module(draft, m), layer, 2 + layer));
    }
  }
}

void edit_split_two(thalnet_center *draft) {
  thalnet_module *second = NULL;
  const thalnet_reader *reader = thalnet_center_module_reader(draft, 0);
  if (thalnet_center_in_order(draft) && !thalnet_reader_skips_own(reader)) {
    return; /* see splits_in_order */
  }
  EXPECT_OK(thalnet_module_split(edit_module(draft, "module1"), "twin", &second));
  EXPECT_OK(thalnet_module_split(edit_module(draft, "module0"), NULL, &second));
  EXPECT_OK(thalnet_module_split(second, "third", &second)); /* of a second one, too */
}

void edit_connect_more(thalnet_center *draft) {
  int32_t input, output;
  EXPECT_OK(thalnet_module_connect_output(edit_module(draft, "module0"), 0));
  EXPECT_OK(thalnet_module_connect_input(edit_module(draft, "module2"), 0));
  thalnet_input_options in = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options out = THALNET_OUTPUT_OPTIONS_INIT;
  in.steps_per_frame = out.steps_per_frame = thalnet_center_input_steps_per_frame(draft, 0);
  EXPECT_OK(thalnet_center_add_input(draft, "other", 6, &in, &input));
  EXPECT_OK(thalnet_center_add_output(draft, "task", 3, THALNET_CROSS_ENTROPY, &out, &output));
  EXPECT_OK(thalnet_module_connect_input(edit_module(draft, "module1"), input));
  EXPECT_OK(thalnet_module_connect_output(edit_module(draft, "module1"), output));
}

int edit_has(const thalnet_center *draft, const char *name) { return thalnet_center_find_module(draft, name) >= 0; }

void edit_everything(thalnet_center *draft) {
  edit_grow_all(draft);
  edit_split_two(draft);
  edit_attach(draft);
  edit_connect_more(draft);
  EXPECT_OK(thalnet_module_grow(edit_module(draft, "more"), 0, 2));
  if (edit_has(draft, "twin")) {
    EXPECT_OK(thalnet_module_grow(edit_module(draft, "twin"), 1, 3));
  }
}

void (*const edit_changes[EDIT_CHANGES])(thalnet_center *) = {edit_nothing,   edit_attach,       edit_grow_all,
                                                              edit_split_two, edit_connect_more, edit_everything};
