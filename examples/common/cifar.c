/* SPDX-License-Identifier: MIT */
#include "cifar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "random.h"
#include "shapes.h"

enum {
  RECORD = 1 + EXAMPLE_CIFAR_VALUES,
  RECORDS_MOST = 10000, /* of a file */
  TRAIN_FILES = 5,
  CLASSES = 10,
  PLANE = EXAMPLE_CIFAR_SIDE * EXAMPLE_CIFAR_SIDE,
  PATH_SIZE = 4096,
  DRAWN_TRAIN = 10000,
  DRAWN_TEST = 2000
};

/* --- files ----------------------------------------------------------------------------------------------------------- */

/* A name that exists decides, even where it cannot be read. */
static int find_file(const char *folder, const char *name, char path[PATH_SIZE], struct example_error *error) {
  static const char *const endings[] = {"", ".gz"};
  struct stat status;
  if (stat(folder, &status)) return example_fail(error, "%.700s: %s", folder, strerror(errno));
  for (size_t e = 0; e < 2; e++) {
    int length = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, endings[e]);
    if (length >= PATH_SIZE) return example_fail(error, "the path %.300s... is too long", folder);
    if (stat(path, &status) == 0 || errno != ENOENT) return 0;
  }
  return example_fail(error, "%.700s: there is no %s in it, with or without .gz", folder, name);
}

/* From the file's planes to rows of colours. */
static void interleave(const uint8_t *planes, uint8_t *pixels) {
  for (size_t k = 0; k < PLANE; k++)
    for (size_t colour = 0; colour < EXAMPLE_CIFAR_COLOURS; colour++)
      pixels[k * EXAMPLE_CIFAR_COLOURS + colour] = planes[colour * PLANE + k];
}

/* Memory grows with the images that really arrive: room for a power of two of them. */
static int make_room(struct example_images *images, struct example_error *error) {
  if ((images->count & (images->count - 1)) != 0) return 0;
  const size_t room = images->count > 0 ? 2 * images->count : 1;
  uint8_t *pixels = realloc(images->pixels, room * EXAMPLE_CIFAR_VALUES);
  if (pixels) images->pixels = pixels;
  uint8_t *labels = realloc(images->labels, room);
  if (labels) images->labels = labels;
  return pixels && labels ? 0 : example_fail(error, "no memory for %zu images", room);
}

/* Adds one record behind those that are there. */
static int add_record(const char *path, size_t number, const uint8_t record[RECORD], struct example_images *images,
                      struct example_error *error) {
  if (number == 0 && ((record[0] == 0x80 && record[1] < 6) || record[0] == '<'))
    return example_fail(error, "%.700s: not the binary version but %s", path,
                        record[0] == '<' ? "text, perhaps a web page that says why a download failed"
                                         : "a Python pickle: data_batch_1.bin and so on are needed");
  if (record[0] >= CLASSES)
    return example_fail(error, "%.700s: label %zu is %u, not one of 0..9", path, number, record[0]);
  if (number == RECORDS_MOST) return example_fail(error, "%.700s: it has more than %d images", path, RECORDS_MOST);
  if (make_room(images, error)) return -1;
  images->labels[images->count] = record[0];
  interleave(record + 1, images->pixels + images->count * EXAMPLE_CIFAR_VALUES);
  images->count++;
  return 0;
}

static int read_records(struct example_file *file, const char *path, struct example_images *images,
                        struct example_error *error) {
  for (size_t number = 0;; number++) {
    uint8_t record[RECORD];
    size_t done;
    if (example_file_read(file, record, RECORD, &done, error)) return -1;
    if (done == 0) return number > 0 ? 0 : example_fail(error, "%.700s: there are no images in it", path);
    if (done < RECORD)
      return example_fail(error, "%.700s: the file ends inside image %zu (%zu bytes of %d)", path, number, done,
                          RECORD);
    if (add_record(path, number, record, images, error)) return -1;
  }
}

static int load_file(const char *folder, const char *name, struct example_images *images, struct example_error *error) {
  char path[PATH_SIZE];
  struct example_file *file;
  if (find_file(folder, name, path, error) || example_file_open(path, &file, error)) return -1;
  int status = read_records(file, path, images, error);
  example_file_close(file);
  return status;
}

/* The same file under two names would train on a part twice, or test on what was trained on. */
static int find_copies(const char *folder, const struct example_image_data *data, const size_t *starts,
                       struct example_error *error) {
  const size_t some = EXAMPLE_CIFAR_VALUES;
  for (size_t i = 0; i < TRAIN_FILES; i++) {
    const uint8_t *first = data->stored.pixels + starts[i] * some;
    if (memcmp(first, data->test.pixels, some) == 0)
      return example_fail(error, "%.700s: test_batch.bin begins as data_batch_%zu.bin: are files mixed up?", folder,
                          i + 1);
    for (size_t j = 0; j < i; j++)
      if (memcmp(first, data->stored.pixels + starts[j] * some, some) == 0)
        return example_fail(error, "%.700s: data_batch_%zu.bin begins as data_batch_%zu.bin: are files mixed up?",
                            folder, i + 1, j + 1);
  }
  return 0;
}

int example_load_cifar(const char *folder, struct example_image_data *data, struct example_error *error) {
  size_t starts[TRAIN_FILES];
  char name[32];
  memset(data, 0, sizeof *data);
  data->stored.size = data->test.size = EXAMPLE_CIFAR_VALUES;
  for (int i = 0; i < TRAIN_FILES; i++) {
    snprintf(name, sizeof name, "data_batch_%d.bin", i + 1);
    starts[i] = data->stored.count;
    if (load_file(folder, name, &data->stored, error)) return -1;
  }
  if (load_file(folder, "test_batch.bin", &data->test, error)) return -1;
  if (find_copies(folder, data, starts, error)) return -1;
  if (data->stored.count < 10)
    return example_fail(error, "%.700s: %zu training images are too few", folder, data->stored.count);
  example_split_images(data, 0);
  return 0;
}

/* --- drawn shapes ---------------------------------------------------------------------------------------------------- */

static void draw_set(struct example_images *images, size_t first) {
  for (size_t i = 0; i < images->count; i++) {
    images->labels[i] = example_shape_label(first + i);
    example_shape_draw(first + i, images->labels[i], images->pixels + i * EXAMPLE_CIFAR_VALUES);
  }
}

int example_draw_shapes(struct example_image_data *data, struct example_error *error) {
  memset(data, 0, sizeof *data);
  if (example_allocate_images(&data->stored, DRAWN_TRAIN, EXAMPLE_CIFAR_VALUES, error) ||
      example_allocate_images(&data->test, DRAWN_TEST, EXAMPLE_CIFAR_VALUES, error))
    return -1;
  draw_set(&data->stored, 0);
  draw_set(&data->test, DRAWN_TRAIN);
  example_split_images(data, 0);
  return 0;
}

/* --- showing --------------------------------------------------------------------------------------------------------- */

struct example_normalization example_normalize(const struct example_images *images) {
  struct example_normalization result;
  for (size_t colour = 0; colour < EXAMPLE_CIFAR_COLOURS; colour++) {
    double sum = 0.0, squares = 0.0, count = (double)images->count * PLANE;
    for (size_t k = colour; k < images->count * EXAMPLE_CIFAR_VALUES; k += EXAMPLE_CIFAR_COLOURS) {
      double value = images->pixels[k];
      sum += value;
      squares += value * value; /* whole numbers below 2^53: exact */
    }
    double mean = sum / count, variance = squares / count - mean * mean;
    result.mean[colour] = (float)mean;
    result.scale[colour] =
        variance > 1e-6 ? (float)(1.0 / sqrt(variance)) : 1.0f; /* a colour that is everywhere alike */
  }
  return result;
}

struct example_change example_draw_change(uint64_t seed, size_t epoch, size_t image, long most) {
  struct example_random random =
      example_random_start(seed, EXAMPLE_STREAM_CHANGE | (uint64_t)epoch << 32 | (uint64_t)image);
  struct example_change change;
  uint32_t places = (uint32_t)(2 * most + 1);
  change.mirrored = (int)example_random_below(&random, 2);
  change.down = (long)example_random_below(&random, places) - most;
  change.right = (long)example_random_below(&random, places) - most;
  return change;
}

void example_show_image(const uint8_t *pixels, const struct example_normalization *normalization,
                        const struct example_change *change, float *values) {
  static const struct example_change none = {0, 0, 0};
  if (!change) change = &none;
  for (long row = 0; row < EXAMPLE_CIFAR_SIDE; row++) {
    for (long column = 0; column < EXAMPLE_CIFAR_SIDE; column++) {
      long from_row = row - change->down, from = column - change->right;
      int inside = from_row >= 0 && from_row < EXAMPLE_CIFAR_SIDE && from >= 0 && from < EXAMPLE_CIFAR_SIDE;
      if (change->mirrored) from = EXAMPLE_CIFAR_SIDE - 1 - from;
      const uint8_t *pixel = pixels + (inside ? from_row * EXAMPLE_CIFAR_ROW + from * EXAMPLE_CIFAR_COLOURS : 0);
      for (int colour = 0; colour < EXAMPLE_CIFAR_COLOURS; colour++)
        *values++ = inside ? ((float)pixel[colour] - normalization->mean[colour]) * normalization->scale[colour] : 0.0f;
    }
  }
}
