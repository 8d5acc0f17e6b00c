/* SPDX-License-Identifier: MIT */
#include "gradient/masks.h"

/* Purposes of random numbers, as the library counts them. */
enum { INPUT = 2, VARIATIONAL_INPUT = 3, CONTEXT = 4, FEATURE = 5, MODULE = 6, ZONEOUT = 8 };

static uint64_t mixed(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* Philox 4x32-10: word `number` of stream (key, id). */
static uint32_t philox(uint64_t key, uint64_t id, uint64_t number) {
  uint32_t c[4] = {(uint32_t)(number / 4), (uint32_t)(number / 4 >> 32), (uint32_t)id, (uint32_t)(id >> 32)};
  uint32_t k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
  for (int round = 0; round < 10; round++) {
    uint64_t first = UINT64_C(0xD2511F53) * c[0], second = UINT64_C(0xCD9E8D57) * c[2];
    uint32_t next[4] = {(uint32_t)(second >> 32) ^ c[1] ^ k[0], (uint32_t)second, (uint32_t)(first >> 32) ^ c[3] ^ k[1],
                        (uint32_t)first};
    for (int i = 0; i < 4; i++) c[i] = next[i];
    k[0] += UINT32_C(0x9E3779B9);
    k[1] += UINT32_C(0xBB67AE85);
  }
  return c[number % 4];
}

/* Whether a number in [0, 1) is below the rate. The batch's epoch is 0, its ids are the sequences' numbers. */
static int below(const problem *p, double rate, uint64_t purpose, uint64_t index, size_t sequence, uint64_t number) {
  uint64_t key = mixed(mixed(mixed(mixed(p->spec.seed) ^ purpose) ^ index));
  return rate > 0 && (philox(key, sequence, number) >> 8) * 0x1p-24 < rate;
}

static double factor(const problem *p, double rate, uint64_t purpose, size_t index, size_t sequence, uint64_t number) {
  if (rate <= 0) return 1;
  return below(p, rate, purpose, index, sequence, number) ? 0 : 1 / (1 - rate);
}

double mask_input(const problem *p, size_t sequence, size_t input, size_t frame, size_t value) {
  const input_spec *spec = &p->spec.input[input];
  uint64_t number = spec->tokens ? frame : frame * spec->size + value;
  return factor(p, p->spec.dropout, p->spec.variational ? VARIATIONAL_INPUT : INPUT, input, sequence,
                p->spec.variational ? value : number);
}

static size_t numbered(const problem *p, size_t step) { return p->spec.drop.every_step ? step : 0; }

double mask_context(const problem *p, size_t sequence, size_t module, size_t j, size_t step) {
  uint64_t number = numbered(p, step) * p->spec.module[module].context + j;
  return factor(p, p->spec.drop.contexts, CONTEXT, module, sequence, number);
}

static size_t features(const problem *p, size_t module) {
  return p->spec.module[module].layer[p->spec.module[module].layers - 1].units;
}

double mask_feature(const problem *p, size_t sequence, size_t module, size_t j, size_t step) {
  uint64_t number = numbered(p, step) * features(p, module) + j;
  return factor(p, p->spec.drop.features, FEATURE, module, sequence, number) *
         factor(p, p->spec.drop.modules, MODULE, module, sequence, numbered(p, step));
}

double mask_zoneout(const problem *p, size_t sequence, size_t module, size_t layer, int cell, size_t k, size_t step) {
  const module_spec *spec = &p->spec.module[module];
  double rate = cell ? spec->cell_zoneout[layer] : spec->zoneout[layer];
  uint64_t index = (uint64_t)module << 32 | layer << 1 | (unsigned)cell;
  if (!config_draws(&p->spec)) return rate;
  return below(p, rate, ZONEOUT, index, sequence, step * spec->layer[layer].units + k);
}

size_t mask_contexts_kept(const problem *p, size_t sequence, size_t module, size_t step) {
  size_t kept = 0;
  for (size_t j = 0; j < p->spec.module[module].context; j++) kept += mask_context(p, sequence, module, j, step) > 0;
  return kept;
}

size_t mask_features_kept(const problem *p, size_t sequence, size_t module, size_t step) {
  size_t kept = 0;
  for (size_t j = 0; j < features(p, module); j++) kept += mask_feature(p, sequence, module, j, step) > 0;
  return kept;
}
