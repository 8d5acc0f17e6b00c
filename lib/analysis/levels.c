/* SPDX-License-Identifier: MIT */
/* Levels: how many steps a walk against the edges takes on average until it comes to an input. Nodes are taken out one after the
 * other, from the last to the first: walks through a node that is out count as one step of another length (Grassmann, Taksar,
 * Heyman: Regenerative analysis and steady state distributions for Markov chains, 1985). Nothing is ever subtracted, so that
 * no digits are lost where modules read hardly anything but each other. */
#include <string.h>

#include "analysis/graph.h"
#include "core/checked.h"

typedef struct thalnet__walk {
  const thalnet_center *net;
  const double *shares;
  size_t nodes;
  double *parts;    /* [node][node]: where a step leads from the first */
  double *ends;     /* [node]: the part of steps that come to a source */
  double *lengths;  /* [node]: of a step */
  uint8_t *reached; /* [node]: something comes from an input */
} thalnet__walk;

static double thalnet__sum_from(const thalnet__walk *walk, size_t to, size_t first, size_t count) {
  double sum = 0;
  for (size_t from = first; from < first + count; from++)
    if (from != to) sum += walk->shares[to * walk->nodes + from];
  return sum;
}

static void thalnet__mark_reached(const thalnet__walk *walk) {
  memset(walk->reached, 1, walk->net->input_count);
  for (int more = 1; more;) {
    more = 0;
    for (size_t to = 0; to < walk->nodes; to++)
      for (size_t from = 0; from < walk->nodes && !walk->reached[to]; from++)
        if (walk->reached[from] && walk->shares[to * walk->nodes + from] > 0) walk->reached[to] = 1, more = 1;
  }
}

/* Half of what a node gets is from inputs where it has inputs and reads; the shares of its own are left out. */
static void thalnet__set_out(const thalnet__walk *walk, size_t to) {
  const thalnet_center *net = walk->net;
  const double inputs = thalnet__sum_from(walk, to, 0, net->input_count);
  const double modules = thalnet__sum_from(walk, to, net->input_count, net->module_count);
  walk->lengths[to] = 1;
  for (size_t from = 0; from < walk->nodes; from++) {
    const double share = walk->shares[to * walk->nodes + from];
    const int input = from < net->input_count;
    if (to == from || share == 0) continue;
    const double part = input ? (modules > 0 ? share / 2 : share) : share / modules / (inputs > 0 ? 2 : 1);
    if (input || !walk->reached[from])
      walk->ends[to] += part;
    else
      walk->parts[to * walk->nodes + from] = part;
  }
}

/* What leaves a node for a source or for the nodes before it. */
static double thalnet__leaving(const thalnet__walk *walk, size_t k) {
  double sum = walk->ends[k];
  for (size_t j = 0; j < k; j++) sum += walk->parts[k * walk->nodes + j];
  return sum;
}

static void thalnet__take_out(const thalnet__walk *walk, size_t k) {
  const double leaving = thalnet__leaving(walk, k), *row = walk->parts + k * walk->nodes;
  for (size_t i = 0; i < k && leaving > 0; i++) {
    const double factor = walk->parts[i * walk->nodes + k] / leaving;
    if (factor == 0) continue;
    walk->lengths[i] += factor * walk->lengths[k];
    walk->ends[i] += factor * walk->ends[k];
    for (size_t j = 0; j < k; j++)
      if (j != i) walk->parts[i * walk->nodes + j] += factor * row[j];
  }
}

/* Sources, and whatever loses itself in shares too small for a number, stay at 0. */
static void thalnet__put_back(const thalnet__walk *walk, size_t k, double *levels) {
  const double leaving = thalnet__leaving(walk, k);
  double sum = walk->lengths[k];
  for (size_t j = 0; j < k; j++) sum += walk->parts[k * walk->nodes + j] * levels[j];
  levels[k] = leaving > 0 && thalnet__is_finite(sum / leaving) ? sum / leaving : 0;
}

thalnet_status thalnet__graph_levels(const thalnet_center *net, const double *shares, double *levels) {
  thalnet__walk walk = {.net = net, .shares = shares, .nodes = thalnet__node_count(net)};
  const size_t n = walk.nodes, row = (n + 2) * sizeof(double) + 1;
  void *block;
  THALNET__TRY(thalnet__allocate(&net->memory, n, row, &block));
  walk.parts = block;
  walk.ends = walk.parts + n * n;
  walk.lengths = walk.ends + n;
  walk.reached = (uint8_t *)(walk.lengths + n);
  thalnet__mark_reached(&walk);
  for (size_t to = net->input_count; to < n; to++)
    if (walk.reached[to]) thalnet__set_out(&walk, to);
  for (size_t k = n; k-- > 0;) thalnet__take_out(&walk, k);
  for (size_t k = 0; k < n; k++) thalnet__put_back(&walk, k, levels);
  thalnet__release(&net->memory, block, n, row);
  return THALNET_OK;
}
