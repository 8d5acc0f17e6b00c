/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "gradient/reference_model.h"

static double softplus(double x) { return x > 30 ? x : log1p(exp(x)); }

/* Weights of the values that a part of module i's reader reads, of context value j. */
static void softmax_weights(const model *m, size_t i, const model_part *part, size_t j, double *weights) {
  const model_module *module = &m->module[i];
  size_t f = module->features, p = part->count;
  double sum = 0;
  for (size_t k = 0; k < p; k++) {
    const double *v = m->values + part->tensor[0] + (j * p + k) * f;
    double logit = m->values[part->tensor[1] + j * p + k];
    for (size_t l = 0; l < f; l++) logit += v[l] * m->center[module->offset + l];
    sum += weights[k] = exp(logit);
  }
  for (size_t k = 0; k < p; k++) weights[k] /= sum;
}

static double own_features(const model *m, size_t i, size_t weight, size_t bias, size_t j) {
  const model_module *module = &m->module[i];
  double sum = m->values[bias + j];
  for (size_t l = 0; l < module->features; l++) {
    sum += m->values[weight + j * module->features + l] * m->center[module->offset + l];
  }
  return sum;
}

static void gaussian_weights(const model *m, size_t i, const model_part *part, size_t j, int normalize,
                             double *weights) {
  const size_t *tensor = part->tensor, p = part->count;
  double unit = (double)p / (double)m->problem->spec.module[i].context, sum = 0;
  double mean = unit * own_features(m, i, tensor[0], tensor[1], j);
  double variance = unit * unit * softplus(own_features(m, i, tensor[2], tensor[3], j)) + 0.25;
  double nearest = fmin(fmax(round(mean), 1), (double)p) - mean;
  double largest = normalize ? -nearest * nearest / (2 * variance) : 0; /* keeps the sum away from 0 */
  for (size_t k = 0; k < p; k++) {
    double away = (double)k + 1 - mean;
    double exponent = fmax(-away * away / (2 * variance), normalize ? -INFINITY : -80);
    sum += weights[k] = exp(exponent - largest) / sqrt(2 * 3.14159265358979323846 * variance);
  }
  for (size_t k = 0; k < p && normalize; k++) weights[k] /= sum;
}

static void static_weights(const model *m, size_t i, const model_part *part, size_t j, double *weights) {
  const module_spec *spec = &m->problem->spec.module[i];
  const double *w = m->values + part->tensor[0];
  double scale = 1, sum = 0;
  if (spec->reader == READER_WEIGHT_NORM) {
    for (size_t k = 0; k < spec->context * part->count; k++) sum += w[k] * w[k];
    scale = m->values[part->tensor[1]] / sqrt(sum);
  }
  for (size_t k = 0; k < part->count; k++) weights[k] = scale * w[j * part->count + k];
}

static double read_part(const model *m, size_t i, const model_part *part, size_t j) {
  const int reader = m->problem->spec.module[i].reader;
  double weights[CENTER_MAX], sum = 0;
  if (reader == READER_SOFTMAX)
    softmax_weights(m, i, part, j, weights);
  else if (reader == READER_GAUSSIAN || reader == READER_GAUSSIAN_NORMALIZED)
    gaussian_weights(m, i, part, j, reader == READER_GAUSSIAN_NORMALIZED, weights);
  else
    static_weights(m, i, part, j, weights);
  for (size_t k = 0; k < part->count; k++) sum += weights[k] * m->seen[part->columns[k]];
  return sum;
}

void model_read(const model *m, size_t i, double *context) {
  const model_module *module = &m->module[i];
  for (size_t j = 0; j < m->problem->spec.module[i].context; j++) {
    context[j] = read_part(m, i, &module->part[0], j);
    for (size_t k = 1; k < module->parts; k++) {
      context[j] += m->values[module->part[k].gate + j] * read_part(m, i, &module->part[k], j);
    }
  }
}
