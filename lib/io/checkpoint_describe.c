/* SPDX-License-Identifier: MIT */
/* From a training to a file's header and blocks of numbers. */
#include <string.h>

#include "io/checkpoint.h"
#include "io/json_scan.h"
#include "io/model_metadata.h"
#include "network/start.h"

/* --- numbers --- */

int thalnet__training_block(const thalnet__training *training, size_t number, thalnet__block *block) {
  const thalnet_optimizer *optimizer = training->optimizer;
  const thalnet__block all[] = {
      {.prefix = "", .values = training->net->parameters},
      {.prefix = THALNET__CHECKPOINT_TENSORS "first.", .values = optimizer == NULL ? NULL : optimizer->first},
      {.prefix = THALNET__CHECKPOINT_TENSORS "second.", .values = optimizer == NULL ? NULL : optimizer->second},
      {.prefix = THALNET__CHECKPOINT_TENSORS "average.", .values = optimizer == NULL ? NULL : optimizer->averages}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (all[i].values == NULL || number-- > 0) continue;
    *block = all[i];
    block->count = training->net->parameter_count;
    return 1;
  }
  if (number >= training->state_count) return 0;
  const thalnet_state *state = training->states[number];
  *block = (thalnet__block){.prefix = THALNET__CHECKPOINT_TENSORS "states.",
                            .values = state->memory,
                            .count = state->rows * thalnet__memory_values(training->net),
                            .state = state,
                            .number = number};
  return 1;
}

static void thalnet__describe_block(thalnet__text *text, const thalnet__training *training, const thalnet__block *block,
                                    size_t place) {
  const thalnet_center *net = training->net;
  for (size_t t = 0; block->state == NULL && t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    thalnet__describe_tensor(text, block->prefix, tensor->name, (size_t)tensor->shape.rank, tensor->shape.dimensions,
                             place + tensor->place);
  }
  if (block->state == NULL) return;
  char digits[24];
  thalnet__text name = {digits, sizeof digits, 0};
  const size_t shape[] = {block->state->rows, thalnet__memory_values(net)};
  thalnet__text_number(&name, block->number);
  thalnet__describe_tensor(text, block->prefix, thalnet__text_end(&name), 2, shape, place);
}

/* --- pairs --- */

static void thalnet__open_pair(thalnet__text *text, const char *key) {
  thalnet__text_add(text, ",\"");
  thalnet__text_add(text, key);
  thalnet__text_add(text, "\":\"");
}

static void thalnet__add_pair(thalnet__text *text, const char *key, const char *value) {
  thalnet__open_pair(text, key);
  thalnet__text_escaped(text, value);
  thalnet__text_add(text, "\"");
}

static void thalnet__add_number(thalnet__text *text, const char *key, uint64_t number) {
  thalnet__open_pair(text, key);
  thalnet__text_number(text, number);
  thalnet__text_add(text, "\"");
}

static void thalnet__add_bits(thalnet__text *text, const char *key, double number) {
  thalnet__open_pair(text, key);
  thalnet__text_bits(text, number);
  thalnet__text_add(text, "\"");
}

static const char *thalnet__optimizer_name(int32_t kind) {
  static const char *const names[] = {"sgd", "rmsprop", "adam", "adamw"};
  return names[kind];
}

/* What moments and averages mean. */
static void thalnet__describe_settings(thalnet__text *text, const thalnet_optimizer *optimizer) {
  const thalnet_optimizer_options *options = &optimizer->options;
  const int32_t kind = optimizer->kind;
  thalnet__add_pair(text, THALNET__CHECKPOINT("optimizer"), thalnet__optimizer_name(kind));
  if (kind == THALNET_SGD || kind == THALNET_RMSPROP)
    thalnet__add_bits(text, THALNET__CHECKPOINT("momentum"), options->momentum);
  if (kind == THALNET_RMSPROP) thalnet__add_bits(text, THALNET__CHECKPOINT("smoothing"), options->smoothing);
  if (kind == THALNET_ADAM || kind == THALNET_ADAMW) {
    thalnet__add_bits(text, THALNET__CHECKPOINT("beta1"), options->beta1);
    thalnet__add_bits(text, THALNET__CHECKPOINT("beta2"), options->beta2);
  }
  thalnet__add_bits(text, THALNET__CHECKPOINT("average"), options->average);
}

static void thalnet__describe_counters(thalnet__text *text, const thalnet_optimizer *optimizer) {
  const thalnet_center *net = optimizer->net;
  thalnet__add_number(text, THALNET__CHECKPOINT("steps"), optimizer->steps);
  thalnet__open_pair(text, THALNET__CHECKPOINT("updates"));
  for (size_t t = 0; t < net->tensor_count; t++) {
    thalnet__text_add(text, t == 0 ? "" : " ");
    thalnet__text_add(text, net->tensors[t].name);
    thalnet__text_add(text, ":");
    thalnet__text_number(text, optimizer->tensor_steps[t]);
  }
  thalnet__text_add(text, "\"");
  thalnet__add_bits(text, THALNET__CHECKPOINT("gradient_norm"), optimizer->gradient_norm);
  thalnet__add_number(text, THALNET__CHECKPOINT("swapped"), (uint64_t)optimizer->swapped);
  if (optimizer->skipped == 0) return;
  thalnet__open_pair(text, THALNET__KEY_SKIPPED);
  thalnet__text_number(text, optimizer->skipped);
  thalnet__text_add(text, ":");
  thalnet__text_number(text, optimizer->skipped_in_a_row);
  thalnet__text_add(text, "\"");
}

/* Which rows have values of their own, and do not begin at the learned start: a digit each, a word for every state. */
static void thalnet__describe_begun(thalnet__text *text, const thalnet__training *training) {
  thalnet__open_pair(text, THALNET__CHECKPOINT("begun"));
  for (size_t i = 0; i < training->state_count; i++) {
    const thalnet_state *state = training->states[i];
    thalnet__text_add(text, i == 0 ? "" : " ");
    for (size_t row = 0; row < state->rows; row++) thalnet__text_add(text, thalnet__is_fresh(state, row) ? "0" : "1");
  }
  thalnet__text_add(text, "\"");
}

/* Names of the tensors that training leaves alone. */
static void thalnet__describe_frozen(thalnet__text *text, const thalnet_center *net) {
  size_t count = 0;
  for (size_t t = 0; t < net->tensor_count; t++) {
    if (!net->tensors[t].frozen) continue;
    if (count++ == 0)
      thalnet__open_pair(text, THALNET__CHECKPOINT("frozen"));
    else
      thalnet__text_add(text, " ");
    thalnet__text_add(text, net->tensors[t].name);
  }
  if (count > 0) thalnet__text_add(text, "\"");
}

static void thalnet__describe_training(const void *subject, thalnet__text *text, size_t *checksum) {
  const thalnet__training *training = subject;
  thalnet__block block;
  thalnet__describe_network(text, training->net, checksum);
  thalnet__add_pair(text, THALNET__KEY_CHECKPOINT, THALNET__CHECKPOINT_VERSION);
  thalnet__add_pair(text, THALNET__CHECKPOINT("build"), training->build);
  thalnet__open_pair(text, THALNET__CHECKPOINT("states"));
  for (size_t i = 0; i < training->state_count; i++) {
    thalnet__text_add(text, i == 0 ? "" : " ");
    thalnet__text_number(text, training->states[i]->rows);
  }
  thalnet__text_add(text, "\"");
  if (training->net->learned_start) thalnet__describe_begun(text, training);
  thalnet__describe_frozen(text, training->net);
  if (training->optimizer != NULL) {
    thalnet__describe_settings(text, training->optimizer);
    thalnet__describe_counters(text, training->optimizer);
  }
  for (size_t i = 0; i < training->pair_count; i++) {
    thalnet__text_add(text, ",\"" THALNET__HOST);
    thalnet__text_add(text, training->pairs[i].key);
    thalnet__text_add(text, "\":\"");
    thalnet__text_escaped(text, training->pairs[i].value);
    thalnet__text_add(text, "\"");
  }
  thalnet__text_add(text, "}");
  for (size_t i = 0, place = 0; thalnet__training_block(training, i, &block); i++, place += block.count)
    thalnet__describe_block(text, training, &block, place);
}

static const real *thalnet__image_block(const void *subject, size_t number, size_t *count) {
  thalnet__block block = {0}; /* stays empty where there is none */
  (void)thalnet__training_block(subject, number, &block);
  *count = block.count;
  return block.values;
}

thalnet__image thalnet__checkpoint_image(const thalnet__training *training) {
  return (thalnet__image){.memory = &training->net->memory,
                          .subject = training,
                          .describe = thalnet__describe_training,
                          .block = thalnet__image_block};
}

/* --- what can be saved --- */

static thalnet_status thalnet__check_pair(const thalnet_checkpoint_pair *pair, size_t number) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
  if (pair->key == NULL || pair->value == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "pair %zu: its %s is NULL", number,
                         pair->key == NULL ? "key" : "value");
  const size_t length = strlen(pair->key), size = strlen(pair->value);
  if (length == 0 || length > THALNET_NAME_LIMIT || strspn(pair->key, letters) != length)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "pair %zu: the key '%.80s' is not 1 to %d of a-z, 0-9, _ and .",
                         number, pair->key, THALNET_NAME_LIMIT);
  for (size_t at = 0, more; at < size; at += more) {
    more = thalnet__utf8_length(pair->value + at, size - at);
    if (more == 0)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "pair '%s': byte %zu of its value is not UTF-8", pair->key, at);
  }
  return THALNET_OK;
}

thalnet_status thalnet__check_pairs(const thalnet_checkpoint_pair *pairs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    THALNET__TRY(thalnet__check_pair(&pairs[i], i));
    for (size_t j = 0; j < i; j++)
      if (strcmp(pairs[i].key, pairs[j].key) == 0)
        return thalnet__fail(THALNET_ERROR_ARGUMENT, "the key '%s' is there twice", pairs[i].key);
  }
  return THALNET_OK;
}

thalnet_status thalnet__check_averages(const thalnet__training *training) {
  const thalnet_optimizer *optimizer = training->optimizer;
  if (atomic_load(&training->net->averaged) && (optimizer == NULL || !optimizer->swapped))
    return thalnet__fail(THALNET_ERROR_STATE, "averages of another optimizer are in the place of the weights");
  return THALNET_OK;
}
