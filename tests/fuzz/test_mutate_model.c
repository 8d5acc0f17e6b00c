/* SPDX-License-Identifier: MIT */
/* How far changed model files get: by our mutator past header and checksum into everything behind them, by changes of bytes
 * nowhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../api/model_file.h"
#include "../io/run.h"
#include "../io/zoo.h"
#include "fuzz.h"
#include "mutate.h"

enum { FILES = 20, MUTANTS = 150, ROOM = 16384 };

/* How often each status came, under its negative. */
struct outcome {
  int counts[32];
};

static void try_one(struct outcome *outcome, const uint8_t *bytes, size_t size) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.max_parameters = 1 << 14;
  const thalnet_status status = thalnet_center_load_memory(bytes, size, &options, &net);
  ck_assert(status <= 0 && status > -32);
  outcome->counts[-status]++;
  thalnet_center_free(net);
}

static struct outcome measure(size_t (*mutate)(uint8_t *, size_t, size_t, unsigned)) {
  struct outcome outcome = {{0}};
  unsigned long long state = 3;
  for (int i = 0; i < FILES; i++) {
    thalnet_center *net = zoo_random(&state);
    struct model model = model_of(net);
    thalnet_center_free(net);
    for (unsigned seed = 0; seed < MUTANTS && model.size <= ROOM; seed++) {
      uint8_t *bytes = malloc(ROOM); /* a block of its own, so that a sanitizer sees every step over it */
      memcpy(bytes, model.bytes, model.size);
      const size_t size = mutate(bytes, model.size, ROOM, seed);
      ck_assert_uint_le(size, ROOM);
      try_one(&outcome, bytes, size);
      free(bytes);
    }
    model_free(&model);
  }
  return outcome;
}

static int print(const char *what, const struct outcome *outcome) {
  int sum = 0;
  printf("%s:", what);
  for (int i = 0; i < 32; i++) {
    sum += outcome->counts[i];
    if (outcome->counts[i] > 0) printf(" %s %d", thalnet_status_name(-i), outcome->counts[i]);
  }
  printf(" of %d\n", sum);
  return sum;
}

static size_t change_bytes(uint8_t *bytes, size_t size, size_t room, unsigned seed) {
  (void)seed;
  return LLVMFuzzerMutate(bytes, size, room);
}

START_TEST(mutants_get_past_the_checksum) {
  const struct outcome ours = measure(LLVMFuzzerCustomMutator), bytes = measure(change_bytes);
  const int sum = print("mutants", &ours), plain_sum = print("changed bytes", &bytes);
  ck_assert_int_gt(sum, 1000);
  /* some of either: what is loaded, and what is refused with a right and with a wrong checksum */
  ck_assert_int_gt(ours.counts[0], sum / 16);
  ck_assert_int_gt(ours.counts[-THALNET_ERROR_FORMAT], sum / 10);
  ck_assert_int_gt(ours.counts[-THALNET_ERROR_NONFINITE], 0);
  ck_assert_int_gt(ours.counts[-THALNET_ERROR_LIMIT], 0);
  ck_assert_int_gt(ours.counts[-THALNET_ERROR_CHECKSUM], 0);
  ck_assert_int_lt(ours.counts[-THALNET_ERROR_CHECKSUM], sum / 10);
  ck_assert_int_lt(bytes.counts[0], plain_sum / 100);
}
END_TEST

START_TEST(a_seed_gives_the_same_mutant) {
  struct model model = model_of_kind(SUPPORT_SMALL);
  static uint8_t mutants[2][ROOM];
  int compared = 0;
  for (unsigned seed = 0; seed < 200; seed++) {
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
      memcpy(mutants[i], model.bytes, model.size);
      sizes[i] = LLVMFuzzerCustomMutator(mutants[i], model.size, ROOM, seed);
    }
    compared += sizes[0] == sizes[1] && memcmp(mutants[0], mutants[1], sizes[0]) == 0;
  }
  ck_assert_int_gt(compared, 60); /* others ask LLVMFuzzerMutate, which goes on in its own numbers here */
  model_free(&model);
}
END_TEST

/* Files that are none, empty ones, and no room. */
START_TEST(anything_can_be_changed) {
  struct model model = model_of_kind(SUPPORT_READERS);
  for (unsigned seed = 0; seed < 500; seed++)
    for (size_t size = 0; size < model.size; size = 2 * size + 1) {
      uint8_t *bytes = malloc(model.size);
      memcpy(bytes, model.bytes, size);
      ck_assert_uint_le(LLVMFuzzerCustomMutator(bytes, size, model.size, seed), model.size);
      free(bytes);
    }
  model_free(&model);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {mutants_get_past_the_checksum, a_seed_gives_the_same_mutant, anything_can_be_changed};
  return IO_RUN("mutate_model", tests);
}
