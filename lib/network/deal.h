/* SPDX-License-Identifier: MIT */
/* Threads that share one chunk of a large network: independent tasks, dealt in order; the call returns when all are done. A
 * task's result must not depend on who does it. */
#ifndef THALNET_NETWORK_DEAL_H
#define THALNET_NETWORK_DEAL_H

#include "network/work.h"

/* worker: 0 .. work->workers - 1, another one in every thread */
typedef void thalnet__deal_task(void *argument, size_t index, size_t worker);

void thalnet__deal(const thalnet__work *work, thalnet__deal_task *task, void *argument, size_t tasks);

/* Whether the layers of a large network are computed in parts. With our own products an element's bits do not depend on its
 * part, and one thread takes them whole. */
static inline int thalnet__in_parts(const thalnet__work *work) {
  return work->net->slabs && (work->workers > 1 || work->net->kernels->multiply == NULL);
}

/* The worker's scratch for products. */
static inline real *thalnet__product_scratch(const thalnet__work *work, size_t worker) {
  return work->product_scratch == NULL ? NULL : work->product_scratch + worker * THALNET__PRODUCT_SCRATCH;
}

#endif
