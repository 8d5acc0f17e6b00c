/* SPDX-License-Identifier: MIT */
/* A task for programs whose networks have several, or change while they learn: digits or pictures to be named, seen row by row,
 * with one input and one output of their own. */
#ifndef EXAMPLE_IMAGE_TASK_H
#define EXAMPLE_IMAGE_TASK_H

#include <stdint.h>

#include "cifar.h"
#include "classifier.h"
#include "trainer.h"

enum example_image_kind { EXAMPLE_KIND_DIGITS, EXAMPLE_KIND_PICTURES };

struct example_image_task {
  const char *name; /* "digit", "shape" or "photograph": of the output, and with _rows of the input */
  enum example_image_kind kind;
  uint32_t permutation; /* of the pixels, 0: as they are */
  struct example_image_data data;
  struct example_normalization normalization; /* of pictures */
  struct example_classifier classifier;
  struct example_task task;
  struct example_ports ports; /* in the network that is trained */
};

/* Loads the images in a folder, of MNIST or CIFAR-10 by the kind, or draws them (NULL), and makes the trainer's task of them.
 * Kind, permutation and the classifier's options are set. Returns the exit code after a complaint. */
int example_image_task_load(struct example_image_task *task, const char *folder, struct example_trainer *trainer);

/* From now on the trainer's steps and measures are of this task. */
void example_image_task_turn_to(struct example_image_task *task, struct example_trainer *trainer);

/* Measures the trainer's network with the averaged weights, where there are any. */
thalnet_status example_image_task_measure(struct example_image_task *task, struct example_trainer *trainer,
                                          enum example_part part, double *accuracy_out);

void example_image_task_free(struct example_image_task *task);

#endif
