/* SPDX-License-Identifier: MIT */
/* Levels: the linear equations of thalnet/graph.h, solved by elimination. Their matrix is the identity less what a walk against
 * the edges does in one step; such walks end at an input, so no pivot is needed and none is zero. Sums go in the order of the nodes:
 * the same shares give the same bits. */
#include <string.h>

#include "analysis/graph.h"
#include "core/checked.h"

typedef struct thalnet__equations {
  const thalnet_center *net;
  const double *shares;
  size_t nodes;
  double *matrix;   /* [node][node] */
  uint8_t *reached; /* [node]: something comes from an input */
} thalnet__equations;

/* A node's part in what another one gets: half from inputs where it has inputs and reads, from modules the shares without its
 * own. Sources that no input reaches count with the rest as if they were inputs. */
static double thalnet__part_in(const thalnet__equations *equations, size_t to, size_t from, double inputs,
                               double modules) {
  const double share = equations->shares[to * equations->nodes + from];
  if (to == from || share == 0) return 0;
  if (thalnet__node_kind(equations->net, from) == THALNET_NODE_INPUT) return modules > 0 ? share / 2 : share;
  return inputs > 0 ? share / modules / 2 : share / modules;
}

static double thalnet__sum_from(const thalnet__equations *equations, size_t to, size_t first, size_t count) {
  double sum = 0;
  for (size_t from = first; from < first + count; from++)
    if (from != to) sum += equations->shares[to * equations->nodes + from];
  return sum;
}

static void thalnet__mark_reached(const thalnet__equations *equations) {
  memset(equations->reached, 1, equations->net->input_count);
  for (int more = 1; more;) {
    more = 0;
    for (size_t to = 0; to < equations->nodes; to++)
      for (size_t from = 0; from < equations->nodes && !equations->reached[to]; from++)
        if (equations->reached[from] && equations->shares[to * equations->nodes + from] > 0)
          equations->reached[to] = 1, more = 1;
  }
}

/* h_to - sum over from of part * h_from = 1; of sources h = 0. */
static void thalnet__set_up_row(const thalnet__equations *equations, size_t to, double *right) {
  const thalnet_center *net = equations->net;
  double *row = equations->matrix + to * equations->nodes;
  const int source = thalnet__node_kind(net, to) == THALNET_NODE_INPUT || !equations->reached[to];
  const double inputs = thalnet__sum_from(equations, to, 0, net->input_count);
  const double modules = thalnet__sum_from(equations, to, net->input_count, net->module_count);
  row[to] = 1;
  right[to] = source ? 0 : 1;
  for (size_t from = 0; from < equations->nodes && !source; from++)
    if (from != to) row[from] = -thalnet__part_in(equations, to, from, inputs, modules);
}

/* matrix h = right; right becomes h. */
static void thalnet__eliminate(double *matrix, size_t nodes, double *right) {
  for (size_t k = 0; k < nodes; k++)
    for (size_t i = k + 1; i < nodes; i++) {
      const double factor = matrix[i * nodes + k] / matrix[k * nodes + k];
      if (factor == 0) continue;
      for (size_t j = k; j < nodes; j++) matrix[i * nodes + j] -= factor * matrix[k * nodes + j];
      right[i] -= factor * right[k];
    }
  for (size_t k = nodes; k-- > 0;) {
    for (size_t j = k + 1; j < nodes; j++) right[k] -= matrix[k * nodes + j] * right[j];
    right[k] /= matrix[k * nodes + k];
  }
}

thalnet_status thalnet__graph_levels(const thalnet_center *net, const double *shares, double *levels) {
  thalnet__equations equations = {.net = net, .shares = shares, .nodes = thalnet__node_count(net)};
  const size_t row = equations.nodes * sizeof(double) + 1;
  void *block;
  THALNET__TRY(thalnet__allocate(&net->memory, equations.nodes, row, &block));
  equations.matrix = block;
  equations.reached = (uint8_t *)(equations.matrix + equations.nodes * equations.nodes);
  thalnet__mark_reached(&equations);
  for (size_t to = 0; to < equations.nodes; to++) thalnet__set_up_row(&equations, to, levels);
  thalnet__eliminate(equations.matrix, equations.nodes, levels);
  thalnet__release(&net->memory, block, equations.nodes, row);
  return THALNET_OK;
}
