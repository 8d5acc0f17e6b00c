/* SPDX-License-Identifier: MIT */
#include "core/arena.h"

#include "core/checked.h"
#include "core/memory.h"

void *thalnet__take(thalnet__arena *arena, size_t count, size_t size) {
  const size_t bytes = thalnet__times_or_most(count, size);
  char *place = arena->base == NULL || bytes == 0 ? NULL : arena->base + arena->used;
  arena->used = thalnet__round_or_most(thalnet__sum_or_most(arena->used, bytes), THALNET__ALIGNMENT);
  return place;
}

void *thalnet__take2(thalnet__arena *arena, size_t rows, size_t columns, size_t size) {
  return thalnet__take(arena, thalnet__times_or_most(rows, columns), size);
}
