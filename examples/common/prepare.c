/* SPDX-License-Identifier: MIT */
/* What a trainer needs before the first step: the network, batches, the optimizer. */
#include <math.h>
#include <stdio.h>

#include "system.h"
#include "trainer.h"

enum { WARMUP_STEPS = 200 };

int example_library_failed(const char *program, thalnet_status status) {
  example_complain(program, "%s", thalnet_error_text());
  if (status != THALNET_ERROR_NONFINITE) return EXAMPLE_EXIT_FAILURE;
  example_complain(program, "training diverged: a smaller --lr may help");
  return EXAMPLE_EXIT_NONFINITE;
}

/* --- before ---------------------------------------------------------------------------------------------------------- */

static int build(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  struct example_error error = {""};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = (int32_t)s->threads;
  if (s->load) {
    if (example_network_load(&t->network, &options, s->load, &t->net, &error)) {
      example_complain(s->program, "%s", error.text);
      return EXAMPLE_EXIT_USAGE;
    }
    if (!s->quiet) printf("network: %s, %zu parameters\n", s->load, thalnet_center_parameter_count(t->net));
    return EXAMPLE_EXIT_SUCCESS;
  }
  thalnet_status status = example_network_fit(&t->network);
  if (!status) status = example_network_build(&t->network, &options, (uint64_t)s->seed, &t->net);
  if (status) return example_library_failed(s->program, status);
  size_t parameters = thalnet_center_parameter_count(t->net);
  if (t->network.budget_given && parameters > (size_t)t->network.budget) {
    example_complain(s->program, "--budget %ld: the smallest network of this kind has %zu parameters",
                     t->network.budget, parameters);
    return EXAMPLE_EXIT_USAGE;
  }
  if (!s->quiet) example_network_print(&t->network, t->net);
  return EXAMPLE_EXIT_SUCCESS;
}

thalnet_status example_create_optimizer(struct example_trainer *t, uint64_t total_steps) {
  const struct example_settings *s = t->settings;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.rate = s->rate;
  options.clip_norm = s->clip;
  options.weight_decay = s->weight_decay;
  options.average = s->average;
  options.schedule = total_steps > 0 ? THALNET_SCHEDULE_COSINE : THALNET_SCHEDULE_CONSTANT;
  if (total_steps > 0) options.total_steps = total_steps;
  options.warmup_steps = total_steps == 0 || total_steps > 5 * WARMUP_STEPS ? WARMUP_STEPS : total_steps / 5;
  if (s->warmup >= 0) options.warmup_steps = (uint64_t)s->warmup;
  return thalnet_optimizer_create(t->net, s->weight_decay > 0.0 ? THALNET_ADAMW : THALNET_ADAM, &options,
                                  &t->optimizer);
}

/* All kinds of dropout. */
static thalnet_status set_dropout(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  const struct example_ports *ports = &t->network.ports;
  thalnet_dropout_options dropout = THALNET_DROPOUT_OPTIONS_INIT;
  thalnet_status status = THALNET_OK;
  for (size_t i = 0; i < ports->input_count && !status; i++) {
    if (s->variational_input_dropout > 0.0)
      status = thalnet_batch_set_variational_input_dropout(t->training, ports->inputs[i],
                                                           (float)s->variational_input_dropout);
    else
      status = thalnet_batch_set_input_dropout(t->training, ports->inputs[i], (float)s->input_dropout);
  }
  dropout.contexts = (float)s->context_dropout;
  dropout.features = (float)s->feature_dropout;
  dropout.modules = (float)s->module_dropout;
  return status ? status : thalnet_batch_set_dropout(t->training, &dropout);
}

thalnet_status example_create_batches(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  const struct example_ports *ports = &t->network.ports;
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  options.for_backward = 0; /* keeps no activations */
  thalnet_status status =
      thalnet_batch_create(t->net, t->task.evaluation_sequences, t->task.evaluation_frames, &options, &t->evaluation);
  if (status || s->load) return status; /* a loaded network is not trained */
  options.for_backward = 1;
  options.seed = (uint64_t)s->seed;
  status = thalnet_batch_create(t->net, t->task.sequences, t->task.frames, &options, &t->training);
  if (!status) status = set_dropout(t);
  for (size_t i = 0; i < ports->output_count && !status; i++)
    status = thalnet_batch_set_label_smoothing(t->training, ports->outputs[i], (float)s->smoothing);
  return status;
}

/* The memory of the training batch's sequences, where it is carried on. */
static thalnet_status create_state(struct example_trainer *t) {
  thalnet_state_options carried = THALNET_STATE_OPTIONS_INIT;
  carried.live = 0; /* batches advance it, not single frames */
  return t->task.carry ? thalnet_state_create(t->net, t->task.sequences, &carried, &t->state) : THALNET_OK;
}

/* A network that guesses gives every class the same share. */
static thalnet_status create_watch(struct example_trainer *t) {
  const struct example_ports *ports = &t->network.ports;
  thalnet_watch_options options = THALNET_WATCH_OPTIONS_INIT;
  for (size_t i = 0; i < ports->output_count; i++)
    options.guess_loss +=
        log((double)thalnet_center_output_size(t->net, ports->outputs[i])) / (double)ports->output_count;
  return thalnet_watch_create(&options, &t->watch);
}

void example_print_training(const struct example_settings *s) {
  printf("training: %s, rate %g, %s %ld, input dropout %g", s->weight_decay > 0.0 ? "AdamW" : "Adam", s->rate,
         s->batch_option, s->batch, s->input_dropout);
  if (s->weight_decay > 0.0) printf(", weight decay %g", s->weight_decay);
  if (s->smoothing > 0.0) printf(", label smoothing %g", s->smoothing);
  if (s->average > 0.0) printf(", weights averaged with %g", s->average);
  printf(", %ld epochs, seed %ld, %ld thread%s\n", s->epochs, s->seed, s->threads, s->threads == 1 ? "" : "s");
}

int example_prepare(struct example_trainer *t) {
  const struct example_settings *s = t->settings;
  t->event = (thalnet_watch_event)THALNET_WATCH_EVENT_INIT;
  /* The library's own threads each call BLAS. Not every BLAS can be told, and that is fine. */
  (void)thalnet_blas_set_threads(1);
  int code = build(t);
  if (code) return code;
  thalnet_status status = example_create_batches(t);
  if (!status && !s->load) status = create_state(t);
  if (!status && !s->load) status = create_watch(t);
  if (!status && !s->load) status = example_create_optimizer(t, (uint64_t)s->epochs * t->task.steps);
  if (status) return example_library_failed(s->program, status);
  if (!s->load && !s->quiet) example_print_training(s);
  return EXAMPLE_EXIT_SUCCESS;
}
