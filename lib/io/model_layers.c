/* SPDX-License-Identifier: MIT */
#include "io/model_layers.h"

#include <string.h>

enum { UNITS = 1, GATES, HIDDEN_GATES, VECTORS, CELL, NUMBERS };

thalnet_status thalnet__check_host_layers(const thalnet__host_layers *given) {
  thalnet__host_layer host;
  if (given->count > 0 && given->layers == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_load_options: layers is NULL, layer_count %zu", given->count);
  for (size_t i = 0; i < given->count; i++) {
    if (given->layers[i] == NULL)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_load_options: layer %zu of %zu is NULL", i, given->count);
    THALNET__TRY(thalnet__host_layer_read(given->layers[i], &host));
    for (size_t j = 0; j < i; j++)
      if (strcmp(given->layers[j]->name, host.name) == 0)
        return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_load_options: layers %zu and %zu are both named '%s'", j,
                             i, host.name);
  }
  return THALNET_OK;
}

int thalnet__is_host_layer(const thalnet__word *word) {
  static const char prefix[] = THALNET__HOST_LAYER;
  return word->fields[0].length >= sizeof prefix - 1 && memcmp(word->fields[0].at, prefix, sizeof prefix - 1) == 0;
}

static const thalnet_layer *thalnet__find_host_layer(const thalnet__host_layers *given,
                                                     const struct thalnet__field *name) {
  for (size_t i = 0; i < given->count; i++)
    if (thalnet__field_is(name, given->layers[i]->name)) return given->layers[i];
  return NULL;
}

static thalnet_status thalnet__match_host_layer(const char *key, const thalnet__host_layer *host,
                                                const uint64_t numbers[NUMBERS]) {
  const thalnet__layer_kind *kind = &host->kind;
  static const char *const names[NUMBERS] = {
      [GATES] = "gates", [HIDDEN_GATES] = "hidden_gates", [VECTORS] = "vectors", [CELL] = "cell"};
  const uint64_t mine[NUMBERS] = {[GATES] = kind->gates,
                                  [HIDDEN_GATES] = kind->hidden_gates,
                                  [VECTORS] = host->vectors,
                                  [CELL] = (uint64_t)kind->cell};
  for (int i = GATES; i < NUMBERS; i++)
    if (mine[i] != numbers[i])
      return thalnet__fail(THALNET_ERROR_MISMATCH,
                           "%s: the host's layer '%s': %s is %llu in the file, %llu in thalnet_load_options.layers",
                           key, host->name, names[i], (unsigned long long)numbers[i], (unsigned long long)mine[i]);
  return THALNET_OK;
}

thalnet_status thalnet__read_host_layer(const thalnet__host_layers *given, const char *key, const thalnet__word *word,
                                        thalnet__host_layer *host, thalnet__layer *layer) {
  const size_t prefix = sizeof THALNET__HOST_LAYER - 1;
  const struct thalnet__field name = {word->fields[0].at + prefix, word->fields[0].length - prefix};
  uint64_t numbers[NUMBERS] = {0};
  int malformed = word->count != NUMBERS || name.length == 0 || name.length > THALNET_NAME_LIMIT;
  for (int i = UNITS; i < NUMBERS && !malformed; i++)
    malformed =
        thalnet__field_number(&word->fields[i], i == UNITS ? INT32_MAX : THALNET_LAYER_BLOCK_LIMIT, &numbers[i]);
  if (malformed)
    return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.*s' is not host.name:units:gates:hidden_gates:vectors:cell", key,
                         (int)(word->length < 80 ? word->length : 80), word->at);
  const thalnet_layer *found = thalnet__find_host_layer(given, &name);
  if (found == NULL)
    return thalnet__fail(THALNET_ERROR_UNSUPPORTED,
                         "%s: '%.*s' is a layer of the host, and not among thalnet_load_options.layers", key,
                         (int)name.length, name.at);
  THALNET__TRY(thalnet__host_layer_read(found, host));
  *layer = (thalnet__layer){.kind = &host->kind, .units = (size_t)numbers[UNITS]};
  return thalnet__match_host_layer(key, host, numbers);
}

void thalnet__describe_host_layer(thalnet__text *text, const thalnet__layer *layer) {
  const thalnet__layer_kind *kind = layer->kind;
  const uint64_t numbers[NUMBERS] = {
      0, layer->units, kind->gates, kind->hidden_gates, kind->host->vectors, (uint64_t)kind->cell};
  thalnet__text_add(text, THALNET__HOST_LAYER);
  thalnet__text_add(text, kind->name);
  for (int i = UNITS; i < NUMBERS; i++) {
    thalnet__text_add(text, ":");
    thalnet__text_number(text, numbers[i]);
  }
}
