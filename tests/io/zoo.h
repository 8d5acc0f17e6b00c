/* SPDX-License-Identifier: MIT */
/* Networks to be saved: one with everything there is, and random ones. */
#ifndef TESTS_IO_ZOO_H
#define TESTS_IO_ZOO_H

#include <thalnet/thalnet.h>

/* Every kind of layer, activation, reader, input, output and loss, names of its own, clocks and settle steps. */
thalnet_center *zoo_all(void);
thalnet_center *zoo_random(unsigned long long *state);
/* One that was edited, so that readers are in parts: modules a, c, e and d of 5, 2, 2 and 2 features. */
thalnet_center *zoo_edited(void);

/* Asserts that all questions have the same answers for both, parameters bit for bit. */
void zoo_same(const thalnet_center *a, const thalnet_center *b);

#endif
