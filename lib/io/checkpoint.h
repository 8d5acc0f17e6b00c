/* SPDX-License-Identifier: MIT */
/* Saving and restoring a training: the second table of docs/format.md. What is saved comes from one description; restoring
 * makes the description of the host's own objects and holds the file against it, setting by setting and tensor by tensor. */
#ifndef THALNET_IO_CHECKPOINT_H
#define THALNET_IO_CHECKPOINT_H

#include <thalnet/checkpoint.h>

#include "io/image.h"
#include "io/source.h"
#include "network/state.h"
#include "train/optimizer.h"

#define THALNET__CHECKPOINT_VERSION "1"
#define THALNET__CHECKPOINT(key) THALNET__KEY_CHECKPOINT "." key
#define THALNET__KEY_SKIPPED THALNET__CHECKPOINT("skipped")
#define THALNET__HOST "host."

/* What is saved or restored: checked handles, entered. */
typedef struct thalnet__training {
  thalnet_center *net;
  thalnet_optimizer *optimizer; /* or NULL */
  thalnet_state *const *states;
  size_t state_count;
  const thalnet_checkpoint_pair *pairs;
  size_t pair_count;
  const char *build;
} thalnet__training;

/* Numbers that lie together, in a training and in its file. */
typedef struct thalnet__block {
  const char *prefix; /* of the tensors' names */
  real *values;
  size_t count;
  const thalnet_state *state; /* NULL: of the shape of all parameters */
  size_t number;              /* of the state */
} thalnet__block;

/* Block `number` in the order of the file; 0: there are no more. */
int thalnet__training_block(const thalnet__training *training, size_t number, thalnet__block *block);
/* The file of a training. */
thalnet__image thalnet__checkpoint_image(const thalnet__training *training);

thalnet_status thalnet__check_pairs(const thalnet_checkpoint_pair *pairs, size_t count);
/* What neither saving nor restoring can do with: averages of an optimizer that is not part of it. */
thalnet_status thalnet__check_averages(const thalnet__training *training);

/* THALNET_ERROR_NONFINITE unless a training can go on with these values of a block. swapped: averages are among the parameters;
 * updates: [tensor] done, of an optimizer. */
thalnet_status thalnet__check_block(const thalnet__training *training, const thalnet__block *block, const real *values,
                                    int swapped, const uint64_t *updates);
/* The same of everything that is to be saved. */
thalnet_status thalnet__check_training(const thalnet__training *training);

/* Restores from an opened source: all of it, or nothing. *checkpoint_out: NULL on error. The writer of the center is the caller. */
thalnet_status thalnet__restore(thalnet__training *training, thalnet__source *source,
                                thalnet_checkpoint **checkpoint_out);

/* What is told of a file that was read. */
struct thalnet_checkpoint {
  uint32_t magic;
  const thalnet_center *net; /* whose allocator it uses; kept alive */
  const char *build;
  thalnet_checkpoint_pair *pairs;
  size_t pair_count;
  void *block;
  size_t block_size;
};
thalnet_status thalnet__checkpoint_create(const thalnet_center *net, const thalnet__header *header,
                                          thalnet_checkpoint **checkpoint_out);
void thalnet__checkpoint_free(thalnet_checkpoint *checkpoint);

#endif
