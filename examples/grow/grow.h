/* SPDX-License-Identifier: MIT */
/* A network that grows while it learns, and one that is as large from the start: what the files of this program share. */
#ifndef GROW_H
#define GROW_H

#include "common/image_task.h"
#include "common/settings.h"
#include "common/trainer.h"

/* How a training went. */
struct grow_outcome {
  double work, limit; /* done, and allowed: operations of forward and backward */
  size_t updates, parameters;
  size_t grown, removed; /* changes that added something; modules that were removed */
  double kept;           /* the largest difference that growing made in an output, as a part of the largest output */
  double loss, validation, test;
};

struct grow {
  struct example_settings settings;
  struct example_image_task task;
  struct example_trainer trainer;            /* of the network that is trained */
  const char *policy;                        /* modules, units, split: what grows */
  long permutation, start, step;             /* modules or units to begin with, and to add at a change */
  double passes, stall, until, unread, rate; /* rate: of the network that grows */
  struct example_network full;               /* what it grows to */
  size_t changed;                            /* the epoch at the end of which it was last changed */
  struct grow_outcome grown, fixed;
  double started;
};

/* --- train.c --------------------------------------------------------------------------------------------------------- */

/* Trains a network that grows, or one of full size from the start, and measures it. It stays in p->trainer. */
thalnet_status grow_train(struct grow *p, int grows, struct grow_outcome *outcome);

/* --- change.c -------------------------------------------------------------------------------------------------------- */

/* How many times the network must still grow; 0: it has its full size. */
long grow_changes_left(const struct grow *p);

/* Removes the modules that nobody reads, but never all. Whether training goes on in another network then is told by the
 * outcome's count. */
thalnet_status grow_remove_unread(struct grow *p, struct grow_outcome *outcome);

/* Grows by one change: the trainer then has another network that computes the same, with the optimizer moved over to it. */
thalnet_status grow_once(struct grow *p, struct grow_outcome *outcome);

#endif
