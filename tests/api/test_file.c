/* SPDX-License-Identifier: MIT */
/* file.h: saving and loading, on files and in memory. Replaced files are in test_file_io.c, the format itself in
 * test_file_format.c and test_file_edits.c. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model_file.h"

START_TEST(arguments_are_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *loaded = net;
  struct model model = model_of(net);
  size_t size = 77;
  EXPECT(thalnet_center_load(NULL, NULL, &loaded), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_null(loaded);
  EXPECT(thalnet_center_load("x", NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_load_memory(NULL, 100, NULL, &loaded), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_load_memory(model.bytes, 0, NULL, &loaded), THALNET_ERROR_TRUNCATED);
  EXPECT(thalnet_center_save(NULL, "x", NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_save(net, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_save_memory(NULL, NULL, 0, &size), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_save_memory(net, NULL, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_save_memory(net, NULL, 100, &size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_save_memory(net, model.bytes, model.size - 1, &size), THALNET_ERROR_SIZE);
  ck_assert_uint_eq(size, model.size);
  EXPECT_OK(thalnet_center_save_memory(net, model.bytes, model.size, &size));
  ck_assert_ptr_null(loaded);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* A loaded network is the saved one: same file, same outputs, same questions. */
START_TEST(round_trips) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    options.settle_steps = kind;
    thalnet_center *net = support_net(kind, &options), *copy = NULL;
    struct model model = model_of(net), again;
    EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
    again = model_of(copy);
    ck_assert_uint_eq(model.size, again.size);
    ck_assert_int_eq(memcmp(model.bytes, again.bytes, model.size), 0);
    ck_assert_int_eq(thalnet_center_is_built(copy), 1);
    ck_assert_int_eq(thalnet_center_settle_steps(copy), kind);
    float *one = support_parameters(net), *two = support_parameters(copy);
    ck_assert(support_same(one, two, thalnet_center_parameter_count(net)));
    for (int32_t i = 0; i < thalnet_center_output_count(net); i++) {
      ck_assert_str_eq(thalnet_center_output_name(net, i), thalnet_center_output_name(copy, i));
      ck_assert_int_eq(thalnet_center_output_loss(net, i), thalnet_center_output_loss(copy, i));
    }
    thalnet_batch *a = support_batch(net, 3, 4), *b = support_batch(copy, 3, 4);
    support_fill(net, a, 3, 4, 9);
    support_fill(copy, b, 3, 4, 9);
    EXPECT_OK(thalnet_forward_backward(net, a, NULL));
    EXPECT_OK(thalnet_forward_backward(copy, b, NULL));
    ck_assert(support_loss(a, 0) == support_loss(b, 0));
    free(one);
    free(two);
    thalnet_batch_free(a);
    thalnet_batch_free(b);
    model_free(&model);
    model_free(&again);
    thalnet_center_free(net);
    thalnet_center_free(copy);
  }
}
END_TEST

START_TEST(files_of_the_machine) {
  char folder[] = "thalnet_test_XXXXXX", path[100], other[100], text[6000];
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *copy = NULL;
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  snprintf(other, sizeof other, "%s/model.safetensors.tmp", folder);
  EXPECT(thalnet_center_load(path, NULL, &copy), THALNET_ERROR_IO);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), path));
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  EXPECT_OK(thalnet_center_save(net, path, NULL));
  ck_assert_int_ne(access(other, F_OK), 0);
  EXPECT_OK(thalnet_center_load(path, NULL, &copy));
  thalnet_center_free(copy);
  copy = net;
  EXPECT(thalnet_center_load(folder, NULL, &copy), THALNET_ERROR_IO);
  ck_assert_ptr_null(copy);
  EXPECT(thalnet_center_load("", NULL, &copy), THALNET_ERROR_IO);
  EXPECT(thalnet_center_save(net, "", NULL), THALNET_ERROR_IO);
  EXPECT(thalnet_center_save(net, folder, NULL), THALNET_ERROR_IO);
  snprintf(text, sizeof text, "%s.tmp", folder);
  ck_assert_int_ne(access(text, F_OK), 0);
  snprintf(text, sizeof text, "%s/nowhere/model", folder);
  EXPECT(thalnet_center_save(net, text, NULL), THALNET_ERROR_IO);
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = 0;
  EXPECT(thalnet_center_save(net, text, NULL), THALNET_ERROR_IO);
  EXPECT(thalnet_center_load(text, NULL, &copy), THALNET_ERROR_IO);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(mkfifo(path, 0600), 0);
  EXPECT(thalnet_center_load(path, NULL, &copy), THALNET_ERROR_IO); /* and does not hang */
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(rmdir(folder), 0);
  thalnet_center_free(net);
}
END_TEST

/* Thousands of tensors: nothing is quadratic. */
START_TEST(a_file_of_many_tensors) {
  thalnet_center *net = NULL, *copy = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 1, THALNET_HOST_LOSS, NULL, NULL));
  for (int i = 0; i < THALNET_COUNT_LIMIT; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 1, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_uint_eq(thalnet_center_tensor_count(net), 5 * THALNET_COUNT_LIMIT + 1);
  struct model model = model_of(net);
  EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &copy));
  float *one = support_parameters(net), *two = support_parameters(copy);
  ck_assert(support_same(one, two, thalnet_center_parameter_count(net)));
  free(one);
  free(two);
  model_free(&model);
  thalnet_center_free(net);
  thalnet_center_free(copy);
}
END_TEST

START_TEST(limits_of_loading) {
  struct model model = model_of_kind(SUPPORT_READERS);
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, NULL, &net));
  EXPECT_OK(thalnet_center_measure(net, &size));
  thalnet_center_free(net);
  options.max_parameters = size.parameters;
  options.max_step_operations = size.step_operations;
  EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, &options, &net));
  thalnet_center_free(net);
  options.max_parameters--;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_LIMIT);
  ck_assert_ptr_null(net);
  options.max_parameters++;
  options.max_step_operations--;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_LIMIT);
  options = (thalnet_load_options)THALNET_LOAD_OPTIONS_INIT;
  options.allow_nonfinite = 2;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_ARGUMENT);
  options.allow_nonfinite = 0;
  options.reserved = 1;
  EXPECT_EITHER(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_VERSION,
                THALNET_ERROR_ARGUMENT);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  options.reserved = 0;
  options.center = &center;
  center.device = 1;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_UNSUPPORTED);
  center.device = 0;
  center.struct_size = 1;
  EXPECT(thalnet_center_load_memory(model.bytes, model.size, &options, &net), THALNET_ERROR_VERSION);
  ck_assert_ptr_null(net);
  model_free(&model);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {arguments_are_checked, round_trips, files_of_the_machine, a_file_of_many_tensors,
                                limits_of_loading};
  return SUPPORT_RUN("file", tests);
}
