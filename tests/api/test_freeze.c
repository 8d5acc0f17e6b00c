/* SPDX-License-Identifier: MIT */
/* Tensors that training leaves alone. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 4, K = 3 };

static size_t tensor_size(const thalnet_center *net, size_t tensor) {
  size_t shape[3] = {0};
  ck_assert_int_gt(thalnet_center_tensor_shape(net, thalnet_center_tensor_name(net, tensor), shape), 0);
  return shape[0] * shape[1] * shape[2];
}

static void backward(thalnet_center *net, uint64_t seed) {
  thalnet_batch *batch = support_batch(net, S, K);
  support_fill(net, batch, S, K, seed);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  thalnet_batch_free(batch);
}

static int starts(const char *name, const char *prefix) { return strncmp(name, prefix, strlen(prefix)) == 0; }

/* Frozen tensors have a gradient of 0, the others the same bits as ever. */
START_TEST(gradients_of_the_others_are_the_same) {
  static const char *const prefixes[] = {"modules.0.", "modules.1.layers.0.", "modules.0.reader.",
                                         "outputs.0.", "modules.1.outputs.",  ""};
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    for (size_t p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++) {
      thalnet_center *net = support_net(kind, NULL), *other = support_net(kind, NULL);
      EXPECT_OK(thalnet_center_set_frozen(other, prefixes[p], 1));
      backward(net, 1);
      backward(other, 1);
      float *a = support_gradients(net), *b = support_gradients(other);
      for (size_t t = 0, at = 0; t < thalnet_center_tensor_count(net); t++) {
        const char *name = thalnet_center_tensor_name(net, t);
        const size_t count = tensor_size(net, t);
        ck_assert_int_eq(thalnet_center_is_frozen(other, name), starts(name, prefixes[p]));
        for (size_t i = 0; i < count; i++, at++) {
          ck_assert_msg(starts(name, prefixes[p]) ? b[at] == 0.0f : a[at] == b[at], "%s, frozen %s", name, prefixes[p]);
        }
      }
      free(a);
      free(b);
      thalnet_center_free(net);
      thalnet_center_free(other);
    }
  }
}
END_TEST

/* With everything that an optimizer does: decay, momentum, averages, clipping. */
START_TEST(training_leaves_them_alone) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  options.weight_decay = 0.1;
  options.average = 0.9;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAMW, &options, &optimizer));
  for (int i = 0; i < 3; i++) { /* moments that would go on */
    backward(net, (uint64_t)i);
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.2.", 1));
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.3.reader.", 1));
  float *before = support_parameters(net);
  for (int i = 0; i < 5; i++) {
    backward(net, 10 + (uint64_t)i);
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  float *after = support_parameters(net);
  for (size_t t = 0, at = 0; t < thalnet_center_tensor_count(net); t++) {
    const char *name = thalnet_center_tensor_name(net, t);
    const size_t count = tensor_size(net, t);
    const int frozen = starts(name, "modules.2.") || starts(name, "modules.3.reader.");
    ck_assert_msg(support_same(before + at, after + at, count) == frozen, "%s", name);
    at += count;
  }
  /* thawed, they learn again */
  EXPECT_OK(thalnet_center_set_frozen(net, "", 0));
  backward(net, 20);
  EXPECT_OK(thalnet_step(optimizer, net));
  float *thawed = support_parameters(net);
  for (size_t t = 0, at = 0; t < thalnet_center_tensor_count(net); t++) {
    const size_t count = tensor_size(net, t);
    ck_assert(!support_same(after + at, thawed + at, count));
    at += count;
  }
  free(before);
  free(after);
  free(thawed);
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(net);
}
END_TEST

/* The norm that clips is that of what is trained. */
START_TEST(they_count_for_no_norm) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_SGD, 0.01);
  double sum = 0;
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.1.", 1));
  backward(net, 1);
  float *gradients = support_gradients(net);
  for (size_t i = 0; i < thalnet_center_parameter_count(net); i++) {
    sum += (double)gradients[i] * (double)gradients[i];
  }
  EXPECT_OK(thalnet_step(optimizer, net));
  ck_assert_double_eq_tol(thalnet_optimizer_gradient_norm(optimizer), sqrt(sum), 1e-9);
  ck_assert_double_gt(sum, 0.0);
  free(gradients);
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(net);
}
END_TEST

/* What was added up before, or written by the host, is dropped. */
START_TEST(nothing_waits_for_the_thaw) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_SGD, 0.01);
  float bias[4], after[4], gradient[4] = {1, 1, 1, 1};
  EXPECT_OK(thalnet_center_read(net, "outputs.0.bias", bias, 4));
  backward(net, 1);
  EXPECT_OK(thalnet_center_set_frozen(net, "outputs.0.bias", 1));
  EXPECT_OK(thalnet_center_write_gradient(net, "outputs.0.bias", gradient, 4));
  EXPECT_OK(thalnet_center_read_gradient(net, "outputs.0.bias", gradient, 4));
  ck_assert(gradient[0] == 0.0f && gradient[3] == 0.0f);
  EXPECT_OK(thalnet_center_set_frozen(net, "outputs.", 0));
  EXPECT_OK(thalnet_step(optimizer, net));
  EXPECT_OK(thalnet_center_read(net, "outputs.0.bias", after, 4));
  ck_assert(support_same(bias, after, 4));
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(net);
}
END_TEST

START_TEST(edited_networks_stay_frozen) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *draft = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.1.", 1));
  EXPECT_OK(thalnet_center_edit(net, &draft));
  EXPECT_OK(thalnet_center_remove_output(draft, 0));
  EXPECT_OK(thalnet_center_add_output(draft, "other", 3, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_output(thalnet_center_get_module(draft, 1), 0));
  EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_center_build(draft, 1));
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.layers.0.weight"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.reader.weight"), 1);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.1.outputs.0.weight"), 0); /* a new one */
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.0.layers.0.weight_ih"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(draft, "modules.2.layers.0.weight_ih"), 0);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* A checkpoint goes into a network with the same tensors frozen, and into no other. */
START_TEST(checkpoints_know) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  static unsigned char file[65536];
  size_t size = 0;
  contents.net = net;
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.0.layers.", 1));
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, file, sizeof file, &size));
  EXPECT_OK(thalnet_checkpoint_load_memory(file, size, &contents, NULL));
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.0.reader.", 1));
  EXPECT(thalnet_checkpoint_load_memory(file, size, &contents, NULL), THALNET_ERROR_MISMATCH);
  EXPECT_OK(thalnet_center_set_frozen(net, "", 0));
  EXPECT(thalnet_checkpoint_load_memory(file, size, &contents, NULL), THALNET_ERROR_MISMATCH);
  thalnet_center *model = NULL; /* as a model it is like any other */
  EXPECT_OK(thalnet_center_load_memory(file, size, NULL, &model));
  ck_assert_int_eq(thalnet_center_is_frozen(model, "modules.0.layers.0.weight_ih"), 0);
  thalnet_center_free(model);
  thalnet_center_free(net);
}
END_TEST

START_TEST(mistakes_are_told) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *draft = NULL;
  float *values = NULL;
  size_t count = 0;
  EXPECT(thalnet_center_set_frozen(NULL, "", 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_set_frozen(net, NULL, 1), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_set_frozen(net, "", 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_set_frozen(net, "modules.2.", 1), THALNET_ERROR_DATA);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  EXPECT(thalnet_center_set_frozen(draft, "", 1), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  EXPECT(thalnet_center_set_frozen(net, "", 1), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_center_end_write(net));
  ck_assert_int_eq(thalnet_center_is_frozen(net, "nothing") + thalnet_center_is_frozen(NULL, "outputs.0.bias"), 0);
  ck_assert_int_eq(thalnet_center_is_frozen(net, NULL) + thalnet_center_is_frozen(draft, "outputs.0.bias"), 0);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* What goes through frozen layers goes on: gradients of inputs have the same bits. */
START_TEST(input_gradients_go_through_frozen_layers) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    float gradients[2][S * K * 2 * 3];
    size_t count = 0;
    for (int32_t frozen = 0; frozen < 2; frozen++) {
      thalnet_center *net = support_net(kind, NULL);
      thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
      thalnet_batch *batch = NULL;
      options.input_gradients = 1;
      EXPECT_OK(thalnet_center_set_frozen(net, "modules.", frozen));
      EXPECT_OK(thalnet_batch_create(net, S, K, &options, &batch));
      support_fill(net, batch, S, K, 3);
      EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
      count = S * K * (size_t)thalnet_center_input_frames(net, 0) * thalnet_center_input_size(net, 0);
      EXPECT_OK(thalnet_batch_read_input_gradient(batch, 0, gradients[frozen], count));
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
    ck_assert(support_same(gradients[0], gradients[1], count));
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {gradients_of_the_others_are_the_same,
                                training_leaves_them_alone,
                                they_count_for_no_norm,
                                nothing_waits_for_the_thaw,
                                edited_networks_stay_frozen,
                                checkpoints_know,
                                mistakes_are_told,
                                input_gradients_go_through_frozen_layers};
  return SUPPORT_RUN("freeze", tests);
}
