/* SPDX-License-Identifier: MIT */
/* From a network to pairs of strings. Names are made of [a-z0-9_], those of layers of letters, digits, ., _ and -, so nothing
 * needs an escape. */
#include "io/model_metadata.h"

#include <thalnet/module.h>

#include "core/floating.h"

const char *thalnet__activation_name(int32_t activation) {
  switch (activation) {
  case THALNET_IDENTITY: return "identity";
  case THALNET_RELU: return "relu";
  case THALNET_TANH: return "tanh";
  case THALNET_SIGMOID: return "sigmoid";
  default: return NULL;
  }
}

/* `"thalnet.<key>":"`; its value and thalnet__close follow. */
static void thalnet__open(thalnet__text *text, const char *key) {
  thalnet__text_add(text, "\"thalnet.");
  thalnet__text_add(text, key);
  thalnet__text_add(text, "\":\"");
}

static void thalnet__open_module(thalnet__text *text, size_t module, const char *key) {
  thalnet__text_add(text, ",\"thalnet.module.");
  thalnet__text_number(text, module);
  thalnet__text_add(text, ".");
  thalnet__text_add(text, key);
  thalnet__text_add(text, "\":\"");
}

static void thalnet__close(thalnet__text *text) { thalnet__text_add(text, "\""); }

/* One more word of a list. */
static void thalnet__space(thalnet__text *text, size_t words) {
  if (words > 0) thalnet__text_add(text, " ");
}

static void thalnet__field(thalnet__text *text, const char *words) {
  thalnet__text_add(text, ":");
  thalnet__text_add(text, words);
}

static void thalnet__field_digits(thalnet__text *text, uint64_t number) {
  thalnet__text_add(text, ":");
  thalnet__text_number(text, number);
}

static void thalnet__describe_ports(thalnet__text *text, const thalnet_center *net) {
  thalnet__open(text, "inputs");
  for (size_t i = 0; i < net->input_count; i++) {
    const thalnet__input *input = &net->inputs[i];
    thalnet__space(text, i);
    thalnet__text_add(text, input->name);
    thalnet__field_digits(text, input->size);
    thalnet__field(text, input->tokens ? "tokens" : "dense");
    thalnet__field_digits(text, input->steps_per_frame);
  }
  thalnet__close(text);
  thalnet__text_add(text, ",");
  thalnet__open(text, "outputs");
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    thalnet__space(text, o);
    thalnet__text_add(text, output->name);
    thalnet__field_digits(text, output->size);
    thalnet__field(text, output->loss->name);
    thalnet__field_digits(text, output->steps_per_frame);
  }
  thalnet__close(text);
}

static void thalnet__describe_rate(thalnet__text *text, const char *name, real rate) {
  if (rate == 0) return;
  thalnet__field(text, name);
  thalnet__text_add(text, "=");
  const thalnet__floating mode = thalnet__floating_enter(); /* the host may round in another direction */
  thalnet__text_fraction(text, (double)rate);
  thalnet__floating_leave(mode);
}

static void thalnet__describe_layers(thalnet__text *text, const thalnet_module *module) {
  for (size_t j = 0; j < module->layer_count; j++) {
    const thalnet__layer *layer = &module->layers[j].layer;
    thalnet__space(text, j);
    if (layer->kind->host != NULL) {
      thalnet__describe_host_layer(text, layer);
      continue;
    }
    thalnet__text_add(text, layer->kind->name);
    thalnet__field_digits(text, layer->units);
    if (layer->kind == &thalnet__dense) thalnet__field(text, thalnet__activation_name(layer->variant));
    if (layer->kind == &thalnet__gru && layer->variant == THALNET_RESET_BEFORE) thalnet__field(text, "reset_before");
    if (layer->norm) thalnet__field(text, "layer_norm");
    thalnet__describe_rate(text, "zoneout", layer->zoneout);
    thalnet__describe_rate(text, "cell_zoneout", layer->cell_zoneout);
  }
}

static void thalnet__describe_connections(thalnet__text *text, size_t module, const char *key,
                                          const thalnet__connection *connections, size_t count) {
  if (count == 0) return;
  thalnet__open_module(text, module, key);
  for (size_t k = 0; k < count; k++) {
    thalnet__space(text, k);
    thalnet__text_number(text, (uint64_t)connections[k].number);
  }
  thalnet__close(text);
}

/* How many features of every slice the parts see: a row a part, the first one zeros where there is no part 0. */
static void thalnet__describe_parts(thalnet__text *text, const thalnet__reader *reader, size_t module, size_t modules) {
  const size_t missing = reader->parts[0].number;
  thalnet__open_module(text, module, "reader_parts");
  for (size_t row = 0; row < missing + reader->part_count; row++) {
    if (row > 0) thalnet__text_add(text, ";");
    for (size_t s = 0; s < modules; s++) {
      if (s > 0) thalnet__text_add(text, ",");
      thalnet__text_number(text, row < missing ? 0 : reader->parts[row - missing].slices[s].count);
    }
  }
  thalnet__close(text);
}

static void thalnet__describe_module(thalnet__text *text, const thalnet_module *module, size_t i) {
  thalnet__open_module(text, i, "name");
  thalnet__text_add(text, module->name);
  thalnet__close(text);
  thalnet__open_module(text, i, "layers");
  thalnet__describe_layers(text, module);
  thalnet__close(text);
  if (thalnet__has_reader(module)) {
    thalnet__open_module(text, i, "reader");
    thalnet__text_add(text, module->reader.reading.kind->name);
    thalnet__field_digits(text, module->reader.reading.context);
    if (module->reader.reading.skip_own) thalnet__field(text, "skip_own");
    thalnet__close(text);
    if (module->reader.reading.parts != NULL)
      thalnet__describe_parts(text, &module->reader.reading, i, module->net->module_count);
  }
  thalnet__describe_connections(text, i, "inputs", module->inputs, module->input_count);
  thalnet__describe_connections(text, i, "outputs", module->outputs, module->output_count);
}

void thalnet__describe_network(thalnet__text *text, const thalnet_center *net, size_t *checksum) {
  thalnet__open(text, "format");
  thalnet__text_add(text, THALNET__FORMAT_VERSION "\",\"" THALNET__KEY_CHECKSUM "\":\"");
  *checksum = text->used;
  thalnet__text_add(text, THALNET__CHECKSUM_ZEROS "\",");
  thalnet__describe_ports(text, net);
  thalnet__text_add(text, ",");
  thalnet__open(text, "settle_steps");
  thalnet__text_number(text, net->settle_steps);
  thalnet__text_add(text, "\",");
  if (net->learned_start) {
    thalnet__open(text, "learned_start");
    thalnet__text_add(text, "1\",");
  }
  if (net->in_order) {
    thalnet__open(text, "in_order");
    thalnet__text_add(text, "1\",");
  }
  thalnet__open(text, "modules");
  thalnet__text_number(text, net->module_count);
  thalnet__close(text);
  for (size_t i = 0; i < net->module_count; i++) thalnet__describe_module(text, net->modules[i], i);
}
