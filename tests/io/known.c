/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../api/support.h"

const char *const known_names[KNOWN_KINDS] = {"model", "checkpoint"};

/* --- one of them -------------------------------------------------------------------------------------------------- */

static void known_build(struct known *known, size_t inputs) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(&known->options, &known->net));
  EXPECT_OK(thalnet_center_add_input(known->net, "x", inputs, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(known->net, "y", 1, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(known->net, "m", NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 1, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 1, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(known->net, 3));
}

/* An optimizer that has moments, and the memory of a running sequence. */
static void known_add_training(struct known *known) {
  thalnet_batch *batch = support_batch(known->net, 2, 3);
  known->optimizer = support_optimizer(known->net, THALNET_ADAM, 0.01);
  known->state = support_state(known->net, 2);
  for (uint64_t step = 0; step < 2; step++) {
    support_fill(known->net, batch, 2, 3, step);
    EXPECT_OK(thalnet_forward_backward(known->net, batch, known->state));
    EXPECT_OK(thalnet_step(known->optimizer, known->net));
  }
  thalnet_batch_free(batch);
}

struct known known_create(int32_t kind, size_t inputs, const thalnet_memory *memory) {
  struct known known = {.kind = kind, .options = THALNET_CENTER_OPTIONS_INIT};
  known.options.memory = memory;
  known_build(&known, inputs);
  if (kind == KNOWN_CHECKPOINT) {
    known_add_training(&known);
  }
  known_set(&known, 0);
  return known;
}

void known_free(struct known *known) {
  thalnet_state_free(known->state);
  thalnet_optimizer_free(known->optimizer);
  thalnet_center_free(known->net);
}

void known_set(struct known *known, unsigned number) {
  size_t count = thalnet_center_parameter_count(known->net);
  float *values = malloc(count * sizeof *values);
  support_randoms(values, count, number);
  EXPECT_OK(thalnet_center_write(known->net, NULL, values, count));
  free(values);
  if (known->state) {
    float row[8];
    ck_assert_uint_le(thalnet_state_values(known->state), 8);
    support_randoms(row, 8, number + 1000u);
    EXPECT_OK(thalnet_state_write(known->state, 1, row, thalnet_state_values(known->state)));
  }
  snprintf(known->number, sizeof known->number, "%u", number);
}

unsigned known_number(const struct known *known) { return (unsigned)strtoul(known->number, NULL, 10); }

/* --- its file ----------------------------------------------------------------------------------------------------- */

/* Calls with contents that last as long as the call. */
static thalnet_status known_with_contents(const struct known *known, thalnet_checkpoint **checkpoint_out,
                                          const char *path, const thalnet_io *io, struct model *bytes) {
  const thalnet_checkpoint_pair pair = {"number", known->number};
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = known->net;
  contents.optimizer = known->optimizer;
  contents.states = &known->state;
  contents.state_count = 1;
  contents.pairs = &pair;
  contents.pair_count = 1;
  options.io = io;
  if (checkpoint_out) {
    return path ? thalnet_checkpoint_load(path, &contents, &options, checkpoint_out)
                : thalnet_checkpoint_load_memory(bytes->bytes, bytes->size, &contents, checkpoint_out);
  }
  return path ? thalnet_checkpoint_save(path, &contents, &options)
              : thalnet_checkpoint_save_memory(&contents, bytes->bytes, bytes->size, &bytes->size);
}

struct model known_bytes(const struct known *known) {
  struct model bytes = {NULL, 0};
  if (known->kind == KNOWN_MODEL) {
    return model_of(known->net);
  }
  EXPECT_OK(known_with_contents(known, NULL, NULL, NULL, &bytes));
  bytes.bytes = malloc(bytes.size);
  EXPECT_OK(known_with_contents(known, NULL, NULL, NULL, &bytes));
  return bytes;
}

int known_is(const struct known *known, const struct model *bytes) {
  struct model own = known_bytes(known);
  int same = own.size == bytes->size && memcmp(own.bytes, bytes->bytes, own.size) == 0;
  model_free(&own);
  return same;
}

thalnet_status known_save(const struct known *known, const char *path, const thalnet_io *io) {
  thalnet_save_options options = THALNET_SAVE_OPTIONS_INIT;
  options.io = io;
  return known->kind == KNOWN_MODEL ? thalnet_center_save(known->net, path, &options)
                                    : known_with_contents(known, NULL, path, io, NULL);
}

/* From a path, or from bytes where there is none. */
static thalnet_status known_load_model(struct known *known, const char *path, const thalnet_io *io,
                                       const struct model *bytes) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = known->net;
  options.center = &known->options;
  options.io = io;
  const thalnet_status status = path ? thalnet_center_load(path, &options, &net)
                                     : thalnet_center_load_memory(bytes->bytes, bytes->size, &options, &net);
  if ((net != NULL) != (status == THALNET_OK)) {
    ck_abort_msg("a network with an error, or none without");
  }
  if (net) {
    thalnet_center_free(known->net);
    known->net = net;
  }
  return status;
}

static thalnet_status known_load_from(struct known *known, const char *path, const thalnet_io *io,
                                      const struct model *bytes) {
  if (known->kind == KNOWN_MODEL) {
    return known_load_model(known, path, io, bytes);
  }
  struct model copy = bytes ? *bytes : (struct model){NULL, 0};
  thalnet_checkpoint *checkpoint = NULL;
  const thalnet_status status = known_with_contents(known, &checkpoint, path, io, &copy);
  if ((checkpoint != NULL) != (status == THALNET_OK)) {
    ck_abort_msg("a checkpoint with an error, or none without");
  }
  if (checkpoint) {
    snprintf(known->number, sizeof known->number, "%s", thalnet_checkpoint_find(checkpoint, "number"));
  }
  thalnet_checkpoint_free(checkpoint);
  return status;
}

thalnet_status known_load(struct known *known, const char *path, const thalnet_io *io) {
  return known_load_from(known, path, io, NULL);
}

thalnet_status known_load_memory(struct known *known, const struct model *bytes) {
  return known_load_from(known, NULL, NULL, bytes);
}
