/* SPDX-License-Identifier: MIT */
/* One block, many arrays: a layout function takes its arrays from an arena twice, first with base NULL to learn the size, then
 * with the block. The layout is thus written down once, and size and placement cannot disagree. */
#ifndef THALNET_CORE_ARENA_H
#define THALNET_CORE_ARENA_H

#include <stddef.h>

typedef struct thalnet__arena {
  char *base;  /* NULL: only measuring */
  size_t used; /* bytes taken so far, a multiple of the alignment; SIZE_MAX: a size did not fit */
} thalnet__arena;

/* count elements of `size` bytes at a multiple of 64; NULL while measuring or when the count is 0. */
void *thalnet__take(thalnet__arena *arena, size_t count, size_t size);

/* As thalnet__take with two factors in the count. */
void *thalnet__take2(thalnet__arena *arena, size_t rows, size_t columns, size_t size);

#endif
