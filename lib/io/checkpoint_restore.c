/* SPDX-License-Identifier: MIT */
/* From a file back into a training. Everything is read into a block of its own and checked there; only then do the objects
 * change, and from there on nothing can fail. */
#include <string.h>

#include "core/checked.h"
#include "core/floating.h"
#include "io/bytes.h"
#include "io/checkpoint.h"
#include "io/contents.h"
#include "io/model_metadata.h"
#include "network/gradients.h"
#include "network/prepare.h"

/* What a file has of a training, before it is one. */
typedef struct thalnet__staged {
  thalnet__training *training;
  real *numbers; /* all blocks, one after the other */
  size_t count;
  uint64_t *updates; /* [tensor]; with an optimizer */
  uint8_t *begun;    /* [row] of all states; with a learned start */
  size_t rows;
  uint64_t steps, skipped, skipped_in_a_row;
  double gradient_norm;
  int swapped;
} thalnet__staged;

/* --- the file against the host's objects --- */

static int thalnet__starts(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* Settings must be equal; these are what training changes, and who wrote them. */
static int thalnet__is_setting(const char *key) {
  static const char *const others[] = {THALNET__KEY_CHECKSUM,          THALNET__CHECKPOINT("build"),
                                       THALNET__CHECKPOINT("begun"),   THALNET__CHECKPOINT("steps"),
                                       THALNET__CHECKPOINT("updates"), THALNET__CHECKPOINT("gradient_norm"),
                                       THALNET__CHECKPOINT("swapped"), THALNET__KEY_SKIPPED};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(key, others[i]) == 0) return 0;
  return thalnet__starts(key, "thalnet.");
}

static thalnet_status thalnet__difference_status(const char *key) {
  const int version = strcmp(key, "thalnet.format") == 0 || strcmp(key, THALNET__KEY_CHECKPOINT) == 0;
  return version ? THALNET_ERROR_FORMAT : THALNET_ERROR_MISMATCH;
}

static thalnet_status thalnet__tell_difference(const char *key, const char *theirs, const char *mine) {
  const thalnet_status status = thalnet__difference_status(key);
  double a, b;
  if (thalnet__starts(key, THALNET__KEY_CHECKPOINT) && thalnet__read_bits(theirs, &a) == 0 &&
      thalnet__read_bits(mine, &b) == 0)
    return thalnet__fail(status, "%.100s: %.17g in the file, %.17g here", key, a, b);
  return thalnet__fail(status, "%.100s: '%.100s' in the file, '%.100s' here", key, theirs, mine);
}

/* A key that is not there in every training of its kind: only where steps were left out. */
static int thalnet__may_be_there(const char *key, const thalnet__header *mine) {
  return strcmp(key, THALNET__KEY_SKIPPED) == 0 && thalnet__header_pair(mine, THALNET__CHECKPOINT("steps")) != NULL;
}

static thalnet_status thalnet__match_settings(const thalnet__header *file, const thalnet__header *mine) {
  if (thalnet__header_pair(file, "thalnet.format") == NULL)
    return thalnet__fail(THALNET_ERROR_FORMAT, "a safetensors file, but no checkpoint of libthalnet");
  if (thalnet__header_pair(file, THALNET__KEY_CHECKPOINT) == NULL)
    return thalnet__fail(THALNET_ERROR_FORMAT,
                         "a model file, but no checkpoint: there is no '" THALNET__KEY_CHECKPOINT "' in it");
  for (size_t i = 0; i < mine->pair_count; i++) {
    const thalnet__pair *pair = &mine->pairs[i];
    const thalnet__pair *other = thalnet__header_pair(file, pair->key);
    if (!thalnet__is_setting(pair->key)) continue;
    if (other == NULL)
      return thalnet__fail(thalnet__difference_status(pair->key), "%.100s: nothing in the file, '%.100s' here",
                           pair->key, pair->value);
    if (strcmp(other->value, pair->value) != 0) return thalnet__tell_difference(pair->key, other->value, pair->value);
  }
  for (size_t i = 0; i < file->pair_count; i++) {
    const thalnet__pair *pair = &file->pairs[i];
    if (thalnet__starts(pair->key, "thalnet.") && thalnet__header_pair(mine, pair->key) == NULL &&
        !thalnet__may_be_there(pair->key, mine))
      return thalnet__fail(thalnet__difference_status(pair->key), "%.100s: '%.100s' in the file, nothing here",
                           pair->key, pair->value);
  }
  return THALNET_OK;
}

static thalnet_status thalnet__match_numbers(const thalnet__header *file, const thalnet__header *mine, size_t *count) {
  *count = 0;
  for (size_t t = 0; t < mine->tensor_count; t++) {
    const thalnet__file_tensor *tensor = &mine->tensors[t];
    THALNET__TRY(thalnet__want_tensor(file, tensor->name, tensor->rank, tensor->dimensions,
                                      (size_t)(tensor->begin / THALNET__FLOAT_BYTES)));
    *count = thalnet__max(*count, (size_t)(tensor->end / THALNET__FLOAT_BYTES));
  }
  return thalnet__expect_no_more(file);
}

/* --- counters --- */

static thalnet_status thalnet__refuse(const char *key, const char *value, const char *wanted) {
  return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.80s' is not %s", key, value, wanted);
}

static thalnet_status thalnet__read_pair(const thalnet__header *file, const char *key, const char **value) {
  const thalnet__pair *pair = thalnet__header_pair(file, key);
  *value = pair == NULL ? NULL : pair->value;
  return pair != NULL ? THALNET_OK : thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '%s' is missing", key);
}

static thalnet_status thalnet__read_count(const thalnet__header *file, const char *key, uint64_t limit,
                                          uint64_t *number) {
  const char *value, *rest;
  thalnet__word word;
  THALNET__TRY(thalnet__read_pair(file, key, &value));
  rest = value;
  if (thalnet__take_word(&rest, &word) != 1 || *rest != 0 || word.count != 1 ||
      thalnet__field_number(&word.fields[0], limit, number))
    return thalnet__refuse(key, value, limit == 1 ? "0 or 1" : "a plain decimal number");
  return THALNET_OK;
}

/* "<tensor>:<updates>" for every tensor in its order; none has more than there were steps. */
static thalnet_status thalnet__read_updates(const thalnet__header *file, thalnet__staged *staged) {
  const char *key = THALNET__CHECKPOINT("updates");
  const thalnet_center *net = staged->training->net;
  const char *list;
  thalnet__word word;
  THALNET__TRY(thalnet__read_pair(file, key, &list));
  for (size_t t = 0; t < net->tensor_count; t++) {
    const char *name = net->tensors[t].name;
    if (thalnet__take_word(&list, &word) != 1 || word.count != 2 || !thalnet__field_is(&word.fields[0], name))
      return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.*s' is not %s with its number of updates", key,
                           (int)thalnet__min(word.length, 80), word.at, name);
    if (thalnet__field_number(&word.fields[1], staged->steps, &staged->updates[t]))
      return thalnet__fail(THALNET_ERROR_FORMAT, "%s: %s: '%.*s' is not a number of updates up to the %llu steps", key,
                           name, (int)thalnet__min(word.fields[1].length, 40), word.fields[1].at,
                           (unsigned long long)staged->steps);
  }
  return *list == 0 ? THALNET_OK : thalnet__refuse(key, list, "at its end after the last tensor");
}

static thalnet_status thalnet__read_begun(const thalnet__header *file, thalnet__staged *staged) {
  const char *key = THALNET__CHECKPOINT("begun"), *list;
  const thalnet__training *training = staged->training;
  thalnet__word word;
  THALNET__TRY(thalnet__read_pair(file, key, &list));
  for (size_t i = 0, at = 0; i < training->state_count; i++) {
    const size_t rows = training->states[i]->rows;
    if (thalnet__take_word(&list, &word) != 1 || word.length != rows || strspn(word.at, "01") != rows)
      return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.*s' is not 0 or 1 for each of the %zu rows of state %zu", key,
                           (int)thalnet__min(word.length, 80), word.at, rows, i);
    for (size_t row = 0; row < rows; row++) staged->begun[at++] = word.at[row] == '1';
  }
  return *list == 0 ? THALNET_OK : thalnet__refuse(key, list, "at its end after the last state");
}

/* "<steps left out>:<of them in a row>"; absent: none. */
static thalnet_status thalnet__read_skipped(const thalnet__header *file, thalnet__staged *staged) {
  const thalnet__pair *pair = thalnet__header_pair(file, THALNET__KEY_SKIPPED);
  thalnet__word word;
  if (pair == NULL) return THALNET_OK;
  const char *rest = pair->value;
  if (thalnet__take_word(&rest, &word) != 1 || *rest != 0 || word.count != 2 ||
      thalnet__field_number(&word.fields[0], UINT64_MAX, &staged->skipped) || staged->skipped == 0 ||
      thalnet__field_number(&word.fields[1], staged->skipped, &staged->skipped_in_a_row))
    return thalnet__refuse(THALNET__KEY_SKIPPED, pair->value, "how many steps were left out, and of them in a row");
  return THALNET_OK;
}

static thalnet_status thalnet__read_counters(const thalnet__header *file, thalnet__staged *staged) {
  const char *norm;
  uint64_t swapped;
  THALNET__TRY(thalnet__read_count(file, THALNET__CHECKPOINT("steps"), UINT64_MAX, &staged->steps));
  THALNET__TRY(thalnet__read_updates(file, staged));
  THALNET__TRY(thalnet__read_pair(file, THALNET__CHECKPOINT("gradient_norm"), &norm));
  if (thalnet__read_bits(norm, &staged->gradient_norm) || !thalnet__is_finite(staged->gradient_norm) ||
      staged->gradient_norm < 0)
    return thalnet__refuse(THALNET__CHECKPOINT("gradient_norm"), norm, "the bits of a norm");
  THALNET__TRY(thalnet__read_count(file, THALNET__CHECKPOINT("swapped"), 1, &swapped));
  if (swapped && staged->training->optimizer->averages == NULL)
    return thalnet__refuse(THALNET__CHECKPOINT("swapped"), "1", "possible without averages");
  staged->swapped = (int)swapped;
  return thalnet__read_skipped(file, staged);
}

/* --- the numbers --- */

static thalnet_status thalnet__check_numbers(const thalnet__staged *staged) {
  thalnet__block block;
  for (size_t i = 0, place = 0; thalnet__training_block(staged->training, i, &block); i++, place += block.count)
    THALNET__TRY(
        thalnet__check_block(staged->training, &block, staged->numbers + place, staged->swapped, staged->updates));
  return THALNET_OK;
}

/* --- all of it --- */

static thalnet_status thalnet__read_staged(thalnet__header *file, thalnet__source *source, thalnet__staged *staged) {
  const thalnet_memory *memory = &staged->training->net->memory;
  thalnet__crc crc;
  const char *digits = NULL;
  void *block;
  THALNET__TRY(thalnet__sum_header(file, &crc, &digits));
  if (staged->training->optimizer != NULL) {
    THALNET__TRY(thalnet__allocate(memory, staged->training->net->tensor_count, sizeof *staged->updates, &block));
    staged->updates = block;
    THALNET__TRY(thalnet__read_counters(file, staged));
  }
  for (size_t i = 0; i < staged->training->state_count; i++) staged->rows += staged->training->states[i]->rows;
  if (staged->training->net->learned_start) {
    THALNET__TRY(thalnet__allocate(memory, staged->rows, 1, &block));
    staged->begun = block;
    THALNET__TRY(thalnet__read_begun(file, staged));
  }
  THALNET__TRY(thalnet__allocate(memory, staged->count, sizeof(real), &block));
  staged->numbers = block;
  THALNET__TRY(thalnet__read_data(file, source, &crc, staged->numbers));
  THALNET__TRY(thalnet__check_sum(&crc, digits));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__check_numbers(staged);
  thalnet__floating_leave(mode);
  return status;
}

static void thalnet__free_staged(thalnet__staged *staged) {
  const thalnet_center *net = staged->training->net;
  thalnet__release(&net->memory, staged->numbers, staged->count, sizeof(real));
  thalnet__release(&net->memory, staged->begun, staged->rows, 1);
  thalnet__release(&net->memory, staged->updates, net->tensor_count, sizeof *staged->updates);
}

/* Frames that were set or computed belong to what the states were before. */
static void thalnet__forget_frames(const thalnet__training *training) {
  for (size_t i = 0; i < training->state_count; i++) {
    thalnet_state *state = training->states[i];
    for (size_t k = 0; k < training->net->input_count && state->given != NULL; k++) state->given[k] = 0;
    state->advanced = 0;
  }
}

static thalnet_status thalnet__commit(const thalnet__staged *staged) {
  thalnet_center *net = staged->training->net;
  thalnet_optimizer *optimizer = staged->training->optimizer;
  thalnet__block block;
  for (size_t i = 0, place = 0; thalnet__training_block(staged->training, i, &block); i++, place += block.count)
    memcpy(block.values, staged->numbers + place, block.count * sizeof(real));
  for (size_t i = 0, at = 0; i < staged->training->state_count && staged->begun != NULL; i++) {
    thalnet_state *state = staged->training->states[i];
    memcpy(state->begun, staged->begun + at, state->rows);
    at += state->rows;
  }
  thalnet__forget_frames(staged->training);
  if (optimizer != NULL) {
    memcpy(optimizer->tensor_steps, staged->updates, net->tensor_count * sizeof *staged->updates);
    optimizer->steps = staged->steps;
    optimizer->skipped = staged->skipped;
    optimizer->skipped_in_a_row = staged->skipped_in_a_row;
    optimizer->gradient_norm = staged->gradient_norm;
    optimizer->swapped = staged->swapped;
    atomic_store(&net->averaged, staged->swapped);
  }
  if (net->gradients != NULL) thalnet__clear_gradients(net);
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__prepare(net); /* cannot fail: the values were checked */
  thalnet__floating_leave(mode);
  return status;
}

static thalnet_status thalnet__restore_from(thalnet__training *training, thalnet__header *file, thalnet__source *source,
                                            thalnet_checkpoint **checkpoint_out) {
  const thalnet__image image = thalnet__checkpoint_image(training);
  thalnet__staged staged = {.training = training};
  thalnet__header mine;
  THALNET__TRY(thalnet__image_header(&image, &mine));
  thalnet_status status = thalnet__match_settings(file, &mine);
  if (status == THALNET_OK) status = thalnet__match_numbers(file, &mine, &staged.count);
  thalnet__header_free(&mine);
  if (status == THALNET_OK) status = thalnet__checkpoint_create(training->net, file, checkpoint_out);
  if (status == THALNET_OK) status = thalnet__read_staged(file, source, &staged);
  if (status == THALNET_OK) status = thalnet__commit(&staged);
  thalnet__free_staged(&staged);
  return status;
}

thalnet_status thalnet__restore(thalnet__training *training, thalnet__source *source,
                                thalnet_checkpoint **checkpoint_out) {
  thalnet__header file;
  *checkpoint_out = NULL;
  THALNET__TRY(thalnet__check_averages(training));
  THALNET__TRY(thalnet__header_read(&file, &training->net->memory, source));
  const thalnet_status status = thalnet__restore_from(training, &file, source, checkpoint_out);
  thalnet__header_free(&file);
  if (status != THALNET_OK && *checkpoint_out != NULL) {
    thalnet__checkpoint_free(*checkpoint_out);
    *checkpoint_out = NULL;
  }
  return status;
}
