/* SPDX-License-Identifier: MIT */
/* edit.h: generations of networks whose readers have parts: growing, removing, files. */
#include "edit_nets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

/* --- generations -------------------------------------------------------------------------------------------------- */

static void attach_last(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "last", NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 2, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 1));
}

static void split_all(thalnet_center *draft) {
  thalnet_module *second = NULL;
  for (int32_t m = thalnet_center_module_count(draft); m-- > 0;) {
    const thalnet_reader *reader = thalnet_center_module_reader(draft, m);
    if (reader == NULL || !thalnet_center_in_order(draft) || thalnet_reader_skips_own(reader)) {
      EXPECT_OK(thalnet_module_split(thalnet_center_get_module(draft, m), NULL, &second));
    }
  }
}

static void expect_shape(const thalnet_center *net, const char *name, size_t rows, size_t columns) {
  size_t shape[3] = {0};
  thalnet_center_tensor_shape(net, name, shape);
  ck_assert_msg(shape[0] == rows && shape[1] == columns, "%s is %zu x %zu, not %zu x %zu", name, shape[0], shape[1],
                rows, columns);
}

/* What a softmax reader sees is told by its biases' columns. */
START_TEST(generations_follow_each_other) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0); /* 5 + 3 + 4 features */
  net = edit_grown(net, edit_attach, "a module");                    /* 7 */
  expect_shape(net, "modules.0.reader.bias", 4, 12);
  expect_shape(net, "modules.0.reader.parts.1.bias", 4, 7);
  net = edit_grown(net, edit_grow_all, "all grow"); /* 2 and 4 and 3 */
  expect_shape(net, "modules.0.reader.bias", 4, 12);
  expect_shape(net, "modules.0.reader.parts.1.bias", 4, 7);
  expect_shape(net, "modules.0.reader.parts.2.bias", 4, 9);
  net = edit_grown(net, attach_last, "one more");
  expect_shape(net, "modules.1.reader.parts.3.bias", 4, 2);
  net = edit_grown(net, split_all, "all are split"); /* 7, 7, 7, 7, 7, 7, 7, 7, 2, 2 */
  expect_shape(net, "modules.1.reader.parts.4.bias", 4, 30);
  ck_assert_int_eq(thalnet_center_module_count(net), 10);
  thalnet_center_free(net);
}
END_TEST

START_TEST(generations_keep_the_function) {
  static void (*const changes[])(thalnet_center *) = {edit_everything, attach_last, split_all};
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 1);
    for (size_t c = 0; c < 3; c++) {
      char what[64];
      snprintf(what, sizeof what, "variant %d, generation %zu", (int)variant, c);
      net = edit_grown(net, changes[c], what);
    }
    thalnet_center_free(net);
  }
}
END_TEST

/* --- removing ----------------------------------------------------------------------------------------------------- */

/* Growing and then removing what was added gives the first network again, with one part and all bits. */
START_TEST(there_and_back) {
  for (int32_t variant = 0; variant < 6; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3, THALNET_SOFTMAX + variant % 3, 1, 0), *draft = edit_start(net);
    edit_attach(draft);
    edit_built(draft, 9);
    thalnet_center *back = edit_start(draft);
    thalnet_center_free(draft);
    EXPECT_OK(thalnet_module_remove(edit_module(back, "more")));
    edit_built(back, 10);
    struct model one = model_of(net), other = model_of(back);
    ck_assert(one.size == other.size && memcmp(one.bytes, other.bytes, one.size) == 0);
    model_free(&one);
    model_free(&other);
    thalnet_center_free(back);
    thalnet_center_free(net);
  }
}
END_TEST

/* In the middle a part disappears, and those behind it move up by one. */
START_TEST(parts_move_up) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0), *draft;
  float gates[2][4], kept[4];
  net = edit_grown(net, edit_attach, "more");
  net = edit_grown(net, attach_last, "last");
  draft = edit_start(net);
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "more")));
  edit_built(draft, 9);
  expect_shape(draft, "modules.0.reader.parts.1.bias", 4, 2);
  ck_assert(!edit_has_tensor(draft, "modules.0.reader.parts.2.bias"));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.1.gate", gates[0], 4));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.2.gate", gates[1], 4));
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.parts.1.gate", kept, 4));
  ck_assert(support_same(kept, gates[1], 4) && !support_same(kept, gates[0], 4));
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Of a pair of modules that do not read themselves one is exchanged for another. */
static thalnet_center *exchanged(int32_t kind, int removed_at_once) {
  thalnet_center *net = NULL, *draft;
  thalnet_module *module = NULL;
  thalnet_reader_options skip = THALNET_READER_OPTIONS_INIT;
  skip.skip_own = 1;
  skip.normalize = kind == EDIT_NORMALIZED;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, skip.normalize ? THALNET_GAUSSIAN : kind, 3, &skip, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  draft = edit_start(net);
  EXPECT_OK(thalnet_center_add_module(draft, "other", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  thalnet_center_free(net);
  if (!removed_at_once) {
    edit_built(draft, 2);
    edit_learn(draft, 10, 3);
    net = draft;
    draft = edit_start(net);
    thalnet_center_free(net);
  }
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "module1")));
  return edit_built(draft, 4);
}

static void attach_other(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "one_more", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
}

/* A batch is computed in the memory that it had, whatever was in it. */
static void computed_twice(const thalnet_center *net) {
  thalnet_batch *batch = support_batch(net, S, K);
  float *said[2];
  for (uint64_t turn = 0; turn < 3; turn++) {
    support_fill(net, batch, S, K, turn == 1 ? 8 : 7);
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    if (turn != 1) {
      said[turn / 2] = support_output(net, batch, 0, S, K);
    }
  }
  ck_assert(support_same(said[0], said[1], S * K * thalnet_center_output_size(net, 0)));
  free(said[0]);
  free(said[1]);
  thalnet_batch_free(batch);
}

/* A reader that has lost all that it saw reads by its gates alone: a reader of what is new learns, and one that has learned goes
 * on as it was. */
START_TEST(nothing_is_left_of_the_first_part) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= EDIT_NORMALIZED; kind++) {
    for (int at_once = 0; at_once < 2; at_once++) {
      thalnet_center *net = exchanged(kind, at_once), *copy = NULL;
      float routing[4], gate[3];
      EXPECT_OK(thalnet_center_read(net, "modules.0.reader.parts.1.gate", gate, 3));
      ck_assert_int_eq(gate[0] == 0.0f, at_once);
      ck_assert(!edit_has_tensor(net, "modules.0.reader.bias") && !edit_has_tensor(net, "modules.0.reader.mean_bias"));
      edit_route(net, routing);
      ck_assert_int_eq(routing[1] == 0.0f, at_once);
      struct model model = model_of(net);
      EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
      model_free(&model);
      ck_assert(edit_distance(net, copy, "y") == 0.0);
      computed_twice(copy);
      thalnet_center *next = edit_start(copy);
      attach_other(next);
      edit_built(next, 5);
      ck_assert_double_le(edit_distance(copy, next, "y"), 1e-6);
      ck_assert(edit_has_tensor(next, "modules.0.reader.parts.2.gate") &&
                !edit_has_tensor(next, "modules.0.reader.parts.3.gate"));
      edit_learn(next, 5, 9);
      thalnet_center_free(next);
      edit_learn(net, 5, 9);
      edit_route(net, routing);
      ck_assert(routing[1] > 0.0f && isfinite(routing[1]));
      thalnet_center_free(copy);
      thalnet_center_free(net);
    }
  }
}
END_TEST

/* --- files -------------------------------------------------------------------------------------------------------- */

START_TEST(files_have_the_parts) {
  for (int32_t variant = 0; variant < 12; variant++) {
    thalnet_center *net = edit_make_trained(variant / 3 & 1, THALNET_SOFTMAX + variant % 3, variant / 6, 1), *copy;
    net = edit_grown(net, edit_everything, "everything");
    net = edit_grown(net, attach_last, "one more");
    struct model model = model_of(net), again;
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
    again = model_of(copy);
    ck_assert(model.size == again.size && memcmp(model.bytes, again.bytes, model.size) == 0);
    edit_same_function(net, copy, 0, "a copy");
    thalnet_center_size one = THALNET_CENTER_SIZE_INIT, other = THALNET_CENTER_SIZE_INIT;
    EXPECT_OK(thalnet_center_measure(net, &one));
    EXPECT_OK(thalnet_center_measure(copy, &other));
    ck_assert_int_eq(memcmp(&one, &other, sizeof one), 0);
    copy = edit_grown(copy, split_all, "of a copy"); /* which can be edited as any other */
    model_free(&model);
    model_free(&again);
    thalnet_center_free(copy);
    thalnet_center_free(net);
  }
}
END_TEST

/* The gradient of a copy of it that is computed so. */
static float *gradient_of(const struct model *model, int32_t threads, int32_t chunk, size_t sequences) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  center.threads = threads;
  center.chunk_sequences = chunk;
  options.center = &center;
  EXPECT_OK(thalnet_center_load_memory(model->bytes, model->size, &options, &net));
  thalnet_batch *batch = support_batch(net, sequences, K);
  support_fill(net, batch, sequences, K, 6);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *gradient = support_gradients(net);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return gradient;
}

/* So large that threads share its layers. */
static thalnet_center *make_large(int32_t kind) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  reader.normalize = kind == EDIT_NORMALIZED;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "t", 5, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 260, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, reader.normalize ? THALNET_GAUSSIAN : kind, 3, &reader, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, i));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 1));
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  return net;
}

START_TEST(threads_change_no_bit) {
  for (int32_t variant = 0; variant < 6; variant++) {
    const int32_t kind = THALNET_SOFTMAX + variant % 3;
    const int large = variant >= 3;
    thalnet_center *net = large ? make_large(kind) : edit_make_trained(0, kind, 0, 0);
    net = edit_grown(net, edit_attach, "a module");
    struct model model = model_of(net);
    const size_t count = thalnet_center_parameter_count(net), sequences = large ? 60 : 7;
    ck_assert_int_eq(count > (1 << 18), large);
    float *one = gradient_of(&model, 1, large ? 0 : 2, sequences),
          *three = gradient_of(&model, 3, large ? 0 : 2, sequences);
    ck_assert(support_same(one, three, count));
    free(one);
    free(three);
    model_free(&model);
    thalnet_center_free(net);
  }
}
END_TEST

/* A training that goes on from a checkpoint is the one that never stopped. */
START_TEST(checkpoints_have_the_parts) {
  thalnet_center *net = edit_grown(edit_make_trained(0, THALNET_SOFTMAX, 0, 0), edit_everything, "everything"),
                 *copy = NULL;
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01), *other;
  edit_train(net, optimizer, 3, 40);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = net;
  contents.optimizer = optimizer;
  struct model file = {NULL, 0};
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, NULL, 0, &file.size));
  file.bytes = malloc(file.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, file.bytes, file.size, &file.size));
  EXPECT_OK(thalnet_center_load_memory(file.bytes, file.size, NULL, &copy));
  other = support_optimizer(copy, THALNET_ADAM, 0.01);
  contents.net = copy;
  contents.optimizer = other;
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  edit_train(net, optimizer, 3, 50);
  edit_train(copy, other, 3, 50);
  float *a = support_parameters(net), *b = support_parameters(copy);
  ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
  free(a);
  free(b);
  model_free(&file);
  thalnet_optimizer_free(optimizer);
  thalnet_optimizer_free(other);
  thalnet_center_free(copy);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {generations_follow_each_other,
                                generations_keep_the_function,
                                there_and_back,
                                parts_move_up,
                                nothing_is_left_of_the_first_part,
                                files_have_the_parts,
                                threads_change_no_bit,
                                checkpoints_have_the_parts};
  return SUPPORT_RUN("edit_generations", tests);
}
