/* SPDX-License-Identifier: MIT */
/* Two digits at once, each shown row by row to an eye of its own; a mouth names one of them, the task says which. Between them
 * are modules that are all alike. */
#ifndef DISCOVERY_TASK_H
#define DISCOVERY_TASK_H

#include <thalnet/thalnet.h>

#include "common/images.h"

enum { TASK_LEFT, TASK_RIGHT, TASKS };
enum { TASK_SEQUENCES = 1000 }; /* of an evaluation */

/* Images, and room for a batch of them. */
struct task_data {
  struct example_image_data images;
  float *rows[2]; /* [sequence][28][28], of either eye */
  int32_t *labels;
  uint32_t *order;
};

struct task_training {
  int32_t task;
  long epochs, batch;
  long modules, context; /* in the middle, and what each of them can read */
  uint64_t seed;
  double rate;
  int32_t threads;
};

/* Reads MNIST's files from the folder, or draws digits where it is NULL. Returns 0, or -1 with the error's text. */
int task_load(struct task_data *data, const char *folder, struct example_error *error);
void task_free(struct task_data *data);

/* The network, untrained. */
thalnet_status task_build(const struct task_training *training, thalnet_center **net_out);

/* Trains it. */
thalnet_status task_train(struct task_data *data, const struct task_training *training, thalnet_center *net);

/* Fills the batch with so many pairs of images from `first` on. Partners are drawn by the seed. */
thalnet_status task_fill(struct task_data *data, thalnet_batch *batch, const struct example_images *images,
                         int32_t task, size_t first, size_t count, uint64_t seed);

/* The share of the test's pairs whose digit is named. */
thalnet_status task_test(struct task_data *data, int32_t task, const thalnet_center *net, double *accuracy_out);

#endif
