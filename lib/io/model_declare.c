/* SPDX-License-Identifier: MIT */
/* From pairs of strings to a draft. */
#include "io/model_metadata.h"

#include <string.h>

#include <thalnet/module.h>

#include "core/floating.h"
#include "io/model_parts.h"
#include "network/declare.h"

/* What is being read. Every layer, reader and connection to an output brings tensors; there can be no more of them than the file
 * has. Without this bound a few bytes of metadata could ask for a hundred times as many bytes of tables. */
typedef struct thalnet__plan {
  thalnet__header *header;
  const thalnet__host_layers *layers;
  thalnet_center *net;
  size_t tensors;
} thalnet__plan;

/* --- pairs --- */

enum { THALNET__KEY_SIZE = 64 };

/* What a declaring call refuses is the file's fault, not the caller's. */
static thalnet_status thalnet__refuse(thalnet_status status, const char *key) {
  if (status == THALNET_OK || status == THALNET_ERROR_MEMORY) return status;
  if (status != THALNET_ERROR_LIMIT) status = THALNET_ERROR_FORMAT;
  return thalnet__fail_within(status, key);
}

static thalnet_status thalnet__refuse_word(const char *key, const thalnet__word *word, const char *wanted) {
  return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.*s' is not %s", key, (int)(word->length < 80 ? word->length : 80),
                       word->at, wanted);
}

static const char *thalnet__take(thalnet__header *header, const char *key) {
  const thalnet__pair *pair = thalnet__header_take(header, key);
  return pair == NULL ? NULL : pair->value;
}

static thalnet_status thalnet__require(const thalnet__plan *plan, const char *key, const char **value) {
  *value = thalnet__take(plan->header, key);
  return *value != NULL ? THALNET_OK : thalnet__fail(THALNET_ERROR_FORMAT, "metadata: '%s' is missing", key);
}

static thalnet_status thalnet__require_number(const thalnet__plan *plan, const char *key, int32_t *number) {
  const char *value;
  thalnet__word word;
  uint64_t read;
  THALNET__TRY(thalnet__require(plan, key, &value));
  if (thalnet__take_word(&value, &word) != 1 || *value != 0 || word.count != 1 ||
      thalnet__field_number(&word.fields[0], INT32_MAX, &read))
    return thalnet__refuse_word(key, &word, "a plain decimal number");
  *number = (int32_t)read;
  return THALNET_OK;
}

/* "thalnet.module.<i>.<what>" */
static const char *thalnet__module_key(char key[THALNET__KEY_SIZE], size_t i, const char *what) {
  thalnet__text text = {key, THALNET__KEY_SIZE, 0};
  thalnet__text_add(&text, "thalnet.module.");
  thalnet__text_number(&text, i);
  thalnet__text_add(&text, ".");
  thalnet__text_add(&text, what);
  return thalnet__text_end(&text);
}

static thalnet_status thalnet__count_tensors(thalnet__plan *plan, size_t more) {
  plan->tensors += more;
  if (plan->tensors > plan->header->tensor_count)
    return thalnet__fail(THALNET_ERROR_FORMAT, "the metadata describe more tensors than the %zu of the file",
                         plan->header->tensor_count);
  return THALNET_OK;
}

/* --- inputs and outputs --- */

typedef struct thalnet__port {
  char name[THALNET_NAME_LIMIT + 1];
  uint64_t size, steps;
  const struct thalnet__field *kind;
} thalnet__port;

/* name:size:kind:steps_per_frame; -1: it is not that */
static int thalnet__read_port(const thalnet__word *word, thalnet__port *port) {
  if (word->count != 4 || word->fields[0].length > THALNET_NAME_LIMIT) return -1;
  memcpy(port->name, word->fields[0].at, word->fields[0].length);
  port->name[word->fields[0].length] = 0;
  port->kind = &word->fields[2];
  return thalnet__field_number(&word->fields[1], INT32_MAX, &port->size) ||
                 thalnet__field_number(&word->fields[3], INT32_MAX, &port->steps)
             ? -1
             : 0;
}

static thalnet_status thalnet__declare_inputs(thalnet__plan *plan) {
  static const char key[] = "thalnet.inputs";
  const char *list;
  thalnet__word word;
  thalnet__port port;
  int taken;
  THALNET__TRY(thalnet__require(plan, key, &list));
  while ((taken = thalnet__take_word(&list, &word)) != 0) {
    const int good = taken > 0 && thalnet__read_port(&word, &port) == 0;
    const int tokens = good && thalnet__field_is(port.kind, "tokens");
    if (!good || (!tokens && !thalnet__field_is(port.kind, "dense")))
      return thalnet__refuse_word(key, &word, "name:size:dense:steps or name:size:tokens:steps");
    THALNET__TRY(thalnet__refuse(
        thalnet__declare_input(plan->net, port.name, (size_t)port.size, tokens, (int32_t)port.steps, NULL), key));
  }
  return THALNET_OK;
}

static thalnet_status thalnet__declare_outputs(thalnet__plan *plan) {
  static const char key[] = "thalnet.outputs";
  const char *list;
  thalnet__word word;
  thalnet__port port;
  int taken;
  THALNET__TRY(thalnet__require(plan, key, &list));
  while ((taken = thalnet__take_word(&list, &word)) != 0) {
    const thalnet__loss *loss = NULL;
    if (taken > 0 && thalnet__read_port(&word, &port) == 0)
      loss = thalnet__loss_find_name(port.kind->at, port.kind->length);
    if (loss == NULL) return thalnet__refuse_word(key, &word, "name:size:loss:steps with a known loss");
    THALNET__TRY(thalnet__count_tensors(plan, 1));
    THALNET__TRY(thalnet__refuse(
        thalnet__declare_output(plan->net, port.name, (size_t)port.size, loss, 1, (int32_t)port.steps, NULL), key));
  }
  return THALNET_OK;
}

/* --- modules --- */

/* The next field of a layer, where it is that word. */
static int thalnet__take_field(const thalnet__word *word, size_t *at, const char *name) {
  if (*at >= word->count || !thalnet__field_is(&word->fields[*at], name)) return 0;
  ++*at;
  return 1;
}

/* Its rate, whichever way the host rounds. */
static int thalnet__read_rate(const struct thalnet__field *field, real *rate) {
  double read;
  const thalnet__floating mode = thalnet__floating_enter();
  const int malformed = thalnet__field_fraction(field, &read);
  if (!malformed) *rate = (real)read;
  thalnet__floating_leave(mode);
  return malformed;
}

/* Takes "<name>=<rate>" where the word goes on with it, and with a rate that is one. */
static void thalnet__take_rate(const thalnet__word *word, size_t *at, const char *name, real *rate) {
  const size_t length = strlen(name);
  if (*at == word->count) return;
  const struct thalnet__field *field = &word->fields[*at];
  if (field->length <= length || memcmp(field->at, name, length) != 0 || field->at[length] != '=') return;
  const struct thalnet__field value = {field->at + length + 1, field->length - length - 1};
  if (thalnet__read_rate(&value, rate) == 0) ++*at;
}

/* kind:units, a dense layer's activation, then options in the order in which they are written. -1: it is none. */
static int thalnet__read_layer(const thalnet__word *word, thalnet__layer *layer) {
  static const thalnet__layer_kind *const kinds[] = {&thalnet__dense, &thalnet__gru, &thalnet__lstm};
  size_t at = 2;
  uint64_t units;
  *layer = (thalnet__layer){0};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    if (thalnet__field_is(&word->fields[0], kinds[k]->name)) layer->kind = kinds[k];
  if (layer->kind == NULL || word->count < 2 || thalnet__field_number(&word->fields[1], INT32_MAX, &units)) return -1;
  layer->units = (size_t)units;
  if (layer->kind == &thalnet__dense) {
    const char *name;
    while ((name = thalnet__activation_name(layer->variant)) != NULL && !thalnet__take_field(word, &at, name))
      layer->variant++;
    if (name == NULL) return -1;
  }
  if (layer->kind == &thalnet__gru && thalnet__take_field(word, &at, "reset_before"))
    layer->variant = THALNET_RESET_BEFORE;
  layer->norm = thalnet__take_field(word, &at, "layer_norm");
  if (layer->kind->recurrent) thalnet__take_rate(word, &at, "zoneout", &layer->zoneout);
  if (layer->kind->cell) thalnet__take_rate(word, &at, "cell_zoneout", &layer->cell_zoneout);
  return at == word->count ? 0 : -1;
}

/* As many as network/layout.c gives it. */
static size_t thalnet__layer_tensors(const thalnet__layer *layer) {
  const size_t plain = layer->kind->hidden_gates > 0 ? 4 : 2, gains = layer->kind->recurrent ? 2 : 1;
  if (layer->kind->host != NULL) return plain + (layer->kind->host->vectors > 0 ? 1 : 0);
  return plain + (layer->norm ? gains + (layer->kind->cell ? 2 : 0) : 0);
}

static thalnet_status thalnet__declare_layers(thalnet__plan *plan, thalnet_module *module, size_t i) {
  char buffer[THALNET__KEY_SIZE];
  const char *key = thalnet__module_key(buffer, i, "layers"), *list;
  thalnet__word word;
  int taken;
  THALNET__TRY(thalnet__require(plan, key, &list));
  while ((taken = thalnet__take_word(&list, &word)) != 0) {
    thalnet__host_layer host;
    thalnet__layer layer;
    if (taken > 0 && thalnet__is_host_layer(&word))
      THALNET__TRY(thalnet__read_host_layer(plan->layers, key, &word, &host, &layer));
    else if (taken < 0 || thalnet__read_layer(&word, &layer))
      return thalnet__refuse_word(key, &word, "dense:n:activation, gru:n, gru:n:reset_before or lstm:n, and options");
    THALNET__TRY(thalnet__count_tensors(plan, thalnet__layer_tensors(&layer)));
    THALNET__TRY(thalnet__refuse(thalnet__declare_layer(module, &layer), key));
  }
  if (module->layer_count == 0) return thalnet__fail(THALNET_ERROR_FORMAT, "%s: a module has at least one layer", key);
  return THALNET_OK;
}

static thalnet_status thalnet__declare_its_reader(thalnet__plan *plan, thalnet_module *module, size_t i) {
  char buffer[THALNET__KEY_SIZE];
  const char *key = thalnet__module_key(buffer, i, "reader"), *value = thalnet__take(plan->header, key);
  const thalnet__reader_kind *kind = NULL;
  thalnet__word word;
  uint64_t context = 0;
  if (value == NULL) return THALNET_OK;
  if (thalnet__take_word(&value, &word) == 1 && *value == 0 &&
      (word.count == 2 || (word.count == 3 && thalnet__field_is(&word.fields[2], "skip_own"))) &&
      thalnet__field_number(&word.fields[1], INT32_MAX, &context) == 0)
    kind = thalnet__reader_find_name(word.fields[0].at, word.fields[0].length);
  if (kind == NULL) return thalnet__refuse_word(key, &word, "kind:context or kind:context:skip_own with a known kind");
  THALNET__TRY(thalnet__count_tensors(plan, (size_t)kind->tensors));
  return thalnet__refuse(thalnet__declare_reader(module, kind, (size_t)context, word.count == 3, 0), key);
}

static thalnet_status thalnet__declare_connections(thalnet__plan *plan, thalnet_module *module, size_t i, int outputs) {
  char buffer[THALNET__KEY_SIZE];
  const char *key = thalnet__module_key(buffer, i, outputs ? "outputs" : "inputs");
  const char *list = thalnet__take(plan->header, key);
  uint64_t number = 0, next = 0;
  if (list == NULL) return THALNET_OK;
  do {
    thalnet__word word;
    if (thalnet__take_word(&list, &word) != 1 || word.count != 1 ||
        thalnet__field_number(&word.fields[0], INT32_MAX, &number) || number < next)
      return thalnet__refuse_word(key, &word, "a list of ascending numbers");
    next = number + 1;
    if (outputs) THALNET__TRY(thalnet__count_tensors(plan, 1));
    THALNET__TRY(thalnet__refuse(outputs ? thalnet__connect_output(module, (int32_t)number)
                                         : thalnet__connect_input(module, (int32_t)number),
                                 key));
  } while (*list != 0);
  return THALNET_OK;
}

static thalnet_status thalnet__declare_one_module(thalnet__plan *plan, size_t i) {
  char buffer[THALNET__KEY_SIZE];
  const char *key = thalnet__module_key(buffer, i, "name"), *name;
  thalnet_module *module;
  THALNET__TRY(thalnet__require(plan, key, &name));
  THALNET__TRY(thalnet__refuse(thalnet__declare_module(plan->net, name, &module), key));
  THALNET__TRY(thalnet__declare_layers(plan, module, i));
  THALNET__TRY(thalnet__declare_its_reader(plan, module, i));
  THALNET__TRY(thalnet__declare_connections(plan, module, i, 0));
  return thalnet__declare_connections(plan, module, i, 1);
}

/* What its parts see of all modules, so these come first. A reader of one part was counted. */
static thalnet_status thalnet__declare_its_parts(thalnet__plan *plan, size_t i) {
  char buffer[THALNET__KEY_SIZE];
  const char *key = thalnet__module_key(buffer, i, "reader_parts"), *value = thalnet__take(plan->header, key);
  const thalnet__reader *reader = &plan->net->modules[i]->reader.reading;
  size_t gated = 0;
  if (value == NULL) return THALNET_OK;
  if (reader->kind == NULL || thalnet__is_static(reader))
    return thalnet__fail(THALNET_ERROR_FORMAT, "%s: only softmax and gaussian readers have parts", key);
  THALNET__TRY(thalnet__check_part_count(key, value, &gated));
  if (thalnet__lacks_first_part(value)) plan->tensors -= (size_t)reader->kind->tensors;
  THALNET__TRY(thalnet__count_tensors(plan, gated * ((size_t)reader->kind->tensors + 1)));
  return thalnet__read_parts(key, value, plan->net, i);
}

/* --- all of it --- */

static thalnet_status thalnet__check_format(const thalnet__plan *plan) {
  const char *format = thalnet__take(plan->header, "thalnet.format");
  if (format == NULL)
    return thalnet__fail(THALNET_ERROR_FORMAT,
                         "a safetensors file, but no model of libthalnet: its metadata have no 'thalnet.format'");
  if (strcmp(format, THALNET__FORMAT_VERSION) != 0)
    return thalnet__fail(THALNET_ERROR_FORMAT, "thalnet.format is '%.40s', this library reads " THALNET__FORMAT_VERSION,
                         format);
  return THALNET_OK;
}

/* A pair of ours that was not understood may change what the others mean; but not what a checkpoint says of its training. */
static thalnet_status thalnet__check_taken(const thalnet__header *header) {
  static const char ours[] = "thalnet.", training[] = THALNET__KEY_CHECKPOINT;
  const int checkpoint = thalnet__header_pair(header, THALNET__KEY_CHECKPOINT) != NULL;
  for (size_t i = 0; i < header->pair_count; i++) {
    const thalnet__pair *pair = &header->pairs[i];
    if (checkpoint && strncmp(pair->key, training, sizeof training - 1) == 0) continue;
    if (!pair->taken && strncmp(pair->key, ours, sizeof ours - 1) == 0 && strcmp(pair->key, THALNET__KEY_CHECKSUM) != 0)
      return thalnet__fail(THALNET_ERROR_FORMAT, "metadata: unknown key '%.100s'", pair->key);
  }
  return THALNET_OK;
}

/* A key that is there only where it is 1. */
static thalnet_status thalnet__declare_flag(thalnet__plan *plan, const char *key, int *flag) {
  const char *value = thalnet__take(plan->header, key);
  *flag = value != NULL;
  if (value != NULL && strcmp(value, "1") != 0)
    return thalnet__fail(THALNET_ERROR_FORMAT, "%s: '%.40s' is not 1", key, value);
  return THALNET_OK;
}

thalnet_status thalnet__declare_network(thalnet__header *header, const thalnet__host_layers *layers,
                                        thalnet_center *net) {
  thalnet__plan plan = {.header = header, .layers = layers, .net = net};
  int32_t settle_steps, modules;
  THALNET__TRY(thalnet__check_format(&plan));
  THALNET__TRY(thalnet__declare_inputs(&plan));
  THALNET__TRY(thalnet__declare_outputs(&plan));
  THALNET__TRY(thalnet__require_number(&plan, "thalnet.settle_steps", &settle_steps));
  THALNET__TRY(thalnet__refuse(thalnet__check_settle_steps(settle_steps), "thalnet.settle_steps"));
  net->settle_steps = (size_t)settle_steps;
  THALNET__TRY(thalnet__declare_flag(&plan, "thalnet.learned_start", &net->learned_start));
  if (net->learned_start) THALNET__TRY(thalnet__count_tensors(&plan, 1));
  THALNET__TRY(thalnet__declare_flag(&plan, "thalnet.in_order", &net->in_order));
  THALNET__TRY(thalnet__require_number(&plan, "thalnet.modules", &modules));
  for (int32_t i = 0; i < modules; i++) THALNET__TRY(thalnet__declare_one_module(&plan, (size_t)i));
  for (int32_t i = 0; i < modules; i++) THALNET__TRY(thalnet__declare_its_parts(&plan, (size_t)i));
  return thalnet__check_taken(header);
}
