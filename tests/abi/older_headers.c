/* SPDX-License-Identifier: MIT */
/* A program that was compiled with recorded headers (tests/abi/include-0.1), so with the sizes and defaults of then: it runs with
 * the library of today, and a whole life gives the same results as with today's headers. */
#include "host/host.h"
#include "host/life.h"

uint64_t older_life_lead(const struct life *life); /* host/life.c, compiled with the recorded headers as well */

enum { GUARD = 0x5a, GUARDS = 64 };

static thalnet_center *build(const thalnet_executor *executor) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net;
  thalnet_module *module;
  options.executor = executor;
  options.threads = 2;
  DO(thalnet_center_create(&options, &net));
  DO(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  DO(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  DO(thalnet_center_add_module(net, NULL, NULL, &module));
  DO(thalnet_module_add_gru(module, 4, NULL));
  DO(thalnet_module_connect_input(module, 0));
  DO(thalnet_module_connect_output(module, 0));
  DO(thalnet_center_build(net, 1));
  return net;
}

/* --- structures that the library fills: not a byte behind what this program knows of them ------------------------- */

#define FILLED(type, init, call)                                                                                       \
  do {                                                                                                                 \
    struct {                                                                                                           \
      type result;                                                                                                     \
      unsigned char guards[GUARDS];                                                                                    \
    } place = {.result = init};                                                                                        \
    type *result = &place.result;                                                                                      \
    memset(place.guards, GUARD, GUARDS);                                                                               \
    DO(call);                                                                                                          \
    CHECK(result->struct_size == sizeof *result);                                                                      \
    for (int i = 0; i < GUARDS; i++) CHECK(place.guards[i] == GUARD);                                                  \
  } while (0)

static void fill_structures(thalnet_center *net) {
  const float x[6] = {1, 2, 3}, wiring[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0}, routing[1] = {0};
  const int32_t y[2] = {0, 1};
  thalnet_batch *batch;
  thalnet_graph *graph;
  DO(thalnet_batch_create(net, 2, 1, NULL, &batch));
  DO(thalnet_batch_begin(batch, 2, 1));
  DO(thalnet_batch_set_inputs(batch, 0, x, 6));
  DO(thalnet_batch_set_labels(batch, 0, y, 2));
  DO(thalnet_forward_backward(net, batch, NULL));
  DO(thalnet_graph_create(net, wiring, 9, NULL, &graph));
  FILLED(thalnet_center_size, THALNET_CENTER_SIZE_INIT, thalnet_center_measure(net, result));
  FILLED(thalnet_batch_size, THALNET_BATCH_SIZE_INIT, thalnet_batch_measure_memory(net, 2, 1, NULL, 0, result));
  FILLED(thalnet_measure, THALNET_MEASURE_INIT, thalnet_batch_measure(batch, 0, result));
  FILLED(thalnet_graph_node, THALNET_GRAPH_NODE_INIT, thalnet_graph_get_node(graph, 0, result));
  FILLED(thalnet_graph_edge, THALNET_GRAPH_EDGE_INIT, thalnet_graph_get_edge(graph, 0, result));
  FILLED(thalnet_graph_summary, THALNET_GRAPH_SUMMARY_INIT, thalnet_graph_summarize(graph, result));
  FILLED(thalnet_similarity, THALNET_SIMILARITY_INIT,
         thalnet_center_similarity(net, routing, net, routing, 1, NULL, 0, result));
  DO(thalnet_center_clear_gradients(net));
  FILLED(thalnet_gradient_check_result, THALNET_GRADIENT_CHECK_RESULT_INIT,
         thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, result));
  thalnet_graph_free(graph);
  thalnet_batch_free(batch);
}

/* --- hooks -------------------------------------------------------------------------------------------------------- */

static void run(void *user, void (*task)(void *argument, size_t index), void *argument, size_t count) {
  (void)user;
  for (size_t i = 0; i < count; i++) task(argument, i);
}

static unsigned char file[65536];
static size_t file_size, file_at;

static int32_t open_read(void *user, const char *path, void **file_out, uint64_t *size_out) {
  (void)user, (void)path;
  *file_out = file;
  *size_out = file_size;
  file_at = 0;
  return 0;
}
static int32_t open_write(void *user, const char *path, void **file_out) {
  (void)user, (void)path;
  *file_out = file;
  file_size = 0;
  return 0;
}
static int32_t read_some(void *user, void *from, void *bytes, size_t size, size_t *done_out) {
  (void)user, (void)from;
  *done_out = size < file_size - file_at ? size : file_size - file_at;
  memcpy(bytes, file + file_at, *done_out);
  file_at += *done_out;
  return 0;
}
static int32_t write_some(void *user, void *to, const void *bytes, size_t size, size_t *done_out) {
  (void)user, (void)to;
  CHECK(size <= sizeof file - file_size);
  memcpy(file + file_size, bytes, size);
  file_size += *done_out = size;
  return 0;
}
static int32_t done(void *user, void *of) {
  (void)user, (void)of;
  return 0;
}
static int32_t renamed(void *user, const char *from, const char *to) {
  (void)user, (void)from, (void)to;
  return 0;
}
static int32_t named(void *user, const char *path) {
  (void)user, (void)path;
  return 0;
}

static void save_and_load(thalnet_center *net) {
  const thalnet_io io = {sizeof io, NULL, open_read, open_write, read_some, write_some,
                         done,      done, renamed,   named,      named};
  thalnet_save_options save = THALNET_SAVE_OPTIONS_INIT;
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *copy;
  save.io = load.io = &io;
  DO(thalnet_center_save(net, "x", &save));
  DO(thalnet_center_load("x", &load, &copy));
  thalnet_center_free(copy);
}

int main(void) {
  const struct life life = {.threads = 2};
  const thalnet_executor executor = {sizeof executor, NULL, run};
  CHECK(thalnet_version_number() >= THALNET_VERSION_NUMBER);
  CHECK(older_life_lead(&life) == life_lead(&life));
  thalnet_center *net = build(&executor);
  fill_structures(net);
  save_and_load(net);
  thalnet_center_free(net);
  return EXIT_SUCCESS;
}
