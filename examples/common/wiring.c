/* SPDX-License-Identifier: MIT */
#include "wiring.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "pictures/available.h"
#include "pictures/heat.h"
#include "system.h"
#include "words.h"

extern char **environ;

enum { STEPS_SHOWN = 256 }; /* of a long sequence */

static int library_failed(struct example_error *error) { return example_fail(error, "%s", thalnet_error_text()); }

const char *const example_edge_kinds[] = {"chain", "skip", "lateral", "feedback", "self"};

const char *example_node_name(const thalnet_graph *graph, int32_t node) {
  thalnet_graph_node found = THALNET_GRAPH_NODE_INIT;
  return thalnet_graph_get_node(graph, (size_t)node, &found) ? "?" : found.name;
}

size_t example_node_count(const thalnet_center *net) {
  return (size_t)(thalnet_center_input_count(net) + thalnet_center_module_count(net) +
                  thalnet_center_output_count(net));
}

thalnet_graph *example_make_graph(const struct example_wired *wired, int32_t measure, double threshold,
                                  struct example_error *error) {
  const size_t nodes = example_node_count(wired->net);
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  thalnet_graph *graph = NULL;
  float *values = array_grow(NULL, 0, nodes * nodes * sizeof *values);
  options.threshold = threshold;
  if (thalnet_center_wiring(wired->net, wired->batch, measure, values, nodes * nodes) ||
      thalnet_graph_create(wired->net, values, nodes * nodes, &options, &graph))
    library_failed(error);
  free(values);
  return graph;
}

/* --- text ---------------------------------------------------------------------------------------------------------- */

static int save_text(const thalnet_graph *graph, const char *path, int32_t form, struct example_error *error) {
  struct words words = {NULL, 0, 0};
  size_t length = 0;
  if (thalnet_graph_write(graph, form, NULL, 0, &length)) return library_failed(error);
  char *text = array_grow(NULL, 0, length + 1);
  int status = thalnet_graph_write(graph, form, text, length + 1, &length) ? library_failed(error) : 0;
  words_add_bytes(&words, text, length);
  if (status == 0) status = words_write_file(path, &words, error);
  words_free(&words);
  free(text);
  return status;
}

/* Lets Graphviz draw; without it there is no picture of the graph, and that is no error. */
static void draw_graph(const char *folder, const char *form) {
  char *from = example_join(folder, "graph.dot"), *kind = words_print("-T%s", form);
  char *name = words_print("graph.%s", form), *to = example_join(folder, name), program[] = "dot", option[] = "-o";
  char *arguments[] = {program, kind, from, option, to, NULL};
  pid_t child;
  int status;
  if (from && to && posix_spawnp(&child, program, NULL, NULL, arguments, environ) == 0) waitpid(child, &status, 0);
  free(from);
  free(kind);
  free(name);
  free(to);
}

static int save_graph(const char *folder, const struct example_wired *wired, struct example_error *error) {
  static const char *const names[] = {"graph.dot", "graph.json", "graph.csv"};
  thalnet_graph *graph = example_make_graph(wired, THALNET_ROUTING_SHARE, 1.0, error);
  int status = graph ? 0 : -1;
  for (int32_t form = THALNET_GRAPH_DOT; form <= THALNET_GRAPH_CSV && status == 0; form++) {
    char *path = example_join(folder, names[form]);
    status = path ? save_text(graph, path, form, error) : example_fail(error, "no memory");
    free(path);
  }
  thalnet_graph_free(graph);
  if (status == 0) draw_graph(folder, "svg");
  if (status == 0) draw_graph(folder, "png");
  return status;
}

/* --- pictures ------------------------------------------------------------------------------------------------------ */

/* Draws into FOLDER/NAME.svg and .png. */
int example_draw_heat(const char *folder, const char *name, const struct heat_picture *picture,
                      struct example_error *error) {
  int status = 0;
  for (int png = 0; png < 2 && status == 0; png++) {
    char *path = words_print("%s/%s.%s", folder, name, png ? "png" : "svg");
    status = heat_picture_write(picture, path, error);
    free(path);
  }
  return status;
}

/* The shares of modules in what modules read. */
double *example_make_shares(const struct example_wired *wired, int32_t measure, struct example_error *error) {
  const size_t modules = (size_t)thalnet_center_module_count(wired->net);
  const int32_t inputs = thalnet_center_input_count(wired->net);
  thalnet_graph *graph = example_make_graph(wired, measure, 0.0, error); /* every share is an edge */
  double *shares = graph ? array_grow(NULL, 0, modules * modules * sizeof *shares) : NULL;
  for (size_t i = 0; graph && i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    if (thalnet_graph_get_edge(graph, i, &edge)) continue;
    const int32_t to = edge.to - inputs, from = edge.from - inputs;
    if (to >= 0 && from >= 0 && (size_t)to < modules) shares[(size_t)to * modules + (size_t)from] = edge.share;
  }
  thalnet_graph_free(graph);
  return shares;
}

const char **example_module_names(const thalnet_center *net) {
  const char **names = NULL;
  for (int32_t m = 0; m < thalnet_center_module_count(net); m++) {
    names = array_grow(names, (size_t)m, sizeof *names);
    names[m] = thalnet_center_module_name(net, m);
  }
  return names;
}

struct heat_picture example_describe_shares(const char *title, const struct heat_map *maps, size_t count,
                                            const char *const *names) {
  return (struct heat_picture){.title = title,
                               .row_label = "this module reads",
                               .column_label = "how much of what it reads comes from this module",
                               .unit = "part of the power",
                               .maps = maps,
                               .count = count,
                               .row_names = names,
                               .column_names = names};
}

static int draw_routing(const char *folder, const struct example_wired *wired, struct example_error *error) {
  const size_t modules = (size_t)thalnet_center_module_count(wired->net);
  double *weight = example_make_shares(wired, THALNET_ROUTING_WEIGHT, error);
  double *share = weight ? example_make_shares(wired, THALNET_ROUTING_SHARE, error) : NULL;
  const char **names = example_module_names(wired->net);
  const struct heat_map maps[] = {{"by weight", modules, modules, weight}, {"as measured", modules, modules, share}};
  const struct heat_picture picture = example_describe_shares(wired->title, maps, 2, names);
  const int status = share ? example_draw_heat(folder, "routing", &picture, error) : -1;
  free(weight);
  free(share);
  free(names);
  return status;
}

int example_save_readers(const char *folder, const struct example_wired *wired, size_t count,
                         struct example_error *error) {
  if (!pictures_available()) return 0;
  struct heat_map *maps = NULL;
  const char **names = example_module_names(wired[0].net);
  int status = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t modules = (size_t)thalnet_center_module_count(wired[i].net);
    maps = array_grow(maps, i, sizeof *maps);
    maps[i] = (struct heat_map){wired[i].title, modules, modules, NULL};
    if (status == 0) maps[i].values = example_make_shares(&wired[i], THALNET_ROUTING_WEIGHT, error);
    if (!maps[i].values) status = -1;
  }
  const struct heat_picture picture =
      example_describe_shares("Who reads whom, by the reading weights", maps, count, names);
  if (status == 0) status = example_draw_heat(folder, "readers", &picture, error);
  for (size_t i = 0; i < count; i++) free((void *)(uintptr_t)maps[i].values);
  free(maps);
  free(names);
  return status;
}

/* --- activity ------------------------------------------------------------------------------------------------------ */

/* The center of the batch's first sequence; it may be shorter than the batch. */
static int draw_activity(const char *folder, const struct example_wired *wired, struct example_error *error) {
  const thalnet_center *net = wired->net;
  const size_t features = thalnet_center_features(net), modules = (size_t)thalnet_center_module_count(net);
  const size_t steps = thalnet_batch_frames(wired->batch) * (size_t)thalnet_center_steps_per_frame(net);
  const size_t shown_steps = steps < STEPS_SHOWN ? steps : STEPS_SHOWN;
  float *values = array_grow(NULL, 0, steps * features * sizeof *values);
  double *shown = array_grow(NULL, 0, steps * features * sizeof *shown);
  size_t *rows = array_grow(NULL, 0, modules * sizeof *rows);
  const char **names = example_module_names(net);
  int status = 0;
  if (thalnet_center_trace_features(net, wired->batch, 0, values, steps * features)) status = library_failed(error);
  for (size_t i = 0; i < steps * features; i++) shown[i] = (double)values[i];
  for (size_t m = 0; m < modules; m++) rows[m] = thalnet_center_module_features(net, (int32_t)m);
  const struct activity_picture picture = {.title = "The center over one sequence",
                                           .time_label = "one column a step, from the first",
                                           .steps = shown_steps,
                                           .rows = features,
                                           .values = shown,
                                           .groups = modules,
                                           .group_rows = rows,
                                           .group_names = names};
  for (int png = 0; png < 2 && status == 0; png++) {
    char *path = words_print("%s/activity.%s", folder, png ? "png" : "svg");
    status = activity_picture_write(&picture, path, error);
    free(path);
  }
  free(values);
  free(shown);
  free(rows);
  free(names);
  return status;
}

int example_save_wiring(const char *folder, const struct example_wired *wired, struct example_error *error) {
  int status = save_graph(folder, wired, error);
  if (status || !pictures_available()) return status;
  status = draw_routing(folder, wired, error);
  return status ? status : draw_activity(folder, wired, error);
}
