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

static thalnet_status thalnet__prepare_scales(thalnet_center *net) {
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet__reader *reader = &net->modules[i]->reader.reading;
    if (reader->kind == NULL || !thalnet__is_static(reader)) continue;
    if (reader->kind->scale(reader, net->parameters, &reader->scale))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "modules.%zu.reader.weight has a norm of 0", i);
  }
  return THALNET_OK;
}

static void thalnet__prepare_reader(const thalnet_center *net, const thalnet__reader *reader, thalnet__part part) {
  if (reader->kind == NULL) return;
  if (!thalnet__is_static(reader)) {
    for (size_t k = 0; k < thalnet__part_count(reader) && part.index == 0; k++)
      reader->kind->prepare(thalnet__part_at(reader, k), net->kernels, net->parameters, net->prepared);
    return;
  }
  for (int side = 0; side < 2; side++) { /* what lies between them, a reader's own slice, stays zero */
    const thalnet__columns columns = thalnet__seen_columns(reader, side);
    thalnet__piece piece = {.output = reader->column,
                            .outputs = reader->context,
                            .input = columns.from + columns.gap,
                            .inputs = columns.count,
                            .weight = net->parameters + reader->parameters[0] + columns.from,
                            .ld = reader->seen,
                            .scale = reader->scale};
    if (columns.count == 0) continue;
    if (reader->in_order) piece.output = piece.input = 0; /* a matrix of its own */
    thalnet__matrix_put(net->kernels, reader->in_order ? &reader->sides[side] : &net->readers, &piece, net->prepared,
                        part);
  }
}

static void thalnet__prepare_heads(const thalnet_center *net, const thalnet_module *module) {
  for (size_t k = 0; k < module->output_count; k++) {
    const thalnet__output *output = &net->outputs[module->outputs[k].number];
    const thalnet__piece piece = {.outputs = output->size,
                                  .input = module->offset - output->span,
                                  .inputs = module->features,
                                  .weight = net->parameters + module->outputs[k].place,
                                  .ld = module->features,
                                  .scale = 1};
    thalnet__matrix_put(net->kernels, &output->head, &piece, net->prepared, (thalnet__part){0, 1});
  }
}

/* The columns of a first layer that belong to dense inputs, and their transposition for the inputs' own gradients. */
static void thalnet__prepare_inputs(const thalnet_center *net, const thalnet_module *module) {
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
      thalnet__matrix_put(net->kernels, &connection->matrix, &piece, net->prepared, (thalnet__part){0, 1});
    }
  }
}

/* A token's column of the weights as a row, in the order of the gates' blocks. */
static void thalnet__prepare_tokens(const thalnet_center *net, const thalnet_module *module) {
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

/* Part number index % parts of module number index / parts. */
static void thalnet__prepare_part(void *argument, size_t index) {
  const thalnet_center *net = argument;
  const thalnet_module *module = net->modules[index / net->parts];
  const thalnet__part part = {index % net->parts, net->parts};
  for (size_t j = 0; j < module->layer_count; j++)
    thalnet__layer_prepare(&module->layers[j].layer, net->kernels, net->parameters, net->prepared, part);
  thalnet__prepare_reader(net, &module->reader.reading, part);
  if (part.index != 0) return;
  thalnet__prepare_heads(net, module);
  thalnet__prepare_inputs(net, module);
  thalnet__prepare_tokens(net, module);
}

thalnet_status thalnet__prepare(thalnet_center *net) {
  const size_t tasks = net->module_count * net->parts;
  THALNET__TRY(thalnet__prepare_scales(net));
  if (net->slabs)
    thalnet__threads_run(&net->threads, thalnet__prepare_part, net, tasks);
  else
    for (size_t i = 0; i < tasks; i++) thalnet__prepare_part(net, i);
  net->version++;
  return THALNET_OK;
}
