/* SPDX-License-Identifier: MIT */
#include "network/prepare.h"

#include <string.h>

#include "network/build.h"

thalnet_status thalnet__check_parameters(const thalnet_center *net, size_t place, size_t count, const real *values) {
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    double squares = 0;
    if (tensor->place < place || tensor->place >= place + count) continue;
    const real *mine = values + (tensor->place - place);
    for (size_t i = 0; i < tensor->count; i++) {
      if (!thalnet__is_finite_real(mine[i]))
        return thalnet__fail(THALNET_ERROR_NONFINITE, "%s: element %zu is not finite", tensor->name, i);
      squares += (double)mine[i] * (double)mine[i];
    }
    if (squares == 0 && tensor->normed)
      return thalnet__fail(THALNET_ERROR_NONFINITE, "%s is all zeros and has no norm", tensor->name);
  }
  return THALNET_OK;
}

static thalnet_status thalnet__prepare_readers(thalnet_center *net) {
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet__reader *reader = &net->modules[i]->reader.reading;
    if (reader->kind == NULL || !thalnet__is_static(reader)) continue;
    if (reader->kind->effective(reader, net->parameters, net->prepared + reader->column * net->features))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "modules.%zu.reader.weight has a norm of 0", i);
  }
  return THALNET_OK;
}

static void thalnet__prepare_heads(thalnet_center *net, const thalnet_module *module) {
  for (size_t k = 0; k < module->output_count; k++) {
    const thalnet__output *output = &net->outputs[module->outputs[k].number];
    const real *weight = net->parameters + module->outputs[k].place;
    real *head = net->prepared + output->head + (module->offset - output->span);
    for (size_t row = 0; row < output->size; row++)
      memcpy(head + row * output->span_size, weight + row * module->features, module->features * sizeof *head);
  }
}

static void thalnet__prepare_tokens(thalnet_center *net, const thalnet_module *module) {
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t gates = first->kind->gates * first->units;
  for (size_t k = 0; k < module->input_count; k++) {
    const thalnet__input *input = &net->inputs[module->inputs[k].number];
    if (!input->tokens) continue;
    const real *weight = net->parameters + first->weight_ih + module->inputs[k].column;
    real *rows = net->prepared + module->inputs[k].place;
    for (size_t g = 0; g < gates; g++)
      for (size_t token = 0; token < input->size; token++) rows[token * gates + g] = weight[g * first->inputs + token];
  }
}

thalnet_status thalnet__prepare(thalnet_center *net) {
  THALNET__TRY(thalnet__prepare_readers(net));
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet__prepare_heads(net, net->modules[i]);
    thalnet__prepare_tokens(net, net->modules[i]);
  }
  net->version++;
  return THALNET_OK;
}
