/* SPDX-License-Identifier: MIT */
/* The model written down a second time, plainly: one number after the other, as in the documentation. It tells what the
 * library must compute, and how near a relu comes to its kink, or layer norm to one of its own. */
#ifndef GRADIENT_REFERENCE_H
#define GRADIENT_REFERENCE_H

#include "gradient/problem.h"

/* The loss at the problem's values; *margin: the smallest |pre-activation| of all relus, or a 20th of the
 * smallest deviation that layer norm divides by. */
double reference_loss(const problem *p, double *margin);

#endif
