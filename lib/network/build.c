/* SPDX-License-Identifier: MIT */
#include "network/build.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "module/host_layer.h"
#include "module/norm.h"

thalnet_status thalnet__allocate_parameters(thalnet_center *net) {
  void *parameters, *prepared;
  THALNET__TRY(thalnet__allocate(&net->memory, net->parameter_count, sizeof(real), &parameters));
  thalnet_status status = thalnet__allocate(&net->memory, net->prepared_count, sizeof(real), &prepared);
  if (status == THALNET_OK) {
    status = thalnet__threads_start(&net->threads);
    if (status != THALNET_OK) thalnet__release(&net->memory, prepared, net->prepared_count, sizeof(real));
  }
  if (status != THALNET_OK) {
    thalnet__release(&net->memory, parameters, net->parameter_count, sizeof(real));
    return status;
  }
  net->parameters = parameters;
  net->prepared = prepared;
  net->built = 1;
  return THALNET_OK;
}

void thalnet__unbuild(thalnet_center *net) {
  thalnet__threads_stop(&net->threads);
  thalnet__release(&net->memory, net->parameters, net->parameter_count, sizeof(real));
  thalnet__release(&net->memory, net->prepared, net->prepared_count, sizeof(real));
  net->parameters = NULL;
  net->prepared = NULL;
  net->built = 0;
}

/* A tensor's numbers follow from the seed and its name: adding a module elsewhere does not change them. */
static void thalnet__initialize_tensor(thalnet_center *net, const thalnet__tensor *tensor, uint64_t seed) {
  real *values = net->parameters + tensor->place;
  thalnet__random random =
      thalnet__random_make(seed, THALNET__STREAM_PARAMETERS, thalnet__random_hash(tensor->name), 0);
  thalnet__random_uniform(&random, 0, 0, tensor->count, values);
  for (size_t i = 0; i < tensor->count; i++) values[i] = (2 * values[i] - 1) * tensor->bound;
  for (size_t i = 0; i < tensor->count && tensor->around != 0; i++) values[i] += tensor->around;
}

/* Gates by their place in the tensors: what keeps memory is z of r, z, n, and f of i, f, g, o. */
enum { THALNET__GATE_ENTERS = 0, THALNET__GATE_KEEPS = 1 };

/* Chrono initialization (Tallec, Ollivier 2018, section 2): b_f = log u, b_i = -b_f, u uniform in [1, T - 1], made of the
 * numbers that are there, which are uniform in +-bound. A GRU's z keeps memory as f does, and 1 - z lets new things in. */
static void thalnet__initialize_time(const thalnet__layer *layer, double bound, real *bias_ih, real *bias_hh) {
  const size_t n = layer->units, enters = n * THALNET__GATE_ENTERS, keeps = n * THALNET__GATE_KEEPS;
  for (size_t i = 0; i < n; i++) {
    const double part = ((double)bias_ih[keeps + i] / bound + 1) / 2; /* rounding may lead out of 0..1 */
    const double u = 1 + fmin(fmax(part, 0), 1) * ((double)layer->time_scale - 2);
    bias_ih[keeps + i] = (real)log(u);
    bias_hh[keeps + i] = 0;
    if (!layer->kind->cell) continue;
    bias_ih[enters + i] = -bias_ih[keeps + i];
    bias_hh[enters + i] = 0;
  }
}

static void thalnet__initialize_gates(const thalnet__layer *layer, real *parameters) {
  real *bias = parameters + layer->bias_ih, *keeps = bias + layer->units * THALNET__GATE_KEEPS;
  const double bound = 1 / sqrt((double)layer->units);
  if (layer->time_scale > 0) thalnet__initialize_time(layer, bound, bias, parameters + layer->bias_hh);
  for (size_t i = 0; i < layer->units && layer->gate_bias != 0; i++) keeps[i] += layer->gate_bias;
  if (layer->kind->host != NULL) thalnet__host_layer_initialize(layer, parameters);
}

void thalnet__initialize(thalnet_center *net, uint64_t seed) {
  net->seed = seed;
  for (size_t i = 0; i < net->tensor_count; i++) thalnet__initialize_tensor(net, &net->tensors[i], seed);
  for (size_t i = 0; i < net->module_count; i++)
    for (size_t j = 0; j < net->modules[i]->layer_count; j++)
      thalnet__initialize_gates(&net->modules[i]->layers[j].layer, net->parameters);
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet__reader *reader = &net->modules[i]->reader.reading;
    for (size_t k = 0; reader->kind != NULL && k < thalnet__part_count(reader); k++)
      reader->kind->initialize(thalnet__part_at(reader, k), net->parameters);
  }
}

const thalnet__tensor *thalnet__find_tensor(const thalnet_center *net, const char *name) {
  for (size_t i = 0; i < net->tensor_count; i++)
    if (strcmp(net->tensors[i].name, name) == 0) return &net->tensors[i];
  return NULL;
}

/* Products of one step of one sequence, forward; element-wise work counts as ten operations a gate, and as many for a number that
 * is normalised. */
static uint64_t thalnet__module_operations(const thalnet_center *net, const thalnet_module *module) {
  double operations = 0; /* exact below 2^53, and no wrap above */
  for (size_t j = 0; j < module->layer_count; j++) {
    const thalnet__layer *layer = &module->layers[j].layer;
    double gates = (double)(layer->kind->gates * layer->units), inputs = (double)layer->inputs;
    for (size_t k = 0; j == 0 && k < module->input_count; k++) {
      const thalnet__input *input = &net->inputs[module->inputs[k].number];
      if (input->tokens) inputs -= (double)(input->size - 1); /* a gather of one column */
    }
    const double units = (double)layer->units;
    operations += 2 * (gates * inputs + (double)layer->kind->hidden_gates * units * units) + 10 * gates;
    operations += 10 * (double)(thalnet__norm_blocks(layer) * layer->units);
  }
  if (thalnet__has_reader(module)) {
    const thalnet__reader *reader = &module->reader.reading;
    /* static readers are one matrix, with zeros where they leave columns out; but not in order */
    const int whole = thalnet__is_static(reader) && !reader->in_order;
    const double weights = (double)reader->context * (double)(whole ? reader->center : reader->seen);
    if (thalnet__is_static(reader))
      operations += 2 * weights;
    else if (reader->kind->number == THALNET_SOFTMAX)
      operations += weights * (2 * (double)reader->features + 12);
    else
      operations += weights * 12;
    operations += (double)reader->part_count * (double)net->module_count; /* pieces that parts see are looked through */
    for (size_t k = 0; k < reader->part_count; k++)
      if (thalnet__has_gate(&reader->parts[k])) operations += 2 * (double)reader->context;
  }
  return (uint64_t)operations;
}

void thalnet__measure(const thalnet_center *net, thalnet_center_size *size) {
  uint64_t operations = 0; /* a few for every parameter and number prepared, which are below 2^60 each: no wrap */
  for (size_t i = 0; i < net->module_count; i++) operations += thalnet__module_operations(net, net->modules[i]);
  for (size_t o = 0; o < net->output_count; o++)
    operations += 2 * (uint64_t)net->outputs[o].size * (uint64_t)net->outputs[o].span_size;
  size->parameters = net->parameter_count;
  size->parameter_bytes = (uint64_t)(net->parameter_count + net->prepared_count) * sizeof(real);
  size->gradient_bytes = (uint64_t)net->parameter_count * sizeof(real) + net->tensor_count;
  size->state_values = thalnet__memory_values(net);
  size->step_operations = operations;
}
