/* SPDX-License-Identifier: MIT */
/* Checkpoints beyond this release. Two trainings are saved to io_<name>.safetensors, and what the library says about them written
 * to io_<name>.txt. Files of the same kind that earlier releases wrote are in fixtures/, and must go on for ever: they are loaded
 * into objects that are made from the file itself, say what they said, and saved again they hold the same numbers. */
#include <stdio.h>
#include <string.h>

#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"

/* What a file of the host's objects does not say by itself. */
struct kind {
  const char *name;
  int32_t optimizer, learned_start;
  double momentum, average;
  size_t rows[2];
  const char *frozen; /* a tensor's name, or NULL */
};

static const struct kind kinds[] = {
    {"checkpoint1_adam", THALNET_ADAM, 1, 0.0, 0.75, {2, 1}, "modules.0.reader.scale"},
    {"checkpoint1_sgd", THALNET_SGD, 0, 0.5, 0.0, {3, 1}, NULL},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const thalnet_checkpoint_pair notes[] = {{"epoch", "18446744073709551615"}, {"note", "\"so\" \\ \n \xc3\xbc"}};

struct training {
  thalnet_center *net;
  thalnet_optimizer *optimizer;
  thalnet_state *states[2];
  thalnet_batch *batch;
  thalnet_checkpoint_contents contents;
};

static thalnet_center *new_net(const struct kind *kind) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.learned_start = kind->learned_start;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(i ? thalnet_module_add_lstm(module, 2, NULL) : thalnet_module_add_gru(module, 3, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, i ? THALNET_GAUSSIAN : THALNET_WEIGHT_NORM, 2, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 5));
  return net;
}

static struct training training_of(const struct kind *kind, thalnet_center *net) {
  struct training t = {.net = net};
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.momentum = kind->momentum;
  options.average = kind->average;
  EXPECT_OK(thalnet_optimizer_create(net, kind->optimizer, &options, &t.optimizer));
  for (int s = 0; s < 2; s++) {
    t.states[s] = support_state(net, kind->rows[s]);
  }
  if (kind->frozen != NULL) {
    EXPECT_OK(thalnet_center_set_frozen(net, kind->frozen, 1));
  }
  t.batch = support_batch(net, 1, 1); /* now there are gradients */
  t.contents = (thalnet_checkpoint_contents)THALNET_CHECKPOINT_CONTENTS_INIT;
  t.contents.net = net;
  t.contents.optimizer = t.optimizer;
  t.contents.state_count = 2;
  t.contents.pairs = notes;
  t.contents.pair_count = 2;
  return t;
}

static void training_free(struct training *t) {
  thalnet_batch_free(t->batch);
  thalnet_optimizer_free(t->optimizer);
  thalnet_state_free(t->states[0]);
  thalnet_state_free(t->states[1]);
  thalnet_center_free(t->net);
}

static size_t count_of(const thalnet_center *net, const char *name) {
  size_t shape[3];
  thalnet_center_tensor_shape(net, name, shape);
  return shape[0] * shape[1] * shape[2];
}

/* Steps by gradients that are written by hand, so that not every tensor has as many. */
static void train(const struct training *t, int steps) {
  for (int step = 0; step < steps; step++) {
    for (size_t i = 0; i < thalnet_center_tensor_count(t->net); i += 1 + (size_t)step) {
      const char *name = thalnet_center_tensor_name(t->net, i);
      float gradient[100];
      if (thalnet_center_is_frozen(t->net, name)) continue;
      support_randoms(gradient, count_of(t->net, name), i + 100 * (size_t)step);
      EXPECT_OK(thalnet_center_write_gradient(t->net, name, gradient, count_of(t->net, name)));
    }
    EXPECT_OK(thalnet_step(t->optimizer, t->net));
  }
  float row[50];
  support_randoms(row, thalnet_state_values(t->states[0]), 9);
  EXPECT_OK(thalnet_state_write(t->states[0], 1, row, thalnet_state_values(t->states[0])));
}

/* --- what the library says ---------------------------------------------------------------------------------------- */

static void write_values(FILE *file, const float *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    fprintf(file, " %08x", (unsigned)bits);
  }
  fprintf(file, "\n");
}

static void write_tensors(FILE *file, const thalnet_center *net, const char *what) {
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    float values[100];
    EXPECT_OK(thalnet_center_read(net, name, values, count_of(net, name)));
    fprintf(file, "%s %s", what, name);
    write_values(file, values, count_of(net, name));
  }
}

static void write_state(FILE *file, const thalnet_state *state, size_t rows) {
  for (size_t row = 0; row < rows; row++) {
    float values[50];
    EXPECT_OK(thalnet_state_read(state, row, values, thalnet_state_values(state)));
    fprintf(file, "row");
    write_values(file, values, thalnet_state_values(state));
  }
}

/* Weights, and averages where there are any, whichever of them are in. */
static void write_training(FILE *file, const struct kind *kind, const struct training *t) {
  const double norm = thalnet_optimizer_gradient_norm(t->optimizer);
  uint64_t bits;
  memcpy(&bits, &norm, sizeof bits);
  fprintf(file, "steps %llu\n", (unsigned long long)thalnet_optimizer_steps(t->optimizer));
  fprintf(file, "gradient_norm %016llx\n", (unsigned long long)bits);
  fprintf(file, "swapped %d\n", (int)thalnet_optimizer_averages_swapped(t->optimizer));
  write_tensors(file, t->net, "tensor");
  for (int turn = 0; turn < 2 && kind->average > 0; turn++) {
    EXPECT_OK(thalnet_optimizer_swap_averages(t->optimizer, t->net));
    if (turn == 0) {
      write_tensors(file, t->net, "other");
    }
  }
  for (int s = 0; s < 2; s++) {
    write_state(file, t->states[s], kind->rows[s]);
  }
}

static void write_text(const char *path, const struct kind *kind, const struct training *t) {
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  write_training(file, kind, t);
  ck_assert_int_eq(fclose(file), 0);
}

static struct model read_all(const char *path) {
  struct model model = {calloc(1, 1 << 17), 0};
  FILE *file = fopen(path, "rb");
  ck_assert_msg(file != NULL, "%s", path);
  model.size = fread(model.bytes, 1, 1 << 17, file);
  ck_assert_uint_lt(model.size, 1 << 17);
  ck_assert_int_eq(fclose(file), 0);
  return model;
}

/* --- saving ------------------------------------------------------------------------------------------------------- */

START_TEST(checkpoints_for_others) {
  for (int k = 0; k < KINDS; k++) {
    struct training t = training_of(&kinds[k], new_net(&kinds[k]));
    char path[100];
    train(&t, 3);
    if (kinds[k].average > 0) {
      EXPECT_OK(thalnet_optimizer_swap_averages(t.optimizer, t.net));
    }
    snprintf(path, sizeof path, "io_%s.safetensors", kinds[k].name);
    t.contents.states = t.states;
    EXPECT_OK(thalnet_checkpoint_save(path, &t.contents, NULL));
    snprintf(path, sizeof path, "io_%s.txt", kinds[k].name);
    write_text(path, &kinds[k], &t);
    training_free(&t);
  }
}
END_TEST

/* --- loading ------------------------------------------------------------------------------------------------------ */

static void expect_notes(thalnet_checkpoint *checkpoint) {
  for (int i = 0; i < 2; i++) {
    const char *value = thalnet_checkpoint_find(checkpoint, notes[i].key);
    ck_assert_ptr_nonnull(value);
    ck_assert_str_eq(value, notes[i].value);
  }
  thalnet_checkpoint_free(checkpoint);
}

/* Everything behind the header: the header differs in build and checksum. */
static void expect_same_numbers(const struct model *file, const struct training *t, const char *path) {
  struct model again = {NULL, 0};
  EXPECT_OK(thalnet_checkpoint_save_memory(&t->contents, NULL, 0, &again.size));
  again.bytes = malloc(again.size);
  EXPECT_OK(thalnet_checkpoint_save_memory(&t->contents, again.bytes, again.size, &again.size));
  const size_t one = 8 + model_header(file), other = 8 + model_header(&again);
  ck_assert_msg(file->size - one == again.size - other, "%s", path);
  ck_assert_msg(memcmp(file->bytes + one, again.bytes + other, file->size - one) == 0, "%s: other numbers", path);
  model_free(&again);
}

static void goes_on(const struct kind *kind, const char *folder, const char *prefix) {
  char path[4096];
  thalnet_center *net = NULL;
  thalnet_checkpoint *checkpoint = NULL;
  snprintf(path, sizeof path, "%s/%s%s.txt", folder, prefix, kind->name);
  struct model theirs = read_all(path);
  snprintf(path, sizeof path, "%s/%s%s.safetensors", folder, prefix, kind->name);
  EXPECT_OK(thalnet_center_load(path, NULL, &net));
  struct training t = training_of(kind, net);
  t.contents.states = t.states;
  train(&t, 1); /* so that there is something to be replaced */
  EXPECT_OK(thalnet_checkpoint_load(path, &t.contents, NULL, &checkpoint));
  expect_notes(checkpoint);
  struct model file = read_all(path);
  expect_same_numbers(&file, &t, path);
  write_text("io_checkpoint_now.txt", kind, &t);
  struct model mine = read_all("io_checkpoint_now.txt");
  ck_assert_msg(strcmp((const char *)mine.bytes, (const char *)theirs.bytes) == 0, "%s", path);
  if (thalnet_optimizer_averages_swapped(t.optimizer)) {
    EXPECT_OK(thalnet_optimizer_swap_averages(t.optimizer, t.net));
  }
  train(&t, 1);
  ck_assert_uint_eq(thalnet_optimizer_steps(t.optimizer), 4);
  model_free(&file);
  model_free(&mine);
  model_free(&theirs);
  training_free(&t);
}

START_TEST(checkpoints_of_this_version) {
  for (int k = 0; k < KINDS; k++) {
    goes_on(&kinds[k], ".", "io_");
  }
}
END_TEST

START_TEST(checkpoints_of_all_versions) {
  for (int k = 0; k < KINDS; k++) {
    goes_on(&kinds[k], IO_FIXTURES, "");
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {checkpoints_for_others, checkpoints_of_this_version, checkpoints_of_all_versions};
  return IO_RUN("checkpoint_versions", tests);
}
