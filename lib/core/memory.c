/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/checked.h"
#include "core/options.h"
#include "core/status.h"

static void *thalnet__host_allocate(void *user, size_t size, size_t alignment) {
  (void)user;
  /* aligned_alloc wants a multiple of the alignment */
  if (size > SIZE_MAX - alignment) return NULL;
  const int before = errno; /* which it may set where it finds memory at the second attempt, too */
  void *block = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  errno = before;
  return block;
}

static void thalnet__host_release(void *user, void *block, size_t size, size_t alignment) {
  const int before = errno;
  (void)user, (void)size, (void)alignment;
  free(block);
  errno = before;
}

thalnet_status thalnet__memory_init(thalnet_memory *memory, const thalnet_memory *given) {
  *memory = (thalnet_memory){sizeof *memory, NULL, thalnet__host_allocate, thalnet__host_release};
  if (given == NULL) return THALNET_OK;
  THALNET__TRY(thalnet__read_options(memory, sizeof *memory, sizeof *memory, given, "thalnet_memory"));
  if (memory->allocate == NULL || memory->release == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_memory: allocate and release must both be set");
  return THALNET_OK;
}

thalnet_status thalnet__allocate(const thalnet_memory *memory, size_t count, size_t size, void **out) {
  size_t bytes;
  *out = NULL;
  if (thalnet__times(count, size, &bytes))
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "%zu elements of %zu bytes do not fit in memory", count, size);
  if (bytes == 0) return THALNET_OK;
  void *block = memory->allocate(memory->user, bytes, THALNET__ALIGNMENT);
  if (block == NULL) return thalnet__fail(THALNET_ERROR_MEMORY, "no memory for %zu bytes", bytes);
  if ((uintptr_t)block % THALNET__ALIGNMENT != 0) {
    memory->release(memory->user, block, bytes, THALNET__ALIGNMENT);
    return thalnet__fail(THALNET_ERROR_MEMORY, "the host's allocator returned memory not aligned to %d bytes",
                         THALNET__ALIGNMENT);
  }
  memset(block, 0, bytes);
  *out = block;
  return THALNET_OK;
}

void thalnet__release(const thalnet_memory *memory, void *block, size_t count, size_t size) {
  if (block != NULL) memory->release(memory->user, block, count * size, THALNET__ALIGNMENT);
}

thalnet_status thalnet__reserve(const thalnet_memory *memory, void **array, size_t used, size_t *capacity,
                                size_t size) {
  if (used < *capacity) return THALNET_OK;
  size_t larger = *capacity == 0 ? 4 : 2 * *capacity;
  void *moved;
  THALNET__TRY(thalnet__allocate(memory, larger, size, &moved));
  if (used) memcpy(moved, *array, used * size);
  thalnet__release(memory, *array, *capacity, size);
  *array = moved;
  *capacity = larger;
  return THALNET_OK;
}
