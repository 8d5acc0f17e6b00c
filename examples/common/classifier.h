/* SPDX-License-Identifier: MIT */
/* Naming images, what pmnist and cifar10 share: the order of the training images, labels, the vote of the outputs, accuracy
 * and predictions. A program fills in how an image is shown, and what each input sees of it. */
#ifndef EXAMPLE_CLASSIFIER_H
#define EXAMPLE_CLASSIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "images.h"
#include "options.h"
#include "trainer.h"
#include "views.h"

enum { EXAMPLE_EVALUATION_IMAGES = 1000, EXAMPLE_CLASSES = 10 };

struct example_classifier {
  struct example_trainer *trainer;
  const struct example_image_data *data;
  size_t frames, row; /* an image is shown in so many frames, each a row of so many values */
  struct example_view views[EXAMPLE_MODULE_LIMIT]; /* what each of the network's inputs sees of it */
  void *context;
  /* Writes the values of an image, [frames][row]. epoch is 0 outside of training. */
  void (*show)(void *context, const uint8_t *pixels, uint32_t number, size_t epoch, float *values);

  /* options */
  const char *readout, *predictions;
  long readout_frames, images, held_out;

  /* the classifier's own */
  float *values, *seen;       /* a batch of images; what an input sees of them */
  uint32_t *order, *numbers;  /* the training images in the epoch's order; a batch's images */
  size_t order_epoch, filled; /* the epoch; how many images the batch that was last filled has */
  int32_t *labels;
  uint64_t *ids;
  float *logits; /* of a batch */
  double *votes;
  uint8_t *classes, *predicted; /* of a batch; of the test images */
  double loss;                  /* the mean over the images that were evaluated last, of the first output */
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

/* --- classifier_batch.c, for classifier.c ------------------------------------------------------------------------------- */

/* Fills a batch with the images whose numbers are in classifier->numbers, their labels and ids. */
thalnet_status example_classifier_fill(struct example_classifier *classifier, thalnet_batch *batch,
                                       const struct example_images *images, size_t count, size_t epoch);

/* Writes the class that the outputs of a computed batch name for each sequence to classifier->classes: the one with the
 * highest mean probability. */
thalnet_status example_classifier_vote(struct example_classifier *classifier, const thalnet_batch *batch, size_t count);

#endif
