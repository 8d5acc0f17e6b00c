/* SPDX-License-Identifier: MIT */
#include "network/prepare.h"

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
    thalnet__piece piece = {.output = reader->column,
                            .outputs = reader->context,
                            .inputs = net->features,
                            .weight = net->parameters + reader->parameters[0],
                            .ld = net->features};
    if (reader->kind->scale(reader, net->parameters, &piece.scale))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "modules.%zu.reader.weight has a norm of 0", i);
    thalnet__matrix_put(net->kernels, &net->readers, &piece, net->prepared);
  }
  return THALNET_OK;
}

static void thalnet__prepare_heads(thalnet_center *net, const thalnet_module *module) {
  for (size_t k = 0; k < module->output_count; k++) {
    const thalnet__output *output = &net->outputs[module->outputs[k].number];
    const thalnet__piece piece = {.outputs = output->size,
                                  .input = module->offset - output->span,
                                  .inputs = module->features,
                                  .weight = net->parameters + module->outputs[k].place,
                                  .ld = module->features,
                                  .scale = 1};
    thalnet__matrix_put(net->kernels, &output->head, &piece, net->prepared);
  }
}

/* The columns of a first layer that belong to dense inputs, and their transposition for the inputs' own gradients. */
static void thalnet__prepare_inputs(thalnet_center *net, const thalnet_module *module) {
  const thalnet__layer *first = thalnet__first_layer(module);
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(first, blocks);
  for (size_t k = 0; k < module->input_count; k++) {
    const thalnet__connection *connection = &module->inputs[k];
    if (net->inputs[connection->number].tokens) continue;
    for (int b = 0; b < 2; b++) {
      const thalnet__piece piece = {.output = blocks[b].column,
                                    .outputs = blocks[b].count,
                                    .inputs = connection->matrix.inputs,
                                    .weight = net->parameters + first->weight_ih + blocks[b].row * first->inputs +
                                              connection->column,
                                    .ld = first->inputs,
                                    .scale = 1};
      thalnet__matrix_put(net->kernels, &connection->matrix, &piece, net->prepared);
    }
  }
}

/* A token's column of the weights as a row, in the order of the gates' blocks. */
static void thalnet__prepare_tokens(thalnet_center *net, const thalnet_module *module) {
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t gates = first->kind->gates * first->units;
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(first, blocks);
  for (size_t k = 0; k < module->input_count; k++) {
    const thalnet__input *input = &net->inputs[module->inputs[k].number];
    if (!input->tokens) continue;
    const real *weight = net->parameters + first->weight_ih + module->inputs[k].column;
    real *rows = net->prepared + module->inputs[k].place;
    for (int b = 0; b < 2; b++)
      for (size_t g = 0; g < blocks[b].count; g++)
        for (size_t token = 0; token < input->size; token++)
          rows[token * gates + blocks[b].column + g] = weight[(blocks[b].row + g) * first->inputs + token];
  }
}

thalnet_status thalnet__prepare(thalnet_center *net) {
  THALNET__TRY(thalnet__prepare_readers(net));
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++)
      thalnet__layer_prepare(&module->layers[j].layer, net->kernels, net->parameters, net->prepared);
    thalnet__prepare_heads(net, module);
    thalnet__prepare_inputs(net, module);
    thalnet__prepare_tokens(net, module);
  }
  net->version++;
  return THALNET_OK;
}
