/* SPDX-License-Identifier: MIT */
/* Small trainings that checkpoints are of: one for each kind of optimizer that keeps other things. */
#ifndef TESTS_FUZZ_TRAINING_H
#define TESTS_FUZZ_TRAINING_H

#include "fuzz.h"

enum {
  FUZZ_ADAM,    /* with averages; a learned start; two states */
  FUZZ_SGD,     /* with momentum; no state */
  FUZZ_RMSPROP, /* one state */
  FUZZ_NONE,    /* no optimizer; readers in parts */
  FUZZ_TRAININGS
};

struct fuzz_training {
  struct fuzz_memory memory;
  thalnet_checkpoint_contents contents;
  thalnet_state *states[2];
};

void fuzz_training_start(struct fuzz_training *training, int kind);
/* Some updates and frames, another outcome for every seed. */
void fuzz_training_go_on(struct fuzz_training *training, uint64_t seed, int steps);
/* Its checkpoint; free() it. */
uint8_t *fuzz_training_save(const struct fuzz_training *training, size_t *size_out);
void fuzz_training_end(struct fuzz_training *training);

#endif
