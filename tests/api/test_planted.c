/* SPDX-License-Identifier: MIT */
/* A task whose solution needs a known wiring, and whether the analysis of a network that has learned it finds that wiring.
 *
 * Two streams of coin tosses, a and b, come in at dense modules without memory. Output "late" wants the toss of a DELAY frames
 * ago, output "now" that of b of the frame before, each at a dense module. What a has shown can only be kept in "memory", the
 * one GRU: DELAY tosses are more than the other readers' few units, "relay" among them, can go on passing to each other. So a
 * must go through memory to late, and b, which has no time to go round, straight to now. */
#include "support.h"

#include <string.h>

enum { DELAY = 6, FRAMES = 24, SEQUENCES = 50, STEPS = 1200, SEEDS = 3 };
enum { EYE_A, EYE_B, MEMORY, RELAY, MOUTH_LATE, MOUTH_NOW, MODULES };
enum { A, B };
enum { LATE, NOW, OUTPUTS, NODES = 2 + MODULES + OUTPUTS };

/* --- the task ------------------------------------------------------------------------------------------------------ */

static thalnet_center *make_net(uint64_t seed) {
  static const char *const names[MODULES] = {"eye_a", "eye_b", "memory", "relay", "mouth_late", "mouth_now"};
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *modules[MODULES];
  reader.skip_own = 1;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "a", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "b", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "late", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "now", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int32_t m = 0; m < MODULES; m++) {
    EXPECT_OK(thalnet_center_add_module(net, names[m], NULL, &modules[m]));
    if (m == MEMORY) {
      EXPECT_OK(thalnet_module_add_gru(modules[m], 24, NULL));
    } else {
      EXPECT_OK(thalnet_module_add_dense(modules[m], 2, THALNET_TANH, NULL));
    }
    if (m > EYE_B) {
      EXPECT_OK(thalnet_module_add_reader(modules[m], THALNET_WEIGHT_NORM, 4, &reader, NULL));
    }
  }
  EXPECT_OK(thalnet_module_connect_input(modules[EYE_A], 0));
  EXPECT_OK(thalnet_module_connect_input(modules[EYE_B], 1));
  EXPECT_OK(thalnet_module_connect_output(modules[MOUTH_LATE], LATE));
  EXPECT_OK(thalnet_module_connect_output(modules[MOUTH_NOW], NOW));
  EXPECT_OK(thalnet_center_build(net, seed));
  return net;
}

/* late: the input that output "late" wants; "now" wants the other one. */
static void toss(thalnet_batch *batch, int32_t late, uint64_t *random) {
  enum { COUNT = SEQUENCES * FRAMES };
  static float tosses[2][COUNT];
  static int32_t labels[OUTPUTS][COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    for (int k = 0; k < 2; k++) {
      tosses[k][i] = support_random(random) < 0.0f ? -1.0f : 1.0f;
    }
    labels[LATE][i] = i % FRAMES < DELAY ? -1 : tosses[late][i - DELAY] > 0.0f; /* -1: none */
    labels[NOW][i] = i % FRAMES < 1 ? -1 : tosses[!late][i - 1] > 0.0f;
  }
  EXPECT_OK(thalnet_batch_begin(batch, SEQUENCES, FRAMES));
  for (int32_t k = 0; k < 2; k++) {
    EXPECT_OK(thalnet_batch_set_inputs(batch, k, tosses[k], COUNT));
    EXPECT_OK(thalnet_batch_set_labels(batch, k, labels[k], COUNT));
  }
}

static double accuracy(const thalnet_batch *batch, int32_t output) {
  thalnet_measure measure = THALNET_MEASURE_INIT;
  EXPECT_OK(thalnet_batch_measure(batch, output, &measure));
  return (double)measure.correct / (double)measure.labels;
}

static thalnet_center *learn(int32_t late, uint64_t seed, thalnet_batch **batch_out) {
  thalnet_center *net = make_net(seed);
  thalnet_batch *batch = support_batch(net, SEQUENCES, FRAMES);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
  uint64_t random = seed;
  for (int step = 0; step < STEPS; step++) {
    toss(batch, late, &random);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  toss(batch, late, &random);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  ck_assert_double_gt(accuracy(batch, LATE), 0.9);
  ck_assert_double_gt(accuracy(batch, NOW), 0.99);
  thalnet_optimizer_free(optimizer);
  *batch_out = batch;
  return net;
}

/* --- what the graph tells ------------------------------------------------------------------------------------------ */

struct path {
  int32_t nodes[NODES];
  size_t length;
  double share;
};

static struct path find_path(const thalnet_graph *graph, int32_t input, int32_t output) {
  struct path path;
  EXPECT_OK(thalnet_graph_find_path(graph, input, 2 + MODULES + output, path.nodes, NODES, &path.length, &path.share));
  ck_assert_uint_gt(path.length, 0);
  return path;
}

static int passes(const struct path *path, int32_t module) {
  for (size_t i = 0; i < path->length; i++) {
    if (path->nodes[i] == 2 + module) {
      return 1;
    }
  }
  return 0;
}

/* Each output hears of its own input alone: late by way of memory, now from the eye itself. */
static void check_graph(const thalnet_center *net, thalnet_batch *batch, int32_t late) {
  float values[NODES * NODES];
  thalnet_graph *graph = NULL;
  EXPECT_OK(thalnet_center_wiring(net, batch, THALNET_ROUTING_SHARE, values, NODES * NODES));
  EXPECT_OK(thalnet_graph_create(net, values, NODES * NODES, NULL, &graph));
  const struct path to_late = find_path(graph, late, LATE), to_now = find_path(graph, !late, NOW);
  const struct path other_late = find_path(graph, !late, LATE), other_now = find_path(graph, late, NOW);
  ck_assert(passes(&to_late, MEMORY) && passes(&to_late, late ? EYE_B : EYE_A));
  ck_assert_uint_eq(to_now.length, 4);
  ck_assert_int_eq(to_now.nodes[1], 2 + (late ? EYE_A : EYE_B));
  ck_assert_double_gt(to_now.share, 0.9);
  ck_assert_double_gt(to_late.share, 3 * other_late.share);
  ck_assert_double_gt(to_now.share, 10 * other_now.share);
  thalnet_graph_free(graph);
}

/* --- what cutting tells -------------------------------------------------------------------------------------------- */

/* Nobody hears the module. */
static void silence(thalnet_center *net, thalnet_batch *batch, int32_t module, double accuracies[OUTPUTS]) {
  unsigned char cut[NODES * NODES] = {0};
  for (int32_t to = 0; to < NODES; to++) {
    cut[to * NODES + 2 + module] = 1;
  }
  EXPECT_OK(thalnet_center_ablate(net, batch, cut, sizeof cut));
  accuracies[LATE] = accuracy(batch, LATE);
  accuracies[NOW] = accuracy(batch, NOW);
}

/* Coin tosses are guessed right half the time. */
static void check_causes(thalnet_center *net, thalnet_batch *batch, int32_t late) {
  double left[OUTPUTS];
  silence(net, batch, MEMORY, left);
  ck_assert(left[LATE] < 0.65 && left[NOW] > 0.99);
  silence(net, batch, late ? EYE_B : EYE_A, left);
  ck_assert(left[LATE] < 0.65 && left[NOW] > 0.99);
  silence(net, batch, late ? EYE_A : EYE_B, left);
  ck_assert(left[LATE] > 0.85 && left[NOW] < 0.65);
  silence(net, batch, MOUTH_LATE, left);
  ck_assert(left[LATE] < 0.65 && left[NOW] > 0.95);
}

START_TEST(the_analysis_finds_it) {
  for (int32_t late = A; late <= B; late++) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      thalnet_batch *batch = NULL;
      thalnet_center *net = learn(late, seed, &batch);
      check_graph(net, batch, late);
      check_causes(net, batch, late);
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_analysis_finds_it};
  return SUPPORT_RUN("planted", tests);
}
