/* SPDX-License-Identifier: MIT */
/* A tensor's shape, and what its dimensions count, so that a network with other sizes finds the numbers that are the same in
 * both (network/carry.h). */
#ifndef THALNET_CORE_AXIS_H
#define THALNET_CORE_AXIS_H

#include <stddef.h>

enum thalnet__axis {
  THALNET__AXIS_ONE = 0,
  THALNET__AXIS_UNITS,    /* a layer's units, gate by gate */
  THALNET__AXIS_HIDDEN,   /* a layer's units */
  THALNET__AXIS_COLUMNS,  /* what a layer sees: task inputs and context, or the units of the layer below */
  THALNET__AXIS_CONTEXT,  /* a reader's */
  THALNET__AXIS_SEEN,     /* features that a reader sees, of all modules */
  THALNET__AXIS_FEATURES, /* the module's own */
  THALNET__AXIS_OUTPUT,   /* values of an output */
  THALNET__AXIS_CENTER,   /* all features */
  THALNET__AXIS_OWN       /* memory of the layers beside the center */
};

typedef struct thalnet__shape {
  int rank;
  size_t dimensions[3]; /* 1 beyond the rank */
  enum thalnet__axis axes[3];
} thalnet__shape;

#endif
