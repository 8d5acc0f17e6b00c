/* SPDX-License-Identifier: MIT */
/* Checkpoints: DIR/checkpoint.safetensors has all that a training needs to go on, bit for bit, as if it had never stopped. The
 * library saves the network, the optimizer and the carried memory; what is the program's own (where it was, what the running
 * epoch gave so far, and every option that results depend on) goes along as pairs of a key and a value. */
#ifndef EXAMPLE_CHECKPOINT_H
#define EXAMPLE_CHECKPOINT_H

#include "error.h"
#include "trainer.h"

/* Saves a training of which `step` steps of `epoch` are done. Returns the exit code, after a complaint. */
int example_checkpoint_save(struct example_trainer *trainer, size_t epoch, size_t step);

/* Goes on from the checkpoint in --out, where there is one: sets the trainer's `epoch` and `step` to what was done, and its
 * progress. Options and data must be those it was saved with. Returns the exit code, after a complaint. */
int example_checkpoint_load(struct example_trainer *trainer);

#endif
