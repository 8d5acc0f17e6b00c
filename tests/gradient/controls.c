/* SPDX-License-Identifier: MIT */
#include "gradient/controls.h"

#include <string.h>

#include "gradient/check_call.h"

const char *const control_names[CONTROLS] = {
    "none",
    "update gate's term times 1.001",
    "biases dropped",
    "recurrent term dropped",
    "first step forgotten",
    "reading matrix transposed",
    "second path of dynamic readers dropped",
    "projection of weight norm dropped",
    "settle steps dropped",
    "gradient crosses resets",
    "path through the cell dropped",
    "gradient without label smoothing",
    "columns behind a reader's own slice dropped",
    "gradient of the learned start dropped",
    "path through the variance of layer norm dropped",
};

/* Where a gradient is at the moment, walking back from a sequence's end. */
typedef struct reach {
  int center[MODULES_MAX];             /* the module's features, as others and the outputs read them */
  int memory[MODULES_MAX][LAYERS_MAX]; /* a layer's hidden state or cell */
} reach;

static int recurrent(const layer_spec *layer) { return layer->kind != LAYER_DENSE; }

static int dynamic(int reader) {
  return reader == READER_SOFTMAX || reader == READER_GAUSSIAN || reader == READER_GAUSSIAN_NORMALIZED;
}

static size_t center_size(const problem *p) { return thalnet_center_features(p->net); }

/* What a reader's gradient contains, when the center that it read was not zero. */
static unsigned reader_terms(const problem *p, size_t i) {
  const module_spec *spec = &p->spec.module[i];
  size_t size = center_size(p) - (spec->skip_own ? spec->layer[spec->layers - 1].units : 0);
  unsigned terms = 0;
  if (spec->skip_own && i + 1 < p->spec.modules) terms |= 1U << THALNET__FAULT_SKIP_OWN;
  /* over a single value, weights that sum to one are constant */
  if (dynamic(spec->reader) && (size > 1 || spec->reader == READER_GAUSSIAN)) terms |= 1U << THALNET__FAULT_READER_PATH;
  if (spec->reader == READER_WEIGHT_NORM) terms |= 1U << THALNET__FAULT_WEIGHT_NORM;
  if ((spec->reader == READER_WEIGHT_NORM || spec->reader == READER_LINEAR) && spec->context == size && size > 1) {
    terms |= 1U << THALNET__FAULT_TRANSPOSED;
  }
  return terms;
}

/* One module's step backward: from the reach after the step to what it adds to the reach before. */
static unsigned module_back(const problem *p, size_t i, const reach *after, int from_zero, reach *before) {
  const module_spec *spec = &p->spec.module[i];
  int active = after->center[i];
  unsigned terms = 0;
  for (size_t j = spec->layers; j-- > 0;) {
    const layer_spec *layer = &spec->layer[j];
    active |= after->memory[i][j];
    if (!active) continue;
    terms |= 1U << THALNET__FAULT_DROP_BIAS;
    if (layer->kind == LAYER_GRU) terms |= 1U << THALNET__FAULT_SCALE_TERM;
    if (layer->norm && layer->units > 1) terms |= 1U << THALNET__FAULT_NORM;
    if (!recurrent(layer)) continue;
    before->memory[i][j] = 1;
    if (!from_zero) terms |= 1U << THALNET__FAULT_DROP_RECURRENT;
    if (layer->kind == LAYER_LSTM && after->memory[i][j]) terms |= 1U << THALNET__FAULT_CELL;
  }
  if (active && spec->reader != READER_NONE) {
    for (size_t j = 0; j < p->spec.modules; j++) before->center[j] = 1;
    if (!from_zero) terms |= reader_terms(p, i) | 1U << THALNET__FAULT_FORGET_STEP;
  }
  return terms;
}

static int nothing(const reach *r) {
  static const reach none;
  return memcmp(r, &none, sizeof(none)) == 0;
}

static unsigned step_back(const problem *p, reach *r, int from_zero) {
  reach before;
  unsigned terms = 0;
  memset(&before, 0, sizeof(before));
  for (size_t i = 0; i < p->spec.modules; i++) terms |= module_back(p, i, r, from_zero, &before);
  *r = before;
  return terms;
}

/* The losses of one item enter the features of the modules connected to the output. */
static void enter(const problem *p, size_t output, size_t item, reach *r) {
  if (!problem_counts(p, output, item) && !p->output[output].coefficients) return;
  for (size_t i = 0; i < p->spec.modules; i++) r->center[i] |= (int)(p->spec.module[i].outputs >> output & 1);
}

static unsigned settle_back(const problem *p, size_t sequence, reach *r) {
  const unsigned first_step = 1U << THALNET__FAULT_FORGET_STEP;
  unsigned terms = 0;
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (p->spec.output[i].final) enter(p, i, sequence, r);
  }
  for (int i = 0; i < p->spec.settle; i++) terms |= step_back(p, r, 0) & ~first_step;
  if (p->spec.settle > 0 && !nothing(r)) terms |= 1U << THALNET__FAULT_SETTLE;
  return terms;
}

/* What reaches a sequence's start, or a reset. */
static unsigned start_terms(const problem *p, const reach *r) {
  return p->spec.learned_start && !nothing(r) ? 1U << THALNET__FAULT_START : 0;
}

static unsigned sequence_terms(const problem *p, size_t sequence) {
  const unsigned first_step = 1U << THALNET__FAULT_FORGET_STEP;
  const int fresh = config_is_fresh(&p->spec, sequence), learned = p->spec.learned_start;
  reach r;
  memset(&r, 0, sizeof(r));
  unsigned terms = settle_back(p, sequence, &r);
  for (size_t step = (size_t)p->lengths[sequence] * p->spec.steps; step-- > 0;) {
    size_t frame = step / p->spec.steps;
    int reset = step % p->spec.steps == 0 && p->resets[sequence * p->spec.frames + frame];
    for (size_t i = 0; i < p->spec.outputs; i++) {
      size_t every = (size_t)p->spec.output[i].steps;
      if (p->spec.output[i].final || (step + 1) % every) continue;
      enter(p, i, sequence * p->output[i].frames + step / every, &r);
    }
    const int from_zero = (reset || (step == 0 && fresh)) && !learned;
    terms |= step_back(p, &r, from_zero) & (step == 0 ? ~0U : ~first_step);
    if (!reset) continue;
    /* beyond the first step there are only values: those of a sequence that starts at zero are no variables */
    if (!nothing(&r) && (step > 0 || !fresh || learned)) terms |= 1U << THALNET__FAULT_RESET;
    terms |= start_terms(p, &r);
    memset(&r, 0, sizeof(r));
  }
  if (fresh) terms |= start_terms(p, &r);
  return terms;
}

/* A label whose target is not one-hot. */
static unsigned smoothing_terms(const problem *p) {
  for (size_t i = 0; i < p->spec.outputs; i++) {
    for (size_t k = 0; p->spec.smoothing[i] > 0 && k < p->output[i].items; k++) {
      if (problem_counts(p, i, k)) return 1U << THALNET__FAULT_SMOOTHING;
    }
  }
  return 0;
}

unsigned controls_apply(const problem *p) {
  unsigned terms = smoothing_terms(p);
  for (size_t s = 0; s < p->spec.sequences; s++) terms |= sequence_terms(p, s);
  return terms;
}
