/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "digits.h"
#include "idx.h"
#include "random.h"

enum { MNIST_MOST = 60000, VALIDATION_MOST = 5000, DRAWN_TRAIN = 10000, DRAWN_TEST = 2000, PATH_SIZE = 4096 };

/* The last tenth of what is stored is for validation: training never sees it. */
static void split(struct example_image_data *data) {
  size_t held_out = data->stored.count / 10;
  if (held_out > VALIDATION_MOST) held_out = VALIDATION_MOST;
  data->train = data->stored;
  data->train.count -= held_out;
  data->validation.count = held_out;
  data->validation.pixels = data->stored.pixels + data->train.count * EXAMPLE_PIXELS;
  data->validation.labels = data->stored.labels + data->train.count;
}

/* --- MNIST ----------------------------------------------------------------------------------------------------------- */

/* Finds a file under the names it is handed round with. A name that exists decides, even where it cannot be read. */
static int find_file(const char *folder, const char *set, const char *kind, unsigned rank, char path[PATH_SIZE],
                     struct example_error *error) {
  static const char *const separators[] = {"-", "."}, *const endings[] = {".gz", ""};
  struct stat status;
  if (stat(folder, &status)) return example_fail(error, "%.700s: %s", folder, strerror(errno));
  for (size_t s = 0; s < 2; s++) {
    for (size_t e = 0; e < 2; e++) {
      int length =
          snprintf(path, PATH_SIZE, "%s/%s-%s%sidx%u-ubyte%s", folder, set, kind, separators[s], rank, endings[e]);
      if (length < 0 || length >= PATH_SIZE) return example_fail(error, "the path %.300s... is too long", folder);
      if (stat(path, &status) == 0 || errno != ENOENT) return 0;
    }
  }
  return example_fail(error, "%.700s: there is no %s-%s-idx%u-ubyte in it, with or without .gz", folder, set, kind,
                      rank);
}

static int check_labels(const char *path, const struct example_idx *labels, struct example_error *error) {
  for (size_t i = 0; i < labels->count; i++)
    if (labels->values[i] >= EXAMPLE_DIGITS)
      return example_fail(error, "%.700s: label %zu is %u, not one of 0..9", path, i, labels->values[i]);
  return 0;
}

static int load_set(const char *folder, const char *set, struct example_images *images, struct example_error *error) {
  static const struct example_idx_shape image_shape = {3, MNIST_MOST, EXAMPLE_SIDE, EXAMPLE_SIDE};
  static const struct example_idx_shape label_shape = {1, MNIST_MOST, 1, 1};
  char image_path[PATH_SIZE], label_path[PATH_SIZE];
  struct example_idx pixels = {{0}, 0, NULL}, labels = {{0}, 0, NULL};
  if (find_file(folder, set, "images", 3, image_path, error) || find_file(folder, set, "labels", 1, label_path, error))
    return -1;
  int status = example_idx_read(image_path, &image_shape, &pixels, error);
  if (status == 0) status = example_idx_read(label_path, &label_shape, &labels, error);
  if (status == 0) status = check_labels(label_path, &labels, error);
  if (status == 0 && pixels.dimensions[0] != labels.dimensions[0])
    status = example_fail(error, "%.450s has %u images, but %.450s has %u labels: are files mixed up?", image_path,
                          pixels.dimensions[0], label_path, labels.dimensions[0]);
  if (status) {
    example_idx_free(&pixels);
    example_idx_free(&labels);
    return -1;
  }
  images->count = pixels.dimensions[0];
  images->pixels = pixels.values;
  images->labels = labels.values;
  return 0;
}

int example_load_mnist(const char *folder, struct example_image_data *data, struct example_error *error) {
  memset(data, 0, sizeof *data);
  if (load_set(folder, "train", &data->stored, error) || load_set(folder, "t10k", &data->test, error)) return -1;
  if (data->stored.count < data->test.count)
    return example_fail(error, "%.700s: %zu training images but %zu test images: are files mixed up?", folder,
                        data->stored.count, data->test.count);
  /* A copy of the training set under the test set's names would give a proud and wrong result. */
  if (memcmp(data->stored.pixels, data->test.pixels, data->test.count * EXAMPLE_PIXELS) == 0)
    return example_fail(error, "%.700s: the test images are the training images: are files mixed up?", folder);
  if (data->stored.count < 10)
    return example_fail(error, "%.700s: %zu training images are too few", folder, data->stored.count);
  split(data);
  return 0;
}

/* --- drawn digits ---------------------------------------------------------------------------------------------------- */

static int draw_set(struct example_images *images, size_t count, size_t first, struct example_error *error) {
  images->pixels = malloc(count * EXAMPLE_PIXELS);
  images->labels = malloc(count);
  if (!images->pixels || !images->labels) return example_fail(error, "no memory for %zu images", count);
  images->count = count;
  for (size_t i = 0; i < count; i++) {
    images->labels[i] = example_digit_label(first + i);
    example_digit_draw(first + i, images->labels[i], images->pixels + i * EXAMPLE_PIXELS);
  }
  return 0;
}

int example_draw_images(struct example_image_data *data, struct example_error *error) {
  memset(data, 0, sizeof *data);
  if (draw_set(&data->stored, DRAWN_TRAIN, 0, error) || draw_set(&data->test, DRAWN_TEST, DRAWN_TRAIN, error))
    return -1;
  split(data);
  return 0;
}

/* --- both ------------------------------------------------------------------------------------------------------------ */

static void permute_set(struct example_images *images, const uint32_t order[EXAMPLE_PIXELS]) {
  uint8_t permuted[EXAMPLE_PIXELS];
  for (size_t i = 0; i < images->count; i++) {
    uint8_t *pixels = images->pixels + i * EXAMPLE_PIXELS;
    for (size_t k = 0; k < EXAMPLE_PIXELS; k++) permuted[k] = pixels[order[k]];
    memcpy(pixels, permuted, sizeof permuted);
  }
}

void example_permute_pixels(struct example_image_data *data, uint32_t number) {
  uint32_t order[EXAMPLE_PIXELS];
  if (number == 0) return;
  example_random_order(order, EXAMPLE_PIXELS, number, EXAMPLE_STREAM_PERMUTATION);
  permute_set(&data->stored, order);
  permute_set(&data->test, order);
}

void example_image_data_free(struct example_image_data *data) {
  free(data->stored.pixels);
  free(data->stored.labels);
  free(data->test.pixels);
  free(data->test.labels);
  memset(data, 0, sizeof *data);
}
