/* SPDX-License-Identifier: MIT */
/* Whether the networks of one group are wired more alike than they are like those of another one. */
#ifndef DISCOVERY_GROUPS_H
#define DISCOVERY_GROUPS_H

#include <thalnet/thalnet.h>

enum { GROUP_LIMIT = 10 };

/* Networks of one kind and their wirings, thalnet_center_routing by weight; count networks each. */
struct group {
  const char *name;
  thalnet_center *nets[GROUP_LIMIT];
  float *routings[GROUP_LIMIT];
  size_t count;
};

struct group_comparison {
  double within, between; /* mean similarity of two networks of the first group; of one of either */
  double p; /* how many of all ways of naming as many of them the first group give at least this difference */
  uint64_t ways;
};

thalnet_status group_compare(const struct group *one, const struct group *other, struct group_comparison *comparison);

#endif
