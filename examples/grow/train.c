/* SPDX-License-Identifier: MIT */
/* Training for a given amount of work, in a network that grows or in one that has its full size from the start. */
#include <stdio.h>

#include "common/system.h"
#include "grow.h"

enum {
  BACKWARD = 2,      /* costs about twice as much as forward */
  SETTLED_EPOCHS = 3 /* until it is known who reads what is new */
};

/* Multiplications and additions that one image takes forward. */
static double image_cost(const struct example_trainer *t) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  (void)thalnet_center_measure(t->net, &size); /* a built network tells its size */
  return (double)size.step_operations * (double)t->task.frames;
}

/* One update more, of the next images in the order of the present pass. */
struct place {
  size_t pass, step;
};

static thalnet_status update(struct grow *p, struct place *place, double cost, struct grow_outcome *outcome) {
  struct example_trainer *t = &p->trainer;
  thalnet_status status = example_train_step(t, place->pass, place->step);
  outcome->work += (1 + BACKWARD) * cost * (double)p->task.classifier.filled;
  outcome->updates++;
  if (++place->step == t->task.steps) {
    place->step = 0;
    place->pass++;
  }
  return status;
}

/* An epoch is as much work as any other; what is too little for an update is left to the next one. */
static thalnet_status train_epoch(struct grow *p, struct place *place, struct grow_outcome *outcome) {
  struct example_trainer *t = &p->trainer;
  const double cost = image_cost(t), whole = (1 + BACKWARD) * cost * (double)p->settings.batch;
  const double until = outcome->limit * (double)++t->epoch / (double)p->settings.epochs;
  thalnet_status status = THALNET_OK;
  t->progress.steps = outcome->work < until ? (size_t)((until - outcome->work) / whole) : 0;
  example_progress_epoch(&t->progress, t->epoch, 0);
  while (outcome->work + whole <= until * (1.0 + 1e-12) && !status && !example_signal())
    status = update(p, place, cost, outcome);
  example_progress_pause(&t->progress);
  return status;
}

static thalnet_status validate(struct grow *p, int counts, struct grow_outcome *outcome) {
  thalnet_status status = example_image_task_measure(&p->task, &p->trainer, EXAMPLE_VALIDATION, &outcome->validation);
  if (counts) outcome->work += image_cost(&p->trainer) * (double)p->task.data.validation.count;
  outcome->loss = p->task.classifier.loss;
  if (!status) example_progress_report(&p->trainer.progress, outcome->validation);
  return status;
}

static thalnet_status start_optimizer(struct grow *p, int grows, uint64_t steps) {
  struct example_settings settings = p->settings;
  if (grows) settings.rate = p->rate;
  thalnet_optimizer_free(p->trainer.optimizer);
  p->trainer.optimizer = NULL;
  p->trainer.settings = &settings;
  thalnet_status status = example_create_optimizer(&p->trainer, steps);
  p->trainer.settings = &p->settings;
  return status;
}

/* The network has its full size: the cosine over the updates that the work left is enough for. An optimizer's schedule cannot be
 * changed, so this one is new; it does better than one that was moved with a cosine over all updates. */
static thalnet_status start_last_phase(struct grow *p, int grows, const struct grow_outcome *outcome) {
  const double whole = (1 + BACKWARD) * image_cost(&p->trainer) * (double)p->settings.batch;
  const double left = (outcome->limit - outcome->work) / whole, least = (double)p->settings.warmup + 1.0;
  return start_optimizer(p, grows, (uint64_t)(left > least ? left : least));
}

/* Whether so many changes to go are too many for the work that is left. */
static int is_late(const struct grow *p, long changes, const struct grow_outcome *outcome) {
  const long left = grow_changes_left(p);
  return left > 0 && outcome->work >= p->until * outcome->limit * (double)(changes - left + 1) / (double)changes;
}

/* Changes the network: modules that nobody reads go, unless they are too new to be known; it grows where learning stalls, or where
 * it is time. `changes` is how many there are to make in all. */
static thalnet_status change(struct grow *p, long changes, double loss_before, struct grow_outcome *outcome) {
  const struct example_trainer *t = &p->trainer;
  const int stalls = outcome->loss > (1.0 - p->stall) * loss_before;
  thalnet_status status = THALNET_OK;
  if (t->epoch >= p->changed + SETTLED_EPOCHS && !is_late(p, changes, outcome)) status = grow_remove_unread(p, outcome);
  if (!status && (stalls || is_late(p, changes, outcome))) status = grow_once(p, outcome);
  while (!status && is_late(p, changes, outcome)) status = grow_once(p, outcome);
  if (!status && grow_changes_left(p) == 0) status = start_last_phase(p, 1, outcome);
  return status;
}

static thalnet_status build(struct grow *p, int grows) {
  struct example_trainer *t = &p->trainer;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = (int32_t)p->settings.threads;
  t->network = p->full;
  if (grows && p->policy[0] == 'u')
    t->network.features = p->start;
  else if (grows)
    t->network.modules = p->start;
  thalnet_status status = example_network_build(&t->network, &options, (uint64_t)p->settings.seed, &t->net);
  p->task.ports = t->network.ports;
  if (!status && !p->settings.quiet) printf("%s ", grows ? "grown" : "fixed");
  if (!status && !p->settings.quiet) example_network_print(&t->network, t->net);
  return status ? status : example_create_batches(t);
}

thalnet_status grow_train(struct grow *p, int grows, struct grow_outcome *outcome) {
  struct example_trainer *t = &p->trainer;
  struct place place = {1, 0};
  example_progress_start(&t->progress, t->task.scale, (size_t)p->settings.epochs, 1, p->settings.quiet);
  thalnet_status status = build(p, grows);
  if (status) return status;
  const long changes = grow_changes_left(p);
  if (changes == 0)
    status = start_last_phase(p, grows, outcome);
  else
    status = start_optimizer(p, grows, 0); /* at a constant rate until it has its full size */
  while (!status && !example_signal() && t->epoch < (size_t)p->settings.epochs && !t->time_is_up) {
    const double before = outcome->loss;
    const int open = grow_changes_left(p) > 0;
    status = train_epoch(p, &place, outcome);
    if (status || example_signal()) break;
    status = validate(p, open, outcome);
    if (!status && open && t->epoch > 1) status = change(p, changes, before, outcome);
    t->time_is_up = example_time_is_up(t);
  }
  outcome->parameters = thalnet_center_parameter_count(t->net);
  if (!status && !example_signal() && !p->settings.no_test)
    status = example_image_task_measure(&p->task, t, EXAMPLE_TEST, &outcome->test);
  return status;
}
