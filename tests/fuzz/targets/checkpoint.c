/* SPDX-License-Identifier: MIT */
/* A checkpoint of unknown origin, loaded into trainings of every kind: a file that is refused changes nothing, one that is
 * taken can be saved, loaded and gone on with. */
#include <stdlib.h>
#include <string.h>

#include "../training.h"

/* One after the other with the same structure: contents point to its states. */
struct subject {
  struct fuzz_training training;
  uint8_t *before; /* its checkpoint: where every input finds it */
  size_t size;
  long live; /* blocks of memory */
};

static void start(struct subject *subject, int kind) {
  fuzz_training_start(&subject->training, kind);
  fuzz_training_go_on(&subject->training, 7, 2);
  subject->before = fuzz_training_save(&subject->training, &subject->size);
  subject->live = atomic_load(&subject->training.memory.counts.live);
}

/* Needs what the file needs, and once more what is restored; far less than that of the limit. */
static void check_memory(const struct subject *subject, size_t size) {
  const struct support_memory *counts = &subject->training.memory.counts;
  const size_t peak = (size_t)atomic_load(&counts->peak), most = 64 * (size + subject->size) + (256 << 10);
  if (atomic_load(&counts->live) != subject->live) fuzz_fail("a checkpoint leaves memory behind");
  if (peak > most || atomic_load(&counts->failures) > 0) fuzz_fail("%zu bytes for a checkpoint of %zu", peak, size);
}

static void expect_same(const struct subject *subject, const uint8_t *bytes, size_t size, const char *what) {
  size_t now_size = 0;
  uint8_t *now = fuzz_training_save(&subject->training, &now_size);
  if (now_size != size || memcmp(now, bytes, size) != 0) fuzz_fail("%s", what);
  free(now);
}

static void look(const thalnet_checkpoint *checkpoint) {
  size_t count = 0;
  const thalnet_checkpoint_pair *pairs = thalnet_checkpoint_pairs(checkpoint, &count);
  for (size_t i = 0; i < count; i++)
    if (thalnet_checkpoint_find(checkpoint, pairs[i].key) != pairs[i].value) fuzz_fail("a pair is not found");
  if (thalnet_checkpoint_build(checkpoint) == NULL) fuzz_fail("a checkpoint of no build");
  thalnet_checkpoint_same_build(checkpoint);
}

/* The file was taken: what it made is a training like any other. */
static void use(struct subject *subject) {
  struct fuzz_training *training = &subject->training;
  size_t size = 0;
  uint8_t *saved = fuzz_training_save(training, &size);
  FUZZ_OK(thalnet_checkpoint_load_memory(saved, size, &training->contents, NULL));
  expect_same(subject, saved, size, "a checkpoint changes when it is loaded and saved again");
  free(saved);
  FUZZ_OK(thalnet_checkpoint_load_memory(subject->before, subject->size, &training->contents, NULL));
}

static void try_one(struct subject *subject, const uint8_t *bytes, size_t size) {
  struct fuzz_training *training = &subject->training;
  thalnet_checkpoint *checkpoint = (thalnet_checkpoint *)(void *)training; /* anything but NULL */
  atomic_store(&training->memory.counts.peak, 0);
  const thalnet_status status =
      FUZZ_CALL(thalnet_checkpoint_load_memory(bytes, size, &training->contents, &checkpoint));
  if ((checkpoint == NULL) != (status != THALNET_OK)) fuzz_fail("a checkpoint with %s", thalnet_status_name(status));
  if (status == THALNET_OK) look(checkpoint);
  thalnet_checkpoint_free(checkpoint);
  check_memory(subject, size);
  if (status == THALNET_OK) use(subject);
  expect_same(subject, subject->before, subject->size, "a refused checkpoint changes the training");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static struct subject subjects[FUZZ_TRAININGS];
  for (int kind = 0; kind < FUZZ_TRAININGS; kind++) {
    if (subjects[kind].before == NULL) start(&subjects[kind], kind);
    try_one(&subjects[kind], bytes, size);
  }
  return 0;
}
