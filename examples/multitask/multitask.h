/* SPDX-License-Identifier: MIT */
/* Two tasks around one center, and alone: what the files of this program share. */
#ifndef MULTITASK_H
#define MULTITASK_H

#include "common/image_task.h"
#include "common/settings.h"
#include "common/trainer.h"

enum { TASKS = 2, ALONE = 0, TOGETHER = 1 };

struct multitask {
  struct example_settings settings;
  long side, permutation;
  struct example_image_task tasks[TASKS];
  struct example_trainer trainer; /* of the network that is trained */
  size_t parameters[2];           /* alone (all of them), together */
  double validation[2][TASKS], test[2][TASKS];
  double started;
};

/* Trains a network with the tasks from `first` to before `end`, and measures it. It stays in p->trainer. */
thalnet_status multitask_train(struct multitask *p, size_t first, size_t end);

/* The next network begins with nothing of this one. */
void multitask_clear(struct multitask *p);

/* Prints how much of what they read modules of one task have from those of the other, and the same of the outputs. */
thalnet_status multitask_print_wiring(struct multitask *p);

#endif
