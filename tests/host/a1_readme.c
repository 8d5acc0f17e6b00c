/* SPDX-License-Identifier: MIT */
/* The README's training loop: four GRU modules around a routing center learn to name the first row of an image that
 * they see row by row. */
#include "host.h"

enum { BATCH = 32, ROWS = 7, COLUMNS = 6, CLASSES = 4, STEPS = 120 };

/* Noise, with a bright column in the first row that is the answer. */
static void next_batch(float *x, int32_t *y, uint32_t *random) {
  for (int b = 0; b < BATCH; b++) {
    float *image = x + b * ROWS * COLUMNS;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      image[i] = 0.3f * host_random(random);
    }
    y[b] = host_below(random, CLASSES);
    image[y[b]] += 2.0f;
  }
}

int main(void) {
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  int32_t rows, digit, y[BATCH];
  float x[BATCH * ROWS * COLUMNS];
  uint32_t random = 1;

  DO(thalnet_center_create(NULL, &net));
  thalnet_center_add_input(net, "rows", COLUMNS, NULL, &rows);
  thalnet_center_add_output(net, "digit", CLASSES, THALNET_CROSS_ENTROPY, NULL, &digit);
  for (int i = 0; i < 4; i++) {
    thalnet_module *module;
    thalnet_center_add_module(net, NULL, NULL, &module);
    thalnet_module_add_gru(module, 8, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 6, NULL, NULL);
    thalnet_module_connect_input(module, rows);
    thalnet_module_connect_output(module, digit);
  }
  DO(thalnet_center_build(net, 7)); /* reports the first failing call since create */

  options.rate = 1e-2;
  DO(thalnet_batch_create(net, BATCH, ROWS, NULL, &batch));
  DO(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  for (int step = 0; step < STEPS; step++) {
    next_batch(x, y, &random);
    DO(thalnet_batch_begin(batch, BATCH, ROWS));
    DO(thalnet_batch_set_inputs(batch, rows, x, BATCH * ROWS * COLUMNS));
    DO(thalnet_batch_set_final_labels(batch, digit, y, BATCH));
    DO(thalnet_forward_backward(net, batch, NULL));
    DO(thalnet_step(optimizer, net));
    if (step == 0) {
      CHECK(host_loss(batch, digit) > 1.0);
    }
  }

  next_batch(x, y, &random); /* what it has never seen, in a shorter batch */
  DO(thalnet_batch_begin(batch, BATCH - 5, ROWS));
  DO(thalnet_batch_set_inputs(batch, rows, x, (BATCH - 5) * ROWS * COLUMNS));
  DO(thalnet_batch_set_final_labels(batch, digit, y, BATCH - 5));
  DO(thalnet_forward(net, batch, NULL));
  DO(thalnet_batch_measure(batch, digit, &measure));
  CHECK(measure.labels == BATCH - 5);
  CHECK(measure.correct >= BATCH - 7);
  CHECK(measure.loss_sum / measure.weight_sum < 0.3);

  thalnet_center_free(net); /* in any order */
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  return EXIT_SUCCESS;
}
