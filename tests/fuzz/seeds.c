/* SPDX-License-Identifier: MIT */
/* seeds <folder>
 * Writes what fuzzing starts from: a folder for every target, with inputs that are taken as they are. The files are small:
 * libFuzzer learns most from small ones. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "../io/run.h"
#include "../io/zoo.h"
#include "load.h"
#include "training.h"

enum { MODEL_MOST = 6000, RANDOM_NETS = 60 };

static const char *root;

static void put(const char *target, const char *name, const void *bytes, size_t size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", root, target);
  if (mkdir(path, 0777) && errno != EEXIST) fuzz_fail("%s: %s", path, strerror(errno));
  snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file)) fuzz_fail("%s: %s", path, strerror(errno));
}

/* --- model files -------------------------------------------------------------------------------------------------------- */

static void put_model(const char *name, thalnet_center *net, size_t most) {
  static const char *const targets[] = {"model", "step", "round_trip"};
  size_t size = 0;
  uint8_t *bytes = fuzz_save(net, &size);
  for (size_t i = 0; i < 3 && size <= most; i++) put(targets[i], name, bytes, size);
  free(bytes);
  thalnet_center_free(net);
}

/* One module with these layers of the host, one above the other. */
static thalnet_center *with_host_layers(size_t first, size_t count) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  FUZZ_OK(thalnet_center_create(NULL, &net));
  FUZZ_OK(thalnet_center_add_input(net, "x", 2, NULL, NULL));
  FUZZ_OK(thalnet_center_add_output(net, "y", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  FUZZ_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  for (size_t i = 0; i < count; i++) FUZZ_OK(thalnet_module_add_layer(module, 2, fuzz_layers[first + i]));
  FUZZ_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 1, NULL, NULL));
  FUZZ_OK(thalnet_module_connect_input(module, 0));
  FUZZ_OK(thalnet_module_connect_output(module, 0));
  FUZZ_OK(thalnet_center_build(net, 1));
  return net;
}

static void put_models(void) {
  unsigned long long state = 1;
  char name[32];
  put_model("all", zoo_all(), 1 << 16);
  put_model("edited", zoo_edited(), 1 << 16);
  put_model("host_all", with_host_layers(0, FUZZ_LAYERS), MODEL_MOST);
  for (size_t i = 0; i < FUZZ_LAYERS; i++) {
    snprintf(name, sizeof name, "host_%zu", i);
    put_model(name, with_host_layers(i, 1), MODEL_MOST);
  }
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    snprintf(name, sizeof name, "support_%d", kind);
    put_model(name, support_net(kind, NULL), MODEL_MOST);
  }
  for (int i = 0; i < RANDOM_NETS; i++) {
    snprintf(name, sizeof name, "random_%02d", i);
    put_model(name, zoo_random(&state), MODEL_MOST);
  }
}

static void put_checkpoints(void) {
  for (int kind = 0; kind < FUZZ_TRAININGS; kind++)
    for (int moment = 0; moment < 3; moment++) {
      struct fuzz_training training;
      char name[32];
      size_t size = 0;
      fuzz_training_start(&training, kind);
      if (moment > 0) fuzz_training_go_on(&training, 3, 2);
      if (moment == 2 && kind == FUZZ_ADAM)
        FUZZ_OK(thalnet_optimizer_swap_averages(training.contents.optimizer, training.contents.net));
      uint8_t *bytes = fuzz_training_save(&training, &size);
      snprintf(name, sizeof name, "training_%d_%d", kind, moment);
      put("checkpoint", name, bytes, size);
      free(bytes);
      fuzz_training_end(&training);
    }
}

/* --- data ----------------------------------------------------------------------------------------------------------------- */

static size_t pack(const uint8_t *plain, size_t size, uint8_t *packed, size_t room) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) fuzz_fail("no deflate");
  stream.next_in = (Bytef *)(uintptr_t)plain;
  stream.avail_in = (uInt)size;
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) fuzz_fail("no room for packed data");
  deflateEnd(&stream);
  return room - stream.avail_out;
}

/* An input of two bytes and a file, plain and packed. */
static void put_data(const char *target, const char *packed_target, const char *name, uint8_t *input, size_t size) {
  uint8_t packed[4096] = {input[0], input[1]};
  char packed_name[64];
  put(target, name, input, size);
  snprintf(packed_name, sizeof packed_name, "%s_packed", name);
  put(packed_target, packed_name, packed, 2 + pack(input + 2, size - 2, packed + 2, sizeof packed - 2));
}

static void put_idx(void) {
  uint8_t labels[] = {0, 12, 0, 0, 8, 1, 0, 0, 0, 5, 7, 2, 1, 0, 4};
  uint8_t one[] = {0, 0, 0, 0, 8, 1, 0, 0, 0, 1, 9};
  uint8_t images[2 + 16 + 2 * 3 * 2] = {0x12, 7, 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2};
  for (size_t i = 18; i < sizeof images; i++) images[i] = (uint8_t)(i * 23);
  put_data("idx", "idx_gz", "labels", labels, sizeof labels);
  put_data("idx", "idx_gz", "one", one, sizeof one);
  put_data("idx", "idx_gz", "images", images, sizeof images);
}

static void put_texts(void) {
  static const char words[] = "the center is read by all modules and written by all. ";
  uint8_t text[2 + 300] = {0, 0};
  for (size_t i = 2; i < sizeof text; i++) text[i] = (uint8_t)words[(i - 2) % (sizeof words - 1)];
  put_data("text", "text", "all", text, sizeof text);
  text[0] = 120;
  put_data("text", "text", "beginning", text, sizeof text);
  for (size_t i = 2; i < sizeof text; i++) text[i] = (uint8_t)(i * i);
  put_data("text", "text", "bytes", text, sizeof text);
}

/* Five bytes a file, as targets/cifar.c has them: name and faults, records, label, pixel, bytes given. */
static void put_cifar(void) {
  enum { FILES = 6, BYTES = 5 };
  static const char *const names[] = {"plain",  "packed",  "packed_names", "cut",
                                      "longer", "changed", "no_records",   "wrong_label"};
  for (int kind = 0; kind < 8; kind++) {
    uint8_t input[FILES * BYTES];
    for (int file = 0; file < FILES; file++) {
      const uint8_t last = file == FILES - 1, packed = kind == 1 || kind == 2 || (kind == 6 && last);
      const uint8_t fault = kind >= 3 && kind <= 5 && last ? (uint8_t)(kind - 2) : 0;
      const uint8_t described[BYTES] = {(uint8_t)((kind == 2 ? 2 : 0) | packed << 2 | fault << 3),
                                        kind == 6 && last ? 0 : 2, kind == 7 && last ? 245 : (uint8_t)file,
                                        (uint8_t)(file * 20), 0};
      memcpy(input + file * BYTES, described, BYTES);
    }
    put("cifar", names[kind], input, sizeof input);
  }
}

/* Programs of calls: targets/api.c takes what bytes there are. */
static void put_programs(void) {
  unsigned long long state = 5;
  uint8_t program[400];
  for (int i = 0; i < 24; i++) {
    char name[32];
    for (size_t k = 0; k < sizeof program; k++)
      program[k] = (uint8_t)(io_draw(&state, 4) ? io_draw(&state, 16) : io_draw(&state, 256));
    snprintf(name, sizeof name, "random_%02d", i);
    put("api", name, program, sizeof program);
  }
}

/* What makes networks for other tests wants to be called from one. */
START_TEST(seeds_are_written) {
  put_models();
  put_checkpoints();
  put_idx();
  put_texts();
  put_cifar();
  put_programs();
}
END_TEST

int main(int argc, char **argv) {
  const TTest *const tests[] = {seeds_are_written};
  if (argc != 2) {
    fprintf(stderr, "usage: seeds <folder>\n");
    return 2;
  }
  root = argv[1];
  if (mkdir(root, 0777) && errno != EEXIST) fuzz_fail("%s: %s", root, strerror(errno));
  return IO_RUN("seeds", tests);
}
