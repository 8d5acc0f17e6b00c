/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "gradient/reference_model.h"

static double softplus(double x) { return x > 30 ? x : log1p(exp(x)); }

/* weights[k] for the center's values k, of context value j. */
static void softmax_weights(const model *m, size_t i, size_t j, double *weights) {
  const model_module *module = &m->module[i];
  size_t p = m->features, f = module->features;
  double sum = 0;
  for (size_t k = 0; k < p; k++) {
    const double *v = m->values + module->reader[0] + (j * p + k) * f;
    double logit = m->values[module->reader[1] + j * p + k];
    for (size_t l = 0; l < f; l++) logit += v[l] * m->center[module->offset + l];
    sum += weights[k] = exp(logit);
  }
  for (size_t k = 0; k < p; k++) weights[k] /= sum;
}

static double own_features(const model *m, size_t i, size_t weight, size_t bias, size_t j) {
  const model_module *module = &m->module[i];
  double sum = m->values[module->reader[bias] + j];
  for (size_t l = 0; l < module->features; l++) {
    sum += m->values[module->reader[weight] + j * module->features + l] * m->center[module->offset + l];
  }
  return sum;
}

static void gaussian_weights(const model *m, size_t i, size_t j, int normalize, double *weights) {
  double unit = (double)m->features / (double)m->problem->spec.module[i].context, sum = 0;
  double mean = unit * own_features(m, i, 0, 1, j);
  double variance = unit * unit * softplus(own_features(m, i, 2, 3, j)) + 0.25;
  double nearest = fmin(fmax(round(mean), 1), (double)m->features) - mean;
  double largest = normalize ? -nearest * nearest / (2 * variance) : 0; /* keeps the sum away from 0 */
  for (size_t k = 0; k < m->features; k++) {
    double away = (double)k + 1 - mean;
    double exponent = fmax(-away * away / (2 * variance), normalize ? -INFINITY : -80);
    sum += weights[k] = exp(exponent - largest) / sqrt(2 * 3.14159265358979323846 * variance);
  }
  for (size_t k = 0; k < m->features && normalize; k++) weights[k] /= sum;
}

static void static_weights(const model *m, size_t i, size_t j, double *weights) {
  const module_spec *spec = &m->problem->spec.module[i];
  const double *w = m->values + m->module[i].reader[0];
  double scale = 1, sum = 0;
  if (spec->reader == READER_WEIGHT_NORM) {
    for (size_t k = 0; k < spec->context * m->features; k++) sum += w[k] * w[k];
    scale = m->values[m->module[i].reader[1]] / sqrt(sum);
  }
  for (size_t k = 0; k < m->features; k++) weights[k] = scale * w[j * m->features + k];
}

void model_read(const model *m, size_t i, double *context) {
  const module_spec *spec = &m->problem->spec.module[i];
  double weights[CENTER_MAX];
  for (size_t j = 0; j < spec->context; j++) {
    if (spec->reader == READER_SOFTMAX)
      softmax_weights(m, i, j, weights);
    else if (spec->reader == READER_GAUSSIAN)
      gaussian_weights(m, i, j, 0, weights);
    else if (spec->reader == READER_GAUSSIAN_NORMALIZED)
      gaussian_weights(m, i, j, 1, weights);
    else
      static_weights(m, i, j, weights);
    context[j] = 0;
    for (size_t k = 0; k < m->features; k++) context[j] += weights[k] * m->center[k];
  }
}
