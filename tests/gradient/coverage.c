/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "gradient/config.h"

static const char *const reader_names[READERS] = {"none",    "linear",   "weight_norm",
                                                  "softmax", "gaussian", "gaussian_normalized"};
static const char *const activation_names[] = {"identity", "relu", "tanh", "sigmoid"};

static void layer_text(const module_spec *module, size_t j, char *text, size_t size) {
  const layer_spec *layer = &module->layer[j];
  const char *norm = layer->norm ? ":layer_norm" : "";
  if (layer->kind == LAYER_DENSE) {
    snprintf(text, size, "dense:%zu:%s%s", layer->units, activation_names[layer->option], norm);
  } else {
    const char *before = layer->kind == LAYER_GRU && layer->option == THALNET_RESET_BEFORE ? ":reset_before" : "";
    snprintf(text, size, "%s:%zu%s%s:%.2f:%.2f", layer->kind == LAYER_GRU ? "gru" : "lstm", layer->units, before, norm,
             module->zoneout[j], module->cell_zoneout[j]);
  }
}

#define APPEND(...) used += (size_t)snprintf(text + used, used < size ? size - used : 0, __VA_ARGS__)

void config_text(const config *spec, char *text, size_t size) {
  size_t used = 0;
  char layer[64];
  APPEND("%zu: T=%zu B=%zu p=%zu settle=%d in%zu out%zu con%zu%s%s%s%s%s%s begin=%d chunk=%d threads=%d;", spec->number,
         spec->frames, spec->sequences, spec->steps, spec->settle, spec->input_scheme, spec->output_scheme,
         spec->connections, spec->lengths ? " lengths" : "", spec->resets ? " resets" : "",
         spec->separate ? " separate" : "", config_has_dropout(spec) ? " dropout" : "",
         spec->learned_start ? " learned_start" : "", spec->in_order ? " in_order" : "", spec->begin, spec->chunk,
         spec->threads);
  for (size_t i = 0; i < spec->modules; i++) {
    APPEND(" [");
    for (size_t j = 0; j < spec->module[i].layers; j++) {
      layer_text(&spec->module[i], j, layer, sizeof(layer));
      APPEND("%s ", layer);
    }
    APPEND("%s:%zu%s]", reader_names[spec->module[i].reader], spec->module[i].context,
           spec->module[i].skip_own ? ":skip_own" : "");
    if (used >= size) return;
  }
}

enum { ROWS = 32, COLUMNS = 16 };
static const struct {
  const char *name;
  size_t first, last;
} rows[] = {
    {"stack of the first module", 0, 14},
    {"reader of the first module", 0, 5},
    {"frames", 1, 4},
    {"sequences", 1, 3},
    {"modules", 1, 4},
    {"steps per frame", 1, 3},
    {"settle steps", 0, 2},
    {"inputs", 0, 11},
    {"outputs", 0, 11},
    {"connections", 0, 2},
    {"lengths", 0, 1},
    {"resets", 0, 1},
    {"threads", 1, 2},
    {"chunk", 0, 2},
    {"calls (together, separate)", 0, 1},
    {"dropout of inputs (2: variational)", 0, 2},
    {"dropout of contexts (2: every step)", 0, 2},
    {"dropout of features (2: every step)", 0, 2},
    {"dropout of modules (2: every step)", 0, 2},
    {"label smoothing", 0, 1},
    {"learned start", 0, 1},
    {"modules together, in order", 0, 1},
    {"begin (own, some anew, all)", 0, 2},
    {"readers without their own", 0, 5},
    {"zoneout (none, mean, drawn)", 0, 2},
    {"a context of size 1", 0, 1},
    {"a module of 1 feature", 0, 1},
    {"edits", 0, 2},
    {"parts of a softmax reader", 1, 3},
    {"parts of a gaussian reader", 1, 3},
    {"parts of a normalized reader", 1, 3},
    {"layer norm (none, dense, GRU after, before, LSTM)", 0, 4},
};
static size_t counts[ROWS][COLUMNS];

/* Several of them may be in one configuration. */
static void add_norms(const config *spec, size_t *row) {
  int seen[5] = {1, 0, 0, 0, 0};
  for (size_t i = 0; i < spec->modules; i++) {
    for (size_t j = 0; j < spec->module[i].layers; j++) {
      const layer_spec *layer = &spec->module[i].layer[j];
      if (!layer->norm) continue;
      seen[0] = 0;
      seen[layer->kind == LAYER_DENSE ? 1 : layer->kind == LAYER_LSTM ? 4 : 2 + layer->option] = 1;
    }
  }
  for (size_t i = 0; i < 5; i++) row[i] += (size_t)seen[i];
}

/* 0: there is no such reader. */
static size_t most_parts(const config *spec, int reader) {
  size_t most = 0;
  for (size_t i = 0; i < spec->modules; i++) {
    if (spec->module[i].reader == reader && config_parts(spec, i) > most) most = config_parts(spec, i);
  }
  return most;
}

void coverage_add(const config *spec) {
  static const size_t frames[] = {0, 1, 2, 3}, sequences[] = {0, 1, 2, 2, 2, 3};
  int small_context = 0, small_module = 0, smoothed = 0, skipping = 0;
  for (size_t i = 0; i < spec->modules; i++) {
    small_context |= spec->module[i].context == 1;
    if (spec->module[i].skip_own && skipping == 0) skipping = spec->module[i].reader; /* the first one's kind */
    small_module |= spec->module[i].layer[spec->module[i].layers - 1].units == 1;
  }
  for (size_t i = 0; i < spec->outputs; i++) smoothed |= spec->smoothing[i] > 0;
  size_t values[] = {
      spec->stack,
      (size_t)spec->module[0].reader,
      spec->frames == 17 ? 4 : frames[spec->frames],
      sequences[spec->sequences],
      spec->modules,
      spec->steps <= 3 ? spec->steps : 4,
      (size_t)spec->settle,
      spec->input_scheme,
      spec->output_scheme,
      spec->connections,
      (size_t)spec->lengths,
      (size_t)spec->resets,
      (size_t)spec->threads,
      (size_t)spec->chunk,
      (size_t)spec->separate,
      (size_t)(spec->dropout > 0 ? 1 + spec->variational : 0),
      (size_t)(spec->drop.contexts > 0 ? 1 + spec->drop.every_step : 0),
      (size_t)(spec->drop.features > 0 ? 1 + spec->drop.every_step : 0),
      (size_t)(spec->drop.modules > 0 ? 1 + spec->drop.every_step : 0),
      (size_t)smoothed,
      (size_t)spec->learned_start,
      (size_t)(spec->in_order && spec->modules > 1),
      (size_t)spec->begin,
      (size_t)skipping,
      !config_has_zoneout(spec) ? 0
      : config_draws(spec)      ? 2
                                : 1,
      (size_t)small_context,
      (size_t)small_module,
      (size_t)(config_edits(spec, 1) + config_edits(spec, 2)),
      most_parts(spec, READER_SOFTMAX),
      most_parts(spec, READER_GAUSSIAN),
      most_parts(spec, READER_GAUSSIAN_NORMALIZED),
  };
  const size_t known = sizeof(values) / sizeof(*values);
  for (size_t i = 0; i < known; i++) counts[i][values[i]]++;
  add_norms(spec, counts[known]);
}

size_t coverage_print(void) {
  size_t missing = 0;
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
    printf("  %-36s", rows[i].name);
    for (size_t j = rows[i].first; j <= rows[i].last; j++) {
      printf(" %4zu", counts[i][j]);
      missing += counts[i][j] == 0;
    }
    printf("\n");
  }
  return missing;
}
