/* SPDX-License-Identifier: MIT */
/* A folder with CIFAR-10's six files. A record has 3073 bytes, so the input does not hold them: five bytes describe a file;
 * behind all of these are first bytes of files as they are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../fuzz.h"
#include "common/cifar.h"

enum { FILES = 6, RECORD = 1 + EXAMPLE_CIFAR_VALUES, RECORDS = 12, ROOM = (RECORDS + 1) * RECORD };

/* How a file is called, and what is wrong with it. */
enum { PLAIN, PLAIN_AGAIN, PACKED_NAME, MISSING };
enum { NOTHING, CUT, LONGER, CHANGED };

static const char *path_of(int file, int packed_name) {
  static const char *const names[FILES] = {"data_batch_1", "data_batch_2", "data_batch_3",
                                           "data_batch_4", "data_batch_5", "test_batch"};
  static char path[512];
  snprintf(path, sizeof path, "%s/%s.bin%s", fuzz_folder(), names[file], packed_name ? ".gz" : "");
  return path;
}

/* What the input says of a file. */
struct description {
  unsigned choices, records, given;
  uint8_t label, pixel;
};

static void read_description(struct fuzz_input *input, struct description *file) {
  file->choices = fuzz_byte(input);
  file->records = fuzz_below(input, RECORDS + 1);
  file->label = fuzz_byte(input);
  file->pixel = fuzz_byte(input);
  file->given = fuzz_byte(input);
}

/* Records count from the first label on, their pixels from the first one. From 200 on it is a wrong one. */
static size_t write_records(struct fuzz_input *input, uint8_t *bytes, const struct description *file) {
  for (unsigned i = 0; i < file->records; i++) {
    bytes[i * RECORD] = (uint8_t)(file->label < 200 ? (file->label + i) % 10 : 10u + file->label % 4u);
    memset(bytes + i * RECORD + 1, file->pixel + (int)i, RECORD - 1);
  }
  const size_t size = file->records * RECORD, given = file->given < input->size ? file->given : input->size;
  if (given > 0) memcpy(bytes, input->bytes, given);
  input->bytes += given;
  input->size -= given;
  return size > given ? size : given;
}

static size_t pack(const uint8_t *bytes, size_t size, uint8_t *packed, size_t room) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, 1, Z_DEFLATED, 9 + 16, 1, Z_DEFAULT_STRATEGY) != Z_OK) fuzz_fail("no deflate");
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = (uInt)size;
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) fuzz_fail("no room for packed data");
  deflateEnd(&stream);
  return room - stream.avail_out;
}

static size_t spoil(uint8_t *bytes, size_t size, unsigned how, unsigned where) {
  if (how == CUT) return size - (where < size ? where : size);
  if (how == CHANGED && size > 0) bytes[where % size] ^= (uint8_t)(1 + where);
  if (how != LONGER) return size;
  memset(bytes + size, (int)where, where);
  return size + where;
}

static void write_file(struct fuzz_input *input, int number, const struct description *file) {
  static uint8_t plain[ROOM + 256], packed[ROOM + 1024];
  size_t size = write_records(input, plain, file);
  uint8_t *bytes = plain;
  if (file->choices & 4) {
    size = pack(plain, size, packed, ROOM + 512);
    bytes = packed;
  }
  size = spoil(bytes, size, file->choices >> 3 & 3, file->pixel);
  if ((file->choices & 3) == MISSING) return;
  FILE *stream = fopen(path_of(number, (file->choices & 3) == PACKED_NAME), "wb");
  if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream)) fuzz_fail("a file cannot be written");
}

static void check(const struct example_image_data *data) {
  if (data->train.count + data->validation.count != data->stored.count || data->test.count == 0)
    fuzz_fail("%zu, %zu and %zu images", data->train.count, data->validation.count, data->test.count);
  for (size_t i = 0; i < data->stored.count; i++)
    if (data->stored.labels[i] > 9) fuzz_fail("label %u", data->stored.labels[i]);
  for (size_t i = 0; i < data->test.count; i++)
    if (data->test.labels[i] > 9) fuzz_fail("label %u", data->test.labels[i]);
  const struct example_normalization normalization = example_normalize(&data->test);
  static float values[EXAMPLE_CIFAR_VALUES];
  example_show_image(data->validation.pixels, &normalization, NULL, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct fuzz_input input = {bytes, size};
  struct example_image_data data;
  struct example_error error = {""};
  struct description files[FILES];
  for (int file = 0; file < FILES; file++) read_description(&input, &files[file]);
  for (int file = 0; file < FILES; file++) write_file(&input, file, &files[file]);
  if (example_load_cifar(fuzz_folder(), &data, &error)) {
    if (!support_text_is_good(error.text)) fuzz_fail("error text '%s'", error.text);
  } else {
    check(&data);
  }
  example_image_data_free(&data);
  for (int file = 0; file < FILES; file++) {
    unlink(path_of(file, 0));
    unlink(path_of(file, 1));
  }
  return 0;
}
