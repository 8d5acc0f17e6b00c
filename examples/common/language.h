/* SPDX-License-Identifier: MIT */
/* Predicting the next character, the task of text8: windows of streams for training, whose memory is carried on, and whole
 * parts of the text for evaluation; samples in the end. What classifier.h is for images. */
#ifndef EXAMPLE_LANGUAGE_H
#define EXAMPLE_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "text.h"
#include "trainer.h"

struct example_language {
  struct example_trainer *trainer;
  const struct example_text *text;

  /* options */
  long window, epoch_characters, segments, warmup_characters, sample;
  const char *prompt;
  double temperature;

  /* the model's own */
  struct example_streams streams;
  thalnet_state *evaluated; /* the memory of the segments that are measured */
  int32_t *tokens, *labels; /* a batch of each */
  uint8_t *resets;
  float *logits;
  double *sums;
};

/* --window, --epoch-characters, --segments, --warmup-characters; --sample, --prompt, --temperature */
void example_language_add_data_options(struct example_language *language, struct example_program *program);
void example_language_add_options(struct example_language *language, struct example_program *program);

/* Fills in what was not given. Returns -1 when the program should go on, otherwise its exit code after a complaint. */
int example_language_finish(struct example_language *language, const struct example_settings *settings);

/* Cuts the training text into streams and makes the trainer's task. Returns the exit code after a complaint. */
int example_language_prepare(struct example_language *language, struct example_trainer *trainer,
                             const struct example_text *text);

/* Once the network is built: its memory for evaluation. Returns the exit code after a complaint. */
int example_language_ready(struct example_language *language);

void example_language_free(struct example_language *language);

#endif
