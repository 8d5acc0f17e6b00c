/* SPDX-License-Identifier: MIT */
#include "mnist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "digits.h"
#include "idx.h"

enum { MNIST_MOST = 60000, DRAWN_TRAIN = 10000, DRAWN_TEST = 2000, PATH_SIZE = 4096 };

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
      if (length >= PATH_SIZE) return example_fail(error, "the path %.300s... is too long", folder);
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
  images->size = EXAMPLE_PIXELS;
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
  example_split_images(data, 0);
  return 0;
}

/* --- drawn digits ---------------------------------------------------------------------------------------------------- */

static void draw_set(struct example_images *images, size_t first) {
  for (size_t i = 0; i < images->count; i++) {
    images->labels[i] = example_digit_label(first + i);
    example_digit_draw(first + i, images->labels[i], images->pixels + i * EXAMPLE_PIXELS);
  }
}

int example_draw_digits(struct example_image_data *data, struct example_error *error) {
  memset(data, 0, sizeof *data);
  if (example_allocate_images(&data->stored, DRAWN_TRAIN, EXAMPLE_PIXELS, error) ||
      example_allocate_images(&data->test, DRAWN_TEST, EXAMPLE_PIXELS, error))
    return -1;
  draw_set(&data->stored, 0);
  draw_set(&data->test, DRAWN_TRAIN);
  example_split_images(data, 0);
  return 0;
}
