/* SPDX-License-Identifier: MIT */
/* What a host program does with the library, in scenarios that run until their first error, so that memory can be missing at every place
 * of each. */
#ifndef TESTS_API_FAULT_SCENARIOS_H
#define TESTS_API_FAULT_SCENARIOS_H

#include "support.h"

/* What a scenario makes; whoever runs it frees it. */
struct fault {
  const thalnet_center_options *options;
  thalnet_status status; /* of the first call that failed; no other follows */
  thalnet_center *net, *draft, *copy;
  thalnet_batch *batch;
  thalnet_state *state, *other;
  thalnet_optimizer *optimizer, *moved;
  thalnet_graph *graph;
  thalnet_checkpoint *checkpoint;
  thalnet_watch *watch;
};

/* A call, unless one has failed before. */
#define FAULT_TRY(fault, call)                                                                                         \
  do {                                                                                                                 \
    if ((fault)->status == THALNET_OK) {                                                                               \
      (fault)->status = (call);                                                                                        \
    }                                                                                                                  \
  } while (0)

typedef void fault_run(struct fault *fault, int32_t which);

struct fault_scenario {
  const char *name;
  fault_run *run;
  int32_t which; /* passed to run */
  int32_t threads, in_order;
};
extern const struct fault_scenario fault_scenarios[];
extern const size_t fault_scenario_count;

/* Runs one with these options, whose memory is a support_memory. Asserts that built networks, optimizers and states can still be used
 * after the failure, and frees everything. */
thalnet_status fault_play(const struct fault_scenario *scenario, const thalnet_center_options *options);

/* A network of support.h, and a batch of it with contents. */
void fault_net(struct fault *fault, int32_t kind);
void fault_fill(struct fault *fault, thalnet_center *net, size_t sequences, size_t frames);

/* In fault_training.c: kinds of readers, layers and optimizers go by number. */
enum { FAULT_READERS = 7, FAULT_LAYERS = 7 };
fault_run fault_build, fault_reader, fault_layer, fault_large, fault_optimizer, fault_train, fault_two_calls,
    fault_everything_of_a_batch, fault_windows, fault_live, fault_settle, fault_executor, fault_write, fault_freeze,
    fault_check_gradients;
/* In fault_changes.c. */
fault_run fault_grow, fault_grow_readers, fault_take_away, fault_host_layers;
/* In fault_looks.c. */
fault_run fault_evaluate, fault_trace, fault_graph, fault_similarity, fault_ablate, fault_watch;
/* In fault_files.c. */
fault_run fault_save, fault_load, fault_load_memory, fault_checkpoint;

#endif
