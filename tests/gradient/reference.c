/* SPDX-License-Identifier: MIT */
#include "gradient/reference.h"

#include <math.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/masks.h"
#include "gradient/reference_model.h"

typedef struct tally {
  double loss_sum[OUTPUTS_MAX], weight_sum[OUTPUTS_MAX], host;
} tally;

/* Of the target (1 - smoothing) one-hot + smoothing / size. */
static double cross_entropy(const double *y, size_t size, size_t label, double smoothing) {
  double largest = y[0], sum = 0, loss = 0;
  for (size_t i = 1; i < size; i++) largest = y[i] > largest ? y[i] : largest;
  for (size_t i = 0; i < size; i++) sum += exp(y[i] - largest);
  for (size_t i = 0; i < size; i++) {
    double target = (i == label ? 1 - smoothing : 0) + smoothing / (double)size;
    loss += target * (largest + log(sum) - y[i]);
  }
  return loss;
}

static double squared_error(const double *y, const double *target, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; i++) sum += (y[i] - target[i]) * (y[i] - target[i]);
  return sum / (double)size;
}

static void output_values(const problem *p, const model *m, size_t output, double *y) {
  size_t size = p->spec.output[output].size;
  memcpy(y, m->values + m->output_bias[output], size * sizeof(double));
  for (size_t i = 0; i < p->spec.modules; i++) {
    if (!(p->spec.module[i].outputs >> output & 1)) continue;
    size_t features = m->module[i].features;
    const double *weight = m->values + m->module[i].output_weight[output];
    for (size_t j = 0; j < size; j++) {
      for (size_t k = 0; k < features; k++) y[j] += weight[j * features + k] * m->seen[m->module[i].offset + k];
    }
  }
}

static void add_item(const problem *p, const model *m, size_t output, size_t item, tally *to) {
  const output_spec *spec = &p->spec.output[output];
  const output_data *data = &p->output[output];
  double y[8];
  ck_assert_uint_le(spec->size, 8);
  output_values(p, m, output, y);
  if (problem_counts(p, output, item)) {
    double weight = data->weights ? data->weights[item] : 1;
    double loss = data->labels ? cross_entropy(y, spec->size, (size_t)data->labels[item], p->spec.smoothing[output])
                               : squared_error(y, data->targets + item * spec->size, spec->size);
    to->loss_sum[output] += weight * loss;
    to->weight_sum[output] += weight;
  }
  for (size_t j = 0; data->coefficients && j < spec->size; j++) {
    to->host += data->coefficients[item * spec->size + j] * (y[j] + y[j] * y[j] / 2);
  }
}

static void frame_inputs(const problem *p, size_t sequence, size_t step, model *m) {
  for (size_t i = 0; i < p->spec.inputs; i++) {
    const input_spec *spec = &p->spec.input[i];
    size_t own = step / (size_t)spec->steps, frame = sequence * p->input_frames[i] + own;
    memset(m->input[i], 0, sizeof(m->input[i]));
    if (p->tokens[i] && p->tokens[i][frame] >= 0) m->input[i][p->tokens[i][frame]] = 1;
    if (p->input_count[i]) {
      memcpy(m->input[i], p->values + p->input_place[i] + frame * spec->size, spec->size * sizeof(double));
    }
    for (size_t k = 0; k < spec->size; k++) m->input[i][k] *= mask_input(p, sequence, i, own, k);
  }
}

static void run_sequence(const problem *p, size_t sequence, model *m, tally *to) {
  size_t steps = p->spec.steps;
  m->sequence = sequence;
  m->step = 0;
  const double *row = p->values + p->start_place + sequence * p->state_values;
  model_start(m, config_is_fresh(&p->spec, sequence) ? NULL : row);
  for (size_t step = 0; step < (size_t)p->lengths[sequence] * steps; step++) {
    if (step % steps == 0 && p->resets[sequence * p->spec.frames + step / steps]) model_start(m, NULL);
    frame_inputs(p, sequence, step, m);
    model_step(m);
    for (size_t i = 0; i < p->spec.outputs; i++) {
      size_t every = (size_t)p->spec.output[i].steps;
      if (p->spec.output[i].final || (step + 1) % every) continue;
      add_item(p, m, i, sequence * p->output[i].frames + step / every, to);
    }
  }
  memset(m->input, 0, sizeof(m->input));
  for (int i = 0; i < p->spec.settle; i++) model_step(m);
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (p->spec.output[i].final) add_item(p, m, i, sequence, to);
  }
}

double reference_loss(const problem *p, double *margin) {
  model m;
  tally to = {{0}, {0}, 0};
  model_create(&m, p);
  for (size_t s = 0; s < p->spec.sequences; s++) run_sequence(p, s, &m, &to);
  *margin = m.margin;
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (to.weight_sum[i] > 0) to.host += p->spec.output[i].weight * (to.loss_sum[i] / to.weight_sum[i]);
  }
  return to.host;
}
