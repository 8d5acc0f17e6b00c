/* SPDX-License-Identifier: MIT */
/* Naming images, what pmnist and cifar10 share: the order of the training images, labels, the vote of the outputs, accuracy
 * and predictions. A program fills in how a batch of images gets its inputs. */
#ifndef EXAMPLE_CLASSIFIER_H
#define EXAMPLE_CLASSIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "images.h"
#include "options.h"
#include "trainer.h"

enum { EXAMPLE_EVALUATION_IMAGES = 1000, EXAMPLE_CLASSES = 10 };

struct example_classifier {
  struct example_trainer *trainer;
  const struct example_image_data *data;
  size_t frames; /* an image has */
  void *context;
  /* Begins a batch of the images with these numbers, and sets its inputs. epoch is 0 outside of training. */
  thalnet_status (*load)(void *context, thalnet_batch *batch, const struct example_images *images,
                         const uint32_t *numbers, size_t count, size_t epoch);

  /* options */
  const char *readout, *predictions;
  long readout_frames, images, held_out;

  /* the classifier's own */
  uint32_t *order, *numbers;  /* the training images in the epoch's order; a batch's images */
  size_t order_epoch, loaded; /* the epoch; how many images the batch that was last filled has */
  int32_t *labels;
  uint64_t *ids;
  float *logits; /* of a batch */
  double *votes;
  uint8_t *classes, *predicted; /* of a batch; of the test images */
};

/* --images, --held-out; --readout, --readout-frames, --predictions */
void example_classifier_add_data_options(struct example_classifier *classifier, struct example_program *program);
void example_classifier_add_options(struct example_classifier *classifier, struct example_program *program);

/* Fills in what was not given. Returns -1 when the program should go on, otherwise its exit code after a complaint. */
int example_classifier_finish(struct example_classifier *classifier, const struct example_settings *settings);

/* Holds out as many images for validation as --held-out wants. Returns the exit code after a complaint. */
int example_classifier_hold_out(const struct example_classifier *classifier, const struct example_settings *settings,
                                struct example_image_data *data);

/* Leaves out training images that --images and --train-share do not want. */
void example_classifier_cut(const struct example_classifier *classifier, const struct example_settings *settings,
                            struct example_images *train);

/* Makes the trainer's task: naming these images. Returns the exit code. */
int example_classifier_prepare(struct example_classifier *classifier, struct example_trainer *trainer,
                               const struct example_image_data *data);

void example_classifier_free(struct example_classifier *classifier);

#endif
