/* SPDX-License-Identifier: MIT */
/* checkpoint.h: a training that stops and goes on is the training that never stopped, bit for bit; what does not fit is refused
 * and named, and nothing has changed then. */
#include "trainings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"

struct run {
  const struct training *training;
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_state *states[2];
  thalnet_optimizer *optimizer;
};

static struct run start(const struct training *training, int32_t threads, int32_t kind,
                        const thalnet_optimizer_options *options) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  struct run run = {.training = training};
  center.threads = threads;
  run.net = training_net(training, &center);
  run.batch = training_batch(training, run.net);
  run.states[0] = support_state(run.net, training->sequences);
  run.states[1] = support_state(run.net, 3);
  EXPECT_OK(thalnet_optimizer_create(run.net, kind, options, &run.optimizer));
  return run;
}

static void stop(struct run *run) {
  thalnet_optimizer_free(run->optimizer);
  thalnet_state_free(run->states[0]);
  thalnet_state_free(run->states[1]);
  thalnet_batch_free(run->batch);
  thalnet_center_free(run->net);
}

static void train(const struct run *run, int from, int to) {
  for (int step = from; step < to; step++) {
    training_fill(run->training, run->net, run->batch, (uint64_t)step);
    EXPECT_OK(thalnet_forward_backward(run->net, run->batch, run->states[0]));
    EXPECT_OK(thalnet_step(run->optimizer, run->net));
  }
}

static thalnet_checkpoint_contents contents_of(const struct run *run) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = run->net;
  contents.optimizer = run->optimizer;
  contents.states = run->states;
  contents.state_count = 2;
  return contents;
}

static struct model save(const thalnet_checkpoint_contents *contents) {
  struct model model = {NULL, 0};
  size_t size = 0;
  EXPECT_OK(thalnet_checkpoint_save_memory(contents, NULL, 0, &model.size));
  model.bytes = malloc(model.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(contents, model.bytes, model.size, &size));
  ck_assert_uint_eq(size, model.size);
  return model;
}

static struct model save_run(const struct run *run) {
  const thalnet_checkpoint_contents contents = contents_of(run);
  return save(&contents);
}

static void same_files(const struct model *one, const struct model *other, const char *what) {
  ck_assert_msg(one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0, "%s", what);
}

/* --- going on ----------------------------------------------------------------------------------------------------- */

enum { STEPS = 5 };

static thalnet_optimizer_options adam_like(void) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.rate = 0.004;
  options.momentum = 0.7;
  options.weight_decay = 0.01;
  options.average = 0.8;
  options.schedule = THALNET_SCHEDULE_COSINE;
  options.warmup_steps = 2;
  options.total_steps = STEPS;
  return options;
}

/* Stops after `cut` steps and goes on in objects that have been used for something else, with other numbers of threads. */
static void resume(const struct training *training, int32_t kind, const struct model *whole, int cut,
                   const int32_t threads[2]) {
  const thalnet_optimizer_options options = adam_like();
  struct run first = start(training, threads[0], kind, &options);
  float row[2000];
  train(&first, 0, cut);
  support_randoms(row, thalnet_state_values(first.states[1]), 7);
  EXPECT_OK(thalnet_state_write(first.states[1], 2, row, thalnet_state_values(first.states[1])));
  struct model middle = save_run(&first);
  stop(&first);
  struct run second = start(training, threads[1], kind, &options);
  train(&second, 50, 52);
  const thalnet_checkpoint_contents contents = contents_of(&second);
  EXPECT_OK(thalnet_checkpoint_load_memory(middle.bytes, middle.size, &contents, NULL));
  struct model again = save_run(&second);
  same_files(&middle, &again, "a restored training is another one");
  train(&second, cut, STEPS);
  struct model end = save_run(&second);
  char what[200];
  snprintf(what, sizeof what, "%s, optimizer %d: %d steps, then %d by %d and %d threads", training->name, (int)kind,
           cut, STEPS - cut, (int)threads[0], (int)threads[1]);
  same_files(whole, &end, what);
  stop(&second);
  model_free(&middle);
  model_free(&again);
  model_free(&end);
}

static void goes_on(const struct training *training, int32_t kind, int every) {
  static const int32_t threads[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}};
  const thalnet_optimizer_options options = adam_like();
  struct run whole = start(training, 1, kind, &options);
  float row[2000];
  train(&whole, 0, STEPS);
  support_randoms(row, thalnet_state_values(whole.states[1]), 7);
  EXPECT_OK(thalnet_state_write(whole.states[1], 2, row, thalnet_state_values(whole.states[1])));
  struct model end = save_run(&whole);
  for (int cut = every - 1; cut <= STEPS; cut += every) {
    resume(training, kind, &end, cut, threads[cut % 4]);
  }
  stop(&whole);
  model_free(&end);
}

/* Stopped after every step, by each optimizer where everything is on, and by one or another of them in the others. */
START_TEST(small_trainings_go_on) {
  for (int i = 0; i < SMALL_TRAININGS; i++) {
    const int everything = trainings[i].norm && trainings[i].learned_start && trainings[i].drops;
    for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
      if (everything || kind == (i + 2) % 4) {
        goes_on(&trainings[i], kind, 1);
      }
    }
  }
}
END_TEST

START_TEST(large_trainings_go_on) {
  for (int i = SMALL_TRAININGS; i < TRAININGS; i++) {
    goes_on(&trainings[i], i % 2 ? THALNET_ADAM : THALNET_RMSPROP, 2 + i % 2);
  }
}
END_TEST

/* Stopped while the averages are in: the file is a model of the averages, and their training goes on all the same. */
START_TEST(averages_may_be_in) {
  const thalnet_optimizer_options options = adam_like();
  struct run one = start(&trainings[0], 1, THALNET_ADAM, &options);
  struct run two = start(&trainings[0], 1, THALNET_ADAM, &options);
  thalnet_center *model = NULL;
  train(&one, 0, 3);
  EXPECT_OK(thalnet_optimizer_swap_averages(one.optimizer, one.net));
  struct model file = save_run(&one);
  EXPECT_OK(thalnet_center_load_memory(file.bytes, file.size, NULL, &model));
  float *averages = support_parameters(one.net), *loaded = support_parameters(model);
  ck_assert(support_same(averages, loaded, thalnet_center_parameter_count(model)));
  const thalnet_checkpoint_contents contents = contents_of(&two);
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(two.optimizer), 1);
  training_fill(two.training, two.net, two.batch, 3);
  EXPECT_OK(thalnet_forward_backward(two.net, two.batch, NULL));
  EXPECT(thalnet_step(two.optimizer, two.net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_clear_gradients(two.net));
  EXPECT_OK(thalnet_optimizer_swap_averages(one.optimizer, one.net));
  EXPECT_OK(thalnet_optimizer_swap_averages(two.optimizer, two.net));
  struct model a = save_run(&one), b = save_run(&two);
  same_files(&a, &b, "weights that waited");
  EXPECT_OK(thalnet_checkpoint_load_memory(a.bytes, a.size, &contents, NULL)); /* and out again by loading */
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(two.optimizer), 0);
  train(&one, 3, STEPS);
  train(&two, 3, STEPS);
  model_free(&a);
  model_free(&b);
  a = save_run(&one);
  b = save_run(&two);
  same_files(&a, &b, "going on after averages");
  free(averages);
  free(loaded);
  thalnet_center_free(model);
  model_free(&a);
  model_free(&b);
  model_free(&file);
  stop(&one);
  stop(&two);
}
END_TEST

/* Back in the same objects, from a gradient and a forward call that wait: both are of other weights. */
START_TEST(going_back) {
  const thalnet_optimizer_options options = adam_like();
  struct run run = start(&trainings[0], 1, THALNET_ADAMW, &options);
  const thalnet_checkpoint_contents contents = contents_of(&run);
  struct model ends[2];
  train(&run, 0, 2);
  struct model file = save_run(&run);
  for (int i = 0; i < 2; i++) {
    train(&run, 2, 4);
    ends[i] = save_run(&run);
    training_fill(run.training, run.net, run.batch, 9);
    EXPECT_OK(thalnet_forward_backward(run.net, run.batch, NULL));
    EXPECT(thalnet_checkpoint_save("never", &contents, NULL), THALNET_ERROR_STATE);
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "gradient"));
    EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
    EXPECT(thalnet_step(run.optimizer, run.net), THALNET_ERROR_STATE);
    ck_assert_uint_eq(thalnet_optimizer_steps(run.optimizer), 2);
  }
  same_files(&ends[0], &ends[1], "the same way twice");
  EXPECT_OK(thalnet_forward(run.net, run.batch, NULL));
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  EXPECT(thalnet_backward(run.net, run.batch), THALNET_ERROR_STATE);
  model_free(&ends[0]);
  model_free(&ends[1]);
  model_free(&file);
  stop(&run);
}
END_TEST

/* A live state goes on from its memory alone: a frame that was set before, and outputs of another one, are of what is gone. */
START_TEST(live_states_forget_their_frames) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_state *state = support_state(net, 2);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  float x[2 * 3], y[2 * 4];
  support_randoms(x, 2 * 3, 4);
  contents.net = net;
  contents.states = &state;
  contents.state_count = 1;
  EXPECT_OK(thalnet_state_step(net, state, x, 2 * 3, y, 2 * 4));
  struct model file = save(&contents);
  EXPECT_OK(thalnet_state_advance(net, state, 2)); /* without an input */
  float *wanted = support_rows(state);
  EXPECT_OK(thalnet_state_read_output(state, 0, y, 2 * 4));
  EXPECT_OK(thalnet_state_set_input(state, 0, x, 2 * 3));
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  EXPECT(thalnet_state_read_output(state, 0, y, 2 * 4), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_state_advance(net, state, 2));
  float *found = support_rows(state);
  ck_assert(support_same(wanted, found, 2 * thalnet_state_values(state)));
  /* a load that is refused forgets nothing */
  EXPECT_OK(thalnet_state_set_input(state, 0, x, 3));
  file.bytes[file.size - 1] ^= 1;
  EXPECT(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL), THALNET_ERROR_CHECKSUM);
  EXPECT_OK(thalnet_state_read_output(state, 0, y, 2 * 4));
  EXPECT(thalnet_state_advance(net, state, 2), THALNET_ERROR_SIZE);
  free(wanted);
  free(found);
  model_free(&file);
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* --- what does not fit -------------------------------------------------------------------------------------------- */

/* Refused with both values in the text, and the training is as before. */
static void refuses(const struct run *run, const thalnet_checkpoint_contents *contents, const struct model *file,
                    thalnet_status status, const char *const texts[3]) {
  struct model before = save_run(run);
  thalnet_checkpoint *checkpoint = (thalnet_checkpoint *)(void *)&before;
  EXPECT(thalnet_checkpoint_load_memory(file->bytes, file->size, contents, &checkpoint), status);
  ck_assert_ptr_null(checkpoint);
  for (int i = 0; i < 3 && texts[i] != NULL; i++) {
    ck_assert_msg(strstr(thalnet_error_text(), texts[i]) != NULL, "%s: %s", texts[i], thalnet_error_text());
  }
  struct model after = save_run(run);
  same_files(&before, &after, texts[0]);
  model_free(&before);
  model_free(&after);
}

START_TEST(other_optimizers_are_refused) {
  static const struct {
    int32_t kind;
    double beta1, average;
    const char *texts[3];
  } others[] = {{THALNET_ADAMW, 0.9, 0.8, {"optimizer", "'adamw' in the file", "'adam' here"}},
                {THALNET_SGD, 0.9, 0.8, {"optimizer", "'sgd' in the file", "'adam' here"}},
                {THALNET_ADAM, 0.75, 0.8, {"beta1", "0.75 in the file", "0.90000000000000002 here"}},
                {THALNET_ADAM, 0.9, 0.5, {"average", "0.5 in the file", "0.80000000000000004 here"}},
                {THALNET_ADAM, 0.9, 0, {"average", "0 in the file", "0.80000000000000004 here"}}};
  thalnet_optimizer_options options = adam_like();
  struct run run = start(&trainings[0], 1, THALNET_ADAM, &options);
  thalnet_checkpoint_contents contents = contents_of(&run);
  train(&run, 0, 1);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    options.beta1 = others[i].beta1;
    options.average = others[i].average;
    struct run other = start(&trainings[0], 1, others[i].kind, &options);
    struct model file = save_run(&other);
    refuses(&run, &contents, &file, THALNET_ERROR_MISMATCH, others[i].texts);
    model_free(&file);
    stop(&other);
  }
  /* rate, schedule and the like are the host's */
  options = adam_like();
  options.rate = 0.5;
  options.schedule = THALNET_SCHEDULE_CONSTANT;
  options.clip_norm = 7;
  options.weight_decay = 0.5;
  options.epsilon = 0.125;
  struct run other = start(&trainings[0], 1, THALNET_ADAM, &options);
  struct model file = save_run(&run);
  thalnet_checkpoint_contents theirs = contents_of(&other);
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &theirs, NULL));
  ck_assert_double_eq(thalnet_optimizer_rate(other.optimizer), 0.5);
  /* with an optimizer on one side only */
  theirs.optimizer = NULL;
  struct model without = save(&theirs);
  refuses(&run, &contents, &without, THALNET_ERROR_MISMATCH,
          (const char *const[]){"optimizer", "nothing in the file", "'adam' here"});
  contents.optimizer = NULL;
  refuses(&run, &contents, &file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"optimizer", "'adam' in the file", "nothing here"});
  EXPECT_OK(thalnet_checkpoint_load_memory(without.bytes, without.size, &contents, NULL));
  model_free(&file);
  model_free(&without);
  stop(&other);
  stop(&run);
}
END_TEST

START_TEST(other_networks_and_states_are_refused) {
  const thalnet_optimizer_options options = adam_like();
  struct training wider = trainings[0];
  wider.units = 33;
  struct run run = start(&trainings[0], 1, THALNET_ADAM, &options);
  struct run other = start(&wider, 1, THALNET_ADAM, &options);
  thalnet_checkpoint_contents contents = contents_of(&run), fewer = contents;
  struct model file = save_run(&other), model = model_of(run.net);
  refuses(&run, &contents, &file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"thalnet.module.0.layers", "gru:33' in the file", "gru:32' here"});
  refuses(&run, &contents, &model, THALNET_ERROR_FORMAT,
          (const char *const[]){"a model file, but no checkpoint", NULL, NULL});
  struct model other_file = model_edit(&model, "\"thalnet.format\"", "\"format\"");
  refuses(&run, &contents, &other_file, THALNET_ERROR_FORMAT,
          (const char *const[]){"a safetensors file, but no checkpoint", NULL, NULL});
  model_free(&other_file);
  model_free(&file);
  struct training ordered = trainings[0];
  ordered.in_order = 1;
  struct run in_order = start(&ordered, 1, THALNET_ADAM, &options);
  const thalnet_checkpoint_contents theirs = contents_of(&in_order);
  struct model its_file = save_run(&in_order);
  file = save_run(&run);
  refuses(&run, &contents, &its_file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"thalnet.in_order", "'1' in the file", "nothing here"});
  refuses(&in_order, &theirs, &file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"thalnet.in_order", "nothing in the file", "'1' here"});
  stop(&in_order);
  model_free(&its_file);
  model_free(&file);
  fewer.state_count = 1;
  file = save(&fewer);
  refuses(&run, &contents, &file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"states", "'60' in the file", "'60 3' here"});
  thalnet_state *const turned[] = {run.states[1], run.states[0]};
  fewer.state_count = 2;
  fewer.states = turned;
  refuses(&run, &fewer, &file, THALNET_ERROR_MISMATCH,
          (const char *const[]){"states", "'60' in the file", "'3 60' here"});
  model_free(&file);
  model_free(&model);
  stop(&other);
  stop(&run);
}
END_TEST

/* Which rows are at the learned start is part of a training, and read with as much care. */
START_TEST(starts_are_checked) {
  static const char *const bad[][2] = {{" 001\"", " 00\""},    {" 001\"", " 0011\""}, {" 001\"", " 002\""},
                                       {" 001\"", "\""},       {" 001\"", " \""},     {" 001\"", " 001 0\""},
                                       {" 001\"", " 0:1\""},   {" 001\"", "001\""},   {" 001\"", "  001\""},
                                       {" 001\"", " 001:1\""}, {" 001\"", " -01\""}};
  const thalnet_optimizer_options options = adam_like();
  struct run run = start(&trainings[2], 1, THALNET_ADAM, &options);
  const thalnet_checkpoint_contents contents = contents_of(&run);
  float row[2000] = {0};
  ck_assert_int_eq(thalnet_center_learned_start(run.net), 1);
  train(&run, 0, 1);
  EXPECT_OK(thalnet_state_write(run.states[1], 2, row, thalnet_state_values(run.states[1])));
  struct model file = save_run(&run);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct model edited = model_edit(&file, bad[i][0], bad[i][1]);
    refuses(&run, &contents, &edited, THALNET_ERROR_FORMAT, (const char *const[]){"begun", NULL, NULL});
    model_free(&edited);
  }
  struct model renamed = model_edit(&file, "checkpoint.begun", "checkpoint.began");
  refuses(&run, &contents, &renamed, THALNET_ERROR_MISMATCH, (const char *const[]){"began", NULL, NULL});
  EXPECT_OK(thalnet_state_reset(run.states[1], NULL, 0));
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL));
  struct model again = save_run(&run);
  same_files(&file, &again, "rows at the start");
  model_free(&renamed);
  model_free(&again);
  model_free(&file);
  stop(&run);
}
END_TEST

START_TEST(handles_are_checked) {
  const thalnet_optimizer_options options = adam_like();
  struct run run = start(&trainings[0], 1, THALNET_ADAM, &options);
  struct run other = start(&trainings[0], 1, THALNET_ADAM, &options);
  thalnet_checkpoint_contents contents = contents_of(&run);
  thalnet_state *mixed[] = {run.states[0], other.states[1]}, *twice[] = {run.states[0], run.states[0]};
  struct model file = save_run(&run);
  size_t size = 0;
#define BOTH(status)                                                                                                   \
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), status);                                           \
  EXPECT(thalnet_checkpoint_save("never", &contents, NULL), status);                                                   \
  EXPECT(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL), status);                              \
  EXPECT(thalnet_checkpoint_load("never", &contents, NULL, NULL), status);                                             \
  contents = contents_of(&run)
  contents.net = NULL;
  BOTH(THALNET_ERROR_HANDLE);
  contents.net = (thalnet_center *)(void *)run.batch;
  BOTH(THALNET_ERROR_HANDLE);
  contents.optimizer = (thalnet_optimizer *)(void *)run.net;
  BOTH(THALNET_ERROR_HANDLE);
  contents.optimizer = other.optimizer;
  BOTH(THALNET_ERROR_MISMATCH);
  contents.states = mixed;
  BOTH(THALNET_ERROR_MISMATCH);
  mixed[1] = NULL;
  contents.states = mixed;
  BOTH(THALNET_ERROR_HANDLE);
  contents.states = NULL;
  BOTH(THALNET_ERROR_ARGUMENT);
  contents.states = twice;
  BOTH(THALNET_ERROR_BUSY);
  contents.struct_size = 8;
  BOTH(THALNET_ERROR_VERSION);
#undef BOTH
  EXPECT(thalnet_checkpoint_save_memory(NULL, NULL, 0, &size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, file.size, &size), THALNET_ERROR_ARGUMENT);
  ck_assert_uint_eq(size, 0);
  EXPECT(thalnet_checkpoint_save_memory(&contents, file.bytes, file.size - 1, &size), THALNET_ERROR_SIZE);
  ck_assert_uint_eq(size, file.size);
  EXPECT(thalnet_checkpoint_save(NULL, &contents, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_checkpoint_load(NULL, &contents, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_checkpoint_load("no/such/file", &contents, NULL, NULL), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "no/such/file"));
  EXPECT(thalnet_checkpoint_load_memory(NULL, 100, &contents, NULL), THALNET_ERROR_ARGUMENT);
  /* the averages of an optimizer that is not saved */
  train(&run, 0, 1);
  EXPECT_OK(thalnet_optimizer_swap_averages(run.optimizer, run.net));
  contents.optimizer = NULL;
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_STATE);
  EXPECT(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, NULL), THALNET_ERROR_STATE);
  model_free(&file);
  stop(&other);
  stop(&run);
}
END_TEST

/* --- pairs -------------------------------------------------------------------------------------------------------- */

START_TEST(pairs_come_back) {
  static const thalnet_checkpoint_pair pairs[] = {
      {"epoch", "18446744073709551615"},
      {"best.value", "0x1.8p-3"},
      {"empty", ""},
      {"text", "a \"quoted\" \\ path\twith\nlines\x01\x7f / and \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"_0.", "thalnet.checksum\":\"00000000"}};
  enum { COUNT = sizeof pairs / sizeof pairs[0] };
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint *checkpoint = NULL;
  size_t count = 99;
  contents.net = net;
  contents.pairs = pairs;
  contents.pair_count = COUNT;
  struct model file = save(&contents);
  EXPECT_OK(thalnet_checkpoint_load_memory(file.bytes, file.size, &contents, &checkpoint));
  const thalnet_checkpoint_pair *found = thalnet_checkpoint_pairs(checkpoint, &count);
  ck_assert_ptr_eq(thalnet_checkpoint_pairs(checkpoint, NULL), found);
  ck_assert_uint_eq(count, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    ck_assert_str_eq(found[i].key, pairs[i].key);
    ck_assert_str_eq(found[i].value, pairs[i].value);
    ck_assert_str_eq(thalnet_checkpoint_find(checkpoint, pairs[i].key), pairs[i].value);
  }
  ck_assert_ptr_null(thalnet_checkpoint_find(checkpoint, "host.epoch"));
  ck_assert_ptr_null(thalnet_checkpoint_find(checkpoint, NULL));
  ck_assert_int_eq(thalnet_checkpoint_same_build(checkpoint), 1);
  ck_assert_ptr_nonnull(strstr(thalnet_checkpoint_build(checkpoint), thalnet_build_info()));
  ck_assert_ptr_eq(strstr(thalnet_checkpoint_build(checkpoint), thalnet_version_text()),
                   thalnet_checkpoint_build(checkpoint));
  contents.pairs = found; /* what is not known is kept by handing it on */
  contents.pair_count = count;
  struct model again = save(&contents);
  same_files(&file, &again, "pairs handed on");
  thalnet_center_free(net);
  ck_assert_str_eq(found[0].value, pairs[0].value); /* the handle keeps what it needs */
  thalnet_checkpoint_free(checkpoint);
  thalnet_checkpoint_free(NULL);
  ck_assert_ptr_null(thalnet_checkpoint_pairs(NULL, &count));
  ck_assert_uint_eq(count, 0);
  ck_assert_ptr_null(thalnet_checkpoint_find(NULL, "epoch"));
  ck_assert_ptr_null(thalnet_checkpoint_build(NULL));
  ck_assert_int_eq(thalnet_checkpoint_same_build(NULL), 0);
  model_free(&file);
  model_free(&again);
}
END_TEST

START_TEST(another_build_is_told) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint *checkpoint = NULL;
  contents.net = net;
  struct model file = save(&contents);
  struct model other = model_edit(&file, " blas=", " other=");
  EXPECT_OK(thalnet_checkpoint_load_memory(other.bytes, other.size, &contents, &checkpoint));
  ck_assert_int_eq(thalnet_checkpoint_same_build(checkpoint), 0);
  ck_assert_ptr_nonnull(strstr(thalnet_checkpoint_build(checkpoint), " other="));
  thalnet_checkpoint_free(checkpoint);
  thalnet_center_free(net);
  model_free(&file);
  model_free(&other);
}
END_TEST

START_TEST(pairs_are_checked) {
  static const char long_key[] = "a_key_of_sixty_three_characters_is_the_longest_that_is_allowed__";
  static const thalnet_checkpoint_pair bad[] = {
      {NULL, "x"},     {"x", NULL},   {"", "x"},         {"Epoch", "x"},        {"a b", "x"},        {"a\"", "x"},
      {long_key, "x"}, {"x", "\xff"}, {"x", "\xc0\xaf"}, {"x", "\xed\xa0\x80"}, {"x", "abc\xe2\x82"}};
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_checkpoint_pair pairs[] = {{"epoch", "1"}, {"epoch", "2"}};
  size_t size = 0;
  contents.net = net;
  contents.pair_count = 1;
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_ARGUMENT);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    contents.pairs = &bad[i];
    EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_ARGUMENT);
  }
  pairs[0].key = long_key + 1; /* 63 */
  contents.pairs = pairs;
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size));
  pairs[0].key = "epoch";
  contents.pair_count = 2;
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "epoch"));
  char *huge = malloc((1 << 24) + 1);
  memset(huge, 'x', 1 << 24);
  huge[1 << 24] = 0;
  pairs[0].value = huge;
  contents.pair_count = 1;
  EXPECT(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size), THALNET_ERROR_LIMIT);
  free(huge);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {handles_are_checked,
                                starts_are_checked,
                                pairs_are_checked,
                                pairs_come_back,
                                another_build_is_told,
                                other_optimizers_are_refused,
                                other_networks_and_states_are_refused,
                                averages_may_be_in,
                                going_back,
                                live_states_forget_their_frames,
                                small_trainings_go_on,
                                large_trainings_go_on};
  return SUPPORT_RUN("checkpoint", tests);
}
