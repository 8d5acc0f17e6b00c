/* SPDX-License-Identifier: MIT */
/* Sorting without memory of its own and without a bad case: what is sorted comes from files that may be made to hurt. */
#ifndef THALNET_IO_SORT_H
#define THALNET_IO_SORT_H

#include <stddef.h>

/* Ascending by compare, which returns below, at or above 0 as strcmp does. Not stable. */
void thalnet__sort(void **items, size_t count, int (*compare)(const void *a, const void *b));

/* The place of the item in a sorted array for which compare(key, item) is 0, or `count`. */
size_t thalnet__search(void *const *items, size_t count, const void *key,
                       int (*compare)(const void *key, const void *item));

#endif
