/* SPDX-License-Identifier: MIT */
/* Negative controls: gradients made wrong on purpose, by the switches of lib/core/fault.h, must fail the check
 * wherever the term that they spoil is not zero. */
#ifndef GRADIENT_CONTROLS_H
#define GRADIENT_CONTROLS_H

#include "core/fault.h"
#include "gradient/problem.h"

enum { CONTROLS = THALNET__FAULTS };

extern const char *const control_names[CONTROLS];

/* Bit `fault`: by its structure alone, the configuration has that term. Follows which modules and layers the losses
 * reach, step by step, back through sequences, resets and settle steps. */
unsigned controls_apply(const problem *p);

#endif
