/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <stdlib.h>

#include "common/mnist.h"
#include "common/random.h"

enum { EYE_FEATURES = 16, SIDE_FEATURES = 12, MOUTH_FEATURES = 24, EYES = 2 };
enum { CONTEXT = 12 };        /* of eyes and mouth */
enum { STREAM_PARTNERS = 7 }; /* plus 2^32 * the epoch */

/* --- data ---------------------------------------------------------------------------------------------------------- */

int task_load(struct task_data *data, const char *folder, struct example_error *error) {
  const int status =
      folder ? example_load_mnist(folder, &data->images, error) : example_draw_digits(&data->images, error);
  if (status) return status;
  for (int side = 0; side < EYES; side++)
    data->rows[side] = calloc((size_t)TASK_SEQUENCES * EXAMPLE_PIXELS, sizeof *data->rows[side]);
  data->labels = calloc(TASK_SEQUENCES, sizeof *data->labels);
  data->order = calloc(data->images.stored.count, sizeof *data->order);
  return data->rows[0] && data->rows[1] && data->labels && data->order ? 0 : example_fail(error, "no memory");
}

void task_free(struct task_data *data) {
  for (int side = 0; side < EYES; side++) free(data->rows[side]);
  free(data->labels);
  free(data->order);
  example_image_data_free(&data->images);
}

/* Pairs of the image that is at order[i] with one that is drawn. */
static thalnet_status fill(struct task_data *data, thalnet_batch *batch, const struct example_images *images,
                           int32_t task, const uint32_t *order, size_t count, struct example_random *random) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t numbers[EYES] = {order[i], example_random_below(random, (uint32_t)images->count)};
    for (int side = 0; side < EYES; side++)
      for (size_t k = 0; k < EXAMPLE_PIXELS; k++)
        data->rows[side][i * EXAMPLE_PIXELS + k] = (float)images->pixels[numbers[side] * EXAMPLE_PIXELS + k] / 255.0f;
    data->labels[i] = images->labels[numbers[task]];
  }
  thalnet_status status = thalnet_batch_begin(batch, count, EXAMPLE_SIDE);
  for (int32_t side = 0; side < EYES && !status; side++)
    status = thalnet_batch_set_inputs(batch, side, data->rows[side], count * EXAMPLE_PIXELS);
  return status ? status : thalnet_batch_set_final_labels(batch, 0, data->labels, count);
}

thalnet_status task_fill(struct task_data *data, thalnet_batch *batch, const struct example_images *images,
                         int32_t task, size_t first, size_t count, uint64_t seed) {
  struct example_random random = example_random_start(seed, STREAM_PARTNERS + first);
  for (size_t i = 0; i < count; i++) data->order[i] = (uint32_t)(first + i);
  return fill(data, batch, images, task, data->order, count, &random);
}

/* --- the network --------------------------------------------------------------------------------------------------- */

static thalnet_status add_module(thalnet_center *net, const char *name, size_t features, size_t context,
                                 thalnet_module **module_out) {
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  reader.skip_own = 1;
  thalnet_status status = thalnet_center_add_module(net, name, NULL, module_out);
  if (!status) status = thalnet_module_add_gru(*module_out, features, NULL);
  return status ? status : thalnet_module_add_reader(*module_out, THALNET_WEIGHT_NORM, context, &reader, NULL);
}

static thalnet_status declare(thalnet_center *net, const struct task_training *training) {
  static const char *const inputs[EYES] = {"left", "right"}, *const eyes[EYES] = {"eye_left", "eye_right"};
  thalnet_module *module = NULL;
  thalnet_status status = THALNET_OK;
  for (int32_t side = 0; side < EYES && !status; side++)
    status = thalnet_center_add_input(net, inputs[side], EXAMPLE_SIDE, NULL, NULL);
  if (!status) status = thalnet_center_add_output(net, "digit", EXAMPLE_DIGITS, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int32_t side = 0; side < EYES && !status; side++) {
    status = add_module(net, eyes[side], EYE_FEATURES, CONTEXT, &module);
    if (!status) status = thalnet_module_connect_input(module, side);
  }
  for (long i = 0; i < training->modules && !status; i++)
    status = add_module(net, NULL, SIDE_FEATURES, (size_t)training->context, &module);
  if (!status) status = add_module(net, "mouth", MOUTH_FEATURES, CONTEXT, &module);
  return status ? status : thalnet_module_connect_output(module, 0);
}

thalnet_status task_build(const struct task_training *training, thalnet_center **net_out) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = training->threads;
  thalnet_status status = thalnet_center_create(&options, net_out);
  if (!status) status = declare(*net_out, training);
  if (!status) status = thalnet_center_build(*net_out, training->seed);
  if (!status) return status;
  thalnet_center_free(*net_out);
  *net_out = NULL;
  return status;
}

/* --- training and the test ----------------------------------------------------------------------------------------- */

static thalnet_status train_epoch(struct task_data *data, const struct task_training *training, thalnet_center *net,
                                  thalnet_batch *batch, thalnet_optimizer *optimizer, long epoch) {
  const struct example_images *images = &data->images.train;
  const size_t size = (size_t)training->batch;
  struct example_random random = example_random_start(training->seed, STREAM_PARTNERS + ((uint64_t)epoch << 32));
  thalnet_status status = THALNET_OK;
  example_random_order(data->order, (uint32_t)images->count, training->seed, EXAMPLE_STREAM_ORDER + (uint64_t)epoch);
  for (size_t first = 0; first + size <= images->count && !status; first += size) {
    status = fill(data, batch, images, training->task, data->order + first, size, &random);
    if (!status) status = thalnet_forward_backward(net, batch, NULL);
    if (!status) status = thalnet_step(optimizer, net);
  }
  return status;
}

thalnet_status task_train(struct task_data *data, const struct task_training *training, thalnet_center *net) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  thalnet_batch *batch = NULL;
  options.rate = training->rate;
  options.schedule = THALNET_SCHEDULE_COSINE;
  options.total_steps = (uint64_t)training->epochs * (data->images.train.count / (size_t)training->batch);
  thalnet_status status = thalnet_batch_create(net, (size_t)training->batch, EXAMPLE_SIDE, NULL, &batch);
  if (!status) status = thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer);
  for (long epoch = 1; epoch <= training->epochs && !status; epoch++)
    status = train_epoch(data, training, net, batch, optimizer, epoch);
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  return status;
}

thalnet_status task_test(struct task_data *data, int32_t task, const thalnet_center *net, double *accuracy_out) {
  const struct example_images *images = &data->images.test;
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  uint64_t correct = 0;
  options.for_backward = 0;
  thalnet_status status = thalnet_batch_create(net, TASK_SEQUENCES, EXAMPLE_SIDE, &options, &batch);
  for (size_t first = 0; first < images->count && !status; first += TASK_SEQUENCES) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    const size_t left = images->count - first, count = left < TASK_SEQUENCES ? left : TASK_SEQUENCES;
    status = task_fill(data, batch, images, task, first, count, 0);
    if (!status) status = thalnet_forward(net, batch, NULL);
    if (!status) status = thalnet_batch_measure(batch, 0, &measure);
    correct += measure.correct;
  }
  thalnet_batch_free(batch);
  *accuracy_out = (double)correct / (double)images->count;
  return status;
}
