/* SPDX-License-Identifier: MIT */
#include "core/arena.h"

#include "core/checked.h"
#include "core/memory.h"

void *thalnet__take(thalnet__arena *arena, size_t count, size_t size) {
  size_t bytes, rounded, used;
  if (thalnet__times(count, size, &bytes) || thalnet__add(bytes, THALNET__ALIGNMENT - 1, &rounded) ||
      thalnet__add(arena->used, rounded / THALNET__ALIGNMENT * THALNET__ALIGNMENT, &used)) {
    arena->overflowed = 1;
    return NULL;
  }
  char *place = arena->base == NULL || bytes == 0 ? NULL : arena->base + arena->used;
  arena->used = used;
  return place;
}

void *thalnet__take2(thalnet__arena *arena, size_t rows, size_t columns, size_t size) {
  size_t count;
  if (thalnet__times(rows, columns, &count)) {
    arena->overflowed = 1;
    return NULL;
  }
  return thalnet__take(arena, count, size);
}
