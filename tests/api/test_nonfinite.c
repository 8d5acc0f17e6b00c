/* SPDX-License-Identifier: MIT */
/* optimizer.h: what thalnet_step does about numbers that are not finite, and the norm that it looks at first. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

struct training {
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_optimizer *optimizer;
  size_t count;
};

static struct training start_with(int32_t net, int32_t kind, thalnet_optimizer_options options, int32_t nonfinite) {
  struct training t = {support_net(net, NULL), NULL, NULL, 0};
  options.nonfinite = nonfinite;
  t.batch = support_batch(t.net, 4, 3);
  EXPECT_OK(thalnet_optimizer_create(t.net, kind, &options, &t.optimizer));
  support_fill(t.net, t.batch, 4, 3, 6);
  t.count = thalnet_center_parameter_count(t.net);
  return t;
}

static struct training start(int32_t kind, int32_t nonfinite) {
  return start_with(SUPPORT_READERS, kind, (thalnet_optimizer_options)THALNET_OPTIMIZER_OPTIONS_INIT, nonfinite);
}

static void stop(struct training *t) {
  thalnet_optimizer_free(t->optimizer);
  thalnet_batch_free(t->batch);
  thalnet_center_free(t->net);
}

static void learn(const struct training *t) { EXPECT_OK(thalnet_forward_backward(t->net, t->batch, NULL)); }

static size_t count_of(const thalnet_center *net, const char *name) {
  size_t shape[3];
  ck_assert_int_gt(thalnet_center_tensor_shape(net, name, shape), 0);
  return shape[0] * shape[1] * shape[2];
}

/* Makes some elements of a tensor's gradient what they are told. */
static void spoil(const struct training *t, const char *name, const size_t *elements, size_t count, float value) {
  const size_t all = count_of(t->net, name);
  float *gradient = malloc(all * sizeof *gradient);
  EXPECT_OK(thalnet_center_read_gradient(t->net, name, gradient, all));
  for (size_t i = 0; i < count; i++) {
    gradient[elements[i]] = value;
  }
  EXPECT_OK(thalnet_center_write_gradient(t->net, name, gradient, all));
  free(gradient);
}

/* A gradient with a NaN in it. */
static void learn_badly(const struct training *t) {
  const size_t element = 1;
  learn(t);
  spoil(t, "outputs.0.bias", &element, 1, NAN);
}

/* The file of a training: all of it that a step changes. */
static struct model file_of(const struct training *t) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  struct model model = {NULL, 0};
  contents.net = t->net;
  contents.optimizer = t->optimizer;
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, NULL, 0, &model.size));
  model.bytes = malloc(model.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, model.bytes, model.size, &model.size));
  return model;
}

static thalnet_status load(const struct training *t, const struct model *model) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = t->net;
  contents.optimizer = t->optimizer;
  return thalnet_checkpoint_load_memory(model->bytes, model->size, &contents, NULL);
}

static int same_files(const struct model *one, const struct model *other) {
  return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

static void text_has(const char *words) {
  ck_assert_msg(strstr(thalnet_error_text(), words) != NULL, "no '%s' in '%s'", words, thalnet_error_text());
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

START_TEST(a_bad_gradient_is_named) {
  static const size_t many[] = {5, 3, 8}, one[] = {2};
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    struct training t = start(kind, THALNET_NONFINITE_ERROR);
    learn(&t);
    EXPECT_OK(thalnet_step(t.optimizer, t.net));
    const double norm = thalnet_optimizer_gradient_norm(t.optimizer);
    for (int i = 0; i < 3; i++) {
      struct model before = file_of(&t);
      learn(&t);
      spoil(&t, "modules.0.reader.weight", many, 3, bad[i]);
      spoil(&t, "outputs.0.bias", one, 1, bad[i]);
      EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_NONFINITE);
      ck_assert_str_eq(thalnet_error_text(),
                       "step 2: the gradient of modules.0.reader.weight is not finite at element 3 (4 in all)");
      struct model after = file_of(&t);
      ck_assert(same_files(&before, &after));
      model_free(&before);
      model_free(&after);
    }
    ck_assert(thalnet_optimizer_gradient_norm(t.optimizer) == norm);
    ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), 0);
    stop(&t);
  }
}
END_TEST

/* Only elements 3 and 4 have a gradient at all, which an absurd rate makes an infinity of. */
START_TEST(a_bad_update_is_named) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 1e38;
  o.clip_norm = (double)INFINITY;
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    struct training t = start_with(SUPPORT_READERS, kind, o, THALNET_NONFINITE_ERROR);
    const char *name = "modules.1.reader.weight";
    const size_t all = count_of(t.net, name);
    float *gradient = calloc(all, sizeof *gradient);
    gradient[3] = 1e30f;
    gradient[4] = -1e30f;
    EXPECT_OK(thalnet_center_write_gradient(t.net, name, gradient, all));
    thalnet_status status = thalnet_step(t.optimizer, t.net);
    ck_assert_int_eq(status, THALNET_ERROR_NONFINITE);
    ck_assert_str_eq(thalnet_error_text(),
                     "step 1: modules.1.reader.weight would not be finite at element 3 (2 in all)");
    free(gradient);
    stop(&t);
  }
}
END_TEST

/* --- steps that are left out -------------------------------------------------------------------------------------- */

/* What is left out never was: training goes on as one that did not meet it, and the file differs in the count alone. */
START_TEST(a_step_that_is_left_out_changes_nothing) {
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
    o.momentum = 0.5;
    o.average = 0.9;
    o.warmup_steps = 9;
    struct training one = start_with(SUPPORT_READERS, kind, o, THALNET_NONFINITE_SKIP);
    struct training other = start_with(SUPPORT_READERS, kind, o, THALNET_NONFINITE_ERROR);
    for (uint64_t step = 0; step < 5; step++) {
      if (step % 2) {
        learn_badly(&one);
        EXPECT_OK(thalnet_step(one.optimizer, one.net));
        ck_assert_uint_eq(thalnet_optimizer_skipped(one.optimizer), (step + 1) / 2);
        EXPECT(thalnet_step(one.optimizer, one.net), THALNET_ERROR_STATE);
        float *gradients = support_gradients(one.net);
        for (size_t i = 0; i < one.count; i++) {
          ck_assert(gradients[i] == 0.0f);
        }
        free(gradients);
      }
      ck_assert_uint_eq(thalnet_optimizer_steps(one.optimizer), step);
      ck_assert(thalnet_optimizer_rate(one.optimizer) == thalnet_optimizer_rate(other.optimizer));
      learn(&one);
      learn(&other);
      EXPECT_OK(thalnet_step(one.optimizer, one.net));
      EXPECT_OK(thalnet_step(other.optimizer, other.net));
    }
    struct model file = file_of(&one), clean = file_of(&other);
    struct model edited = model_edit(&file, ",\"thalnet.checkpoint.skipped\":\"2:0\"", "");
    const size_t header = 8 + model_header(&clean), also = 8 + model_header(&edited);
    ck_assert_uint_eq(clean.size - header, edited.size - also);
    ck_assert_mem_eq(clean.bytes + header, edited.bytes + also, clean.size - header);
    EXPECT_OK(load(&one, &edited));
    model_free(&file);
    file = file_of(&one);
    ck_assert(same_files(&file, &clean));
    model_free(&file);
    model_free(&clean);
    model_free(&edited);
    stop(&one);
    stop(&other);
  }
}
END_TEST

static void leave_out(const struct training *t, int count) {
  for (int i = 0; i < count; i++) {
    learn_badly(t);
    EXPECT_OK(thalnet_step(t->optimizer, t->net));
  }
}

static void too_many(const struct training *t, const char *words) {
  learn_badly(t);
  EXPECT(thalnet_step(t->optimizer, t->net), THALNET_ERROR_NONFINITE);
  text_has(words);
  text_has("outputs.0.bias is not finite at element 1 (1 in all)");
}

START_TEST(the_tenth_in_a_row_is_an_error) {
  struct training t = start(THALNET_ADAM, THALNET_NONFINITE_SKIP);
  ck_assert_int_eq(THALNET_NONFINITE_LIMIT, 10);
  leave_out(&t, 9);
  learn(&t);
  EXPECT_OK(thalnet_step(t.optimizer, t.net)); /* not in a row any more */
  leave_out(&t, 9);
  too_many(&t, "10 steps in a row were left out: step 2: ");
  too_many(&t, "11 steps in a row were left out: step 2: ");
  ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), 20);
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 1);
  learn(&t);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  leave_out(&t, 1);
  ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), 21);
  ck_assert_uint_eq(thalnet_optimizer_skipped(NULL), 0);
  stop(&t);
}
END_TEST

/* What else a step is refused for is left out as well. */
START_TEST(bad_updates_are_left_out) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 1e45;
  o.clip_norm = (double)INFINITY;
  struct training t = start_with(SUPPORT_SMALL, THALNET_SGD, o, THALNET_NONFINITE_SKIP);
  learn(&t);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  text_has("would not be finite");
  ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), 1);
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 0);
  stop(&t);
}
END_TEST

static const char *const normed = "modules.0.reader.weight"; /* by weight norm, in the network with tasks */

/* A step to all zeros. */
static void learn_zeros(const struct training *t) {
  const size_t all = count_of(t->net, normed);
  float *weights = malloc(all * sizeof *weights);
  EXPECT_OK(thalnet_center_read(t->net, normed, weights, all));
  EXPECT_OK(thalnet_center_write_gradient(t->net, normed, weights, all));
  free(weights);
}

START_TEST(matrices_without_a_norm) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  o.rate = 1;
  o.clip_norm = (double)INFINITY;
  for (int32_t policy = THALNET_NONFINITE_ERROR; policy <= THALNET_NONFINITE_PROPAGATE; policy++) {
    struct training t = start_with(SUPPORT_TASKS, THALNET_SGD, o, policy);
    thalnet_status wanted = policy == THALNET_NONFINITE_SKIP ? THALNET_OK : THALNET_ERROR_NONFINITE;
    float *before = support_parameters(t.net);
    learn_zeros(&t);
    ck_assert_int_eq(thalnet_step(t.optimizer, t.net), wanted);
    text_has("step 1: modules.0.reader.weight would be all zeros and has no norm");
    float *after = support_parameters(t.net);
    ck_assert(support_same(before, after, t.count));
    EXPECT_OK(thalnet_forward(t.net, t.batch, NULL));
    free(before);
    free(after);
    stop(&t);
  }
}
END_TEST

static void set_input(const struct training *t, float value) {
  float x[4 * 3 * 3] = {0};
  support_fill(t->net, t->batch, 4, 3, 6);
  x[7] = value;
  EXPECT_OK(thalnet_batch_set_inputs(t->batch, 0, x, 4 * 3 * 3));
}

/* A loss that is not finite never becomes a gradient; a step that comes after it is left out where the policy is so, also if other
 * batches have given gradients. */
START_TEST(bad_losses_are_left_out) {
  for (int32_t policy = THALNET_NONFINITE_ERROR; policy <= THALNET_NONFINITE_PROPAGATE; policy++) {
    struct training t = start(THALNET_ADAM, policy);
    const int skips = policy == THALNET_NONFINITE_SKIP;
    set_input(&t, NAN);
    EXPECT(thalnet_forward_backward(t.net, t.batch, NULL), THALNET_ERROR_NONFINITE);
    text_has("output 'y': the loss of sequence 0 is not finite");
    if (skips) {
      EXPECT_OK(thalnet_step(t.optimizer, t.net));
      text_has("step 1: the loss of a batch is not finite");
    }
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
    ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), (uint64_t)skips);
    ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 0);
    EXPECT(thalnet_forward_backward(t.net, t.batch, NULL), THALNET_ERROR_NONFINITE);
    EXPECT_OK(thalnet_center_clear_gradients(t.net)); /* nothing waits any more */
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
    /* the second of three batches */
    for (int i = 0; i < 3; i++) {
      set_input(&t, i == 1 ? INFINITY : 0.5f);
      ck_assert_int_eq(thalnet_forward_backward(t.net, t.batch, NULL), i == 1 ? THALNET_ERROR_NONFINITE : THALNET_OK);
    }
    EXPECT_OK(thalnet_step(t.optimizer, t.net));
    ck_assert_uint_eq(thalnet_optimizer_skipped(t.optimizer), skips ? 2 : 0);
    ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), !skips);
    /* nor does one that is only looked at count */
    set_input(&t, NAN);
    EXPECT(thalnet_forward(t.net, t.batch, NULL), THALNET_ERROR_NONFINITE);
    EXPECT(thalnet_step(t.optimizer, t.net), THALNET_ERROR_STATE);
    stop(&t);
  }
}
END_TEST

/* --- what propagates ---------------------------------------------------------------------------------------------- */

/* One element's update, without clipping, is the same as that of a step in which it was all there is; the others' too. */
static void propagates(int32_t kind, float bad) {
  thalnet_optimizer_options o = THALNET_OPTIMIZER_OPTIONS_INIT;
  const size_t element = 4;
  o.clip_norm = 1e-3; /* of no use here */
  struct training t = start_with(SUPPORT_TASKS, kind, o, THALNET_NONFINITE_PROPAGATE);
  o.clip_norm = (double)INFINITY;
  struct training free_of_it = start_with(SUPPORT_TASKS, kind, o, THALNET_NONFINITE_ERROR);
  learn(&t);
  spoil(&t, normed, &element, 1, bad);
  learn(&free_of_it);
  spoil(&free_of_it, normed, &element, 1, 0.0f);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  EXPECT_OK(thalnet_step(free_of_it.optimizer, free_of_it.net));
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 1);
  ck_assert(!isfinite(thalnet_optimizer_gradient_norm(t.optimizer)));
  float *mine = support_parameters(t.net), *others = support_parameters(free_of_it.net);
  size_t spoilt = 0, place = 0;
  for (size_t i = 0; i < t.count; i++) {
    if (isfinite(mine[i])) {
      ck_assert(memcmp(&mine[i], &others[i], sizeof mine[i]) == 0);
    } else {
      spoilt++;
      place = i;
    }
  }
  ck_assert_uint_eq(spoilt, 1);
  float *weights = malloc(count_of(t.net, normed) * sizeof *weights);
  EXPECT_OK(thalnet_center_read(t.net, normed, weights, count_of(t.net, normed)));
  ck_assert(!isfinite(weights[element]) && !isfinite(mine[place]));
  free(weights);
  free(mine);
  free(others);
  stop(&t);
  stop(&free_of_it);
}

START_TEST(propagating_reaches_one_element) {
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    propagates(kind, NAN);
    propagates(kind, INFINITY);
    propagates(kind, -INFINITY);
  }
}
END_TEST

/* Networks with any parameter that is not finite still compute, and what they give is refused where it would be kept. */
static void goes_on_with(const char *name, float bad) {
  struct training t = start(THALNET_ADAM, THALNET_NONFINITE_PROPAGATE);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_state *state = support_state(t.net, 4);
  const size_t all = count_of(t.net, name);
  float x[4 * 3] = {0.5f}, y[4 * 4], routing[25];
  size_t size = 0;
  learn(&t);
  float *gradient = malloc(all * sizeof *gradient);
  for (size_t i = 0; i < all; i++) {
    gradient[i] = bad;
  }
  EXPECT_OK(thalnet_center_write_gradient(t.net, name, gradient, all));
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  free(gradient);
  thalnet_status status = thalnet_forward(t.net, t.batch, NULL);
  ck_assert_msg(status == THALNET_OK || status == THALNET_ERROR_NONFINITE, "%s", name);
  status = thalnet_forward_backward(t.net, t.batch, state);
  ck_assert_msg(status == THALNET_OK || status == THALNET_ERROR_NONFINITE, "%s", name);
  status = thalnet_step(t.optimizer, t.net);
  ck_assert_msg(status == THALNET_OK || status == THALNET_ERROR_STATE, "%s", name);
  EXPECT_OK(thalnet_state_step(t.net, state, x, 4 * 3, y, 4 * 4));
  (void)thalnet_center_routing(t.net, t.batch, THALNET_ROUTING_WEIGHT, routing, 25);
  contents.net = t.net;
  contents.optimizer = t.optimizer;
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_NONFINITE);
  thalnet_state_free(state);
  stop(&t);
}

START_TEST(propagating_crashes_nothing) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    goes_on_with(thalnet_center_tensor_name(net, i), NAN);
    goes_on_with(thalnet_center_tensor_name(net, i), INFINITY);
  }
  thalnet_center_free(net);
}
END_TEST

/* --- norms -------------------------------------------------------------------------------------------------------- */

/* 1e20 squared is beyond a float. */
START_TEST(large_gradients_have_a_norm) {
  struct training t = start(THALNET_SGD, THALNET_NONFINITE_ERROR);
  for (size_t i = 0; i < thalnet_center_tensor_count(t.net); i++) {
    const char *name = thalnet_center_tensor_name(t.net, i);
    float *gradient = malloc(count_of(t.net, name) * sizeof *gradient);
    for (size_t k = 0; k < count_of(t.net, name); k++) {
      gradient[k] = k % 2 ? 1e20f : -1e20f;
    }
    EXPECT_OK(thalnet_center_write_gradient(t.net, name, gradient, count_of(t.net, name)));
    free(gradient);
  }
  float *before = support_parameters(t.net);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  const double expected = (double)1e20f * sqrt((double)t.count);
  ck_assert_double_eq_tol(thalnet_optimizer_gradient_norm(t.optimizer), expected, 1e-12 * expected);
  float *after = support_parameters(t.net);
  double moved = 0;
  for (size_t i = 0; i < t.count; i++) {
    moved += ((double)after[i] - (double)before[i]) * ((double)after[i] - (double)before[i]);
  }
  ck_assert_double_eq_tol(sqrt(moved), 1e-3, 1e-6); /* clipped to 1, times the rate */
  free(before);
  free(after);
  stop(&t);
}
END_TEST

/* One layer of so many weights that a step goes by threads. */
static double norm_by(int32_t threads) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.threads = threads;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 700, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 1001, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 3));
  thalnet_batch *batch = support_batch(net, 1, 1);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_SGD, 1e-3);
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    float *gradient = malloc(count_of(net, name) * sizeof *gradient);
    support_randoms(gradient, count_of(net, name), i);
    EXPECT_OK(thalnet_center_write_gradient(net, name, gradient, count_of(net, name)));
    free(gradient);
  }
  EXPECT_OK(thalnet_step(optimizer, net));
  const double norm = thalnet_optimizer_gradient_norm(optimizer);
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return norm;
}

START_TEST(norms_have_the_same_bits_for_any_threads) {
  const double norm = norm_by(1);
  ck_assert(norm > 400.0 && norm < 600.0);
  for (int32_t threads = 2; threads <= 5; threads++) {
    const double other = norm_by(threads);
    ck_assert_msg(memcmp(&norm, &other, sizeof norm) == 0, "%d threads: %a, not %a", (int)threads, other, norm);
  }
}
END_TEST

/* --- going on ----------------------------------------------------------------------------------------------------- */

START_TEST(checkpoints_keep_the_counts) {
  struct training one = start(THALNET_ADAM, THALNET_NONFINITE_SKIP);
  struct training other = start(THALNET_ADAM, THALNET_NONFINITE_SKIP);
  struct model none = file_of(&one);
  leave_out(&one, 2);
  learn(&one);
  EXPECT_OK(thalnet_step(one.optimizer, one.net));
  leave_out(&one, 4);
  struct model file = file_of(&one);
  model_find(&file, "\"thalnet.checkpoint.skipped\":\"6:4\"");
  EXPECT_OK(load(&other, &file));
  ck_assert_uint_eq(thalnet_optimizer_skipped(other.optimizer), 6);
  leave_out(&other, 5);
  too_many(&other, "10 steps in a row");
  EXPECT_OK(load(&other, &none)); /* says nothing of it: a training in which none was left out */
  ck_assert_uint_eq(thalnet_optimizer_skipped(other.optimizer), 0);
  leave_out(&other, 9);
  model_free(&none);
  model_free(&file);
  stop(&one);
  stop(&other);
}
END_TEST

START_TEST(counts_in_files_are_checked) {
  static const char *const bad[] = {"", "6", "6:", ":4", "6:7", "0:0", "6:4:1", "6:4 6:4", "x:1", "06:4", "6:-1"};
  struct training t = start(THALNET_ADAM, THALNET_NONFINITE_SKIP);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  size_t size = 0;
  leave_out(&t, 2);
  learn(&t);
  EXPECT_OK(thalnet_step(t.optimizer, t.net));
  leave_out(&t, 4);
  struct model file = file_of(&t);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char words[64] = "\"thalnet.checkpoint.skipped\":\"";
    strcat(strcat(words, bad[i]), "\"");
    struct model edited = model_edit(&file, "\"thalnet.checkpoint.skipped\":\"6:4\"", words);
    EXPECT(load(&t, &edited), THALNET_ERROR_FORMAT);
    text_has("thalnet.checkpoint.skipped");
    model_free(&edited);
  }
  /* of no optimizer */
  contents.net = t.net;
  struct model without = {malloc(file.size), file.size};
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, without.bytes, file.size, &size));
  without.size = size;
  struct model edited = model_edit(&without, "\"thalnet.checkpoint.states\":\"\"",
                                   "\"thalnet.checkpoint.states\":\"\",\"thalnet.checkpoint.skipped\":\"6:4\"");
  EXPECT(thalnet_checkpoint_load_memory(edited.bytes, edited.size, &contents, NULL), THALNET_ERROR_MISMATCH);
  text_has("thalnet.checkpoint.skipped");
  model_free(&edited);
  model_free(&without);
  model_free(&file);
  stop(&t);
}
END_TEST

START_TEST(moved_optimizers_keep_the_counts) {
  struct training t = start(THALNET_ADAM, THALNET_NONFINITE_SKIP);
  thalnet_center *draft = NULL;
  leave_out(&t, 9);
  EXPECT_OK(thalnet_center_edit(t.net, &draft));
  EXPECT_OK(thalnet_center_build(draft, 2));
  struct training moved = {draft, support_batch(draft, 4, 3), NULL, t.count};
  support_fill(draft, moved.batch, 4, 3, 6);
  EXPECT_OK(thalnet_optimizer_move(t.optimizer, draft, &moved.optimizer));
  ck_assert_uint_eq(thalnet_optimizer_skipped(moved.optimizer), 9);
  too_many(&moved, "10 steps in a row");
  stop(&moved);
  stop(&t);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {a_bad_gradient_is_named,
                                a_bad_update_is_named,
                                a_step_that_is_left_out_changes_nothing,
                                the_tenth_in_a_row_is_an_error,
                                bad_updates_are_left_out,
                                matrices_without_a_norm,
                                bad_losses_are_left_out,
                                propagating_reaches_one_element,
                                propagating_crashes_nothing,
                                large_gradients_have_a_norm,
                                norms_have_the_same_bits_for_any_threads,
                                checkpoints_keep_the_counts,
                                counts_in_files_are_checked,
                                moved_optimizers_keep_the_counts};
  return SUPPORT_RUN("nonfinite", tests);
}
