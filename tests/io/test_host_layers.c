/* SPDX-License-Identifier: MIT */
/* Model files with layers of the host: what they say, what they need to be loaded, and files that lie about it. */
#include <stdio.h>
#include <string.h>

#include "../api/host_layers.h"
#include "../api/model_file.h"
#include "../api/support.h"
#include "run.h"

static const thalnet_layer *const known[] = {&host_gru, &host_peeps, &host_leaky};
enum { KNOWN = sizeof known / sizeof known[0] };

static thalnet_center *make(void) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_layer(module, 5, i ? &host_peeps : &host_leaky));
    EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
    EXPECT_OK(thalnet_module_add_layer(module, 3, i ? &host_leaky : &host_gru));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 2, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 4));
  return net;
}

static thalnet_status load(const struct model *model, const thalnet_layer *const *layers, size_t count,
                           thalnet_center **net) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  options.layers = layers;
  options.layer_count = count;
  const thalnet_status status = thalnet_center_load_memory(model->bytes, model->size, &options, net);
  ck_assert_int_eq(*net != NULL, status == THALNET_OK);
  return status;
}

/* --- files as they are -------------------------------------------------------------------------------------------- */

START_TEST(the_words_are_those_of_the_format) {
  thalnet_center *net = make();
  struct model model = model_of(net);
  model_find(&model, "\"host.test.leaky:5:1:1:2:0 gru:4 host.gru:3:3:3:0:0\"");
  model_find(&model, "\"host.lstm-peepholes:5:4:4:3:1 gru:4 host.test.leaky:3:1:1:2:0\"");
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

START_TEST(a_network_comes_back) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  float *said[2];
  EXPECT_OK(load(&model, known, KNOWN, &copy));
  struct model again = model_of(copy);
  ck_assert_uint_eq(model.size, again.size);
  ck_assert_int_eq(memcmp(model.bytes, again.bytes, model.size), 0);
  for (int k = 0; k < 2; k++) {
    thalnet_center *mine = k ? copy : net;
    thalnet_batch *batch = support_batch(mine, 3, 4);
    support_fill(mine, batch, 3, 4, 9);
    EXPECT_OK(thalnet_forward_backward(mine, batch, NULL));
    said[k] = support_gradients(mine);
    thalnet_batch_free(batch);
  }
  ck_assert(support_same(said[0], said[1], thalnet_center_parameter_count(net)));
  free(said[0]);
  free(said[1]);
  model_free(&model);
  model_free(&again);
  thalnet_center_free(net);
  thalnet_center_free(copy);
}
END_TEST

/* A checkpoint needs no list: the network it goes into has the layers. As a model file it needs it. */
START_TEST(checkpoints) {
  thalnet_center *net = make(), *copy = NULL;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  unsigned char bytes[65536];
  struct model file = {bytes, 0};
  contents.net = net;
  EXPECT_OK(thalnet_checkpoint_save_memory(&contents, bytes, sizeof bytes, &file.size));
  EXPECT_OK(thalnet_checkpoint_load_memory(bytes, file.size, &contents, NULL));
  EXPECT(load(&file, NULL, 0, &copy), THALNET_ERROR_UNSUPPORTED);
  EXPECT_OK(load(&file, known, KNOWN, &copy));
  thalnet_center_free(copy);
  thalnet_center_free(net);
}
END_TEST

/* --- what is given ------------------------------------------------------------------------------------------------ */

START_TEST(layers_that_are_not_given) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  const thalnet_layer *const others[] = {&host_leaky, &host_lstm, &host_gru};
  EXPECT(load(&model, NULL, 0, &copy), THALNET_ERROR_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "'test.leaky'"));
  EXPECT(load(&model, others, 3, &copy), THALNET_ERROR_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "'lstm-peepholes'"));
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

static void expect_mismatch(const struct model *model, thalnet_layer layer, const char *what, const char *numbers) {
  const thalnet_layer *const given[] = {&host_gru, &layer, &host_leaky};
  thalnet_center *copy = NULL;
  EXPECT(load(model, given, 3, &copy), THALNET_ERROR_MISMATCH);
  ck_assert_msg(strstr(thalnet_error_text(), "'lstm-peepholes'") != NULL &&
                    strstr(thalnet_error_text(), what) != NULL && strstr(thalnet_error_text(), numbers) != NULL,
                "%s", thalnet_error_text());
}

START_TEST(layers_of_other_sizes) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  thalnet_layer layer = host_peeps;
  layer.kept = 3; /* is the code's own */
  const thalnet_layer *const given[] = {&host_gru, &layer, &host_leaky};
  EXPECT_OK(load(&model, given, 3, &copy));
  thalnet_center_free(copy);
  layer.gates = 5;
  expect_mismatch(&model, layer, "gates", "4 in the file, 5 in");
  layer = host_peeps, layer.hidden_gates = 0;
  expect_mismatch(&model, layer, "hidden_gates", "4 in the file, 0 in");
  layer = host_peeps, layer.vectors = 2;
  expect_mismatch(&model, layer, "vectors", "3 in the file, 2 in");
  layer = host_peeps, layer.cell = 0;
  expect_mismatch(&model, layer, "cell", "1 in the file, 0 in");
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

START_TEST(lists_that_are_none) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  thalnet_layer nameless = host_gru, other = host_leaky;
  nameless.name = NULL;
  other.name = "gru";
  const thalnet_layer *const with_null[] = {&host_gru, NULL}, *const malformed[] = {&host_gru, &nameless};
  const thalnet_layer *const twice[] = {&host_gru, &host_leaky, &other};
  EXPECT(load(&model, NULL, 1, &copy), THALNET_ERROR_ARGUMENT);
  EXPECT(load(&model, with_null, 2, &copy), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "layer 1 of 2 is NULL"));
  EXPECT(load(&model, malformed, 2, &copy), THALNET_ERROR_ARGUMENT);
  EXPECT(load(&model, twice, 3, &copy), THALNET_ERROR_ARGUMENT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "both named 'gru'"));
  other = host_leaky;
  other.name = "of-no-file";
  other.forward = NULL;
  const thalnet_layer *const unused[] = {&other, &host_gru, &host_peeps, &host_leaky};
  EXPECT(load(&model, unused, 4, &copy), THALNET_ERROR_ARGUMENT);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* A host that changes a layer while the file that names it is read, which a callback of its own can do: no worse than a bad list. */
struct meddling {
  struct support_io io;
  thalnet_io hooks;
  thalnet_layer *layer;
};

static int32_t meddling_open(void *user, const char *path, void **file_out, uint64_t *size_out) {
  struct meddling *meddling = user;
  return meddling->hooks.open_read(&meddling->io, path, file_out, size_out);
}

static int32_t meddling_read(void *user, void *file, void *bytes, size_t size, size_t *done_out) {
  struct meddling *meddling = user;
  meddling->layer->reserved = 1;
  return meddling->hooks.read(&meddling->io, file, bytes, size, done_out);
}

static int32_t meddling_close(void *user, void *file) {
  struct meddling *meddling = user;
  return meddling->hooks.close(&meddling->io, file);
}

START_TEST(layers_that_change) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  thalnet_layer layer = host_leaky;
  const thalnet_layer *const given[] = {&host_gru, &host_peeps, &layer};
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  struct meddling meddling = {.layer = &layer};
  meddling.hooks = support_io_hooks(&meddling.io);
  thalnet_io io = meddling.hooks;
  io.user = &meddling;
  io.open_read = meddling_open;
  io.read = meddling_read;
  io.close = meddling_close;
  options.io = &io;
  options.layers = given;
  options.layer_count = 3;
  support_io_put(&meddling.io, "m", model.bytes, model.size);
  EXPECT(thalnet_center_load("m", &options, &copy), THALNET_ERROR_VERSION);
  ck_assert_ptr_null(copy);
  support_io_clear(&meddling.io);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* --- files from strangers ----------------------------------------------------------------------------------------- */

START_TEST(edited_files) {
  static const struct {
    const char *to;
    thalnet_status status;
  } edits[] = {
      {"host.lstm-peepholes:5:4:4:3:1", THALNET_OK},
      {"host.lstm-peepholes:6:4:4:3:1", THALNET_ERROR_FORMAT}, /* other tensors than those */
      {"host.lstm-peepholes:0:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:16777217:4:4:3:1", THALNET_ERROR_LIMIT},
      {"host.lstm-peepholes:2147483648:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:16777216:4:4:3:1", THALNET_ERROR_LIMIT},
      {"host.lstm-peepholes:5:4:4:3", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:3:1:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:3:2", THALNET_ERROR_MISMATCH},
      {"host.lstm-peepholes:5:4:4:3:01", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:3:-1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:17:4:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:16:4:3:1", THALNET_ERROR_MISMATCH},
      {"host.lstm-peepholes:5:4:16:3:1", THALNET_ERROR_MISMATCH},
      {"host.lstm-peepholes:5:4:17:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:16:1", THALNET_ERROR_MISMATCH},
      {"host.lstm-peepholes:5:4:4:17:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:18446744073709551620:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:x:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:0:4:3:1", THALNET_ERROR_MISMATCH},
      {"host.:5:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host:5:4:4:3:1", THALNET_ERROR_FORMAT},
      {"lstm-peepholes:5:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peephole:5:4:4:3:1", THALNET_ERROR_UNSUPPORTED},
      {"host.lstm-peepholess:5:4:4:3:1", THALNET_ERROR_UNSUPPORTED},
      {"host.Lstm-peepholes:5:4:4:3:1", THALNET_ERROR_UNSUPPORTED},
      {"host.%s%n%s:5:4:4:3:1", THALNET_ERROR_UNSUPPORTED},
      {"host.lstm-peepholes-lstm-peepholes-lstm-peepholes-lstm-peepholes-lstm:5:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host.test.leaky:5:1:1:2:0", THALNET_ERROR_FORMAT}, /* another layer's tensors */
      {"host.lstm-peepholes:5:4:4:3:1 host.lstm-peepholes:5:4:4:3:1", THALNET_ERROR_FORMAT},
      {"host.lstm-peepholes:5:4:4:3:1:layer_norm", THALNET_ERROR_FORMAT},
      {"host.a-name-that-is-shortened-in-the-text-because-it-is-longer-than-what-fits-there-with-the-key:5",
       THALNET_ERROR_FORMAT},
      {"lstm:5", THALNET_ERROR_FORMAT}};
  thalnet_center *net = make();
  struct model model = model_of(net);
  for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
    thalnet_center *copy = NULL;
    struct model edited = model_edit(&model, "host.lstm-peepholes:5:4:4:3:1", edits[i].to);
    const thalnet_status status = load(&edited, known, KNOWN, &copy);
    ck_assert_msg(status == edits[i].status, "%s: %s: %s", edits[i].to, thalnet_status_name(status),
                  thalnet_error_text());
    thalnet_center_free(copy);
    model_free(&edited);
  }
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* The vectors of a layer are a tensor of its own. */
START_TEST(every_tensor_counts) {
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net), shorter = model_shorter(&model);
  EXPECT(load(&shorter, known, KNOWN, &copy), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "more tensors than the"));
  model_free(&shorter);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

/* As many layers as the list has room for cost no more than their bytes: they bring tensors that the file would have to have. */
START_TEST(many_layers) {
  enum { LAYERS = 4000, WORD = 26 };
  static char words[LAYERS * (WORD + 1) + 1];
  thalnet_center *net = make(), *copy = NULL;
  struct model model = model_of(net);
  size_t length = 0;
  for (int i = 0; i < LAYERS; i++)
    length += (size_t)snprintf(words + length, sizeof words - length, "%shost.test.leaky:1:1:1:2:0", i ? " " : "");
  struct model edited = model_edit(&model, "host.lstm-peepholes:5:4:4:3:1", words);
  EXPECT(load(&edited, known, KNOWN, &copy), THALNET_ERROR_FORMAT);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "more tensors than"));
  model_free(&edited);
  model_free(&model);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_words_are_those_of_the_format,
                                a_network_comes_back,
                                checkpoints,
                                layers_that_are_not_given,
                                layers_of_other_sizes,
                                lists_that_are_none,
                                layers_that_change,
                                edited_files,
                                every_tensor_counts,
                                many_layers};
  return IO_RUN("host_layers", tests);
}
