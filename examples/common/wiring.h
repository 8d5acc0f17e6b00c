/* SPDX-License-Identifier: MIT */
/* Files about a network's wiring, for people and other programs. */
#ifndef EXAMPLE_WIRING_H
#define EXAMPLE_WIRING_H

#include <thalnet/thalnet.h>

#include "error.h"
#include "pictures/heat.h"

/* A network whose wiring is shown, and a batch with contents to look at it with. */
struct example_wired {
  const char *title;
  const thalnet_center *net;
  thalnet_batch *batch;
};

/* Writes FOLDER/graph.dot, .json and .csv, by the measured share; where cairo is there also routing.svg and .png, the parts of
 * what modules read of each other by weight and by share, and activity.svg and .png, the center over the batch's first sequence;
 * where Graphviz' program dot is there graph.svg and .png. Returns 0, or -1 with the error's text. */
int example_save_wiring(const char *folder, const struct example_wired *wired, struct example_error *error);

/* Where cairo is there, writes readers.svg and .png: the weights of several networks side by side. They have the same number of
 * modules, and are named as those of the first one. */
int example_save_readers(const char *folder, const struct example_wired *wired, size_t count,
                         struct example_error *error);

/* Inputs, modules and outputs. */
size_t example_node_count(const thalnet_center *net);
/* What is on a graph; "?" where there is no such node. */
const char *example_node_name(const thalnet_graph *graph, int32_t node);
/* THALNET_EDGE_CHAIN and so on, in words. */
extern const char *const example_edge_kinds[];
/* A graph by the measured share or by the weights; NULL with the error's text. */
thalnet_graph *example_make_graph(const struct example_wired *wired, int32_t measure, double threshold,
                                  struct example_error *error);

/* --- for development.c --- */

/* The shares of modules in what modules read, [module][module]; free it. NULL with the error's text. */
double *example_make_shares(const struct example_wired *wired, int32_t measure, struct example_error *error);
/* Their names; free the array. */
const char **example_module_names(const thalnet_center *net);
struct heat_picture example_describe_shares(const char *title, const struct heat_map *maps, size_t count,
                                            const char *const *names);
/* Draws into FOLDER/NAME.svg and .png. */
int example_draw_heat(const char *folder, const char *name, const struct heat_picture *picture,
                      struct example_error *error);

#endif
