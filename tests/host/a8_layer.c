/* SPDX-License-Identifier: MIT */
/* A recurrent unit of the host's own, tried around the center: a leaky integrator whose time constants are learned. Its gradients are
 * checked, it learns a task that needs memory, and comes back from a file. */
#include "host.h"

enum { B = 32, T = 12, UNITS = 24, UPDATES = 250 };

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

/* h' = h + s(v) * (tanh(W u + b) - h): a unit with a large v forgets at once, one with a small v hardly ever. */
static int leaky_forward(void *user, const thalnet_layer_call *call) {
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    const float *before = call->hidden_before + r * call->hidden_before_stride;
    float *value = call->input + r * call->stride, *after = call->output + r * call->output_stride;
    if (thalnet_activate(value, call->units, THALNET_TANH)) {
      return 1;
    }
    for (size_t i = 0; i < call->units; i++) {
      after[i] = before[i] + sigmoid(call->vectors[i]) * (value[i] - before[i]);
    }
  }
  return 0;
}

static int leaky_backward(void *user, const thalnet_layer_call *call) {
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    const float *before = call->hidden_before + r * call->hidden_before_stride;
    const float *d = call->d_output + r * call->d_output_stride;
    float *value = call->input + r * call->stride; /* what forward left there, and then its gradient */
    for (size_t i = 0; i < call->units; i++) {
      const float leak = sigmoid(call->vectors[i]);
      call->d_vectors[r * call->stride + i] = d[i] * (value[i] - before[i]) * leak * (1.0f - leak);
      call->d_hidden_before[r * call->d_hidden_before_stride + i] = d[i] * (1.0f - leak);
      value[i] = d[i] * leak * (1.0f - value[i] * value[i]);
    }
  }
  return 0;
}

/* The same without the path from step to step: easily forgotten. */
static int forgetful_backward(void *user, const thalnet_layer_call *call) {
  const int failed = leaky_backward(user, call);
  for (size_t r = 0; r < call->rows; r++) {
    memset(call->d_hidden_before + r * call->d_hidden_before_stride, 0, call->units * sizeof(float));
  }
  return failed;
}

static thalnet_layer leaky_layer(void) {
  static const float start = -0.5f, bound = 2.0f;
  thalnet_layer layer = THALNET_LAYER_INIT;
  layer.name = "host.leaky";
  layer.forward = leaky_forward;
  layer.backward = leaky_backward;
  layer.vectors = 1;
  layer.vector_starts = &start;
  layer.vector_bounds = &bound;
  return layer;
}

static thalnet_center *build(const thalnet_layer *layer) {
  thalnet_center *net;
  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "pulse", 2, NULL, NULL);
  thalnet_center_add_output(net, "which", 2, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_layer(module, UNITS, layer);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 8, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 1));
  return net;
}

/* A pulse in the first frame on one of two lines, noise ever after; which line was it? */
static void fill(thalnet_batch *batch, uint32_t *random) {
  float x[B * T * 2];
  int32_t which[B];
  for (int b = 0; b < B; b++) {
    which[b] = host_below(random, 2);
    for (int k = 0; k < T * 2; k++) {
      x[b * T * 2 + k] = 0.3f * host_random(random);
    }
    x[b * T * 2 + which[b]] += 1.0f;
  }
  DO(thalnet_batch_begin(batch, B, T));
  DO(thalnet_batch_set_inputs(batch, 0, x, B * T * 2));
  DO(thalnet_batch_set_final_labels(batch, 0, which, B));
}

static thalnet_gradient_check_result check(const thalnet_layer *layer) {
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  thalnet_center *net = build(layer);
  thalnet_batch *batch;
  uint32_t random = 5;
  DO(thalnet_batch_create(net, B, T, NULL, &batch));
  fill(batch, &random);
  DO(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result));
  CHECK(result.compared > 0 && result.tensor != NULL);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  result.tensor = NULL; /* went with the center */
  return result;
}

static float accuracy(const thalnet_center *net, uint32_t seed) {
  thalnet_batch *batch;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  DO(thalnet_batch_create(net, B, T, NULL, &batch));
  fill(batch, &seed);
  DO(thalnet_forward(net, batch, NULL));
  DO(thalnet_batch_measure(batch, 0, &measure));
  thalnet_batch_free(batch);
  return (float)measure.correct / (float)measure.labels;
}

static thalnet_center *train(const thalnet_layer *layer) {
  thalnet_center *net = build(layer);
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  thalnet_optimizer_options adam = THALNET_OPTIMIZER_OPTIONS_INIT;
  uint32_t random = 2;
  adam.rate = 1e-2;
  DO(thalnet_batch_create(net, B, T, NULL, &batch));
  DO(thalnet_optimizer_create(net, THALNET_ADAM, &adam, &optimizer));
  for (int k = 0; k < UPDATES; k++) {
    fill(batch, &random);
    DO(thalnet_forward_backward(net, batch, NULL));
    DO(thalnet_step(optimizer, net));
  }
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  return net;
}

/* The file has its name and sizes; the code comes with the host. */
static void save_and_load(thalnet_center *net, const thalnet_layer *layer) {
  static unsigned char file[1 << 17];
  const thalnet_layer *const layers[] = {layer};
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *copy;
  size_t size;
  DO(thalnet_center_save_memory(net, file, sizeof file, &size));
  CHECK(thalnet_center_load_memory(file, size, NULL, &copy) == THALNET_ERROR_UNSUPPORTED && copy == NULL);
  CHECK(strstr(thalnet_error_text(), "host.leaky") != NULL);
  options.layers = layers;
  options.layer_count = 1;
  DO(thalnet_center_load_memory(file, size, &options, &copy));
  CHECK(accuracy(copy, 77) == accuracy(net, 77));
  thalnet_center_free(copy);
}

int main(void) {
  const thalnet_layer layer = leaky_layer();
  thalnet_layer wrong = layer;
  wrong.backward = forgetful_backward;
  CHECK(check(&layer).passed);
  CHECK(!check(&wrong).passed && check(&wrong).worst > 0.1);
  thalnet_center *net = train(&layer);
  CHECK(accuracy(net, 77) >= 0.95f);

  /* six tensors a module, of them the time constants, which were learned as all others */
  CHECK(thalnet_center_tensor_count(net) == 2 * 6 + 1);
  thalnet_center *fresh = build(&layer);
  float learned[UNITS], started[UNITS], most = 0;
  DO(thalnet_center_read(net, "modules.1.layers.0.vectors", learned, UNITS));
  DO(thalnet_center_read(fresh, "modules.1.layers.0.vectors", started, UNITS));
  for (int i = 0; i < UNITS; i++) {
    CHECK(fabsf(started[i] + 0.5f) <= 2.0f);
    most = fmaxf(most, fabsf(learned[i] - started[i]));
  }
  CHECK(most > 0.1f);
  thalnet_center_free(fresh);
  save_and_load(net, &layer);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
