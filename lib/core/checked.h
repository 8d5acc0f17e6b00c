/* SPDX-License-Identifier: MIT */
/* Sizes that cannot wrap. Every size that depends on a caller's or a file's number goes through these. */
#ifndef THALNET_CORE_CHECKED_H
#define THALNET_CORE_CHECKED_H

#include <stddef.h>
#include <stdint.h>

/* Both return 0 and set *out, or return -1 and leave it where the result does not fit. */
static inline int thalnet__add(size_t a, size_t b, size_t *out) {
  if (a > SIZE_MAX - b) return -1;
  *out = a + b;
  return 0;
}

static inline int thalnet__times(size_t a, size_t b, size_t *out) {
  if (b != 0 && a > SIZE_MAX / b) return -1;
  *out = a * b;
  return 0;
}

/* For sizes that are asked for or compared in the end: what does not fit is the largest size, more than anybody has, and stays
 * it. */
static inline size_t thalnet__sum_or_most(size_t a, size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }

static inline size_t thalnet__times_or_most(size_t a, size_t b) {
  size_t product = SIZE_MAX;
  (void)thalnet__times(a, b, &product);
  return product;
}

/* Up to a multiple of the unit. */
static inline size_t thalnet__round_or_most(size_t size, size_t unit) {
  return size > SIZE_MAX - unit ? SIZE_MAX : (size + unit - 1) / unit * unit;
}

/* Greatest common divisor; of a and 0 it is a. */
static inline size_t thalnet__divisor(size_t a, size_t b) {
  while (b != 0) {
    const size_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static inline size_t thalnet__min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t thalnet__max(size_t a, size_t b) { return a > b ? a : b; }

#endif
