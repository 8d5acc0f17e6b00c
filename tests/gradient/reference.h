/* SPDX-License-Identifier: MIT */
/* The model written down a second time, plainly: one number after the other, as in the documentation. It tells what the
 * library must compute, and how near a relu comes to its kink. */
#ifndef GRADIENT_REFERENCE_H
#define GRADIENT_REFERENCE_H

#include "gradient/problem.h"

/* The loss at the problem's values (not with dropout); *margin: the smallest |pre-activation| of all relus. */
double reference_loss(const problem *p, double *margin);

#endif
