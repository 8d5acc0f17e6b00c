/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"

enum { VALIDATION_MOST = 5000 };

void example_split_images(struct example_image_data *data, size_t held_out) {
  if (held_out == 0) {
    held_out = data->stored.count / 10;
    if (held_out > VALIDATION_MOST) held_out = VALIDATION_MOST;
  }
  data->train = data->stored;
  data->train.count -= held_out;
  data->validation = data->stored;
  data->validation.count = held_out;
  data->validation.pixels = data->stored.pixels + data->train.count * data->stored.size;
  data->validation.labels = data->stored.labels + data->train.count;
}

int example_allocate_images(struct example_images *images, size_t count, size_t size, struct example_error *error) {
  images->count = count;
  images->size = size;
  images->pixels = malloc(count * size); /* the callers' counts are small */
  images->labels = malloc(count);
  if (images->pixels && images->labels) return 0;
  return example_fail(error, "no memory for %zu images", count);
}

static void permute_set(struct example_images *images, const uint32_t *order, uint8_t *permuted) {
  for (size_t i = 0; i < images->count; i++) {
    uint8_t *pixels = images->pixels + i * images->size;
    for (size_t k = 0; k < images->size; k++) permuted[k] = pixels[order[k]];
    memcpy(pixels, permuted, images->size);
  }
}

int example_permute_pixels(struct example_image_data *data, uint32_t number, struct example_error *error) {
  size_t size = data->stored.size;
  if (number == 0) return 0;
  uint32_t *order = malloc(size * sizeof *order);
  uint8_t *permuted = malloc(size);
  if (order && permuted) {
    example_random_order(order, (uint32_t)size, number, EXAMPLE_STREAM_PERMUTATION);
    permute_set(&data->stored, order, permuted);
    permute_set(&data->test, order, permuted);
  }
  int status = order && permuted ? 0 : example_fail(error, "no memory");
  free(order);
  free(permuted);
  return status;
}

void example_image_data_free(struct example_image_data *data) {
  free(data->stored.pixels);
  free(data->stored.labels);
  free(data->test.pixels);
  free(data->test.labels);
  memset(data, 0, sizeof *data);
}
