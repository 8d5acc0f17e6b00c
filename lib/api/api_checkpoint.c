/* SPDX-License-Identifier: MIT */
/* thalnet/checkpoint.h */
#include <thalnet/checkpoint.h>

#include <string.h>

#include "api/handles.h"
#include "api/library.h"
#include "core/options.h"
#include "io/checkpoint.h"
#include "io/host_files.h"

/* --- what comes in --- */

/* Handles of one center, and pairs. */
static thalnet_status thalnet__check_contents(const thalnet_checkpoint_contents *contents, const char *call) {
  THALNET__TRY(thalnet__check_built(contents->net, call));
  if (contents->optimizer != NULL) {
    THALNET__TRY(thalnet__check_optimizer(contents->optimizer, call));
    if (contents->optimizer->net != contents->net)
      return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the optimizer belongs to another center", call);
  }
  if (contents->state_count > 0) THALNET__TRY(thalnet__check_pointer(contents->states, call, "states"));
  for (size_t i = 0; i < contents->state_count; i++) {
    THALNET__TRY(thalnet__check_state(contents->states[i], call));
    if (contents->states[i]->net != contents->net)
      return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: state %zu belongs to another center", call, i);
  }
  return THALNET_OK;
}

static thalnet_status thalnet__read_contents(const thalnet_checkpoint_contents *given, thalnet__training *training,
                                             const char *call) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  THALNET__TRY(thalnet__check_pointer(given, call, "contents"));
  THALNET__TRY(
      thalnet__read_options(&contents, sizeof contents, sizeof contents, given, "thalnet_checkpoint_contents"));
  THALNET__TRY(thalnet__check_contents(&contents, call));
  *training = (thalnet__training){.net = contents.net,
                                  .optimizer = contents.optimizer,
                                  .states = contents.states,
                                  .state_count = contents.state_count,
                                  .pairs = contents.pairs,
                                  .pair_count = contents.pair_count,
                                  .build = thalnet__library_line()};
  return THALNET_OK;
}

static thalnet_status thalnet__read_checkpoint_options(const thalnet_checkpoint_options *given, thalnet_io *io) {
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_checkpoint_options"));
  return thalnet__io_init(io, options.io);
}

/* Optimizer and states for ourselves; on an error none. A state that is there twice is busy the second time. */
static void thalnet__leave_all(const thalnet__training *training, size_t states) {
  if (training->optimizer != NULL) thalnet__leave(&training->optimizer->busy);
  for (size_t i = 0; i < states; i++) thalnet__leave(&training->states[i]->busy);
}

static thalnet_status thalnet__enter_all(const thalnet__training *training, const char *call) {
  if (training->optimizer != NULL) THALNET__TRY(thalnet__enter(&training->optimizer->busy, call));
  for (size_t i = 0; i < training->state_count; i++) {
    const thalnet_status status = thalnet__enter(&training->states[i]->busy, call);
    if (status == THALNET_OK) continue;
    thalnet__leave_all(training, i);
    return status;
  }
  return THALNET_OK;
}

/* --- saving --- */

static thalnet_status thalnet__check_saving(const thalnet__training *training, const char *call) {
  const thalnet_center *net = training->net;
  THALNET__TRY(thalnet__check_readable(net));
  THALNET__TRY(thalnet__check_averages(training));
  if (net->has_gradient)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: a gradient waits for thalnet_step: step or clear it before", call);
  if (training->pair_count > 0) THALNET__TRY(thalnet__check_pointer(training->pairs, call, "pairs"));
  THALNET__TRY(thalnet__check_pairs(training->pairs, training->pair_count));
  return thalnet__check_training(training);
}

thalnet_status thalnet_checkpoint_save(const char *path, const thalnet_checkpoint_contents *contents,
                                       const thalnet_checkpoint_options *options) {
  const char *call = "thalnet_checkpoint_save";
  thalnet__training training;
  thalnet_io io;
  THALNET__TRY(thalnet__check_pointer(path, call, "path"));
  THALNET__TRY(thalnet__read_contents(contents, &training, call));
  THALNET__TRY(thalnet__read_checkpoint_options(options, &io));
  THALNET__TRY(thalnet__enter_all(&training, call));
  thalnet_status status = thalnet__check_saving(&training, call);
  if (status == THALNET_OK) {
    const thalnet__image image = thalnet__checkpoint_image(&training);
    status = thalnet__image_save(&image, path, &io);
  }
  thalnet__leave_all(&training, training.state_count);
  return status;
}

thalnet_status thalnet_checkpoint_save_memory(const thalnet_checkpoint_contents *contents, void *bytes, size_t size,
                                              size_t *size_out) {
  const char *call = "thalnet_checkpoint_save_memory";
  thalnet__training training;
  if (size_out != NULL) *size_out = 0;
  THALNET__TRY(thalnet__check_pointer(size_out, call, "size_out"));
  if (size > 0) THALNET__TRY(thalnet__check_pointer(bytes, call, "bytes"));
  THALNET__TRY(thalnet__read_contents(contents, &training, call));
  THALNET__TRY(thalnet__enter_all(&training, call));
  thalnet_status status = thalnet__check_saving(&training, call);
  if (status == THALNET_OK) {
    const thalnet__image image = thalnet__checkpoint_image(&training);
    status = thalnet__image_save_memory(&image, bytes, size, size_out);
  }
  thalnet__leave_all(&training, training.state_count);
  return status;
}

/* --- loading --- */

/* path NULL: from the source as it is. */
static thalnet_status thalnet__load(thalnet__training *training, thalnet__source *source, const thalnet_io *io,
                                    const char *path, thalnet_checkpoint **checkpoint_out, const char *call) {
  thalnet_checkpoint *checkpoint = NULL;
  training->pair_count = 0; /* they are for saving */
  THALNET__TRY(thalnet__enter_all(training, call));
  thalnet_status status = thalnet__begin_writing(training->net);
  if (status == THALNET_OK) {
    if (path != NULL) status = thalnet__source_open(source, io, path);
    if (status == THALNET_OK) status = thalnet__restore(training, source, &checkpoint);
    thalnet__source_close(source);
    if (status != THALNET_OK && path != NULL) status = thalnet__fail_within(status, path);
    thalnet__end_writing(training->net);
  }
  thalnet__leave_all(training, training->state_count);
  if (checkpoint_out != NULL)
    *checkpoint_out = checkpoint;
  else if (checkpoint != NULL)
    thalnet__checkpoint_free(checkpoint);
  return status;
}

thalnet_status thalnet_checkpoint_load(const char *path, const thalnet_checkpoint_contents *contents,
                                       const thalnet_checkpoint_options *options, thalnet_checkpoint **checkpoint_out) {
  const char *call = "thalnet_checkpoint_load";
  thalnet__training training;
  thalnet__source source;
  thalnet_io io;
  if (checkpoint_out != NULL) *checkpoint_out = NULL;
  THALNET__TRY(thalnet__check_pointer(path, call, "path"));
  THALNET__TRY(thalnet__read_contents(contents, &training, call));
  THALNET__TRY(thalnet__read_checkpoint_options(options, &io));
  return thalnet__load(&training, &source, &io, path, checkpoint_out, call);
}

thalnet_status thalnet_checkpoint_load_memory(const void *bytes, size_t size,
                                              const thalnet_checkpoint_contents *contents,
                                              thalnet_checkpoint **checkpoint_out) {
  const char *call = "thalnet_checkpoint_load_memory";
  thalnet__training training;
  thalnet__source source = thalnet__source_memory(bytes, size);
  if (checkpoint_out != NULL) *checkpoint_out = NULL;
  THALNET__TRY(thalnet__check_pointer(bytes, call, "bytes"));
  THALNET__TRY(thalnet__read_contents(contents, &training, call));
  return thalnet__load(&training, &source, NULL, NULL, checkpoint_out, call);
}

/* --- what it says --- */

static int thalnet__is_checkpoint(const thalnet_checkpoint *checkpoint) {
  return checkpoint != NULL && checkpoint->magic == THALNET__CHECKPOINT_MAGIC;
}

void thalnet_checkpoint_free(thalnet_checkpoint *checkpoint) {
  if (thalnet__is_checkpoint(checkpoint)) thalnet__checkpoint_free(checkpoint);
}

const thalnet_checkpoint_pair *thalnet_checkpoint_pairs(const thalnet_checkpoint *checkpoint, size_t *count_out) {
  const int good = thalnet__is_checkpoint(checkpoint);
  if (count_out != NULL) *count_out = good ? checkpoint->pair_count : 0;
  return good ? checkpoint->pairs : NULL;
}

const char *thalnet_checkpoint_find(const thalnet_checkpoint *checkpoint, const char *key) {
  if (!thalnet__is_checkpoint(checkpoint) || key == NULL) return NULL;
  for (size_t i = 0; i < checkpoint->pair_count; i++)
    if (strcmp(checkpoint->pairs[i].key, key) == 0) return checkpoint->pairs[i].value;
  return NULL;
}

const char *thalnet_checkpoint_build(const thalnet_checkpoint *checkpoint) {
  return thalnet__is_checkpoint(checkpoint) ? checkpoint->build : NULL;
}

int32_t thalnet_checkpoint_same_build(const thalnet_checkpoint *checkpoint) {
  return thalnet__is_checkpoint(checkpoint) && strcmp(checkpoint->build, thalnet__library_line()) == 0;
}
