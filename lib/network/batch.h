/* SPDX-License-Identifier: MIT */
/* What a batch holds. Arrays are [sequence][frame][value] as the host gave them; the engine works on time-major copies of one
 * chunk at a time (network/work.h). */
#ifndef THALNET_NETWORK_BATCH_H
#define THALNET_NETWORK_BATCH_H

#include <stdatomic.h>

#include <thalnet/batch.h>

#include "network/gradients.h"
#include "network/network.h"
#include "network/work.h"

typedef struct thalnet__batch_input {
  real *values;    /* dense inputs */
  int32_t *tokens; /* token inputs */
  int set;
  real dropout;    /* rate */
  int variational; /* the same for all frames of a sequence */
  real *gradient;  /* with input_gradients */
} thalnet__batch_input;

typedef struct thalnet__batch_output {
  int final;          /* only the final values are wanted */
  int goals_set;      /* labels or targets */
  int32_t *labels;    /* cross-entropy: [sequence][frame], or [sequence] when final */
  real *targets;      /* mean squared error */
  real *weights;      /* of the goals */
  size_t weights_set; /* how many, 0: all are 1 */
  real loss_weight;
  real smoothing;     /* of the labels */
  real *values;       /* [sequence][frame][size] */
  real *final_values; /* [sequence][size] */
  real *gradient;     /* the host's; allocated when first written */
  real *final_gradient;
  int gradient_set, final_gradient_set;
  double *losses;    /* [sequence]: sum of weight * loss */
  uint64_t *correct; /* [sequence] */
  double weight_sum, loss_sum;
  uint64_t labels_seen, labels_correct;
} thalnet__batch_output;

/* How far a batch is. */
enum { THALNET__BATCH_EMPTY, THALNET__BATCH_BEGUN, THALNET__BATCH_COMPUTED };

struct thalnet_batch {
  uint32_t magic;
  atomic_int busy;
  const thalnet_center *net;
  thalnet_batch_options options;
  size_t sequences_max, frames_max;
  size_t sequences, frames;
  int stage;
  int kept; /* thalnet_forward kept what thalnet_backward needs */
  int backward_done;
  int dropping;     /* this computation has dropout */
  uint64_t version; /* of the center that was computed with */
  uint64_t epoch;
  thalnet_dropout_options dropout;
  thalnet__batch_input *inputs;
  thalnet__batch_output *outputs;
  int32_t *lengths; /* [sequence], always filled */
  uint8_t *resets;  /* [sequence][frame] */
  int resets_set;
  uint64_t *ids;  /* [sequence], always filled */
  real *start;    /* [sequence][M]: memory at the start */
  uint8_t *fresh; /* [sequence]: it is the learned start; NULL: the start is not learned */
  real *end;      /* [sequence][M]: after each sequence's last frame; becomes the state's */
  real *start_gradient;
  unsigned char *with_gradient; /* [output] */
  /* The analysis looks on: called after every block of frames of every chunk. */
  void (*observe)(void *observer, const thalnet__work *work, const struct thalnet_batch *batch);
  void *observer;

  void *block; /* all of the above */
  size_t block_size;
  thalnet__workplaces works;
  thalnet__gradient_tree tree;
};

thalnet_status thalnet__batch_create(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                     const thalnet_batch_options *options, thalnet_batch **batch_out);
thalnet_status thalnet__batch_measure(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                      const thalnet_batch_options *options, size_t reset_frames,
                                      thalnet_batch_size *size);
void thalnet__batch_free(thalnet_batch *batch);
void thalnet__batch_begin(thalnet_batch *batch, size_t sequences, size_t frames);

/* The calls that compute; state may be NULL. thalnet/batch.h says what they promise. */
thalnet_status thalnet__forward(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state);
thalnet_status thalnet__backward(thalnet_center *net, thalnet_batch *batch);
thalnet_status thalnet__forward_backward(thalnet_center *net, thalnet_batch *batch, thalnet_state *state);

/* Numbers of an input or output in the present shape. */
static inline size_t thalnet__input_frames(const thalnet_batch *batch, size_t input) {
  return batch->frames * batch->net->inputs[input].frames;
}
static inline size_t thalnet__output_frames(const thalnet_batch *batch, size_t output) {
  return batch->frames * batch->net->outputs[output].frames;
}

/* Whether any output is taken after the sequences' last frames. */
static inline int thalnet__wants_final(const thalnet_batch *batch) {
  for (size_t o = 0; o < batch->net->output_count; o++)
    if (batch->outputs[o].final) return 1;
  return 0;
}

#endif
