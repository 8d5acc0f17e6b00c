/* SPDX-License-Identifier: MIT */
/* The loss and its gradient by the library, as functions of the problem's values. */
#include <stdlib.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/problem.h"

static void set_outputs(const problem *p, thalnet_batch *batch) {
  for (size_t i = 0; i < p->spec.outputs; i++) {
    const output_spec *spec = &p->spec.output[i];
    const output_data *data = &p->output[i];
    size_t values = data->items * spec->size;
    int32_t output = (int32_t)i;
    if (data->labels && spec->final) CALL(thalnet_batch_set_final_labels(batch, output, data->labels, data->items));
    if (data->labels && !spec->final) CALL(thalnet_batch_set_labels(batch, output, data->labels, data->items));
    if (data->targets && spec->final) CALL(thalnet_batch_set_final_targets(batch, output, data->targets, values));
    if (data->targets && !spec->final) CALL(thalnet_batch_set_targets(batch, output, data->targets, values));
    if (!data->labels && !data->targets && spec->final) CALL(thalnet_batch_set_final(batch, output));
    if (data->labels) CALL(thalnet_batch_set_label_smoothing(batch, output, p->spec.smoothing[i]));
    if (data->weights) CALL(thalnet_batch_set_weights(batch, output, data->weights, data->items));
  }
}

static void set_contents(const problem *p, thalnet_batch *batch) {
  size_t frames = p->spec.sequences * p->spec.frames;
  CALL(thalnet_batch_begin(batch, p->spec.sequences, p->spec.frames));
  if (p->spec.lengths) CALL(thalnet_batch_set_lengths(batch, p->lengths, p->spec.sequences));
  if (p->spec.resets) CALL(thalnet_batch_set_resets(batch, p->resets, frames));
  for (size_t i = 0; i < p->spec.inputs; i++) {
    size_t count = p->spec.sequences * p->input_frames[i];
    if (p->tokens[i]) CALL(thalnet_batch_set_tokens(batch, (int32_t)i, p->tokens[i], count));
    if (p->spec.variational)
      CALL(thalnet_batch_set_variational_input_dropout(batch, (int32_t)i, p->spec.dropout));
    else
      CALL(thalnet_batch_set_input_dropout(batch, (int32_t)i, p->spec.dropout));
  }
  thalnet_dropout_options drop = THALNET_DROPOUT_OPTIONS_INIT;
  drop.contexts = p->spec.drop.contexts;
  drop.features = p->spec.drop.features;
  drop.modules = p->spec.drop.modules;
  drop.every_step = p->spec.drop.every_step;
  CALL(thalnet_batch_set_dropout(batch, &drop));
  set_outputs(p, batch);
}

static void set_inputs(const problem *p, thalnet_batch *batch) {
  for (size_t i = 0; i < p->spec.inputs; i++) {
    if (p->input_count[i] == 0) continue;
    CALL(thalnet_batch_set_inputs(batch, (int32_t)i, p->values + p->input_place[i], p->input_count[i]));
  }
}

thalnet_state *problem_begin(const problem *p) {
  if (p->spec.begin == 2) return NULL;
  for (size_t s = 0; s < p->spec.sequences; s++) {
    const double *row = p->values + p->start_place + s * p->state_values;
    CALL(thalnet_state_write(p->state, s, row, p->state_values));
    if (config_is_fresh(&p->spec, s)) CALL(thalnet_state_reset(p->state, &s, 1));
  }
  return p->state;
}

void problem_set(const problem *p, int sections) {
  if (sections == SECTION_ALL) {
    set_contents(p, p->training);
    set_contents(p, p->evaluation);
  }
  if (sections & SECTION_PARAMETERS) CALL(thalnet_center_write(p->net, NULL, p->values, p->parameters));
  if (sections & SECTION_INPUTS) {
    set_inputs(p, p->training);
    set_inputs(p, p->evaluation);
  }
}

/* The test's own loss c (y + y^2 / 2) of one output; with gradient also its derivative c (1 + y). */
static double host_loss(const problem *p, thalnet_batch *batch, size_t output, int write_gradient) {
  const double *c = p->output[output].coefficients;
  size_t count = p->output[output].items * p->spec.output[output].size;
  int final = p->spec.output[output].final;
  double loss = 0, *y = malloc(count * sizeof(double));
  ck_assert_ptr_nonnull(y);
  if (final)
    CALL(thalnet_batch_read_final_output(batch, (int32_t)output, y, count));
  else
    CALL(thalnet_batch_read_output(batch, (int32_t)output, y, count));
  for (size_t k = 0; k < count; k++) {
    loss += c[k] * (y[k] + y[k] * y[k] / 2);
    y[k] = c[k] * (1 + y[k]);
  }
  if (write_gradient && final) CALL(thalnet_batch_write_final_output_gradient(batch, (int32_t)output, y, count));
  if (write_gradient && !final) CALL(thalnet_batch_write_output_gradient(batch, (int32_t)output, y, count));
  free(y);
  return loss;
}

static double losses(const problem *p, thalnet_batch *batch, int write_gradient) {
  double loss = 0;
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (p->output[i].labels || p->output[i].targets) {
      thalnet_measure measure = THALNET_MEASURE_INIT;
      CALL(thalnet_batch_measure(batch, (int32_t)i, &measure));
      if (measure.weight_sum > 0) loss += p->spec.output[i].weight * (measure.loss_sum / measure.weight_sum);
    }
    if (p->output[i].coefficients) loss += host_loss(p, batch, i, write_gradient);
  }
  return loss;
}

double problem_loss(const problem *p) {
  thalnet_state *state = problem_begin(p);
  if (config_draws(&p->spec)) {
    CALL(thalnet_forward_backward(p->net, p->training, state));
    return losses(p, p->training, 0);
  }
  CALL(thalnet_forward(p->net, p->evaluation, state));
  return losses(p, p->evaluation, 0);
}

double problem_gradient(const problem *p, double *gradient) {
  double loss, *start = gradient + p->start_place;
  thalnet_state *state = problem_begin(p);
  CALL(thalnet_center_clear_gradients(p->net));
  if (p->spec.separate) {
    CALL(thalnet_forward(p->net, p->training, state));
    loss = losses(p, p->training, 1);
    CALL(thalnet_backward(p->net, p->training));
  } else {
    CALL(thalnet_forward_backward(p->net, p->training, state));
    loss = losses(p, p->training, 0);
  }
  CALL(thalnet_center_read_gradient(p->net, NULL, gradient, p->parameters));
  for (size_t i = 0; i < p->spec.inputs; i++) {
    double *at = gradient + p->input_place[i];
    if (p->input_count[i]) CALL(thalnet_batch_read_input_gradient(p->training, (int32_t)i, at, p->input_count[i]));
  }
  CALL(thalnet_batch_read_state_gradient(p->training, start, p->spec.sequences * p->state_values));
  for (size_t i = 0; i < p->spec.sequences * p->state_values; i++)
    if (config_is_fresh(&p->spec, i / p->state_values)) start[i] = 0; /* the loss does not depend on these values */
  return loss;
}
