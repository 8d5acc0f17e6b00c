/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"

enum { IMAGE_LIMIT = 10000000 };

size_t pairs_seeds(const struct store *store, const struct group *group, const struct comparison *comparison,
                   long **seeds_out) {
  const struct row *first = &group->rows[comparison->rows[0]];
  size_t count = 0;
  *seeds_out = NULL;
  for (size_t i = 0; i < first->seed_count; i++) {
    const struct record *a = store_find(store, group->name, comparison->names[0], first->seeds[i]);
    const struct record *b = store_find(store, group->name, comparison->names[1], first->seeds[i]);
    double value; /* runs of a time when the group left the test alone have none */
    if (!a || !b || a->status || b->status || record_measure(a, "test", group->measure, &value) ||
        record_measure(b, "test", group->measure, &value))
      continue;
    *seeds_out = array_grow(*seeds_out, count, sizeof **seeds_out);
    (*seeds_out)[count++] = first->seeds[i];
  }
  return count;
}

/* --- labels and predictions ------------------------------------------------------------------------------------------ */

/* One byte in `stride`, from `offset` on. */
static int read_labels(struct words *labels, const char *path, size_t offset, size_t stride,
                       struct example_error *error) {
  uint8_t block[64 * 1024];
  struct example_file *file;
  size_t at = 0, next = offset, count = 0;
  if (example_file_open(path, &file, error)) return -1;
  int status;
  while ((status = example_file_read(file, block, sizeof block, &count, error)) == 0 && count > 0) {
    for (; next < at + count && labels->length < IMAGE_LIMIT; next += stride)
      words_add_bytes(labels, (const char *)block + (next - at), 1);
    at += count;
  }
  example_file_close(file);
  if (!status && labels->length == 0) status = example_fail(error, "%.700s: no labels are in it", path);
  return status;
}

/* Plain or packed, whichever is there. */
static int find_labels(struct words *labels, const struct launch *launch, const struct group *group,
                       struct example_error *error) {
  char *path = child_expand(launch, group->labels, strlen(group->labels)), *packed = words_print("%s.gz", path);
  size_t offset = (size_t)group->labels_offset, stride = (size_t)group->labels_stride;
  struct example_error second = {""};
  int status = read_labels(labels, path, offset, stride, error);
  if (status) {
    words_free(labels);
    status = read_labels(labels, packed, offset, stride, &second);
  }
  free(path);
  free(packed);
  return status;
}

static int read_predictions(struct words *predictions, const struct launch *launch, const struct group *group,
                            size_t row, long seed, size_t images, struct example_error *error) {
  char *path = child_path(launch, group, &group->rows[row], seed, ".predictions");
  predictions->length = 0;
  int status = words_read_file(predictions, path, IMAGE_LIMIT, error);
  if (!status && predictions->length != images)
    status =
        example_fail(error, "%.700s: %zu predictions, but there are %zu labels", path, predictions->length, images);
  free(path);
  return status;
}

/* --- counting -------------------------------------------------------------------------------------------------------- */

static struct pair_counts count_seed(long seed, const char *labels, const char *a, const char *b, size_t images,
                                     int8_t *differences) {
  struct pair_counts counts = {seed, 0, 0, 0, 0};
  for (size_t i = 0; i < images; i++) {
    int first = a[i] == labels[i], second = b[i] == labels[i];
    differences[i] = (int8_t)(first - second);
    if (first && second) counts.both++;
    if (first && !second) counts.first++;
    if (second && !first) counts.second++;
    if (!first && !second) counts.neither++;
  }
  return counts;
}

static int count_seeds(struct pair *pair, const struct launch *launch, const struct group *group,
                       const struct comparison *comparison, const long *seeds, size_t count, const struct words *labels,
                       struct example_error *error) {
  struct words a = {NULL, 0, 0}, b = {NULL, 0, 0};
  size_t images = labels->length;
  int status = 0;
  int8_t *matrix = calloc(count * images, 1);
  if (!matrix) return example_fail(error, "no memory for %zu seeds and %zu images", count, images);
  for (size_t i = 0; i < count && !status; i++) {
    status = read_predictions(&a, launch, group, comparison->rows[0], seeds[i], images, error);
    if (!status) status = read_predictions(&b, launch, group, comparison->rows[1], seeds[i], images, error);
    if (status) break;
    pair->counts = array_grow(pair->counts, pair->count, sizeof *pair->counts);
    pair->counts[pair->count++] = count_seed(seeds[i], labels->bytes, a.bytes, b.bytes, images, matrix + i * images);
  }
  if (!status) pair->variance = statistics_image_variance(matrix, count, images);
  free(matrix);
  words_free(&a);
  words_free(&b);
  return status;
}

int pairs_count(struct pair *pair, const struct launch *launch, const struct store *store, const struct group *group,
                const struct comparison *comparison, struct example_error *error) {
  struct words labels = {NULL, 0, 0};
  long *seeds;
  size_t count = pairs_seeds(store, group, comparison, &seeds);
  memset(pair, 0, sizeof *pair);
  int status = count == 0 || !group->labels || find_labels(&labels, launch, group, error) ? 1 : 0;
  if (!status) status = count_seeds(pair, launch, group, comparison, seeds, count, &labels, error);
  free(seeds);
  words_free(&labels);
  if (!status) {
    pair->group = words_copy(group->name, strlen(group->name));
    for (int side = 0; side < 2; side++)
      pair->rows[side] = words_copy(comparison->names[side], strlen(comparison->names[side]));
    if (!pairs_fit(pair, store, group, comparison))
      status = example_fail(error,
                            "group %s: the predictions of %s and %s are right for other shares of the images than "
                            "their results say: are the labels those of %s?",
                            group->name, pair->rows[0], pair->rows[1], group->labels);
  }
  if (status) pair_free(pair);
  return status;
}

int pairs_fit(const struct pair *pair, const struct store *store, const struct group *group,
              const struct comparison *comparison) {
  long *seeds;
  size_t count = pairs_seeds(store, group, comparison, &seeds);
  int fits = count == pair->count;
  for (size_t i = 0; i < count && fits; i++) {
    const struct pair_counts *c = &pair->counts[i];
    double images = (double)(c->both + c->first + c->second + c->neither), value;
    fits = c->seed == seeds[i] && images > 0.0;
    for (int side = 0; side < 2 && fits; side++) {
      const struct record *record = store_find(store, group->name, comparison->names[side], seeds[i]);
      double share = (double)(c->both + (side == 0 ? c->first : c->second)) / images;
      fits = record_measure(record, "test", group->measure, &value) == 0 && fabs(value - share) < 0.5001e-4;
    }
  }
  free(seeds);
  return fits;
}
