/* SPDX-License-Identifier: MIT */
/* Every bit and every length of one small model and one small checkpoint: all refused, and whoever would have taken them is as before.
 * (test_model_file.c and test_checkpoint_file.c do some of it to large ones.) */
#include <stdio.h>
#include <string.h>

#include "../api/support.h"
#include "known.h"
#include "run.h"

enum { LARGEST = 4096 };

/* The file of number 1, and others of number 2 that would take it: by its kind, and of a checkpoint the network alone. */
struct takers {
  struct model file, before;
  struct known known, network;
};

static void takers_start(struct takers *takers, int32_t kind) {
  takers->known = known_create(kind, 1, NULL);
  takers->network = known_create(KNOWN_MODEL, 1, NULL);
  known_set(&takers->known, 1);
  takers->file = known_bytes(&takers->known);
  known_set(&takers->known, 2);
  takers->before = known_bytes(&takers->known);
  ck_assert_uint_le(takers->file.size, LARGEST);
}

/* Untouched by all that was refused, and able to take the file as it was. */
static void takers_end(struct takers *takers) {
  ck_assert(known_is(&takers->known, &takers->before));
  EXPECT_OK(known_load_memory(&takers->network, &takers->file));
  EXPECT_OK(known_load_memory(&takers->known, &takers->file));
  ck_assert(known_is(&takers->known, &takers->file));
  known_free(&takers->known);
  known_free(&takers->network);
  model_free(&takers->file);
  model_free(&takers->before);
}

/* From memory, and as a file of the host. */
static thalnet_status take(struct known *known, const struct model *bytes, int from_file) {
  struct support_io io = {0};
  const thalnet_io hooks = support_io_hooks(&io);
  if (!from_file) {
    return known_load_memory(known, bytes);
  }
  support_io_put(&io, "m", bytes->bytes, bytes->size);
  const thalnet_status status = known_load(known, "m", &hooks);
  support_io_clear(&io);
  return status;
}

static int truncate_everywhere(struct takers *takers) {
  int files = 0;
  for (size_t size = 0; size < takers->file.size; size++) {
    struct model part = {malloc(size ? size : 1), size}; /* a block of its own: a step beyond the end is seen */
    memcpy(part.bytes, takers->file.bytes, size);
    for (int from_file = 0; from_file < 2; from_file++, files += 2) {
      const thalnet_status status = take(&takers->known, &part, from_file);
      const thalnet_status alone = take(&takers->network, &part, from_file);
      if (status != THALNET_ERROR_TRUNCATED || alone != THALNET_ERROR_TRUNCATED) {
        ck_abort_msg("%zu of %zu bytes: %s", size, takers->file.size, thalnet_status_name(status));
      }
    }
    model_free(&part);
  }
  return files;
}

static int flip_everywhere(struct takers *takers) {
  const size_t data = 8 + model_header(&takers->file);
  int files = 0;
  for (size_t bit = 0; bit < 8 * takers->file.size; bit++, files += 2) {
    unsigned char *byte = takers->file.bytes + bit / 8;
    *byte ^= (unsigned char)(1u << bit % 8);
    const thalnet_status status = take(&takers->known, &takers->file, 0);
    const thalnet_status alone = take(&takers->network, &takers->file, 0);
    *byte ^= (unsigned char)(1u << bit % 8);
    if (status == THALNET_OK || alone == THALNET_OK || (bit / 8 >= data && status != THALNET_ERROR_CHECKSUM)) {
      ck_abort_msg("bit %zu of byte %zu: %s, %s", bit % 8, bit / 8, thalnet_status_name(status),
                   thalnet_status_name(alone));
    }
  }
  return files;
}

static void damage(int32_t kind) {
  struct takers takers;
  takers_start(&takers, kind);
  const int parts = truncate_everywhere(&takers), flipped = flip_everywhere(&takers);
  printf("%s of %zu bytes: %d loads of parts of it, %d with a flipped bit\n", known_names[kind], takers.file.size,
         parts, flipped);
  takers_end(&takers);
}

START_TEST(models_are_refused) { damage(KNOWN_MODEL); }
END_TEST

START_TEST(checkpoints_are_refused) { damage(KNOWN_CHECKPOINT); }
END_TEST

int main(void) {
  const TTest *const tests[] = {models_are_refused, checkpoints_are_refused};
  return IO_RUN("damage", tests);
}
