/* SPDX-License-Identifier: MIT */
/* All memory of the library comes through here, 64-byte aligned and zeroed. */
#ifndef THALNET_CORE_MEMORY_H
#define THALNET_CORE_MEMORY_H

#include <stddef.h>

#include <thalnet/host.h>

enum { THALNET__ALIGNMENT = 64 };

/* The allocator for options->memory (NULL: malloc's). */
thalnet_status thalnet__memory_init(thalnet_memory *memory, const thalnet_memory *given);

/* count * size bytes, zeroed; *out is NULL on failure. A count or size of 0 gives NULL and THALNET_OK. */
thalnet_status thalnet__allocate(const thalnet_memory *memory, size_t count, size_t size, void **out);

/* count and size as they were allocated; NULL is fine. */
void thalnet__release(const thalnet_memory *memory, void *block, size_t count, size_t size);

/* Room for one more element in an array of *capacity elements, of which `used` are in use. Grows by doubling. */
thalnet_status thalnet__reserve(const thalnet_memory *memory, void **array, size_t used, size_t *capacity, size_t size);

#endif
