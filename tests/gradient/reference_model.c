/* SPDX-License-Identifier: MIT */
#include "gradient/reference_model.h"

#include <math.h>
#include <string.h>

#include "gradient/check_call.h"

static void find_reader(model_module *to, const problem *p, size_t i) {
  static const char *const names[READERS][4] = {
      {NULL},
      {"weight"},
      {"weight", "scale"},
      {"weight", "bias"},
      {"mean_weight", "mean_bias", "variance_weight", "variance_bias"},
      {"mean_weight", "mean_bias", "variance_weight", "variance_bias"},
  };
  for (size_t j = 0; j < 4 && names[p->spec.module[i].reader][j]; j++) {
    to->reader[j] = problem_tensor(p, "modules.%zu.reader.%s", i, names[p->spec.module[i].reader][j]);
  }
}

static void find_layers(model_module *to, const problem *p, size_t i) {
  for (size_t j = 0; j < p->spec.module[i].layers; j++) {
    int dense = p->spec.module[i].layer[j].kind == LAYER_DENSE;
    model_layer *layer = &to->layer[j];
    layer->weight_ih = problem_tensor(p, "modules.%zu.layers.%zu.%s", i, j, dense ? "weight" : "weight_ih");
    layer->bias_ih = problem_tensor(p, "modules.%zu.layers.%zu.%s", i, j, dense ? "bias" : "bias_ih");
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
  for (size_t o = 0; o < p->spec.outputs; o++) m->output_bias[o] = problem_tensor(p, "outputs.%zu.bias", o);
  if (!p->spec.learned_start) return;
  size_t own = p->state_values - m->features;
  memcpy(m->start, p->values + problem_tensor(p, "center.start"), m->features * sizeof(double));
  if (own == 0) return;
  memcpy(m->start + m->features, p->values + problem_tensor(p, "center.own_start"), own * sizeof(double));
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
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* W_ih u + b_ih of one row; with h also W_hh h + b_hh. */
static double row_ih(const model *m, const model_layer *layer, size_t row, const double *u, size_t columns) {
  double sum = m->values[layer->bias_ih + row];
  for (size_t k = 0; k < columns; k++) sum += m->values[layer->weight_ih + row * columns + k] * u[k];
  return sum;
}

static double row_hh(const model *m, const model_layer *layer, size_t row, const double *h, size_t units) {
  double sum = m->values[layer->bias_hh + row];
  for (size_t k = 0; k < units; k++) sum += m->values[layer->weight_hh + row * units + k] * h[k];
  return sum;
}

static void gru(const model *m, model_layer *layer, int before, size_t n, const double *u, size_t columns, double *y) {
  double r[UNITS_MAX], z[UNITS_MAX], rh[UNITS_MAX];
  for (size_t j = 0; j < n; j++) {
    r[j] = sigmoid(row_ih(m, layer, j, u, columns) + row_hh(m, layer, j, layer->hidden, n));
    z[j] = sigmoid(row_ih(m, layer, n + j, u, columns) + row_hh(m, layer, n + j, layer->hidden, n));
    rh[j] = r[j] * layer->hidden[j];
  }
  for (size_t j = 0; j < n; j++) {
    double hidden = row_hh(m, layer, 2 * n + j, before ? rh : layer->hidden, n);
    double candidate = tanh(row_ih(m, layer, 2 * n + j, u, columns) + (before ? hidden : r[j] * hidden));
    y[j] = (1 - z[j]) * candidate + z[j] * layer->hidden[j];
  }
  memcpy(layer->hidden, y, n * sizeof(double));
}

static void lstm(const model *m, model_layer *layer, size_t n, const double *u, size_t columns, double *y) {
  double gate[4];
  for (size_t j = 0; j < n; j++) {
    for (size_t g = 0; g < 4; g++) {
      gate[g] = row_ih(m, layer, g * n + j, u, columns) + row_hh(m, layer, g * n + j, layer->hidden, n);
    }
    layer->cell[j] = sigmoid(gate[1]) * layer->cell[j] + sigmoid(gate[0]) * tanh(gate[2]);
    y[j] = sigmoid(gate[3]) * tanh(layer->cell[j]);
  }
  memcpy(layer->hidden, y, n * sizeof(double));
}

static void dense(model *m, const model_layer *layer, int activation, size_t n, const double *u, size_t columns,
                  double *y) {
  for (size_t j = 0; j < n; j++) {
    double a = row_ih(m, layer, j, u, columns);
    if (activation == THALNET_RELU) m->margin = fmin(m->margin, fabs(a));
    y[j] = activation == THALNET_RELU      ? (a < 0 ? 0 : a)
           : activation == THALNET_TANH    ? tanh(a)
           : activation == THALNET_SIGMOID ? sigmoid(a)
                                           : a;
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
  columns += spec->context;
  for (size_t j = 0; j < spec->layers; j++) {
    const layer_spec *layer = &spec->layer[j];
    model_layer *own = &m->module[i].layer[j];
    if (layer->kind == LAYER_DENSE) dense(m, own, layer->option, layer->units, u, columns, y);
    if (layer->kind == LAYER_GRU) gru(m, own, layer->option == THALNET_RESET_BEFORE, layer->units, u, columns, y);
    if (layer->kind == LAYER_LSTM) lstm(m, own, layer->units, u, columns, y);
    columns = layer->units;
    memcpy(u, y, columns * sizeof(double));
  }
  memcpy(features, y, m->module[i].features * sizeof(double));
}

void model_step(model *m) {
  double next[CENTER_MAX] = {0};
  for (size_t i = 0; i < m->problem->spec.modules; i++) run_module(m, i, next + m->module[i].offset);
  memcpy(m->center, next, sizeof(next));
}
