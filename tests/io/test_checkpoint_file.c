/* SPDX-License-Identifier: MIT */
/* Checkpoints as files: of every network there is; broken, forged and failing ones, after which nothing has changed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"
#include "zoo.h"

/* A training of any network: steps whose gradients are written by hand, so that not every tensor has as many. */
struct subject {
  thalnet_center *net;
  thalnet_optimizer *optimizer;
  thalnet_state *states[2];
  thalnet_batch *batch;
  thalnet_checkpoint_contents contents;
};

static const thalnet_checkpoint_pair pairs[] = {{"epoch", "3"}, {"note", "\"quoted\"\n"}};

static void give_gradients(const struct subject *subject, uint64_t seed, size_t every) {
  for (size_t t = 0; t < thalnet_center_tensor_count(subject->net); t += every) {
    size_t shape[3] = {1, 1, 1}, count = 1;
    const char *name = thalnet_center_tensor_name(subject->net, t);
    const int32_t rank = thalnet_center_tensor_shape(subject->net, name, shape);
    for (int32_t i = 0; i < rank; i++) {
      count *= shape[i];
    }
    float *gradient = malloc(count * sizeof *gradient);
    support_randoms(gradient, count, seed + t);
    EXPECT_OK(thalnet_center_write_gradient(subject->net, name, gradient, count));
    free(gradient);
  }
}

static void steps(const struct subject *subject, int count, uint64_t seed) {
  for (int i = 0; i < count; i++) {
    give_gradients(subject, seed + 1000 * (uint64_t)i, 1 + (size_t)i % 3);
    EXPECT_OK(thalnet_step(subject->optimizer, subject->net));
  }
  for (size_t s = 0; s < 2; s++) {
    const size_t values = thalnet_state_values(subject->states[s]);
    float *row = malloc(values * sizeof *row);
    support_randoms(row, values, seed + s);
    EXPECT_OK(thalnet_state_write(subject->states[s], s, row, values));
    free(row);
  }
}

static struct subject subject_of(thalnet_center *net, int32_t kind, double average) {
  struct subject subject = {.net = net};
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.momentum = 0.5;
  options.average = average;
  EXPECT_OK(thalnet_optimizer_create(net, kind, &options, &subject.optimizer));
  subject.states[0] = support_state(net, 3);
  subject.states[1] = support_state(net, 2);
  subject.batch = support_batch(net, 1, 1); /* now there are gradients */
  subject.contents = (thalnet_checkpoint_contents)THALNET_CHECKPOINT_CONTENTS_INIT;
  subject.contents.net = net;
  subject.contents.optimizer = subject.optimizer;
  subject.contents.state_count = 2;
  subject.contents.pairs = pairs;
  subject.contents.pair_count = 2;
  return subject;
}

static void subject_free(struct subject *subject) {
  thalnet_batch_free(subject->batch);
  thalnet_optimizer_free(subject->optimizer);
  thalnet_state_free(subject->states[0]);
  thalnet_state_free(subject->states[1]);
  thalnet_center_free(subject->net);
}

static struct model save(struct subject *subject) {
  struct model model = {NULL, 0};
  size_t size = 0;
  subject->contents.states = subject->states;
  EXPECT_OK(thalnet_checkpoint_save_memory(&subject->contents, NULL, 0, &model.size));
  model.bytes = malloc(model.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(&subject->contents, model.bytes, model.size, &size));
  return model;
}

static thalnet_status load(struct subject *subject, const struct model *model) {
  thalnet_checkpoint *checkpoint = NULL;
  subject->contents.states = subject->states;
  const thalnet_status status =
      thalnet_checkpoint_load_memory(model->bytes, model->size, &subject->contents, &checkpoint);
  ck_assert_int_eq(checkpoint != NULL, status == THALNET_OK);
  ck_assert(status == THALNET_OK || support_text_is_good(thalnet_error_text()));
  thalnet_checkpoint_free(checkpoint);
  return status;
}

static void expect_same(const struct model *one, struct subject *subject, const char *what) {
  struct model now = save(subject);
  ck_assert_msg(one->size == now.size && memcmp(one->bytes, now.bytes, now.size) == 0, "%s", what);
  model_free(&now);
}

/* The file of one training, and another training that would take it. */
static void pair_with(const thalnet_center_options *center, struct subject *target, struct model *file,
                      struct model *before) {
  struct subject saved = subject_of(support_net(SUPPORT_SMALL, center), THALNET_ADAM, 0.5);
  steps(&saved, 4, 1);
  *file = save(&saved);
  subject_free(&saved);
  *target = subject_of(support_net(SUPPORT_SMALL, center), THALNET_ADAM, 0.5);
  steps(target, 2, 77);
  *before = save(target);
}

static void pair_of(struct subject *target, struct model *file, struct model *before) {
  pair_with(NULL, target, file, before);
}

static void end_pair(struct subject *target, struct model *file, struct model *before) {
  subject_free(target);
  model_free(file);
  model_free(before);
}

/* --- every network ------------------------------------------------------------------------------------------------ */

/* The draws of a random network begin at `state`: the same state makes the same network. */
static void round_trip(unsigned long long state, int32_t kind, double average) {
  unsigned long long again = state;
  struct subject one = subject_of(state ? zoo_random(&state) : zoo_all(), kind, average);
  struct subject two = subject_of(again ? zoo_random(&again) : zoo_all(), kind, average);
  thalnet_center *network = NULL;
  steps(&one, 5, 3);
  steps(&two, 2, 9);
  if (average > 0 && state % 2) {
    EXPECT_OK(thalnet_optimizer_swap_averages(one.optimizer, one.net));
  }
  struct model file = save(&one), model = model_of(one.net);
  EXPECT_OK(load(&two, &file));
  expect_same(&file, &two, "a round trip");
  zoo_same(one.net, two.net);
  EXPECT_OK(thalnet_center_load_memory(file.bytes, file.size, NULL, &network));
  zoo_same(one.net, network);
  struct model plain = model_of(network);
  ck_assert_uint_eq(plain.size, model.size);
  ck_assert_mem_eq(plain.bytes, model.bytes, plain.size);
  thalnet_center_free(network);
  model_free(&plain);
  model_free(&model);
  model_free(&file);
  subject_free(&one);
  subject_free(&two);
}

START_TEST(every_network_round_trips) {
  unsigned long long state = 12;
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    round_trip(0, kind, 0);
    round_trip(0, kind, 0.75);
  }
  for (int i = 0; i < 60; i++) {
    const unsigned long long here = state + 1;
    round_trip(here, i % 4, i % 3 ? 0.9 : 0);
    io_draw(&state, 2);
  }
}
END_TEST

/* --- broken bytes ------------------------------------------------------------------------------------------------- */

START_TEST(truncations_and_flipped_bits) {
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  for (size_t size = 0; size < file.size; size += size < 3000 ? 1 : 7) {
    struct model part = {malloc(size ? size : 1), size};
    memcpy(part.bytes, file.bytes, size);
    ck_assert_int_eq(load(&target, &part), THALNET_ERROR_TRUNCATED);
    model_free(&part);
  }
  for (size_t at = 0; at < file.size; at++) {
    const unsigned char bit = (unsigned char)(1 << at % 8);
    file.bytes[at] ^= bit;
    ck_assert_msg(load(&target, &file) != THALNET_OK, "bit %d of byte %zu", (int)bit, at);
    file.bytes[at] ^= bit;
  }
  expect_same(&before, &target, "broken files changed something");
  EXPECT_OK(load(&target, &file));
  expect_same(&file, &target, "the whole file");
  end_pair(&target, &file, &before);
}
END_TEST

#define FORMAT THALNET_ERROR_FORMAT
#define MISMATCH THALNET_ERROR_MISMATCH
/* Sealed files that say something wrong about the training. */
START_TEST(metadata_is_checked) {
  static const struct {
    const char *from, *to;
    thalnet_status status;
  } list[] = {
      {"checkpoint\":\"1\"", "checkpoint\":\"2\"", FORMAT},
      {"checkpoint\":\"1\"", "checkpoint\":\"\"", FORMAT},
      {"\"thalnet.checkpoint\":\"1\",", "", FORMAT},
      {"\"thalnet.format\":\"1\"", "\"thalnet.format\":\"2\"", FORMAT},
      {"checkpoint.states\":\"3 2\"", "checkpoint.states\":\"3\"", MISMATCH},
      {"checkpoint.states\":\"3 2\"", "checkpoint.states\":\"2 3\"", MISMATCH},
      {"checkpoint.states\":\"3 2\"", "checkpoint.states\":\"\"", MISMATCH},
      {"checkpoint.states\":", "checkpoint.stated\":", MISMATCH},
      {"checkpoint.states\":\"3 2\"", "checkpoint.states\":\"0123456789abcdef\"", MISMATCH},
      {"checkpoint.optimizer\":\"adam\"", "checkpoint.optimizer\":\"adamw\"", MISMATCH},
      {"checkpoint.optimizer\":\"adam\"", "checkpoint.optimizer\":\"Adam\\u0007\"", MISMATCH},
      {"checkpoint.beta1\":\"3", "checkpoint.beta1\":\"4", MISMATCH},
      {"checkpoint.beta1\":\"3", "checkpoint.beta1\":\"", MISMATCH},
      {"checkpoint.average\":\"3fe", "checkpoint.average\":\"7ff", MISMATCH},
      {"checkpoint.average\":\"3fe", "checkpoint.average\":\"xxx", MISMATCH},
      {"checkpoint.average\":", "checkpoint.averages\":", MISMATCH},
      {"\"thalnet.checkpoint.steps\"", "\"thalnet.checkpoint.more\":\"1\",\"thalnet.checkpoint.steps\"", MISMATCH},
      {"\"thalnet.checkpoint.steps\"", "\"thalnet.checkpoint.\":\"1\",\"thalnet.checkpoint.steps\"", MISMATCH},
      {"\"thalnet.checkpoint.steps\"", "\"thalnet.checkpointed\":\"1\",\"thalnet.checkpoint.steps\"", MISMATCH},
      {"\"thalnet.checkpoint.steps\"", "\"thalnet.later\":\"1\",\"thalnet.checkpoint.steps\"", MISMATCH},
      {"\"thalnet.checkpoint.steps\"", "\"other.notes\":\"1\",\"thalnet.checkpoint.steps\"", THALNET_OK},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"3\"", FORMAT}, /* a tensor has four updates */
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"5\"", THALNET_OK},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"18446744073709551600\"", THALNET_OK},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"18446744073709551616\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"18446744073709551620\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"04\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"-4\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"4 4\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"4:4\"", FORMAT},
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"\"", FORMAT},
      {"\"thalnet.checkpoint.steps\":\"4\",", "", FORMAT},
      {"checkpoint.updates\":\"modules.0.", "checkpoint.updates\":\"modules.1.", FORMAT},
      {"checkpoint.updates\":\"", "checkpoint.updates\":\" ", FORMAT},
      {"checkpoint.updates\":\"", "checkpoint.updates\":\"outputs.0.bias:1 ", FORMAT},
      {"weight_ih:4 ", "weight_ih:5 ", FORMAT},
      {"weight_ih:4 ", "weight_ih:3 ", THALNET_OK},
      {"weight_ih:4 ", "weight_ih:0 ", THALNET_OK},
      {"weight_ih:4 ", "weight_ih ", FORMAT},
      {"weight_ih:4 ", "weight_ih:4:4 ", FORMAT},
      {"weight_ih:4 ", "weight_ih:99999999999999999999 ", FORMAT},
      {"weight_ih:4 ", "weight_ih:4  ", FORMAT},
      {"weight_ih:4 ", "", FORMAT},
      {"\",\"thalnet.checkpoint.gradient_norm\":\"", " x:1\",\"thalnet.checkpoint.gradient_norm\":\"", FORMAT},
      {"\",\"thalnet.checkpoint.gradient_norm\":\"", " \",\"thalnet.checkpoint.gradient_norm\":\"", FORMAT},
      {"gradient_norm\":\"4", "gradient_norm\":\"c", FORMAT}, /* negative */
      {"gradient_norm\":\"4", "gradient_norm\":\"g", FORMAT},
      {"gradient_norm\":\"4", "gradient_norm\":\"", FORMAT},
      {"checkpoint.gradient_norm\":", "checkpoint.gradient_nor\":", MISMATCH},
      {"checkpoint.swapped\":\"0\"", "checkpoint.swapped\":\"1\"", THALNET_OK},
      {"checkpoint.swapped\":\"0\"", "checkpoint.swapped\":\"2\"", FORMAT},
      {"checkpoint.swapped\":\"0\"", "checkpoint.swapped\":\"\"", FORMAT},
      {"checkpoint.swapped\":\"0\",", "checkpoint.swapped\":\"0\",\"thalnet.checkpoint.swapped\":\"0\",", FORMAT},
      {"checkpoint.build\":\"", "checkpoint.build\":\"\\u00fc", THALNET_OK},
      {"checkpoint.build\":", "checkpoint.built\":", MISMATCH},
      {"\"thalnet.checkpoint.build\":", "\"note.build\":", FORMAT},
      {"\"thalnet.checkpoint.updates\":", "\"note.updates\":", FORMAT},
      {"\"thalnet.checkpoint.gradient_norm\":", "\"note.gradient_norm\":", FORMAT},
      {"\"thalnet.checkpoint.swapped\":", "\"note.swapped\":", FORMAT},
      {"gradient_norm\":\"", "gradient_norm\":\"0000000000000000", FORMAT},
      {"\"thalnet.checksum\":", "\"note.checksum\":", FORMAT},
      {"\"host.epoch\":\"3\"", "\"host.\":\"3\"", FORMAT},
      {"\"host.epoch\":\"3\"", "\"host.Epoch\":\"3\"", FORMAT},
      {"\"host.epoch\":\"3\"", "\"host.note\":\"3\"", FORMAT}, /* twice */
      {"\"host.epoch\":\"3\"", "\"host.later\":\"\\u00e9\\n\"", THALNET_OK},
      {"\"checkpoint.first.modules.0.", "\"checkpoint.firsts.modules.0.", FORMAT},
      {"\"checkpoint.first.modules.0.", "\"checkpoint.second.modules.0.", FORMAT},
      {"\"checkpoint.states.0\"", "\"checkpoint.states.2\"", FORMAT},
      {"\"checkpoint.states.0\"", "\"checkpoint.states.00\"", FORMAT},
      {"\"outputs.0.bias\":{", "\"checkpoint.bias\":{", FORMAT},
  };
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct model edited = model_edit(&file, list[i].from, list[i].to);
    const thalnet_status status = load(&target, &edited);
    ck_assert_msg(status == list[i].status, "%s -> %s: %s (%s)", list[i].from, list[i].to, thalnet_status_name(status),
                  thalnet_error_text());
    if (status == THALNET_OK) {
      EXPECT_OK(load(&target, &before));
    }
    expect_same(&before, &target, list[i].to);
    model_free(&edited);
  }
  end_pair(&target, &file, &before);
}
END_TEST

/* A norm that is no number, and averages where there are none. */
START_TEST(numbers_that_do_not_go_together) {
  static const char *const norms[] = {"7ff0000000000000", "7ff8000000000000", "fff0000000000000", "bff0000000000000"};
  static const char key[] = "gradient_norm\":\"";
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  char *at = model_find(&file, key) + strlen(key);
  for (size_t i = 0; i < sizeof norms / sizeof norms[0]; i++) {
    memcpy(at, norms[i], 16);
    model_seal(&file);
    ck_assert_int_eq(load(&target, &file), THALNET_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "gradient_norm"));
  }
  memcpy(at, "0000000000000000", 16);
  model_seal(&file);
  EXPECT_OK(load(&target, &file));
  end_pair(&target, &file, &before);
  struct subject plain = subject_of(support_net(SUPPORT_SMALL, NULL), THALNET_ADAM, 0);
  struct model own = save(&plain), swapped = model_edit(&own, "swapped\":\"0\"", "swapped\":\"1\"");
  ck_assert_int_eq(load(&plain, &swapped), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "without averages"));
  struct model unsaid = model_edit(&own, "checkpoint.steps\":\"0\"", "checkpoint.steps\":\"none\"");
  ck_assert_int_eq(load(&plain, &unsaid),
                   THALNET_ERROR_FORMAT); /* although no tensor was updated more often than that */
  model_free(&unsaid);
  expect_same(&own, &plain, "averages that are not there");
  model_free(&own);
  model_free(&swapped);
  subject_free(&plain);
}
END_TEST

/* A tensor less, or one whose shape is another. */
START_TEST(tensors_are_needed) {
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  struct model shorter = model_shorter(&file),
               turned = model_edit(&file, "\"checkpoint.states.0\":{\"dtype\":\"F32\",\"shape\":[3,",
                                   "\"checkpoint.states.0\":{\"dtype\":\"F32\",\"shape\":[1,3,");
  ck_assert_int_eq(load(&target, &shorter), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "checkpoint.states.1 is missing"));
  ck_assert_int_eq(load(&target, &turned), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "checkpoint.states.0: shape [1, 3, "));
  expect_same(&before, &target, "a file with other tensors");
  model_free(&shorter);
  model_free(&turned);
  end_pair(&target, &file, &before);
}
END_TEST

/* Which rows have begun must be told where there is a learned start. */
START_TEST(starts_are_needed) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  center.learned_start = 1;
  struct subject target = subject_of(support_net(SUPPORT_SMALL, &center), THALNET_SGD, 0);
  struct model own = save(&target), edited = model_edit(&own, "\"thalnet.checkpoint.begun\"", "\"note.begun\"");
  ck_assert_int_eq(load(&target, &edited), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "begun' is missing"));
  EXPECT_OK(load(&target, &own));
  model_free(&own);
  model_free(&edited);
  subject_free(&target);
}
END_TEST

/* While averages are in, tensors that were never updated have none: what waits in their place is nothing yet. */
START_TEST(averages_of_nothing) {
  struct subject one = subject_of(support_net(SUPPORT_SMALL, NULL), THALNET_ADAM, 0.5);
  struct subject two = subject_of(support_net(SUPPORT_SMALL, NULL), THALNET_ADAM, 0.5);
  for (int i = 0; i < 2; i++) {
    give_gradients(&one, 5, 2); /* every other tensor */
    EXPECT_OK(thalnet_step(one.optimizer, one.net));
  }
  EXPECT_OK(thalnet_optimizer_swap_averages(one.optimizer, one.net));
  struct model file = save(&one);
  EXPECT_OK(load(&two, &file));
  expect_same(&file, &two, "averages");
  model_free(&file);
  subject_free(&one);
  subject_free(&two);
}
END_TEST

/* Averages of another optimizer are in: a checkpoint without it would take them for weights. */
START_TEST(averages_of_another) {
  struct subject target;
  struct model file, before;
  thalnet_optimizer *own = NULL;
  size_t size = 0;
  pair_of(&target, &file, &before);
  EXPECT_OK(thalnet_optimizer_swap_averages(target.optimizer, target.net));
  own = target.contents.optimizer;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.momentum = 0.5;
  options.average = 0.5;
  for (int none = 0; none < 2; none++) {
    thalnet_optimizer *other = NULL;
    if (!none) {
      EXPECT_OK(thalnet_optimizer_create(target.net, THALNET_ADAM, &options, &other));
    }
    target.contents.optimizer = other;
    target.contents.states = target.states;
    EXPECT(thalnet_checkpoint_save_memory(&target.contents, NULL, 0, &size), THALNET_ERROR_STATE);
    ck_assert_int_eq(load(&target, &file), THALNET_ERROR_STATE);
    thalnet_optimizer_free(other);
  }
  target.contents.optimizer = own;
  EXPECT_OK(thalnet_optimizer_swap_averages(target.optimizer, target.net));
  expect_same(&before, &target, "averages of another");
  end_pair(&target, &file, &before);
}
END_TEST

/* What a file calls a checkpoint's is read over by who wants the network; the rest of it is as strict as ever. */
START_TEST(the_network_alone) {
  static const struct {
    const char *from, *to;
    thalnet_status status;
  } list[] = {
      {"checkpoint.steps\":\"4\"", "checkpoint.steps\":\"x\"", THALNET_OK},
      {"checkpoint.optimizer\":\"adam\"", "checkpoint.optimizer\":\"\"", THALNET_OK},
      {"\"checkpoint.first.modules.0.", "\"checkpoint.other.modules.0.", THALNET_OK},
      {"\"checkpoint.first.modules.0.", "\"checkpoints.modules.0.", FORMAT},
      {"\"thalnet.checkpoint\":\"1\",", "", FORMAT},
      {"\"thalnet.checkpoint\":\"1\"", "\"thalnet.later\":\"1\"", FORMAT},
      {"\"outputs.0.bias\":{", "\"checkpoint.bias\":{", FORMAT},
  };
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct model edited = model_edit(&file, list[i].from, list[i].to);
    model_loads_as(&edited, list[i].status, list[i].status, list[i].to);
    model_free(&edited);
  }
  for (size_t at = 0; at < file.size; at += 3) {
    file.bytes[at] ^= 4;
    thalnet_center *net = NULL;
    ck_assert_int_ne(thalnet_center_load_memory(file.bytes, file.size, NULL, &net), THALNET_OK);
    ck_assert_ptr_null(net);
    file.bytes[at] ^= 4;
  }
  end_pair(&target, &file, &before);
}
END_TEST

/* Whatever several random changes make of a sealed file: it is restored or it is not. */
START_TEST(sealed_noise) {
  unsigned long long state = 4;
  struct subject target;
  struct model file, before;
  int good = 0;
  pair_of(&target, &file, &before);
  const size_t header = model_header(&file);
  for (int i = 0; i < 1500; i++) {
    struct model noisy = {malloc(file.size), file.size};
    memcpy(noisy.bytes, file.bytes, file.size);
    for (unsigned changes = 1 + io_draw(&state, 3); changes > 0; changes--) {
      noisy.bytes[8 + io_draw(&state, (unsigned)header)] =
          (unsigned char)"0123456789:. ,\"{}[]abw_"[io_draw(&state, 23)];
    }
    model_seal(&noisy);
    if (load(&target, &noisy) == THALNET_OK) {
      good++;
      EXPECT_OK(load(&target, &before));
    }
    model_free(&noisy);
  }
  expect_same(&before, &target, "noise changed something");
  ck_assert_int_gt(good, 3);
  end_pair(&target, &file, &before);
}
END_TEST

/* Numbers that no training has. */
START_TEST(numbers_are_checked) {
  static const unsigned char nan[] = {0, 0, 0xc0, 0x7f}, infinity[] = {0, 0, 0x80, 0xff}, minus[] = {0, 0, 0x80, 0xbf};
  static const struct {
    const char *tensor;
    const unsigned char *bytes;
    thalnet_status status;
  } list[] = {{"outputs.0.bias", nan, THALNET_ERROR_NONFINITE},
              {"checkpoint.first.outputs.0.bias", infinity, THALNET_ERROR_NONFINITE},
              {"checkpoint.first.outputs.0.bias", minus, THALNET_OK},
              {"checkpoint.second.outputs.0.bias", nan, THALNET_ERROR_NONFINITE},
              {"checkpoint.second.outputs.0.bias", minus, THALNET_ERROR_NONFINITE},
              {"checkpoint.average.outputs.0.bias", infinity, THALNET_ERROR_NONFINITE},
              {"checkpoint.average.outputs.0.bias", minus, THALNET_OK},
              {"checkpoint.states.1", nan, THALNET_ERROR_NONFINITE}};
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    unsigned char kept[4], *at = model_tensor(&file, list[i].tensor);
    memcpy(kept, at, 4);
    memcpy(at, list[i].bytes, 4);
    model_seal(&file);
    ck_assert_msg(load(&target, &file) == list[i].status, "%s: %s", list[i].tensor, thalnet_error_text());
    ck_assert(list[i].status == THALNET_OK || strstr(thalnet_error_text(), "outputs.0.bias") != NULL ||
              strstr(thalnet_error_text(), "states") != NULL);
    EXPECT_OK(load(&target, &before));
    memcpy(at, kept, 4);
  }
  /* a weight-norm matrix without a norm: as weights, and as weights that wait while averages are in */
  static const char *const zeros[] = {"modules.0.reader.weight", "checkpoint.average.modules.0.reader.weight"};
  for (int i = 0; i < 3; i++) {
    struct model edited = i < 2 ? model_edit(&file, "swapped\":\"0\"", "swapped\":\"0\"")
                                : model_edit(&file, "swapped\":\"0\"", "swapped\":\"1\"");
    const char *name = zeros[i > 0];
    size_t shape[3] = {0};
    ck_assert_int_eq(thalnet_center_tensor_shape(target.net, zeros[0], shape), 2);
    memset(model_tensor(&edited, name), 0, shape[0] * shape[1] * 4);
    model_seal(&edited);
    ck_assert_int_eq(load(&target, &edited), i == 1 ? THALNET_OK : THALNET_ERROR_NONFINITE);
    if (i == 1) { /* an average may be anything; it just does not go in */
      EXPECT(thalnet_optimizer_swap_averages(target.optimizer, target.net), THALNET_ERROR_NONFINITE);
      EXPECT_OK(load(&target, &before));
    }
    model_free(&edited);
  }
  expect_same(&before, &target, "refused numbers changed something");
  end_pair(&target, &file, &before);
}
END_TEST

/* What could not be restored is not saved over what can. */
static void is_not_saved(struct subject *subject, const struct model *good, const char *culprit) {
  struct support_io io = {0};
  thalnet_io hooks = support_io_hooks(&io);
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  size_t size = 0;
  options.io = &hooks;
  subject->contents.states = subject->states;
  support_io_put(&io, "c", good->bytes, good->size);
  EXPECT(thalnet_checkpoint_save("c", &subject->contents, &options), THALNET_ERROR_NONFINITE);
  ck_assert_msg(strstr(thalnet_error_text(), culprit) != NULL, "%s: %s", culprit, thalnet_error_text());
  const struct support_file *file = support_io_find(&io, "c");
  ck_assert(file->size == good->size && memcmp(file->bytes, good->bytes, good->size) == 0);
  ck_assert_int_eq(io.calls, 0);
  EXPECT(thalnet_checkpoint_save_memory(&subject->contents, NULL, 0, &size), THALNET_ERROR_NONFINITE);
  ck_assert_uint_eq(size, 0);
  support_io_clear(&io);
}

/* Live frames that nobody checks, and weights that were loaded as they are, are how such numbers come about. */
START_TEST(what_is_not_finite_is_not_saved) {
  static const unsigned char nan[] = {0, 0, 0xc0, 0x7f};
  struct subject target;
  struct model file, before;
  pair_of(&target, &file, &before);
  thalnet_state_options unchecked = THALNET_STATE_OPTIONS_INIT;
  thalnet_load_options as_they_are = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  const float frames[2 * 3] = {0, 0, 0, 0, NAN, 0};
  float answers[2 * 4];
  unchecked.check_inputs = 0;
  thalnet_state_free(target.states[1]);
  EXPECT_OK(thalnet_state_create(target.net, 2, &unchecked, &target.states[1]));
  EXPECT_OK(thalnet_state_step(target.net, target.states[1], frames, 2 * 3, answers, 2 * 4));
  is_not_saved(&target, &before, "states.1");
  EXPECT_OK(thalnet_state_reset(target.states[1], NULL, 0));
  model_free(&before);
  before = save(&target);
  memcpy(model_tensor(&file, "outputs.0.bias"), nan, sizeof nan);
  model_seal(&file);
  as_they_are.allow_nonfinite = 1;
  EXPECT_OK(thalnet_center_load_memory(file.bytes, file.size, &as_they_are, &net));
  struct subject loaded = subject_of(net, THALNET_SGD, 0);
  is_not_saved(&loaded, &before, "outputs.0.bias");
  subject_free(&loaded);
  end_pair(&target, &file, &before);
}
END_TEST

/* A norm that is not finite comes of the policy that lets such gradients pass. Weights can be repaired afterwards, it cannot. */
START_TEST(a_norm_that_is_not_finite_is_not_saved) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  const float spoilt[4] = {0, INFINITY, 0, 0};
  struct subject target = subject_of(support_net(SUPPORT_SMALL, NULL), THALNET_SGD, 0);
  options.nonfinite = THALNET_NONFINITE_PROPAGATE;
  options.momentum = 0;
  thalnet_optimizer_free(target.optimizer);
  EXPECT_OK(thalnet_optimizer_create(target.net, THALNET_SGD, &options, &target.optimizer));
  target.contents.optimizer = target.optimizer;
  struct model before = save(&target);
  float *parameters = support_parameters(target.net);
  EXPECT_OK(thalnet_center_write_gradient(target.net, "outputs.0.bias", spoilt, 4));
  EXPECT_OK(thalnet_step(target.optimizer, target.net));
  EXPECT_OK(thalnet_center_write(target.net, NULL, parameters, thalnet_center_parameter_count(target.net)));
  is_not_saved(&target, &before, "the norm of the last gradient");
  free(parameters);
  model_free(&before);
  subject_free(&target);
}
END_TEST

/* --- memory that fails; test_faults.c has files ------------------------------------------------------------------- */

START_TEST(every_allocation_fails) {
  struct support_memory memory = {.calls = 0};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  struct subject target;
  struct model file, before;
  center.memory = &hooks;
  center.learned_start = 1;
  pair_with(&center, &target, &file, &before);
  for (int saving = 0; saving < 2; saving++) {
    thalnet_status status = THALNET_ERROR_MEMORY;
    const long live = atomic_load(&memory.live);
    for (long fail_at = 1; status != THALNET_OK; fail_at++) {
      size_t size = before.size;
      unsigned char *room = malloc(size);
      target.contents.states = target.states;
      memory.fail_at = atomic_load(&memory.calls) + fail_at;
      status = saving ? thalnet_checkpoint_save_memory(&target.contents, room, size, &size) : load(&target, &file);
      memory.fail_at = 0;
      ck_assert(status == THALNET_OK || status == THALNET_ERROR_MEMORY);
      ck_assert_int_eq(atomic_load(&memory.live), live);
      free(room);
      if (status != THALNET_OK) {
        expect_same(&before, &target, "missing memory changed something");
      } else if (!saving) {
        ck_assert_int_gt(fail_at, 8);
        EXPECT_OK(load(&target, &before));
      }
    }
  }
  ck_assert_int_eq(atomic_load(&memory.wrong), 0);
  end_pair(&target, &file, &before);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* Headers that promise more than fits are refused before memory is asked for them. */
START_TEST(memory_is_bounded) {
  struct support_memory memory = {.calls = 0};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  struct subject other;
  struct model file, before;
  pair_of(&other, &file, &before);
  center.memory = &hooks;
  struct subject target = subject_of(support_net(SUPPORT_SMALL, &center), THALNET_ADAM, 0.5);
  static const char *const edits[][2] = {{"\"shape\":[3,", "\"shape\":[300000000,"},
                                         {"checkpoint.states\":\"3 2\"", "checkpoint.states\":\"99999999999 2\""},
                                         {"\"checkpoint.states.0\"", "\"checkpoint.states.99999999999\""}};
  memory.largest = 16 * model_header(&file);
  for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
    struct model edited = model_edit(&file, edits[i][0], edits[i][1]);
    ck_assert_int_ne(load(&target, &edited), THALNET_OK);
    ck_assert_int_eq(atomic_load(&memory.failures), 0);
    model_free(&edited);
  }
  memory.largest = 0;
  subject_free(&target);
  end_pair(&other, &file, &before);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {metadata_is_checked,
                                numbers_that_do_not_go_together,
                                tensors_are_needed,
                                starts_are_needed,
                                averages_of_nothing,
                                averages_of_another,
                                the_network_alone,
                                numbers_are_checked,
                                what_is_not_finite_is_not_saved,
                                a_norm_that_is_not_finite_is_not_saved,
                                memory_is_bounded,
                                every_allocation_fails,
                                sealed_noise,
                                truncations_and_flipped_bits,
                                every_network_round_trips};
  return IO_RUN("checkpoint_file", tests);
}
