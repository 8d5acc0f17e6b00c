/* SPDX-License-Identifier: MIT */
#include "classifier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

enum { ROUTING_IMAGES = 200, READOUT_FRAMES = 8 };

/* --- options --------------------------------------------------------------------------------------------------------- */

void example_classifier_add_data_options(struct example_classifier *c, struct example_program *program) {
  const struct example_option options[] = {
      {EXAMPLE_COUNT, "held-out", "N",
       "hold the last N of the images in --data out for validation, the\n"
       "rest is for training (5000, of fewer than 50000 a tenth)",
       &c->held_out, 1, 1e6},
      {EXAMPLE_COUNT, "images", "N", "train on the first N of those for training only", &c->images, 1, 1e6},
  };
  c->images = c->held_out = -1;
  example_options_add(program, options, sizeof options / sizeof options[0]);
}

void example_classifier_add_options(struct example_classifier *c, struct example_program *program) {
  const struct example_option options[] = {
      {EXAMPLE_CHOICE, "readout", "last|mean",
       "the answer is the output at the last frame, or the mean of the\n"
       "probabilities at the last frames, which all have the label (last)",
       &c->readout, 0, 0},
      {EXAMPLE_COUNT, "readout-frames", "N", "how many frames --readout mean looks at (8)", &c->readout_frames, 1,
       4096},
      {EXAMPLE_TEXT, "predictions", "FILE", "write the class named for each test image there, a byte each",
       &c->predictions, 0, 0},
  };
  c->readout_frames = -1;
  example_options_add(program, options, sizeof options / sizeof options[0]);
}

int example_classifier_finish(struct example_classifier *c, const struct example_settings *settings) {
  int mean = c->readout && strcmp(c->readout, "mean") == 0;
  const char *mistake = NULL;
  if (c->readout_frames >= 0 && !mean) mistake = "--readout-frames needs --readout mean";
  if (c->predictions && settings->no_test)
    mistake = "--predictions are of the test images, which --no-test leaves alone";
  if (c->readout_frames > (long)c->frames) mistake = "--readout-frames: an image does not have so many frames";
  if (c->readout_frames < 0) c->readout_frames = mean ? READOUT_FRAMES : 1;
  if (!c->readout) c->readout = "last";
  if (!mistake) return -1;
  example_complain(settings->program, "%s", mistake);
  return EXAMPLE_EXIT_USAGE;
}

int example_classifier_hold_out(const struct example_classifier *c, const struct example_settings *settings,
                                struct example_image_data *data) {
  const char *mistake = NULL;
  if (c->held_out < 0) return EXAMPLE_EXIT_SUCCESS;
  if (!settings->data)
    mistake = "it is for the images of --data";
  else if ((size_t)c->held_out >= data->stored.count)
    mistake = "none would be left for training";
  if (!mistake) {
    example_split_images(data, (size_t)c->held_out);
    return EXAMPLE_EXIT_SUCCESS;
  }
  example_complain(settings->program, "--held-out %ld: %s", c->held_out, mistake);
  return EXAMPLE_EXIT_USAGE;
}

void example_classifier_cut(const struct example_classifier *c, const struct example_settings *settings,
                            struct example_images *train) {
  if (c->images >= 0 && (size_t)c->images < train->count) train->count = (size_t)c->images;
  train->count = (size_t)(settings->train_share * (double)train->count);
  if (train->count == 0) train->count = 1;
}

/* --- training -------------------------------------------------------------------------------------------------------- */

/* A step's share of the training images, in the epoch's order. */
static thalnet_status load_step(void *context, thalnet_batch *batch, size_t epoch, size_t step) {
  struct example_classifier *c = context;
  const struct example_settings *settings = c->trainer->settings;
  size_t all = c->data->train.count, first = step * (size_t)settings->batch, count = (size_t)settings->batch;
  if (c->order_epoch != epoch)
    example_random_order(c->order, (uint32_t)all, (uint64_t)settings->seed, EXAMPLE_STREAM_ORDER + epoch);
  c->order_epoch = epoch;
  if (count > all - first) count = all - first;
  memcpy(c->numbers, c->order + first, count * sizeof *c->numbers);
  return example_classifier_fill(c, batch, &c->data->train, count, epoch);
}

/* `count` images in their own order. */
static thalnet_status fill_some(struct example_classifier *c, thalnet_batch *batch, const struct example_images *images,
                                size_t first, size_t count) {
  for (size_t i = 0; i < count; i++) c->numbers[i] = (uint32_t)(first + i);
  return example_classifier_fill(c, batch, images, count, 0);
}

static thalnet_status load_routing(void *context, thalnet_batch *batch) {
  struct example_classifier *c = context;
  const struct example_images *images = &c->data->validation;
  return fill_some(c, batch, images, 0, images->count < ROUTING_IMAGES ? images->count : ROUTING_IMAGES);
}

static uint64_t count_right(const struct example_classifier *c, const struct example_images *images, size_t count) {
  uint64_t right = 0;
  for (size_t i = 0; i < count; i++) right += c->classes[i] == images->labels[c->numbers[i]];
  return right;
}

static thalnet_status count_hits(void *context, thalnet_batch *batch, struct example_sums *sums) {
  struct example_classifier *c = context;
  if (c->trainer->network.ports.output_count == 1 && c->readout_frames == 1) return THALNET_OK; /* there is no vote */
  thalnet_status status = example_classifier_vote(c, batch, c->filled);
  sums->labels = c->filled;
  if (!status) sums->hits = count_right(c, &c->data->train, c->filled);
  return status;
}

/* The share of images whose class is named. */
static thalnet_status evaluate(void *context, enum example_part part, double *value_out) {
  struct example_classifier *c = context;
  const struct example_images *images = part == EXAMPLE_TEST         ? &c->data->test
                                        : part == EXAMPLE_VALIDATION ? &c->data->validation
                                                                     : &c->data->train;
  thalnet_batch *batch = c->trainer->evaluation;
  uint64_t right = 0;
  double loss = 0.0;
  for (size_t first = 0; first < images->count; first += EXAMPLE_EVALUATION_IMAGES) {
    size_t left = images->count - first, count = left < EXAMPLE_EVALUATION_IMAGES ? left : EXAMPLE_EVALUATION_IMAGES;
    thalnet_measure measure = THALNET_MEASURE_INIT;
    thalnet_status status = fill_some(c, batch, images, first, count);
    if (!status) status = thalnet_forward(c->trainer->net, batch, NULL);
    if (!status) status = example_classifier_vote(c, batch, count);
    if (!status) status = thalnet_batch_measure(batch, c->trainer->network.ports.outputs[0], &measure);
    if (status) return status;
    loss += measure.loss_sum / measure.weight_sum * (double)count;
    right += count_right(c, images, count);
    if (part == EXAMPLE_TEST) memcpy(c->predicted + first, c->classes, count);
  }
  *value_out = (double)right / (double)images->count;
  c->loss = loss / (double)images->count;
  return THALNET_OK;
}

static int write_predictions(void *context) {
  struct example_classifier *c = context;
  if (!c->predictions) return EXAMPLE_EXIT_SUCCESS;
  FILE *file = fopen(c->predictions, "wb");
  size_t written = file ? fwrite(c->predicted, 1, c->data->test.count, file) : 0;
  if (file && fclose(file) == 0 && written == c->data->test.count) return EXAMPLE_EXIT_SUCCESS;
  example_complain(c->trainer->settings->program, "%s: %s", c->predictions, strerror(errno));
  return EXAMPLE_EXIT_FAILURE;
}

/* --- the task -------------------------------------------------------------------------------------------------------- */

static uint64_t fingerprint(const struct example_images *images) {
  uint64_t hash = example_hash(0, images->labels, images->count);
  return example_hash(hash, images->pixels, images->count * images->size);
}

int example_classifier_prepare(struct example_classifier *c, struct example_trainer *trainer,
                               const struct example_image_data *data) {
  static const struct example_scale accuracy = {"accuracy", "sequences", 0};
  size_t batch = (size_t)trainer->settings->batch;
  size_t room = batch > EXAMPLE_EVALUATION_IMAGES ? batch : EXAMPLE_EVALUATION_IMAGES;
  size_t frames = c->readout_frames > 1 ? c->frames : 1;
  const struct example_task task = {.context = c,
                                    .scale = &accuracy,
                                    .sequences = batch,
                                    .frames = c->frames,
                                    .evaluation_sequences = EXAMPLE_EVALUATION_IMAGES,
                                    .evaluation_frames = c->frames,
                                    .steps = (data->train.count + batch - 1) / batch,
                                    .load = load_step,
                                    .count_hits = count_hits,
                                    .evaluate = evaluate,
                                    .load_routing = load_routing,
                                    .finish = write_predictions,
                                    .fingerprint = fingerprint(&data->train)};
  trainer->task = task;
  c->trainer = trainer;
  c->data = data;
  c->values = calloc(room * c->frames * c->row, sizeof *c->values);
  c->seen = calloc(room * c->frames * c->row, sizeof *c->seen);
  c->order = calloc(data->train.count, sizeof *c->order);
  c->numbers = calloc(room, sizeof *c->numbers);
  c->labels = calloc(room * frames, sizeof *c->labels);
  c->ids = calloc(room, sizeof *c->ids);
  c->logits = calloc(room * frames * EXAMPLE_CLASSES, sizeof *c->logits);
  c->votes = calloc(room * EXAMPLE_CLASSES, sizeof *c->votes);
  c->classes = calloc(room, 1);
  c->predicted = calloc(data->test.count, 1);
  if (c->values && c->seen && c->order && c->numbers && c->labels && c->ids && c->logits && c->votes && c->classes &&
      c->predicted)
    return EXAMPLE_EXIT_SUCCESS;
  example_complain(trainer->settings->program, "no memory for a batch of %zu images", room);
  return EXAMPLE_EXIT_FAILURE;
}

void example_classifier_free(struct example_classifier *c) {
  free(c->values);
  free(c->seen);
  free(c->order);
  free(c->numbers);
  free(c->labels);
  free(c->ids);
  free(c->logits);
  free(c->votes);
  free(c->classes);
  free(c->predicted);
}
