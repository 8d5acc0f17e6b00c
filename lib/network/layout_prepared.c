/* SPDX-License-Identifier: MIT */
/* What is derived from the parameters, in a block of its own: packed weights, sums of biases, readers' tables. */
#include "core/checked.h"
#include "module/norm.h"
#include "network/layout.h"

/* Fills the prepared block from the front. */
typedef struct thalnet__prepared_places {
  const thalnet__kernels *kernels;
  size_t used;
} thalnet__prepared_places;

static size_t thalnet__place_numbers(thalnet__prepared_places *places, size_t count) {
  const size_t place = places->used;
  /* what follows begins on a cache line */
  places->used = thalnet__round_or_most(thalnet__sum_or_most(places->used, count), 16);
  return place;
}

static void thalnet__place_matrix(thalnet__prepared_places *places, size_t outputs, size_t inputs,
                                  thalnet__matrix *matrix) {
  size_t forward = 0, backward = 0;
  *matrix = (thalnet__matrix){.outputs = outputs, .inputs = inputs};
  thalnet__matrix_sizes(places->kernels, matrix, &forward, &backward);
  matrix->place = thalnet__place_numbers(places, forward);
}

static void thalnet__place_back(thalnet__prepared_places *places, thalnet__matrix *matrix) {
  size_t forward = 0, backward = 0;
  thalnet__matrix_sizes(places->kernels, matrix, &forward, &backward);
  matrix->back = thalnet__place_numbers(places, backward);
}

static void thalnet__place_layer(thalnet__prepared_places *places, thalnet__layer *layer) {
  const size_t n = layer->units, gates = layer->kind->gates * n, hidden = layer->kind->hidden_gates * n;
  const size_t candidate = thalnet__resets_after(layer) ? 0 : layer->kind->rotated * n;
  thalnet__place_matrix(places, gates, layer->inputs - layer->task_columns, &layer->input);
  if (!layer->kind->recurrent) return;
  thalnet__place_matrix(places, hidden - candidate, n, &layer->hidden);
  thalnet__place_matrix(places, candidate, n, &layer->candidate);
}

/* Panels for the way back, in the order in which a step back reads them. */
static void thalnet__place_module_back(thalnet__prepared_places *places, thalnet_module *module) {
  for (size_t j = module->layer_count; j-- > 0;) {
    thalnet__layer *layer = &module->layers[j].layer;
    thalnet__place_back(places, &layer->candidate);
    thalnet__place_back(places, &layer->input);
    thalnet__place_back(places, &layer->hidden);
  }
  for (int side = 0; side < 2; side++) {
    thalnet__matrix *matrix = &module->reader.reading.sides[side];
    if (matrix->inputs > 0) thalnet__place_back(places, matrix);
  }
}

static void thalnet__place_input(const thalnet_center *net, thalnet__prepared_places *places,
                                 const thalnet__layer *first, thalnet__connection *connection) {
  const thalnet__input *input = &net->inputs[connection->number];
  const size_t gates = first->kind->gates * first->units;
  connection->matrix = (thalnet__matrix){.outputs = gates, .inputs = input->size};
  if (!input->tokens) {
    thalnet__place_matrix(places, gates, input->size, &connection->matrix);
    thalnet__place_back(places, &connection->matrix);
    return;
  }
  connection->place = thalnet__place_numbers(places, thalnet__times_or_most(input->size, gates));
}

static void thalnet__place_sides(thalnet__prepared_places *places, thalnet__reader *reader) {
  for (int side = 0; side < 2 && reader->in_order; side++) {
    const size_t columns = thalnet__seen_columns(reader, side).count;
    reader->sides[side] = (thalnet__matrix){0};
    if (columns > 0) thalnet__place_matrix(places, reader->context, columns, &reader->sides[side]);
  }
}

static void thalnet__place_reader(thalnet__prepared_places *places, thalnet__reader *reader) {
  thalnet__reader *parts = reader->parts == NULL ? reader : reader->parts;
  if (reader->kind == NULL) return;
  if (thalnet__is_static(reader)) {
    thalnet__place_sides(places, reader);
    return;
  }
  for (size_t k = 0; k < thalnet__part_count(reader); k++)
    parts[k].prepared = thalnet__place_numbers(places, reader->kind->prepared(&parts[k], places->kernels));
}

/* What a step reads lies in the order in which it reads it: panels are fetched ahead beyond their own end. */
static void thalnet__place_forward(thalnet_center *net, thalnet__prepared_places *places) {
  thalnet__place_matrix(places, net->in_order ? 0 : net->static_contexts, net->features, &net->readers);
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    thalnet__place_reader(places, &module->reader.reading);
    for (size_t j = 0; j < module->layer_count; j++) thalnet__place_layer(places, &module->layers[j].layer);
  }
  for (size_t o = 0; o < net->output_count; o++)
    thalnet__place_matrix(places, net->outputs[o].size, net->outputs[o].span_size, &net->outputs[o].head);
}

thalnet_status thalnet__lay_out_prepared(thalnet_center *net) {
  thalnet__prepared_places places = {.kernels = net->kernels};
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++) {
      thalnet__layer *layer = &module->layers[j].layer;
      layer->bias = thalnet__place_numbers(&places, layer->kind->blocks * layer->units);
      if (layer->norm) layer->gains = thalnet__place_numbers(&places, thalnet__norm_prepared(layer));
    }
    for (size_t k = 0; k < module->input_count; k++)
      thalnet__place_input(net, &places, thalnet__first_layer(module), &module->inputs[k]);
  }
  thalnet__place_forward(net, &places);
  for (size_t o = 0; o < net->output_count; o++) thalnet__place_back(&places, &net->outputs[o].head);
  for (size_t i = 0; i < net->module_count; i++)
    thalnet__place_module_back(&places, net->modules[net->in_order ? net->module_count - 1 - i : i]);
  thalnet__place_back(&places, &net->readers);
  if (places.used > SIZE_MAX / 16)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "the network's parameters do not fit in memory");
  net->prepared_count = places.used;
  return THALNET_OK;
}
