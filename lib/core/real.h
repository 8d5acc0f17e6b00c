/* SPDX-License-Identifier: MIT */
/* The number type of all computing. The library is built with float; the gradient tests build the same sources with double. */
#ifndef THALNET_CORE_REAL_H
#define THALNET_CORE_REAL_H

#include <stdint.h>
#include <string.h>

#ifdef THALNET_DOUBLE
typedef double real;
#define THALNET__REAL_NAME "double"
#else
typedef float real;
#define THALNET__REAL_NAME "float"
#endif

/* Neither NaN nor infinite. By the bits: a comparison could trap in a host that unmasks floating-point exceptions. */
static inline int thalnet__is_finite(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits >> 52 & 0x7ff) != 0x7ff;
}
static inline int thalnet__is_finite_real(real value) {
#ifdef THALNET_DOUBLE
  return thalnet__is_finite(value);
#else
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits >> 23 & 0xff) != 0xff;
#endif
}

#endif
