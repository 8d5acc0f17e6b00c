/* SPDX-License-Identifier: MIT */
#include "io/sort.h"

/* Moves items[root] down until neither child is above it. */
static void thalnet__sift(void **items, size_t root, size_t count, int (*compare)(const void *a, const void *b)) {
  void *moving = items[root];
  for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && compare(items[child], items[child + 1]) < 0) child++;
    if (compare(moving, items[child]) >= 0) break;
    items[root] = items[child];
    root = child;
  }
  items[root] = moving;
}

void thalnet__sort(void **items, size_t count, int (*compare)(const void *a, const void *b)) {
  for (size_t root = count / 2; root > 0; root--) thalnet__sift(items, root - 1, count, compare);
  for (size_t left = count; left > 1; left--) {
    void *largest = items[0];
    items[0] = items[left - 1];
    items[left - 1] = largest;
    thalnet__sift(items, 0, left - 1, compare);
  }
}

size_t thalnet__search(void *const *items, size_t count, const void *key,
                       int (*compare)(const void *key, const void *item)) {
  size_t first = 0, end = count;
  while (first < end) {
    const size_t middle = first + (end - first) / 2;
    const int order = compare(key, items[middle]);
    if (order == 0) return middle;
    if (order < 0)
      end = middle;
    else
      first = middle + 1;
  }
  return count;
}
