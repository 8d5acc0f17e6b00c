/* SPDX-License-Identifier: MIT */
/* A training that goes wrong: one line that says where, how, and what is left to go on from. */
#ifndef EXAMPLE_DIVERGENCE_H
#define EXAMPLE_DIVERGENCE_H

#include "trainer.h"

/* Tells the trainer's watch, where there is one, what a step gave; THALNET_ERROR_NONFINITE when the training diverges. */
thalnet_status example_watch_step(struct example_trainer *trainer);

/* Says why training ended with this status. Returns the exit code. */
int example_training_failed(const struct example_trainer *trainer, thalnet_status status);

#endif
