/* SPDX-License-Identifier: MIT */
/* Model files beyond this library and this release. A network with everything in it is saved to io_model.safetensors, and what
 * the library says about it written to io_model.txt: read_model.py compares the two; and one
 * that was edited likewise to io_edited. Files of the same kind that earlier
 * releases wrote are in fixtures/, one for each version of the format, and must load for ever. */
#include <stdio.h>
#include <string.h>

#include "../api/support.h"
#include "run.h"
#include "zoo.h"

static void write_tensor(FILE *file, const thalnet_center *net, const char *name) {
  size_t dimensions[3], count;
  int32_t rank = thalnet_center_tensor_shape(net, name, dimensions);
  count = dimensions[0] * dimensions[1] * dimensions[2];
  float *values = malloc(count * sizeof *values);
  EXPECT_OK(thalnet_center_read(net, name, values, count));
  fprintf(file, "tensor %s %d", name, (int)rank);
  for (int32_t i = 0; i < rank; i++) {
    fprintf(file, " %zu", dimensions[i]);
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    fprintf(file, " %08x", (unsigned)bits);
  }
  fprintf(file, "\n");
  free(values);
}

static void write_expected(FILE *file, const thalnet_center *net) {
  fprintf(file, "settle_steps %d\n", (int)thalnet_center_settle_steps(net));
  if (thalnet_center_learned_start(net)) {
    fprintf(file, "learned_start\n");
  }
  if (thalnet_center_in_order(net)) {
    fprintf(file, "in_order\n");
  }
  for (int32_t i = 0; i < thalnet_center_input_count(net); i++) {
    fprintf(file, "input %s %zu %s %d\n", thalnet_center_input_name(net, i), thalnet_center_input_size(net, i),
            thalnet_center_input_is_tokens(net, i) ? "tokens" : "dense",
            (int)thalnet_center_input_steps_per_frame(net, i));
  }
  for (int32_t o = 0; o < thalnet_center_output_count(net); o++) {
    fprintf(file, "output %s %zu %d %d\n", thalnet_center_output_name(net, o), thalnet_center_output_size(net, o),
            (int)thalnet_center_output_loss(net, o), (int)thalnet_center_output_steps_per_frame(net, o));
  }
  for (int32_t i = 0; i < thalnet_center_module_count(net); i++) {
    const thalnet_reader *reader = thalnet_center_module_reader(net, i);
    fprintf(file, "module %s %zu %zu %d%s\n", thalnet_center_module_name(net, i),
            thalnet_center_module_features(net, i), thalnet_center_module_context(net, i),
            (int)thalnet_reader_kind(reader), thalnet_reader_skips_own(reader) ? " skip_own" : "");
  }
  for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
    write_tensor(file, net, thalnet_center_tensor_name(net, t));
  }
}

static void write_text(const char *path, const thalnet_center *net) {
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  write_expected(file, net);
  ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_model_for_others) {
  thalnet_center *net = zoo_all(), *edited = zoo_edited();
  EXPECT_OK(thalnet_center_save(net, "io_model.safetensors", NULL));
  write_text("io_model.txt", net);
  EXPECT_OK(thalnet_center_save(edited, "io_edited.safetensors", NULL));
  write_text("io_edited.txt", edited);
  thalnet_center_free(net);
  thalnet_center_free(edited);
}
END_TEST

/* The same network with an optimizer, its averages and two states: its other tensors are told by the page alone. */
START_TEST(a_checkpoint_for_others) {
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_state *states[2];
  options.average = 0.99;
  contents.net = zoo_all();
  states[0] = support_state(contents.net, 4);
  states[1] = support_state(contents.net, 1);
  EXPECT_OK(thalnet_optimizer_create(contents.net, THALNET_ADAM, &options, &contents.optimizer));
  contents.states = states;
  contents.state_count = 2;
  EXPECT_OK(thalnet_checkpoint_save("io_checkpoint.safetensors", &contents, NULL));
  thalnet_state_free(states[0]);
  thalnet_state_free(states[1]);
  thalnet_optimizer_free(contents.optimizer);
  thalnet_center_free(contents.net);
}
END_TEST

static char *read_text(const char *path) {
  char *text = calloc(1, 1 << 20);
  FILE *file = fopen(path, "r");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_lt(fread(text, 1, 1 << 20, file), 1 << 20);
  ck_assert_int_eq(fclose(file), 0);
  return text;
}

START_TEST(models_of_all_versions) {
  static const char *const names[] = {"format1"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[4096];
    thalnet_center *net = NULL;
    snprintf(path, sizeof path, "%s/%s.safetensors", IO_FIXTURES, names[i]);
    EXPECT_OK(thalnet_center_load(path, NULL, &net));
    write_text("io_version.txt", net);
    snprintf(path, sizeof path, "%s/%s.txt", IO_FIXTURES, names[i]);
    char *mine = read_text("io_version.txt"), *theirs = read_text(path);
    ck_assert_msg(strcmp(mine, theirs) == 0, "%s", path);
    free(mine);
    free(theirs);
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {a_model_for_others, a_checkpoint_for_others, models_of_all_versions};
  return IO_RUN("write_model", tests);
}
