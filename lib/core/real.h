/* SPDX-License-Identifier: MIT */
/* The number type of all computing. The library is built with float; the gradient tests build the same sources with double. */
#ifndef THALNET_CORE_REAL_H
#define THALNET_CORE_REAL_H

#ifdef THALNET_DOUBLE
typedef double real;
#define THALNET__REAL_NAME "double"
#else
typedef float real;
#define THALNET__REAL_NAME "float"
#endif

#endif
