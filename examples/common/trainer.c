/* SPDX-License-Identifier: MIT */
#include "trainer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "divergence.h"
#include "report.h"
#include "system.h"

/* --- training -------------------------------------------------------------------------------------------------------- */

/* What the labels of the batch just computed say. The loss is the mean over the outputs. */
static thalnet_status add_up(struct example_trainer *t, struct example_sums *sums) {
  const struct example_ports *ports = &t->network.ports;
  double share = 1.0 / (double)ports->output_count;
  thalnet_status status = THALNET_OK;
  for (size_t i = 0; i < ports->output_count && !status; i++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    status = thalnet_batch_measure(t->training, ports->outputs[i], &measure);
    sums->loss += share * measure.loss_sum;
    sums->weight += share * measure.weight_sum;
    if (i == 0) sums->labels = measure.labels;
    if (i == 0) sums->hits = measure.correct;
  }
  if (!status && t->task.count_hits) status = t->task.count_hits(t->task.context, t->training, sums);
  return status;
}

/* The same alone, also where the batch was refused for it; NAN where nothing has a label. */
static double mean_loss(const struct example_trainer *t) {
  double loss = 0.0, weight = 0.0;
  for (size_t i = 0; i < t->network.ports.output_count; i++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    (void)thalnet_batch_measure(t->training, t->network.ports.outputs[i], &measure); /* 0 of 0 */
    loss += measure.loss_sum;
    weight += measure.weight_sum;
  }
  return weight > 0.0 ? loss / weight : (double)NAN;
}

thalnet_status example_train_step(struct example_trainer *t, size_t epoch, size_t step) {
  struct example_sums sums = {0.0, 0.0, 0, 0};
  /* New random numbers for every visit of a sequence; where a sequence goes on from batch to batch, for each of them. */
  uint64_t visit = t->task.carry ? (uint64_t)(epoch - 1) * t->task.steps + step : epoch;
  thalnet_status status = thalnet_batch_set_epoch(t->training, visit);
  if (!status) status = t->task.load(t->task.context, t->training, epoch, step);
  t->step_rate = thalnet_optimizer_rate(t->optimizer);
  t->step_loss = NAN;
  if (status) return status;
  status = thalnet_forward_backward(t->net, t->training, t->state);
  if (!status || status == THALNET_ERROR_NONFINITE) t->step_loss = mean_loss(t);
  if (!status) status = thalnet_step(t->optimizer, t->net);
  if (!status) status = add_up(t, &sums);
  if (!status) example_progress_step(&t->progress, &sums);
  return status ? status : example_watch_step(t);
}

/* Whether training has gone as far as --stop-after says, and there is something left to do. */
static int is_stopped(const struct example_trainer *t) {
  size_t done = (t->epoch - 1) * t->task.steps + t->step, all = (size_t)t->settings->epochs * t->task.steps;
  return t->settings->stop_after >= 0 && done >= (size_t)t->settings->stop_after && done < all;
}

int example_time_is_up(const struct example_trainer *t) {
  double limit = t->settings->max_seconds;
  return limit > 0.0 && example_progress_seconds(&t->progress) >= limit;
}

/* Once through the training data from t->step on, or until a signal comes or the time is up. */
static thalnet_status train_epoch(struct example_trainer *t) {
  thalnet_status status = THALNET_OK;
  example_progress_epoch(&t->progress, t->epoch, t->step);
  while (t->step < t->task.steps && !status && !example_signal() && !t->time_is_up && !is_stopped(t)) {
    status = example_train_step(t, t->epoch, t->step);
    if (!status) t->step++;
    t->time_is_up = example_time_is_up(t);
  }
  example_progress_pause(&t->progress);
  return status;
}

thalnet_status example_swap_averages(struct example_trainer *t) {
  if (!t->optimizer || t->settings->average == 0.0) return THALNET_OK;
  return thalnet_optimizer_swap_averages(t->optimizer, t->net);
}

/* Who reads whom after this epoch; a network that does not tell is trained all the same. */
static void note_wiring(struct example_trainer *t) {
  const struct example_wired wired = {NULL, t->net, t->evaluation};
  struct example_error error = {""};
  if (!example_reads(t->net) || t->task.load_routing(t->task.context, t->evaluation)) return;
  example_development_add(&t->development, &wired, t->epoch, &error);
}

/* The validation after an epoch, and the epoch's lines. */
static thalnet_status end_epoch(struct example_trainer *t) {
  const struct example_sums *sums = &t->progress.sums;
  t->train = example_measure(t->task.scale, sums);
  thalnet_status status = example_swap_averages(t);
  if (!status) status = t->task.evaluate(t->task.context, EXAMPLE_VALIDATION, &t->validation);
  if (!status && t->settings->curve_test) status = t->task.evaluate(t->task.context, EXAMPLE_TEST, &t->test);
  if (!status) status = example_swap_averages(t);
  if (status) return status;
  if (t->settings->out) note_wiring(t);
  example_progress_report(&t->progress, t->validation);
  if (!t->curve) return THALNET_OK;
  fprintf(t->curve, "%zu,%.2f,%.6f,%.6f,%.6f", t->epoch, t->progress.trained,
          sums->weight > 0.0 ? sums->loss / sums->weight : 0.0, t->train, t->validation);
  fprintf(t->curve, t->settings->curve_test ? ",%.6f\n" : "\n", t->test);
  fflush(t->curve);
  return THALNET_OK;
}

/* The lines of a curve that is gone on with: those of epochs that are over. NULL: none. */
static char *read_curve(const struct example_trainer *t) {
  size_t room = 0, kept = 0, over = t->step == t->task.steps ? t->epoch : t->epoch - 1;
  char *lines = NULL, line[256];
  FILE *file = t->epoch > 0 ? fopen(t->settings->curve, "r") : NULL;
  while (file && fgets(line, sizeof line, file)) {
    size_t epoch = strtoul(line, NULL, 10), length = strlen(line);
    if (epoch == 0 || epoch > over || line[length - 1] != '\n') continue;
    if (kept + length + 1 > room) {
      char *larger = realloc(lines, room = 2 * (kept + length + 1));
      if (!larger) break;
      lines = larger;
    }
    memcpy(lines + kept, line, length + 1);
    kept += length;
  }
  if (file) fclose(file);
  return lines;
}

static int open_curve(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  if (!s->curve) return EXAMPLE_EXIT_SUCCESS;
  const char *measure = t->task.scale->measure;
  char *lines = read_curve(t);
  t->curve = fopen(s->curve, "w");
  if (t->curve) {
    fprintf(t->curve, "epoch,seconds,train_loss,train_%s,validation_%s", measure, measure);
    if (s->curve_test) fprintf(t->curve, ",test_%s", measure);
    fprintf(t->curve, "\n%s", lines ? lines : "");
  } else {
    example_complain(s->program, "%s: %s", s->curve, strerror(errno));
  }
  free(lines);
  return t->curve ? EXAMPLE_EXIT_SUCCESS : EXAMPLE_EXIT_USAGE;
}

static int close_curve(struct example_trainer *t) {
  if (!t->curve) return EXAMPLE_EXIT_SUCCESS;
  int written = !ferror(t->curve);
  if (fclose(t->curve)) written = 0;
  t->curve = NULL;
  if (written) return EXAMPLE_EXIT_SUCCESS;
  example_complain(t->settings->program, "%s: it could not be written", t->settings->curve);
  return EXAMPLE_EXIT_FAILURE;
}

/* Of epochs that are over. */
static void read_development(struct example_trainer *t) {
  size_t over = t->step == t->task.steps ? t->epoch : t->epoch > 0 ? t->epoch - 1 : 0;
  example_development_load(&t->development, t->net, t->settings->out, over);
}

static int save_development(const struct example_trainer *t) {
  struct example_error error = {""};
  if (!t->settings->out || !example_development_save(&t->development, t->net, t->settings->out, &error)) return 0;
  example_complain(t->settings->program, "%s", error.text);
  return EXAMPLE_EXIT_FAILURE;
}

static int checkpoint(struct example_trainer *t, int wanted) {
  if (!t->settings->out || !wanted) return EXAMPLE_EXIT_SUCCESS;
  int code = save_development(t);
  return code ? code : example_checkpoint_save(t, t->epoch, t->step);
}

static int train(struct example_trainer *t) {
  thalnet_status status = THALNET_OK;
  size_t epochs = (size_t)t->settings->epochs, every = (size_t)t->settings->checkpoint_every;
  int code = EXAMPLE_EXIT_SUCCESS;
  while (!status && !code && !t->time_is_up) {
    if (t->step == t->task.steps || t->epoch == 0) { /* on to the next epoch */
      if (t->epoch == epochs) break;
      t->epoch++;
      t->step = 0;
    }
    status = train_epoch(t);
    int interrupted = example_signal() != 0 || is_stopped(t);
    if (!status && (!interrupted || t->step == t->task.steps)) status = end_epoch(t);
    int last = interrupted || t->time_is_up || t->epoch == epochs;
    int good = t->event.high_losses == 0; /* else the one before is, that this would replace */
    if (!status) code = checkpoint(t, last || (good && every > 0 && t->epoch % every == 0));
    if (interrupted) break;
  }
  example_progress_clear(&t->progress);
  return status ? example_training_failed(t, status) : code;
}

/* --- after ----------------------------------------------------------------------------------------------------------- */

/* Training is over: the averages stay in. */
static int keep_averages(struct example_trainer *t) {
  thalnet_status status = example_swap_averages(t);
  return status ? example_library_failed(t->settings->program, status) : EXAMPLE_EXIT_SUCCESS;
}

static int save(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  if (!s->out) return EXAMPLE_EXIT_SUCCESS;
  thalnet_status status = t->task.load_routing(t->task.context, t->evaluation);
  if (status) return example_library_failed(s->program, status);
  return example_save(s->program, s->out, t->net, t->evaluation, s->quiet) ? EXAMPLE_EXIT_FAILURE
                                                                           : EXAMPLE_EXIT_SUCCESS;
}

/* The test data are looked at once, here. */
static int report(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  thalnet_status status = THALNET_OK;
  if (s->load) status = t->task.evaluate(t->task.context, EXAMPLE_VALIDATION, &t->validation);
  if (!status && (s->load || t->task.measure_train))
    status = t->task.evaluate(t->task.context, EXAMPLE_TRAIN, &t->train);
  if (!status && !s->no_test) status = t->task.evaluate(t->task.context, EXAMPLE_TEST, &t->test);
  if (!status && !s->no_test && !s->quiet) printf("test %.4f\n", t->test);
  if (!status && !s->quiet) status = t->task.load_routing(t->task.context, t->evaluation);
  if (!status && !s->quiet) status = example_print_routing(stdout, t->net, t->evaluation, THALNET_ROUTING_WEIGHT);
  return status ? example_library_failed(s->program, status) : EXAMPLE_EXIT_SUCCESS;
}

/* Training ended before its time; the network is saved as it is. */
static int leave(struct example_trainer *t) {
  if (example_signal())
    printf("interrupted: the test was not reached\n");
  else
    printf("stopped after %ld steps: the test was not reached\n", t->settings->stop_after);
  int code = keep_averages(t);
  if (!code) code = save(t);
  return code || !example_signal() ? code : EXAMPLE_EXIT_SIGNAL + example_signal();
}

static void print_result(const struct example_trainer *t) {
  const char *measure = t->task.scale->measure;
  printf("result ");
  if (!t->settings->no_test) printf("test_%s=%.4f ", measure, t->test);
  printf("validation_%s=%.4f train_%s=%.4f parameters=%zu", measure, t->validation, measure, t->train,
         thalnet_center_parameter_count(t->net));
  if (!t->settings->load)
    printf(" train_%s_per_second=%.0f", t->task.scale->unit, example_progress_speed(&t->progress));
  printf(" seconds=%.0f\n", example_seconds() - t->started);
}

int example_run(struct example_trainer *t) {
  int code = EXAMPLE_EXIT_SUCCESS;
  example_catch_signals();
  if (!t->settings->load) {
    example_progress_start(&t->progress, t->task.scale, (size_t)t->settings->epochs, t->task.steps, t->settings->quiet);
    if (t->settings->resume) code = example_checkpoint_load(t);
    if (t->settings->resume && !code) read_development(t);
    if (!code) code = open_curve(t);
    if (!code) code = train(t);
    int closed = close_curve(t);
    if (!code) code = closed;
    if (!code && (example_signal() || is_stopped(t))) return leave(t);
  }
  if (!code) code = keep_averages(t);
  if (!code) code = report(t);
  if (!code) code = save(t);
  if (!code && t->task.finish) code = t->task.finish(t->task.context);
  if (!code) print_result(t);
  return code;
}

void example_trainer_free(struct example_trainer *t) {
  example_development_free(&t->development);
  thalnet_watch_free(t->watch);
  thalnet_optimizer_free(t->optimizer); /* in any order */
  thalnet_state_free(t->state);
  thalnet_batch_free(t->evaluation);
  thalnet_batch_free(t->training);
  thalnet_center_free(t->net);
}
