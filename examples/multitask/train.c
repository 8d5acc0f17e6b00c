/* SPDX-License-Identifier: MIT */
/* The networks and their training. */
#include <stdio.h>
#include <string.h>

#include "common/system.h"
#include "multitask.h"

/* --- networks -------------------------------------------------------------------------------------------------------- */

/* The center of the tasks from `first` to before `end`. It remembers calls that fail. */
static void describe(struct multitask *p, size_t first, size_t end, thalnet_center *net) {
  const struct example_network *network = &p->trainer.network;
  thalnet_module *module;
  char name[64];
  long number = 0;
  for (size_t k = first; k < end; k++) {
    struct example_ports *ports = &p->tasks[k].ports;
    snprintf(name, sizeof name, "%s_rows", p->tasks[k].name);
    thalnet_center_add_input(net, name, p->tasks[k].classifier.row, NULL, &ports->inputs[0]);
    thalnet_center_add_output(net, p->tasks[k].name, EXAMPLE_CLASSES, THALNET_CROSS_ENTROPY, NULL, &ports->outputs[0]);
    ports->input_count = ports->output_count = 1;
  }
  for (size_t k = first; k < end; k++) {
    for (long i = 0; i < network->modules; i++) {
      if (example_network_add_module(network, net, number++, &module)) return;
      thalnet_module_connect_input(module, p->tasks[k].ports.inputs[0]);
      thalnet_module_connect_output(module, p->tasks[k].ports.outputs[0]);
    }
  }
  for (long i = 0; i < p->side * (long)(end - first); i++) {
    if (example_network_add_module(network, net, number++, &module)) return;
    for (size_t k = first; k < end; k++) thalnet_module_connect_output(module, p->tasks[k].ports.outputs[0]);
  }
}

/* Builds the network with these tasks; the one for all of them as large as fits into what those alone had together. */
static thalnet_status build(struct multitask *p, size_t first, size_t end) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  struct example_trainer *t = &p->trainer;
  thalnet_status status;
  options.threads = (int32_t)p->settings.threads;
  t->network = p->settings.network;
  for (;; t->network.features--) {
    status = thalnet_center_create(&options, &t->net);
    if (status) return status;
    describe(p, first, end, t->net);
    status = thalnet_center_measure(t->net, &size);
    if (status || end - first == 1 || size.parameters <= p->parameters[ALONE] || t->network.features == 1) break;
    thalnet_center_free(t->net);
  }
  if (!status) status = thalnet_center_build(t->net, (uint64_t)p->settings.seed);
  p->parameters[end - first > 1] += size.parameters;
  return status;
}

/* Batches that can show every task, and the optimizer. */
static thalnet_status prepare(struct multitask *p, size_t first, size_t end) {
  struct example_trainer *t = &p->trainer;
  struct example_ports all = {0};
  size_t steps = 0, frames = 0;
  for (size_t k = first; k < end; k++) {
    const struct example_image_task *task = &p->tasks[k];
    all.inputs[all.input_count++] = task->ports.inputs[0];
    all.outputs[all.output_count++] = task->ports.outputs[0];
    steps += task->task.steps;
    if (task->task.frames > frames) frames = task->task.frames;
  }
  example_image_task_turn_to(&p->tasks[first], t);
  t->network.ports = all;
  t->task.frames = t->task.evaluation_frames = frames;
  example_progress_start(&t->progress, t->task.scale, (size_t)p->settings.epochs, steps, p->settings.quiet);
  thalnet_status status = example_create_batches(t);
  return status ? status : example_create_optimizer(t, (uint64_t)p->settings.epochs * steps);
}

/* --- training -------------------------------------------------------------------------------------------------------- */

/* Once through the images of these tasks. They take turns, so that all of them are through at the same time. */
static thalnet_status train_epoch(struct multitask *p, size_t first, size_t end) {
  struct example_trainer *t = &p->trainer;
  size_t done[TASKS] = {0}, all = t->progress.steps;
  thalnet_status status = THALNET_OK;
  example_progress_epoch(&t->progress, ++t->epoch, 0);
  for (size_t step = 0; step < all && !status && !example_signal(); step++) {
    size_t next = first; /* the one that is furthest behind */
    for (size_t k = first + 1; k < end; k++)
      if (done[k] * p->tasks[next].task.steps < done[next] * p->tasks[k].task.steps) next = k;
    example_image_task_turn_to(&p->tasks[next], t);
    status = example_train_step(t, t->epoch, done[next]++);
  }
  example_progress_pause(&t->progress);
  return status;
}

thalnet_status multitask_train(struct multitask *p, size_t first, size_t end) {
  struct example_trainer *t = &p->trainer;
  const int way = end - first > 1 ? TOGETHER : ALONE;
  double *validation = p->validation[way], *test = p->test[way];
  thalnet_status status = build(p, first, end);
  if (!status) status = prepare(p, first, end);
  if (!status && !p->settings.quiet)
    printf("%s: %d modules of %ld features, %zu parameters\n", way == TOGETHER ? "together" : p->tasks[first].name,
           thalnet_center_module_count(t->net), t->network.features, thalnet_center_parameter_count(t->net));
  while (!status && !example_signal() && t->epoch < (size_t)p->settings.epochs && !t->time_is_up) {
    double sum = 0.0;
    status = train_epoch(p, first, end);
    for (size_t k = first; k < end && !status && !example_signal(); k++) {
      status = example_image_task_measure(&p->tasks[k], t, EXAMPLE_VALIDATION, &validation[k]);
      sum += validation[k];
    }
    if (!status && !example_signal()) example_progress_report(&t->progress, sum / (double)(end - first));
    t->time_is_up = example_time_is_up(t);
  }
  for (size_t k = first; k < end && !status && !example_signal() && !p->settings.no_test; k++)
    status = example_image_task_measure(&p->tasks[k], t, EXAMPLE_TEST, &test[k]);
  return status;
}

void multitask_clear(struct multitask *p) {
  example_trainer_free(&p->trainer);
  memset(&p->trainer, 0, sizeof p->trainer);
  p->trainer.settings = &p->settings;
}
