/* SPDX-License-Identifier: MIT */
#include "gradient/config.h"

#include <string.h>

#include <thalnet/thalnet.h>

#include "gradient/random.h"

#define IDENTITY LAYER_DENSE, THALNET_IDENTITY, 0, 0
#define RELU LAYER_DENSE, THALNET_RELU, 0, 0
#define TANH LAYER_DENSE, THALNET_TANH, 0, 0
#define SIGMOID LAYER_DENSE, THALNET_SIGMOID, 0, 0
#define GRU LAYER_GRU, THALNET_RESET_AFTER, 0, 0
#define GRU_BEFORE LAYER_GRU, THALNET_RESET_BEFORE, 0, 0
#define LSTM LAYER_LSTM, 0, 0, 0

enum { STACKS = 15, INPUT_SCHEMES = 12, OUTPUT_SCHEMES = 12 };

static const struct {
  size_t layers;
  layer_spec layer[LAYERS_MAX];
} stacks[STACKS] = {
    {1, {{IDENTITY}}},
    {1, {{RELU}}},
    {1, {{TANH}}},
    {1, {{SIGMOID}}},
    {1, {{GRU}}},
    {1, {{GRU_BEFORE}}},
    {1, {{LSTM}}},
    {2, {{RELU}, {GRU}}},
    {2, {{GRU}, {TANH}}},
    {3, {{TANH}, {GRU_BEFORE}, {RELU}}},
    {2, {{SIGMOID}, {LSTM}}},
    {2, {{LSTM}, {GRU}}},
    {2, {{GRU}, {GRU_BEFORE}}},
    {3, {{IDENTITY}, {GRU}, {TANH}}},
    {3, {{GRU_BEFORE}, {LSTM}, {SIGMOID}}},
};

/* size, steps per frame, tokens, absent */
static const input_spec input_schemes[INPUT_SCHEMES][INPUTS_MAX] = {
    {{3, 1, 0, 0}},               /* one dense input */
    {{4, 1, 1, 0}},               /* one token input */
    {{3, 1, 0, 0}, {4, 1, 1, 0}}, /* both, shared by modules */
    {{2, 1, 0, 0}, {3, 2, 0, 0}}, /* two rates */
    {{2, 1, 0, 0}, {3, 3, 1, 0}}, /**/
    {{1, 2, 0, 0}, {2, 3, 0, 0}}, /**/
    {{3, 2, 0, 0}},               /* several steps a frame */
    {{2, 3, 0, 0}},               /**/
    {{2, 1, 0, 0}, {3, 1, 0, 1}}, /* one of two is never set */
    {{1, 1, 0, 0}},               /* one value a frame */
    {{5, 2, 1, 0}},               /**/
    {{2, 1, 0, 1}, {3, 1, 1, 1}}, /* none is set */
};

/* size, loss, steps, final, weighted, host, empty, weight */
#define CROSS THALNET_CROSS_ENTROPY
#define SQUARED THALNET_MEAN_SQUARED_ERROR
#define HOST THALNET_HOST_LOSS
static const output_spec output_schemes[OUTPUT_SCHEMES][OUTPUTS_MAX] = {
    {{3, CROSS, 0, 0, 0, 0, 0, 1.0}},
    {{4, CROSS, 0, 1, 0, 0, 0, 1.0}},
    {{2, SQUARED, 0, 0, 1, 0, 0, 1.0}},
    {{3, SQUARED, 0, 1, 1, 0, 0, 0.6}},
    {{3, CROSS, 0, 0, 1, 0, 0, 0.7}, {2, SQUARED, 0, 1, 0, 0, 0, 1.6}},
    {{2, HOST, 0, 0, 0, 1, 0, 1.0}},
    {{3, HOST, 0, 1, 0, 1, 0, 1.0}},
    {{3, CROSS, 0, 1, 1, 0, 0, 1.3}, {2, HOST, 0, 0, 0, 1, 0, 1.0}, {1, SQUARED, 0, 0, 0, 0, 0, 0.5}},
    {{3, CROSS, 2, 0, 0, 0, 0, 1.0}, {2, SQUARED, 1, 0, 1, 0, 0, 0.8}},
    {{2, CROSS, 0, 0, 1, 0, 0, 1.0}, {3, CROSS, 0, 0, 0, 0, 1, 2.0}},
    {{3, CROSS, 0, 0, 0, 1, 0, 0.9}, {2, SQUARED, 0, 1, 1, 1, 0, 1.0}},
    {{1, SQUARED, 3, 0, 0, 0, 0, 1.0}, {2, CROSS, 0, 1, 0, 0, 0, 1.0}},
};

int config_since(const config *spec, size_t module, size_t k) {
  const module_spec *at = &spec->module[module];
  return at->young > 0 && k >= at->young ? at->grown : at->born;
}

/* How many features a reader sees that are there since a generation. */
static size_t seen_since(const config *spec, size_t reader, int generation) {
  size_t count = 0;
  for (size_t i = 0; i < spec->modules; i++) {
    if (i == reader && spec->module[i].skip_own) continue;
    for (size_t k = 0; k < spec->module[i].layer[spec->module[i].layers - 1].units; k++) {
      count += config_since(spec, i, k) == generation;
    }
  }
  return count;
}

int config_edits(const config *spec, int generation) {
  for (size_t i = 0; i < spec->modules; i++) {
    const module_spec *module = &spec->module[i];
    if (module->born == generation || (module->young > 0 && module->grown == generation)) return 1;
  }
  return 0;
}

static size_t part_since(const config *spec, size_t reader, int generation) {
  size_t part = 0;
  if (spec->module[reader].reader < READER_SOFTMAX) return 0;
  for (int g = spec->module[reader].born + 1; g <= generation; g++) part += seen_since(spec, reader, g) > 0;
  return part;
}

size_t config_part(const config *spec, size_t reader, size_t module, size_t k) {
  return part_since(spec, reader, config_since(spec, module, k));
}

size_t config_parts(const config *spec, size_t i) { return part_since(spec, i, GENERATIONS - 1) + 1; }

static size_t draw_size(uint64_t *random) { return random_chance(random, 20) ? 1 : 2 + random_pick(random, 3); }

/* Some static reading matrices are square. */
static void draw_square(config *spec, uint64_t *random) {
  size_t center = 0;
  for (size_t i = 0; i < spec->modules; i++) center += spec->module[i].layer[spec->module[i].layers - 1].units;
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    int is_static = module->reader == READER_LINEAR || module->reader == READER_WEIGHT_NORM;
    if (is_static && random_chance(random, 30)) module->context = center;
  }
}

/* From numbers of its own. Few units now and then are almost equal, where what follows is no longer smooth. */
static void draw_norms(config *spec) {
  uint64_t random = 777 + spec->number;
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    int normed = random_chance(&random, 35);
    for (size_t j = 0; normed && j < module->layers; j++) {
      module->layer[j].norm = random_chance(&random, 75);
      if (module->layer[j].norm) module->layer[j].units = 5 + random_pick(&random, 3);
    }
  }
}

static void draw_modules(config *spec, size_t stack, int reader, uint64_t *random) {
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    size_t own = i == 0 || random_chance(random, 30) ? stack : random_pick(random, STACKS);
    module->layers = stacks[own].layers;
    memcpy(module->layer, stacks[own].layer, sizeof(module->layer));
    for (size_t j = 0; j < module->layers; j++) module->layer[j].units = draw_size(random);
    module->reader = i == 0 || random_chance(random, 40) ? reader : (int)random_pick(random, READERS);
    module->context = module->reader == READER_NONE ? 0 : draw_size(random);
  }
  draw_norms(spec);
  draw_square(spec, random);
}

/* 0: every module with every input and output; 1: inputs at the first and outputs at the last module, as in the paper;
 * 2: at random. */
static void draw_connections(config *spec, uint64_t *random) {
  unsigned inputs = (1U << spec->inputs) - 1, outputs = (1U << spec->outputs) - 1;
  spec->connections = random_pick(random, 3);
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    int first = i == 0, last = i + 1 == spec->modules;
    if (spec->connections == 0) {
      module->inputs = inputs, module->outputs = outputs;
    } else if (spec->connections == 1) {
      module->inputs = first || module->reader == READER_NONE ? inputs : 0;
      module->outputs = last ? outputs : 0;
    } else {
      module->inputs = first ? inputs : inputs & (unsigned)random_next(random);
      if (module->inputs == 0 && module->reader == READER_NONE) module->inputs = 1;
      module->outputs = last ? outputs : outputs & (unsigned)random_next(random);
    }
  }
}

static size_t common_multiple(size_t a, size_t b) {
  size_t multiple = a;
  while (multiple % b) multiple += a;
  return multiple;
}

static void draw_smoothing(config *spec, uint64_t *random) {
  static const double amounts[] = {0, 0, 0.1, 0.45};
  for (size_t i = 0; i < spec->outputs; i++) {
    if (spec->output[i].loss == CROSS) spec->smoothing[i] = amounts[random_pick(random, 4)];
  }
}

static void draw_ends(config *spec, uint64_t *random) {
  spec->input_scheme = random_pick(random, INPUT_SCHEMES);
  spec->output_scheme = random_pick(random, OUTPUT_SCHEMES);
  memcpy(spec->input, input_schemes[spec->input_scheme], sizeof(spec->input));
  memcpy(spec->output, output_schemes[spec->output_scheme], sizeof(spec->output));
  spec->steps = 1;
  while (spec->inputs < INPUTS_MAX && spec->input[spec->inputs].size > 0) {
    spec->steps = common_multiple(spec->steps, (size_t)spec->input[spec->inputs++].steps);
  }
  while (spec->outputs < OUTPUTS_MAX && spec->output[spec->outputs].size > 0) {
    output_spec *output = &spec->output[spec->outputs++];
    if (output->steps == 0) output->steps = spec->input[0].steps;
    spec->steps = common_multiple(spec->steps, (size_t)output->steps);
  }
}

int config_has_relu(const config *spec) {
  for (size_t i = 0; i < spec->modules; i++) {
    for (size_t j = 0; j < spec->module[i].layers; j++) {
      const layer_spec *layer = &spec->module[i].layer[j];
      if (layer->kind == LAYER_DENSE && layer->option == THALNET_RELU) return 1;
    }
  }
  return 0;
}

int config_has_norm(const config *spec) {
  for (size_t i = 0; i < spec->modules; i++) {
    for (size_t j = 0; j < spec->module[i].layers; j++) {
      if (spec->module[i].layer[j].norm) return 1;
    }
  }
  return 0;
}

int config_has_dropout(const config *spec) {
  return spec->dropout > 0 || spec->drop.contexts > 0 || spec->drop.features > 0 || spec->drop.modules > 0;
}

int config_has_zoneout(const config *spec) {
  for (size_t i = 0; i < spec->modules; i++) {
    for (size_t j = 0; j < spec->module[i].layers; j++) {
      if (spec->module[i].zoneout[j] > 0 || spec->module[i].cell_zoneout[j] > 0) return 1;
    }
  }
  return 0;
}

int config_draws(const config *spec) {
  return !spec->separate && (config_has_dropout(spec) || config_has_zoneout(spec));
}

/* From numbers of its own, so that nothing else of a configuration depends on it. */
static void draw_zoneout(config *spec) {
  uint64_t random = 160601305 + spec->number;
  if (!random_chance(&random, 40)) return;
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    for (size_t j = 0; j < module->layers; j++) {
      int kind = module->layer[j].kind;
      if (kind != LAYER_DENSE && random_chance(&random, 70)) module->zoneout[j] = random_uniform(&random, 0.1, 0.6);
      if (kind == LAYER_LSTM && random_chance(&random, 70)) module->cell_zoneout[j] = random_uniform(&random, 0.1, 0.6);
    }
  }
}

int config_has_host(const config *spec) {
  for (size_t i = 0; i < spec->outputs; i++) {
    if (spec->output[i].host) return 1;
  }
  return 0;
}

/* Readers without their own module's features; square matrices stay square. */
static void draw_skips(config *spec, uint64_t *random) {
  size_t center = 0;
  for (size_t i = 0; i < spec->modules; i++) center += spec->module[i].layer[spec->module[i].layers - 1].units;
  for (size_t i = 0; i < spec->modules && spec->modules > 1; i++) {
    module_spec *module = &spec->module[i];
    if (module->reader == READER_NONE || !random_chance(random, 40)) continue;
    module->skip_own = 1;
    if (module->context == center && module->reader <= READER_WEIGHT_NORM)
      module->context -= module->layer[module->layers - 1].units;
  }
}

static void draw_start(config *spec, uint64_t *random) {
  spec->learned_start = random_chance(random, 50);
  spec->begin = (int)random_pick(random, 3);
  if (spec->begin == 1) spec->fresh = (unsigned)random_next(random);
  if (spec->begin == 2) spec->fresh = ~0U;
}

/* From numbers of its own, too. */
static void draw_order(config *spec) {
  uint64_t random = 1400 + spec->number;
  spec->in_order = random_chance(&random, 50);
}

/* Modules that come later, or grow. Likewise. Every generation is a whole network, so a first module that does not read itself has
 * company. */
static void draw_edits(config *spec) {
  uint64_t random = 70817 + spec->number;
  if (!random_chance(&random, 45)) return;
  for (size_t i = 0; i < spec->modules; i++) {
    module_spec *module = &spec->module[i];
    const layer_spec *last = &module->layer[module->layers - 1];
    const int alone = i == 1 && spec->module[0].skip_own;
    if (i > 0) module->born = spec->module[i - 1].born;
    if (i > 0 && !alone && random_chance(&random, 50)) module->born++;
    if (module->born >= GENERATIONS) module->born = GENERATIONS - 1;
    module->grown = module->born + 1 + (int)random_pick(&random, 2);
    if (last->norm || last->units == 1 || module->grown >= GENERATIONS || !random_chance(&random, 50)) continue;
    module->young = 1 + random_pick(&random, last->units - 1);
  }
}

/* Each kind by itself or with others. */
static void draw_dropout(config *spec, uint64_t *random) {
  if (random_chance(random, 40)) spec->dropout = 0.3;
  spec->variational = random_chance(random, 60);
  if (random_chance(random, 40)) spec->drop.contexts = 0.25;
  if (random_chance(random, 50)) spec->drop.features = 0.3;
  if (random_chance(random, 30)) spec->drop.modules = 0.2;
  spec->drop.every_step = random_chance(random, 50);
}

void config_make(config *spec, size_t number) {
  static const size_t frames[] = {1, 2, 3, 17}, sequences[] = {1, 2, 5};
  uint64_t random = 20170 + number;
  size_t group = number / STACKS;
  memset(spec, 0, sizeof(*spec));
  spec->number = number;
  spec->seed = random_next(&random);
  spec->stack = (number + group) % STACKS;
  spec->frames = frames[group / READERS % 4];
  spec->sequences = sequences[random_pick(&random, 3)];
  spec->modules = 1 + random_pick(&random, MODULES_MAX);
  draw_ends(spec, &random);
  /* Bounds the time: the longest sequences with the most steps a frame do not also have the most rows. */
  if (spec->frames * spec->steps * spec->sequences > 180) spec->sequences = 1 + random_pick(&random, 2);
  draw_modules(spec, spec->stack, (int)(group % READERS), &random);
  draw_connections(spec, &random);
  spec->settle = (int)random_pick(&random, 3);
  spec->lengths = random_chance(&random, 50);
  spec->resets = random_chance(&random, 40);
  spec->threads = random_chance(&random, 6) ? 2 : 1;
  spec->chunk = (int)random_pick(&random, 3);
  spec->separate = config_has_host(spec) || random_chance(&random, 40);
  if (!spec->separate && !config_has_relu(spec) && random_chance(&random, 15)) spec->dropout = 0.3;
  draw_smoothing(spec, &random);
  draw_skips(spec, &random);
  draw_start(spec, &random);
  if (!spec->separate && random_chance(&random, 50)) draw_dropout(spec, &random);
  draw_zoneout(spec);
  draw_order(spec);
  draw_edits(spec);
}
