/* SPDX-License-Identifier: MIT */
/* thalnet/center.h: asking. These calls answer -1, 0 or NULL where there is nothing to tell. */
#include <string.h>

#include "api/handles.h"
#include "network/build.h"

static int thalnet__is_center(const thalnet_center *net) { return net != NULL && net->magic == THALNET__CENTER_MAGIC; }

static const thalnet__input *thalnet__input_at(const thalnet_center *net, int32_t input) {
  return thalnet__is_center(net) && input >= 0 && (size_t)input < net->input_count ? &net->inputs[input] : NULL;
}

static const thalnet__output *thalnet__output_at(const thalnet_center *net, int32_t output) {
  return thalnet__is_center(net) && output >= 0 && (size_t)output < net->output_count ? &net->outputs[output] : NULL;
}

static const thalnet_module *thalnet__module_at(const thalnet_center *net, int32_t module) {
  return thalnet__is_center(net) && module >= 0 && (size_t)module < net->module_count ? net->modules[module] : NULL;
}

static const thalnet_module *thalnet__built_module_at(const thalnet_center *net, int32_t module) {
  const thalnet_module *found = thalnet__module_at(net, module);
  return found != NULL && net->built ? found : NULL;
}

int32_t thalnet_center_is_built(const thalnet_center *net) { return thalnet__is_center(net) && net->built; }

int32_t thalnet_center_input_count(const thalnet_center *net) {
  return thalnet__is_center(net) ? (int32_t)net->input_count : 0;
}

int32_t thalnet_center_output_count(const thalnet_center *net) {
  return thalnet__is_center(net) ? (int32_t)net->output_count : 0;
}

int32_t thalnet_center_module_count(const thalnet_center *net) {
  return thalnet__is_center(net) ? (int32_t)net->module_count : 0;
}

int32_t thalnet_center_find_input(const thalnet_center *net, const char *name) {
  for (int32_t i = 0; name != NULL && i < thalnet_center_input_count(net); i++)
    if (strcmp(net->inputs[i].name, name) == 0) return i;
  return -1;
}

int32_t thalnet_center_find_output(const thalnet_center *net, const char *name) {
  for (int32_t o = 0; name != NULL && o < thalnet_center_output_count(net); o++)
    if (strcmp(net->outputs[o].name, name) == 0) return o;
  return -1;
}

int32_t thalnet_center_find_module(const thalnet_center *net, const char *name) {
  for (int32_t m = 0; name != NULL && m < thalnet_center_module_count(net); m++)
    if (strcmp(net->modules[m]->name, name) == 0) return m;
  return -1;
}

const char *thalnet_center_input_name(const thalnet_center *net, int32_t input) {
  const thalnet__input *found = thalnet__input_at(net, input);
  return found != NULL ? found->name : NULL;
}

const char *thalnet_center_output_name(const thalnet_center *net, int32_t output) {
  const thalnet__output *found = thalnet__output_at(net, output);
  return found != NULL ? found->name : NULL;
}

const char *thalnet_center_module_name(const thalnet_center *net, int32_t module) {
  const thalnet_module *found = thalnet__module_at(net, module);
  return found != NULL ? found->name : NULL;
}

size_t thalnet_center_input_size(const thalnet_center *net, int32_t input) {
  const thalnet__input *found = thalnet__input_at(net, input);
  return found != NULL ? found->size : 0;
}

size_t thalnet_center_output_size(const thalnet_center *net, int32_t output) {
  const thalnet__output *found = thalnet__output_at(net, output);
  return found != NULL ? found->size : 0;
}

int32_t thalnet_center_input_is_tokens(const thalnet_center *net, int32_t input) {
  const thalnet__input *found = thalnet__input_at(net, input);
  return found != NULL && found->tokens;
}

int32_t thalnet_center_input_steps_per_frame(const thalnet_center *net, int32_t input) {
  const thalnet__input *found = thalnet__input_at(net, input);
  return found != NULL ? (int32_t)found->steps_per_frame : 0;
}

int32_t thalnet_center_output_steps_per_frame(const thalnet_center *net, int32_t output) {
  const thalnet__output *found = thalnet__output_at(net, output);
  return found != NULL ? (int32_t)found->steps_per_frame : 0;
}

int32_t thalnet_center_output_loss(const thalnet_center *net, int32_t output) {
  const thalnet__output *found = thalnet__output_at(net, output);
  return found != NULL ? found->loss->number : -1;
}

int32_t thalnet_center_steps_per_frame(const thalnet_center *net) {
  return thalnet_center_is_built(net) ? (int32_t)net->steps_per_frame : 0;
}

int32_t thalnet_center_input_frames(const thalnet_center *net, int32_t input) {
  const thalnet__input *found = thalnet__input_at(net, input);
  return found != NULL && net->built ? (int32_t)found->frames : 0;
}

int32_t thalnet_center_output_frames(const thalnet_center *net, int32_t output) {
  const thalnet__output *found = thalnet__output_at(net, output);
  return found != NULL && net->built ? (int32_t)found->frames : 0;
}

int32_t thalnet_center_learned_start(const thalnet_center *net) {
  return thalnet__is_center(net) ? net->learned_start : 0;
}

int32_t thalnet_center_in_order(const thalnet_center *net) { return thalnet__is_center(net) ? net->in_order : 0; }

int32_t thalnet_center_settle_steps(const thalnet_center *net) {
  return thalnet__is_center(net) ? (int32_t)net->settle_steps : 0;
}

size_t thalnet_center_features(const thalnet_center *net) { return thalnet_center_is_built(net) ? net->features : 0; }

size_t thalnet_center_module_offset(const thalnet_center *net, int32_t module) {
  const thalnet_module *found = thalnet__built_module_at(net, module);
  return found != NULL ? found->offset : 0;
}

size_t thalnet_center_module_features(const thalnet_center *net, int32_t module) {
  const thalnet_module *found = thalnet__built_module_at(net, module);
  return found != NULL ? found->features : 0;
}

size_t thalnet_center_module_context(const thalnet_center *net, int32_t module) {
  const thalnet_module *found = thalnet__module_at(net, module);
  return found != NULL ? found->reader.reading.context : 0;
}

size_t thalnet_center_tensor_count(const thalnet_center *net) {
  return thalnet_center_is_built(net) ? net->tensor_count : 0;
}

const char *thalnet_center_tensor_name(const thalnet_center *net, size_t tensor) {
  return tensor < thalnet_center_tensor_count(net) ? net->tensors[tensor].name : NULL;
}

int32_t thalnet_center_tensor_shape(const thalnet_center *net, const char *tensor, size_t dimensions[3]) {
  if (!thalnet_center_is_built(net) || tensor == NULL || dimensions == NULL) return 0;
  const thalnet__tensor *found = thalnet__find_tensor(net, tensor);
  if (found == NULL) return 0;
  memcpy(dimensions, found->shape.dimensions, sizeof found->shape.dimensions);
  return found->shape.rank;
}

size_t thalnet_center_parameter_count(const thalnet_center *net) {
  return thalnet_center_is_built(net) ? net->parameter_count : 0;
}
