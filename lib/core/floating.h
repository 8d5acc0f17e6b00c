/* SPDX-License-Identifier: MIT */
/* The floating-point mode of computing calls: round to nearest, denormals to zero. It belongs to the host's thread, so every
 * entry saves it and every return puts it back, flags included; likewise errno, which pow, locks of threads and the host's
 * functions may write even where nothing fails. */
#ifndef THALNET_CORE_FLOATING_H
#define THALNET_CORE_FLOATING_H

#include <stdint.h>

typedef struct thalnet__floating {
  uint64_t saved;
  int error;
} thalnet__floating;

thalnet__floating thalnet__floating_enter(void);
void thalnet__floating_leave(thalnet__floating mode);

#endif
