/* SPDX-License-Identifier: MIT */
#include "gradient/reference_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gradient/check_call.h"
#include "gradient/masks.h"

/* All that it does not leave out. */
static void find_columns(model *m, size_t i) {
  const problem *p = m->problem;
  for (size_t j = 0; j < p->spec.modules; j++) {
    if (j == i && p->spec.module[i].skip_own) continue;
    for (size_t k = 0; k < m->module[j].features; k++) {
      model_part *part = &m->module[i].part[config_part(&p->spec, i, j, k)];
      part->columns[part->count++] = m->module[j].offset + k;
    }
  }
}

static void find_reader(model_module *to, const problem *p, size_t i) {
  static const char *const names[READERS][4] = {
      {NULL},
      {"weight"},
      {"weight", "scale"},
      {"weight", "bias"},
      {"mean_weight", "mean_bias", "variance_weight", "variance_bias"},
      {"mean_weight", "mean_bias", "variance_weight", "variance_bias"},
  };
  char prefix[64];
  to->parts = config_parts(&p->spec, i);
  for (size_t k = 0; k < to->parts; k++) {
    snprintf(prefix, sizeof(prefix), k == 0 ? "modules.%zu.reader" : "modules.%zu.reader.parts.%zu", i, k);
    for (size_t j = 0; j < 4 && names[p->spec.module[i].reader][j]; j++) {
      to->part[k].tensor[j] = problem_tensor(p, "%s.%s", prefix, names[p->spec.module[i].reader][j]);
    }
    if (k > 0) to->part[k].gate = problem_tensor(p, "%s.gate", prefix);
  }
}

static void find_layers(model_module *to, const problem *p, size_t i) {
  for (size_t j = 0; j < p->spec.module[i].layers; j++) {
    int dense = p->spec.module[i].layer[j].kind == LAYER_DENSE;
    model_layer *layer = &to->layer[j];
    layer->weight_ih = problem_tensor(p, "modules.%zu.layers.%zu.%s", i, j, dense ? "weight" : "weight_ih");
    layer->bias_ih = problem_tensor(p, "modules.%zu.layers.%zu.%s", i, j, dense ? "bias" : "bias_ih");
    layer->norm = p->spec.module[i].layer[j].norm;
    if (layer->norm) layer->norm_ih = problem_tensor(p, "modules.%zu.layers.%zu.%s", i, j, dense ? "norm" : "norm_ih");
    if (layer->norm && !dense) layer->norm_hh = problem_tensor(p, "modules.%zu.layers.%zu.norm_hh", i, j);
    if (layer->norm && p->spec.module[i].layer[j].kind == LAYER_LSTM) {
      layer->norm_cell = problem_tensor(p, "modules.%zu.layers.%zu.norm_cell", i, j);
      layer->bias_cell = problem_tensor(p, "modules.%zu.layers.%zu.bias_cell", i, j);
    }
    if (dense) continue;
    layer->weight_hh = problem_tensor(p, "modules.%zu.layers.%zu.weight_hh", i, j);
    layer->bias_hh = problem_tensor(p, "modules.%zu.layers.%zu.bias_hh", i, j);
  }
}

void model_create(model *m, const problem *p) {
  memset(m, 0, sizeof(*m));
  m->problem = p;
  m->values = p->values;
  m->margin = INFINITY;
  for (size_t i = 0; i < p->spec.modules; i++) {
    const module_spec *spec = &p->spec.module[i];
    model_module *to = &m->module[i];
    to->features = spec->layer[spec->layers - 1].units;
    to->offset = m->features;
    m->features += to->features;
    find_reader(to, p, i);
    find_layers(to, p, i);
    for (size_t o = 0; o < p->spec.outputs; o++) {
      if (spec->outputs >> o & 1) to->output_weight[o] = problem_tensor(p, "modules.%zu.outputs.%zu.weight", i, o);
    }
  }
  for (size_t i = 0; i < p->spec.modules; i++) find_columns(m, i);
  for (size_t o = 0; o < p->spec.outputs; o++) m->output_bias[o] = problem_tensor(p, "outputs.%zu.bias", o);
  if (!p->spec.learned_start) return;
  size_t own = p->state_values - m->features;
  memcpy(m->start, p->values + problem_tensor(p, "center.start"), m->features * sizeof(double));
  if (own == 0) return;
  memcpy(m->start + m->features, p->values + problem_tensor(p, "center.own_start"), own * sizeof(double));
}

/* What is seen of module i's slice of the center after so many steps. */
static void see_module(model *m, size_t i, size_t step) {
  size_t offset = m->module[i].offset;
  for (size_t j = 0; j < m->module[i].features; j++) {
    m->seen[offset + j] = m->center[offset + j] * mask_feature(m->problem, m->sequence, i, j, step);
  }
}

static void see(model *m) {
  for (size_t i = 0; i < m->problem->spec.modules; i++) see_module(m, i, m->step);
}

/* A row: the center, then the layers' own memory in order. A recurrent last layer has its hidden state in the
 * center. */
void model_start(model *m, const double *row) {
  if (row == NULL) row = m->start;
  const double *own = row + m->features;
  memset(m->center, 0, sizeof(m->center));
  memcpy(m->center, row, m->features * sizeof(double));
  for (size_t i = 0; i < m->problem->spec.modules; i++) {
    const module_spec *spec = &m->problem->spec.module[i];
    for (size_t j = 0; j < spec->layers; j++) {
      model_layer *layer = &m->module[i].layer[j];
      size_t units = spec->layer[j].units;
      int last = j + 1 == spec->layers, kind = spec->layer[j].kind;
      for (size_t k = 0; k < units && kind != LAYER_DENSE; k++) {
        if (last)
          layer->hidden[k] = m->center[m->module[i].offset + k];
        else
          layer->hidden[k] = own[k];
      }
      if (kind != LAYER_DENSE && !last) own += units;
      for (size_t k = 0; k < units && kind == LAYER_LSTM; k++) layer->cell[k] = own[k];
      if (kind == LAYER_LSTM) own += units;
    }
  }
  ck_assert_ptr_eq(own, row + m->problem->state_values);
  see(m);
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* a = g (a - mean) / sqrt(variance + 1e-5), the variance divided by n. Numbers that are almost equal, but not because all are
 * zero, are as bad for differences as a kink. */
static void normalize(model *m, size_t gain, size_t n, double *a) {
  double mean = 0, variance = 0;
  for (size_t j = 0; j < n; j++) mean += a[j] / (double)n;
  for (size_t j = 0; j < n; j++) variance += (a[j] - mean) * (a[j] - mean) / (double)n;
  for (size_t j = 0; j < n; j++) a[j] = m->values[gain + j] * (a[j] - mean) / sqrt(variance + 1e-5);
  if (variance > 0) m->margin = fmin(m->margin, sqrt(variance) / 20);
}

/* W_ih u + b_ih of one gate, or with layer norm LN(W_ih u) + b_ih. */
static void gate_ih(model *m, const model_layer *layer, size_t gate, size_t n, const double *u, size_t columns,
                    double *a) {
  for (size_t j = 0; j < n; j++) {
    const double *weight = m->values + layer->weight_ih + (gate * n + j) * columns;
    a[j] = 0;
    for (size_t k = 0; k < columns; k++) a[j] += weight[k] * u[k];
  }
  if (layer->norm) normalize(m, layer->norm_ih + gate * n, n, a);
  for (size_t j = 0; j < n; j++) a[j] += m->values[layer->bias_ih + gate * n + j];
}

/* The same with h. */
static void gate_hh(model *m, const model_layer *layer, size_t gate, size_t n, const double *h, double *a) {
  for (size_t j = 0; j < n; j++) {
    const double *weight = m->values + layer->weight_hh + (gate * n + j) * n;
    a[j] = 0;
    for (size_t k = 0; k < n; k++) a[j] += weight[k] * h[k];
  }
  if (layer->norm) normalize(m, layer->norm_hh + gate * n, n, a);
  for (size_t j = 0; j < n; j++) a[j] += m->values[layer->bias_hh + gate * n + j];
}

/* What zoneout makes of new values of module i's layer j. */
static void zone_out(const model *m, size_t i, size_t j, int cell, const double *before, double *values) {
  for (size_t k = 0; k < m->problem->spec.module[i].layer[j].units; k++) {
    double kept = mask_zoneout(m->problem, m->sequence, i, j, cell, k, m->step);
    values[k] = kept * before[k] + (1 - kept) * values[k];
  }
}

static void gru(model *m, const model_layer *layer, int before, size_t n, const double *u, size_t columns, double *y) {
  double ih[3][UNITS_MAX], hh[3][UNITS_MAX], r[UNITS_MAX], rh[UNITS_MAX];
  for (size_t g = 0; g < 3; g++) gate_ih(m, layer, g, n, u, columns, ih[g]);
  for (size_t g = 0; g < 3; g++) gate_hh(m, layer, g, n, layer->hidden, hh[g]);
  for (size_t j = 0; j < n; j++) {
    r[j] = sigmoid(ih[0][j] + hh[0][j]);
    rh[j] = r[j] * layer->hidden[j];
  }
  if (before) gate_hh(m, layer, 2, n, rh, hh[2]);
  for (size_t j = 0; j < n; j++) {
    double z = sigmoid(ih[1][j] + hh[1][j]);
    double candidate = tanh(ih[2][j] + (before ? hh[2][j] : r[j] * hh[2][j]));
    y[j] = (1 - z) * candidate + z * layer->hidden[j];
  }
}

static void lstm(model *m, const model_layer *layer, size_t n, const double *u, size_t columns, double *cell,
                 double *y) {
  double ih[4][UNITS_MAX], hh[4][UNITS_MAX], shown[UNITS_MAX];
  for (size_t g = 0; g < 4; g++) gate_ih(m, layer, g, n, u, columns, ih[g]);
  for (size_t g = 0; g < 4; g++) gate_hh(m, layer, g, n, layer->hidden, hh[g]);
  for (size_t j = 0; j < n; j++) {
    cell[j] = sigmoid(ih[1][j] + hh[1][j]) * layer->cell[j] + sigmoid(ih[0][j] + hh[0][j]) * tanh(ih[2][j] + hh[2][j]);
    shown[j] = cell[j];
  }
  if (layer->norm) {
    normalize(m, layer->norm_cell, n, shown);
    for (size_t j = 0; j < n; j++) shown[j] += m->values[layer->bias_cell + j];
  }
  for (size_t j = 0; j < n; j++) y[j] = sigmoid(ih[3][j] + hh[3][j]) * tanh(shown[j]);
}

/* A recurrent layer's step, with its memory. */
static void recurrent(model *m, size_t i, size_t j, const double *u, size_t columns, double *y) {
  const layer_spec *layer = &m->problem->spec.module[i].layer[j];
  model_layer *own = &m->module[i].layer[j];
  double cell[UNITS_MAX];
  size_t n = layer->units;
  if (layer->kind == LAYER_GRU) gru(m, own, layer->option == THALNET_RESET_BEFORE, n, u, columns, y);
  if (layer->kind == LAYER_LSTM) {
    lstm(m, own, n, u, columns, cell, y);
    zone_out(m, i, j, 1, own->cell, cell);
    memcpy(own->cell, cell, n * sizeof(double));
  }
  zone_out(m, i, j, 0, own->hidden, y);
  memcpy(own->hidden, y, n * sizeof(double));
}

static void dense(model *m, const model_layer *layer, int activation, size_t n, const double *u, size_t columns,
                  double *y) {
  double a[UNITS_MAX];
  gate_ih(m, layer, 0, n, u, columns, a);
  for (size_t j = 0; j < n; j++) {
    if (activation == THALNET_RELU) m->margin = fmin(m->margin, fabs(a[j]));
    y[j] = activation == THALNET_RELU      ? (a[j] < 0 ? 0 : a[j])
           : activation == THALNET_TANH    ? tanh(a[j])
           : activation == THALNET_SIGMOID ? sigmoid(a[j])
                                           : a[j];
  }
}

static void run_module(model *m, size_t i, double *features) {
  const problem *p = m->problem;
  const module_spec *spec = &p->spec.module[i];
  double u[COLUMNS_MAX], y[UNITS_MAX];
  size_t columns = 0;
  for (size_t k = 0; k < p->spec.inputs; k++) {
    if (!(spec->inputs >> k & 1)) continue;
    memcpy(u + columns, m->input[k], p->spec.input[k].size * sizeof(double));
    columns += p->spec.input[k].size;
  }
  model_read(m, i, u + columns);
  for (size_t k = 0; k < spec->context; k++) u[columns + k] *= mask_context(p, m->sequence, i, k, m->step);
  columns += spec->context;
  for (size_t j = 0; j < spec->layers; j++) {
    const layer_spec *layer = &spec->layer[j];
    if (layer->kind == LAYER_DENSE) dense(m, &m->module[i].layer[j], layer->option, layer->units, u, columns, y);
    if (layer->kind != LAYER_DENSE) recurrent(m, i, j, u, columns, y);
    columns = layer->units;
    memcpy(u, y, columns * sizeof(double));
  }
  memcpy(features, y, m->module[i].features * sizeof(double));
}

void model_step(model *m) {
  double next[CENTER_MAX] = {0};
  for (size_t i = 0; i < m->problem->spec.modules; i++) {
    double *features = next + m->module[i].offset;
    run_module(m, i, features);
    if (!m->problem->spec.in_order) continue;
    memcpy(m->center + m->module[i].offset, features, m->module[i].features * sizeof(double));
    see_module(m, i, m->step + 1);
  }
  memcpy(m->center, next, sizeof(next));
  m->step++;
  see(m);
}
