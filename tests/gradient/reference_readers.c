/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "gradient/reference_model.h"

static double softplus(double x) { return x > 30 ? x : log1p(exp(x)); }

/* What a module reads: the center, or the center without its own features. */
static size_t values_read(const model *m, size_t i, double *read) {
  size_t count = 0;
  for (size_t k = 0; k < m->features; k++) {
    int own = k >= m->module[i].offset && k < m->module[i].offset + m->module[i].features;
    if (!own || !m->problem->spec.module[i].skip_own) read[count++] = m->seen[k];
  }
  return count;
}

/* weights[k] for the p values k that are read, of context value j. */
static void softmax_weights(const model *m, size_t i, size_t j, size_t p, double *weights) {
  const model_module *module = &m->module[i];
  size_t f = module->features;
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

static void gaussian_weights(const model *m, size_t i, size_t j, size_t p, int normalize, double *weights) {
  double unit = (double)p / (double)m->problem->spec.module[i].context, sum = 0;
  double mean = unit * own_features(m, i, 0, 1, j);
  double variance = unit * unit * softplus(own_features(m, i, 2, 3, j)) + 0.25;
  double nearest = fmin(fmax(round(mean), 1), (double)p) - mean;
  double largest = normalize ? -nearest * nearest / (2 * variance) : 0; /* keeps the sum away from 0 */
  for (size_t k = 0; k < p; k++) {
    double away = (double)k + 1 - mean;
    double exponent = fmax(-away * away / (2 * variance), normalize ? -INFINITY : -80);
    sum += weights[k] = exp(exponent - largest) / sqrt(2 * 3.14159265358979323846 * variance);
  }
  for (size_t k = 0; k < p && normalize; k++) weights[k] /= sum;
}

static void static_weights(const model *m, size_t i, size_t j, size_t p, double *weights) {
  const module_spec *spec = &m->problem->spec.module[i];
  const double *w = m->values + m->module[i].reader[0];
  double scale = 1, sum = 0;
  if (spec->reader == READER_WEIGHT_NORM) {
    for (size_t k = 0; k < spec->context * p; k++) sum += w[k] * w[k];
    scale = m->values[m->module[i].reader[1]] / sqrt(sum);
  }
  for (size_t k = 0; k < p; k++) weights[k] = scale * w[j * p + k];
}

void model_read(const model *m, size_t i, double *context) {
  const module_spec *spec = &m->problem->spec.module[i];
  double weights[CENTER_MAX], read[CENTER_MAX];
  size_t p = values_read(m, i, read);
  for (size_t j = 0; j < spec->context; j++) {
    if (spec->reader == READER_SOFTMAX)
      softmax_weights(m, i, j, p, weights);
    else if (spec->reader == READER_GAUSSIAN)
      gaussian_weights(m, i, j, p, 0, weights);
    else if (spec->reader == READER_GAUSSIAN_NORMALIZED)
      gaussian_weights(m, i, j, p, 1, weights);
    else
      static_weights(m, i, j, p, weights);
    context[j] = 0;
    for (size_t k = 0; k < p; k++) context[j] += weights[k] * read[k];
  }
}
