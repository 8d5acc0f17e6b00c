/* SPDX-License-Identifier: MIT */
#include "data_files.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "common/cifar.h"
#include "common/idx.h"
#include "common/text.h"

enum { LABELS = 300, TEXT = 400, COLOUR_FILES = 6 };

const char *const data_names[DATA_KINDS] = {"labels", "packed labels", "colour images", "a text", "a packed text"};

#define FOLDER "thalnet_data_XXXXXX"
void (*data_is_read)(void);
static char folder[] = FOLDER;
static char path[100];

static const char *path_of(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const char *colours_name(int number) {
  static char name[32];
  if (number + 1 == COLOUR_FILES) {
    return "test_batch.bin";
  }
  snprintf(name, sizeof name, "data_batch_%d.bin", number + 1);
  return name;
}

void data_begin(void) {
  memcpy(folder, FOLDER, sizeof folder);
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

void data_end(void) {
  unlink(path_of("labels"));
  unlink(path_of("text"));
  for (int i = 0; i < COLOUR_FILES; i++) {
    unlink(path_of(colours_name(i)));
  }
  ck_assert_int_eq(rmdir(folder), 0);
}

/* --- files --------------------------------------------------------------------------------------------------------- */

void data_write_file(const char *name, const uint8_t *bytes, size_t size) {
  unlink(name); /* some file systems wait for the disk when a file is written over */
  FILE *file = fopen(name, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

struct data data_read_file(const char *name) {
  enum { MOST = 100000 };
  struct data data = {malloc(MOST), 0};
  FILE *file = fopen(name, "rb");
  ck_assert_ptr_nonnull(file);
  data.size = fread(data.bytes, 1, MOST, file);
  ck_assert_uint_lt(data.size, MOST);
  fclose(file);
  return data;
}

static void write_packed(const char *name, const uint8_t *bytes, size_t size) {
  gzFile file = gzopen(name, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
  ck_assert_int_eq(gzclose(file), Z_OK);
}

static void write_labels(int packed) {
  uint8_t bytes[8 + LABELS] = {0, 0, 8, 1, 0, 0, LABELS >> 8, LABELS & 255};
  for (size_t i = 0; i < LABELS; i++) {
    bytes[8 + i] = (uint8_t)(i * i % 10);
  }
  (packed ? write_packed : data_write_file)(path_of("labels"), bytes, sizeof bytes);
}

static void write_text(int packed) {
  uint8_t bytes[TEXT];
  for (size_t i = 0; i < TEXT; i++) {
    bytes[i] = (uint8_t) "to be or not"[i * i % 97 % 12];
  }
  (packed ? write_packed : data_write_file)(path_of("text"), bytes, sizeof bytes);
}

/* Three images a file. */
static void write_colours(void) {
  uint8_t bytes[DATA_RECORDS * DATA_RECORD];
  for (int number = COLOUR_FILES; number-- > 0;) { /* the first last, whose path is given */
    for (size_t i = 0; i < sizeof bytes; i++) {
      bytes[i] = (uint8_t)(i % DATA_RECORD == 0 ? (size_t)number : i * i % 249 + (size_t)number);
    }
    data_write_file(path_of(colours_name(number)), bytes, sizeof bytes);
  }
}

const char *data_write(int kind) {
  switch (kind) {
  case DATA_LABELS:
  case DATA_PACKED_LABELS: write_labels(kind == DATA_PACKED_LABELS); break;
  case DATA_COLOURS: write_colours(); break;
  default: write_text(kind == DATA_PACKED_TEXT); break;
  }
  return path;
}

/* --- what is read ---------------------------------------------------------------------------------------------------- */

static void append(struct data *data, const void *bytes, size_t size) {
  data->bytes = realloc(data->bytes, data->size + size + 1);
  if (size > 0) {
    memcpy(data->bytes + data->size, bytes, size);
  }
  data->size += size;
}

/* What a reader gave. */
static int done(int status) {
  if (data_is_read) {
    data_is_read();
  }
  return status;
}

static int load_labels(struct data *data, struct example_error *error) {
  const struct example_idx_shape shape = {1, 60000, 1, 1};
  struct example_idx idx;
  if (done(example_idx_read(path_of("labels"), &shape, &idx, error))) {
    ck_assert(idx.values == NULL && idx.count == 0);
    return -1;
  }
  ck_assert(idx.count == idx.dimensions[0] && idx.dimensions[1] == 1 && idx.dimensions[2] == 1);
  append(data, idx.values, idx.count);
  example_idx_free(&idx);
  return 0;
}

static int load_colours(struct data *data, struct example_error *error) {
  struct example_image_data images;
  const int status = done(example_load_cifar(folder, &images, error));
  if (status == 0) {
    append(data, images.stored.pixels, images.stored.count * images.stored.size);
    append(data, images.stored.labels, images.stored.count);
    append(data, images.test.pixels, images.test.count * images.test.size);
    append(data, images.test.labels, images.test.count);
  }
  example_image_data_free(&images);
  return status;
}

static int load_text(struct data *data, struct example_error *error) {
  struct example_text text;
  const int status = done(example_load_text(path_of("text"), 0, &text, error));
  for (size_t i = 0; status == 0 && i < text.count; i++) {
    append(data, &text.bytes[text.stored[i]], 1);
  }
  example_text_free(&text);
  return status;
}

int data_load(int kind, struct data *data, struct example_error *error) {
  *data = (struct data){NULL, 0};
  error->text[0] = 0;
  const int status = kind == DATA_COLOURS                                ? load_colours(data, error)
                     : kind == DATA_LABELS || kind == DATA_PACKED_LABELS ? load_labels(data, error)
                                                                         : load_text(data, error);
  ck_assert_msg(status == 0 || (error->text[0] != 0 && !strchr(error->text, '\n')), "%s", error->text);
  return status;
}

int data_same(const struct data *one, const struct data *other) {
  return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

void data_free(struct data *data) {
  free(data->bytes);
  *data = (struct data){NULL, 0};
}
