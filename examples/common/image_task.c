/* SPDX-License-Identifier: MIT */
#include "image_task.h"

#include <stdio.h>

#include "mnist.h"

static void show_digit(void *context, const uint8_t *pixels, uint32_t number, size_t epoch, float *values) {
  (void)context, (void)number, (void)epoch; /* an image is the same in every epoch */
  for (size_t k = 0; k < EXAMPLE_PIXELS; k++) values[k] = (float)pixels[k] / 255.0f;
}

static void show_picture(void *context, const uint8_t *pixels, uint32_t number, size_t epoch, float *values) {
  const struct example_image_task *task = context;
  (void)number, (void)epoch;
  example_show_image(pixels, &task->normalization, NULL, values);
}

static int load_images(struct example_image_task *task, const char *folder, struct example_error *error) {
  int status;
  if (task->kind == EXAMPLE_KIND_DIGITS)
    status = folder ? example_load_mnist(folder, &task->data, error) : example_draw_digits(&task->data, error);
  else
    status = folder ? example_load_cifar(folder, &task->data, error) : example_draw_shapes(&task->data, error);
  return status ? status : example_permute_pixels(&task->data, task->permutation, error);
}

static void describe(struct example_image_task *task, const char *folder) {
  struct example_classifier *c = &task->classifier;
  int digits = task->kind == EXAMPLE_KIND_DIGITS;
  task->name = digits ? "digit" : folder ? "photograph" : "shape";
  c->frames = digits ? EXAMPLE_SIDE : EXAMPLE_CIFAR_SIDE;
  c->row = digits ? EXAMPLE_SIDE : EXAMPLE_CIFAR_ROW;
  c->views[0] = example_view_turn(c->row, 0, 1);
  c->readout_frames = -1; /* the answer is the last output */
  c->context = task;
  c->show = digits ? show_digit : show_picture;
}

int example_image_task_load(struct example_image_task *task, const char *folder, struct example_trainer *trainer) {
  const struct example_settings *settings = trainer->settings;
  struct example_classifier *c = &task->classifier;
  struct example_error error = {""};
  describe(task, folder);
  int code = example_classifier_finish(c, settings);
  if (code >= 0) return code;
  if (load_images(task, folder, &error)) {
    example_complain(settings->program, "%s", error.text);
    return EXAMPLE_EXIT_USAGE;
  }
  code = example_classifier_hold_out(c, settings, &task->data);
  if (code) return code;
  if (task->kind == EXAMPLE_KIND_PICTURES) task->normalization = example_normalize(&task->data.train);
  example_classifier_cut(c, settings, &task->data.train);
  if (!settings->quiet)
    printf("data: %ss %s%s; %zu for training, %zu for validation, %zu for the test\n", task->name,
           folder ? "in " : "drawn by this program (--data is for real ones)", folder ? folder : "",
           task->data.train.count, task->data.validation.count, task->data.test.count);
  code = example_classifier_prepare(c, trainer, &task->data);
  task->task = trainer->task;
  return code;
}

void example_image_task_turn_to(struct example_image_task *task, struct example_trainer *trainer) {
  trainer->task = task->task;
  trainer->network.ports = task->ports;
  task->classifier.trainer = trainer;
}

thalnet_status example_image_task_measure(struct example_image_task *task, struct example_trainer *trainer,
                                          enum example_part part, double *accuracy_out) {
  thalnet_status status = example_swap_averages(trainer);
  example_image_task_turn_to(task, trainer);
  if (!status) status = task->task.evaluate(task->task.context, part, accuracy_out);
  return status ? status : example_swap_averages(trainer);
}

void example_image_task_free(struct example_image_task *task) {
  example_classifier_free(&task->classifier);
  example_image_data_free(&task->data);
}
