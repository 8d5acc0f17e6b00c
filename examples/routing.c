/* SPDX-License-Identifier: MIT */
/* Shows how a saved network is wired: thalnet_center_load, thalnet_center_wiring, thalnet_graph. Any model file will do; what it is
 * shown are random numbers, since the file knows nothing of its data. The programs that train a network look at it with their own
 * data (--out). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

#include "common/options.h"
#include "common/random.h"
#include "common/system.h"
#include "common/wiring.h"

enum { MODELS_MOST = 8 };

struct routing {
  const char *models, *out;
  long sequences, frames, seed;
  char *list; /* the models' paths, cut apart */
  const char *paths[MODELS_MOST];
  thalnet_center *nets[MODELS_MOST];
  thalnet_batch *batches[MODELS_MOST];
  size_t count;
};

static int complain(const char *what) {
  example_complain("routing", "%s", what);
  return EXAMPLE_EXIT_FAILURE;
}

/* --- options ------------------------------------------------------------------------------------------------------- */

static int parse(struct routing *r, int argc, char **argv) {
  static struct example_program program = {
      .name = "routing",
      .about = "Shows who reads whom in saved networks: edges and their kinds, and with --out a graph and pictures.\n"
               "What dynamic readers and measured shares need to see are random inputs."};
  const struct example_option options[] = {
      {EXAMPLE_TEXT, "models", "FILES", "model files, with commas between them; at most 8", &r->models, 0, 0},
      {EXAMPLE_TEXT, "out", "FOLDER",
       "write graph.dot, graph.json and graph.csv of the first one there,\n"
       "and pictures where cairo and Graphviz are there",
       &r->out, 0, 0},
      {EXAMPLE_COUNT, "sequences", "N", "random sequences to look at (64)", &r->sequences, 1, 65536},
      {EXAMPLE_COUNT, "frames", "N", "of each (32)", &r->frames, 1, 65536},
      {EXAMPLE_COUNT, "seed", "N", "of the random numbers (0)", &r->seed, 0, 2147483647},
  };
  r->sequences = 64;
  r->frames = 32;
  example_options_add(&program, options, sizeof options / sizeof options[0]);
  int code = example_options_parse(&program, argc, argv);
  if (code >= 0) return code;
  if (r->models) return -1;
  example_complain("routing", "--models is missing: which model files?");
  return EXAMPLE_EXIT_USAGE;
}

static int cut_paths(struct routing *r) {
  r->list = malloc(strlen(r->models) + 1);
  if (!r->list) return complain("no memory");
  strcpy(r->list, r->models);
  for (char *path = strtok(r->list, ","); path; path = strtok(NULL, ",")) {
    if (r->count == MODELS_MOST) return complain("--models: at most 8 files");
    r->paths[r->count++] = path;
  }
  return r->count > 0 ? EXAMPLE_EXIT_SUCCESS : complain("--models: which model files?");
}

/* --- random inputs ------------------------------------------------------------------------------------------------- */

static thalnet_status set_input(const struct routing *r, const thalnet_center *net, thalnet_batch *batch, int32_t i,
                                struct example_random *random) {
  const size_t frames = (size_t)(r->sequences * r->frames) * (size_t)thalnet_center_input_frames(net, i);
  const size_t size = thalnet_center_input_size(net, i);
  const int32_t tokens = thalnet_center_input_is_tokens(net, i);
  const size_t count = tokens ? frames : frames * size;
  float *values = tokens ? NULL : malloc(count * sizeof *values);
  int32_t *numbers = tokens ? malloc(count * sizeof *numbers) : NULL;
  thalnet_status status = THALNET_ERROR_MEMORY;
  for (size_t k = 0; k < count && values; k++) values[k] = example_random_between(random, -1.0f, 1.0f);
  for (size_t k = 0; k < count && numbers; k++) numbers[k] = (int32_t)example_random_below(random, (uint32_t)size);
  if (values) status = thalnet_batch_set_inputs(batch, i, values, count);
  if (numbers) status = thalnet_batch_set_tokens(batch, i, numbers, count);
  free(values);
  free(numbers);
  return status;
}

static thalnet_status fill(struct routing *r, size_t k) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  const thalnet_center *net = r->nets[k];
  const size_t sequences = (size_t)r->sequences, frames = (size_t)r->frames;
  struct example_random random = example_random_start((uint64_t)r->seed, 0);
  options.for_backward = 0;
  thalnet_status status = thalnet_batch_create(net, sequences, frames, &options, &r->batches[k]);
  if (!status) status = thalnet_batch_begin(r->batches[k], sequences, frames);
  for (int32_t i = 0; i < thalnet_center_input_count(net) && !status; i++)
    status = set_input(r, net, r->batches[k], i, &random);
  return status;
}

/* --- what is shown ------------------------------------------------------------------------------------------------- */

static void print_edges(const thalnet_graph *graph) {
  for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    if (thalnet_graph_get_edge(graph, i, &edge)) return;
    printf("  %-12s -> %-12s %-8s share %.3f\n", example_node_name(graph, edge.from), example_node_name(graph, edge.to),
           example_edge_kinds[edge.kind], edge.share);
  }
}

static void print_path(const thalnet_graph *graph, int32_t from, int32_t to) {
  int32_t nodes[64];
  size_t length = 0;
  double share = 0;
  if (thalnet_graph_find_path(graph, from, to, nodes, 64, &length, &share) || length == 0) return;
  printf("strongest path:");
  for (size_t i = 0; i < length && i < 64; i++) printf("%s %s", i ? " ->" : "", example_node_name(graph, nodes[i]));
  printf(" (share %.3f)\n", share);
}

static void print_summary(const thalnet_graph *graph) {
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  if (thalnet_graph_summarize(graph, &summary)) return;
  printf("chains %llu, skips %llu, lateral %llu, feedback %llu, self %llu; unread modules %llu; depth %.2f, evenness "
         "%.2f, "
         "specialisation %.2f\n",
         (unsigned long long)summary.chains, (unsigned long long)summary.skips, (unsigned long long)summary.laterals,
         (unsigned long long)summary.feedbacks, (unsigned long long)summary.selves, (unsigned long long)summary.unread,
         summary.depth, summary.evenness, summary.specialisation);
}

/* The graph of what comes through when the network is shown random inputs. */
static thalnet_status show(const struct routing *r, size_t k) {
  const thalnet_center *net = r->nets[k];
  const int32_t inputs = thalnet_center_input_count(net), outputs = thalnet_center_output_count(net);
  const int32_t modules = thalnet_center_module_count(net);
  const size_t nodes = (size_t)(inputs + modules + outputs);
  float *values = malloc(nodes * nodes * sizeof *values);
  thalnet_graph *graph = NULL;
  thalnet_status status = values ? THALNET_OK : THALNET_ERROR_MEMORY;
  if (!status) status = thalnet_center_wiring(net, r->batches[k], THALNET_ROUTING_SHARE, values, nodes * nodes);
  if (!status) status = thalnet_graph_create(net, values, nodes * nodes, NULL, &graph);
  if (!status) {
    printf("%s: %d modules around %zu features\n", r->paths[k], modules, thalnet_center_features(net));
    print_edges(graph);
    for (int32_t i = 0; i < inputs; i++)
      for (int32_t o = 0; o < outputs; o++) print_path(graph, i, inputs + modules + o);
    print_summary(graph);
  }
  thalnet_graph_free(graph);
  free(values);
  return status;
}

/* How alike the other networks are wired as the first one. */
static void compare(const struct routing *r, size_t k) {
  const size_t modules = (size_t)thalnet_center_module_count(r->nets[0]);
  float *a = malloc(modules * modules * sizeof *a), *b = malloc(modules * modules * sizeof *b);
  thalnet_similarity found = THALNET_SIMILARITY_INIT;
  const int same_size = (size_t)thalnet_center_module_count(r->nets[k]) == modules;
  if (same_size && a && b &&
      !thalnet_center_routing(r->nets[0], r->batches[0], THALNET_ROUTING_WEIGHT, a, modules * modules) &&
      !thalnet_center_routing(r->nets[k], r->batches[k], THALNET_ROUTING_WEIGHT, b, modules * modules) &&
      !thalnet_center_similarity(r->nets[0], a, r->nets[k], b, modules * modules, NULL, 0, &found))
    printf("similarity of %s and %s: %.3f%s; as numbered %.3f\n", r->paths[0], r->paths[k], found.similarity,
           found.exact ? "" : " or more", found.as_numbered);
  else
    printf("similarity of %s and %s: none, %s\n", r->paths[0], r->paths[k],
           same_size ? thalnet_error_text() : "they have different numbers of modules");
  free(a);
  free(b);
}

/* Of the first module that reads. */
static const char *reader_name(const thalnet_center *net) {
  static const char *const names[] = {"linear", "weight norm", "softmax", "Gaussian"};
  for (int32_t m = 0; m < thalnet_center_module_count(net); m++) {
    int32_t kind = thalnet_reader_kind(thalnet_center_module_reader(net, m));
    if (kind >= 0) return names[kind];
  }
  return "no reader";
}

/* The first network, and side by side with it those that have as many modules. */
static int save(const struct routing *r) {
  struct example_wired wired[MODELS_MOST], first = {r->paths[0], r->nets[0], r->batches[0]};
  struct example_error error = {""};
  size_t count = 0;
  for (size_t k = 0; k < r->count; k++)
    if (thalnet_center_module_count(r->nets[k]) == thalnet_center_module_count(r->nets[0]))
      wired[count++] = (struct example_wired){reader_name(r->nets[k]), r->nets[k], r->batches[k]};
  int status = example_make_folder(r->out, &error);
  if (!status) status = example_save_wiring(r->out, &first, &error);
  if (!status && count > 1) status = example_save_readers(r->out, wired, count, &error);
  return status ? complain(error.text) : EXAMPLE_EXIT_SUCCESS;
}

static int run(struct routing *r) {
  int code = cut_paths(r);
  if (code) return code;
  for (size_t k = 0; k < r->count; k++) {
    thalnet_status status = thalnet_center_load(r->paths[k], NULL, &r->nets[k]);
    if (!status) status = fill(r, k);
    if (!status) status = show(r, k);
    if (status) return complain(thalnet_error_text());
    if (k > 0) compare(r, k);
  }
  return r->out ? save(r) : EXAMPLE_EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  static struct routing r;
  int code = parse(&r, argc, argv);
  if (code >= 0) return code;
  code = run(&r);
  for (size_t k = 0; k < r.count; k++) {
    thalnet_batch_free(r.batches[k]);
    thalnet_center_free(r.nets[k]);
  }
  free(r.list);
  return code;
}
