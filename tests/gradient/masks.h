/* SPDX-License-Identifier: MIT */
/* Dropout written down a second time: factors of a configuration's masks, one number at a time. */
#ifndef GRADIENT_MASKS_H
#define GRADIENT_MASKS_H

#include "gradient/problem.h"

/* Of a dense input's value or a token of kind `value`, in an input frame of a sequence. */
double mask_input(const problem *p, size_t sequence, size_t input, size_t frame, size_t value);

/* Of value j of a module's context at a step, and of its feature j after so many steps. */
double mask_context(const problem *p, size_t sequence, size_t module, size_t j, size_t step);
double mask_feature(const problem *p, size_t sequence, size_t module, size_t j, size_t step);

/* What unit k of a layer keeps at a step by zoneout, of its hidden state or its cell: all, nothing, or its rate. */
double mask_zoneout(const problem *p, size_t sequence, size_t module, size_t layer, int cell, size_t k, size_t step);

/* How many of them are not dropped. */
size_t mask_contexts_kept(const problem *p, size_t sequence, size_t module, size_t step);
size_t mask_features_kept(const problem *p, size_t sequence, size_t module, size_t step);

#endif
