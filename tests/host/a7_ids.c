/* SPDX-License-Identifier: MIT */
/* Data-parallel training, without the message passing: two ranks hold half of the sequences each. What a rank computes
 * for a sequence is what one process would: dropout goes by the sequence's id, losses are sums that can be added. */
#include "host.h"

enum { GLOBAL = 8, MINE = GLOBAL / 2, FRAMES = 5, D = 3, CLASSES = 4 };

static thalnet_center *build(void) {
  thalnet_center *net;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.chunk_sequences = MINE; /* a rank owns whole chunks */
  DO(thalnet_center_create(&options, &net));
  thalnet_center_add_input(net, "x", D, NULL, NULL);
  thalnet_center_add_output(net, "y", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 6, NULL);
    thalnet_module_add_reader(module, THALNET_LINEAR, 4, NULL, NULL);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  DO(thalnet_center_build(net, 7));
  return net;
}

/* Computes `count` sequences from `first` on; the loss weight makes the mean over them their part of the global
 * mean. */
static float *compute(thalnet_center *net, const float *x, const int32_t *y, size_t first, size_t count, double *loss) {
  thalnet_batch *batch;
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  uint64_t ids[GLOBAL];
  float *gradients = malloc(thalnet_center_parameter_count(net) * sizeof *gradients);
  options.seed = 42;
  for (size_t i = 0; i < count; i++) {
    ids[i] = 1000 + first + i;
  }
  DO(thalnet_batch_create(net, count, FRAMES, &options, &batch));
  DO(thalnet_batch_set_input_dropout(batch, 0, 0.4f));
  DO(thalnet_batch_set_epoch(batch, 3));
  DO(thalnet_batch_set_loss_weight(batch, 0, (float)count / GLOBAL));
  DO(thalnet_batch_begin(batch, count, FRAMES));
  DO(thalnet_batch_set_ids(batch, ids, count));
  DO(thalnet_batch_set_inputs(batch, 0, x + first * FRAMES * D, count * FRAMES * D));
  DO(thalnet_batch_set_labels(batch, 0, y + first * FRAMES, count * FRAMES));
  DO(thalnet_forward_backward(net, batch, NULL));
  DO(thalnet_center_read_gradient(net, NULL, gradients, thalnet_center_parameter_count(net)));
  DO(thalnet_center_clear_gradients(net));
  DO(thalnet_batch_measure(batch, 0, &measure));
  *loss += measure.loss_sum;
  thalnet_batch_free(batch);
  return gradients;
}

int main(void) {
  thalnet_center *net = build(), *rank = build();
  float x[GLOBAL * FRAMES * D];
  int32_t y[GLOBAL * FRAMES];
  uint32_t random = 9;
  double whole = 0, parts = 0, largest = 0;
  for (int i = 0; i < GLOBAL * FRAMES * D; i++) {
    x[i] = host_random(&random);
  }
  for (int i = 0; i < GLOBAL * FRAMES; i++) {
    y[i] = host_below(&random, CLASSES);
  }
  float *one = compute(net, x, y, 0, GLOBAL, &whole);
  float *first = compute(rank, x, y, 0, MINE, &parts), *second = compute(rank, x, y, MINE, MINE, &parts);
  for (size_t i = 0; i < thalnet_center_parameter_count(net); i++) {
    largest = fmax(largest, fabs((double)one[i] - (double)first[i] - (double)second[i]));
  }
  CHECK(fabs(whole - parts) < 1e-6 * whole);
  CHECK(largest < 1e-6);
  free(one);
  free(first);
  free(second);
  thalnet_center_free(net);
  thalnet_center_free(rank);
  return EXIT_SUCCESS;
}
