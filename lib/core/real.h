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

/* What a host hands over is looked at by its bits, in integers: comparing a NaN could trap where the host unmasks floating-point
 * exceptions, even behind a test for it, since compilers do not keep that order. */

/* Neither NaN nor infinite. */
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
/* Of two numbers the larger has the larger rank; that of 0 and -0 is 0. A NaN is beyond infinity, on the side of its sign. */
static inline int64_t thalnet__rank(real value) {
#ifdef THALNET_DOUBLE
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits < 0 ? -(bits & INT64_MAX) : bits;
#else
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits < 0 ? -(int64_t)(bits & INT32_MAX) : bits;
#endif
}

#endif
