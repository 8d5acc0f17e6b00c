/* SPDX-License-Identifier: MIT */
/* Changes of a network that is being trained: a draft of it is edited and built, and takes its place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"

static int is(const char *word, const char *other) { return strcmp(word, other) == 0; }

static long least(long a, long b) { return a < b ? a : b; }

/* --- what there is --------------------------------------------------------------------------------------------------- */

static long module_count(const struct grow *p) { return thalnet_center_module_count(p->trainer.net); }

long grow_changes_left(const struct grow *p) {
  const long modules = p->full.modules - module_count(p), units = p->full.features - p->trainer.network.features;
  if (is(p->policy, "units")) return (units + p->step - 1) / p->step + (modules > 0);
  return (modules + p->step - 1) / p->step;
}

/* The graph of what comes through on validation images. */
static thalnet_status make_graph(struct grow *p, double threshold, thalnet_graph **graph_out) {
  struct example_trainer *t = &p->trainer;
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  const size_t nodes = (size_t)(thalnet_center_input_count(t->net) + thalnet_center_module_count(t->net) +
                                thalnet_center_output_count(t->net));
  float *values = malloc(nodes * nodes * sizeof *values);
  thalnet_status status = values ? t->task.load_routing(t->task.context, t->evaluation) : THALNET_ERROR_MEMORY;
  options.threshold = threshold;
  if (!status) status = thalnet_center_wiring(t->net, t->evaluation, THALNET_ROUTING_SHARE, values, nodes * nodes);
  if (!status) status = thalnet_graph_create(t->net, values, nodes * nodes, &options, graph_out);
  free(values);
  return status;
}

/* The module that has the largest part in what the others and the outputs read. */
static thalnet_status find_busiest(struct grow *p, int32_t *module_out) {
  double shares[EXAMPLE_MODULE_LIMIT] = {0.0};
  thalnet_graph *graph = NULL;
  thalnet_status status = make_graph(p, 0.0, &graph);
  const int32_t first = thalnet_center_input_count(p->trainer.net), count = (int32_t)module_count(p);
  for (size_t i = 0; i < thalnet_graph_edge_count(graph) && !status; i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    status = thalnet_graph_get_edge(graph, i, &edge);
    if (edge.from >= first && edge.from < first + count && edge.from != edge.to)
      shares[edge.from - first] += edge.share;
  }
  *module_out = 0;
  for (int32_t m = 1; m < count; m++)
    if (shares[m] > shares[*module_out]) *module_out = m;
  thalnet_graph_free(graph);
  return status;
}

/* --- taking a draft's network ---------------------------------------------------------------------------------------- */

/* What the network says of some validation images, [count][EXAMPLE_CLASSES]; free it. */
static float *compute_outputs(struct example_trainer *t, size_t *count_out) {
  thalnet_status status = t->task.load_routing(t->task.context, t->evaluation);
  *count_out = thalnet_batch_sequences(t->evaluation) * EXAMPLE_CLASSES;
  float *values = malloc(*count_out * sizeof *values);
  if (!status) status = thalnet_forward(t->net, t->evaluation, NULL);
  if (!status && values)
    status = thalnet_batch_read_final_output(t->evaluation, t->network.ports.outputs[0], values, *count_out);
  if (!status) return values;
  free(values);
  return NULL;
}

static void replace(struct example_trainer *t, thalnet_center *net, thalnet_optimizer *optimizer) {
  thalnet_batch_free(t->evaluation);
  thalnet_batch_free(t->training);
  thalnet_optimizer_free(t->optimizer);
  thalnet_center_free(t->net);
  t->net = net;
  t->optimizer = optimizer;
  t->training = t->evaluation = NULL;
}

/* The largest difference, as a part of the largest output. */
static double compare(const float *before, const float *after, size_t count) {
  double difference = 0.0, largest = 0.0;
  for (size_t k = 0; k < count; k++) {
    difference = fmax(difference, fabs((double)after[k] - (double)before[k]));
    largest = fmax(largest, fabs((double)before[k]));
  }
  return largest > 0.0 ? difference / largest : difference;
}

/* Builds a draft of the trainer's network and goes on with it. */
static thalnet_status take(struct grow *p, thalnet_center *draft, double *difference_out) {
  struct example_trainer *t = &p->trainer;
  thalnet_optimizer *moved = NULL;
  size_t count;
  float *before = compute_outputs(t, &count), *after = NULL;
  thalnet_status status = before ? thalnet_center_build(draft, (uint64_t)p->settings.seed) : THALNET_ERROR_MEMORY;
  if (!status) status = thalnet_optimizer_move(t->optimizer, draft, &moved);
  if (status) {
    thalnet_center_free(draft);
  } else {
    replace(t, draft, moved);
    status = example_create_batches(t);
    if (!status) after = compute_outputs(t, &count);
    if (!status && !after) status = THALNET_ERROR_MEMORY;
  }
  *difference_out = status ? 0.0 : compare(before, after, count);
  free(before);
  free(after);
  p->changed = t->epoch;
  return status;
}

static void tell(const struct grow *p, const char *what, double difference) {
  if (p->settings.quiet) return;
  example_progress_clear(&p->trainer.progress);
  printf("epoch %2zu/%ld  %s: %ld modules of %ld units, %zu parameters; outputs differ by %.1e of the largest\n",
         p->trainer.epoch, p->settings.epochs, what, module_count(p), p->trainer.network.features,
         thalnet_center_parameter_count(p->trainer.net), difference);
}

/* --- removing -------------------------------------------------------------------------------------------------------- */

thalnet_status grow_remove_unread(struct grow *p, struct grow_outcome *outcome) {
  char text[1024] = "";
  size_t removed = 0;
  double difference;
  thalnet_graph *graph = NULL;
  thalnet_center *draft = NULL;
  const int32_t first = thalnet_center_input_count(p->trainer.net);
  thalnet_status status = make_graph(p, p->unread, &graph);
  if (!status) status = thalnet_center_edit(p->trainer.net, &draft);
  for (int32_t m = (int32_t)module_count(p) - 1; m >= 0 && !status; m--) { /* those behind it have moved up already */
    thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
    status = thalnet_graph_get_node(graph, (size_t)(first + m), &node);
    if (status || !node.unread || thalnet_center_module_count(draft) == 1) continue;
    status = thalnet_module_remove(thalnet_center_get_module(draft, m));
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", removed++ ? ", " : "", node.name);
  }
  if (status || removed == 0) {
    thalnet_center_free(draft);
  } else {
    snprintf(text + strlen(text), sizeof text - strlen(text), " removed, which nobody reads");
    status = take(p, draft, &difference);
    if (!status) tell(p, text, difference);
    if (!status) outcome->removed += removed;
  }
  thalnet_graph_free(graph);
  return status;
}

/* --- growing --------------------------------------------------------------------------------------------------------- */

/* One more, as those of the start. */
static void add_module(struct grow *p, thalnet_center *draft, long number) {
  const struct example_ports *ports = &p->trainer.network.ports;
  thalnet_module *module;
  if (example_network_add_module(&p->trainer.network, draft, number, &module)) return;
  thalnet_module_connect_input(module, ports->inputs[0]);
  thalnet_module_connect_output(module, ports->outputs[0]);
}

thalnet_status grow_once(struct grow *p, struct grow_outcome *outcome) {
  struct example_network *network = &p->trainer.network;
  const long modules = module_count(p), missing = p->full.modules - modules;
  int32_t busiest = 0;
  thalnet_module *second;
  double difference;
  char text[64];
  thalnet_center *draft;
  thalnet_status status = is(p->policy, "split") ? find_busiest(p, &busiest) : THALNET_OK;
  if (!status) status = thalnet_center_edit(p->trainer.net, &draft);
  if (status) return status;
  if (is(p->policy, "split")) { /* the draft remembers calls that fail, and its build reports them */
    snprintf(text, sizeof text, "%.40s split", thalnet_center_module_name(draft, busiest));
    thalnet_module_split(thalnet_center_get_module(draft, busiest), NULL, &second);
  } else if (missing > 0) {
    const long more = is(p->policy, "units") ? missing : least(p->step, missing);
    snprintf(text, sizeof text, "%ld module%s added", more, more == 1 ? "" : "s");
    for (long i = 0; i < more; i++) add_module(p, draft, modules + i);
  } else {
    const long more = least(p->step, p->full.features - network->features);
    snprintf(text, sizeof text, "%ld unit%s more in each", more, more == 1 ? "" : "s");
    for (int32_t m = 0; m < (int32_t)modules; m++)
      thalnet_module_grow(thalnet_center_get_module(draft, m), 0, (size_t)more);
    network->features += more;
  }
  status = take(p, draft, &difference);
  if (status) return status;
  tell(p, text, difference);
  outcome->grown++;
  if (difference > outcome->kept) outcome->kept = difference;
  return THALNET_OK;
}
