/* SPDX-License-Identifier: MIT */
/* An exact permutation test: if it made no difference to which group a network belongs, any choice of as many of them as the first
 * group has would be as likely to be it. */
#include "groups.h"

enum { BOTH = 2 * GROUP_LIMIT };

struct similarities {
  double values[BOTH][BOTH];
  size_t count, first; /* networks; those of the first group */
};

static thalnet_status measure(const struct group *one, const struct group *other, struct similarities *all) {
  thalnet_center *nets[BOTH];
  const float *routings[BOTH];
  thalnet_status status = THALNET_OK;
  all->first = one->count;
  all->count = one->count + other->count;
  for (size_t i = 0; i < all->count; i++) {
    nets[i] = i < one->count ? one->nets[i] : other->nets[i - one->count];
    routings[i] = i < one->count ? one->routings[i] : other->routings[i - one->count];
  }
  for (size_t i = 0; i < all->count && !status; i++)
    for (size_t j = i + 1; j < all->count && !status; j++) {
      const size_t modules = (size_t)thalnet_center_module_count(nets[i]);
      thalnet_similarity found = THALNET_SIMILARITY_INIT;
      status =
          thalnet_center_similarity(nets[i], routings[i], nets[j], routings[j], modules * modules, NULL, 0, &found);
      all->values[i][j] = all->values[j][i] = found.similarity;
    }
  return status;
}

/* With the networks whose bits are set as the first group: how alike two of it are, and one of it and one of the others. */
static void split(const struct similarities *all, uint32_t chosen, double *within, double *between) {
  double sums[2] = {0, 0}, pairs[2] = {0, 0};
  for (size_t i = 0; i < all->count; i++)
    for (size_t j = 0; j < all->count; j++) {
      const int apart = !(chosen >> j & 1);
      if (i == j || !(chosen >> i & 1)) continue;
      sums[apart] += all->values[i][j];
      pairs[apart]++;
    }
  *within = sums[0] / pairs[0];
  *between = sums[1] / pairs[1];
}

static size_t count_bits(uint32_t bits) {
  size_t count = 0;
  for (; bits; bits &= bits - 1) count++;
  return count;
}

thalnet_status group_compare(const struct group *one, const struct group *other, struct group_comparison *comparison) {
  struct similarities all;
  uint64_t as_far = 0;
  *comparison = (struct group_comparison){0, 0, 1, 0};
  const thalnet_status status = measure(one, other, &all);
  if (status) return status;
  split(&all, (1u << all.first) - 1, &comparison->within, &comparison->between);
  for (uint32_t chosen = 0; chosen < 1u << all.count; chosen++) {
    double within, between;
    if (count_bits(chosen) != all.first) continue;
    split(&all, chosen, &within, &between);
    comparison->ways++;
    as_far += within - between >= comparison->within - comparison->between - 1e-12;
  }
  comparison->p = (double)as_far / (double)comparison->ways;
  return status;
}
