/* SPDX-License-Identifier: MIT */
#include "gradient/controls.h"

#include <string.h>

#include "gradient/check_call.h"
#include "gradient/masks.h"

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
    "gradient through what is read of the same step dropped",
    "gradient of the learned start dropped",
    "path through the variance of layer norm times 0.99",
    "path through the mean of layer norm times 0.99",
    "gains of layer norm dropped",
    "masks of contexts forgotten",
    "masks of the center forgotten",
    "path through what zoneout keeps times 0.99",
    "gates of readers' parts dropped",
    "gradient through what readers' gated parts read dropped",
};

/* Where a gradient is at the moment, walking back from a sequence's end. */
typedef struct reach {
  int center[MODULES_MAX];             /* the module's features, as others and the outputs read them */
  int memory[MODULES_MAX][LAYERS_MAX]; /* a layer's hidden state or cell */
} reach;

/* Which step, of which sequence; from_zero: it starts from a reset. */
typedef struct moment {
  size_t sequence, step;
  int from_zero;
} moment;

static int recurrent(const layer_spec *layer) { return layer->kind != LAYER_DENSE; }

static int dynamic(int reader) {
  return reader == READER_SOFTMAX || reader == READER_GAUSSIAN || reader == READER_GAUSSIAN_NORMALIZED;
}

static size_t center_size(const problem *p) { return thalnet_center_features(p->net); }

static int center_masked(const problem *p) { return p->spec.drop.features > 0 || p->spec.drop.modules > 0; }

/* Whether module i reads what module j has just written. */
static int newer(const problem *p, size_t i, size_t j) { return p->spec.in_order && j < i; }

/* Whether module i reads anything of module j that is not dropped. */
static int reads(const problem *p, size_t i, size_t j, const moment *at) {
  return !(p->spec.module[i].skip_own && i == j) &&
         mask_features_kept(p, at->sequence, j, at->step + (size_t)newer(p, i, j)) > 0;
}

/* And that is not zero. */
static int reads_values(const problem *p, size_t i, size_t j, const moment *at) {
  return reads(p, i, j, at) && (newer(p, i, j) || !at->from_zero);
}

/* Whether a part of module i's reader reads anything that is neither dropped nor zero. */
static int part_reads(const problem *p, size_t i, size_t part, const moment *at) {
  for (size_t j = 0; j < p->spec.modules; j++) {
    const module_spec *from = &p->spec.module[j];
    if ((i == j && from->skip_own) || (at->from_zero && !newer(p, i, j))) continue;
    for (size_t k = 0; k < from->layer[from->layers - 1].units; k++) {
      if (config_part(&p->spec, i, j, k) != part) continue;
      if (mask_feature(p, at->sequence, j, k, at->step + (size_t)newer(p, i, j)) > 0) return 1;
    }
  }
  return 0;
}

/* How many it sees, dropped or not. */
static size_t part_size(const problem *p, size_t i, size_t part) {
  size_t count = 0;
  for (size_t j = 0; j < p->spec.modules; j++) {
    const module_spec *from = &p->spec.module[j];
    for (size_t k = 0; k < from->layer[from->layers - 1].units && !(i == j && from->skip_own); k++) {
      count += config_part(&p->spec, i, j, k) == part;
    }
  }
  return count;
}

/* What a dynamic reader's parts contribute. Over a single value, weights that sum to one are constant. */
static unsigned part_terms(const problem *p, size_t i, const moment *at) {
  unsigned terms = 0;
  for (size_t part = 0; part < config_parts(&p->spec, i); part++) {
    if (!part_reads(p, i, part, at)) continue;
    if (part > 0) terms |= 1U << THALNET__FAULT_GATES | 1U << THALNET__FAULT_PARTS;
    if ((part_size(p, i, part) > 1 || p->spec.module[i].reader == READER_GAUSSIAN) && !at->from_zero)
      terms |= 1U << THALNET__FAULT_READER_PATH;
  }
  return terms;
}

/* Whether the gradient of a square reading matrix has anything beside its diagonal. */
static int beside_diagonal(const problem *p, size_t module, const moment *at) {
  size_t k = 0;
  for (size_t i = 0; i < p->spec.modules; i++) {
    if (p->spec.module[module].skip_own && i == module) continue;
    for (size_t j = 0; j < p->spec.module[i].layer[p->spec.module[i].layers - 1].units; j++, k++) {
      if (at->from_zero && !newer(p, module, i)) continue;
      if (mask_feature(p, at->sequence, i, j, at->step + (size_t)newer(p, module, i)) <= 0) continue;
      size_t kept = mask_contexts_kept(p, at->sequence, module, at->step);
      if (kept > (size_t)(mask_context(p, at->sequence, module, k, at->step) > 0)) return 1;
    }
  }
  return 0;
}

/* What a reader's gradient contains, when not all that it read was zero. */
static unsigned reader_terms(const problem *p, size_t i, const moment *at) {
  const module_spec *spec = &p->spec.module[i];
  size_t size = center_size(p) - (spec->skip_own ? spec->layer[spec->layers - 1].units : 0);
  unsigned terms = 0;
  for (size_t j = i + 1; j < p->spec.modules && spec->skip_own; j++) {
    if (reads_values(p, i, j, at)) terms |= 1U << THALNET__FAULT_SKIP_OWN;
  }
  for (size_t j = 0; j < i; j++) {
    if (newer(p, i, j) && reads(p, i, j, at)) terms |= 1U << THALNET__FAULT_IN_ORDER;
  }
  if (dynamic(spec->reader)) terms |= part_terms(p, i, at);
  if (spec->reader == READER_WEIGHT_NORM) terms |= 1U << THALNET__FAULT_WEIGHT_NORM;
  if ((spec->reader == READER_WEIGHT_NORM || spec->reader == READER_LINEAR) && spec->context == size && size > 1 &&
      beside_diagonal(p, i, at)) {
    terms |= 1U << THALNET__FAULT_TRANSPOSED;
  }
  return terms;
}

/* From a module's context back to the center. */
static unsigned reader_back(const problem *p, size_t i, reach *after, const moment *at, reach *before) {
  int kept = mask_contexts_kept(p, at->sequence, i, at->step) > 0, any = 0;
  unsigned terms = 0;
  for (size_t j = 0; j < p->spec.modules; j++) {
    (newer(p, i, j) ? after : before)->center[j] |= kept && reads(p, i, j, at);
    any |= reads_values(p, i, j, at);
  }
  if (at->from_zero && (i == 0 || !p->spec.in_order)) return 0;
  if (kept && any) {
    terms = reader_terms(p, i, at) | 1U << THALNET__FAULT_FORGET_STEP;
    if (terms >> THALNET__FAULT_READER_PATH & 1) before->center[i] = 1; /* its own features are not dropped */
  }
  if (any && p->spec.drop.contexts > 0) terms |= 1U << THALNET__FAULT_CONTEXT_MASKS;
  if (kept && center_masked(p)) terms |= 1U << THALNET__FAULT_CENTER_MASKS;
  return terms;
}

/* One module's step backward: from the reach after the step to what it adds to the reach before. */
static unsigned module_back(const problem *p, size_t i, reach *after, const moment *at, reach *before) {
  const module_spec *spec = &p->spec.module[i];
  int active = after->center[i];
  unsigned terms = 0;
  for (size_t j = spec->layers; j-- > 0;) {
    const layer_spec *layer = &spec->layer[j];
    active |= after->memory[i][j];
    if (!active) continue;
    terms |= 1U << THALNET__FAULT_DROP_BIAS;
    if (layer->kind == LAYER_GRU) terms |= 1U << THALNET__FAULT_SCALE_TERM;
    if (layer->norm) terms |= 1U << THALNET__FAULT_NORM_MEAN;
    if (layer->norm && layer->units > 1) terms |= 1U << THALNET__FAULT_NORM | 1U << THALNET__FAULT_GAINS;
    if (!recurrent(layer)) continue;
    before->memory[i][j] = 1;
    if (!at->from_zero) terms |= 1U << THALNET__FAULT_DROP_RECURRENT;
    int keeps = spec->zoneout[j] > 0 || (spec->cell_zoneout[j] > 0 && after->memory[i][j]);
    if (keeps && !at->from_zero) terms |= 1U << THALNET__FAULT_ZONEOUT;
    if (layer->kind == LAYER_LSTM && after->memory[i][j]) terms |= 1U << THALNET__FAULT_CELL;
  }
  if (active && spec->reader != READER_NONE) terms |= reader_back(p, i, after, at, before);
  return terms;
}

static int nothing(const reach *r) {
  static const reach none;
  return memcmp(r, &none, sizeof(none)) == 0;
}

static unsigned step_back(const problem *p, reach *r, const moment *at) {
  reach before;
  unsigned terms = 0;
  memset(&before, 0, sizeof(before));
  for (size_t i = p->spec.modules; i-- > 0;) terms |= module_back(p, i, r, at, &before);
  *r = before;
  return terms;
}

/* The losses of one item enter the features of the modules connected to the output; at: after so many steps. */
static unsigned enter(const problem *p, size_t output, size_t item, const moment *at, reach *r) {
  if (!problem_counts(p, output, item) && !p->output[output].coefficients) return 0;
  for (size_t i = 0; i < p->spec.modules; i++) {
    int seen = mask_features_kept(p, at->sequence, i, at->step) > 0;
    r->center[i] |= seen && (p->spec.module[i].outputs >> output & 1);
  }
  const int value = at->step == 0 && config_is_fresh(&p->spec, at->sequence) && !p->spec.learned_start;
  return center_masked(p) && !value ? 1U << THALNET__FAULT_CENTER_MASKS : 0;
}

static unsigned settle_back(const problem *p, size_t sequence, reach *r) {
  const unsigned first_step = 1U << THALNET__FAULT_FORGET_STEP;
  const int from_zero = config_is_fresh(&p->spec, sequence) && !p->spec.learned_start;
  moment at = {sequence, (size_t)p->lengths[sequence] * p->spec.steps + (size_t)p->spec.settle, 0};
  unsigned terms = 0;
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (p->spec.output[i].final) terms |= enter(p, i, sequence, &at, r);
  }
  for (int i = 0; i < p->spec.settle; i++) {
    at.from_zero = --at.step == 0 && from_zero;
    terms |= step_back(p, r, &at) & ~first_step;
  }
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
      terms |= enter(p, i, sequence * p->output[i].frames + step / every, &(moment){sequence, step + 1, 0}, &r);
    }
    const int from_zero = (reset || (step == 0 && fresh)) && !learned;
    terms |= step_back(p, &r, &(moment){sequence, step, from_zero}) & (step == 0 ? ~0U : ~first_step);
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
